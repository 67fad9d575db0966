"""What held-out crops tell: is it close, and does it follow what it is shown."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import tensorflow as tf
from skimage.metrics import structural_similarity

from colab_pix2pix.config import TrainConfig
from colab_pix2pix.images.resize_matrices import area_matrix
from colab_pix2pix.model import conditions
from colab_pix2pix.model.losses import consistency_loss
from colab_pix2pix.model.pix2pix import Pix2Pix
from colab_pix2pix.training.evaluation import (
    NOISE_OF_THE_CAMERA,
    SENSOR_NOISE,
    HeldOut,
    change_under_noise,
    follow_error,
    in_other_light,
)

CONFIG = TrainConfig(image_size=64, base_filters=4)


def images(count: int = 6, seed: int = 0) -> tf.Tensor:
    noise = np.random.default_rng(seed).integers(0, 256, (count, 8, 8, 3), np.uint8)
    return tf.image.resize(conditions.encode_image(noise), (64, 64), method="bicubic")


def test_a_picture_follows_the_input_that_was_made_of_it() -> None:
    target = images()
    assert follow_error(conditions.make_input(target, CONFIG), target, CONFIG) == 0


def test_a_picture_that_is_always_the_same_does_not_follow() -> None:
    input_image = conditions.make_input(images(), CONFIG)
    slide = tf.repeat(images(1, seed=9), 6, axis=0)
    assert follow_error(input_image, slide, CONFIG) > 0.05


def test_following_is_told_in_shares_of_white() -> None:
    target = 0.5 * images()
    input_image = conditions.make_input(target, CONFIG)
    assert np.isclose(follow_error(input_image, target + 0.2, CONFIG), 0.1, atol=1e-3)


def test_a_smaller_output_is_compared_too() -> None:
    target = images()
    input_image = conditions.make_input(target, CONFIG)
    half = tf.image.resize(target, (32, 32), method="area")
    assert follow_error(input_image, half, CONFIG) < 0.01


def test_what_hands_its_input_on_changes_as_much_as_the_camera_does() -> None:
    """Of 0.02 deviation: two normal variables lie 2 · 0.02 / √π = 0.0226 apart, on average."""
    still = 0.5 * images(8)

    def change(generate: Callable[[tf.Tensor], tf.Tensor]) -> float:
        return change_under_noise(generate, still, lambda image: image)

    assert SENSOR_NOISE == 0.02 and np.isclose(NOISE_OF_THE_CAMERA, 0.0226, atol=5e-5)
    assert np.isclose(change(lambda image: image), NOISE_OF_THE_CAMERA, rtol=0.01)
    assert np.isclose(change(lambda image: 2.5 * image), 2.5 * NOISE_OF_THE_CAMERA, rtol=0.01)
    assert change(lambda image: 0.0 * image + 0.3) == 0


def test_the_blur_of_the_input_takes_the_noise_out() -> None:
    def make_input(image: tf.Tensor) -> tf.Tensor:
        return conditions.make_input(image, CONFIG)

    calm = change_under_noise(lambda input_image: input_image, 0.5 * images(8), make_input)
    assert 0 < calm < 0.3 * NOISE_OF_THE_CAMERA


def test_other_light_is_darker_and_brighter_in_turn() -> None:
    input_image = tf.zeros((4, 64, 64, 1))
    means = in_other_light(input_image).numpy().mean((1, 2, 3))
    assert np.allclose(means, [-0.3, 0.3, -0.3, 0.3])


def test_means_of_squares_are_those_of_a_resize_by_area() -> None:
    image = images()
    means = area_matrix(64, 11)
    ours = tf.einsum("ih,bhwc,jw->bijc", means, image, means)
    assert np.allclose(ours, tf.image.resize(image, (11, 11), method="area"), atol=1e-5)


def test_an_input_that_is_found_again_costs_nothing_and_has_a_gradient() -> None:
    target = images()
    grey = tf.image.rgb_to_grayscale(target)
    assert float(consistency_loss(grey, target, 24.0)) < 1e-6
    generated = tf.Variable(tf.zeros_like(target))
    with tf.GradientTape() as tape:
        loss = consistency_loss(grey, generated, 24.0)
    assert float(loss) > 0.01 and np.abs(tape.gradient(loss, generated)).max() > 0


def test_structures_are_compared_in_pictures_whose_black_is_zero() -> None:
    model = Pix2Pix(CONFIG.replace(precision="float32"))
    pictures = conditions.decode_image(images()).numpy()
    input_image = conditions.make_input(conditions.encode_image(pictures), CONFIG)
    made = (model.generate(input_image).numpy() + 1) / 2
    window = {"gaussian_weights": True, "sigma": 1.5, "use_sample_covariance": False}
    expected = [
        structural_similarity(real / 255, one, data_range=1.0, channel_axis=-1, **window)
        for real, one in zip(pictures, made, strict=True)
    ]
    assert np.isclose(HeldOut(model, pictures).score().ssim, np.mean(expected), atol=1e-4)
