"""An iterator that is computed ahead of who asks for its items, in a thread."""

from __future__ import annotations

import queue
import threading
from collections.abc import Generator
from contextlib import closing
from typing import TypeVar

Item = TypeVar("Item")
_POLL_SECONDS = 0.1


def prefetch(items: Generator[Item], buffer_size: int, *, name: str) -> Generator[Item]:
    """Gives what `items` gives, made in a thread of its own before it is asked for.

    The thread ends with this iterator, however that ends, and closes `items`. Close it where an
    error may leave it half used (`contextlib.closing`): a traceback would keep it.

    Args:
        items: What to run in the thread. What it raises is raised here, in its place.
        buffer_size: How many may wait to be asked for.
        name: Of the thread.

    Example:
        >>> list(prefetch((n * n for n in range(4)), 2, name="squares"))
        [0, 1, 4, 9]
    """
    ready: queue.Queue[tuple[Item] | BaseException | None] = queue.Queue(buffer_size)
    stopped = threading.Event()

    def put(entry: tuple[Item] | BaseException | None) -> bool:
        while not stopped.is_set():
            try:
                ready.put(entry, timeout=_POLL_SECONDS)
                return True
            except queue.Full:
                continue
        return False

    def work() -> None:
        try:
            with closing(items):
                for item in items:
                    if not put((item,)):
                        return
            put(None)
        except BaseException as error:  # raised again by who asks for the next one
            put(error)

    thread = threading.Thread(target=work, name=name)
    thread.start()
    try:
        while (entry := ready.get()) is not None:
            if isinstance(entry, BaseException):
                raise entry
            yield entry[0]
    finally:
        stopped.set()
        thread.join()
