"""Which pictures look alike to the eye: where what colour lies, and which way the edges run.

A perceptual hash finds copies of a picture, hardly another one of the same thing: moved a little,
mirrored, nearer, in other light. `docs/quality.md` has what was measured.
"""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
from PIL import Image

from ..images import read_image

_WORKERS = 2
_SIDE = 64  # what a glance sees
_CELLS = 4  # in each direction
_DIRECTIONS = 8
_FAINT = 1e-4  # an edge that nobody sees: a plain picture has none
_LIGHT_SHARE = 0.5  # of how bright a picture is as a whole: less of it is seen than is measured
#: How much each part counts, in the order of `parts`: so much that pictures that have nothing in
#: common are about 1 apart.
_WEIGHTS = (3.0, 13.0)
#: Luma, and two axes of colour: blue to yellow, green to red.
_COLOURS = np.array([[0.299, 0.587, 0.114], [-0.25, -0.25, 0.5], [0.5, -0.5, 0.0]], np.float32)


def describe(paths: Sequence[Path]) -> np.ndarray:
    """Returns what `distances` compares of pictures.

    Args:
        paths: Picture files.

    Returns:
        float32 `(pictures, 2, numbers)`: of each picture, and of its mirror image.

    Raises:
        DatasetError: one of them can't be read.
    """
    with ThreadPoolExecutor(_WORKERS) as pool:
        return np.stack(list(pool.map(lambda path: descriptor(read_image(path).image), paths)))


def distances(descriptors: np.ndarray, index: int) -> np.ndarray:
    """Returns how far each picture is from one of them; it may stand as in a mirror.

    Args:
        descriptors: What `describe` returned.
        index: Which one.

    Returns:
        float32 `(pictures,)`: 0 for the same picture, about 1 for one that has nothing of it.
    """
    found: np.ndarray = np.abs(descriptors - descriptors[index, 0]).sum(-1).min(1)
    return found


def descriptor(image: Image.Image) -> np.ndarray:
    """Returns one picture, and its mirror image, as `describe` does: `(2, numbers)`."""
    small = image.convert("RGB").resize((_SIDE, _SIDE), Image.Resampling.BOX)
    colours, edges = parts(np.asarray(small, np.float32) / 255)
    opposite = -np.arange(_DIRECTIONS) % _DIRECTIONS
    mirrored = colours[:, ::-1], edges[:, ::-1, opposite]
    return np.stack([_joined(colours, edges), _joined(*mirrored)])


def _joined(*both: np.ndarray) -> np.ndarray:
    weighted = zip(both, _WEIGHTS, strict=True)
    return np.concatenate([weight * part.ravel() / part.size for part, weight in weighted])


def parts(pixels: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Returns where what colour lies, and which way the edges run there.

    Args:
        pixels: float32 `(64, 64, 3)` in [0, 1].

    Returns:
        The mean colour of each cell, `(4, 4, 3)`; and the share of each direction of edges in each
        cell, `(4, 4, 8)`, as in Dalal and Triggs (2005).
    """
    step = _SIDE // _CELLS
    colours = pixels.reshape(_CELLS, step, _CELLS, step, 3).mean((1, 3)) @ _COLOURS.T
    colours[..., 0] -= (1 - _LIGHT_SHARE) * colours[..., 0].mean()
    return colours, _edges(pixels @ _COLOURS[0])


def _edges(luma: np.ndarray) -> np.ndarray:
    down, right = np.gradient(luma)
    strength, angle = np.hypot(down, right), np.arctan2(down, right)
    direction = np.rint(angle * (_DIRECTIONS / np.pi)).astype(int) % _DIRECTIONS
    place = np.arange(_SIDE) // (_SIDE // _CELLS)
    cell = place[:, None] * _CELLS + place
    sums = np.bincount(
        (cell * _DIRECTIONS + direction).ravel(), strength.ravel(), _CELLS**2 * _DIRECTIONS
    )
    shares = sums / (sums.sum() + _FAINT * luma.size)
    edges: np.ndarray = np.sqrt(shares).reshape(_CELLS, _CELLS, _DIRECTIONS).astype(np.float32)
    return edges
