"""A trained model in the formats of other programs gives the same pictures there."""

from __future__ import annotations

import json
from pathlib import Path

import keras
import numpy as np
import onnxruntime
import pytest

from colab_pix2pix import cli
from colab_pix2pix.config import TrainConfig
from colab_pix2pix.errors import CheckpointError, ExportError
from colab_pix2pix.events import Event, Note
from colab_pix2pix.exporting import FORMATS, export
from colab_pix2pix.manifest import Dataset
from colab_pix2pix.model import export as formats
from colab_pix2pix.model.loading import load_trained
from colab_pix2pix.pipeline import keep_and_train
from colab_pix2pix.project import Project

TINY = TrainConfig(image_size=64, base_filters=4, epochs=2, batch_size=4)
KINDS = {
    "the defaults": TINY,
    "resize, instance, ema": TINY.replace(
        upsampling="resize", normalization="instance", ema=0.9, depth=5, leak=0.3
    ),
    "smaller output, in colour": TINY.replace(output_size=32, input_channels=3),
}


@pytest.mark.slow
@pytest.mark.parametrize("kind", KINDS)
def test_every_format_gives_the_same_pictures(crops: Dataset, tmp_path: Path, kind: str) -> None:
    project = keep_and_train(crops, Project(tmp_path / "run"), KINDS[kind]).project
    heard: list[Event] = []
    target = tmp_path / "out"
    written = export(project, target, list(FORMATS), on_event=heard.append)
    assert all(path.exists() for path in written)
    assert sum(isinstance(e, Note) and "of the model on 2 crops" in e.message for e in heard) == 5
    assert {path.name for path in target.iterdir()} == {path.name for path in written}

    channels = KINDS[kind].channels_fed
    images = np.random.default_rng(0).uniform(-1, 1, (3, 64, 64, channels)).astype(np.float32)
    expected = np.asarray(load_trained(project).generator(images, training=False))
    # Loaded by others, who know nothing of this package.
    plain = keras.models.load_model(target / "generator.keras")
    assert np.allclose(plain(images, training=False), expected, atol=1e-5)
    session = onnxruntime.InferenceSession(target / "generator.onnx")
    assert np.allclose(session.run(None, {"input_image": images})[0], expected, atol=1e-4)

    condition = json.loads((target / "condition.json").read_text())
    assert condition["input_channels"] == channels and condition["condition"] == "blurred-grey"
    card = (target / "model-card.md").read_text()
    assert "2 epochs, 5 steps" in card and "licences" in card and "held-out crops at step" in card
    assert (target / "sample.jpg").exists()


def test_a_file_that_gives_other_pictures_is_not_kept(
    crops: Dataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    project = keep_and_train(crops, Project(tmp_path / "run"), TINY).project
    export(project, tmp_path / "out")
    before = (tmp_path / "out" / "generator.keras").read_bytes()

    def broken(generator: keras.Model, path: Path) -> None:
        copy = keras.models.clone_model(generator)  # weights of its own
        copy.save(path)

    monkeypatch.setitem(formats._WRITERS, "keras", broken)
    with pytest.raises(ExportError, match="other pictures"):
        export(project, tmp_path / "out")
    assert (tmp_path / "out" / "generator.keras").read_bytes() == before


def test_a_generation_is_chosen_by_name(crops: Dataset, tmp_path: Path) -> None:
    project = Project(tmp_path / "run")
    for epochs in (1, 2):
        keep_and_train(crops, project, TINY.replace(epochs=epochs))
    assert load_trained(project).generation.number == 2
    assert load_trained(project, "1").generation.step == 3
    assert load_trained(project, "best").generation.number in (1, 2)
    with pytest.raises(CheckpointError, match="2, 1"):
        load_trained(project, "7")


def test_bad_input_is_refused_and_nothing_is_written(crops: Dataset, tmp_path: Path) -> None:
    words = ["export", str(tmp_path / "no run"), str(tmp_path / "out")]
    assert cli.main(words) == 1
    assert cli.main([*words, "--format", "keras,jpeg"]) == 1
    with pytest.raises(ExportError, match="'jpeg'"):
        export(tmp_path / "no run", tmp_path / "out", ["jpeg"])
    (tmp_path / "file").write_text("mine")
    with pytest.raises(ExportError, match="is a file"):
        export(tmp_path / "no run", tmp_path / "file")
    assert not (tmp_path / "out").exists()
