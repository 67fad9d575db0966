"""Two machines (here: two processes on this one) train one model together."""

from __future__ import annotations

import json
import math
import os
import signal
import socket
import subprocess
import sys
import types
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from colab_pix2pix.config import TrainConfig
from colab_pix2pix.dataset.manifest import Dataset
from colab_pix2pix.errors import TrainingError
from colab_pix2pix.events import Event, ignore
from colab_pix2pix.project import Project
from colab_pix2pix.storage.restore import status
from colab_pix2pix.workflows.pipeline import train
from support.networks import SMALLEST

pytestmark = pytest.mark.slow

CONFIG = SMALLEST.replace(epochs=8, save_every_seconds=0, gan_warmup_steps=3)
MEMBER = """
import json, sys
from pathlib import Path
import numpy as np
from colab_pix2pix.dataset import manifest
from colab_pix2pix.config import TrainConfig
from colab_pix2pix.events import JsonLines
from colab_pix2pix.training.plan import make_plan
from colab_pix2pix.training.snapshot import Snapshot
from colab_pix2pix.training.fit import prepare
from colab_pix2pix.project import Project

crops, run_dir, state, options = sys.argv[1:]
plan = make_plan(manifest.read(crops), Project(Path(run_dir)), TrainConfig(**json.loads(options)))
with prepare(plan, JsonLines(sys.stdout), keep_crops=lambda writer: None) as trainer:
    trainer.run()
    np.savez(state, **Snapshot(trainer.model.variables()).take())
"""


def free_ports(count: int) -> list[int]:
    sockets = [socket.socket() for _ in range(count)]
    for one in sockets:
        one.bind(("127.0.0.1", 0))
    ports = [one.getsockname()[1] for one in sockets]
    for one in sockets:
        one.close()
    return ports


def start(
    crops: Dataset, run: Path, machines: int, config: TrainConfig
) -> list[subprocess.Popen[str]]:
    """Starts the processes; each leaves its state in `<run>-<number>.npz` at the end."""
    addresses = [f"127.0.0.1:{port}" for port in free_ports(machines)]
    script = run.with_name("member.py")
    script.write_text(MEMBER)
    members = []
    for number in range(machines):
        task = {"type": "worker", "index": number}
        cluster = {"cluster": {"worker": addresses}, "task": task}
        state = run.with_name(f"{run.name}-{number}.npz")
        arguments = [str(crops.directory), str(run), str(state), json.dumps(config.to_dict())]
        members.append(
            subprocess.Popen(
                [sys.executable, str(script), *arguments],
                stdout=subprocess.PIPE,
                text=True,
                env=dict(os.environ, TF_CONFIG=json.dumps(cluster) if machines > 1 else ""),
            )
        )
    return members


def heard(member: subprocess.Popen[str]) -> list[dict[str, object]]:
    output, _ = member.communicate(timeout=400)
    assert member.returncode == 0, output
    return [json.loads(line) for line in output.splitlines()]


def state(run: Path, number: int) -> dict[str, np.ndarray]:
    with np.load(run.with_name(f"{run.name}-{number}.npz")) as file:
        return {name: file[name] for name in file.files}


def test_two_machines_end_with_the_same_weights_and_resume_after_a_kill(
    crops: Dataset, tmp_path: Path
) -> None:
    together = tmp_path / "together"
    alone = start(crops, tmp_path / "alone", 1, CONFIG)
    members = start(crops, together, 2, CONFIG)
    first, second = (heard(member) for member in members)
    one = heard(alone[0])

    chief, other = state(together, 0), state(together, 1)
    assert {n: v.tobytes() for n, v in chief.items()} == {n: v.tobytes() for n, v in other.items()}
    assert status(together)["step"] == 20
    # Only the chief speaks and writes; the other tells how its pictures were loaded.
    assert {event["event"] for event in second} <= {"Progress", "Note"}
    assert sum(event["event"] == "Saved" for event in first) >= 1

    def losses(events: list[dict[str, object]]) -> list[float]:
        return [float(e["generator_l1_loss"]) for e in events if e["event"] == "Metrics"]

    # The same pictures in the same order; only batch normalization sees half a batch.
    assert losses(first) == pytest.approx(losses(one), rel=0.1)

    again = tmp_path / "again"
    members = start(crops, again, 2, CONFIG.replace(epochs=200))
    assert members[0].stdout is not None
    for line in members[0].stdout:
        if json.loads(line)["event"] == "Saved":
            break
    for member in members:
        member.send_signal(signal.SIGKILL)
        member.communicate()
    saved = status(again)["step"]
    assert saved > 0
    epochs = -(-saved // 5) * 2 + 8
    whole = start(crops, tmp_path / "whole", 2, CONFIG.replace(epochs=epochs))
    for member in whole:
        heard(member)
    resumed = [heard(member) for member in start(crops, again, 2, CONFIG.replace(epochs=epochs))]
    assert [e["step"] for e in resumed[0] if e["event"] == "Resumed"] == [saved]
    assert {n: v.tobytes() for n, v in state(again, 1).items()} == {
        n: v.tobytes() for n, v in state(tmp_path / "whole", 0).items()
    }


def test_several_devices_of_one_machine_share_each_batch(crops: Dataset) -> None:
    script = """
import numpy as np, tensorflow as tf
cpu = tf.config.list_physical_devices("CPU")[0]
tf.config.set_logical_device_configuration(cpu, [tf.config.LogicalDeviceConfiguration()] * 2)
from colab_pix2pix.config import TrainConfig
from colab_pix2pix.training.snapshot import Snapshot
from colab_pix2pix.model.pix2pix import Pix2Pix
from colab_pix2pix.model.distributed import DeviceGroup
options = TrainConfig(image_size=64, base_filters=4, precision="float32", normalization="instance",
                      gan_warmup_steps=1, ema=0.9, clip_norm=0.0)
pictures = np.random.default_rng(0).integers(0, 256, (4, 80, 80, 3), np.uint8)
team = DeviceGroup(tf.distribute.MirroredStrategy(["CPU:0", "CPU:1"]))
models = Pix2Pix(options), Pix2Pix(options, team)
losses = [[m.train_on(pictures, step, rate_share=1 - step / 10).numpy() for step in range(3)]
          for m in models]
# Instance normalization looks at each picture alone, so two halves make the same whole.
assert np.allclose(*losses, rtol=1e-4), losses
alone, shared = (Snapshot(m.variables()).take() for m in models)
for name in alone:
    if "momentum" in name:
        # As vectors: Adam's first updates divide a gradient by its own size, rounding included.
        apart = np.linalg.norm(alone[name] - shared[name])
        assert apart <= 0.05 * np.linalg.norm(alone[name]), name
print("fine")
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    assert done.stdout.endswith("fine\n"), done.stderr


@pytest.mark.parametrize("devices", [1, 2, 3, 5, 6, 7, 8, 20])
@pytest.mark.parametrize("fitting", [1, 2, 16])
def test_a_batch_that_is_found_by_trying_can_be_shared(
    crops: Dataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, devices: int, fitting: int
) -> None:
    from colab_pix2pix.model.distributed import DeviceGroup
    from colab_pix2pix.training import batch_size_finder, fit
    from colab_pix2pix.training.plan import make_plan

    class Many:
        num_replicas_in_sync = devices

    monkeypatch.setattr(batch_size_finder, "find_batch_size", lambda *given: fitting)
    plan = make_plan(crops, Project(tmp_path / "run"), CONFIG.replace(batch_size=0))
    pictures: Any = types.SimpleNamespace(train=None)
    plan = fit._with_batch_size(plan, "float32", pictures, devices, ignore)
    DeviceGroup(Many()).check(plan.config)
    assert max(devices, fitting) - devices < plan.config.batch_size <= max(devices, fitting)
    assert plan.schedule.batch_size == plan.config.batch_size


@pytest.mark.parametrize(
    ("before", "devices", "now"), [(6, 4, 4), (1, 2, 2), (16, 3, 15), (4, 2, 4)]
)
def test_a_batch_that_was_found_on_other_devices_is_shared_by_these(
    crops: Dataset, tmp_path: Path, before: int, devices: int, now: int
) -> None:
    from colab_pix2pix.training import fit
    from colab_pix2pix.training.plan import make_plan

    project = Project(tmp_path / "run")
    train(crops, project, CONFIG.replace(batch_size=before, epochs=1, save_every_seconds=100))
    left = make_plan(crops, project, CONFIG.replace(batch_size=0, epochs=3))
    notes: list[Event] = []
    pictures: Any = types.SimpleNamespace(train=None)
    plan = fit._with_batch_size(left, "float32", pictures, devices, notes.append)
    assert plan.config.batch_size == plan.schedule.batch_size == now
    assert (plan.first_step, len(notes)) == (left.first_step, int(now != before))
    # What was seen counts: the rest of the epochs is what is left.
    seen = left.schedule.samples_seen(left.first_step)
    assert plan.schedule.samples_seen(plan.first_step) == seen
    left_over = 3 * plan.schedule.pictures - seen
    assert plan.last_step == plan.first_step + math.ceil(left_over / now)


def test_a_batch_that_can_not_be_shared_and_a_broken_cluster_are_refused(
    crops: Dataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from colab_pix2pix.model.distributed import DeviceGroup, detect_devices

    class Three:
        num_replicas_in_sync = 3

    with pytest.raises(TrainingError, match="Choose 6"):
        DeviceGroup(Three()).check(CONFIG)
    with pytest.raises(TrainingError, match="minutes for 3 machines"):
        DeviceGroup(Three(), machines=3).check_options(CONFIG.replace(minutes=5))
    monkeypatch.setenv("TF_CONFIG", "{oops")
    with pytest.raises(TrainingError, match="TF_CONFIG"):
        detect_devices()
    with pytest.raises(TrainingError, match="TF_CONFIG"):
        train(crops, Project(tmp_path / "run"), CONFIG)
    assert not (tmp_path / "run").exists()
