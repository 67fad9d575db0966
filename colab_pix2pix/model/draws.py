"""The numbers of chance of a training: functions of the seed and of the step alone."""

from __future__ import annotations

import tensorflow as tf

from ..config import TrainConfig

#: Seeds that a step takes for its draws, one after another.
SEEDS_PER_STEP = 4


def seed_of(config: TrainConfig, step: tf.Tensor, draw: int) -> tf.Tensor:
    """Returns the seed of one of the draws of a step: 0 to `SEEDS_PER_STEP` − 1."""
    first = SEEDS_PER_STEP * step
    return tf.stack([tf.constant(config.seed, tf.int64), first + draw])


def uniform(shape: tuple[tf.Tensor | int, int], seed: tf.Tensor) -> tf.Tensor:
    """Returns numbers from 0 to 1, the same wherever they are drawn.

    `tf.random.stateless_uniform` gives these numbers, too, but others in what XLA compiles: it
    chooses another generator there, and other bits for the fraction.

    Args:
        shape: Of the result.
        seed: Two integers.

    Returns:
        float32 in [0, 1).
    """
    bits = tf.random.stateless_uniform(
        shape, seed, minval=None, maxval=None, dtype=tf.int32, alg="philox"
    )
    return tf.cast(tf.bitwise.bitwise_and(bits, 2**23 - 1), tf.float32) * 2.0**-23
