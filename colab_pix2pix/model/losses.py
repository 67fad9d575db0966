"""The losses of pix2pix (arXiv 1611.07004, section 3.1) and of two calmer relatives.

Logits are the discriminator's patches: positive where a patch looks real.
"""

from __future__ import annotations

from collections.abc import Sequence

import tensorflow as tf

from ..images.resize_matrices import area_matrix, blurred_sides


def generator_gan_loss(fake_logits: tf.Tensor, kind: str = "log") -> tf.Tensor:
    """Returns how far the discriminator sees through the generated images.

    Args:
        fake_logits: Its logits for them.
        kind: "log" (the paper's), "least-squares" (arXiv 1611.04076) or "hinge" (arXiv 1705.02894).
    """
    if kind == "hinge":
        return -tf.reduce_mean(fake_logits)
    return _distance(fake_logits, 1.0, kind)


def discriminator_loss(
    real_logits: tf.Tensor,
    fake_logits: tf.Tensor,
    kind: str = "log",
    label_smoothing: float = 0.0,
) -> tf.Tensor:
    """Returns how badly real and generated patches are told apart: halved, section 3.3.

    Args:
        real_logits: Its logits for real images.
        fake_logits: Its logits for generated ones.
        kind: As in `generator_gan_loss`.
        label_smoothing: How far below 1 the goal for real patches lies (arXiv 1606.03498, 3.4); it
            has no meaning for "hinge".
    """
    if kind == "hinge":
        real, fake = tf.nn.relu(1.0 - real_logits), tf.nn.relu(1.0 + fake_logits)
        return 0.5 * (tf.reduce_mean(real) + tf.reduce_mean(fake))
    real = _distance(real_logits, 1.0 - label_smoothing, kind)
    return 0.5 * (real + _distance(fake_logits, 0.0, kind))


def generator_l1_loss(target_image: tf.Tensor, generated_image: tf.Tensor) -> tf.Tensor:
    """Returns the mean absolute difference of images in [−1, 1], unweighted: 0 to 2."""
    return tf.reduce_mean(tf.abs(target_image - generated_image))


def consistency_loss(
    input_image: tf.Tensor, generated_image: tf.Tensor, blur_factor: float
) -> tf.Tensor:
    """Returns how far the brightness of generated images is from that of their inputs.

    It needs no target: what was blurred and greyed to make the input must be found again in what
    is made of it. Compared are the means of what blurring makes one pixel of.

    Args:
        input_image: `(batch, height, width, 1 or 3)` in [−1, 1].
        generated_image: `(batch, height, width, 3)` in [−1, 1].
        blur_factor: As in `TrainConfig`.
    """
    shape = input_image.shape[1:3]
    small = blurred_sides(shape, blur_factor)
    rows, columns = (area_matrix(*pair) for pair in zip(shape, small, strict=True))
    if input_image.shape[-1] == 1:
        generated_image = tf.image.rgb_to_grayscale(generated_image)
    difference = input_image - generated_image
    means = tf.einsum("ih,bhwc,jw->bijc", rows, difference, columns)
    return tf.reduce_mean(tf.abs(means))


def feature_matching_loss(
    real_features: Sequence[tf.Tensor], fake_features: Sequence[tf.Tensor]
) -> tf.Tensor:
    """Returns the mean absolute difference inside the discriminator (arXiv 1711.11585, 3.3)."""
    pairs = zip(real_features, fake_features, strict=True)
    gaps = [tf.reduce_mean(tf.abs(tf.stop_gradient(real) - fake)) for real, fake in pairs]
    return tf.cast(tf.add_n([tf.cast(gap, tf.float32) for gap in gaps]), tf.float32) / len(gaps)


def _distance(logits: tf.Tensor, goal: float, kind: str) -> tf.Tensor:
    if kind == "least-squares":
        return tf.reduce_mean(tf.square(logits - goal))
    labels = tf.fill(tf.shape(logits), goal)
    return tf.reduce_mean(tf.nn.sigmoid_cross_entropy_with_logits(labels=labels, logits=logits))
