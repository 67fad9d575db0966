"""What a user gets with no option touched is closer and follows better than the older recipes."""

from __future__ import annotations

from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pytest

import colab_pix2pix as p2p
from colab_pix2pix.config import FramesConfig, TrainConfig
from colab_pix2pix.dataset.manifest import Dataset
from colab_pix2pix.model import conditions
from colab_pix2pix.training.data import load_pictures
from colab_pix2pix.training.evaluation import follow_error, in_other_light
from support import CHECKOUT

STEPS = 300
CONFIG = TrainConfig(image_size=64, base_filters=8, precision="float32")


class Result(NamedTuple):
    """Mean absolute differences: to the real pictures in [−1, 1], to the inputs in [0, 1]."""

    l1: float
    follow: float


@pytest.fixture(scope="module")
def crops(tmp_path_factory: pytest.TempPathFactory) -> Dataset:
    folder = tmp_path_factory.mktemp("sample") / "crops"
    frames = p2p.extract_frames(
        p2p.sample_video(), folder, FramesConfig(count=120, scale="-1:64", crops="centre")
    )
    return p2p.split(frames)


@pytest.fixture
def rivals(monkeypatch: pytest.MonkeyPatch) -> Any:
    """The opponents of the quality benchmark, and the package, ready for steps."""
    monkeypatch.syspath_prepend(CHECKOUT / "benchmarks")
    import quality_opponents
    import quality_worker

    return quality_opponents, quality_worker


def train_and_measure(rival: Any, crops: Dataset, config: TrainConfig) -> Result:
    """Takes the same number of steps with each rival; the better of its test modes counts."""
    step = 0
    while step < STEPS:
        done, step = rival.learn(step, step / STEPS)
    np.asarray(done)
    image = conditions.encode_image(load_pictures(crops, config.replace(max_zoom=1.0)).held_out)
    input_image = conditions.make_input(image, config)
    other_light = in_other_light(input_image)
    return min(
        Result(
            float(np.abs(np.asarray(generate(input_image)) - image).mean()),
            follow_error(other_light, generate(other_light), config),
        )
        for generate in rival.modes.values()
    )


def opponent(rivals: Any, name: str, crops: Dataset) -> Any:
    pictures = load_pictures(crops, CONFIG.replace(max_zoom=1.0)).train
    return rivals[0].build(
        name,
        np.asarray(pictures),
        lambda image: conditions.make_input(image, CONFIG),
        filters=CONFIG.base_filters,
        seed=0,
    )


@pytest.mark.slow
def test_the_defaults_beat_both_older_recipes_step_for_step(crops: Dataset, rivals: Any) -> None:
    ours = train_and_measure(rivals[1].Ours(crops, CONFIG), crops, CONFIG)
    for name in ("ancestor", "paper"):
        theirs = train_and_measure(opponent(rivals, name, crops), crops, CONFIG)
        assert ours.l1 < theirs.l1, (name, ours, theirs)
        assert ours.follow < theirs.follow, (name, ours, theirs)


@pytest.mark.slow
def test_light_that_varies_in_the_input_alone_makes_a_network_deaf(
    crops: Dataset, rivals: Any
) -> None:
    deaf = CONFIG.replace(light_varies="input")
    ours = train_and_measure(rivals[1].Ours(crops, CONFIG), crops, CONFIG)
    theirs = train_and_measure(rivals[1].Ours(crops, deaf), crops, deaf)
    assert theirs.follow > 2 * ours.follow and theirs.l1 > ours.l1


def test_the_benchmark_starts_from_what_another_run_has_saved(
    crops: Dataset, rivals: Any, tmp_path: Path
) -> None:
    tiny, saved = CONFIG.replace(base_filters=4), tmp_path / "new" / "other.weights.h5"
    image = conditions.encode_image(load_pictures(crops, tiny.replace(max_zoom=1.0)).held_out[:2])
    input_image = conditions.make_input(image, tiny)

    def made_by(config: TrainConfig) -> np.ndarray:
        rival = rivals[1].Ours(crops, config)
        if not config.init_from:
            rival.save(saved)
        return np.asarray(rival.modes["inference"](input_image))

    other, own = made_by(tiny), made_by(tiny.replace(seed=1))
    assert not np.array_equal(other, own)
    np.testing.assert_array_equal(made_by(tiny.replace(seed=2, init_from=str(saved))), own)
