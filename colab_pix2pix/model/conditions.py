"""What the generator is fed: a blurred grey picture, as in *Learning to See* (arXiv 2003.00902).

Pictures are float32 `(batch, height, width, channels)` in [−1, 1] in here, uint8 RGB outside;
`encode_image` and `decode_image` are the only border between the two.
"""

from __future__ import annotations

import tensorflow as tf

from .dataset import MAX_ZOOM

_BRIGHTNESS = 0.2
_CONTRAST = 0.15
_REFERENCE_SIZE = 256


def encode_image(picture: tf.Tensor) -> tf.Tensor:
    """Returns uint8 pictures as float32 in [−1, 1]."""
    return tf.cast(picture, tf.float32) / 127.5 - 1.0


def decode_image(image: tf.Tensor) -> tf.Tensor:
    """Returns float32 images in [−1, 1] as uint8 pictures, rounded."""
    return tf.cast(tf.round((tf.clip_by_value(image, -1.0, 1.0) + 1.0) * 127.5), tf.uint8)


def blurred_grey(target_image: tf.Tensor, *, blur_factor: float) -> tf.Tensor:
    """Returns the input image of a target image: grey, shrunk by area, enlarged again by cubic.

    Args:
        target_image: `(batch, size, size, 3)` in [−1, 1].
        blur_factor: How many times a 256-pixel picture is shrunk. Other sizes look just as blurred:
            at 24 all go through 11×11 pixels.

    Returns:
        `(batch, size, size, 1)` in [−1, 1].
    """
    size = target_image.shape[1]
    small = min(size, max(1, round(_REFERENCE_SIZE / blur_factor)))
    grey = tf.image.rgb_to_grayscale(target_image)
    grey = tf.image.resize(grey, (small, small), method="area")
    grey = tf.image.resize(grey, (size, size), method="bicubic")
    return tf.clip_by_value(grey, -1.0, 1.0)


def augment_target(pictures: tf.Tensor, *, image_size: int, seed: tf.Tensor) -> tf.Tensor:
    """Returns randomly zoomed (100–130 %), cropped and mirrored pictures.

    Args:
        pictures: uint8 `(batch, stored_size, stored_size, 3)`.
        image_size: Height and width of the result in pixels.
        seed: Two integers; the same seed gives the same result.

    Returns:
        float32 `(batch, image_size, image_size, 3)` in [−1, 1].
    """
    batch = tf.shape(pictures)[0]
    zoom_x_y = tf.random.stateless_uniform((3, batch), seed)
    side = 1.0 / (1.0 + zoom_x_y[0] * (MAX_ZOOM - 1.0))  # share of the picture that is seen
    left, top = zoom_x_y[1] * (1.0 - side), zoom_x_y[2] * (1.0 - side)
    right = left + side
    mirrored = tf.random.stateless_uniform((batch,), seed + 1) < 0.5
    left, right = tf.where(mirrored, right, left), tf.where(mirrored, left, right)
    boxes = tf.stack([top, left, top + side, right], axis=1)
    crops = tf.image.crop_and_resize(
        tf.cast(pictures, tf.float32), boxes, tf.range(batch), (image_size, image_size)
    )
    return crops / 127.5 - 1.0


def augment_input(input_image: tf.Tensor, *, seed: tf.Tensor) -> tf.Tensor:
    """Returns input images with brightness changed by up to ±20 % and contrast by up to ±15 %.

    Args:
        input_image: `(batch, size, size, 1)` in [−1, 1].
        seed: Two integers; the same seed gives the same result.

    Returns:
        The same shape, in [−1, 1].
    """
    batch = tf.shape(input_image)[0]
    draws = tf.random.stateless_uniform((2, batch, 1, 1, 1), seed, minval=-1.0)
    mean = tf.reduce_mean(input_image, axis=(1, 2, 3), keepdims=True)
    contrasted = (input_image - mean) * (1.0 + _CONTRAST * draws[0]) + mean
    return tf.clip_by_value(contrasted + 2.0 * _BRIGHTNESS * draws[1], -1.0, 1.0)
