"""A trained model in the formats of other programs gives the same pictures there."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import keras
import numpy as np
import onnx
import onnxruntime
import pytest
import tensorflow as tf

from colab_pix2pix.cli import main
from colab_pix2pix.config import TrainConfig
from colab_pix2pix.dataset.manifest import Dataset
from colab_pix2pix.errors import CheckpointError, ExportError, Pix2PixError
from colab_pix2pix.events import Event, Note
from colab_pix2pix.model import export_formats as formats
from colab_pix2pix.model.onnx_export import METADATA_KEY
from colab_pix2pix.model.trained import load_trained
from colab_pix2pix.project import Project
from colab_pix2pix.workflows.apply import apply
from colab_pix2pix.workflows.export import FORMATS, WEIGHTS, export
from colab_pix2pix.workflows.pipeline import train
from support import drivefs
from support.machines import machine

TINY = TrainConfig(image_size=64, base_filters=4, epochs=2, batch_size=4, dropout=0.5)
KINDS = {
    "the defaults": TINY,
    "resize, instance, ema": TINY.replace(
        upsampling="resize", normalization="instance", ema=0.9, depth=5, leak=0.3
    ),
    "smaller output, in colour": TINY.replace(output_size=32, input_channels=3),
    "no power of two": TINY.replace(image_size=96),
}


@pytest.fixture
def trained_a_little(crops: Dataset, tmp_path: Path) -> Project:
    return train(crops, Project(tmp_path / "run"), TINY).project


@pytest.mark.slow
@pytest.mark.parametrize("kind", KINDS)
def test_every_format_gives_the_same_pictures(crops: Dataset, tmp_path: Path, kind: str) -> None:
    project = train(crops, Project(tmp_path / "run"), KINDS[kind]).project
    heard: list[Event] = []
    target = tmp_path / "out"
    files = [name for name in FORMATS if name != "web"]
    written = export(project, target, files, on_event=heard.append)
    assert all(path.exists() for path in written)
    told = [e for e in heard if isinstance(e, Note) and "of the model on 2 crops" in e.details]
    assert len(told) == len(files)
    assert {path.name for path in target.iterdir()} == {path.name for path in written}

    channels, side = KINDS[kind].channels_fed, KINDS[kind].image_size
    images = np.random.default_rng(0).uniform(-1, 1, (3, side, side, channels)).astype(np.float32)
    expected = np.asarray(load_trained(project).generator(images, training=False))
    # Loaded by others, who know nothing of this package.
    plain = keras.models.load_model(target / "generator.keras")
    assert np.allclose(plain(images, training=False), expected, atol=1e-5)
    session = onnxruntime.InferenceSession(target / "generator.onnx")
    assert np.allclose(session.run(None, {"input_image": images})[0], expected, atol=1e-4)

    condition = json.loads((target / "condition.json").read_text())
    assert condition["input_channels"] == channels and condition["condition"] == "blurred-grey"
    assert condition["output_size"] == (KINDS[kind].output_size or side)
    known = {
        p.key: json.loads(p.value) for p in onnx.load(target / "generator.onnx").metadata_props
    }
    assert known[METADATA_KEY] == condition | {"weights": "float32", "masks": {}}
    card = (target / "model-card.md").read_text()
    assert "2 epochs, 5 steps" in card and "licences" in card and "held-out crops at step" in card
    assert (target / "sample.jpg").exists()


def test_a_file_that_gives_other_pictures_is_not_kept(
    crops: Dataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    project = train(crops, Project(tmp_path / "run"), TINY).project
    export(project, tmp_path / "out")
    before = (tmp_path / "out" / "generator.keras").read_bytes()

    def broken(generator: keras.Model, path: Path, form: formats.Form) -> None:
        copy = keras.models.clone_model(generator)  # weights of its own
        copy.save(path)

    monkeypatch.setitem(formats._WRITERS, "keras", broken)
    with pytest.raises(ExportError, match="other pictures"):
        export(project, tmp_path / "out")
    assert (tmp_path / "out" / "generator.keras").read_bytes() == before


@pytest.mark.parametrize("form", ["keras", "tflite"])
def test_a_killed_export_leaves_no_folder_and_the_next_one_no_litter(
    trained_a_little: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, form: str
) -> None:
    temp, target = tmp_path / "temp", tmp_path / "out 🌻"
    temp.mkdir()
    call = f"export({str(trained_a_little.path)!r}, {str(target)!r}, [{form!r}])"
    code = f"from colab_pix2pix.workflows.export import export; {call}"
    environment = dict(os.environ, TMPDIR=str(temp), CUDA_VISIBLE_DEVICES="-1")
    process = subprocess.Popen([sys.executable, "-c", code], env=environment)
    while not any(temp.glob("*/*")) and process.poll() is None:
        time.sleep(0.005)
    process.kill()
    process.wait()
    assert not target.exists() and any(temp.iterdir())
    monkeypatch.setattr(tempfile, "tempdir", str(temp))
    export(trained_a_little, target, [form])
    assert (target / FORMATS[form]).exists() and (target / "model-card.md").exists()
    left = [path.name for path in (*temp.iterdir(), *tmp_path.glob(".out*"))]
    assert [name for name in left if not name.startswith("__autograph")] == []  # TensorFlow's own


def test_an_export_beside_others_ends_with_its_card(
    trained_a_little: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    export(trained_a_little, tmp_path / "out", ["keras"])
    (tmp_path / "out" / "mine.txt").write_text("mine")
    order: list[str] = []
    replace = os.replace
    monkeypatch.setattr(os, "replace", lambda a, b: (order.append(Path(b).name), replace(a, b))[1])
    export(trained_a_little, tmp_path / "out", ["keras", "onnx"])
    assert order[-1] == "model-card.md" and "generator.onnx" in order
    assert "not finished" not in (tmp_path / "out" / "model-card.md").read_text()
    names = {path.name for path in (tmp_path / "out").iterdir()}
    assert {"mine.txt", "generator.keras", "generator.onnx"} <= names
    assert not [name for name in names if ".part" in name]


def test_smaller_weights_are_close_and_smaller(trained_a_little: Project, tmp_path: Path) -> None:
    sizes = {}
    for weights in WEIGHTS:
        target = tmp_path / weights
        export(trained_a_little, target, ["onnx", "tflite"], weights=weights)
        sizes[weights] = [(target / FORMATS[name]).stat().st_size for name in ("onnx", "tflite")]
        assert f"{weights} weights, within" in (target / "model-card.md").read_text()
        # One picture: LiteRT.js refuses to run what may be given any number of them.
        (taken,) = tf.lite.Interpreter(str(target / FORMATS["tflite"])).get_input_details()
        assert list(taken["shape_signature"]) == [1, 64, 64, 1] and "input_image" in taken["name"]
    for whole, half, quarter in zip(*sizes.values(), strict=True):
        assert half < 0.62 * whole and quarter < 0.45 * whole  # names and shapes take some room


def test_paper_mode_is_the_network_as_it_is_trained_on_one_picture(
    trained_a_little: Project, tmp_path: Path
) -> None:
    export(trained_a_little, tmp_path / "out", ["onnx"], mode="paper")
    session = onnxruntime.InferenceSession(tmp_path / "out" / "generator.onnx")
    _, *masks = session.get_inputs()
    (props,) = onnx.load(tmp_path / "out" / "generator.onnx").metadata_props
    facts = json.loads(props.value)
    assert facts["mode"] == "paper" and facts["dropout"] == 0.5
    assert facts["masks"] == {mask.name: mask.shape for mask in masks} and len(masks) == 3

    generator = load_trained(trained_a_little).generator
    for layer in generator.layers:
        if isinstance(layer, keras.layers.Dropout):
            layer.rate = 0.0
    images = np.random.default_rng(0).uniform(-1, 1, (3, 64, 64, 1)).astype(np.float32)
    kept = {mask.name: np.ones(mask.shape, np.float32) for mask in masks}
    made = session.run(None, {"input_image": images, **kept})[0]
    alone = [generator(image[None], training=True)[0] for image in images]
    assert np.allclose(made, alone, atol=1e-4)
    dropped = {
        name: 2.0 * np.random.default_rng(1).integers(0, 2, m.shape).astype(np.float32)
        for name, m in kept.items()
    }
    assert np.abs(session.run(None, {"input_image": images, **dropped})[0] - made).max() > 1e-3


@pytest.mark.skipif(bool(drivefs.missing()), reason="needs FUSE")
@pytest.mark.parametrize("work", ["export", "apply"])
def test_a_full_drive_is_told_and_no_half_file_is_left(
    trained_a_little: Project, crops: Dataset, tmp_path: Path, work: str
) -> None:
    with machine() as it:
        target = it.drive.my_drive / "out"
        it.drive.fail("write", "ENOSPC")
        with pytest.raises(Pix2PixError, match="full") as caught:
            if work == "export":
                export(trained_a_little, target)
            else:
                apply(trained_a_little, crops.directory, target)
        assert "empty the trash too" in str(caught.value)
        it.drive.heal()
        left = [path for path in target.rglob("*") if path.is_file() and path.stat().st_size]
        assert left == []


def test_a_generation_is_chosen_by_name(crops: Dataset, tmp_path: Path) -> None:
    project = Project(tmp_path / "run")
    for epochs in (1, 2):
        train(crops, project, TINY.replace(epochs=epochs))
    assert load_trained(project).generation.number == 2
    assert load_trained(project, "1").generation.step == 3
    assert load_trained(project, "best").generation.number in (1, 2)
    with pytest.raises(CheckpointError, match="2, 1"):
        load_trained(project, "7")


def test_bad_input_is_refused_and_nothing_is_written(crops: Dataset, tmp_path: Path) -> None:
    words = ["export", str(tmp_path / "no run"), str(tmp_path / "out")]
    assert main.main(words) == 1
    assert main.main([*words, "--format", "keras,jpeg"]) == 1
    with pytest.raises(ExportError, match="'jpeg'"):
        export(tmp_path / "no run", tmp_path / "out", ["jpeg"])
    with pytest.raises(ExportError, match="'int4'"):
        export(tmp_path / "no run", tmp_path / "out", weights="int4")
    with pytest.raises(ExportError, match="no dropout"):
        export(tmp_path / "no run", tmp_path / "out", ["onnx", "keras"], mode="paper")
    (tmp_path / "file").write_text("mine")
    with pytest.raises(ExportError, match="is a file"):
        export(tmp_path / "no run", tmp_path / "file")
    assert not (tmp_path / "out").exists()
