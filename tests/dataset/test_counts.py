"""One sentence tells how many crops there are, are kept, are learned from: the same everywhere."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest

from colab_pix2pix.config import TrainConfig
from colab_pix2pix.dataset import archive, manifest
from colab_pix2pix.dataset.counts import counts_in_words, learned_and_held_out
from colab_pix2pix.dataset.manifest import Crop, Dataset
from colab_pix2pix.events import Event, Note
from colab_pix2pix.notebook.forms import TrainForm
from colab_pix2pix.notebook.gallery.gallery import Gallery
from colab_pix2pix.project import Project
from colab_pix2pix.training.data import split_crops
from colab_pix2pix.workflows.exporting import model_card
from support.networks import SMALLEST

SENTENCE = (
    "12 crops: 3 are left out and 9 are kept; it learns from 7 of them, and 2 are held out to"
    " test it."
)


@pytest.fixture
def some_left_out(crops: Dataset) -> Dataset:
    """Twelve crops: one rejected, two dark, two of the nine that are left held out."""
    changes: dict[int, dict[str, object]] = {0: {"choice": "reject"}, 1: {"marks": ("dark",)}}
    changes[2] = changes[1]
    all_crops = enumerate(crops.crops)
    dataset = crops.replace(
        tuple(dataclasses.replace(crop, **changes.get(index, {})) for index, crop in all_crops)
    )
    manifest.write(dataset)
    return dataset


def test_the_gallery_the_form_and_the_model_card_say_the_same(
    some_left_out: Dataset, tmp_path: Path
) -> None:
    assert counts_in_words(some_left_out) == SENTENCE
    assert SENTENCE in Gallery(some_left_out).counts.value
    form = TrainForm(crops=some_left_out)
    assert any(SENTENCE in str(getattr(row, "value", "")) for row in form.children)
    assert "the 7 crops that it learns from" in form.time_estimate.value
    project = Project(tmp_path / "run")
    project.path.mkdir()
    archive.pack(some_left_out, project.dataset_zip)
    assert model_card.sources(project)[0] == SENTENCE


def test_a_click_changes_the_sentence(some_left_out: Dataset) -> None:
    gallery = Gallery(some_left_out)
    gallery.buttons[3].value = True
    assert "4 are left out and 8 are kept; it learns from 6 of them" in gallery.counts.value


@pytest.mark.slow
def test_training_says_it_too(some_left_out: Dataset, tmp_path: Path) -> None:
    from colab_pix2pix.workflows.pipeline import train

    heard: list[Event] = []
    train(some_left_out, tmp_path / "run", SMALLEST, on_event=heard.append)
    assert SENTENCE in [event.message for event in heard if isinstance(event, Note)]


@pytest.mark.parametrize("count", [1, 4, 5, 20, 39])
def test_the_numbers_are_those_of_training(tmp_path: Path, count: int) -> None:
    dataset = Dataset(tmp_path, tuple(Crop(file=f"{n}.png") for n in range(count)))
    learned, held_out = learned_and_held_out(dataset)
    assert split_crops(dataset, TrainConfig()) == (learned, held_out or learned)
    said = counts_in_words(dataset)
    assert f"learns from {len(learned)}" in said
    assert (f"and {len(held_out)} " in said) == bool(held_out)


def test_one_and_none_are_said_as_people_do(tmp_path: Path) -> None:
    one = Dataset(tmp_path, (Crop(file="1.png"),))
    assert counts_in_words(one).startswith("1 crop: all are kept; it learns from 1, too few")
    none = one.replace((Crop(file="1.png", choice="reject"),))
    assert counts_in_words(none) == "1 crop: none is kept, so there is nothing to learn from."
