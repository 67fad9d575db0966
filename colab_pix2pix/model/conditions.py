"""What the generator is fed, and how training pictures are varied.

The default is the blurred grey picture of *Learning to See* (arXiv 2003.00902). Pictures are
float32 `(batch, height, width, channels)` in [−1, 1] in here, uint8 RGB outside; `encode_image`
and `decode_image` are the only border between the two.
"""

from __future__ import annotations

import tensorflow as tf

from ..config import TrainConfig

_REFERENCE_SIZE = 256
_EDGE_STRENGTH = 2.0
#: Seeds that a step takes for its draws, one after another.
SEEDS_PER_STEP = 4


def encode_image(picture: tf.Tensor) -> tf.Tensor:
    """Returns uint8 pictures as float32 in [−1, 1]."""
    return tf.cast(picture, tf.float32) / 127.5 - 1.0


def decode_image(image: tf.Tensor) -> tf.Tensor:
    """Returns float32 images in [−1, 1] as uint8 pictures, rounded."""
    return tf.cast(tf.round((tf.clip_by_value(image, -1.0, 1.0) + 1.0) * 127.5), tf.uint8)


def make_input(target_image: tf.Tensor, config: TrainConfig) -> tf.Tensor:
    """Returns the input images that a model with these options is fed.

    Args:
        target_image: `(batch, size, size, 3)` in [−1, 1].
        config: Of it, `condition` and `blur_factor` count.

    Returns:
        `(batch, size, size, 1)` in [−1, 1].
    """
    if config.condition == "edges":
        return edges(target_image)
    if config.condition == "grey":
        return tf.image.rgb_to_grayscale(target_image)
    return blurred_grey(target_image, blur_factor=config.blur_factor)


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


def edges(target_image: tf.Tensor) -> tf.Tensor:
    """Returns dark lines on white where brightness changes, like a drawing (Sobel filters).

    Args:
        target_image: `(batch, size, size, 3)` in [−1, 1].

    Returns:
        `(batch, size, size, 1)` in [−1, 1].
    """
    gradient = tf.image.sobel_edges(tf.image.rgb_to_grayscale(target_image))
    strength = tf.norm(gradient, axis=-1) / 4.0  # a full step from black to white gives 2
    return 1.0 - tf.minimum(2.0, _EDGE_STRENGTH * strength)


def augment_target(
    pictures: tf.Tensor, *, image_size: int, max_zoom: float, flip: bool, seed: tf.Tensor
) -> tf.Tensor:
    """Returns randomly zoomed, cropped and mirrored pictures.

    Args:
        pictures: uint8 `(batch, stored_size, stored_size, 3)`.
        image_size: Height and width of the result in pixels.
        max_zoom: They are shown at 1 to this many times their size.
        flip: Whether half of them are mirrored.
        seed: Two integers; the same seed gives the same result.

    Returns:
        float32 `(batch, image_size, image_size, 3)` in [−1, 1].
    """
    batch = tf.shape(pictures)[0]
    draws = tf.random.stateless_uniform((4, batch), seed)
    side = 1.0 / (1.0 + draws[0] * (max_zoom - 1.0))  # share of the picture that is seen
    left, top = draws[1] * (1.0 - side), draws[2] * (1.0 - side)
    mirrored = draws[3] < (0.5 if flip else 0.0)
    edge, other = tf.where(mirrored, left + side, left), tf.where(mirrored, left, left + side)
    boxes = tf.stack([top, edge, top + side, other], axis=1)
    crops = tf.image.crop_and_resize(
        tf.cast(pictures, tf.float32), boxes, tf.range(batch), (image_size, image_size)
    )
    return crops / 127.5 - 1.0


def augment_input(
    input_image: tf.Tensor, *, brightness: float, contrast: float, seed: tf.Tensor
) -> tf.Tensor:
    """Returns input images with brightness and contrast changed at random.

    Args:
        input_image: `(batch, size, size, 1)` in [−1, 1].
        brightness: Up to this share of white is added or taken away.
        contrast: It grows or shrinks by up to this share.
        seed: Two integers; the same seed gives the same result.

    Returns:
        The same shape, in [−1, 1].
    """
    batch = tf.shape(input_image)[0]
    draws = tf.random.stateless_uniform((2, batch, 1, 1, 1), seed, minval=-1.0)
    mean = tf.reduce_mean(input_image, axis=(1, 2, 3), keepdims=True)
    contrasted = (input_image - mean) * (1.0 + contrast * draws[0]) + mean
    return tf.clip_by_value(contrasted + 2.0 * brightness * draws[1], -1.0, 1.0)
