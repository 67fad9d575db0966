"""What the version before left behind still loads; see tests/fixtures/README.md."""

from __future__ import annotations

import zipfile
from pathlib import Path

import keras
import numpy as np
import onnxruntime
import pytest
from PIL import Image

from colab_pix2pix.config import TrainConfig
from colab_pix2pix.dataset.archive import unpack
from colab_pix2pix.events import Event, Note, Resumed
from colab_pix2pix.model.trained import load_trained
from colab_pix2pix.project import Project
from colab_pix2pix.storage.restore import read_run_state, status, verify
from colab_pix2pix.workflows.apply import apply
from colab_pix2pix.workflows.pipeline import train
from support import TESTS

RUN_ID = "5cd7875c1b584984bbd4ae70e0a49c84"


@pytest.fixture
def left(tmp_path: Path) -> Path:
    """The folder that it left: a run and its exports."""
    with zipfile.ZipFile(TESTS / "fixtures" / "run-0.1.0.zip") as archive:
        archive.extractall(tmp_path / "left")
    return tmp_path / "left"


def test_its_state_is_told_and_whole(left: Path) -> None:
    state = status(left / "run")
    assert (state["step"], state["epochs_done"], state["run_id"]) == (6, 2, RUN_ID)
    assert state["confirmed"] == state["saved"]
    assert state["options"]["max_filters"] == 8
    report = verify(left / "run")
    assert report["ok"]
    assert [(slot["check"], slot["step"]) for slot in report["slots"]] == [
        ("whole", 3),
        ("whole", 6),
    ]


def test_its_settings_are_known_also_without_its_project_file(left: Path) -> None:
    project = Project(left / "run")
    before = project.recall(TrainConfig)
    assert (before.ema, before.depth) == (0.5, 3)
    project.settings_file.unlink()
    assert project.recall(TrainConfig) == before
    assert project.settings()["run_id"] == RUN_ID


def test_it_goes_on_where_it_was(left: Path, tmp_path: Path) -> None:
    project, heard = Project(left / "run"), list[Event]()
    crops = unpack(project.dataset_zip, tmp_path / "crops")
    assert [crop.split for crop in crops.crops] == ["train"] * 6 + ["test"]
    config = project.recall(TrainConfig).replace(epochs=3)
    result = train(crops, project, config, on_event=heard.append)
    assert (result.started_at_step, result.step, result.epochs_done) == (6, 9, 3)
    assert Resumed(step=6, generation=2) in heard
    assert not [e for e in heard if isinstance(e, Note) and "have changed" in e.message]
    newest = read_run_state(project).generations[0]
    assert (newest.number, newest.manifest["run_id"]) == (3, RUN_ID)
    rows = [row.split(",")[0] for row in project.metrics_csv.read_text().splitlines()]
    assert rows[:5] == ["step", "1", "2", "4", "6"] and rows[-1] == "9"


def test_its_model_is_applied(left: Path, tmp_path: Path) -> None:
    crops = unpack(left / "run" / "dataset.zip", tmp_path / "crops")
    results = apply(left / "run", crops.directory, tmp_path / "made")
    assert [Image.open(path).size for path in results] == [(64, 64)] * 7


def test_its_exports_are_the_model_that_its_run_holds(left: Path) -> None:
    images = np.random.default_rng(0).uniform(-1, 1, (2, 64, 64, 1)).astype(np.float32)
    expected = np.asarray(load_trained(Project(left / "run")).generator(images, training=False))
    model = keras.models.load_model(left / "exports" / "generator.keras")
    assert np.allclose(model(images, training=False), expected, atol=1e-5)
    session = onnxruntime.InferenceSession(left / "exports" / "generator.onnx")
    (name,) = [entry.name for entry in session.get_inputs()]
    assert np.allclose(session.run(None, {name: images})[0], expected, atol=1e-4)
