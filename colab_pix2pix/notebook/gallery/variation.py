"""How training varies pictures, to be looked at: the same as `model/conditions.py`, in NumPy.

A gallery must not load TensorFlow; `tests/test_gallery.py` compares the two.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np


def vary_target(
    picture: np.ndarray, *, size: int, max_zoom: float, flip: bool, draws: Sequence[float]
) -> np.ndarray:
    """Returns a picture zoomed, cropped and mirrored by chance.

    Args:
        picture: uint8 `(height, width, channels)`.
        size: Height and width of the result in pixels.
        max_zoom: It is shown at 1 to this many times its size.
        flip: Whether half of the pictures are mirrored.
        draws: Four numbers from 0 to 1: zoom, place across, place down, mirrored or not.

    Returns:
        uint8 `(size, size, channels)`.
    """
    side = 1.0 / (1.0 + draws[0] * (max_zoom - 1.0))
    left, top = draws[1] * (1.0 - side), draws[2] * (1.0 - side)
    across = np.linspace(left, left + side, size) * (picture.shape[1] - 1)
    down = np.linspace(top, top + side, size) * (picture.shape[0] - 1)
    if draws[3] < (0.5 if flip else 0.0):
        across = across[::-1]
    cropped = _at(_at(picture.astype(np.float32), down, 0), across, 1)
    return _bytes(cropped)


def vary_input(
    picture: np.ndarray, *, brightness: float, contrast: float, draws: Sequence[float]
) -> np.ndarray:
    """Returns what the network is fed with brightness and contrast changed by chance.

    Args:
        picture: uint8 `(height, width)` or `(height, width, channels)`.
        brightness: Up to this share of white is added or taken away.
        contrast: It grows or shrinks by up to this share.
        draws: Two numbers from -1 to 1: contrast, brightness.

    Returns:
        uint8 of the same shape.
    """
    pixels = picture.astype(np.float32)
    mean = pixels.mean()
    varied = (pixels - mean) * (1.0 + contrast * draws[0]) + mean + 255 * brightness * draws[1]
    return _bytes(varied)


def _bytes(pixels: np.ndarray) -> np.ndarray:
    rounded: np.ndarray = pixels.round().clip(0, 255).astype(np.uint8)
    return rounded


def _at(pixels: np.ndarray, places: np.ndarray, axis: int) -> np.ndarray:
    """Returns the pixels at places between them along an axis, linearly."""
    low = np.clip(np.floor(places).astype(int), 0, pixels.shape[axis] - 1)
    high = np.minimum(low + 1, pixels.shape[axis] - 1)
    share = (places - low).reshape((-1, 1, 1) if axis == 0 else (1, -1, 1)).astype(np.float32)
    between: np.ndarray = pixels.take(low, axis) * (1 - share) + pixels.take(high, axis) * share
    return between
