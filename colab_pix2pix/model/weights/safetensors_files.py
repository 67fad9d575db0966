"""safetensors: files that hold arrays of numbers and nothing that could run."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from ...errors import CheckpointError, ExportError
from ...languages import _

SUFFIX = ".safetensors"
_ORDER = "layers"


def save_safetensors(
    path: Path, arrays: dict[str, np.ndarray], layers: Sequence[str], **metadata: str
) -> None:
    """Writes arrays named `layer/weight`; the same arrays give the same bytes.

    Args:
        path: The file.
        arrays: The weights; of each layer in the order in which Keras lists them.
        layers: The names of the layers in the order of the network, which the file keeps.
        metadata: What the file shall say of itself.
    """
    said = {"format": "np", _ORDER: json.dumps(list(layers))} | metadata
    _library().numpy.save_file(arrays, path, metadata=said)


def safetensors_metadata(path: Path) -> dict[str, str]:
    """Returns what a file says of itself."""
    with _opened(path) as file:
        return file.metadata() or {}


def safetensors_layers(path: Path) -> list[tuple[str, tuple[np.ndarray, ...]]]:
    """Returns the name of each layer and its weights, in the order of the network.

    Raises:
        CheckpointError: the file is damaged, or does not tell the order of its layers.
    """
    with _opened(path) as file:
        order = json.loads((file.metadata() or {}).get(_ORDER, "null"))
        if not isinstance(order, list):
            raise CheckpointError(
                _("{path} does not tell the order of its layers.", path=path),
                why=_("Expected a file that this package has written."),
                fix=_("Choose another file, such as a .keras or .h5 file of Keras."),
            )
        weights: dict[str, dict[str, np.ndarray]] = {str(name): {} for name in order}
        for key in file.keys():  # noqa: SIM118 - it is no dictionary
            layer, _slash, weight = key.rpartition("/")
            weights.setdefault(layer, {})[weight] = file.get_tensor(key)
    return [(layer, _as_keras_lists(found)) for layer, found in weights.items()]


def _as_keras_lists(found: dict[str, np.ndarray]) -> tuple[np.ndarray, ...]:
    names = ("kernel", "bias", "gamma", "beta", "moving_mean", "moving_variance")
    known = [name for name in names if name in found]
    return tuple(found[name] for name in [*known, *sorted(set(found) - set(known))])


def _opened(path: Path) -> Any:
    return _library().safe_open(path, framework="np")


def _library() -> Any:
    try:
        import safetensors.numpy
    except ImportError as error:
        raise ExportError(
            _("The package safetensors is not installed."),
            why=_("It reads and writes .safetensors files; Colab has it."),
            fix="pip install 'colab_pix2pix[hub]'",
        ) from error
    return safetensors
