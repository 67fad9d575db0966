"""What the network is fed: as the docstring says it, and by chance only where chance is meant."""

from __future__ import annotations

import re

import numpy as np
import pytest
import tensorflow as tf

from colab_pix2pix.config import Size, TrainConfig, sides
from colab_pix2pix.dataset.manifest import Dataset
from colab_pix2pix.model import conditions
from colab_pix2pix.model.pix2pix import Pix2Pix
from colab_pix2pix.training.data import Schedule, load_pictures

LUMA = np.array([0.2989, 0.5870, 0.1140])


def noise(count: int, size: Size, seed: int = 0) -> np.ndarray:
    random = np.random.default_rng(seed)
    return random.integers(0, 256, (count, *sides(size).shape, 3), np.uint8)


def area_matrix(size: int, small: int) -> np.ndarray:
    """Returns `(small, size)`: the part that each large pixel has in each small one."""
    edges = np.arange(small + 1) * size / small
    pixels = np.arange(size)
    high = np.minimum(edges[1:, None], pixels + 1)
    return np.clip(high - np.maximum(edges[:-1, None], pixels), 0, None) * small / size


def cubic_matrix(small: int, size: int) -> np.ndarray:
    """Returns `(size, small)`: the weight of each small pixel in each large one."""
    place = (np.arange(size) + 0.5) * small / size - 0.5
    d = np.abs(place[:, None] - np.arange(small))
    near = 1.5 * d**3 - 2.5 * d**2 + 1
    far = -0.5 * d**3 + 2.5 * d**2 - 4 * d + 2
    weights = np.where(d <= 1, near, np.where(d < 2, far, 0))
    return weights / weights.sum(1, keepdims=True)


def as_the_docstring_says(picture: np.ndarray, config: TrainConfig) -> np.ndarray:
    """Returns the input of one uint8 picture `(height, width, 3)`, by plain arithmetic."""
    image = picture / 127.5 - 1.0
    grey = image @ LUMA
    if config.condition == "edges":
        padded = np.pad(grey, 1, mode="reflect")
        blend = padded[:, :-2] + 2 * padded[:, 1:-1] + padded[:, 2:]
        a = blend[2:] - blend[:-2]
        blend = padded[:-2] + 2 * padded[1:-1] + padded[2:]
        b = blend[:, 2:] - blend[:, :-2]
        return (1 - np.minimum(2, np.sqrt(a**2 + b**2) / 2))[..., None]
    image = grey[..., None] if config.channels_fed == 1 else image
    if config.condition == "blurred-grey":
        both = []
        for side in image.shape[:2]:
            wanted = round(256 / config.blur_factor * side / min(image.shape[:2]))
            small = min(side, max(1, wanted))
            both.append(cubic_matrix(small, side) @ area_matrix(side, small))
        down = np.tensordot(both[0], image, (1, 0))  # (y, w, c)
        image = np.tensordot(both[1], down, (1, 1)).swapaxes(0, 1).clip(-1, 1)
    return image


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"input_channels": 3},
        {"blur_factor": 10.24},  # 25: a whole number of pixels nowhere
        {"blur_factor": 1.0},  # more small pixels than there are: nothing is blurred
        {"blur_factor": 128.0},
        {"condition": "grey"},
        {"condition": "edges"},
        {"condition": "paired"},
        {"condition": "paired", "input_channels": 1},
    ],
    ids=str,
)
@pytest.mark.parametrize("size", [64, 96, 256, "96x64", "64x160", "512x288"])
def test_the_input_is_what_its_docstring_says_in_plain_numpy(
    changes: dict[str, object], size: int | str
) -> None:
    config = TrainConfig(image_size=size).replace(**changes)
    pictures = noise(2, size)
    width, height = sides(size)
    pictures[1, : height // 2] //= 2  # some large shapes too
    pictures[1, :, width // 3 :, 0] = 255
    fed = conditions.make_input(conditions.encode_image(pictures), config).numpy()
    wanted = np.stack([as_the_docstring_says(picture, config) for picture in pictures])
    assert fed.shape == (2, height, width, config.channels_fed)
    np.testing.assert_allclose(fed, wanted, atol=1e-5)
    same = conditions.decode_image(fed).numpy() == conditions.decode_image(wanted).numpy()
    assert same.mean() > 0.95  # byte for byte but for values that lie halfway between two


def test_the_docstring_holds_the_numbers_of_the_formula() -> None:
    words = conditions.make_input.__doc__ or ""
    for number in ("0.2989", "0.5870", "0.1140", "1.5d³ − 2.5d² + 1", "−0.5d³ + 2.5d² − 4d + 2"):
        assert number in re.sub(r"\s+", " ", words)


AUGMENTED = {"image_size": 64, "max_zoom": 1.5, "flip": True}
VARIED = {"brightness": 0.2, "contrast": 0.15}


def test_what_happens_to_a_picture_does_not_depend_on_the_others_of_its_batch() -> None:
    pictures, seed = noise(7, 80), (3, 12)
    whole = conditions.augment_target(pictures, seed=seed, **AUGMENTED)
    for count in (1, 2, 5):
        part = conditions.augment_target(pictures[:count], seed=seed, **AUGMENTED)
        assert np.array_equal(part, whole[:count])
    others = np.concatenate([noise(3, 80, seed=9), pictures[3:]])
    assert np.array_equal(conditions.augment_target(others, seed=seed, **AUGMENTED)[3:], whole[3:])
    inputs = tf.image.rgb_to_grayscale(whole)
    varied = conditions.augment_light(inputs, seed=seed, **VARIED)
    part = conditions.augment_light(inputs[:3], seed=seed, **VARIED)
    assert np.array_equal(part, varied[:3])


def test_each_place_in_a_batch_and_each_step_has_chances_of_its_own() -> None:
    same = np.repeat(noise(1, 80), 8, axis=0)
    first, second = (conditions.augment_target(same, seed=(3, s), **AUGMENTED) for s in (0, 4))
    every = np.concatenate([first, second])
    assert len({picture.tobytes() for picture in every}) == 16
    inputs = tf.zeros((8, 64, 64, 1))
    assert len(np.unique(conditions.augment_light(inputs, seed=(3, 1), **VARIED))) == 8


def test_chance_covers_its_whole_range_and_not_more() -> None:
    ramp = np.broadcast_to(np.linspace(40, 215, 90), (4000, 90, 90)).astype(np.uint8)
    ramp = np.repeat(ramp[..., None], 3, axis=-1)
    image = conditions.augment_target(ramp, image_size=4, max_zoom=1.5, flip=True, seed=(0, 0))
    left, right = (image.numpy() + 1)[:, 0, 0, 0] * 127.5, (image.numpy() + 1)[:, 0, -1, 0] * 127.5
    assert 0.45 < (left > right).mean() < 0.55  # half of them are mirrored
    seen = np.abs(left - right) / (215 - 40)
    assert 1 / 1.5 - 0.02 < seen.min() < 0.69 and 0.98 < seen.max() < 1.02
    grey = tf.random.stateless_uniform((4000, 8, 8, 1), (1, 1), -0.3, 0.3)
    varied = conditions.augment_light(grey, brightness=0.2, contrast=0.15, seed=(0, 0)).numpy()
    shift = varied.mean((1, 2, 3)) - grey.numpy().mean((1, 2, 3))
    gain = varied.std((1, 2, 3)) / grey.numpy().std((1, 2, 3))
    assert -0.4 < shift.min() < -0.39 and 0.39 < shift.max() < 0.4
    assert 0.849 < gain.min() < 0.86 and 1.14 < gain.max() < 1.151


def test_a_step_is_fed_the_same_whenever_it_is_run_and_another_seed_differs(
    crops: Dataset,
) -> None:
    def fed(seed: int, steps: list[int]) -> list[bytes]:
        config = TrainConfig(image_size=64, base_filters=4, seed=seed, precision="float32")
        pictures = load_pictures(crops, config).train
        schedule = Schedule(pictures=len(pictures), batch_size=4, seed=seed)
        model = Pix2Pix(config)
        batches = [
            model.augmented_pair(pictures[schedule.indices(s)], tf.constant(s, tf.int64))
            for s in steps
        ]
        return [tf.concat(pair, -1).numpy().tobytes() for pair in batches]

    in_order = fed(0, [0, 1, 2, 3])
    assert fed(0, [3, 1])[0] == in_order[3]
    assert len(set(in_order)) == 4
    assert not set(fed(1, [0, 1, 2, 3])) & set(in_order)


def test_the_light_of_crop_and_input_varies_together() -> None:
    pictures, step = noise(6, 80), tf.constant(5, tf.int64)
    config = TrainConfig(image_size=64, brightness=0.2, contrast=0.15, light_varies="both")
    input_image, target_image = conditions.make_training_pair(pictures, config, step)
    assert np.allclose(input_image, conditions.make_input(target_image, config), atol=1e-5)
    plain, _ = conditions.make_training_pair(pictures, config.replace(brightness=0.0), step)
    assert np.abs(input_image - plain).mean() > 0.05


def test_the_light_of_the_input_alone_varies_where_a_run_was_made_so() -> None:
    pictures, step = noise(6, 80), tf.constant(5, tf.int64)
    config = TrainConfig(image_size=64, brightness=0.2, contrast=0.15, light_varies="input")
    input_image, target_image = conditions.make_training_pair(pictures, config, step)
    steady = config.replace(brightness=0.0, contrast=0.0)
    _, same = conditions.make_training_pair(pictures, steady, step)
    assert np.array_equal(target_image, same)
    assert np.abs(input_image - conditions.make_input(target_image, config)).mean() > 0.05


def test_what_the_discriminator_sees_of_a_pair_is_changed_alike() -> None:
    image = conditions.encode_image(noise(5, 64))
    grey = tf.reduce_mean(image, axis=3, keepdims=True)
    compiled = tf.function(conditions.augment_for_discriminator)
    again, seen, seen_grey = compiled([image, image, grey], seed=tf.constant((1, 2)))
    assert np.array_equal(again, seen)
    hole = np.all(seen.numpy() == 0, axis=-1)
    assert np.array_equal(hole, np.all(seen_grey.numpy() == 0, axis=-1))
    assert 0.05 < hole.mean() < 0.5
    other = conditions.augment_for_discriminator([image], seed=(1, 3))[0]
    assert not np.array_equal(other, seen)


def test_gradients_go_through_what_the_discriminator_sees() -> None:
    image = tf.Variable(conditions.encode_image(noise(2, 64)))
    with tf.GradientTape() as tape:
        (seen,) = conditions.augment_for_discriminator([image], seed=(1, 2))
        loss = tf.reduce_sum(seen)
    gradient = tape.gradient(loss, image).numpy()
    assert np.isfinite(gradient).all() and (gradient != 0).mean() > 0.4


@pytest.mark.parametrize("size", ["96x64", "64x128"])
def test_both_sides_of_an_oblong_picture_are_zoomed_alike(size: str) -> None:
    width, height = sides(size)
    y, x = np.mgrid[:height, :width].astype(np.float32)
    places = np.stack([x, y, 0 * x], axis=-1).astype(np.uint8)  # where each pixel comes from
    pictures = np.repeat(places[np.newaxis], 200, axis=0)
    image = conditions.augment_target(
        pictures, image_size=size, max_zoom=1.5, flip=False, seed=(0, 1)
    )
    corners = ((image.numpy() + 1) * 127.5)[:, [0, -1], [0, -1], :2]
    across, down = (corners[:, 1] - corners[:, 0]).T
    np.testing.assert_allclose(across / (width - 1), down / (height - 1), atol=1e-4)
    assert 0.65 < (across / (width - 1)).min() < 0.7 and (across / (width - 1)).max() > 0.98


def test_an_oblong_picture_is_shifted_by_an_eighth_and_its_hole_is_half_of_each_side() -> None:
    white = tf.ones((8, 64, 128, 3))
    seen = [conditions.augment_for_discriminator([white], seed=(0, n))[0] for n in range(100)]
    hidden = (tf.concat(seen, axis=0).numpy() == 0).all(-1)
    down, across = hidden.all(2), hidden.all(1)  # the rows and columns that a shift has emptied
    assert (down.sum(1).max(), across.sum(1).max()) == (8, 16)
    hole = hidden & ~down[:, :, None] & ~across[:, None, :]
    assert (hole.sum(1).max(), hole.sum(2).max()) == (32, 64)
