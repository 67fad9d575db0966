"""Resizing with matrices gives what TensorFlow's own resizes give."""

from __future__ import annotations

import numpy as np
import pytest
import tensorflow as tf

from colab_pix2pix.config import sides
from colab_pix2pix.images.resize_matrices import cubic_matrix
from colab_pix2pix.model import conditions

SIZES = [64, 96, 256, 1024, 73, 286]


def noise(*shape: int) -> np.ndarray:
    return np.random.default_rng(0).uniform(-1, 1, shape).astype(np.float32)


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("side", [1, 2, 10, 11, 25, 64])
def test_area_is_tensorflows(size: int, side: int) -> None:
    image = noise(1, size, size + 8, 2)
    ours = conditions.shrink(image, side, side + 1)
    theirs = tf.image.resize(image, (side, side + 1), method="area")
    np.testing.assert_allclose(ours, theirs, atol=1e-5)


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("side", [1, 2, 8, 16, 32, 64])
def test_cubic_is_tensorflows_where_its_table_of_weights_is_exact(side: int, size: int) -> None:
    """TensorFlow rounds places to 1/1024 of a pixel: equal to 1e-5 where they are such."""
    exact = 1024 * side % (2 * size) == 0
    image = noise(1, side, side, 2)
    matrix = cubic_matrix(side, size)
    ours = np.einsum("ih,bhwc,jw->bijc", matrix, image, matrix, optimize=True)
    theirs = tf.image.resize(image, (size, size), method="bicubic")
    np.testing.assert_allclose(ours, theirs, atol=1e-5 if exact else 2e-3)


@pytest.mark.parametrize("zoom", [1.0, 286 / 256, 1.5])
@pytest.mark.parametrize("stored_size", [64, 80, 308])
@pytest.mark.parametrize("image_size", [64, 256, "96x64", "64x128"])
def test_crops_between_pixels_are_tensorflows(
    image_size: int | str, stored_size: int, zoom: float
) -> None:
    """Both round places to float32; on a smooth picture that is less than 1e-5 of a value."""
    down = stored_size * sides(image_size).height // sides(image_size).width
    waves = np.sin(np.linspace(0, 6, down))[:, None] * np.cos(np.linspace(0, 5, stored_size))
    picture = np.repeat((127 + 120 * waves).astype(np.uint8)[None, ..., None], 3, axis=3)
    pictures = np.repeat(picture, 8, axis=0)
    seed = (3, 4)
    options = {"image_size": image_size, "max_zoom": zoom, "flip": True}
    ours = conditions.augment_target(pictures, seed=seed, **options)
    draws = np.asarray(tf.random.stateless_uniform((8, 4), seed)).T
    side = 1 / (1 + draws[0] * (zoom - 1))
    left, top = draws[1] * (1 - side), draws[2] * (1 - side)
    edges = left, left + side
    first, last = (np.where(draws[3] < 0.5, a, b) for a, b in (edges[::-1], edges))
    boxes = np.stack([top, first, top + side, last], axis=1)
    theirs = tf.image.crop_and_resize(
        pictures.astype(np.float32), boxes, np.arange(8), sides(image_size).shape
    )
    np.testing.assert_allclose(ours, theirs / 127.5 - 1.0, atol=2e-5)
