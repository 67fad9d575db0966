"""Events -> lines and a progress bar."""

from __future__ import annotations

import sys
import time
from typing import TextIO

from .. import wording
from ..events import Event, Metrics, Note, Progress, Resumed, Safety, Sample, Saved
from ..storage import status_line

_BAR = 24
_PLAIN_EVERY_SECONDS = 10.0


class Terminal:
    """A listener that writes to a terminal: a bar that moves, lines that stay.

    Where nobody can see a bar move (a log file), a progress line comes every ten seconds.

    Args:
        stream: Where to write; the standard error output by default, so that a command's result
            stays alone on the standard output.
    """

    def __init__(self, stream: TextIO | None = None) -> None:
        self._stream = stream or sys.stderr
        self._moves = self._stream.isatty()
        self._bar = ""
        self._finished = ""
        self._told = 0.0
        self._losses = ""
        self._told_safety: tuple[object, ...] = ()

    def __call__(self, event: Event) -> None:
        match event:
            case Progress():
                self._progress(event)
            case Metrics():
                self._losses = f" · L1 {event.generator_l1_loss:.3f}"
            case Safety():
                self._safety(event)
            case Resumed():
                self.line(f"Resumed at step {event.step}")
            case Note():
                self.line(f"! {event.message}" if event.level == "warning" else event.message)
            case Sample() | Saved():
                pass  # what is safe is told by the one line

    def _safety(self, event: Safety) -> None:
        """Tells what has changed for another machine; copies on this one come too often."""
        told = (event.safe_step, event.written_step, event.uploading_step, event.trouble)
        if told != self._told_safety:
            self._told_safety = told
            self.line(status_line.line(event))

    def line(self, text: str) -> None:
        """Writes a line that stays."""
        self._clear()
        self._stream.write(text + "\n")
        self._stream.flush()

    def _progress(self, event: Progress) -> None:
        text = progress_line(event) + (self._losses if event.job == "train" else "")
        last = event.total is not None and event.done >= event.total
        if last and self._finished == event.job:
            return  # a job may say twice that it is done
        self._finished = event.job if last else ""
        if not self._moves:
            if last or time.monotonic() - self._told >= _PLAIN_EVERY_SECONDS:
                self._told = time.monotonic()
                self.line(text)
            return
        self._clear()
        self._stream.write(text)
        self._bar = text
        if last:
            self._stream.write("\n")
            self._bar = ""
        self._stream.flush()

    def _clear(self) -> None:
        if self._bar:
            self._stream.write("\r" + " " * len(self._bar) + "\r")
            self._bar = ""


def progress_line(event: Progress) -> str:
    """Returns a progress in words: "train 40% [####      ] 480 of 1200 steps · 0:40 left"."""
    parts = [f"{event.job:8}"]
    if event.total:
        share = min(1.0, event.done / event.total)
        full = round(share * _BAR)
        parts.append(f"{share:4.0%} [{'#' * full}{' ' * (_BAR - full)}]")
    text = " ".join([*parts, wording.progress_in_words(event.done, event.total, event.unit)])
    if event.epoch is not None and event.epochs is not None:
        text += f" · epoch {event.epoch} of {event.epochs}"
    if event.crops_per_second:
        text += f" · {event.crops_per_second:.1f} crops/s"
    elif event.per_second:
        speed = event.per_second
        text += f" · {wording.bytes_in_words(speed) if event.unit == 'bytes' else f'{speed:.1f}'}/s"
    if event.seconds_left is not None:
        text += f" · {wording.seconds_in_words(event.seconds_left)} left"
    return text
