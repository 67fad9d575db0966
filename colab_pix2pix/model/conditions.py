"""What the generator is fed, and how training pictures are varied.

The default is the blurred grey picture of *Learning to See* (arXiv 2003.00902). Pictures are
float32 `(batch, height, width, channels)` in [−1, 1] in here, uint8 RGB outside; `encode_image`
and `decode_image` are the only border between the two.
"""

from __future__ import annotations

from collections.abc import Sequence

import tensorflow as tf

from ..config import Size, TrainConfig, sides
from ..images.resize_matrices import area_matrix, blurred_sides, cubic_matrix

_EDGE_STRENGTH = 2.0
#: Seeds that a step takes for its draws, one after another.
SEEDS_PER_STEP = 4
_TURNED = (0, 2, 1, 3)  # rows as columns


def encode_image(picture: tf.Tensor) -> tf.Tensor:
    """Returns uint8 pictures as float32 in [−1, 1]."""
    return tf.cast(picture, tf.float32) / 127.5 - 1.0


def decode_image(image: tf.Tensor) -> tf.Tensor:
    """Returns float32 images in [−1, 1] as uint8 pictures, rounded."""
    return tf.cast(tf.round((tf.clip_by_value(image, -1.0, 1.0) + 1.0) * 127.5), tf.uint8)


def make_pair(image: tf.Tensor, config: TrainConfig) -> tuple[tf.Tensor, tf.Tensor]:
    """Returns the input images and the target images of pictures as a dataset holds them.

    Args:
        image: `(batch, height, width, 3)` in [−1, 1]; or 6 channels, the target and its partner.
        config: As in `make_input`.
    """
    target_image = image[..., :3]
    source = image[..., 3:] if config.condition == "paired" else target_image
    return make_input(source, config), target_image


def make_training_pair(
    pictures: tf.Tensor, config: TrainConfig, step: tf.Tensor
) -> tuple[tf.Tensor, tf.Tensor]:
    """Returns the input images and the target images of a step, varied at random.

    Args:
        pictures: uint8 `(batch, stored height, stored width, 3)`, or 6 channels for pairs.
        config: How to vary them.
        step: The number of the step: int64.
    """
    image = augment_target(
        pictures,
        image_size=config.image_size,
        max_zoom=config.max_zoom,
        flip=config.flip,
        seed=seed_of(config, step, 0),
    )
    light = {"brightness": config.brightness, "contrast": config.contrast}
    light_seed = seed_of(config, step, 1)
    if config.varied_light == "both":
        image = augment_light(image, **light, seed=light_seed)
    input_image, target_image = make_pair(image, config)
    if config.varied_light == "input":
        input_image = augment_light(input_image, **light, seed=light_seed)
    return input_image, target_image


def seed_of(config: TrainConfig, step: tf.Tensor, draw: int) -> tf.Tensor:
    """Returns the seed of one of the draws of a step: 0 to `SEEDS_PER_STEP` − 1."""
    first = SEEDS_PER_STEP * step
    return tf.stack([tf.constant(config.seed, tf.int64), first + draw])


def _uniform(shape: tuple[tf.Tensor | int, int], seed: tf.Tensor) -> tf.Tensor:
    """Returns what `tf.random.stateless_uniform` does, which gives other numbers under XLA."""
    bits = tf.random.stateless_uniform(
        shape, seed, minval=None, maxval=None, dtype=tf.int32, alg="philox"
    )
    return tf.cast(tf.bitwise.bitwise_and(bits, 2**23 - 1), tf.float32) * 2.0**-23


def make_input(picture: tf.Tensor, config: TrainConfig) -> tf.Tensor:
    """Returns the input images that a model with these options is fed, without any chance.

    All numbers are float32 in [−1, 1], that is byte / 127.5 − 1. In words, to make the same in a
    browser (`tests/model/test_conditions.py` does it in plain NumPy):

    - *grey* of a pixel is 0.2989 R + 0.5870 G + 0.1140 B.
    - `paired`: the picture as it is, or its grey where one channel is fed.
    - `grey`: its grey.
    - `blurred-grey`: its grey (the picture itself where three channels are fed), along each axis
      shrunk to n pixels, n = 256 / `blur_factor` · its side / the shorter side, rounded (halves to
      even), at least 1 and at most the side, by area: a small pixel is the mean of the large ones
      under it, those at its edges counting by the part that is under it. Then enlarged again by
      cubic: the value at large pixel x lies at small p = (x + ½)·n / side − ½; it is the sum of the
      four small pixels i around p, each weighted with k(|p − i|); k(d) = 1.5d³ − 2.5d² + 1 up to 1
      and −0.5d³ + 2.5d² − 4d + 2 up to 2; pixels outside the picture are left out, and the sum is
      divided by the sum of the weights. At last values are clipped to [−1, 1].
    - `edges`: its grey, continued by mirroring without repeating the border; at each pixel a and b,
      the sums of it and its neighbours weighted with −1 −2 −1 / 0 0 0 / 1 2 1 and the same turned;
      the value is 1 − min(2, √(a² + b²) / 2).

    Args:
        picture: `(batch, height, width, 3)` in [−1, 1]: the input of a pair, else the target image.
        config: Of it, `condition`, `input_channels` and `blur_factor` count.

    Returns:
        `(batch, height, width, 1 or 3)` in [−1, 1].
    """
    if config.condition == "edges":
        return edges(picture)
    if config.channels_fed == 1:
        picture = tf.image.rgb_to_grayscale(picture)
    if config.condition == "blurred-grey":
        return blurred(picture, blur_factor=config.blur_factor)
    return picture


def blurred(picture: tf.Tensor, *, blur_factor: float) -> tf.Tensor:
    """Returns pictures shrunk by area and enlarged again by cubic.

    Args:
        picture: `(batch, height, width, channels)` in [−1, 1].
        blur_factor: How many times a 256-pixel picture is shrunk. Other sizes look just as blurred:
            at 24 all squares go through 11×11 pixels, and longer sides through more.

    Returns:
        The same shape, in [−1, 1].
    """
    sides = picture.shape[1:3]
    small = blurred_sides(sides, blur_factor)
    shrunk = shrink(picture, *small)
    rows, columns = (cubic_matrix(*pair) for pair in zip(small, sides, strict=True))
    enlarged = tf.einsum("ih,bhwc,jw->bijc", rows, shrunk, columns)
    return tf.clip_by_value(enlarged, -1.0, 1.0)


def shrink(image: tf.Tensor, height: int, width: int) -> tf.Tensor:
    """Returns images whose pixels are the means of the larger ones under them.

    Args:
        image: `(batch, any height, any width, channels)`.
        height: Of the result, in pixels.
        width: Of the result, in pixels.
    """
    rows, columns = area_matrix(image.shape[1], height), area_matrix(image.shape[2], width)
    return tf.einsum("ih,bhwc,jw->bijc", rows, image, columns)


def edges(target_image: tf.Tensor) -> tf.Tensor:
    """Returns dark lines on white where brightness changes, like a drawing (Sobel filters).

    Args:
        target_image: `(batch, height, width, 3)` in [−1, 1].

    Returns:
        `(batch, height, width, 1)` in [−1, 1].
    """
    gradient = tf.image.sobel_edges(tf.image.rgb_to_grayscale(target_image))
    strength = tf.norm(gradient, axis=-1) / 4.0  # a full step from black to white gives 2
    return 1.0 - tf.minimum(2.0, _EDGE_STRENGTH * strength)


def augment_target(
    pictures: tf.Tensor, *, image_size: Size, max_zoom: float, flip: bool, seed: tf.Tensor
) -> tf.Tensor:
    """Returns randomly zoomed, cropped and mirrored pictures; both of a pair in the same way.

    What happens to a picture is a function of the seed and of its place in the batch alone: not of
    the other pictures, nor of how many they are.

    Args:
        pictures: uint8 `(batch, stored height, stored width, channels)`.
        image_size: Of the result, of the same proportions.
        max_zoom: They are shown at 1 to this many times their size.
        flip: Whether half of them are mirrored.
        seed: Two integers; the same seed gives the same result.

    Returns:
        float32 `(batch, height, width, channels)` in [−1, 1].
    """
    batch, size = tf.shape(pictures)[0], sides(image_size)
    draws = tf.transpose(_uniform((batch, 4), seed))
    side = 1.0 / (1.0 + draws[0] * (max_zoom - 1.0))  # share of each side that is seen
    left, top = draws[1] * (1.0 - side), draws[2] * (1.0 - side)
    mirrored = draws[3] < (0.5 if flip else 0.0)
    edge, other = tf.where(mirrored, left + side, left), tf.where(mirrored, left, left + side)
    floats = tf.cast(pictures, tf.float32)  # TensorFlow gathers no bytes on GPUs
    rows = _between(floats, *_places(top, top + side, size.height, pictures.shape[1]))
    columns = _places(edge, other, size.width, pictures.shape[2])
    crops = tf.transpose(_between(tf.transpose(rows, _TURNED), *columns), _TURNED)
    return crops / 127.5 - 1.0


def _places(
    begin: tf.Tensor, end: tf.Tensor, size: int, stored_size: int
) -> tuple[tf.Tensor, tf.Tensor]:
    """Returns the pixels before `size` places from the first to the last, and how far after them.

    Begin and end are `(batch,)`, as shares of the way from the first to the last pixel.
    """
    step = (end - begin) * ((stored_size - 1) / (size - 1))
    places = (
        begin[:, tf.newaxis] * (stored_size - 1)
        + tf.range(size, dtype=tf.float32) * (step[:, tf.newaxis])
    )
    before = tf.clip_by_value(tf.floor(places), 0.0, stored_size - 2.0)
    return tf.cast(before, tf.int32), places - before


def _between(rows: tf.Tensor, before: tf.Tensor, share: tf.Tensor) -> tf.Tensor:
    """Returns rows between each row `before` and the next one; of each picture its own."""
    first, second = (tf.gather(rows, place, batch_dims=1) for place in (before, before + 1))
    return first + (second - first) * share[:, :, tf.newaxis, tf.newaxis]


def augment_light(
    image: tf.Tensor, *, brightness: float, contrast: float, seed: tf.Tensor
) -> tf.Tensor:
    """Returns images with brightness and contrast changed at random.

    Args:
        image: `(batch, height, width, channels)` in [−1, 1].
        brightness: Up to this share of white is added or taken away.
        contrast: It grows or shrinks by up to this share.
        seed: Two integers; the same seed gives the same result.

    Returns:
        The same shape, in [−1, 1].
    """
    batch = tf.shape(image)[0]
    draws = 2.0 * tf.transpose(_uniform((batch, 2), seed)) - 1.0
    draws = draws[:, :, tf.newaxis, tf.newaxis, tf.newaxis]
    mean = tf.reduce_mean(image, axis=(1, 2, 3), keepdims=True)
    contrasted = (image - mean) * (1.0 + contrast * draws[0]) + mean
    return tf.clip_by_value(contrasted + 2.0 * brightness * draws[1], -1.0, 1.0)


def augment_for_discriminator(
    images: Sequence[tf.Tensor], *, seed: tf.Tensor, first: tf.Tensor | int = 0
) -> list[tf.Tensor]:
    """Returns what the discriminator sees: all of a pair changed alike (DiffAugment).

    As in arXiv 2006.10738: brightness, saturation and contrast; a shift by up to an eighth, one for
    the whole batch; a hole of half of each side. The draws are the same for all images of the
    call, so that input, real and generated picture stay in step; gradients go through.

    Args:
        images: `(batch, height, width, channels)` each, in [−1, 1].
        seed: Two integers; the same seed gives the same result.
        first: The place of the first of these images in the whole batch, which devices may share:
            what happens to an image is a function of the seed and of its place alone.
    """
    batch, shape = tf.shape(images[0])[0], tuple(images[0].shape[1:3])
    draws = _uniform((first + batch + 1, 5), seed)
    most = tf.constant([side // 8 for side in shape])
    shift = most - tf.cast(draws[0, :2] * tf.cast(2 * most + 1, tf.float32), tf.int32)
    draws = tf.transpose(draws[1 + first :])
    visible = _all_but_a_hole(draws[3:], shape) * _where_something_was(shift, shape)
    recoloured = (_recoloured(image, draws[:3]) for image in images)
    return [tf.roll(image, shift, axis=(1, 2)) * visible for image in recoloured]


def _recoloured(image: tf.Tensor, draws: tf.Tensor) -> tf.Tensor:
    """Returns images in other colours; `draws` are `(3, batch)` in [0, 1)."""
    draws = draws[:, :, tf.newaxis, tf.newaxis, tf.newaxis]
    brightness, saturation, contrast = tf.unstack(draws)
    image = image + (brightness - 0.5)
    grey = tf.reduce_mean(image, axis=3, keepdims=True)
    image = (image - grey) * (2.0 * saturation) + grey
    mean = tf.reduce_mean(image, axis=(1, 2, 3), keepdims=True)
    return (image - mean) * (contrast + 0.5) + mean


def _where_something_was(shift: tf.Tensor, shape: tuple[int, int]) -> tf.Tensor:
    """Returns 1, and 0 in what moves in from beyond the border: `(1, height, width, 1)`."""
    before = [tf.range(side) - moved for side, moved in zip(shape, tf.unstack(shift), strict=True)]
    rows, columns = (
        (places >= 0) & (places < side) for places, side in zip(before, shape, strict=True)
    )
    return tf.cast(rows[:, tf.newaxis] & columns, tf.float32)[tf.newaxis, :, :, tf.newaxis]


def _all_but_a_hole(draws: tf.Tensor, shape: tuple[int, int]) -> tf.Tensor:
    """Returns 1, and 0 in a box: `(batch, height, width, 1)`; `draws` are `(2, batch)`."""
    hidden = []
    for draw, side in zip(tf.unstack(draws), shape, strict=True):
        begin = tf.cast(draw * (side + 1), tf.int32)[:, tf.newaxis] - side // 4
        hidden.append((tf.range(side) >= begin) & (tf.range(side) < begin + side // 2))
    rows, columns = hidden
    hole = rows[:, :, tf.newaxis, tf.newaxis] & columns[:, tf.newaxis, :, tf.newaxis]
    return tf.cast(~hole, tf.float32)
