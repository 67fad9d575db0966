"""Events -> lines that stay and, on a terminal, one line that moves."""

from __future__ import annotations

import sys
import time
from types import TracebackType
from typing import TYPE_CHECKING, Protocol, Self, TextIO

from ..events import Event, Metrics, Note, Progress, Resumed, Safety, Verdict
from ..storage import status_line
from .progress_text import ProgressText, describe_progress

if TYPE_CHECKING:
    from rich.console import Console

_BAR_COLUMNS = 24
_SHORTEST_BAR_COLUMNS = 8
_LOG_EVERY_SECONDS = 10.0
_DRAW_EVERY_SECONDS = 0.1  # a drawing takes a millisecond, and some jobs report a thousand crops


class Terminal:
    """A listener that writes to a terminal: a progress line that moves, below lines that stay.

    Where nobody can see a line move (a log file), a progress line comes every ten seconds. As a
    context manager it leaves the last progress on a line of its own, whatever ends the job.

    Args:
        stream: Where to write; the standard error output by default, so that a command's result
            stays alone on the standard output.
    """

    def __init__(self, stream: TextIO | None = None) -> None:
        self._display = _choose_display(stream or sys.stderr)
        self._finished_job = ""
        self._loss = ""
        self._last_safety: tuple[object, ...] = ()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.end_progress()

    def end_progress(self) -> None:
        """Leaves the last progress on a line of its own."""
        self._display.end_progress()

    def __call__(self, event: Event) -> None:
        match event:
            case Progress():
                self._progress(event)
            case Metrics():
                self._loss = f"difference {event.generator_l1_loss:.3f}"
            case Safety():
                self._safety(event)
            case Resumed():
                self.line(f"Resumed at step {event.step}")
            case Note():
                text = f"{event.message} ({event.details})" if event.details else event.message
                self.line(f"! {text}" if event.level == "warning" else text)
            case Verdict():
                self.line(event.sentence)
            # Samples and the like are for those who can show them; what is saved, Safety tells.

    def line(self, text: str) -> None:
        """Writes a line that stays."""
        self._display.line(text)

    def _safety(self, event: Safety) -> None:
        """Tells what has changed for another machine; copies on this one come too often."""
        changing = (event.safe_step, event.written_step, event.uploading_step, event.trouble)
        if changing != self._last_safety:
            self._last_safety = changing
            self.line(status_line.line(event))

    def _progress(self, event: Progress) -> None:
        finished = event.total is not None and event.done >= event.total
        if finished and self._finished_job == event.job:
            return  # a job may say twice that it is done
        self._finished_job = event.job if finished else ""
        text = describe_progress(event, self._loss if event.job == "train" else "")
        self._display.progress(text, finished=finished)


class _Display(Protocol):
    def line(self, text: str) -> None: ...

    def progress(self, text: ProgressText, *, finished: bool) -> None: ...

    def end_progress(self) -> None: ...


def _choose_display(stream: TextIO) -> _Display:
    if not stream.isatty():
        return _Log(stream)
    from rich.console import Console  # takes a tenth of a second

    console = Console(file=stream, markup=False, highlight=False, emoji=False)
    return _Log(stream) if console.is_dumb_terminal else _Screen(console)


class _Log:
    """Lines alone, for a file."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._last_seconds = 0.0

    def line(self, text: str) -> None:
        self._stream.write(text + "\n")
        self._stream.flush()

    def progress(self, text: ProgressText, *, finished: bool) -> None:
        now = time.monotonic()
        if finished or now - self._last_seconds >= _LOG_EVERY_SECONDS:
            self._last_seconds = now
            self.line(f"{text.head} {text.tail}")

    def end_progress(self) -> None:
        pass


class _Screen:
    """One line that moves, never longer than the window is wide at that moment.

    rich's own live displays hide the cursor until they are stopped, and a job that is killed never
    stops them.
    """

    def __init__(self, console: Console) -> None:
        self._console = console
        self._latest: ProgressText | None = None  # it, or one before it, is on the screen
        self._drawn_seconds = 0.0

    def line(self, text: str) -> None:
        from rich.text import Text

        with self._console:  # one write
            self._clear()
            self._console.print(Text(text), soft_wrap=True)
            if self._latest:
                self._draw(self._latest)

    def progress(self, text: ProgressText, *, finished: bool) -> None:
        now = time.monotonic()
        if self._latest is None or now - self._drawn_seconds >= _DRAW_EVERY_SECONDS:
            self._drawn_seconds = now
            with self._console:
                self._clear()
                self._draw(text)
        self._latest = text
        if finished:
            self.end_progress()

    def end_progress(self) -> None:
        if self._latest:
            with self._console:
                self._clear()
                self._draw(self._latest)
                self._console.print()
            self._latest = None

    def _clear(self) -> None:
        from rich.control import Control
        from rich.segment import ControlType

        if self._latest:
            erase = (ControlType.ERASE_IN_LINE, 2)
            self._console.control(Control(ControlType.CARRIAGE_RETURN, erase))

    def _draw(self, text: ProgressText) -> None:
        from rich.cells import cell_len
        from rich.progress_bar import ProgressBar
        from rich.text import Text

        columns = self._console.width - cell_len(text.head) - 2  # the last one stays empty
        bar_columns = 0 if text.share is None else _SHORTEST_BAR_COLUMNS + 1
        tail = text.fitted_tail(columns - bar_columns, cell_len)
        parts: list[Text | ProgressBar] = [Text(f"{text.head} ")]
        if text.share is not None:
            width = min(_BAR_COLUMNS, columns - cell_len(tail) - 1)
            if width >= _SHORTEST_BAR_COLUMNS:
                parts += [ProgressBar(total=1.0, completed=text.share, width=width), Text(" ")]
        # What is too long even so is cut off at the edge.
        self._console.print(*parts, Text(tail), sep="", end="", no_wrap=True, overflow="crop")
