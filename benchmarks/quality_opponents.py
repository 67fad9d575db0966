"""Two older recipes to be measured against, as their publications describe them.

`ancestor` is joshmurr/cci-auto-pix2pix (2020); `paper` is the TensorFlow tutorial of pix2pix, which
follows arXiv 1611.07004. They share the networks, the losses, float32, Adam and the jitter: to
286/256 of the size by nearest neighbour, a random crop, a flip. The ancestor looks at four pictures
at a time and the paper at one; the ancestor makes its inputs 15 % softer or harder, too. Its
brightness jitter of ±0.2 acted on values from 0 to 255: it did nothing, and is left out.

Where a recipe is slow or odd for reasons of its program it is spared that here: the pictures lie in
memory, the jitter is part of the compiled step, its size follows the picture's, the crop is drawn
anew each time (the ancestor drew it once), and the input is the one that all rivals get.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from train_baselines import LAMBDA, tutorial_discriminator, tutorial_generator

_JITTER = 286 / 256
_MOMENTS = ("moving_mean", "moving_variance")


@dataclass(frozen=True)
class Recipe:
    """What tells the two apart.

    Attributes:
        batch_size: Pictures of a step; and of a test with the statistics of the batch.
        contrast: The contrast of an input is changed by up to this share.
    """

    batch_size: int
    contrast: float


RECIPES = {"ancestor": Recipe(4, 0.15), "paper": Recipe(1, 0.0)}


class Opponent:
    """A recipe in training.

    Attributes:
        compiling: The steps that compile: the first one.

    Args:
        recipe: Which one.
        pictures: uint8 `(count, size, size, 3)`.
        make_input: What the generator is fed of pictures in [−1, 1].
        filters: Width of the networks; 64 in the publications.
        seed: Of the order of the pictures.
    """

    compiling = (0,)

    def __init__(
        self,
        recipe: Recipe,
        pictures: np.ndarray,
        make_input: Callable[[tf.Tensor], tf.Tensor],
        *,
        filters: int,
        seed: int,
    ) -> None:
        size = pictures.shape[1]
        self._recipe, self._pictures, self._make_input = recipe, pictures, make_input
        self._order = np.random.default_rng(seed)
        self._generator = tutorial_generator(size=size, channels=1, filters=filters)
        self._discriminator = tutorial_discriminator(size=size, channels=1, filters=filters)
        self._optimizers = [keras.optimizers.Adam(2e-4, beta_1=0.5) for _ in range(2)]
        for optimizer, network in zip(self._optimizers, self._networks, strict=True):
            optimizer.build(network.trainable_variables)
        self._compiled_step = tf.function(self._train_step)
        self._as_trained = tf.function(lambda images: self._generator(images, training=True))
        self._as_exported = tf.function(lambda images: self._generator(images, training=False))

    @property
    def _networks(self) -> tuple[keras.Model, keras.Model]:
        return self._generator, self._discriminator

    def learn(self, step: int, progress: float) -> tuple[tf.Tensor, int]:
        """Takes a step on the next pictures of an order that is drawn anew in each epoch."""
        batch_size, count = self._recipe.batch_size, len(self._pictures)
        per_epoch = count // batch_size
        if step % per_epoch == 0:
            self._epoch = self._order.permutation(count)
        first = step % per_epoch * batch_size
        pictures = self._pictures[self._epoch[first : first + batch_size]]
        return self._compiled_step(pictures), step + 1

    @property
    def modes(self) -> dict[str, Callable[[tf.Tensor], tf.Tensor]]:
        """As both publications test, with dropout and the batch's statistics; and as exported."""
        return {"as trained": self._generate_as_trained, "inference": self._as_exported}

    def _generate_as_trained(self, input_image: tf.Tensor) -> tf.Tensor:
        """Generates in batches of the recipe's size; what was learned of moments stays."""
        moments = [v for v in self._generator.variables if v.name in _MOMENTS]
        kept = [tf.identity(moment.value) for moment in moments]
        starts = range(0, len(input_image), self._recipe.batch_size)
        made = [self._as_trained(input_image[i : i + self._recipe.batch_size]) for i in starts]
        for moment, value in zip(moments, kept, strict=True):
            moment.assign(value)
        return tf.concat(made, axis=0)

    def _train_step(self, pictures: tf.Tensor) -> tf.Tensor:
        input_image, target_image = self._pair(pictures)
        with tf.GradientTape(persistent=True) as tape:
            generated_image = self._generator(input_image, training=True)
            real = self._discriminator([input_image, target_image], training=True)
            fake = self._discriminator([input_image, generated_image], training=True)
            l1_loss = tf.reduce_mean(tf.abs(target_image - generated_image))
            generator_loss = _cross_entropy(1.0, fake) + LAMBDA * l1_loss
            discriminator_loss = _cross_entropy(1.0, real) + _cross_entropy(0.0, fake)
        both = zip(
            self._networks, self._optimizers, (generator_loss, discriminator_loss), strict=True
        )
        for network, optimizer, loss in both:
            variables = network.trainable_variables
            optimizer.apply(tape.gradient(loss, variables), variables)
        return l1_loss

    def _pair(self, pictures: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        """Returns jittered inputs and targets in [−1, 1]."""
        size = pictures.shape[1]
        image = tf.stack([_jittered(picture) for picture in tf.unstack(pictures)])
        image = tf.ensure_shape(tf.cast(image, tf.float32), (None, size, size, 3)) / 127.5 - 1.0
        input_image = self._make_input(image)
        if share := self._recipe.contrast:
            input_image = tf.stack(
                [
                    tf.image.random_contrast(one, 1.0 - share, 1.0 + share)
                    for one in tf.unstack(input_image)
                ]
            )
        return input_image, image


def _jittered(picture: tf.Tensor) -> tf.Tensor:
    size = picture.shape[0]
    larger = round(size * _JITTER)
    nearest = tf.image.ResizeMethod.NEAREST_NEIGHBOR
    resized = tf.image.resize(picture, (larger, larger), method=nearest)
    return tf.image.random_flip_left_right(tf.image.random_crop(resized, (size, size, 3)))


def _cross_entropy(label: float, logits: tf.Tensor) -> tf.Tensor:
    labels = tf.fill(tf.shape(logits), label)
    return tf.reduce_mean(tf.nn.sigmoid_cross_entropy_with_logits(labels, logits))


def build(name: str, pictures: np.ndarray, make_input: Any, **options: Any) -> Opponent:
    """Returns the untrained opponent of that name; see `Opponent` for the options."""
    return Opponent(RECIPES[name], pictures, make_input, **options)
