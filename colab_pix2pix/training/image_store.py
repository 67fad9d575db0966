"""Where decoded pictures are kept: in memory, or in a file on the disk where they are many."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import numpy as np

from .. import wording
from ..errors import DatasetError
from ..files import cache_dir
from ..languages import _

_ROUND = 32  # results that wait in memory at most
_MOST_THREADS = 8  # a container may show the cores of its whole machine

Given = TypeVar("Given")
Made = TypeVar("Made")


@dataclass(frozen=True)
class Stored:
    """Pictures that are kept.

    Attributes:
        pictures: uint8, `(count, …)`.
        where: How much they take of what, in words.
    """

    pictures: np.ndarray
    where: str


def side_by_side(work: Callable[[Given], Made], items: Sequence[Given]) -> Iterator[Made]:
    """Gives the results of `work` in the order of `items`, made in a thread for each core up to 8.

    Pillow lets other threads run while it decodes and resizes. What an item raises comes in its
    turn, so that of several bad ones the first is named.
    """
    with ThreadPoolExecutor(min(_MOST_THREADS, os.cpu_count() or 1)) as pool:
        for start in range(0, len(items), _ROUND):
            yield from pool.map(work, items[start : start + _ROUND])


def keep(
    pictures: Iterable[np.ndarray], shape: tuple[int, int, int, int], *, limit_bytes: int
) -> Stored:
    """Keeps pictures in memory, or in a mapped file where they would take more than a limit.

    The file lies in the cache folder without a name: it goes when the process does, however it
    ends. The system holds the parts of it in memory that are in use and can drop any of them.

    Args:
        pictures: uint8 `shape[1:]` each.
        shape: Of all of them together.
        limit_bytes: The most memory to take.

    Raises:
        DatasetError: the disk is full.
    """
    size = int(np.prod(shape, dtype=np.int64))
    if size <= limit_bytes:
        store = np.empty(shape, np.uint8)
        for index, picture in enumerate(pictures):
            store[index] = picture
        return Stored(store, _("{size} of memory", size=wording.bytes_in_words(size)))
    where = _("{size} on the disk", size=wording.bytes_in_words(size))
    return Stored(_mapped(pictures, shape, size), where)


def _mapped(
    pictures: Iterable[np.ndarray], shape: tuple[int, int, int, int], size: int
) -> np.ndarray:
    folder = cache_dir()
    with ExitStack() as stack:
        with _explained(folder, size):
            folder.mkdir(parents=True, exist_ok=True)
            file = stack.enter_context(tempfile.TemporaryFile(dir=folder))
        # Written, not assigned to a map: on a full disk a map ends the process with SIGBUS.
        for picture in pictures:
            with _explained(folder, size):
                file.write(picture.tobytes())
                file.flush()
        return np.asarray(np.memmap(file, np.uint8, "r", shape=shape))


@contextmanager
def _explained(folder: Path, size: int) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise DatasetError(
            _(
                "The decoded pictures do not fit into {folder}: {why}.",
                folder=folder,
                why=error.strerror,
            ),
            why=_(
                "They take {size}, which is more than memory_limit.",
                size=wording.bytes_in_words(size),
            ),
            fix=_("Make room there, name another disk in XDG_CACHE_HOME, or raise memory_limit."),
        ) from error
