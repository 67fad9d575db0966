"""Samples show the crops that a person has chosen."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from colab_pix2pix.cli import main
from colab_pix2pix.config import SamplesConfig
from colab_pix2pix.dataset.manifest import Dataset
from colab_pix2pix.notebook.forms import TrainForm
from colab_pix2pix.project import Project
from colab_pix2pix.training.artifacts import newest_sample, read_sample, split_grid
from colab_pix2pix.training.data import chosen_crops, sample_pictures
from colab_pix2pix.workflows.pipeline import train
from colab_pix2pix.workflows.sharing.choosing import draw_states
from colab_pix2pix.workflows.sharing.share import share
from support.networks import FLAGS, SMALLEST


def shown(project: Project) -> np.ndarray:
    """Returns the real pictures of the newest sample."""
    path = newest_sample(project)
    grid = None if path is None else read_sample(path)
    assert grid is not None
    pictures: np.ndarray = split_grid(grid)[1].astype(int)
    return pictures


def real(crops: Dataset, number: int) -> np.ndarray:
    with Image.open(crops.directory / f"disc-{number - 1:02d}.png") as picture:
        return np.asarray(picture.convert("RGB").resize((64, 64), Image.Resampling.BOX), int)


def test_chosen_crops_are_shown_in_the_order_in_which_they_were_chosen(
    crops: Dataset, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    project = Project(tmp_path / "run")
    words = ["train", str(crops.directory), str(project.path), *FLAGS]
    assert main.main([*words, "--samples", "13"]) == 2
    assert "samples: received 13. Expected numbers of crops from 1 to 12" in capsys.readouterr().err
    assert main.main([*words, "--samples", "7, 1, 12"]) == 0
    assert project.recall(SamplesConfig).samples == "7, 1, 12"
    pictures = shown(project)
    assert len(pictures) == 3
    for picture, number in zip(pictures, (7, 1, 12), strict=True):
        others = [np.abs(picture - real(crops, n)).mean() for n in range(1, 13)]
        assert int(np.argmin(others)) + 1 == number
    train(crops, project, SMALLEST.replace(epochs=2))
    assert len(shown(project)) == 3, "remembered with the project"
    _, *_, (_, there) = draw_states(project, 4)
    assert len(there) == 3 and np.abs(there[1] - real(crops, 1)).mean() < 9, "and by who chooses"
    (sheet,) = share(project, kinds=["png"])
    with Image.open(sheet) as picture:
        assert picture.height > 3 * 256


def test_numbers_that_are_gone_count_for_nothing(crops: Dataset, tmp_path: Path) -> None:
    project = Project(tmp_path / "run")
    assert sample_pictures(crops, project, SMALLEST) is None
    project.remember(SamplesConfig(samples="99, 2, 2"))
    assert [crop.file for crop in chosen_crops(crops, project)] == ["disc-01.png"]
    pictures = sample_pictures(crops, project, SMALLEST)
    assert pictures is not None and pictures.shape == (1, 64, 64, 3)
    project.remember(SamplesConfig(samples="99"))
    assert sample_pictures(crops, project, SMALLEST) is None


def test_the_form_takes_numbers_of_the_gallery(crops: Dataset, tmp_path: Path) -> None:
    project = Project(tmp_path / "run")
    form = TrainForm(project, crops)
    form.samples.box.value = "3, 12"
    assert project.recall(SamplesConfig).samples == "3, 12"
    form.samples.box.value = "13"
    assert "from 1 to 12" in form.errors.value
    form.samples.box.value = "many"
    assert "up to 4 numbers of crops" in form.samples.message.value
    assert project.recall(SamplesConfig).samples == "3, 12"
    assert TrainForm(project, crops).samples.value == "3, 12"
    assert form.preset.value == "quick", "a choice of samples is no change of the preset"
