"""A small dataset that is made at once."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PIL import Image

from colab_pix2pix.dataset import manifest
from colab_pix2pix.dataset.manifest import Crop, Dataset


def discs(directory: Path) -> Dataset:
    """Makes twelve 80-pixel pictures of a coloured disc on a gradient; two are held out."""
    directory.mkdir()
    y, x = np.mgrid[0:80, 0:80]
    entries = []
    for index in range(12):
        picture = np.stack([x * 3, y * 3, 240 - x * 2], axis=-1).astype(np.uint8)
        disc = (x - 15 - 4 * index) ** 2 + (y - 40) ** 2 < 15**2
        picture[disc] = (250, 200, 20 + 10 * index)
        name = f"disc-{index:02d}.png"
        Image.fromarray(picture).save(directory / name)
        entries.append(Crop(file=name, time=index, split="test" if index >= 10 else "train"))
    dataset = Dataset(directory, tuple(entries))
    manifest.write(dataset)
    return dataset
