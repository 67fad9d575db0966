"""Runs the cutting of several videos side by side: on threads, or on a dask cluster."""

from __future__ import annotations

import gc
import os
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import ModuleType

from ..errors import VideoError
from ..events import OnEvent, Progress
from ..languages import _
from .builder import Executor, Source
from .manifest import Crop

_RETRIES = 3
#: How long a scheduler may take to answer.
CONNECT_SECONDS = 20


def on_threads(on_event: OnEvent) -> Executor:
    """Returns an executor of sources on threads. The work is done in ffmpeg's processes."""

    def execute(todo: list[tuple[Source, str]], folder: Path) -> Iterable[list[Crop]]:
        with ThreadPoolExecutor(max(1, (os.cpu_count() or 1) // 2)) as pool:
            crops = pool.map(lambda task: task[0].cut(folder, task[1]), todo)
            yield from _counted(crops, len(todo), on_event)

    return execute


def on_dask(address: str, on_event: OnEvent) -> Executor:
    """Returns an executor of sources on the workers of a dask scheduler.

    A source whose worker dies is run again by another one.

    Args:
        address: The scheduler's, such as "tcp://10.0.0.1:8786".
        on_event: Told `Progress` in videos.
    """

    def execute(todo: list[tuple[Source, str]], folder: Path) -> Iterable[list[Crop]]:
        distributed = _distributed()
        # A client that did not come up before goes now: collected while this one starts, it would
        # wait for a lock that is held below it.
        gc.collect()
        try:
            client = distributed.Client(address, timeout=CONNECT_SECONDS)
        # As odd as the address; dask asserts, too, that a loop of its own has come up.
        except (OSError, TimeoutError, ValueError, TypeError, AssertionError) as error:
            raise VideoError(
                _("There is no dask scheduler at {address}.", address=repr(address)),
                why=_("Expected an address such as tcp://10.0.0.1:8786: {error}.", error=error),
                fix=_("Start one with `dask scheduler`, or leave the address away."),
            ) from error
        with client:
            futures = [
                client.submit(_cut, source, folder, key, pure=False, retries=_RETRIES)
                for source, key in todo
            ]
            yield from _counted((future.result() for future in futures), len(todo), on_event)

    return execute


def _cut(source: Source, folder: Path, key: str) -> list[Crop]:
    return source.cut(folder, key)


def _counted(results: Iterable[list[Crop]], total: int, on_event: OnEvent) -> Iterable[list[Crop]]:
    for done, crops in enumerate(results, 1):
        yield crops
        on_event(Progress(job="frames", done=done, total=total, unit="videos"))


def _distributed() -> ModuleType:
    try:
        import distributed
    except ImportError as error:
        raise VideoError(
            _("dask is not installed."),
            why=_("A scheduler's address was given."),
            fix="pip install 'colab-pix2pix[cluster]'",
        ) from error
    module: ModuleType = distributed
    return module
