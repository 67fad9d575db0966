"""It learns: unseen crops of the sample video come out better, and four crops by heart."""

from __future__ import annotations

from pathlib import Path

import pytest

import colab_pix2pix as p2p
from colab_pix2pix.config import FramesConfig, TrainConfig
from colab_pix2pix.dataset.manifest import Crop, Dataset
from colab_pix2pix.events import Event, Metrics


def sample_crops(folder: Path, count: int) -> Dataset:
    config = FramesConfig(count=count, scale="-1:90")
    crops = p2p.extract_frames(p2p.sample_video(), folder, config)
    return p2p.split(p2p.mark(crops))


def held_out_l1(crops: Dataset, run_dir: Path, config: TrainConfig) -> list[float]:
    """Trains; returns the scores in their order. The first is that after a single step."""
    heard: list[Event] = []
    p2p.train(crops, run_dir, config, on_event=heard.append)
    scores = [event.held_out_l1_loss for event in heard if isinstance(event, Metrics)]
    return [score for score in scores if score is not None]


@pytest.mark.slow
def test_pictures_never_seen_come_out_better_within_twelve_epochs(tmp_path: Path) -> None:
    crops = sample_crops(tmp_path / "crops", 300)
    assert {crop.split for crop in crops.kept} == {"train", "test"}
    config = TrainConfig(image_size=64, base_filters=8, epochs=12, gan_warmup_steps=0)
    scores = held_out_l1(crops, tmp_path / "run", config)
    assert scores[-1] < 0.6 * scores[0]


@pytest.mark.slow
def test_four_crops_are_learned_by_heart(tmp_path: Path) -> None:
    kept = sample_crops(tmp_path / "crops", 12).kept
    four = Dataset(tmp_path / "crops", tuple(Crop(file=crop.file) for crop in kept[::3][:4]))
    config = TrainConfig(
        **{"image_size": 64, "base_filters": 16, "learning_rate": 1e-3, "decay_from": 0.5},
        **{"max_zoom": 1.0, "flip": False, "brightness": 0.0, "contrast": 0.0},
        **{"gan_warmup_steps": 0, "epochs": 260},
    )
    scores = held_out_l1(four, tmp_path / "run", config)  # so few that they are those trained on
    assert scores[-1] < 0.05
