"""The generator in a checkpoint of TensorFlow or a SavedModel. No graph and no code is loaded.

Such a file holds objects within objects (models, layers, variables) and a name for each, by which
the order of the layers is found again.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from ...errors import CheckpointError
from ...languages import _
from ..tf_logging import silence_stderr

with silence_stderr():
    import tensorflow as tf
    from tensorflow.core.protobuf.trackable_object_graph_pb2 import TrackableObjectGraph

_OBJECT_GRAPH = "_CHECKPOINTABLE_OBJECT_GRAPH"
#: Of a layer, in the order of Keras; a convolution keeps its own kernel under another name.
_WEIGHTS = ("kernel", "_kernel", "bias", "gamma", "beta", "moving_mean", "moving_variance")


def read_layers(path: Path, prefix: Path) -> list[tuple[str, tuple[np.ndarray, ...]]]:
    """Returns the name and the weights of each layer of the generator, in order.

    Args:
        path: What the user has named, for an error.
        prefix: What the names of the checkpoint's files begin with.

    Raises:
        CheckpointError: it is damaged, or it does not say which of its models is meant.
    """
    try:
        reader = tf.train.load_checkpoint(str(prefix))
        if not reader.has_tensor(_OBJECT_GRAPH):
            raise _no_generator(path, _("variables without objects, as TensorFlow 1 saved them"))
        graph = TrackableObjectGraph.FromString(reader.get_tensor(_OBJECT_GRAPH))
        objects = _Objects(graph.nodes)
        layers = objects.layers(objects.generator(path))
        if not layers:
            raise _no_generator(path, _("a model without layers that are known"))
        return [(n, tuple(reader.get_tensor(key) for key in keys)) for n, keys in layers]
    except (tf.errors.OpError, IndexError, RecursionError, RuntimeError, ValueError) as error:
        raise CheckpointError(
            _("{path} can't be read as weights: {why}.", path=path, why=_first_line(error)),
            why=_("It is damaged, or one of its files (`.index`, `.data-…`) is missing."),
            fix=_("Copy or download it once more, both files of it, or choose another one."),
        ) from error


def _first_line(error: Exception) -> str:
    return str(error).strip().partition("\n")[0].rstrip(".")[:200] or type(error).__name__


def _no_generator(path: Path, found: str) -> CheckpointError:
    return CheckpointError(
        _("{path} is a TensorFlow checkpoint of {found}.", path=path, found=found),
        why=_("Expected one with a `generator`, as the pix2pix tutorial saves it."),
        fix=_("Save the one that is meant: tf.train.Checkpoint(generator=model).save(...)."),
    )


class _Objects:
    """The graph of objects in a TensorFlow checkpoint: models, their layers, their variables."""

    def __init__(self, nodes: Any) -> None:
        self._nodes = nodes

    def generator(self, path: Path) -> int:
        """Returns the node of the one generator.

        Raises:
            CheckpointError: there is none, or several.
        """
        children = self._children(0)
        if "generator" in children:
            return children["generator"]
        if self._is_model(0) or "variables" in children:
            return 0
        models = [n for n, node in children.items() if self._is_model(node)]
        models = [n for n in models if "discriminator" not in n]
        if len(models) == 1:
            return children[models[0]]
        held = [name for name in children if name != "save_counter"]  # TensorFlow's own
        raise _no_generator(path, ", ".join(held) or _("nothing"))

    def layers(self, node: int) -> list[tuple[str, list[str]]]:
        """Returns each layer with weights below a node, in order: its name, the keys of these."""
        children = self._children(node)
        if weights := [children[n] for n in _WEIGHTS if n in children]:
            stored = [self._nodes[w].attributes for w in weights if self._nodes[w].attributes]
            owner = stored[0][0].full_name.rpartition("/")[0] if stored else ""
            return [(owner, [a[0].checkpoint_key for a in stored])] if stored else []
        if not self._is_model(node) and "variables" in children:
            return self._exported(children["variables"])
        inner: list[str] = [n for n in children if n.startswith("layer_with_weights-")]  # Keras 2
        if not inner:
            inner = [str(n) for n in ("_functional", "_operations", "_layers") if n in children][:1]
        if not inner:
            inner = [n for n in children if n.isdigit()]
        inner.sort(key=lambda name: int(name.rpartition("-")[2]) if name[-1].isdigit() else 0)
        return [layer for name in inner for layer in self.layers(children[name])]

    def _exported(self, node: int) -> list[tuple[str, list[str]]]:
        """Returns the layers of what Keras 3 exports: a list of variables in order."""
        grouped: dict[str, list[str]] = {}
        for _number, child in sorted(self._children(node).items(), key=lambda item: int(item[0])):
            stored = self._nodes[child].attributes[0]
            owner, _slash, name = stored.full_name.rpartition("/")
            if name in _WEIGHTS:
                grouped.setdefault(owner, []).append(stored.checkpoint_key)
        return list(grouped.items())

    def _is_model(self, node: int) -> bool:
        names = self._children(node)
        return bool({"_operations", "_functional", "_layers", "layer_with_weights-0"} & set(names))

    def _children(self, node: int) -> dict[str, int]:
        return {child.local_name: child.node_id for child in self._nodes[node].children}
