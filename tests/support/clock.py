"""Time that a test sets."""

from __future__ import annotations


class Clock:
    """A clock that is set by hand, in seconds; it stands for the module `time`."""

    def __init__(self) -> None:
        self.now = 0.0

    def monotonic(self) -> float:
        return self.now
