"""How long a resume takes beside a fresh start: from process start to the end of the first step.

    python benchmarks/resume.py [--turns 5] [--base-filters 64] [--image-size 256]

A run is trained for an epoch of three steps, with two generations saved (686 MB each at 64 filters
and 256 pixels). Then, in turns, a process starts a new run, and another goes on with the saved one
for a second epoch; each is killed as soon as it tells of its first step. The time is taken from
outside and begins before the process does; its processor time is told as well, which a busy machine
does not change as much. Medians are compared. Both draw a grid of samples before they tell.
"""

from __future__ import annotations

import argparse
import os
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
from PIL import Image

from colab_pix2pix import events
from colab_pix2pix.config import TrainConfig
from colab_pix2pix.events import Metrics
from colab_pix2pix.options import as_flags

PICTURES = 3  # after this step of an epoch comes the 4th, which is told of like the first


def main() -> None:
    """Measures and prints."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--turns", type=int, default=5)
    parser.add_argument("--image-size", type=int, default=256)
    parser.add_argument("--base-filters", type=int, default=64)
    given = parser.parse_args()
    width = {"image_size": given.image_size, "base_filters": given.base_filters}
    config = TrainConfig(**width, batch_size=1, epochs=2)
    with tempfile.TemporaryDirectory() as name:
        place = Path(name)
        make_pictures(place / "crops", given.image_size)
        once = config.replace(epochs=1, save_every_seconds=0)
        subprocess.run(command(place, "saved", once), check=True, stdout=subprocess.DEVNULL)
        sizes = [slot.stat().st_size for slot in (place / "saved").glob("slot-*.npz")]
        print(f"{given.image_size} pixels, {given.base_filters} filters, saved:", *sizes, "bytes")
        fresh, resumed = [], []
        for turn in range(given.turns):
            fresh.append(first_step(place, f"fresh-{turn}", config))
            resumed.append(first_step(place, "saved", config))
            told = "fresh start {:5.1f} s ({:5.1f})   resume {:5.1f} s ({:5.1f})"
            print(told.format(*fresh[-1], *resumed[-1]), flush=True)
        for which, kind in enumerate(("seconds", "processor seconds")):
            starts = statistics.median(pair[which] for pair in fresh)
            again = statistics.median(pair[which] for pair in resumed)
            print(f"medians: a resume takes {again / starts:.2f} times the {kind} of a fresh start")


def make_pictures(folder: Path, size: int) -> None:
    """Writes soft random pictures."""
    folder.mkdir()
    random = np.random.default_rng(0)
    for index in range(PICTURES):
        coarse = Image.fromarray(random.integers(0, 256, (24, 24, 3), np.uint8))
        picture = coarse.resize((size, size), Image.Resampling.BICUBIC)
        picture.save(folder / f"{index:02d}.png")


def command(place: Path, run: str, config: TrainConfig) -> list[str]:
    """Returns the command that trains a run."""
    program = [sys.executable, "-m", "colab_pix2pix", "train", "--json"]
    return [*program, str(place / "crops"), str(place / run), *as_flags(config)]


def first_step(place: Path, run: str, config: TrainConfig) -> tuple[float, float]:
    """Starts `train` on a run, and kills it when its first step is done.

    Returns:
        The seconds that it took, and those of processor time.
    """
    started = time.monotonic()
    process = subprocess.Popen(command(place, run, config), stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    for line in process.stdout:
        event = events.from_json(line)
        if isinstance(event, Metrics):
            assert event.step == (PICTURES + 1 if run == "saved" else 1)
            seconds = time.monotonic() - started
            process.kill()
            _, _, used = os.wait4(process.pid, 0)
            process.returncode = -signal.SIGKILL  # nobody else may wait for it now
            return seconds, used.ru_utime + used.ru_stime
    raise SystemExit("The training process has ended before its first step; see above.")


if __name__ == "__main__":
    main()
