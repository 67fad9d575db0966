"""The losses of pix2pix and one step of its training (arXiv 1611.07004, sections 3.1 and 3.3)."""

from __future__ import annotations

import keras
import numpy as np
import tensorflow as tf

from ..config import TrainConfig
from . import conditions, networks

#: The losses of a step, in this order, everywhere.
LOSSES = ("generator_gan_loss", "generator_l1_loss", "discriminator_loss")
_ADAM_BETA_1 = 0.5  # section 3.3


class Pix2Pix:
    """Both networks, both optimizers and the step that trains them.

    Args:
        config: The options; `precision` must be a number format, not "auto".
    """

    def __init__(self, config: TrainConfig) -> None:
        self.config = config
        precision = "mixed_bfloat16" if config.precision == "bfloat16" else config.precision
        self.generator = networks.build_generator(
            image_size=config.image_size,
            base_filters=config.base_filters,
            seed=config.seed,
            precision=precision,
        )
        self.discriminator = networks.build_discriminator(
            image_size=config.image_size,
            base_filters=config.base_filters,
            seed=config.seed,
            precision=precision,
        )
        self.generator_optimizer = _adam(config, self.generator, "generator_optimizer")
        self.discriminator_optimizer = _adam(config, self.discriminator, "discriminator_optimizer")
        self._compiled_step = tf.function(self._train_step, reduce_retracing=True)
        self.generate = tf.function(self._generate, reduce_retracing=True)

    def train_on(self, pictures: np.ndarray, step: int) -> tf.Tensor:
        """Updates both networks once, in one compiled call; see `_train_step`."""
        return self._compiled_step(pictures, tf.constant(step, tf.int64))

    def _train_step(self, pictures: tf.Tensor, step: tf.Tensor) -> tf.Tensor:
        """Updates both networks once.

        Args:
            pictures: uint8 `(batch, stored_size, stored_size, 3)`.
            step: The number of this step; augmentation is a function of it and the seed.

        Returns:
            float32 `(3,)`: the losses in the order of `LOSSES`, before the update.
        """
        input_image, target_image = self._augmented_pair(pictures, step)
        with tf.GradientTape() as generator_tape, tf.GradientTape() as discriminator_tape:
            generated_image = self.generator(input_image, training=True)
            real_logits = self.discriminator([input_image, target_image], training=True)
            fake_logits = self.discriminator([input_image, generated_image], training=True)
            gan_loss = generator_gan_loss(fake_logits)
            l1_loss = generator_l1_loss(target_image, generated_image)
            generator_loss = gan_loss + self.config.lambda_l1 * l1_loss
            judge_loss = discriminator_loss(real_logits, fake_logits)
        _descend(generator_tape, generator_loss, self.generator, self.generator_optimizer)
        _descend(discriminator_tape, judge_loss, self.discriminator, self.discriminator_optimizer)
        return tf.stack([gan_loss, l1_loss, judge_loss])

    def _augmented_pair(self, pictures: tf.Tensor, step: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        seed = tf.stack([tf.constant(self.config.seed, tf.int64), 4 * tf.cast(step, tf.int64)])
        target_image = conditions.augment_target(
            pictures, image_size=self.config.image_size, seed=seed
        )
        input_image = self.condition(target_image)
        return conditions.augment_input(input_image, seed=seed + 2), target_image

    def condition(self, target_image: tf.Tensor) -> tf.Tensor:
        """Returns the input images of target images, both in [−1, 1]."""
        return conditions.blurred_grey(target_image, blur_factor=self.config.blur_factor)

    def _generate(self, input_image: tf.Tensor) -> tf.Tensor:
        """Returns generated images of input images, both in [−1, 1], without dropout."""
        return self.generator(input_image, training=False)

    def variables(self) -> dict[str, keras.Variable]:
        """Returns everything that a resume must restore, by a name that never changes."""
        parts = {
            "generator": self.generator,
            "discriminator": self.discriminator,
            "generator_optimizer": self.generator_optimizer,
            "discriminator_optimizer": self.discriminator_optimizer,
        }
        return {
            f"{part}/{index:03d}-{variable.name}": variable
            for part, owner in parts.items()
            for index, variable in enumerate(owner.variables)
        }

    def snapshot(self) -> dict[str, np.ndarray]:
        """Returns a copy of all variables in host memory."""
        return {name: np.array(value.numpy()) for name, value in self.variables().items()}

    def restore(self, arrays: dict[str, np.ndarray]) -> None:
        """Sets all variables from a `snapshot`."""
        for name, variable in self.variables().items():
            variable.assign(arrays[name])
        # The learning rate is an option, and may have been changed since.
        for optimizer in (self.generator_optimizer, self.discriminator_optimizer):
            optimizer.learning_rate = self.config.learning_rate


def generator_gan_loss(fake_logits: tf.Tensor) -> tf.Tensor:
    """Returns how far the discriminator sees through the generated images (log-loss, ≥ 0)."""
    return _log_loss(fake_logits, real=True)


def generator_l1_loss(target_image: tf.Tensor, generated_image: tf.Tensor) -> tf.Tensor:
    """Returns the mean absolute difference of images in [−1, 1], unweighted: 0 to 2."""
    return tf.reduce_mean(tf.abs(target_image - generated_image))


def discriminator_loss(real_logits: tf.Tensor, fake_logits: tf.Tensor) -> tf.Tensor:
    """Returns how badly real and generated patches are told apart: halved, section 3.3."""
    return 0.5 * (_log_loss(real_logits, real=True) + _log_loss(fake_logits, real=False))


def _log_loss(logits: tf.Tensor, *, real: bool) -> tf.Tensor:
    labels = tf.ones_like(logits) if real else tf.zeros_like(logits)
    return tf.reduce_mean(tf.nn.sigmoid_cross_entropy_with_logits(labels=labels, logits=logits))


def _adam(config: TrainConfig, network: keras.Model, name: str) -> keras.optimizers.Adam:
    optimizer = keras.optimizers.Adam(config.learning_rate, beta_1=_ADAM_BETA_1, name=name)
    optimizer.build(network.trainable_variables)
    return optimizer


def _descend(
    tape: tf.GradientTape,
    loss: tf.Tensor,
    network: keras.Model,
    optimizer: keras.optimizers.Optimizer,
) -> None:
    variables = network.trainable_variables
    optimizer.apply(tape.gradient(loss, variables), variables)
