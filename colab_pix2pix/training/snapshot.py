"""A copy of a model's variables in host memory, in the same place again and again."""

from __future__ import annotations

import threading
from collections.abc import Mapping

import keras
import numpy as np


class Snapshot:
    """Takes copies for saving while the loop stands still: 0.1 s for 686 MB.

    Fresh memory would cost ten times as much, for the system hands it out page by page. So it is
    asked for once, by a thread, while the network compiles: one extra copy of the state in all.

    Args:
        variables: What to copy, by name.
    """

    def __init__(self, variables: Mapping[str, keras.Variable]) -> None:
        self._variables = dict(variables)
        self._arrays: dict[str, np.ndarray] = {}
        self._thread = threading.Thread(target=self._allocate, name="host copy", daemon=True)
        self._thread.start()

    def __enter__(self) -> Snapshot:
        return self

    def __exit__(self, *exception: object) -> None:
        self._thread.join()

    def take(self) -> dict[str, np.ndarray]:
        """Returns the values of now, in arrays that the next call overwrites."""
        self._thread.join()
        for name, variable in self._variables.items():
            np.copyto(self._arrays[name], np.asarray(variable.value.read_value()))
        return dict(self._arrays)

    def _allocate(self) -> None:
        for name, variable in self._variables.items():
            array = np.empty(tuple(variable.shape), variable.value.dtype.as_numpy_dtype)
            array.fill(0)
            self._arrays[name] = array
