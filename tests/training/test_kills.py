"""SIGKILL at any moment costs nothing: the run ends with the bytes of one that was left alone."""

from __future__ import annotations

import signal
import time
from pathlib import Path

import numpy as np
import pytest

from colab_pix2pix.dataset.manifest import Dataset
from colab_pix2pix.errors import CheckpointError
from colab_pix2pix.events import Resumed, Saved
from colab_pix2pix.options import as_flags
from colab_pix2pix.project import Project
from colab_pix2pix.storage import npz
from colab_pix2pix.storage.restore import status
from support.forked import Command
from support.networks import SMALLEST

# Little to compile, so that a process is soon at its first step. With dropout, which draws, too.
SMALL = SMALLEST.replace(epochs=64, ema=0.9, dropout=0.5, gan_warmup_steps=100)
STEPS = 160
LONGEST_PAUSE_SECONDS = 0.12  # a few steps and saves
LAST_KILL_AT = STEPS - 40
STEPS_AN_EPOCH = 2.5
PARTS = {
    "generator",
    "averaged_generator",
    "discriminator",
    "generator_optimizer",
    "discriminator_optimizer",
}


def state(project: Project) -> dict[str, bytes]:
    with np.load(status(project)["slots"][0]["path"]) as file:
        return {name: file[name].tobytes() for name in file.files if name != npz.MANIFEST}


def torn(project: Project) -> list[str]:
    """Returns the slots that hold half a save."""
    found = []
    for slot in project.slots:
        try:
            if slot.exists():
                npz.read_manifest(slot)
        except CheckpointError:
            found.append(slot.name)
    return found


def wait_for_a_write(project: Project) -> None:
    """Returns when one of the slots is touched."""

    def touched() -> list[tuple[int, int]]:
        return [(s.stat().st_mtime_ns, s.stat().st_size) for s in project.slots if s.exists()]

    before, end = touched(), time.monotonic() + 30
    while touched() == before:
        assert time.monotonic() < end, "Nothing is being saved."


def kill_once(command: Command, project: Project, at_step: int, pause: float | None) -> int:
    """Kills a training process some time after a saved step; returns the last step heard of.

    Args:
        command: The process.
        project: What it trains.
        at_step: The saved step to wait for; what the process resumes at will do if it is later.
        pause: Seconds from there to the kill; None: until it writes to a slot.
    """
    heard = 0
    for event in command.events():
        heard = event.step if isinstance(event, Resumed | Saved) else heard
        if heard >= at_step:
            break
    if pause is None:
        wait_for_a_write(project)
    else:
        time.sleep(pause)
    assert command.process.is_alive()
    assert command.kill() == -signal.SIGKILL
    return heard


@pytest.mark.slow
@pytest.mark.parametrize(
    ("precision", "size", "kills"), [("float32", 64, 14), ("bfloat16", "96x64", 13)]
)
def test_a_run_that_is_killed_again_and_again_ends_with_the_same_bytes(
    crops: Dataset, tmp_path: Path, precision: str, size: int | str, kills: int
) -> None:
    killed, whole = Project(tmp_path / "killed"), Project(tmp_path / "whole")
    config = SMALL.replace(precision=precision, image_size=size)
    flags = as_flags(config.replace(save_every_seconds=0))  # saves without a pause
    left_alone = Command("train", crops.directory, whole.path, *as_flags(config))
    random = np.random.default_rng(kills)
    at_steps = np.sort(random.integers(0, LAST_KILL_AT, kills))
    epochs, torn_by_kills = set(), 0
    for kill, at_step in enumerate(at_steps):
        pause = None if kill % 3 == 1 else random.uniform(0, LONGEST_PAUSE_SECONDS)
        command = Command("train", crops.directory, killed.path, *flags)
        step = kill_once(command, killed, at_step, pause)
        epochs.add(step // STEPS_AN_EPOCH)
        torn_by_kills += bool(torn(killed))
    assert len(epochs) >= kills / 2
    assert torn_by_kills >= 2

    assert Command("train", crops.directory, killed.path, *flags).end() == 0
    assert left_alone.end() == 0
    assert not torn(killed)
    assert status(killed)["step"] == status(whole)["step"] == STEPS
    assert {name.split("/")[0] for name in state(whole)} == PARTS
    assert state(killed) == state(whole)
    assert killed.metrics_csv.read_bytes() == whole.metrics_csv.read_bytes()
    samples = [path.name for path in sorted(whole.samples.iterdir())]
    assert [path.name for path in sorted(killed.samples.glob("step-*"))] == samples
    for name in samples:
        assert (killed.samples / name).read_bytes() == (whole.samples / name).read_bytes()
