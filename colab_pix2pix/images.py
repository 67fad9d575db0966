"""Image files of all kinds, as a viewer shows them: upright, uint8 RGB."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

import numpy as np
from PIL import Image, ImageOps, UnidentifiedImageError

from .errors import DatasetError

_TARGET, _PARTNER = slice(0, 3), slice(3, 6)  # channels of a pair
_GREY_WEIGHTS = np.array([0.2989, 0.5870, 0.1140], np.float32)
_REFERENCE_SIZE = 256  # pixels; as in model/conditions.py


@contextmanager
def open_image(file: Path | IO[bytes], name: Path | None = None) -> Iterator[Image.Image]:
    """Opens an image file for the length of a block, within which it is decoded.

    Args:
        file: Its path, or its content as a stream.
        name: What to call it in an error, where `file` is no path.

    Raises:
        DatasetError: the file is no image, or it is damaged; whatever Pillow raises in the block.
    """
    try:
        with Image.open(file) as image:
            yield image
    except (OSError, ValueError, Image.DecompressionBombError) as error:
        raise unreadable_image(name or file, error) from error


def unreadable_image(name: object, error: Exception) -> DatasetError:
    """Returns the error for an image file that can't be read."""
    unknown = isinstance(error, UnidentifiedImageError)  # its words name a stream in the memory
    reason = "it is of no known kind" if unknown else str(error).rstrip(".")
    return DatasetError(
        f"{name} can't be read as a picture: {reason}.",
        why="Expected a JPEG, PNG or WebP file.",
        fix="Remove it or replace it; where it is a crop, cut the crops again.",
    )


def upright_rgb(image: Image.Image) -> Image.Image:
    """Returns an image turned as its EXIF data says, with 8 bits of red, green and blue.

    What is transparent keeps its colour. Grey images of 16 bits are brought to 8: Pillow alone
    would cut everything brighter than 255 of 65 535 off.
    """
    upright = ImageOps.exif_transpose(image)
    if upright.mode.startswith("I"):
        brightness = np.asarray(upright, np.int64) / 257
        upright = Image.fromarray(brightness.round().clip(0, 255).astype(np.uint8))
    return upright.convert("RGB")


def blurred_grey_input(image: Image.Image, blur_factor: float) -> Image.Image:
    """Returns the input image of the condition `blurred-grey`: shrunk by area, enlarged by cubic.

    What `model/conditions.py` computes for training, without TensorFlow: a rounding apart
    (`tests/notebook/test_gallery.py` compares the two).

    Args:
        image: RGB, of any size.
        blur_factor: As in `TrainConfig`: how many times an image of 256 pixels is shrunk.

    Returns:
        Grey (mode `L`), of the same size.
    """
    grey = np.asarray(image.convert("RGB"), np.float32) @ _GREY_WEIGHTS
    number = _REFERENCE_SIZE / blur_factor
    small = [min(n, max(1, round(number * (n / min(grey.shape))))) for n in grey.shape]
    down, across = (_area_weights(*sides) for sides in zip(grey.shape, small, strict=True))
    shrunk = Image.fromarray(down @ grey @ across.T)
    enlarged = np.asarray(shrunk.resize(image.size, Image.Resampling.BICUBIC))
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


def read_square(path: Path, size: int) -> np.ndarray:
    """Returns the centre square of an image file: uint8 `(size, size, 3)`.

    Raises:
        DatasetError: the file is no image.
    """
    with open_image(path) as image:
        return np.asarray(ImageOps.fit(upright_rgb(image), (size, size), Image.Resampling.LANCZOS))


def read_whole(path: Path, size: int) -> np.ndarray:
    """Returns an image file with its shorter side at `size` pixels: uint8 `(height, width, 3)`.

    Raises:
        DatasetError: the file is no image.
    """
    with open_image(path) as image:
        upright = upright_rgb(image)
        sides = [round(side * size / min(upright.size)) for side in upright.size]
        return np.asarray(upright.resize((sides[0], sides[1]), Image.Resampling.LANCZOS))


def resize_images(images: np.ndarray, size: int) -> np.ndarray:
    """Returns uint8 images `(count, h, w, 3)` as `(count, size, size, 3)`; 6 channels as well."""
    if images.shape[1] == size:
        return images
    if images.shape[-1] > 3:
        both = (resize_images(images[..., channels], size) for channels in (_TARGET, _PARTNER))
        return np.concatenate(list(both), axis=-1)
    resized = (Image.fromarray(i).resize((size, size), Image.Resampling.LANCZOS) for i in images)
    return np.stack([np.asarray(image) for image in resized])
