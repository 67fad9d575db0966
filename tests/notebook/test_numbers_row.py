"""Crops of the gallery that the samples of a training show: by numbers, and from the close look."""

from __future__ import annotations

from pathlib import Path

import pytest

from colab_pix2pix.config import SamplesConfig
from colab_pix2pix.dataset.manifest import Dataset
from colab_pix2pix.notebook import kernel_state
from colab_pix2pix.notebook.forms import TrainForm
from colab_pix2pix.notebook.gallery.gallery import Gallery
from colab_pix2pix.project import Project


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return Project(tmp_path / "p")


def samples_of(project: Project) -> str:
    return project.recall(SamplesConfig).samples


def test_numbers_go_to_the_samples_and_into_the_form_for_training(
    crops: Dataset, project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    state = kernel_state.KernelState()
    monkeypatch.setattr(kernel_state, "current", state)
    state.use(project)
    form = TrainForm(project, crops)
    state.keep("train_form", form)
    gallery = Gallery(crops, project=project)
    row = gallery.by_number
    row.numbers.value = "3, 7-9"
    row.samples.click()
    assert samples_of(project) == form.samples.value == "3, 7, 8, 9"
    assert "show: 3, 7, 8, 9" in row.said.value and row.numbers.value == ""
    assert all(crop.kept for crop in gallery.dataset.crops)


@pytest.mark.parametrize(("text", "words"), [("1-5", "up to 4 numbers"), ("13", "from 1 to 12")])
def test_too_many_and_unknown_ones_are_explained_and_change_nothing(
    crops: Dataset, project: Project, text: str, words: str
) -> None:
    project.remember(SamplesConfig(samples="2"))
    gallery = Gallery(crops, project=project)
    gallery.by_number.numbers.value = text
    gallery.by_number.samples.click()
    assert words in gallery.errors.value and samples_of(project) == "2"
    assert gallery.by_number.numbers.value == text


def test_from_the_close_look_they_come_one_by_one_and_the_oldest_goes(
    crops: Dataset, project: Project
) -> None:
    gallery = Gallery(crops, project=project)
    look = gallery.close_look
    look.looking.value = True
    gallery.buttons[1].value = True
    for _ in range(5):
        look.sample.click()
        look.next.click()
    assert samples_of(project) == "3, 4, 5, 6" and "show" not in look.caption.value
    look.back.click()
    look.sample.click()  # one that is there already is not there twice
    assert samples_of(project) == "3, 4, 5, 6" and "show: 3, 4, 5, 6" in look.caption.value


def test_without_a_project_there_are_no_such_buttons(crops: Dataset) -> None:
    gallery = Gallery(crops)
    assert gallery.by_number.samples not in gallery.by_number.children
    shown = [button for row in gallery.close_look.children[1:2] for button in row.children]
    assert gallery.close_look.sample not in shown
