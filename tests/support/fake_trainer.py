"""A trainer without a network: its state at step N is a pure function of N, its saves are real.

It resumes, checks all that it finds against what it must be, trains on with crops, samples, metrics
and a user who goes on deciding about crops, and writes each event as a line of JSON to a log, which
stands for the user's screen. `support.zygote` starts it.
"""

from __future__ import annotations

import argparse
import signal
import time
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from colab_pix2pix.config import TrainConfig
from colab_pix2pix.dataset.choices import ChoiceKeeper
from colab_pix2pix.events import Metrics, pack_history
from colab_pix2pix.project import Project, sample_step
from colab_pix2pix.storage import npz
from colab_pix2pix.storage.checkpoints import CheckpointWriter, Timing
from colab_pix2pix.storage.restore import read_run_state
from colab_pix2pix.storage.session import lost_progress
from colab_pix2pix.training import artifacts
from colab_pix2pix.workflows.pipeline import keep_crops
from support import fake_user
from support.event_log import run_and_tell

FAST = Timing(
    poll_seconds=0.02,
    hang_seconds=1.0,
    retry_seconds=0.1,
    hopeless_seconds=2.0,
    patience_seconds=20.0,
)
SIZES = (3000, 17000)
SAMPLE_STEPS, METRICS_STEPS = 200, 50


def state_at(step: int) -> dict[str, np.ndarray]:
    """Returns the weights that the trainer has after `step` steps."""
    state = {}
    for number, size in enumerate(SIZES):
        values = np.arange(size, dtype=np.uint32) + np.uint32(number)
        for _ in range(step % 7):
            values = values * np.uint32(1664525) + np.uint32(1013904223)
        state[f"generator/{number:03d}-kernel"] = values ^ np.uint32(step)
    return state


SHAPES = {name: (array.shape, "uint32") for name, array in state_at(0).items()}


def is_right(file: Path, step: int) -> bool:
    """Returns True when a file holds just the weights of a step."""
    found, expected = npz.read_arrays(file, SHAPES), state_at(step)
    return all(np.array_equal(found[name], expected[name]) for name in expected)


def history_at(step: int) -> list[Metrics]:
    """Returns the metrics that the trainer has after `step` steps."""
    steps = range(METRICS_STEPS, step + 1, METRICS_STEPS)
    return [
        Metrics(
            step=at,
            epoch=0,
            generator_gan_loss=1 / at,
            generator_l1_loss=2 / at,
            discriminator_loss=3 / at,
        )
        for at in steps
    ]


def sample_at(step: int) -> np.ndarray:
    """Returns the sample grid of a step: one colour."""
    return np.full((16, 24, 3), step // SAMPLE_STEPS % 256, np.uint8)


def whole_samples(project: Project) -> list[int]:
    """Returns the steps whose samples are there and hold what they must."""
    found = [(sample_step(path), artifacts.read_sample(path)) for path in project.sample_files()]
    return [
        step
        for step, grid in found
        if grid is not None and abs(grid.astype(int) - sample_at(step)).max() <= 4  # JPEG
    ]


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("project", type=Path)
    parser.add_argument("log", type=Path)
    parser.add_argument("--steps", type=int, default=10**9)
    parser.add_argument("--step-seconds", type=float, default=0.002)
    parser.add_argument("--save-every", type=float, default=0.05, help="seconds")
    parser.add_argument("--drive-every", type=float, default=0.05, help="seconds")
    parser.add_argument("--click-every", type=float, default=0.1, help="seconds; 0: nobody clicks")
    parser.add_argument("--exports", type=int, default=0, help="this often, in the end")
    given = parser.parse_args(arguments)
    return run_and_tell(given.log, lambda tell, listen: train(given, tell, listen))


def train(given: argparse.Namespace, tell: Any, listen: Any) -> int:
    stopped: list[int] = []
    signal.signal(signal.SIGINT, lambda number, frame: stopped.append(number))
    project = Project(given.project)
    found = read_run_state(project)
    good = found.generations
    step = good[0].step if good else 0
    if good and not is_right(good[0].file, step):
        tell("Error", kind="WrongWeights", message=str(good[0].path))
        return 3
    if good and good[0].manifest["history"] != pack_history(history_at(step)):
        tell("Error", kind="WrongHistory", message=str(good[0].path))
        return 3
    lost = lost_progress(project, good[0]) if good else ""
    dataset, origin = fake_user.crops(project, listen)
    tell(
        "Start",
        step=step,
        fresh=not good,
        known=bool(found.checks),
        notes=[*found.notes, lost],
        crops=origin,
        decided=fake_user.decided(dataset),
        samples=whole_samples(project),
        exported=fake_user.exported(project),
    )
    writer = CheckpointWriter(
        project,
        good,
        configs=[TrainConfig()],
        save_every_seconds=given.drive_every,
        timing=FAST,
    )
    next_save = next_click = time.monotonic()
    next_save += given.save_every
    keeper = ChoiceKeeper(project)
    with writer:
        keep_crops(dataset, project, listen, writer)
        if given.click_every:
            fake_user.watch(project, tell)
        while step < given.steps and not stopped:
            time.sleep(given.step_seconds)
            step += 1
            if step % SAMPLE_STEPS == 0:
                writer.side_file(partial(artifacts.write_sample, step=step, grid=sample_at(step)))
            if time.monotonic() >= next_save and not writer.busy:
                save(writer, step)
                next_save = time.monotonic() + given.save_every
            if given.click_every and time.monotonic() >= next_click:
                dataset = fake_user.decide_again(dataset)
                keeper.offer(dataset)
                next_click = time.monotonic() + given.click_every
            writer.reached(step)
            for event in writer.news():
                listen(event)
        save(writer, step)
        for event in writer.wait_until_safe():
            listen(event)
        writer.close()
        fake_user.leave(keeper)
        tell("End", step=step, stopped=bool(stopped))
        for _ in range(given.exports):
            fake_user.export(project, tell)
    return 0


def save(writer: CheckpointWriter, step: int) -> None:
    writer.settle()
    history = history_at(step)
    manifest = {"step": step, "epochs_done": 0, "options": {"epochs": 1}}
    writer.save(state_at(step), manifest | {"history": pack_history(history)})
    writer.side_file(partial(artifacts.write_metrics, history=history))
