"""The same bytes from the same step: what a GPU is told, and what it would refuse."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tensorflow as tf
from tensorflow.python.framework import config as internals

from colab_pix2pix.config import TrainConfig
from colab_pix2pix.dataset.manifest import Dataset
from colab_pix2pix.events import Event, Note
from colab_pix2pix.model import distributed
from colab_pix2pix.model.pix2pix import Pix2Pix
from colab_pix2pix.storage import npz
from colab_pix2pix.storage.slots import check_slots
from colab_pix2pix.training import fit
from colab_pix2pix.training.devices.determinism import deterministic_ops
from colab_pix2pix.training.devices.try_out import Trial
from colab_pix2pix.training.plan import make_plan
from colab_pix2pix.training.trainer import TrainingResult
from colab_pix2pix.workflows.pipeline import train

STEPS = 8
TINY = TrainConfig(image_size=64, base_filters=4, batch_size=2, gan_warmup_steps=2, depth=3)
#: Together all conditions, augmentations, losses and layers that there are.
KINDS: dict[str, dict[str, Any]] = {
    "blurred grey": {
        **{"condition": "blurred-grey", "consistency": 1.0, "ema": 0.9, "feature_matching": 1.0},
        **{"upsampling": "smooth", "normalization": "batch", "clip_norm": 1.0, "dropout": 0.5},
    },
    "blurred colours": {
        **{"condition": "blurred-grey", "input_channels": 3, "light_varies": "input"},
        **{"upsampling": "transposed", "spectral_norm": True, "precision": "bfloat16"},
    },
    "grey": {
        **{"condition": "grey", "upsampling": "resize", "normalization": "instance"},
        **{"gan_loss": "least-squares", "output_size": 32, "precision": "float16"},
    },
    "edges": {"condition": "edges", "gan_loss": "hinge", "discriminator_augment": False},
    "paired": {"condition": "paired", "label_smoothing": 0.1, "flip": False, "max_zoom": 1.0},
}
#: What TensorFlow's kernels for GPUs refuse while determinism is on ("A deterministic GPU
#: implementation of … is not currently available"); kernels for CPUs take them all.
REFUSED_ON_GPUS = {
    *("AdjustContrastv2", "CropAndResizeGradImage", "CropAndResizeGradBoxes", "DenseBincount"),
    *("DepthwiseConv2dNativeBackpropFilter", "ResizeNearestNeighborGrad"),
    *("SparseTensorDenseMatMul", "QuantizeAndDequantizeV4Grad", "Bincount"),
    *("FakeQuantWithMinMaxVarsGradient", "FakeQuantWithMinMaxVarsPerChannelGradient"),
    *("SoftmaxCrossEntropyWithLogits", "SparseSoftmaxCrossEntropyWithLogits"),
}


def config_of(kind: str) -> TrainConfig:
    return TINY.replace(**{"precision": "float32"} | KINDS[kind])


def pictures_for(config: TrainConfig) -> np.ndarray:
    channels = 6 if config.condition == "paired" else 3
    return np.random.default_rng(0).integers(0, 256, (2, 72, 72, channels), np.uint8)


def trained(config: TrainConfig, *, alike: bool) -> dict[str, bytes]:
    """Returns the bytes of all variables after the steps."""
    with deterministic_ops(alike):
        model = Pix2Pix(config)
        for step in range(STEPS):
            losses = model.train_on(pictures_for(config), step)
        assert np.isfinite(losses).all()
        return {name: v.numpy().tobytes() for name, v in model.variables().items()}


@pytest.mark.slow
@pytest.mark.parametrize("kind", KINDS)
def test_nothing_is_refused_and_a_cpu_gives_the_same_bytes_either_way(kind: str) -> None:
    config = config_of(kind)
    assert trained(config, alike=True) == trained(config, alike=False)


@pytest.mark.parametrize("kind", KINDS)
def test_no_step_has_an_operation_that_a_gpu_refuses(kind: str) -> None:
    config = config_of(kind)
    model, pictures = Pix2Pix(config), pictures_for(config)
    take = tf.function(lambda images: model.train_on(images, TINY.gan_warmup_steps))
    graph = take.get_concrete_function(tf.TensorSpec(pictures.shape, tf.uint8)).graph.as_graph_def()
    bodies = [graph.node, *(function.node_def for function in graph.library.function)]
    nodes = [node for body in bodies for node in body]
    names = {node.op for node in nodes}
    assert {"Conv2D", "Conv2DBackpropFilter", "GatherV2", "ResourceApplyAdam"} <= names
    assert names & REFUSED_ON_GPUS == set()
    frozen = [node.name for node in nodes if node.op.startswith("FusedBatchNormGrad")]
    assert not [n for n in nodes if n.name in frozen and not n.attr["is_training"].b]


def test_the_list_of_refused_operations_has_names_that_exist() -> None:
    known = {name for name in dir(tf.raw_ops) if name[0].isupper()}
    assert known >= REFUSED_ON_GPUS


def test_the_switch_is_as_before_whatever_ends_the_work() -> None:
    with deterministic_ops(False):
        assert not internals.is_op_determinism_enabled()
    with pytest.raises(ZeroDivisionError), deterministic_ops(True):
        assert internals.is_op_determinism_enabled()
        _ = 1 / 0
    assert not internals.is_op_determinism_enabled()
    tf.random.normal((1,))  # without a seed, as anybody may in a notebook
    with deterministic_ops(True):
        with deterministic_ops(True):
            pass
        assert internals.is_op_determinism_enabled()


def state_of(result: TrainingResult) -> dict[str, bytes]:
    generations = [check.generation for check in check_slots(result.project) if check.generation]
    newest = max(generations, key=lambda one: one.step)
    return {name: array.tobytes() for name, array in npz.load(newest.file).items()}


def test_on_holds_for_a_whole_training_and_its_pictures(
    crops: Dataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    switched: list[bool] = []
    whole = deterministic_ops

    def spy(on: bool) -> Any:
        switched.append(on)
        return whole(on)

    monkeypatch.setattr("colab_pix2pix.training.fit.deterministic_ops", spy)
    config = TINY.replace(epochs=1, batch_size=4, precision="float32")
    results = {
        way: train(crops, tmp_path / way, config.replace(deterministic=way))
        for way in ("auto", "on")
    }
    assert switched == [False, True]
    states = {way: state_of(result) for way, result in results.items()}
    assert states["auto"] == states["on"]
    assert not internals.is_op_determinism_enabled()


def test_a_gpu_is_told_and_a_resume_says_what_holds(
    crops: Dataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = TINY.replace(epochs=1, batch_size=4, precision="float32")
    project = train(crops, tmp_path / "run", config).project
    monkeypatch.setattr(distributed, "device_name", lambda: "Fake")
    for asked, possible, switched, noted in [
        ("auto", True, True, ""),
        ("auto", False, False, "not with the same bytes."),
        ("off", True, False, "not with the same bytes. deterministic auto changes that."),
        ("on", True, True, ""),
    ]:
        trial = Trial(gpu="Fake", usable=True, precision="float32", deterministic=possible)
        monkeypatch.setattr(fit, "try_out", lambda config, on_event, trial=trial: trial)
        heard: list[Event] = []
        plan = make_plan(crops, project, config.replace(epochs=2, deterministic=asked))
        with fit.prepare(plan, heard.append, keep_crops=lambda writer: None) as trainer:
            assert internals.is_op_determinism_enabled() == switched
            made_with = trainer._manifest()["made_with"]
        assert made_with["deterministic"] == ("yes" if switched else "no")
        notes = [event.message for event in heard if isinstance(event, Note)]
        told = [note for note in notes if "This GPU computes a step" in note]
        assert [note.endswith(noted) for note in told] == ([True] if noted else []), asked
        assert not internals.is_op_determinism_enabled()
