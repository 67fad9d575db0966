"""An .h5 export is in the words of Keras 2: TensorFlow up to 2.15, and tf_keras, open it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import h5py
import keras
import numpy as np
import pytest

from colab_pix2pix.model.export_formats import ExportSpec, export_network
from colab_pix2pix.model.networks import build_generator

#: What layers of Keras 2 (2.11 to 2.15) take, by their sources; each takes name, trainable, dtype.
_KERNEL = {"kernel_initializer", "kernel_regularizer", "kernel_constraint", "kernel_size"}
_CONVOLUTION = _KERNEL | {
    *("filters", "strides", "padding", "data_format", "dilation_rate", "groups", "activation"),
    *("use_bias", "bias_initializer", "bias_regularizer", "bias_constraint"),
    "activity_regularizer",
}
_SCALED = {
    *("axis", "epsilon", "center", "scale", "beta_initializer", "gamma_initializer"),
    *("beta_regularizer", "gamma_regularizer", "beta_constraint", "gamma_constraint"),
}
TAKEN = {
    "InputLayer": {"batch_input_shape", "sparse", "ragged"},
    "Conv2D": _CONVOLUTION,
    "Conv2DTranspose": _CONVOLUTION | {"output_padding"},
    "BatchNormalization": _SCALED
    | {"momentum", "moving_mean_initializer", "moving_variance_initializer"},
    "GroupNormalization": _SCALED | {"groups"},
    "LeakyReLU": {"alpha"},
    "ReLU": {"max_value", "negative_slope", "threshold"},
    "Dropout": {"rate", "seed", "noise_shape"},
    "Concatenate": {"axis"},
    "UpSampling2D": {"size", "data_format", "interpolation"},
    "Activation": {"activation"},
}


@pytest.mark.parametrize("normalization", ["batch", "instance"])
@pytest.mark.parametrize("upsampling", ["transposed", "resize"])
def test_keras_2_knows_every_word_of_it(
    tmp_path: Path, normalization: str, upsampling: str
) -> None:
    generator = build_generator(
        image_size=16, base_filters=2, plain=True, normalization=normalization,
        upsampling=upsampling,
    )  # fmt: skip
    pictures = np.random.default_rng(0).uniform(-1, 1, (2, 16, 16, 1)).astype(np.float32)
    path = tmp_path / "generator.h5"
    assert export_network(generator, path, ExportSpec(name="h5"), pictures) < 1e-5
    with h5py.File(path) as file:
        model = json.loads(file.attrs["model_config"])
    assert model["class_name"] == "Functional"
    known = set()
    for layer in model["config"]["layers"]:
        taken = TAKEN[layer["class_name"]] | {"name", "trainable", "dtype"}
        assert set(layer["config"]) <= taken, layer
        assert layer["config"]["dtype"] == "float32"
        for value in layer["config"].values():
            assert not isinstance(value, dict) or set(value) == {"class_name", "config"}
        for node in layer["inbound_nodes"]:
            assert {source[0] for source in node} <= known, "a layer comes before its sources"
            assert all(source[1:] == [0, 0, {}] for source in node)
        known.add(layer["name"])
    for ends in ("input_layers", "output_layers"):
        ((name, *place),) = model["config"][ends]
        assert name in known and place == [0, 0]


def test_keras_3_opens_it_too(tmp_path: Path) -> None:
    generator = build_generator(image_size=16, base_filters=2, plain=True, leak=0.3)
    pictures = np.random.default_rng(0).uniform(-1, 1, (2, 16, 16, 1)).astype(np.float32)
    export_network(generator, tmp_path / "generator.h5", ExportSpec(name="h5"), pictures)
    again: Any = keras.models.load_model(tmp_path / "generator.h5", compile=False)
    assert np.abs(np.asarray(again(pictures)) - np.asarray(generator(pictures))).max() < 1e-6
    slopes = {x.negative_slope for x in again.layers if isinstance(x, keras.layers.LeakyReLU)}
    assert slopes == {0.3}
