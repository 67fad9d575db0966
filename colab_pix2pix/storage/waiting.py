"""The end of a training: nothing is left to do but to wait until Drive has it all."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator

from ..events import Event, Note, Progress
from . import status_line
from .drive_thread import Uploader
from .upload_state import Timing

_LOOK_EVERY_SECONDS = 0.2


def until_safe(
    uploader: Uploader, timing: Timing, news: Callable[[], list[Event]]
) -> Iterator[Event]:
    """Gives progress and news until all is confirmed, or until waiting makes no sense any more.

    Args:
        uploader: What brings states to Drive.
        timing: How long to be patient.
        news: Returns what has happened meanwhile; what it raises ends the wait.
    """
    uploader.hurry()
    started = time.monotonic()
    while not uploader.done:
        yield from news()
        yield _progress(time.monotonic() - started, uploader.expected_seconds)
        if uploader.hopeless or time.monotonic() - started > timing.patience_seconds:
            line = status_line.line(uploader.safety())
            yield Note(
                message=f"Not everything is on Drive. {line}. Leave this machine running and run"
                " the same again: it waits for the rest.",
                level="warning",
            )
            break
        time.sleep(min(_LOOK_EVERY_SECONDS, timing.poll_seconds))
    yield from news()
    yield uploader.safety()


def _progress(waited: float, expected: tuple[float, float] | None) -> Progress:
    if expected is None:
        return Progress(job="upload", done=round(waited), unit="seconds")
    elapsed, whole = expected
    left = max(1.0, whole - elapsed)
    return Progress(
        job="upload",
        done=round(elapsed),
        total=round(elapsed + left),
        unit="seconds",
        seconds_left=left,
    )
