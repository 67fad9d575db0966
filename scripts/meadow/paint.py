"""Painting soft-edged shapes into a float canvas, with NumPy only.

A canvas is a float32 array (height, width, channels). Each shape is computed only in the
rectangle that it covers, called a patch, and blended over what is there.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

Array = NDArray[np.float32]


@dataclass(frozen=True)
class Patch:
    """A rectangle of a canvas.

    Attributes:
        pixels: the part of the canvas itself (a view), (rows, columns, channels).
        x: distance of each column from the patch's origin in frame heights, (1, columns).
        y: the same for each row, (rows, 1).
        pixel: size of one pixel in frame heights.
    """

    pixels: Array
    x: Array
    y: Array
    pixel: float


def cut_patch(
    canvas: Array, origin: tuple[float, float], box: tuple[float, float, float, float], unit: float
) -> Patch | None:
    """Cut the rectangle that a shape covers, or None if it lies outside the canvas.

    Args:
        canvas: what to paint on.
        origin: (x, y) of the shape, in frame heights.
        box: (left, top, right, bottom) around the origin, in frame heights.
        unit: pixels per frame height.
    """
    height, width = canvas.shape[:2]
    left, right = (int(np.floor((origin[0] + edge) * unit)) for edge in (box[0], box[2]))
    top, bottom = (int(np.floor((origin[1] + edge) * unit)) for edge in (box[1], box[3]))
    left, right = max(left, 0), min(right + 1, width)
    top, bottom = max(top, 0), min(bottom + 1, height)
    if left >= right or top >= bottom:
        return None
    x = (np.arange(left, right, dtype=np.float32)[None, :] + 0.5) / unit - origin[0]
    y = (np.arange(top, bottom, dtype=np.float32)[:, None] + 0.5) / unit - origin[1]
    return Patch(canvas[top:bottom, left:right], x.astype("f4"), y.astype("f4"), 1 / unit)


def blend(patch: Patch, colour: ArrayLike, alpha: Array) -> None:
    """Lay a colour, (3,) or (rows, columns, 3), over a patch; alpha is (rows, columns)."""
    patch.pixels[...] += (np.asarray(colour, np.float32) - patch.pixels) * alpha[..., None]


def soft_edge(inside: Array, pixel: float) -> Array:
    """Coverage, 0 to 1, from the distance to the inside of an edge: one pixel of antialiasing."""
    return np.clip(inside / pixel + 0.5, 0, 1)


def soft_outline(inside: Array) -> Array:
    """Coverage from any field that is positive inside a shape, whatever its slope.

    The field is divided by its own gradient, which gives the distance in pixels.
    """
    if min(inside.shape) < 2:
        return (inside > 0).astype(np.float32)
    slope_y, slope_x = np.gradient(inside)
    return np.clip(inside / (np.hypot(slope_x, slope_y) + 1e-6) + 0.5, 0, 1)


def smoothstep(value: ArrayLike, low: float = 0.0, high: float = 1.0) -> Array:
    """Rise smoothly from 0 at `low` to 1 at `high`."""
    t = np.clip((np.asarray(value, np.float32) - low) / (high - low), 0, 1)
    return t * t * (3 - 2 * t)


def mix(first: ArrayLike, second: ArrayLike, share: ArrayLike) -> Array:
    """Go from the first colour to the second; share is 0 to 1, of any shape."""
    first, second = np.asarray(first, np.float32), np.asarray(second, np.float32)
    share = np.asarray(share, np.float32)[..., None]
    return first + (second - first) * share


def make_noise(
    rng: np.random.Generator,
    shape: tuple[int, int],
    softness: float,
    *,
    stretch: float = 1.0,
    coarsest: float = 0.0,
) -> Array:
    """Make cloud-like noise that tiles, with mean 0 and standard deviation 1.

    It filters white noise with a 1/f^n spectrum.

    Args:
        rng: where the randomness comes from.
        shape: (rows, columns).
        softness: the exponent n: 1 is grain, 2 is soft clouds.
        stretch: how much longer than high its features are.
        coarsest: waves per height below which features grow no larger.
    """
    rows, columns = shape
    fy = np.fft.fftfreq(rows)[:, None] * rows
    fx = np.fft.rfftfreq(columns)[None, :] * columns * stretch * rows / columns
    frequency = np.hypot(np.hypot(fx, fy), coarsest)
    frequency[0, 0] = np.inf  # no mean
    spectrum = np.fft.rfft2(rng.standard_normal(shape)) / frequency**softness
    noise = np.fft.irfft2(spectrum, s=shape)
    return (noise / noise.std()).astype(np.float32)


def blur(canvas: Array, radius: float) -> Array:
    """Put a picture out of focus: three running means, close to a Gaussian; radius in pixels."""
    reach = round(radius)
    if reach < 1:
        return canvas
    for axis in (0, 1) * 3:
        padding = [(0, 0)] * 3
        padding[axis] = (reach + 1, reach)
        total = np.cumsum(np.pad(canvas, padding, "edge"), axis=axis, dtype=np.float64)
        total = np.moveaxis(total, axis, 0)
        mean = (total[2 * reach + 1 :] - total[: -2 * reach - 1]) / (2 * reach + 1)
        canvas = np.moveaxis(mean, 0, axis).astype(np.float32)
    return canvas
