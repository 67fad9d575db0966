"""The two ways in which a trained generator is used, and which of them is closer to the truth."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import keras
import numpy as np

from ..config import MODES
from ..events import Note, OnEvent
from ..files import has_types, read_json_if_whole, write_json
from ..images import resize_images
from ..languages import N_, _
from . import conditions
from .trained import Trained

_MEASURED = 8  # crops
#: How a model is used in each mode, in words.
_USED = {
    "inference": N_(
        "The model is used as it is, with what it has learned of all pictures: on held-out crops"
        " that is closer to the real pictures."
    ),
    "paper": N_(
        "The model is used as in the paper, a little different each time: on held-out crops that"
        " is closer to the real pictures."
    ),
}


def select_inference_mode(
    trained: Trained, crops: Callable[[int], np.ndarray], known: Path, on_event: OnEvent
) -> str:
    """Returns the mode that makes the smaller error on held-out crops, and tells the numbers.

    A saved state is measured once on a machine; a network without batch normalization and dropout
    is the same in both modes and not measured.

    Args:
        trained: The generator and its options.
        crops: Gives at most so many held-out crops, see `measure`.
        known: The file in which this machine keeps what it has measured.
        on_event: Told a `Note`.
    """
    kinds = (keras.layers.BatchNormalization, keras.layers.Dropout)
    if not any(isinstance(layer, kinds) for layer in trained.generator.layers):
        return "inference"
    found = read_json_if_whole(known)
    if found.get("state") != trained.name or not has_types(found, **dict.fromkeys(MODES, float)):
        found = {"state": trained.name} | measure(trained, crops(_MEASURED))
        known.parent.mkdir(parents=True, exist_ok=True)
        write_json(known, found)
    best = min(MODES, key=lambda mode: float(found[mode]))
    errors = ", ".join(f"{mode} mode {found[mode]:.4f}" for mode in MODES)
    details = _("L1 on held-out crops: {errors}", errors=errors)
    on_event(Note(message=_(_USED[best]), details=details))
    return best


def measure(trained: Trained, crops: np.ndarray) -> dict[str, float]:
    """Returns for each mode the mean absolute difference to held-out crops, in [−1, 1].

    Args:
        trained: The generator and its options.
        crops: uint8 `(count, height, width, 3)`, of `image_size`; 6 channels for pairs.
    """
    config = trained.config
    input_image, _ = conditions.make_pair(conditions.encode_image(crops), config)
    target = resize_images(crops[..., :3], config.made_size)
    target_image = conditions.encode_image(target).numpy()

    def error(mode: str) -> float:
        generated_image = with_mode(trained.generator, mode)(input_image, training=mode == "paper")
        return float(np.abs(np.asarray(generated_image) - target_image).mean())

    return {mode: error(mode) for mode in MODES}


def with_mode(generator: keras.Model, mode: str) -> keras.Model:
    """Returns a generator for a mode; to be called with `training=True` in paper mode.

    The paper (Isola et al., arXiv 1611.07004, section 3.4) normalizes by the picture itself at test
    time too, one at a time, and keeps the dropout. Batch normalization becomes instance
    normalization with the same weights: the same for one picture, and pictures of a batch do not
    change each other.

    Args:
        generator: Made of Keras' own layers; it is not changed.
        mode: "inference" or "paper".
    """
    return generator if mode == "inference" else _copied(generator, per_picture=True)


def of_any_size(generator: keras.Model) -> keras.Model:
    """Returns a generator that takes every height and width that it can halve often enough."""
    return _copied(generator, per_picture=False, shape=(None, None, generator.inputs[0].shape[-1]))


def _copied(
    generator: keras.Model, *, per_picture: bool, shape: tuple[int | None, ...] | None = None
) -> keras.Model:
    def alike(layer: keras.Layer) -> keras.Layer:
        if per_picture and isinstance(layer, keras.layers.BatchNormalization):
            return _PictureNormalization(
                groups=-1, epsilon=layer.epsilon, dtype=layer.dtype_policy, name=layer.name
            )
        return type(layer).from_config(layer.get_config())

    given = keras.Input(shape, name="input_image") if shape else None
    copied = keras.models.clone_model(generator, input_tensors=given, clone_function=alike)
    for layer in generator.layers:
        weights = layer.get_weights()
        if weights:  # of a batch normalization, scale and shift come first: the rest is not needed
            copy = copied.get_layer(layer.name)
            copy.set_weights(weights[: len(copy.weights)])
    return copied


@keras.saving.register_keras_serializable("colab_pix2pix")
class _PictureNormalization(keras.layers.GroupNormalization):  # type: ignore[misc]
    """Stands where a batch normalization stood, and is called as that was."""

    def call(self, inputs: Any, training: bool | None = None, mask: Any = None) -> Any:
        return super().call(inputs)
