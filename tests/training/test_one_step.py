"""One step of training against NumPy: what each part computes, and which weights it moves."""

from __future__ import annotations

import numpy as np
import pytest
import tensorflow as tf

from colab_pix2pix.config import TrainConfig
from colab_pix2pix.model.layers import FusedAdam, FusedBatchNormalization
from colab_pix2pix.model.networks import build_discriminator, build_generator
from colab_pix2pix.model.pix2pix import Pix2Pix

CONFIG = TrainConfig(
    image_size=64,
    base_filters=4,
    depth=3,
    patch_layers=1,
    light_varies="input",
    precision="float32",
    gan_warmup_steps=0,
)
# So bright that no generated pixel reaches them: the absolute difference has no kink then.
PICTURES = np.random.default_rng(0).integers(180, 256, (2, 80, 80, 3), np.uint8)


def test_adam_moves_weights_as_its_paper_says() -> None:
    random = np.random.default_rng(1)
    weights, mean, square = random.normal(size=(3, 2)), np.zeros((3, 2)), np.zeros((3, 2))
    variable = tf.Variable(weights, dtype=tf.float32)
    adam = FusedAdam(0.01, beta_1=0.5)
    for step in range(1, 6):
        gradient = random.normal(size=(3, 2))
        adam.apply([tf.constant(gradient, tf.float32)], [variable])
        mean = 0.5 * mean + 0.5 * gradient
        square = 0.999 * square + 0.001 * gradient**2
        width = 0.01 * np.sqrt(1 - 0.999**step) / (1 - 0.5**step)  # arXiv 1412.6980, section 2
        weights = weights - width * mean / (np.sqrt(square) + 1e-7)
        assert np.allclose(variable.numpy(), weights, atol=1e-6)


def test_batch_normalization_is_that_of_the_batch_and_then_the_running_one() -> None:
    layer = FusedBatchNormalization(momentum=0.9, epsilon=1e-5)
    x = np.random.default_rng(2).normal(3, 2, (2, 4, 4, 5)).astype(np.float32)
    layer.build(x.shape)
    layer.gamma.assign(np.arange(1.0, 6))
    layer.beta.assign(np.arange(5.0))
    mean, variance = x.mean((0, 1, 2)), x.var((0, 1, 2))
    expected = (x - mean) / np.sqrt(variance + 1e-5) * np.arange(1, 6) + np.arange(5)
    assert np.allclose(layer(x, training=True), expected, atol=1e-4)

    running_mean, running_variance = 0.1 * mean, 0.9 + 0.1 * variance * 32 / 31
    assert np.allclose(layer.moving_mean, running_mean, atol=1e-5)
    assert np.allclose(layer.moving_variance, running_variance, atol=1e-5)
    expected = (x - running_mean) / np.sqrt(running_variance + 1e-5)
    expected = expected * np.arange(1, 6) + np.arange(5)
    assert np.allclose(layer(x, training=False), expected, atol=1e-4)


def losses(model: Pix2Pix) -> dict[str, float]:
    """Returns what each network wants to be small, at a step that moves no weight."""
    gan, l1, discriminator = model.train_on(PICTURES, 0, rate_share=0.0).numpy()
    return {
        "generator": float(gan) + model.config.lambda_l1 * float(l1),
        "discriminator": float(discriminator),
    }


@pytest.mark.parametrize(
    ("network", "layer"), [("generator", "output"), ("discriminator", "logits")]
)
def test_each_network_goes_down_its_own_loss(network: str, layer: str) -> None:
    model = Pix2Pix(CONFIG)
    bias = getattr(model, network).get_layer(layer).bias
    step, slopes = 0.02, []
    for place in np.eye(bias.shape[0], dtype=np.float32):
        sides = []
        for shift in (step, -step):
            bias.assign(shift * place)
            sides.append(losses(model)[network])
        slopes.append((sides[0] - sides[1]) / (2 * step))

    fresh = Pix2Pix(CONFIG)
    fresh.train_on(PICTURES, 0)
    optimizer = getattr(fresh, f"{network}_optimizer")
    mean = next(v for v in optimizer.variables if v.path.endswith(f"{layer}_bias_momentum"))
    # After one step from 0 it is (1 - beta_1) times the gradient.
    assert mean.numpy() / 0.5 == pytest.approx(np.array(slopes), rel=0.02, abs=1e-4)


@pytest.mark.parametrize("network", ["generator", "discriminator"])
def test_a_network_whose_rate_is_zero_stays_while_the_other_learns(network: str) -> None:
    model = Pix2Pix(CONFIG)
    model.rates[network] = 0.0

    def weights(name: str) -> list[np.ndarray]:
        return [np.array(v.numpy()) for v in getattr(model, name).trainable_variables]

    names = ("generator", "discriminator")
    before = {name: weights(name) for name in names}
    model.train_on(PICTURES, 0)
    for name in names:
        moved = [
            not np.array_equal(*pair) for pair in zip(before[name], weights(name), strict=True)
        ]
        assert moved == [name != network] * len(moved)


@pytest.mark.parametrize(("patch_layers", "field"), [(1, 16), (2, 34), (3, 70), (4, 142)])
def test_a_patch_sees_its_field_and_nothing_beside_it(patch_layers: int, field: int) -> None:
    size = 256
    discriminator = build_discriminator(image_size=size, base_filters=4, patch_layers=patch_layers)
    random = np.random.default_rng(3)
    grey, picture = random.normal(size=(1, size, size, 1)), random.normal(size=(1, size, size, 3))
    patch = discriminator.output.shape[1] // 2
    first = patch - 2  # two layers of stride 1, padded by 1 each
    for _ in range(patch_layers):
        first = 2 * first - 1
    last = first + field - 1
    assert 0 < first < last < size - 1

    def patch_logit(seen: np.ndarray) -> np.ndarray:
        return discriminator([grey, seen]).numpy()[0, patch, patch, 0]

    inside = np.zeros((1, size, size, 1), bool)
    inside[:, first : last + 1, first : last + 1] = True
    assert patch_logit(np.where(inside, picture, 9.0)) == patch_logit(picture)
    for corner in (first, last):
        changed = picture.copy()
        changed[0, corner, corner] += 50.0  # the weights are small: some outermost ones vanish
        assert patch_logit(changed) != patch_logit(picture)


def test_the_full_generator_sees_the_whole_picture_and_a_peeled_one_what_is_near() -> None:
    picture = np.random.default_rng(4).normal(size=(1, 64, 64, 1)).astype(np.float32)
    changed = picture.copy()
    changed[0, :8, :8] += 1000.0  # the weights are small, and there are many layers

    def far_corner_moves(depth: int | None) -> bool:
        generator = build_generator(image_size=64, base_filters=4, depth=depth)
        one, other = (generator(seen).numpy()[0, -1, -1] for seen in (picture, changed))
        return not np.array_equal(one, other)

    assert far_corner_moves(None)
    assert not far_corner_moves(2)


def test_before_its_first_step_the_discriminator_stays_as_it_is() -> None:
    model = Pix2Pix(CONFIG.replace(gan_warmup_steps=2, light_varies="both"))
    moved = []
    for step in range(3):
        before = [variable.numpy() for variable in model.discriminator.variables]
        gan, l1, discriminator = model.train_on(PICTURES, step).numpy()
        after = [variable.numpy() for variable in model.discriminator.variables]
        moved.append(any(not np.array_equal(*pair) for pair in zip(before, after, strict=True)))
        assert l1 > 0 and bool(gan) == bool(discriminator) == moved[-1]
    assert moved == [False, False, True]
