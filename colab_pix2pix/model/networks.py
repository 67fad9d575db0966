"""The two networks of pix2pix (Isola et al., arXiv 1611.07004, section 6.1).

Layer order, biases and initial values are those of the TensorFlow pix2pix tutorial, so that its
weights fit. Shapes at the end of a line are (height, width, channels).
"""

from __future__ import annotations

import keras
import numpy as np
from keras import layers

MAX_FILTERS = 512
_KERNEL = 4
_INITIAL_DEVIATION = 0.02  # section 6.2: weights from a Gaussian with mean 0, deviation 0.02
_LEAK = 0.2
_BATCH_NORM_MOMENTUM = 0.9  # as in the paper's code (0.1 in Torch's way of counting)
_DROPOUT = 0.5
_DROPOUT_BLOCKS = 3


def build_generator(
    *,
    image_size: int,
    base_filters: int = 64,
    input_channels: int = 1,
    output_channels: int = 3,
    seed: int = 0,
    precision: str = "float32",
) -> keras.Model:
    """Returns an untrained U-Net that reaches down to 1×1 pixels.

    Args:
        image_size: Height and width of input and output in pixels; a power of two.
        base_filters: Filters of the outermost block (`ngf` in the original); they double with each
            level to at most 512.
        input_channels: 1 for grey, 3 for colour.
        output_channels: 3 for colour.
        seed: Of the initial weights and the dropout.
        precision: Keras dtype policy of the inner layers: "float32" or "mixed_bfloat16".

    Returns:
        A model from float32 `(batch, image_size, image_size, input_channels)` in [−1, 1] to float32
        `(batch, image_size, image_size, output_channels)` in [−1, 1].
    """
    depth = image_size.bit_length() - 1
    filters = [min(base_filters * 2**level, MAX_FILTERS) for level in range(depth)]
    make = _Layers(seed, precision)
    x = input_image = keras.Input((image_size, image_size, input_channels), name="input_image")
    skips = []
    for level in range(depth):  # (S, S, C) -> (1, 1, 512)
        x = make.conv(f"down_{level}", filters[level], strides=2)(x)
        if level > 0:
            x = make.norm(f"down_{level}_norm")(x)
        x = make.leaky(f"down_{level}_relu")(x)
        skips.append(x)
    for block, level in enumerate(reversed(range(depth - 1))):  # (1, 1, 512) -> (S/2, S/2, 2F)
        x = make.transposed_conv(f"up_{level}", filters[level])(x)
        x = make.norm(f"up_{level}_norm")(x)
        if block < _DROPOUT_BLOCKS:
            x = make.dropout(f"up_{level}_dropout")(x)
        x = make.relu(f"up_{level}_relu")(x)
        x = make.concatenate(f"up_{level}_skip")([x, skips[level]])
    x = make.transposed_conv("output", output_channels, use_bias=True)(x)  # (S, S, 3)
    generated_image = layers.Activation("tanh", dtype="float32", name="generated_image")(x)
    return keras.Model(input_image, generated_image, name="generator")


def build_discriminator(
    *,
    image_size: int,
    base_filters: int = 64,
    input_channels: int = 1,
    output_channels: int = 3,
    patch_layers: int = 3,
    seed: int = 0,
    precision: str = "float32",
) -> keras.Model:
    """Returns an untrained PatchGAN that judges overlapping patches of a pair of pictures.

    Args:
        image_size: Height and width of the pictures in pixels.
        base_filters: Filters of the first layer (`ndf` in the original).
        input_channels: Channels of the picture that the generator was given.
        output_channels: Channels of the picture that is judged.
        patch_layers: Sets the receptive field: 1→16, 2→34, 3→70, 4→142 pixels.
        seed: Of the initial weights.
        precision: Keras dtype policy of the inner layers: "float32" or "mixed_bfloat16".

    Returns:
        A model from `[input_image, target_image]` to float32 logits `(batch, patches, patches, 1)`,
        positive where a patch looks real.
    """
    make = _Layers(seed + 1, precision)
    shape = (image_size, image_size)
    input_image = keras.Input((*shape, input_channels), name="input_image")
    target_image = keras.Input((*shape, output_channels), name="target_image")
    x = layers.Concatenate(name="pair")([input_image, target_image])
    for level in range(patch_layers):  # (S, S, 4) -> (S/8, S/8, 4F)
        filters = min(base_filters * 2**level, MAX_FILTERS)
        x = make.conv(f"down_{level}", filters, strides=2)(x)
        if level > 0:
            x = make.norm(f"down_{level}_norm")(x)
        x = make.leaky(f"down_{level}_relu")(x)
    x = layers.ZeroPadding2D(name="pad_0")(x)
    filters = min(base_filters * 2**patch_layers, MAX_FILTERS)
    x = make.conv("flat", filters, padding="valid")(x)  # (S/8 - 1, S/8 - 1, 8F)
    x = make.norm("flat_norm")(x)
    x = make.leaky("flat_relu")(x)
    x = layers.ZeroPadding2D(name="pad_1")(x)
    x = make.conv("logits", 1, padding="valid", use_bias=True)(x)  # (S/8 - 2, S/8 - 2, 1)
    logits = layers.Activation("linear", dtype="float32", name="patch_logits")(x)
    return keras.Model([input_image, target_image], logits, name="discriminator")


class _Layers:
    """Makes named layers with one precision and a seed of its own for each."""

    def __init__(self, seed: int, precision: str) -> None:
        self._seeds = np.random.default_rng(seed)
        self._precision = precision

    def _seed(self) -> int:
        return int(self._seeds.integers(2**31))

    def _initializer(self) -> keras.initializers.Initializer:
        return keras.initializers.RandomNormal(0.0, _INITIAL_DEVIATION, seed=self._seed())

    def conv(
        self,
        name: str,
        filters: int,
        *,
        strides: int = 1,
        padding: str = "same",
        use_bias: bool = False,
    ) -> keras.Layer:
        return layers.Conv2D(
            filters,
            _KERNEL,
            strides=strides,
            padding=padding,
            use_bias=use_bias,
            kernel_initializer=self._initializer(),
            dtype=self._precision,
            name=name,
        )

    def transposed_conv(self, name: str, filters: int, *, use_bias: bool = False) -> keras.Layer:
        return layers.Conv2DTranspose(
            filters,
            _KERNEL,
            strides=2,
            padding="same",
            use_bias=use_bias,
            kernel_initializer=self._initializer(),
            dtype=self._precision,
            name=name,
        )

    def norm(self, name: str) -> keras.Layer:
        return layers.BatchNormalization(
            momentum=_BATCH_NORM_MOMENTUM, dtype=self._precision, name=name
        )

    def dropout(self, name: str) -> keras.Layer:
        return layers.Dropout(_DROPOUT, seed=self._seed(), dtype=self._precision, name=name)

    def leaky(self, name: str) -> keras.Layer:
        return layers.LeakyReLU(negative_slope=_LEAK, dtype=self._precision, name=name)

    def relu(self, name: str) -> keras.Layer:
        return layers.ReLU(dtype=self._precision, name=name)

    def concatenate(self, name: str) -> keras.Layer:
        return layers.Concatenate(dtype=self._precision, name=name)
