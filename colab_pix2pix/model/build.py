"""Networks and optimizers as the options ask for them, untrained."""

from __future__ import annotations

import keras

from ..config import TrainConfig
from . import networks
from .layers import FusedAdam

_ADAM_BETA_1 = 0.5  # arXiv 1611.07004, section 3.3


def build_generator(config: TrainConfig, *, plain: bool = False) -> keras.Model:
    """Returns the untrained generator of these options; see `networks.build_generator`."""
    return networks.build_generator(
        plain=plain,
        image_size=config.image_size,
        output_size=config.output_size or None,
        depth=config.depth or None,
        base_filters=config.base_filters,
        max_filters=config.widest_layer,
        dropout=config.dropout,
        normalization=config.normalization,
        upsampling=config.upsampling,
        input_channels=config.channels_fed,
        leak=config.leak,
        seed=config.seed,
        precision=_policy(config),
    )


def build_discriminator(config: TrainConfig) -> keras.Model:
    """Returns the untrained discriminator of these options; see `networks`."""
    return networks.build_discriminator(
        image_size=config.made_size,
        base_filters=config.discriminator_filters or config.base_filters,
        max_filters=config.widest_layer,
        patch_layers=config.patch_layers,
        normalization=config.normalization,
        spectral_norm=config.spectral_norm,
        input_channels=config.channels_fed,
        leak=config.leak,
        seed=config.seed,
        precision=_policy(config),
    )


def _policy(config: TrainConfig) -> str:
    return "float32" if config.precision == "float32" else f"mixed_{config.precision}"


def build_optimizer(
    network: keras.Model, learning_rate: float, scaled: bool
) -> keras.optimizers.Optimizer:
    """Returns what moves a network's weights; `scaled` for the small gradients of float16."""
    optimizer = FusedAdam(learning_rate, beta_1=_ADAM_BETA_1)
    if scaled:  # they would be lost; a step that overflows is left out
        optimizer = keras.optimizers.LossScaleOptimizer(optimizer)
    optimizer.build(network.trainable_variables)
    return optimizer
