"""Reads pictures ahead for a model; what can't be read is left out, and the work goes on."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import numpy as np

from ..errors import DatasetError
from ..images import LeftOut

#: A picture and the file that its result goes to.
Task = tuple[Path, Path]


def readable(
    tasks: Sequence[Task], read: Callable[[Path], np.ndarray], left_out: LeftOut
) -> Iterator[tuple[Task, np.ndarray]]:
    """Gives the pictures that can be read with their tasks, in order, several decoded at a time.

    Raises:
        DatasetError: one can't be read, and the work is strict.
    """
    from ..training.image_store import side_by_side

    def decode(task: Task) -> np.ndarray | DatasetError:
        try:
            return read(task[0])
        except DatasetError as error:
            return error

    for task, picture in zip(tasks, side_by_side(decode, tasks), strict=True):
        if isinstance(picture, DatasetError):
            left_out.add(str(task[0]), picture)
        else:
            yield task, picture
