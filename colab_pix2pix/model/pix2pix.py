"""Both networks, both optimizers, and one step of their training (arXiv 1611.07004, section 3)."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from pathlib import Path

import keras
import numpy as np
import tensorflow as tf

from ..config import TrainConfig, sides
from . import conditions, losses, networks
from .build import build_discriminator, build_generator, build_optimizer
from .distributed import DeviceGroup
from .step_programs import PHASES, StepPrograms, enough_memory
from .weights.pretrained import load_generator_weights

#: The losses of a step, in this order, everywhere.
LOSSES = ("generator_gan_loss", "generator_l1_loss", "discriminator_loss")


class Pix2Pix:
    """A pair of networks in training.

    Args:
        config: The options; `precision` must be a number format, not "auto".
        devices: What trains together.
        compiled: The phases of the training whose step XLA makes one program of: some of `PHASES`.
            What it can't compile runs as it does elsewhere.
        on_note: Told in a sentence how long that took, or why it is not done.
        forget: See `StepPrograms`.
    """

    def __init__(
        self,
        config: TrainConfig,
        devices: DeviceGroup = DeviceGroup(),
        *,
        compiled: Collection[str] = (),
        on_note: Callable[[str], None] = lambda message: None,
        forget: Callable[[], bool] = lambda: False,
    ) -> None:
        self.config, self.devices = config, devices
        with devices.scope():
            self._build(config)
        together = devices.strategy is not None
        self._programs = StepPrograms(
            self._train_together if together else self._train_step,
            self._set_rates,
            compiled=() if together else compiled,  # XLA does not add up over devices
            looped=not together,
            on_note=on_note,
            forget=forget,
        )
        self.generate = tf.function(self._generate, reduce_retracing=True, autograph=False)

    def _build(self, config: TrainConfig) -> None:
        self.generator = build_generator(config)
        self.discriminator = build_discriminator(config)
        self.averaged_generator = build_generator(config) if config.ema else None
        self._teacher: keras.Model | None = None
        discriminator_rate = config.discriminator_learning_rate or config.step_width
        self.rates = {"generator": config.step_width, "discriminator": discriminator_rate}
        scaled = config.precision == "float16"
        self.generator_optimizer = build_optimizer(self.generator, self.rates["generator"], scaled)
        self.discriminator_optimizer = build_optimizer(
            self.discriminator, self.rates["discriminator"], scaled
        )
        self._optimizers = self.generator_optimizer, self.discriminator_optimizer
        self._discriminator_features = networks.with_features(self.discriminator)

    def learn_from(self, pictures: np.ndarray, *, resident: bool = False) -> None:
        """Sets the pictures that `train` takes by their numbers.

        Args:
            pictures: uint8 `(count, height, width, 3)`, or 6 for pairs, as `Pictures` has them.
            resident: Whether the device's memory has room for them.
        """
        self._programs.learn_from(pictures, resident=resident)

    def train(
        self, numbers: np.ndarray, first_step: int, *, rate_shares: Sequence[float]
    ) -> tf.Tensor:
        """Updates both networks once for each batch, all in one call.

        Args:
            numbers: Of the pictures of `learn_from`: int64 `(steps, batch)`. The steps lie all
                before `gan_warmup_steps`, or none does.
            first_step: The number of the first step.
            rate_shares: As in `train_on`, of each step.

        Returns:
            float32 `(steps, 3)`: of each step, what `train_on` returns.

        Raises:
            TrainingError: the device has too little memory.
        """
        with enough_memory(self.config, numbers.shape[1]):
            rates, phase = self._rates_at(rate_shares), self._phase(first_step)
            return self._programs.take_numbers(numbers, first_step, rates, phase)

    def train_on(self, pictures: np.ndarray, step: int, *, rate_share: float = 1.0) -> tf.Tensor:
        """Updates both networks once.

        Args:
            pictures: uint8 `(batch, height, width, 3)`, or 6 for pairs, as `Pictures` has them.
            step: The number of this step; augmentation is a function of it and the seed.
            rate_share: The share of the learning rates to take, 0 to 1.

        Returns:
            float32 `(3,)`: the losses in the order of `LOSSES`, before the update.

        Raises:
            TrainingError: the device has too little memory.
        """
        with enough_memory(self.config, pictures.shape[0]):
            rates, phase = self._rates_at([rate_share]), self._phase(step)
            return self._programs.take(pictures[np.newaxis], step, rates, phase)[0]

    def _phase(self, step: int) -> str:
        return PHASES[step >= self.config.gan_warmup_steps]

    def _rates_at(self, rate_shares: Sequence[float]) -> np.ndarray:
        return np.outer(rate_shares, list(self.rates.values())).astype(np.float32)

    def _set_rates(self, rates: tf.Tensor) -> None:
        for optimizer, rate in zip(self._optimizers, tf.unstack(rates, num=2), strict=True):
            optimizer.learning_rate.assign(rate)

    def _train_together(self, pictures: tf.Tensor, step: tf.Tensor, judged: bool) -> tf.Tensor:
        """Runs the step on all devices; returns the mean losses."""
        strategy = self.devices.strategy
        each_losses = strategy.run(self._train_step, (pictures, step, judged))
        self._after_update(step)
        return strategy.reduce("MEAN", each_losses, axis=None)

    def _train_step(self, pictures: tf.Tensor, step: tf.Tensor, judged: bool) -> tf.Tensor:
        config = self.config
        input_image, target_image = self._own_share(*self.augmented_pair(pictures, step))
        real_image = target_image
        if self._teacher is not None:
            target_image = self._teacher(input_image, training=False)
        shown_input = self._at_output_size(input_image)
        gan_loss = discriminator_loss = tf.constant(0.0)
        with tf.GradientTape() as generator_tape, tf.GradientTape() as discriminator_tape:
            generated_image = self.generator(input_image, training=True)
            l1_loss = losses.generator_l1_loss(target_image, generated_image)
            if self._teacher is not None and config.teacher_share < 1.0:
                to_real = losses.generator_l1_loss(real_image, generated_image)
                l1_loss = to_real + config.teacher_share * (l1_loss - to_real)
            generator_loss = config.lambda_l1 * l1_loss
            if config.consistency and config.condition == "blurred-grey":
                fed, factor = shown_input, config.blur_factor
                consistency = losses.consistency_loss(fed, generated_image, factor)
                generator_loss += config.consistency * consistency
            if judged:
                images = [shown_input, target_image, generated_image]
                real, fake = self._judge(*self._varied_for_discriminator(images, step))
                gan_loss = losses.generator_gan_loss(fake[-1], config.gan_loss)
                generator_loss += gan_loss
                if config.feature_matching:
                    matching = losses.feature_matching_loss(real[:-1], fake[:-1])
                    generator_loss += config.feature_matching * matching
                discriminator_loss = losses.discriminator_loss(
                    real[-1], fake[-1], config.gan_loss, config.label_smoothing
                )
            # Optimizers add the gradients of all devices up; float16 needs larger numbers.
            generator_loss = self.generator_optimizer.scale_loss(generator_loss / self.devices.size)
            scaled_loss = self.discriminator_optimizer.scale_loss(
                discriminator_loss / self.devices.size
            )
        self._descend("generator", generator_tape, generator_loss)
        if judged:
            self._descend("discriminator", discriminator_tape, scaled_loss)
        if self.devices.strategy is None:
            self._after_update(step)
        return tf.stack([gan_loss, l1_loss, discriminator_loss])

    def _varied_for_discriminator(
        self, images: list[tf.Tensor], step: tf.Tensor
    ) -> list[tf.Tensor]:
        if not self.config.discriminator_augment:
            return images
        seed, first = conditions.seed_of(self.config, step, 2), self._first_of_share(images[0])
        return conditions.augment_for_discriminator(images, seed=seed, first=first)

    def _judge(
        self, input_image: tf.Tensor, target_image: tf.Tensor, generated_image: tf.Tensor
    ) -> list[list[tf.Tensor]]:
        """Returns the discriminator's inner features of both pairs, and at last its logits."""
        pairs = [input_image, target_image], [input_image, generated_image]
        return [self._discriminator_features(pair, training=True) for pair in pairs]

    def augmented_pair(self, pictures: tf.Tensor, step: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        """Returns what a step learns from, as a function of the pictures, the seed and the step.

        Args:
            pictures: As in `train_on`.
            step: The number of the step: int64.

        Returns:
            The input images and the target images: float32 `(batch, height, width, channels)`
            in [−1, 1].
        """
        input_image, target_image = conditions.make_training_pair(pictures, self.config, step)
        return input_image, self._at_output_size(target_image)

    def _own_share(self, *images: tf.Tensor) -> list[tf.Tensor]:
        """Returns this device's pictures of a batch: all of them when it is alone."""
        if self.devices.size == 1:
            return list(images)
        each = images[0].shape[0] // self.devices.size
        share = self._first_of_share(images[0][:each]) + tf.range(each)
        return [tf.gather(image, share) for image in images]

    def _first_of_share(self, image: tf.Tensor) -> tf.Tensor | int:
        """Returns the place in the whole batch of the first picture of this device's share."""
        if self.devices.size == 1:
            return 0
        return image.shape[0] * tf.distribute.get_replica_context().replica_id_in_sync_group

    def _at_output_size(self, image: tf.Tensor) -> tf.Tensor:
        shape = sides(self.config.made_size).shape
        return image if image.shape[1:3] == shape else conditions.shrink(image, *shape)

    def _descend(self, name: str, tape: tf.GradientTape, loss: tf.Tensor) -> None:
        network, optimizer = getattr(self, name), getattr(self, f"{name}_optimizer")
        variables = network.trainable_variables
        gradients = tape.gradient(loss, variables)
        if self.config.clip_norm:
            longest = optimizer.scale_loss(self.config.clip_norm / self.devices.size)
            gradients, _ = tf.clip_by_global_norm(gradients, longest)
        optimizer.apply(gradients, variables)

    def _after_update(self, step: tf.Tensor) -> None:
        if self.config.upsampling == "smooth":
            networks.remove_checkerboards(self.generator)
        self._average(step)

    def _average(self, step: tf.Tensor) -> None:
        if self.averaged_generator is None:
            return
        decay = tf.constant(self.config.ema, tf.float32)
        if self.config.ema_warmup:
            done = tf.cast(step, tf.float32)
            decay = tf.minimum(decay, (1.0 + done) / (10.0 + done))
        pairs = zip(self.averaged_generator.variables, self.generator.variables, strict=True)
        for mean, now in pairs:
            if mean.dtype == "float32":  # dropout's seeds are whole numbers
                mean.assign(decay * mean + (1.0 - decay) * now)

    def _generate(self, input_image: tf.Tensor) -> tf.Tensor:
        """Returns generated images of input images, both in [−1, 1], without dropout."""
        generator = self.averaged_generator or self.generator
        return generator(input_image, training=False)

    def start_from(self, path: Path) -> None:
        """Gives the generator the weights of another model; see `pretrained`."""
        load_generator_weights(self.generator, path)
        if self.averaged_generator is not None:
            load_generator_weights(self.averaged_generator, path)

    def imitate(self, teacher: keras.Model, config: TrainConfig) -> None:
        """Makes what a trained generator makes of an input the target beside the real picture."""
        with self.devices.scope():
            options = config.replace(precision=self.config.precision)
            self._teacher = build_generator(options, plain=True)
            self._teacher.set_weights(teacher.get_weights())

    def variables(self) -> dict[str, keras.Variable]:
        """Returns everything that a resume must restore, by a name that never changes."""
        owners = {
            "generator": self.generator,
            "averaged_generator": self.averaged_generator,
            "discriminator": self.discriminator,
            "generator_optimizer": self.generator_optimizer,
            "discriminator_optimizer": self.discriminator_optimizer,
        }
        found: dict[str, keras.Variable] = {}
        for name, owner in owners.items():
            found |= named(name, owner.variables) if owner is not None else {}
        return found

    def restore(self, arrays: Mapping[str, np.ndarray]) -> None:
        """Sets all variables; `arrays` are what a `Snapshot` of them took."""
        with self.devices.scope():
            for name, variable in self.variables().items():
                variable.assign(arrays[name])


def named(owner: str, variables: list[keras.Variable]) -> dict[str, keras.Variable]:
    """Returns the variables of a network or an optimizer by their names in a checkpoint."""
    return {f"{owner}/{index:03d}-{v.name}": v for index, v in enumerate(variables)}
