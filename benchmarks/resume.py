"""How long a resume takes beside a fresh start: from process start to the end of the first step.

    python benchmarks/resume.py [--turns 5] [--base-filters 64] [--image-size 256]

A run is trained for a step and saved (686 MB at 64 filters). Then, in turns, a process starts a new
run, and another one goes on with the saved one; each is killed when its first step is done. The
time is measured from outside, from before the process is started, and medians are compared.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
from PIL import Image

import colab_pix2pix as p2p
from colab_pix2pix import events
from colab_pix2pix.config import TrainConfig
from colab_pix2pix.option import as_flags

PICTURES = 40


def main() -> None:
    """Measures and prints."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--turns", type=int, default=5)
    parser.add_argument("--image-size", type=int, default=256)
    parser.add_argument("--base-filters", type=int, default=64)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        place = Path(name)
        make_pictures(place / "crops", given.image_size)
        # One picture a step: the first metrics come right after the first step of either.
        config = TrainConfig(
            image_size=given.image_size, base_filters=given.base_filters, batch_size=1
        )
        save_one_step(place, config)
        size = sum(slot.stat().st_size for slot in (place / "saved").glob("slot-*.npz"))
        print(f"{given.image_size} pixels, {given.base_filters} filters, {size / 1e6:.0f} MB saved")
        fresh, resumed = [], []
        for turn in range(given.turns):
            fresh.append(seconds_to_first_step(place, f"fresh-{turn}", config))
            resumed.append(seconds_to_first_step(place, "saved", config))
            print(f"fresh start {fresh[-1]:.1f} s, resume {resumed[-1]:.1f} s", flush=True)
        before, after = statistics.median(fresh), statistics.median(resumed)
        print(f"medians: {before:.1f} s and {after:.1f} s: {after / before:.2f} times as long")
