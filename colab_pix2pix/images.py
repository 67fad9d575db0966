"""Picture files of all kinds, as a viewer shows them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
from PIL import Image, ImageOps

from .errors import DatasetError

_TARGET, _PARTNER = slice(0, 3), slice(3, 6)
_GREY_WEIGHTS = np.array([0.2989, 0.5870, 0.1140], np.float32)
_REFERENCE_SIZE = 256  # pixels; as in model/conditions.py


def upright_rgb(picture: Image.Image) -> Image.Image:
    """Returns a picture turned as its EXIF data says, with 8 bits of red, green and blue.

    What is transparent keeps its colour. Grey pictures of 16 bits are brought to 8: Pillow alone
    would cut everything brighter than 255 of 65 535 off.
    """
    upright = ImageOps.exif_transpose(picture)
    if upright.mode.startswith("I"):
        bright = np.asarray(upright, np.int64) / 257
        upright = Image.fromarray(bright.round().clip(0, 255).astype(np.uint8))
    return upright.convert("RGB")


def blurred_grey_input(picture: Image.Image, blur_factor: float) -> Image.Image:
    """Returns the input image of the condition `blurred-grey`: shrunk by area, enlarged by cubic.

    What `model/conditions.py` computes for training, without TensorFlow: a rounding apart
    (`tests/notebook/test_gallery.py` compares the two).

    Args:
        picture: RGB, of any size.
        blur_factor: As in `TrainConfig`: how many times a picture of 256 pixels is shrunk.

    Returns:
        Grey (mode `L`), of the same size.
    """
    grey = np.asarray(picture.convert("RGB"), np.float32) @ _GREY_WEIGHTS
    number = _REFERENCE_SIZE / blur_factor
    small = [min(n, max(1, round(number * (n / min(grey.shape))))) for n in grey.shape]
    down, across = (_area_weights(*sides) for sides in zip(grey.shape, small, strict=True))
    shrunk = Image.fromarray(down @ grey @ across.T)
    enlarged = np.asarray(shrunk.resize(picture.size, Image.Resampling.BICUBIC))
    return Image.fromarray(enlarged.round().clip(0, 255).astype(np.uint8))


def _area_weights(size: int, small: int) -> np.ndarray:
    """Returns float32 `(small, size)`: which share of each small pixel each large one fills.

    Pillow's box filter takes a large pixel at the border of two small ones for one of them.
    """
    pixel, step = np.arange(size), size / small
    begin = np.arange(small)[:, np.newaxis] * step
    overlap = np.minimum(begin + step, pixel + 1) - np.maximum(begin, pixel)
    weights: np.ndarray = (overlap.clip(0) / step).astype(np.float32)
    return weights


def resize_pictures(pictures: np.ndarray, size: int) -> np.ndarray:
    """Returns uint8 pictures `(count, h, w, 3)` as `(count, size, size, 3)`; 6 channels as well."""
    if pictures.shape[1] == size:
        return pictures
    if pictures.shape[-1] > 3:
        both = (resize_pictures(pictures[..., part], size) for part in (_TARGET, _PARTNER))
        return np.concatenate(list(both), axis=-1)
    images = (Image.fromarray(picture) for picture in pictures)
    return np.stack([np.asarray(i.resize((size, size), Image.Resampling.LANCZOS)) for i in images])


def read_square(path: Path, size: int) -> np.ndarray:
    """Returns the centre square of a picture file: uint8 `(size, size, 3)`.

    Raises:
        DatasetError: the file is no picture.
    """
    with opened(path) as picture:
        return np.asarray(
            ImageOps.fit(upright_rgb(picture), (size, size), Image.Resampling.LANCZOS)
        )


def read_whole(path: Path, size: int) -> np.ndarray:
    """Returns a picture file with its shorter side at `size`: uint8 `(height, width, 3)`.

    Raises:
        DatasetError: the file is no picture.
    """
    with opened(path) as picture:
        upright = upright_rgb(picture)
        sides = [round(side * size / min(upright.size)) for side in upright.size]
        return np.asarray(upright.resize((sides[0], sides[1]), Image.Resampling.LANCZOS))


@contextmanager
def opened(path: Path) -> Iterator[Image.Image]:
    try:
        with Image.open(path) as picture:
            yield picture
    except (OSError, ValueError, Image.DecompressionBombError) as error:
        raise DatasetError(
            f"{path} can't be read as a picture: {error}.",
            why="Expected a JPEG, PNG or WebP file.",
            fix="Remove it or replace it.",
        ) from error
