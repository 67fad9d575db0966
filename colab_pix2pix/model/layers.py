"""Parts of Keras: two as the one TensorFlow operation that does the whole of it, one with a seed.

Keras composes the two of a dozen small operations that each read and write all of the memory again.
Weights, names and results are those of Keras' classes; see `benchmarks/train.py` for the gain.
"""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
import tensorflow as tf


@keras.saving.register_keras_serializable("colab_pix2pix")
class FusedBatchNormalization(keras.layers.BatchNormalization):
    """Batch normalization over the last axis of `(batch, height, width, channels)`.

    Unlike Keras 3, and like the paper's code and the TensorFlow tutorial, the running variance is
    the unbiased one: n / (n − 1) times the variance of the batch. Devices that share a batch each
    normalize by their own share, and keep one running mean of all shares.
    """

    def call(self, inputs: tf.Tensor, training: bool | None = None, mask: Any = None) -> tf.Tensor:
        """Returns the normalized inputs, in their own number format."""
        weights = self.gamma.value, self.beta.value
        running = self.moving_mean.value, self.moving_variance.value
        if not training:
            return tf.compat.v1.nn.fused_batch_norm(
                inputs, *weights, *running, epsilon=self.epsilon, is_training=False
            )[0]
        outputs, *batch = tf.compat.v1.nn.fused_batch_norm(
            inputs, *weights, epsilon=self.epsilon, is_training=True
        )
        replicas = tf.distribute.get_replica_context()
        if replicas is not None and replicas.num_replicas_in_sync > 1:
            batch = replicas.all_reduce(tf.distribute.ReduceOp.MEAN, batch)
        variables = self.moving_mean, self.moving_variance
        for variable, mean, now in zip(variables, running, batch, strict=True):
            variable.assign(self.momentum * mean + (1.0 - self.momentum) * now)
        return outputs


class FusedAdam(keras.optimizers.Adam):
    """Adam (arXiv 1412.6980), updating each variable in one pass over its memory."""

    def update_step(
        self, gradient: tf.Tensor, variable: tf.Variable, learning_rate: tf.Tensor
    ) -> None:
        """Updates a variable and its two running means."""
        index = self._get_variable_index(variable)
        step = tf.cast(self.iterations.value + 1, tf.float32)
        tf.raw_ops.ResourceApplyAdam(
            var=variable.handle,
            m=self._momentums[index].value.handle,
            v=self._velocities[index].value.handle,
            beta1_power=tf.pow(self.beta_1, step),
            beta2_power=tf.pow(self.beta_2, step),
            lr=tf.cast(learning_rate, tf.float32),
            beta1=self.beta_1,
            beta2=self.beta_2,
            epsilon=self.epsilon,
            grad=tf.cast(gradient, tf.float32),
        )


class SeededSpectralNorm(keras.layers.SpectralNormalization):
    """Keras' wrapper with a seeded start, so that the same seed gives the same run."""

    def __init__(self, layer: keras.Layer, *, seed: int) -> None:
        super().__init__(layer, dtype=layer.dtype_policy, name=f"{layer.name}_spectral")
        self._start_seed = seed

    def build(self, input_shape: tuple[int | None, ...]) -> None:
        super().build(input_shape)
        start = np.random.default_rng(self._start_seed).normal(0, 1, self.vector_u.shape)
        self.vector_u.assign(start.astype("float32"))
