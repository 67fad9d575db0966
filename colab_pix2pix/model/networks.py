"""The two networks of pix2pix (Isola et al., arXiv 1611.07004, section 6.1).

Layer order, biases and initial values are those of the TensorFlow pix2pix tutorial, so that its
weights fit. Shapes at the end of a line are (height, width, channels), S is a square's side.
"""

from __future__ import annotations

import keras
import numpy as np
from keras import layers

from ..config import Size, sides
from .layers import FusedBatchNormalization, SeededSpectralNorm

_KERNEL = 4
_INITIAL_DEVIATION = 0.02  # section 6.2: weights from a Gaussian with mean 0, deviation 0.02
_BATCH_NORM_MOMENTUM = 0.9  # as in the paper's code (0.1 in Torch's way of counting)
_EPSILON = 1e-3  # of all normalizations, as in the tutorial (Keras' own)
_DROPOUT_BLOCKS = 3
_ROUNDING = 1e-6  # of what the sixteen weights between two channels sum up to


def build_generator(
    *,
    image_size: Size,
    output_size: Size | None = None,
    depth: int | None = None,
    base_filters: int = 64,
    max_filters: int = 512,
    input_channels: int = 1,
    output_channels: int = 3,
    dropout: float = 0.5,
    normalization: str = "batch",
    upsampling: str = "transposed",
    leak: float = 0.2,
    seed: int = 0,
    precision: str = "float32",
    plain: bool = False,
) -> keras.Model:
    """Returns an untrained U-Net.

    Args:
        image_size: Of the input: both sides are multiples of 2 ** `depth`.
        output_size: Of the output: `image_size` or a half, a quarter of it, which leaves outer
            decoder blocks away. None: as the input.
        depth: Number of halvings; None: while sides are even; fewer leave innermost blocks away.
        base_filters: Filters of the outermost block (`ngf` in the original); they double with each
            level to at most `max_filters`.
        max_filters: The most filters of a block.
        input_channels: 1 for grey, 3 for colour.
        output_channels: 3 for colour.
        dropout: Share of values set to 0 in the three innermost decoder blocks while training.
        normalization: "batch" or "instance".
        upsampling: "transposed" convolution as in the paper; "smooth": the same without what
            makes checkerboards, see `remove_checkerboards`; or "resize": nearest neighbour and a
            4×4 convolution, at four times the cost.
        leak: Slope of LeakyReLU below 0: 0.2 in the paper, 0.3 in the TensorFlow tutorial.
        seed: Of the initial weights and the dropout.
        precision: Keras dtype policy of the inner layers: "float32" or "mixed_bfloat16".
        plain: True takes Keras' own layers only, so that others can load the saved model.

    Returns:
        A model from float32 `(batch, height, width, input_channels)` in [−1, 1] to float32 `(batch,
        output height, output width, output_channels)` in [−1, 1].
    """
    whole = sides(image_size)
    depth = depth or whole.halvings
    outermost = (whole.width // sides(output_size or image_size).width).bit_length() - 1
    filters = [min(base_filters * 2**level, max_filters) for level in range(depth)]
    make = _Layers(seed, precision, normalization=normalization, upsampling=upsampling, leak=leak)
    make.batch_normalization = layers.BatchNormalization if plain else FusedBatchNormalization
    x = input_image = keras.Input((*whole.shape, input_channels), name="input_image")
    skips = []
    for level in range(depth):  # (S, S, C) -> (1, 1, 512)
        x = make.conv(f"down_{level}", filters[level], strides=2)(x)
        if level > 0:
            x = make.normed(f"down_{level}_norm", x)
        x = make.leaky(f"down_{level}_relu")(x)
        skips.append(x)
    for block, level in enumerate(reversed(range(outermost, depth - 1))):
        x = make.upsampled(f"up_{level}", filters[level], x)  # (1, 1, 512) -> (S/2, S/2, 2F)
        x = make.normed(f"up_{level}_norm", x)
        if block < _DROPOUT_BLOCKS and dropout > 0:
            x = make.dropout(f"up_{level}_dropout", dropout)(x)
        x = make.relu(f"up_{level}_relu")(x)
        x = make.concatenate(f"up_{level}_skip")([x, skips[level]])
    x = make.upsampled("output", output_channels, x, use_bias=True)  # (S, S, 3)
    generated_image = layers.Activation("tanh", dtype="float32", name="generated_image")(x)
    generator = keras.Model(input_image, generated_image, name="generator")
    if upsampling == "smooth":
        remove_checkerboards(generator)
    return generator


def remove_checkerboards(generator: keras.Model) -> None:
    """Takes out of all transposed convolutions what makes a grid of what has none.

    Of four taps along an axis, the first and the third make the even pixels and the others the odd
    ones: where their sums differ, a flat area gets a grid. What is left is what nearest neighbour
    and a 3×3 convolution make (Odena et al. 2016, distill.pub/2016/deconv), in a layer of a quarter
    of the cost. The last layer, whose grid nothing hides, makes none of a gradient, either: what is
    left of it is linear interpolation and a 2×2 convolution. To be called after each update of the
    weights.
    """
    transposed = [each for each in generator.layers if isinstance(each, layers.Conv2DTranspose)]
    for layer in transposed:
        kernel = smooth = keras.ops.convert_to_tensor(layer.kernel)  # (4, 4, out, in)
        project = _without_grid if layer is not transposed[-1] else _without_grid_of_gradients
        for axis in (0, 1):
            smooth = keras.ops.stack(project(keras.ops.unstack(smooth, axis=axis)), axis=axis)
        # Of each pair of channels all or nothing: else a second call would change it.
        change = keras.ops.max(keras.ops.abs(smooth - kernel), (0, 1))
        rounding = _ROUNDING * keras.ops.sum(keras.ops.abs(kernel), (0, 1))
        kernel = keras.ops.where(change > rounding, smooth, kernel)
        layer.kernel.assign(kernel)


def _without_grid(taps: list[keras.KerasTensor]) -> list[keras.KerasTensor]:
    """Returns the nearest taps along an axis whose even and odd ones have the same sum."""
    first, second, third, fourth = taps
    part = 0.25 * (first - second + third - fourth)
    return [first - part, second + part, third - part, fourth + part]


def _without_grid_of_gradients(taps: list[keras.KerasTensor]) -> list[keras.KerasTensor]:
    """Returns the nearest taps that are (1, 2, 1, 0) and (0, 1, 2, 1) in some proportion."""
    first, second, third, fourth = taps
    early, late = first + 2 * second + third, second + 2 * third + fourth
    early, late = 0.3 * early - 0.2 * late, 0.3 * late - 0.2 * early
    return [early, 2 * early + late, early + 2 * late, late]


def build_discriminator(
    *,
    image_size: Size,
    base_filters: int = 64,
    max_filters: int = 512,
    input_channels: int = 1,
    output_channels: int = 3,
    patch_layers: int = 3,
    normalization: str = "batch",
    spectral_norm: bool = False,
    leak: float = 0.2,
    seed: int = 0,
    precision: str = "float32",
) -> keras.Model:
    """Returns an untrained PatchGAN that judges overlapping patches of a pair of pictures.

    Args:
        image_size: Of the pictures.
        base_filters: Filters of the first layer (`ndf` in the original).
        max_filters: The most filters of a layer.
        input_channels: Channels of the picture that the generator was given.
        output_channels: Channels of the picture that is judged.
        patch_layers: Sets the receptive field: 1→16, 2→34, 3→70, 4→142 pixels.
        normalization: "batch" or "instance".
        spectral_norm: Keep each convolution's largest singular value at 1 (arXiv 1802.05957).
        leak: Slope of LeakyReLU below 0.
        seed: Of the initial weights.
        precision: Keras dtype policy of the inner layers: "float32" or "mixed_bfloat16".

    Returns:
        A model from `[input_image, target_image]` to float32 logits `(batch, patches down, patches
        across, 1)`, positive where a patch looks real.
    """
    make = _Layers(
        seed + 1, precision, normalization=normalization, spectral_norm=spectral_norm, leak=leak
    )
    shape = sides(image_size).shape
    input_image = keras.Input((*shape, input_channels), name="input_image")
    target_image = keras.Input((*shape, output_channels), name="target_image")
    x = layers.Concatenate(name="pair")([input_image, target_image])
    for level in range(patch_layers):  # (S, S, 4) -> (S/8, S/8, 4F)
        filters = min(base_filters * 2**level, max_filters)
        x = make.conv(f"down_{level}", filters, strides=2)(x)
        if level > 0:
            x = make.normed(f"down_{level}_norm", x)
        x = make.leaky(f"down_{level}_relu")(x)
    x = layers.ZeroPadding2D(name="pad_0")(x)
    filters = min(base_filters * 2**patch_layers, max_filters)
    x = make.conv("flat", filters, padding="valid")(x)  # (S/8 - 1, S/8 - 1, 8F)
    x = make.normed("flat_norm", x)
    x = make.leaky("flat_relu")(x)
    x = layers.ZeroPadding2D(name="pad_1")(x)
    x = make.conv("logits", 1, padding="valid", use_bias=True)(x)  # (S/8 - 2, S/8 - 2, 1)
    logits = layers.Activation("linear", dtype="float32", name="patch_logits")(x)
    return keras.Model([input_image, target_image], logits, name="discriminator")


class _Layers:
    """Makes named layers with one precision and a seed of its own for each."""

    batch_normalization: type[keras.Layer] = FusedBatchNormalization

    def __init__(
        self,
        seed: int,
        precision: str,
        *,
        normalization: str,
        upsampling: str = "transposed",
        spectral_norm: bool = False,
        leak: float,
    ) -> None:
        self._seeds = np.random.default_rng(seed)
        self._precision = precision
        self._normalization = normalization
        self._upsampling = upsampling
        self._spectral_norm = spectral_norm
        self._leak = leak

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
        layer = layers.Conv2D(
            filters,
            _KERNEL,
            strides=strides,
            padding=padding,
            use_bias=use_bias,
            kernel_initializer=self._initializer(),
            dtype=self._precision,
            name=name,
        )
        return SeededSpectralNorm(layer, seed=self._seed()) if self._spectral_norm else layer

    def upsampled(
        self, name: str, filters: int, x: keras.KerasTensor, *, use_bias: bool = False
    ) -> keras.KerasTensor:
        """Returns `x` at twice its height and width."""
        if self._upsampling == "resize":
            x = layers.UpSampling2D(2, dtype=self._precision, name=f"{name}_resize")(x)
            return self.conv(name, filters, use_bias=use_bias)(x)
        layer = layers.Conv2DTranspose(
            filters,
            _KERNEL,
            strides=2,
            padding="same",
            use_bias=use_bias,
            kernel_initializer=self._initializer(),
            dtype=self._precision,
            name=name,
        )
        return layer(x)

    def normed(self, name: str, x: keras.KerasTensor) -> keras.KerasTensor:
        """Returns `x` with every channel at mean 0 and deviation 1, then scaled and shifted."""
        if self._normalization == "batch":
            layer = self.batch_normalization(
                momentum=_BATCH_NORM_MOMENTUM, epsilon=_EPSILON, dtype=self._precision, name=name
            )
            return layer(x)
        if x.shape[1:3] == (1, 1):  # a single pixel is its own mean: nothing of it would be left
            return x
        layer = layers.GroupNormalization(
            groups=-1, epsilon=_EPSILON, dtype=self._precision, name=name
        )
        return layer(x)

    def dropout(self, name: str, share: float) -> keras.Layer:
        return layers.Dropout(share, seed=self._seed(), dtype=self._precision, name=name)

    def leaky(self, name: str) -> keras.Layer:
        return layers.LeakyReLU(negative_slope=self._leak, dtype=self._precision, name=name)

    def relu(self, name: str) -> keras.Layer:
        return layers.ReLU(dtype=self._precision, name=name)

    def concatenate(self, name: str) -> keras.Layer:
        return layers.Concatenate(dtype=self._precision, name=name)


def with_features(discriminator: keras.Model) -> keras.Model:
    """Returns the same network with its inner activations as outputs before the logits."""
    inner = [each.output for each in discriminator.layers if isinstance(each, layers.LeakyReLU)]
    return keras.Model(discriminator.inputs, [*inner, discriminator.output])
