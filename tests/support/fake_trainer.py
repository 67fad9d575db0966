"""A trainer without a network: its state at step N is a pure function of N, its saves are real.

`python fake_trainer.py PROJECT_DIR LOG` resumes, checks the weights against what they must be,
trains on and writes each event as a line of JSON to LOG, which stands for the user's screen.
"""

from __future__ import annotations

import argparse
import json
import signal
import sys
import time
from pathlib import Path

import numpy as np

from colab_pix2pix import events
from colab_pix2pix.config import TrainConfig
from colab_pix2pix.errors import Pix2PixError
from colab_pix2pix.project import Project
from colab_pix2pix.storage import npz
from colab_pix2pix.storage.checkpoints import CheckpointWriter, Timing
from colab_pix2pix.storage.restore import lost_progress, read_run_state

FAST = Timing(
    poll_seconds=0.02,
    hang_seconds=0.4,
    retry_seconds=0.1,
    hopeless_seconds=1.0,
    patience_seconds=20.0,
)
SIZES = (3000, 17000)


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


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("project", type=Path)
    parser.add_argument("log", type=Path)
    parser.add_argument("--steps", type=int, default=10**9)
    parser.add_argument("--step-seconds", type=float, default=0.002)
    parser.add_argument("--save-every", type=float, default=0.05, help="seconds")
    parser.add_argument("--drive-every", type=float, default=0.05, help="seconds")
    given = parser.parse_args()
    with open(given.log, "a", buffering=1) as log:

        def tell(event: str, **fields: object) -> None:
            log.write(json.dumps({"event": event, **fields}) + "\n")

        try:
            return train(given, tell, lambda event: log.write(events.to_json(event) + "\n"))
        except Pix2PixError as error:
            tell("Error", kind=type(error).__name__, message=str(error))
            return 1


def train(given, tell, listen) -> int:
    stopped: list[int] = []
    signal.signal(signal.SIGINT, lambda number, frame: stopped.append(number))
    project = Project(given.project)
    found = read_run_state(project)
    good = found.generations
    step = good[0].step if good else 0
    if good and not is_right(good[0].file, step):
        tell("Error", kind="WrongWeights", message=str(good[0].path))
        return 3
    lost = lost_progress(project, good[0]) if good else ""
    known = bool(found.checks)
    tell("Start", step=step, fresh=not good, known=known, notes=[*found.notes, lost])
    writer = CheckpointWriter(
        project,
        good,
        configs=[TrainConfig()],
        save_every_seconds=given.drive_every,
        timing=FAST,
    )
    next_save = time.monotonic() + given.save_every
    with writer:
        while step < given.steps and not stopped:
            time.sleep(given.step_seconds)
            step += 1
            if time.monotonic() >= next_save and not writer.busy:
                save(writer, step)
                next_save = time.monotonic() + given.save_every
            writer.reached(step)
            for event in writer.news():
                listen(event)
        save(writer, step)
        for event in writer.wait_until_safe():
            listen(event)
        writer.close()
        tell("End", step=step, stopped=bool(stopped))
    return 0


def save(writer: CheckpointWriter, step: int) -> None:
    writer.settle()
    writer.save(state_at(step), {"step": step, "epochs_done": 0, "options": {"epochs": 1}})


if __name__ == "__main__":
    sys.exit(main())
