"""The crash drill's button under the training panel."""

from __future__ import annotations

from pathlib import Path

import pytest

from colab_pix2pix.dataset.manifest import Dataset
from colab_pix2pix.notebook.panels import drill_view
from colab_pix2pix.notebook.panels.training_panel import TrainingPanel
from colab_pix2pix.project import Project
from colab_pix2pix.workflows.pipeline import train
from support.networks import SMALLEST


@pytest.mark.slow
def test_the_button_tries_what_a_new_machine_would_find_and_says_it(
    crops: Dataset, tmp_path: Path
) -> None:
    project = train(crops, tmp_path / "roses <b>", SMALLEST).project
    view = TrainingPanel(project).drill
    assert view is not None
    assert "your project is only read" in view.result.value
    view.button.click()
    assert view.button.disabled
    view.button.click()  # once more, while it runs: nothing happens
    view.wait()
    assert not view.button.disabled
    assert "A new machine would go on at step 3. Tried in a copy: 12 crops" in view.result.value
    assert "Nothing would be lost." in view.result.value
    assert "<b>" not in view.result.value
    assert "cp-good" in view.result.value and not view.errors.value
    project.dataset_zip.write_bytes(b"")
    view.button.click()
    view.wait()
    assert "Lost would be:" in view.result.value and "dataset.zip" in view.result.value
    assert "cp-warning" in view.result.value


def test_what_can_not_be_tried_says_why(tmp_path: Path) -> None:
    view = drill_view.DrillView(Project(tmp_path / "nothing"))
    view.button.click()
    view.wait()
    assert "no run folder" in view.errors.value
    assert not view.result.value and not view.button.disabled
    assert TrainingPanel().drill is None
