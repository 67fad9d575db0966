"""The networks are the paper's."""

from __future__ import annotations

import keras
import numpy as np
import pytest
import tensorflow as tf

from colab_pix2pix.config import TrainConfig, sides
from colab_pix2pix.model import conditions, losses
from colab_pix2pix.model.networks import (
    build_discriminator,
    build_generator,
    remove_checkerboards,
)


@pytest.mark.parametrize(
    ("input_channels", "base_filters", "parameters"),
    [
        (3, 64, 54_425_859),
        (1, 64, 54_423_811),
        (1, 16, 29_367_875),
        (1, 8, 16_786_211),
        (1, 4, 6_297_491),
    ],
)
def test_the_generator_has_as_many_parameters_as_published(
    input_channels: int, base_filters: int, parameters: int
) -> None:
    generator = build_generator(
        image_size=256, base_filters=base_filters, input_channels=input_channels
    )
    assert generator.count_params() == parameters


def test_the_discriminator_has_as_many_parameters_as_published() -> None:
    assert build_discriminator(image_size=256, input_channels=3).count_params() == 2_770_433


@pytest.mark.parametrize("image_size", [64, 96, 128, 160, "96x64", "64x160", "64x32"])
def test_a_picture_goes_in_and_a_picture_comes_out(image_size: int | str) -> None:
    generator = build_generator(image_size=image_size, base_filters=4)
    generated_image = generator(tf.zeros((2, *sides(image_size).shape, 1)))
    assert generated_image.shape == (2, *sides(image_size).shape, 3)
    assert generated_image.dtype == tf.float32
    assert np.abs(generated_image).max() <= 1


@pytest.mark.parametrize(("patch_layers", "receptive_field"), [(1, 16), (2, 34), (3, 70), (4, 142)])
def test_a_patch_of_the_discriminator_sees_as_far_as_it_says(
    patch_layers: int, receptive_field: int
) -> None:
    size = 256
    discriminator = build_discriminator(image_size=size, base_filters=4, patch_layers=patch_layers)
    pair = [tf.zeros((1, size, size, 1)), tf.Variable(tf.random.normal((1, size, size, 3)))]
    with tf.GradientTape() as tape:
        logits = discriminator(pair)
        middle = logits[0, logits.shape[1] // 2, logits.shape[2] // 2, 0]
    seen = np.abs(tape.gradient(middle, pair[1]))[0].max(axis=(1, 2)) > 0
    assert np.ptp(np.flatnonzero(seen)) + 1 == receptive_field


def test_the_losses_equal_those_by_hand() -> None:
    logits = np.array([[0.0, 2.0, -1.0]], np.float32)
    softplus = np.log1p(np.exp(np.array([0.0, -2.0, 1.0])))  # -log(sigmoid(logits))
    assert float(losses.generator_gan_loss(logits)) == pytest.approx(softplus.mean(), abs=1e-6)
    assert float(losses.discriminator_loss(logits, -logits)) == pytest.approx(
        softplus.mean(), abs=1e-6
    )
    target, made = np.full((1, 2, 2, 3), -1.0), np.full((1, 2, 2, 3), 0.5)
    assert float(losses.generator_l1_loss(target, made)) == pytest.approx(1.5)


@pytest.mark.parametrize(
    ("options", "size"),
    [
        ({"output_size": 32}, 32),
        ({"depth": 4}, 64),
        ({"normalization": "instance"}, 64),
        ({"upsampling": "resize"}, 64),
        ({"output_size": 16, "depth": 5, "upsampling": "resize", "dropout": 0.0}, 16),
    ],
)
def test_the_generator_can_be_cut_to_size(options: dict[str, object], size: int) -> None:
    generator = build_generator(image_size=64, base_filters=4, **options)
    assert generator(tf.zeros((1, 64, 64, 1))).shape == (1, size, size, 3)
    whole = build_generator(image_size=64, base_filters=4)
    assert generator.count_params() <= whole.count_params()


@pytest.mark.parametrize(
    ("image_size", "smallest"), [(64, 1), (96, 3), (192, 3), (320, 5), (1024, 1)]
)
def test_the_innermost_layer_is_the_smallest_that_halving_gives(
    image_size: int, smallest: int
) -> None:
    options = {"image_size": image_size, "base_filters": 4, "normalization": "instance"}
    generator = build_generator(**options, output_size=image_size // 2)
    sides = [each.output.shape[1] for each in generator.layers if "down" in each.name]
    assert min(sides) == sides[-1] == smallest
    assert generator.output.shape[1:] == (image_size // 2, image_size // 2, 3)
    assert build_generator(**options).output.shape[1:] == (image_size, image_size, 3)


def test_the_same_seed_gives_the_same_networks() -> None:
    def weights(seed: int) -> list[bytes]:
        small = {"image_size": 64, "base_filters": 4, "seed": seed}
        networks = build_discriminator(**small, spectral_norm=True), build_generator(**small)
        return [v.numpy().tobytes() for network in networks for v in network.variables]

    assert weights(3) == weights(3)
    assert weights(3) != weights(4)


def test_spectral_norm_keeps_the_largest_singular_value_at_one() -> None:
    discriminator = build_discriminator(image_size=64, base_filters=4, spectral_norm=True)
    pair = [tf.zeros((1, 64, 64, 1)), tf.zeros((1, 64, 64, 3))]
    for _ in range(30):
        discriminator(pair, training=True)
    kernel = discriminator.get_layer("down_1_spectral").layer.kernel.numpy()
    singular_values = np.linalg.svd(kernel.reshape(-1, kernel.shape[-1]), compute_uv=False)
    assert singular_values[0] == pytest.approx(1, abs=0.05)


def test_the_calmer_losses_equal_those_by_hand() -> None:
    real, fake = np.array([[0.5, 2.0]], np.float32), np.array([[-0.5, 1.0]], np.float32)
    assert float(losses.generator_gan_loss(fake, "least-squares")) == pytest.approx(1.125)
    assert float(losses.discriminator_loss(real, fake, "least-squares")) == pytest.approx(0.625)
    assert float(losses.discriminator_loss(real, fake, "least-squares", 0.5)) == pytest.approx(
        0.5 * ((0 + 1.5**2) / 2 + (0.25 + 1) / 2)
    )
    assert float(losses.generator_gan_loss(fake, "hinge")) == pytest.approx(-0.25)
    assert float(losses.discriminator_loss(real, fake, "hinge")) == pytest.approx(0.75)
    real_features = [tf.zeros((1, 2)), tf.ones(3)]
    gap = losses.feature_matching_loss(real_features, [tf.ones((1, 2)), tf.ones(3)])
    assert float(gap) == pytest.approx(0.5)


def test_a_drawing_is_white_where_nothing_changes_and_dark_at_an_edge() -> None:
    half = np.where(np.arange(64) < 32, -1.0, 1.0).astype(np.float32)
    target = np.broadcast_to(half[None, None, :, None], (1, 64, 64, 3))
    drawing = conditions.edges(tf.constant(target)).numpy()[0, :, :, 0]
    assert drawing[:, :30].min() == drawing[:, 34:].min() == 1.0
    assert drawing[:, 31].max() < -0.9


def test_pictures_cross_the_border_without_loss() -> None:
    every_value = np.arange(256, dtype=np.uint8).reshape(1, 16, 16, 1)
    image = conditions.encode_image(every_value)
    assert (float(image.numpy().min()), float(image.numpy().max())) == (-1.0, 1.0)
    assert np.array_equal(conditions.decode_image(image), every_value)


def test_the_blurred_grey_input_has_no_colour_and_no_detail() -> None:
    stripes = np.indices((64, 64))[1] % 2 * 2.0 - 1.0
    target = np.repeat(stripes[None, :, :, None], 3, axis=-1).astype(np.float32)
    grey = conditions.make_input(tf.constant(target), TrainConfig(blur_factor=24.0))
    assert grey.shape == (1, 64, 64, 1)
    assert np.abs(grey).max() < 0.2


def test_augmentation_is_a_function_of_seed_and_step_and_of_nothing_else() -> None:
    pictures = np.random.default_rng(0).integers(0, 256, (3, 80, 80, 3), np.uint8)
    options = {"image_size": 64, "max_zoom": 1.3, "flip": True}
    draw = tf.function(lambda seed: conditions.augment_target(pictures, seed=seed, **options))
    one, again, other = (draw(tf.constant([7, s], tf.int64)).numpy() for s in (0, 0, 4))
    assert np.array_equal(one, again)
    assert not np.array_equal(one, other)
    assert one.min() >= -1 and one.max() <= 1


def grid_of(generator: keras.Model) -> float:
    """Returns by how much neighbouring pixels differ in what is made of a flat area."""
    flat = np.full((1, 64, 64, 1), 0.3, np.float32)
    middle = np.asarray(generator(flat, training=False))[0, 24:40, 24:40]
    return float(np.abs(np.diff(middle, axis=0)).mean() + np.abs(np.diff(middle, axis=1)).mean())


def test_smooth_upsampling_makes_no_checkerboard_of_a_flat_area() -> None:
    sizes = {"image_size": 64, "base_filters": 4, "depth": 2}
    smooth = build_generator(**sizes, upsampling="smooth")
    weights = [variable.numpy().tobytes() for variable in smooth.variables]
    remove_checkerboards(smooth)
    assert [variable.numpy().tobytes() for variable in smooth.variables] == weights
    assert grid_of(smooth) < 1e-6 < grid_of(build_generator(**sizes, upsampling="transposed"))


def test_the_last_layer_makes_no_checkerboard_of_a_gradient() -> None:
    last = build_generator(image_size=64, base_filters=4, depth=2, upsampling="smooth").get_layer(
        "output"
    )
    ramp = np.tile(np.arange(16, dtype=np.float32)[:, None, None], (1, 1, 16, 8))
    made = np.asarray(last(ramp))[0, 8:24, 8:24]
    bends = np.abs(np.diff(made, n=2, axis=0))
    assert bends.max() < 1e-5 < np.abs(np.diff(made, axis=0)).max()


def taps_between(kernel: np.ndarray, taps: np.ndarray) -> np.ndarray:
    """Returns a (4, 4, out, in) kernel whose rows and columns are put together from `taps`."""
    shifts = 5 - len(taps)
    known = np.stack([np.eye(4)[shift : shift + len(taps)].T @ taps for shift in range(shifts)], 1)
    inverse = np.linalg.pinv(known)
    small = np.einsum("ia,jb,aboc->ijoc", inverse, inverse, kernel)
    return np.einsum("ai,bj,ijoc->aboc", known, known, small)


@pytest.mark.parametrize(
    ("layer", "taps"),
    [
        ("up_0", [1.0, 1.0]),  # nearest neighbour, and a 3×3 convolution
        ("output", [1.0, 2.0, 1.0]),  # linear interpolation, and a 2×2 convolution
    ],
)
def test_smooth_upsampling_is_an_interpolation_and_a_convolution(
    layer: str, taps: list[float]
) -> None:
    smooth = build_generator(image_size=64, base_filters=4, depth=3, upsampling="smooth")
    kernel = np.asarray(smooth.get_layer(layer).kernel)  # (4, 4, out, in)
    assert np.allclose(taps_between(kernel, np.array(taps)), kernel, atol=1e-6)
