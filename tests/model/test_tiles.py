"""Pictures that are too long for the memory are made of tiles, and no seam is seen."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import tensorflow as tf

from colab_pix2pix.config import TrainConfig
from colab_pix2pix.errors import TrainingError
from colab_pix2pix.model import memory, predictor
from colab_pix2pix.model.build import build_generator
from colab_pix2pix.model.predictor import Predictor
from colab_pix2pix.model.trained import Trained

CONFIG = TrainConfig(image_size=64, base_filters=4, normalization="batch", precision="float32")


def made(config: TrainConfig, *, mode: str = "inference") -> Predictor:
    """Returns a network that has learned something: everything in it counts, far pixels too."""
    generator = build_generator(config, plain=True)
    random = np.random.default_rng(0)
    for variable in generator.variables:
        if "kernel" in variable.path:  # as large as keeps what comes out as large as what goes in
            variable.assign(
                random.normal(0, 1.4 / np.sqrt(np.prod(variable.shape[:3])), variable.shape)
            )
        elif "variance" in variable.path:
            variable.assign(random.uniform(0.5, 2.0, variable.shape))
        else:
            variable.assign(variable + random.normal(0, 0.2, variable.shape))
    state: Any = type("State", (), {"number": 1, "manifest": {"run_id": "x"}})()
    return Predictor(Trained(generator, config, state), mode, whole=True)


def long_picture(length: int, height: int = 64, count: int = 1) -> np.ndarray:
    return np.random.default_rng(1).integers(0, 256, (count, height, length, 3)).astype(np.uint8)


@pytest.mark.parametrize(
    ("shape", "options"),
    [
        ((64, 2500), {}),
        ((2500, 64), {}),
        ((70, 2111), {"upsampling": "resize"}),
        ((64, 2111), {"upsampling": "transposed"}),
        ((2111, 64), {"output_size": 32}),
        ((64, 2500), {"depth": 3}),
        ((64, 1999), {"condition": "edges"}),
        ((96, 2111), {"image_size": 96}),
    ],
)
def test_tiles_give_the_pixels_of_one_piece(
    monkeypatch: pytest.MonkeyPatch, shape: tuple[int, int], options: dict[str, Any]
) -> None:
    generate = made(CONFIG.replace(**options))
    picture = long_picture(shape[1], shape[0], count=2)
    whole = generate(picture).astype(int)
    shapes = []
    run = generate._run
    monkeypatch.setattr(generate, "_run", lambda x: shapes.append(x.shape) or run(x))
    monkeypatch.setattr(predictor, "_MOST_NUMBERS", 4 * 64 * 900)
    tiled = generate(picture).astype(int)
    assert len(shapes) >= 4 and {one[0] for one in shapes} == {1}
    assert whole.std() > 20, "it shows something"
    assert np.abs(tiled - whole).max() <= 1
    # At the borders of tiles neighbours differ as elsewhere.
    axis = 2 if shape[1] > shape[0] else 1
    steps = np.abs(np.diff(tiled, axis=axis) - np.diff(whole, axis=axis))
    assert steps.max() <= 2 and steps.mean() < 0.05


def test_a_narrower_overlap_would_be_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    """The measure of the test above finds seams where there are some."""
    generate = made(CONFIG)
    whole = generate(long_picture(2500)).astype(int)
    monkeypatch.setattr(predictor, "_MOST_NUMBERS", 4 * 64 * 900)
    monkeypatch.setattr(predictor, "_SEEN", 0)
    assert np.abs(generate(long_picture(2500)) - whole).max() > 20


@pytest.mark.parametrize(("normalization", "mode"), [("instance", "inference"), ("batch", "paper")])
def test_what_is_normalized_by_the_whole_picture_is_made_in_one_piece(
    monkeypatch: pytest.MonkeyPatch, normalization: str, mode: str
) -> None:
    generate = made(CONFIG.replace(normalization=normalization), mode=mode)
    whole = generate(long_picture(900))
    monkeypatch.setattr(predictor, "_MOST_NUMBERS", 4 * 64 * 300)
    assert np.array_equal(generate(long_picture(900)), whole)

    def full(image: tf.Tensor) -> tf.Tensor:
        raise tf.errors.ResourceExhaustedError(None, None, "OOM")

    monkeypatch.setattr(generate, "_run", full)
    with pytest.raises(TrainingError, match="for a picture of 9"):
        generate(long_picture(900))


@pytest.mark.parametrize(("mode", "normalization"), [("inference", "instance"), ("paper", "batch")])
def test_what_the_memory_can_not_hold_at_once_is_refused_before_the_system_ends_the_process(
    monkeypatch: pytest.MonkeyPatch, mode: str, normalization: str
) -> None:
    monkeypatch.setattr(predictor, "_MOST_NUMBERS", 4 * 64 * 900)
    generate = made(CONFIG.replace(normalization=normalization), mode=mode)
    assert generate(long_picture(1500)).shape == (1, 64, 1500, 3), "here it fits"
    monkeypatch.setattr(memory, "available_bytes", lambda: 2**21)
    with pytest.raises(TrainingError, match="too little memory for a picture of 1536x64 pixels"):
        generate(long_picture(1500))
    assert generate(long_picture(64)).shape == (1, 64, 64, 3)


def test_tiles_need_no_more_memory_than_there_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(predictor, "_MOST_NUMBERS", 4 * 64 * 900)
    monkeypatch.setattr(memory, "available_bytes", lambda: 2**21)
    assert made(CONFIG)(long_picture(1500)).shape == (1, 64, 1500, 3)
