"""A generator that starts from weights made elsewhere: by Keras, or by another run."""

from __future__ import annotations

from itertools import zip_longest
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from ...errors import CheckpointError, IncompatibleRunError
from ...languages import _
from .weight_files import Queues, StoredLayer, opened

if TYPE_CHECKING:
    import keras

_KINDS = {
    "Conv2D": "convolution",
    "Conv2DTranspose": "transposed convolution",
    "BatchNormalization": "normalization",
    "FusedBatchNormalization": "normalization",
    "GroupNormalization": "normalization",
}


def load_generator_weights(generator: keras.Model, path: Path) -> None:
    """Sets a generator's weights to those of a file of the same architecture; all or none of them.

    Layers are matched by their order and by the shapes of their weights; their names may differ. So
    the TensorFlow pix2pix tutorial's generator fits (with `input_channels=3`). A file holds no
    slopes of activations: the tutorial's LeakyReLU has 0.3 where the paper and this package have
    0.2, so its pictures are the same only with `leak=0.3`. Dropout keeps its own seeds.

    Args:
        generator: From `networks.build_generator`.
        path: A `.keras`, `.weights.h5` or `.h5` file of plain Keras; a checkpoint of TensorFlow
            (its folder, `ckpt-1` or one of its files) or a SavedModel; a slot (`slot-a.npz`) or the
            folder of a run, whose averaged generator is taken if it has one.

    Raises:
        IncompatibleRunError: the file is of another architecture; the first weight that differs is
            named.
        CheckpointError: the file is missing, damaged, or of no known kind.

    Example:
        >>> load_generator_weights(generator, Path("runs/flowers"))  # doctest: +SKIP
    """
    expected = _layers_with_weights(generator)
    with opened(Path(path)) as queues:
        stored = _matched(path, expected, queues)
        arrays = [_read(path, layer, weight) for layer in stored for weight in layer.weights]
    variables = [variable for _name, variables in expected for variable in variables]
    for variable, array in zip(variables, arrays, strict=True):
        variable.assign(array)


def _layers_with_weights(generator: keras.Model) -> list[tuple[keras.Layer, list[Any]]]:
    return [(layer, layer.weights) for layer in generator.layers if layer.weights]


def _matched(
    path: Path, expected: list[tuple[keras.Layer, list[Any]]], queues: Queues
) -> list[StoredLayer]:
    """Returns the stored layer for each layer with weights.

    Where a file leaves open which of its queues comes next, the shapes decide.
    """
    waiting = [list(reversed(queue)) for queue in queues if queue]
    found = []
    for layer, variables in expected:
        heads = [queue for queue in waiting if _may_be(queue[-1], layer)]
        fitting = [queue for queue in heads if not _difference(queue[-1], variables)]
        if len(fitting) > 1:
            raise _ambiguous(path, layer, [queue[-1].name for queue in fitting])
        if not fitting:
            raise _differs(path, layer, variables, heads[0][-1] if heads else None)
        found.append(fitting[0].pop())
        waiting = [queue for queue in waiting if queue]
    if waiting:
        left = waiting[0][-1]
        raise _incompatible(path, left.name, _shape(left.weights[0]), _("the end"))
    return found


def _may_be(stored: StoredLayer, layer: keras.Layer) -> bool:
    return stored.kind in ("", _kind(layer))


def _kind(layer: keras.Layer) -> str:
    return _KINDS.get(type(layer).__name__, "layer")


def _difference(stored: StoredLayer, variables: list[Any]) -> tuple[str, str, str] | None:
    """Returns the first weight that does not fit: its name, the shapes received and expected."""
    pairs = zip_longest(stored.weights, variables)
    for number, (weight, variable) in enumerate(pairs, 1):
        received, wanted = _shape(weight), _shape(variable)
        if received != wanted:
            return getattr(variable, "name", f"weight {number}"), received, wanted
    return None


def _shape(weight: Any) -> str:
    return _("nothing") if weight is None else str(tuple(int(side) for side in weight.shape))


def _differs(
    path: Path, layer: keras.Layer, variables: list[Any], stored: StoredLayer | None
) -> IncompatibleRunError:
    difference = _difference(stored, variables) if stored else None
    if stored is None or difference is None:
        weight = f"{layer.name}/{variables[0].name}"
        wanted = _shape(variables[0])
        received = _("no {kind} where this one is due", kind=_kind(layer))
        return _incompatible(path, weight, received, wanted)
    name, received, wanted = difference
    return _incompatible(path, f"{layer.name}/{name}", f"{received} ({stored.name})", wanted)


def _incompatible(path: Path, weight: str, received: str, expected: str) -> IncompatibleRunError:
    return IncompatibleRunError(
        _(
            "{path} does not fit the generator at {weight}: received {received}.",
            path=path,
            weight=repr(weight),
            received=received,
        ),
        why=_(
            "Expected {expected}: the weights are of another architecture or picture size.",
            expected=expected,
        ),
        fix=_("Choose the options that they were made with, or other weights."),
    )


def _ambiguous(path: Path, layer: keras.Layer, names: list[str]) -> IncompatibleRunError:
    return IncompatibleRunError(
        _(
            "{path} does not say which of its layers is {name}: {fitting} fit.",
            path=path,
            name=repr(layer.name),
            fitting=_(" and ").join(names),
        ),
        why=_("This kind of file keeps layers of different classes in no order."),
        fix=_("Save the model as a .h5 file, which keeps the order."),
    )


def _read(path: Path, layer: StoredLayer, weight: Any) -> np.ndarray:
    array = np.asarray(weight[()], np.float32)
    if np.isfinite(array).all():
        return array
    raise CheckpointError(
        _(
            "{path} has values in {name} that are no finite numbers.",
            path=path,
            name=repr(layer.name),
        ),
        why=_("It is damaged, or its training had broken down."),
        fix=_("Choose other weights."),
    )
