"""What is said while states go to Drive: each warning once, with what to do."""

from __future__ import annotations

import queue
from pathlib import Path
from typing import Literal

from ..events import Event, Note, Safety, Saved
from . import drive, os_errors, status_line
from .slots import StateInfo
from .upload_state import Upload

_ON_THIS_MACHINE = "Training goes on and keeps its states on this machine, which are lost with it."


class News:
    """Events on their way from the threads that make them to the loop that passes them on."""

    def __init__(self) -> None:
        self._queue: queue.SimpleQueue[Event] = queue.SimpleQueue()
        self._told: set[str] = set()

    def put(self, event: Event) -> None:
        self._queue.put(event)

    def take(self) -> list[Event]:
        """Returns what has come since the last call."""
        events = []
        while not self._queue.empty():
            events.append(self._queue.get())
        return events

    def saved(self, state: StateInfo, path: Path, safety: Safety, *, confirmed: bool) -> None:
        """A state has come to a place; and what is safe now."""
        self.put(Saved(step=state.step, generation=state.number, path=path, confirmed=confirmed))
        self.put(safety)

    def note(self, message: str, level: Literal["info", "warning"] = "warning") -> None:
        self.put(Note(message=message, level=level))

    def once(
        self, subject: str, message: str, level: Literal["info", "warning"] = "warning"
    ) -> bool:
        """Says something about a subject, unless that was said before; returns whether it was."""
        if subject in self._told:
            return False
        self._told.add(subject)
        self.note(message, level)
        return True

    def forget(self, subject: str) -> None:
        """Lets a subject be spoken of again."""
        self._told.discard(subject)


def no_room(free: float, needed: float) -> str:
    return (
        f"Google Drive has {free / 1e6:.0f} MB free, and two states of this run need"
        f" {needed / 1e6:.0f} MB more. Make room: empty the trash too, it counts."
    )


def slow(upload_seconds: float, interval_seconds: float) -> str:
    return (
        f"Drive takes {upload_seconds:.0f} s for an upload, so it gets a state every"
        f" {interval_seconds:.0f} s; in between they are kept on this machine."
    )


def stalled(upload: Upload, waited: float, free: float, safe_step: int | None) -> str:
    safe = f"Safe is step {status_line.steps(safe_step)}." if safe_step is not None else ""
    return (
        f"Google Drive has not uploaded step {status_line.steps(upload.copy.step)} for"
        f" {waited / 60:.0f} min; it has {free / 1e6:.0f} MB free. {safe} Training goes on. Look at"
        " drive.google.com whether the Drive is full; its daily limit for uploads may be reached."
    )


def hanging() -> str:
    return f"Google Drive does not answer. {_ON_THIS_MACHINE} {drive.REMOUNT}"


def failing(error: BaseException) -> str:
    words = os_errors.describe(error)
    return f"Google Drive can't be written: {words}. {_ON_THIS_MACHINE} {os_errors.advice(error)}"
