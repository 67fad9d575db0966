"""Weights in files that were made elsewhere, read as plain arrays: no code of a file ever runs.

Keras has three kinds of them: `.keras` (a zip around a `.weights.h5`), `.weights.h5` (groups named
after the classes of the layers, in no order), and the older `.h5` (names of its own, in order).
TensorFlow's checkpoints and SavedModels hold a graph of objects, with layers in order. A
.safetensors file of this package names its layers in order.
"""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import h5py  # type: ignore[import-untyped]
import numpy as np

from ...errors import CheckpointError
from ...languages import _
from ...project import Project
from ...storage import npz, restore
from .safetensors_files import SUFFIX, safetensors_layers

_HDF5_SIGNATURE = b"\x89HDF\r\n\x1a\n"
_KERAS_WEIGHTS = "model.weights.h5"
#: What zipfile and h5py raise for a damaged file depends on the place of the damage.
_DAMAGE = (
    OSError,
    zipfile.BadZipFile,
    EOFError,
    KeyError,
    NotImplementedError,
    RuntimeError,
    TypeError,
    ValueError,
)
_KINDS = {
    "conv2d_transpose": "transposed convolution",
    "conv2d": "convolution",
    "batch_normalization": "normalization",
    "group_normalization": "normalization",
    "instance_normalization": "normalization",
}


@dataclass(frozen=True)
class StoredLayer:
    """The weights of one layer in a file.

    Attributes:
        name: Its name in the file.
        kind: "convolution", "transposed convolution", "normalization"; "" where its name is silent.
        weights: Arrays, or HDF5 datasets that are read later, in the order in which Keras lists
            them: kernel, bias; gamma, beta, moving mean, moving variance.
    """

    name: str
    kind: str
    weights: tuple[Any, ...]


#: Layers in the order of the network, in one queue or (where a file does not tell) in several.
Queues = list[list[StoredLayer]]


def kind_of(layer_name: str) -> str:
    """Returns the kind of a layer with a name such as Keras gives: "conv2d_3", "block/conv2d"."""
    return _KINDS.get(re.sub(r"_\d+$", "", layer_name.rsplit("/", 1)[-1]), "")


@contextmanager
def opened(path: Path) -> Iterator[Queues]:
    """Opens a weights file, a TensorFlow checkpoint or a run folder, to be read within the block.

    Raises:
        CheckpointError: it is missing, damaged, or none of the kinds that are known.
    """
    try:
        if prefix := checkpoint_prefix(path):
            from .tf_checkpoints import read_layers  # it loads TensorFlow

            stored = read_layers(path, prefix)
            yield [[StoredLayer(name, kind_of(name), weights) for name, weights in stored]]
            return
        if path.is_dir():
            yield [_run_layers(path)]
            return
        if path.exists() and not path.is_file():  # a device would be read for ever
            raise _unreadable(path, _("it is no file"))
        with open(path, "rb") as file:
            is_hdf5 = file.read(len(_HDF5_SIGNATURE)) == _HDF5_SIGNATURE
        if path.suffix == SUFFIX:
            yield [[StoredLayer(n, "", weights) for n, weights in safetensors_layers(path)]]
        elif is_hdf5:
            with h5py.File(path, "r") as hdf5:
                yield _hdf5_layers(path, hdf5)
        elif _members(path) >= {npz.MANIFEST}:
            yield [_slot_layers(path)]
        elif _members(path) >= {_KERAS_WEIGHTS}:
            with h5py.File(_unzipped(path), "r") as hdf5:
                yield _hdf5_layers(path, hdf5)
        else:
            raise _unreadable(path, _("it has the marks of none of them"))
    except _DAMAGE as error:
        raise _unreadable(path, str(error)) from error


def checkpoint_prefix(path: Path) -> Path | None:
    """Returns what the names of a TensorFlow checkpoint's files begin with; None where it is none.

    Args:
        path: A folder of checkpoints (the newest is taken) or of a SavedModel, `ckpt-1`, or one of
            its files such as `ckpt-1.index`.
    """
    if path.is_dir():
        if (path / "saved_model.pb").is_file():
            return path / "variables" / "variables"
        found = sorted(path.glob("*.index"), key=_number_and_time)
        named = re.search(r'^model_checkpoint_path: "(.*)"', _list_of(path), re.MULTILINE)
        newest = path / Path(named[1]).name if named else path
        if found and not newest.with_name(f"{newest.name}.index").is_file():
            newest = found[-1].with_suffix("")
        return newest if found else None
    if re.search(r"\.(index|data-\d+-of-\d+)$", path.name):
        path = path.with_suffix("")
    return path if path.with_name(f"{path.name}.index").is_file() else None


def _list_of(folder: Path) -> str:
    """Returns the text in which TensorFlow notes which of a folder's checkpoints is the newest."""
    file = folder / "checkpoint"
    return file.read_text(errors="replace") if file.is_file() else ""


def _number_and_time(file: Path) -> tuple[int, float]:
    number = re.search(r"-(\d+)\.index$", file.name)
    return int(number[1]) if number else -1, file.stat().st_mtime


def _unreadable(path: Path, why: str) -> CheckpointError:
    return CheckpointError(
        _("{path} can't be read as weights: {why}.", path=path, why=why.rstrip(".")),
        why=_(
            "Expected a .keras, .weights.h5 or .h5 file of Keras, a .safetensors"
            " file or a run of this package, a TensorFlow checkpoint or SavedModel."
        ),
        fix=_("Copy or download it once more, or choose another file."),
    )


def _members(path: Path) -> set[str]:
    if not zipfile.is_zipfile(path):
        return set()
    with zipfile.ZipFile(path) as archive:
        return set(archive.namelist())


def _unzipped(path: Path) -> io.BytesIO:
    with zipfile.ZipFile(path) as archive:
        # Keras stores, so a compressed member is not its work: it may unpack to any size.
        if archive.getinfo(_KERAS_WEIGHTS).compress_type != zipfile.ZIP_STORED:
            raise CheckpointError(_("{path} has compressed weights; Keras writes none.", path=path))
        return io.BytesIO(archive.read(_KERAS_WEIGHTS))


def _run_layers(path: Path) -> list[StoredLayer]:
    found = restore.generations(Project(path))
    if not found:
        raise CheckpointError(
            _("{path} holds no trained model yet.", path=path),
            why=_("Expected a run that was saved at least once, or a weights file."),
            fix=_("Train it first, or choose another."),
        )
    return _slot_layers(found[0].file)


def _slot_layers(path: Path) -> list[StoredLayer]:
    """Returns the generator of a slot: the averaged one where there is one, as `apply` does."""
    npz.read_manifest(path)  # checks every byte
    with np.load(path, allow_pickle=False) as file:
        owners = {name.split("/")[0] for name in file.files}
        part = "averaged_generator" if "averaged_generator" in owners else "generator"
        names = sorted(name for name in file.files if name.startswith(f"{part}/"))
        arrays = {name: file[name] for name in names}
    layers: list[tuple[str, list[np.ndarray]]] = []
    for name, array in arrays.items():
        if array.dtype.kind != "f":  # a dropout's seed, which belongs to its own run
            continue
        if name.endswith(("-kernel", "-gamma")) or not layers:
            layers.append((name, []))
        layers[-1][1].append(array)
    return [StoredLayer(name, "", tuple(weights)) for name, weights in layers]


def _hdf5_layers(path: Path, file: h5py.File) -> Queues:
    datasets: dict[str, h5py.Dataset] = {}

    def collect(name: str, item: Any) -> None:  # visits no soft or external links
        if isinstance(item, h5py.Dataset):
            if item.external or item.is_virtual:
                raise CheckpointError(
                    _(
                        "{path}: {name} lies in another file; that is not read.",
                        path=path,
                        name=repr(name),
                    )
                )
            if item.shape is not None:
                datasets[name] = item

    file.visititems(collect)
    ordered = file.get("model_weights", file)
    if names := _texts(ordered, "layer_names"):
        return [_named_layers(ordered, names, datasets)]
    return _class_named_layers(datasets)


def _named_layers(
    group: h5py.Group, layer_names: list[str], datasets: dict[str, h5py.Dataset]
) -> list[StoredLayer]:
    """Returns the layers of the older format. Blocks list what is trained before what is not, so
    a layer's weights are brought together by their names."""
    grouped: dict[str, list[h5py.Dataset]] = {}
    for layer_name in layer_names:
        for weight_name in _texts(group[layer_name], "weight_names"):
            owner = weight_name.rpartition("/")[0] or layer_name
            path_in_file = f"{group.name}/{layer_name}/{weight_name}".strip("/")
            grouped.setdefault(owner, []).append(datasets[path_in_file])
    return [StoredLayer(n, kind_of(n), tuple(ws)) for n, ws in grouped.items() if _floats(ws)]


def _class_named_layers(datasets: dict[str, h5py.Dataset]) -> Queues:
    """Returns the layers of the newer format: one queue for each nesting of classes, since only
    layers of one class are numbered in the order of the network."""
    grouped: dict[str, list[tuple[int, h5py.Dataset]]] = {}
    for path_in_file, dataset in datasets.items():
        owner, _infix, number = path_in_file.rpartition("/vars/")
        if number.isdigit() and not owner.startswith("optimizer"):
            grouped.setdefault(owner, []).append((int(number), dataset))
    queues: dict[tuple[str, ...], list[tuple[tuple[int, ...], StoredLayer]]] = {}
    for owner, numbered in grouped.items():
        weights = tuple(dataset for _number, dataset in sorted(numbered, key=lambda pair: pair[0]))
        if not _floats(weights):
            continue
        parts = [re.fullmatch(r"(.*?)(?:_(\d+))?", part) for part in owner.split("/")]
        classes = tuple(part[1] for part in parts if part)
        position = tuple(int(part[2] or 0) for part in parts if part)
        layer = StoredLayer(owner, kind_of(owner), weights)
        queues.setdefault(classes, []).append((position, layer))
    return [
        [layer for _number, layer in sorted(q, key=lambda pair: pair[0])] for q in queues.values()
    ]


def _floats(weights: Iterable[h5py.Dataset]) -> bool:
    return all(weight.dtype.kind == "f" for weight in weights)


def _texts(group: h5py.Group, name: str) -> list[str]:
    """Returns a list of names that Keras keeps as an attribute, in several where it is long."""
    found: list[Any] = list(group.attrs[name]) if name in group.attrs else []
    part = 0
    while f"{name}{part}" in group.attrs:
        found += list(group.attrs[f"{name}{part}"])
        part += 1
    return [text.decode() if isinstance(text, bytes) else str(text) for text in found]
