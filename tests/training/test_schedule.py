"""Which picture comes when is a function of the step: nothing to save, nothing to lose."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from colab_pix2pix.config import TrainConfig
from colab_pix2pix.dataset.manifest import Crop, Dataset
from colab_pix2pix.errors import DatasetError
from colab_pix2pix.training.data import Schedule, load_pictures, split_crops


@given(st.integers(1, 40), st.integers(1, 9), st.integers(0, 5))
def test_every_picture_comes_once_an_epoch(pictures: int, batch_size: int, seed: int) -> None:
    schedule = Schedule(pictures=pictures, batch_size=batch_size, seed=seed)
    steps = range(schedule.last_step(3))
    stream = np.concatenate([schedule.indices(step) for step in steps])
    for epoch in range(3):
        assert sorted(stream[epoch * pictures : (epoch + 1) * pictures]) == list(range(pictures))


@given(st.integers(1, 40), st.integers(1, 9), st.integers(1, 9))
def test_the_last_step_completes_the_last_epoch(pictures: int, batch: int, epochs: int) -> None:
    schedule = Schedule(pictures=pictures, batch_size=batch, seed=0)
    last = schedule.last_step(epochs)
    assert schedule.epoch(last) >= epochs > schedule.epoch(last - 1)


def test_the_order_changes_with_the_epoch_and_the_seed() -> None:
    def epoch(seed: int, number: int) -> list[int]:
        schedule = Schedule(pictures=30, batch_size=30, seed=seed)
        return schedule.indices(number).tolist()

    assert epoch(0, 0) == epoch(0, 0)
    assert epoch(0, 0) != epoch(0, 1) != epoch(1, 1)


def test_another_batch_size_takes_over_where_the_old_one_ended() -> None:
    old = Schedule(pictures=12, batch_size=4, seed=3)
    new = dataclasses.replace(old, batch_size=2, origin_step=5, origin_samples=old.samples_seen(5))
    stream = [i for step in range(5) for i in old.indices(step)]
    stream += [i for step in range(5, new.last_step(2)) for i in new.indices(step)]
    assert sorted(stream[:12]) == sorted(stream[12:]) == list(range(12))


def test_pictures_are_held_at_up_to_1_3_times_the_size(crops: Dataset) -> None:
    pictures = load_pictures(crops, TrainConfig(image_size=64))
    assert pictures.train.shape == (10, 80, 80, 3)
    assert pictures.held_out.shape == (2, 80, 80, 3)
    assert pictures.train.dtype == np.uint8


def test_a_folder_without_a_manifest_holds_its_last_tenth_out(tmp_path) -> None:
    dataset = Dataset(tmp_path, tuple(Crop(file=f"{i:02}.png") for i in range(20)))
    train, held_out = split_crops(dataset, TrainConfig())
    assert (len(train), held_out) == (18, list(dataset.crops[18:]))


def test_with_fewer_than_five_pictures_none_is_held_out(tmp_path) -> None:
    dataset = Dataset(tmp_path, tuple(Crop(file=f"{i}.png") for i in range(2)))
    both = list(dataset.crops)
    assert split_crops(dataset, TrainConfig()) == (both, both)


@pytest.mark.parametrize("side", ["train", "test"])
def test_where_one_side_is_empty_the_last_tenth_is_held_out(tmp_path, side) -> None:
    dataset = Dataset(tmp_path, tuple(Crop(file=f"{i:02}.png", split=side) for i in range(20)))
    assert split_crops(dataset, TrainConfig())[1] == list(dataset.crops[18:])
    rejected = tuple(dataclasses.replace(c, split="test", choice="reject") for c in dataset.crops)
    dataset = dataset.replace((*rejected, *dataset.crops))
    assert split_crops(dataset, TrainConfig())[1] == list(dataset.crops[38:])


def test_a_dataset_of_rejected_crops_is_refused(tmp_path) -> None:
    dataset = Dataset(
        tmp_path, (Crop(file="a.png", choice="reject"), Crop(file="b.png", marks=("dark",)))
    )
    with pytest.raises(DatasetError, match="All 2 crops"):
        split_crops(dataset, TrainConfig())
