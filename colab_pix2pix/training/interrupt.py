"""Ends a long loop politely: after the step, with everything saved."""

from __future__ import annotations

import contextlib
import signal
import threading
from collections.abc import Callable, Iterator
from typing import Literal

_running: list[list[int]] = []  # what has been pressed, for each loop that runs


@contextlib.contextmanager
def interruptible() -> Iterator[Callable[[], bool]]:
    """Gives a function that tells whether SIGINT or SIGTERM has come; a second one raises.

    A plain KeyboardInterrupt would come seconds late, in the middle of a TensorFlow call.
    """
    pressed: list[int] = []

    def note(number: int, frame: object) -> None:
        if pressed:
            raise KeyboardInterrupt
        pressed.append(number)

    if threading.current_thread() is not threading.main_thread():
        yield lambda: False  # only the main thread may handle signals
        return
    _running.append(pressed)
    before = {number: signal.signal(number, note) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield lambda: bool(pressed)
    finally:
        _running.pop()
        for number, handler in before.items():
            signal.signal(number, handler)


def stop() -> None:
    """Ends the loop that runs as SIGINT does; does nothing where none runs, or it ends already."""
    for pressed in _running:
        if not pressed:
            pressed.append(signal.SIGINT)


def state() -> Literal["", "running", "stopping"]:
    """Returns whether such a loop runs now, and whether it is about to end."""
    if not _running:
        return ""
    return "stopping" if _running[-1] else "running"
