"""It learns: unseen crops of the sample video come out better, and four crops by heart."""

from __future__ import annotations

import resource
from pathlib import Path

import numpy as np
import pytest

import colab_pix2pix as p2p
from colab_pix2pix.config import FramesConfig, TrainConfig
from colab_pix2pix.events import Event, Metrics
from colab_pix2pix.manifest import Crop, Dataset


def processor_seconds() -> float:
    """Returns the time that this process has computed, on all cores together."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def sample_crops(folder: Path, count: int) -> Dataset:
    config = FramesConfig(count=count, scale="-1:90")
    crops = p2p.extract_frames(p2p.sample_video(), folder, config)
    return p2p.split(p2p.mark(crops))


@pytest.mark.slow
def test_pictures_never_seen_come_out_better_within_two_processor_minutes(tmp_path: Path) -> None:
    crops = sample_crops(tmp_path / "crops", 300)
    assert {crop.split for crop in crops.kept} == {"train", "test"}
    config = TrainConfig(image_size=64, base_filters=8, epochs=16)
    untrained = p2p.train(crops, tmp_path / "untrained", config.replace(epochs=1))
    assert untrained
    started = processor_seconds()
    heard: list[Event] = []
    p2p.train(crops, tmp_path / "run", config, on_event=heard.append)
    spent = processor_seconds() - started
    scores = [e.held_out_l1_loss for e in heard if isinstance(e, Metrics) and e.held_out_l1_loss]
    print(spent, scores)
    assert spent < 120
    assert scores[-1] < 0.6 * scores[0]


@pytest.mark.slow
def test_four_crops_are_learned_by_heart(tmp_path: Path) -> None:
    crops = sample_crops(tmp_path / "crops", 12).kept
    four = Dataset(tmp_path / "crops", tuple(Crop(file=c.file) for c in crops[::3][:4]))
    config = TrainConfig(
        image_size=64,
        base_filters=16,
        epochs=600,
        dropout=0.0,
        max_zoom=1.0,
        flip=False,
        brightness=0.0,
        contrast=0.0,
    )
    heard: list[Event] = []
    p2p.train(four, tmp_path / "run", config, on_event=heard.append)
    scores = [(e.step, e.held_out_l1_loss) for e in heard if isinstance(e, Metrics) and e.held_out_l1_loss]
    print(processor_seconds(), scores)
