"""Images brought to a size, and what a network is fed of them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PIL import Image, ImageOps

from ..config import Size, TrainConfig, sides
from .reading import read_image
from .resize_matrices import area_matrix, blurred_sides

_TARGET, _PARTNER = slice(0, 3), slice(3, 6)  # channels of a pair
_GREY_WEIGHTS = np.array([0.2989, 0.5870, 0.1140], np.float32)


def network_input(image: Image.Image, config: TrainConfig) -> Image.Image:
    """Returns what a network gets of a picture (of a pair: of the partner), before any chance.

    What `model/conditions.py` computes for training, without TensorFlow: a rounding apart
    (`tests/notebook/test_gallery.py` compares the two).

    Args:
        image: RGB, of any size.
        config: Of it, `condition`, `input_channels` and `blur_factor` count.

    Returns:
        Grey (mode `L`) or RGB, of the same size.
    """
    pixels = np.asarray(image.convert("RGB"), np.float32)
    if config.condition == "edges":
        return _to_image(_edges(pixels @ _GREY_WEIGHTS))
    if config.channels_fed == 1:
        pixels = pixels @ _GREY_WEIGHTS
    if config.condition == "blurred-grey":
        channels = pixels[..., np.newaxis] if pixels.ndim == 2 else pixels
        blurred = [_blurred(channel, config.blur_factor) for channel in np.moveaxis(channels, 2, 0)]
        pixels = np.stack(blurred, axis=2)
    return _to_image(pixels.squeeze(axis=2) if pixels.shape[2:] == (1,) else pixels)


def blurred_grey_input(image: Image.Image, blur_factor: float) -> Image.Image:
    """Returns the input image of the condition `blurred-grey`, mode `L`; see `network_input`."""
    grey = np.asarray(image.convert("RGB"), np.float32) @ _GREY_WEIGHTS
    return _to_image(_blurred(grey, blur_factor))


def _to_image(pixels: np.ndarray) -> Image.Image:
    return Image.fromarray(pixels.round().clip(0, 255).astype(np.uint8))


def _blurred(channel: np.ndarray, blur_factor: float) -> np.ndarray:
    """Returns one channel `(height, width)` shrunk by area and enlarged again by cubic."""
    small = blurred_sides(channel.shape, blur_factor)
    # Pillow's box filter takes a large pixel at the border of two small ones for one of them.
    down, across = (area_matrix(*sides) for sides in zip(channel.shape, small, strict=True))
    shrunk = Image.fromarray(down @ channel @ across.T)
    return np.asarray(shrunk.resize(channel.shape[::-1], Image.Resampling.BICUBIC))


def _edges(grey: np.ndarray) -> np.ndarray:
    """Returns dark lines on white where a picture of 0 to 255 changes (Sobel filters)."""
    around = np.pad(grey, 1, mode="reflect" if min(grey.shape) > 1 else "edge")
    smooth = around[:, :-2] + 2 * around[:, 1:-1] + around[:, 2:]
    down = smooth[2:] - smooth[:-2]
    smooth = around[:-2] + 2 * around[1:-1] + around[2:]
    across = smooth[:, 2:] - smooth[:, :-2]
    # In [−1, 1] the line is 1 − min(2, strength / 2): of 255 levels, white less half the strength.
    return np.asarray(255 - np.minimum(255, np.hypot(down, across) / 2))


def read_centre(path: Path, size: Size) -> np.ndarray:
    """Returns the centre of an image file, as much as has the proportions of a size, at that size.

    Returns:
        uint8 `(height, width, 3)`.

    Raises:
        DatasetError: the file is no image.
    """
    image = read_image(path).image
    return np.asarray(ImageOps.fit(image, sides(size), Image.Resampling.LANCZOS))


def read_whole(path: Path, size: Size) -> np.ndarray:
    """Returns an image file with its shorter side as long as that of a size.

    Returns:
        uint8 `(height, width, 3)`.

    Raises:
        DatasetError: the file is no image.
    """
    image = read_image(path).image
    shorter = min(sides(size))
    width, height = (round(side * shorter / min(image.size)) for side in image.size)
    return np.asarray(image.resize((width, height), Image.Resampling.LANCZOS))


def resize_images(images: np.ndarray, size: Size) -> np.ndarray:
    """Returns uint8 images `(count, any height, any width, 3 or 6)` at a size."""
    wanted = sides(size)
    if images.shape[1:3] == wanted.shape:
        return images
    if images.shape[-1] > 3:
        both = (resize_images(images[..., channels], size) for channels in (_TARGET, _PARTNER))
        return np.concatenate(list(both), axis=-1)
    resized = (Image.fromarray(i).resize(wanted, Image.Resampling.LANCZOS) for i in images)
    return np.stack([np.asarray(image) for image in resized])
