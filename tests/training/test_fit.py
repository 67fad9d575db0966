"""What happens before the first step: whatever fails there leaves nothing behind."""

from __future__ import annotations

import json
import threading
from pathlib import Path
from typing import Any

import pytest

from colab_pix2pix.dataset.manifest import Dataset
from colab_pix2pix.errors import TrainingError
from colab_pix2pix.events import Event, Metrics, Resumed
from colab_pix2pix.model import memory
from colab_pix2pix.project import Project
from colab_pix2pix.storage.restore import status
from colab_pix2pix.workflows.pipeline import train
from support.networks import SMALLEST

TINY = SMALLEST.replace(epochs=2)
#: The parts of a preparation, in their order: the module and the name that the next one calls.
STEPS = [
    ("colab_pix2pix.training.fit", "load_pictures"),
    ("colab_pix2pix.model.distributed", "detect_devices"),
    ("colab_pix2pix.model.pix2pix", "Pix2Pix"),
    ("colab_pix2pix.training.history", "History.unpack"),
    ("colab_pix2pix.training.fit", "CheckpointWriter"),
    ("colab_pix2pix.dataset.archive", "pack"),
    ("colab_pix2pix.training.snapshot", "Snapshot"),
    ("colab_pix2pix.training.evaluation", "HeldOut"),
    ("colab_pix2pix.training.tensorboard", "EventFile"),
    ("colab_pix2pix.training.trainer", "Trainer.run"),
]


class Broken(Exception):
    """What goes wrong in these tests."""


def content(project: Project) -> dict[str, bytes]:
    return {
        str(path.relative_to(project.path)): path.read_bytes()
        for path in sorted(project.path.rglob("*"))
        if path.is_file()
    }


@pytest.fixture(scope="module")
def threads_of_tensorflow() -> None:
    """TensorFlow's own threads are there before any is counted."""
    import tensorflow as tf

    tf.constant(0)


@pytest.mark.parametrize(("module", "name"), STEPS, ids=[name for _, name in STEPS])
def test_a_preparation_that_fails_leaves_no_thread_no_session_and_no_half_written_file(
    crops: Dataset,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    threads_of_tensorflow: None,
    module: str,
    name: str,
) -> None:
    project = train(crops, tmp_path / "run", TINY).project
    if name == "pack":
        project.dataset_zip.unlink()
    slots = {slot: slot.read_bytes() for slot in project.slots if slot.exists()}
    before = set(threading.enumerate())

    def fail(*arguments: Any, **options: Any) -> None:
        raise Broken(name)

    with monkeypatch.context() as patch, pytest.raises(Broken):
        patch.setattr(f"{module}.{name}", fail)
        train(crops, project, TINY.replace(epochs=4))
    assert set(threading.enumerate()) <= before
    assert {slot: slot.read_bytes() for slot in project.slots if slot.exists()} == slots
    assert json.loads(project.session_file.read_text())["ended"]
    assert not [path for path in content(project) if path.endswith(".part")]
    assert train(crops, project, TINY.replace(epochs=4)).step == 10


def test_a_new_run_that_can_not_be_prepared_writes_nothing(
    crops: Dataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*arguments: Any, **options: Any) -> None:
        raise Broken

    monkeypatch.setattr("colab_pix2pix.model.pix2pix.Pix2Pix", fail)
    with pytest.raises(Broken):
        train(crops, tmp_path / "run", TINY)
    assert not (tmp_path / "run").exists()


def test_a_resumed_run_tells_its_history_again(crops: Dataset, tmp_path: Path) -> None:
    first: list[Event] = []
    train(crops, tmp_path / "run", TINY, on_event=first.append)
    heard: list[Event] = []
    train(crops, tmp_path / "run", TINY.replace(epochs=4), on_event=heard.append)
    (resumed,) = [event for event in heard if isinstance(event, Resumed)]
    assert list(resumed.history) == [event for event in first if isinstance(event, Metrics)]
    new = [event for event in heard if isinstance(event, Metrics)]
    assert min(metrics.step for metrics in new) > resumed.history[-1].step


def test_the_numbers_are_on_disk_with_each_save(
    crops: Dataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*arguments: Any, **options: Any) -> None:
        raise Broken

    # What comes after the last save is never reached, as when the machine dies.
    monkeypatch.setattr("colab_pix2pix.training.trainer.diagnose", fail)
    project = Project(tmp_path / "run")
    with pytest.raises(Broken):
        train(crops, project, TINY)
    last = project.metrics_csv.read_text().splitlines()[-1]
    assert int(last.split(",")[0]) == status(project)["step"] == 5


def test_what_the_memory_can_not_hold_is_refused_before_the_first_step_and_leaves_nothing(
    crops: Dataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(memory, "available_bytes", lambda: 10**9)
    large = TINY.replace(image_size=1024, base_filters=16, depth=0, patch_layers=3)
    with pytest.raises(TrainingError, match="Choose batch_size 1"):
        train(crops, tmp_path / "run", large)
    assert not list(tmp_path.rglob("slot-*"))
