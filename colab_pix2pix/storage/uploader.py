"""The way from the loop to the thread that touches Drive: requests there, one status back.

Nothing here waits for Drive, and nothing is shared but a queue of requests, the last status and the
working copy on this machine's disk.
"""

from __future__ import annotations

import contextlib
import dataclasses
import queue
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from ..events import Event, Note, Progress, Safety, Saved
from ..languages import _
from ..options import Config
from . import os_errors, status_line
from .session import Session
from .slots import StateInfo
from .upload_state import LocalCopy, Timing, WorkingCopy

_CHECK_EVERY_SECONDS = 0.2


@dataclass(frozen=True)
class BringState:
    """There is a newer working copy; Drive gets it when its turn comes."""


@dataclass(frozen=True, eq=False)
class BringFile:
    """A file of this machine's disk belongs to Drive, too.

    Two requests are never equal: a file of one name may have another content each time.
    """

    source: Path
    target: Path


@dataclass(frozen=True)
class StoreOptions:
    """Options belong into the project's settings."""

    configs: tuple[Config, ...]


@dataclass(frozen=True)
class CheckRoom:
    """A state will have so many bytes, samples and the like so many: does it all fit?"""

    state_bytes: int
    side_bytes: int = 0


@dataclass(frozen=True)
class Hurry:
    """Nothing more will come: bring what is there without waiting for the interval."""


@dataclass(frozen=True)
class Stop:
    """The session ends."""


Request = BringState | BringFile | StoreOptions | CheckRoom | Hurry | Stop


@dataclass(frozen=True, kw_only=True)
class UploadStatus:
    """What the thread that touches Drive tells of itself: replaced as a whole, never changed.

    Moments are those of `time.monotonic`.

    Attributes:
        requests_taken: How many requests, from the first on, this takes into account.
        complete: All that they ask for is on Drive, as far as that can be known.
        safety: What would survive this machine.
        call_began: When the present call into the mount began; None outside of one.
        good_turns: How often everything that was due has been done without an error.
        trouble_began: Since when Drive has given nothing but errors; None when it has not.
        upload_began: When the upload began that is under way; None without one.
        upload_seconds: How long the last upload took; None before one has ended.
        taken_over_by: The session that goes on with this run; this one touches it no more.
    """

    safety: Safety
    requests_taken: int = 0
    complete: bool = False
    call_began: float | None = None
    good_turns: int = 0
    trouble_began: float | None = None
    upload_began: float | None = None
    upload_seconds: float | None = None
    taken_over_by: Session | None = None


class News:
    """Events on their way from the threads that make them to the loop that passes them on."""

    def __init__(self) -> None:
        self._queue: queue.SimpleQueue[Event] = queue.SimpleQueue()

    def put(self, event: Event) -> None:
        self._queue.put(event)

    def take(self) -> list[Event]:
        """Returns what has come since the last call."""
        events = []
        with contextlib.suppress(queue.Empty):
            while True:
                events.append(self._queue.get_nowait())
        return events

    def saved(self, state: StateInfo, path: Path, safety: Safety, *, confirmed: bool) -> None:
        """A state has come to a place; and what is safe now."""
        self.put(Saved(step=state.step, generation=state.number, path=path, confirmed=confirmed))
        self.put(safety)

    def note(self, message: str, level: Literal["info", "warning"] = "warning") -> None:
        self.put(Note(message=message, level=level))


class Uploader:
    """Brings states and files from this machine's disk to Drive; `drive_thread.start` makes one.

    Any thread may ask for something. `news` is for one thread, which passes it on.

    Args:
        working_copy: The newest state on this machine's disk.
        status: What is known before the thread has begun.
        timing: How patient to be.
    """

    def __init__(self, working_copy: WorkingCopy, status: UploadStatus, timing: Timing) -> None:
        self.events = News()
        self._working_copy, self._timing = working_copy, timing
        self._requests: queue.SimpleQueue[Request] = queue.SimpleQueue()
        self._lock = threading.Lock()
        self._requested, self._status = 0, status
        self._ended = threading.Event()
        self._hang_told_at = -1

    def offer(self, temp_path: Path, copy: LocalCopy) -> None:
        """Takes a newer state, which Drive gets when its turn comes.

        Args:
            temp_path: Where it is; moved to `copy.file` in one step with what is known of it.
            copy: What is known of it.
        """
        self._working_copy.replace(temp_path, copy)
        self._request(BringState())

    def offer_file(self, source: Path, target: Path) -> None:
        """A picture or a table is on this machine's disk and belongs to Drive, too."""
        self._request(BringFile(source, target))

    def remember(self, *configs: Config) -> None:
        """Stores options in the project. Not as a file from here: the run's id is in it, too."""
        self._request(StoreOptions(configs))

    def need(self, state_bytes: int, side_bytes: int = 0) -> None:
        """Tells how large a state will be, to see early whether two of them fit.

        Args:
            state_bytes: Of one state.
            side_bytes: Of all that will be made besides: samples, a time-lapse.
        """
        self._request(CheckRoom(state_bytes, side_bytes))

    def hurry(self) -> None:
        """Nothing more will come: bring what is there without waiting for the interval."""
        self._request(Hurry())

    def stop(self) -> None:
        """Ends the thread, after its present call if that returns."""
        self._request(Stop())
        self._ended.wait(self._timing.poll_seconds)

    def news(self) -> list[Event]:
        """Returns what has happened since the last call."""
        turns = self.status.good_turns
        if self.hangs and self._hang_told_at != turns:  # once, until it has answered again
            self._hang_told_at = turns
            self.events.note(os_errors.hanging())
            self.events.put(self.safety())
        return self.events.take()

    @property
    def status(self) -> UploadStatus:
        """What the thread has told last."""
        with self._lock:
            return self._status

    @property
    def hangs(self) -> bool:
        """True while a call into the mount does not return."""
        return _lasts(self.status.call_began, self._timing.hang_seconds)

    @property
    def hopeless(self) -> bool:
        """True when Drive has given nothing but errors for a while."""
        return self.hangs or _lasts(self.status.trouble_began, self._timing.hopeless_seconds)

    @property
    def done(self) -> bool:
        """True when all that was asked for and can be known to be on Drive is there."""
        with self._lock:
            return self._status.complete and self._status.requests_taken == self._requested

    @property
    def expected_seconds(self) -> tuple[float, float] | None:
        """Returns how long the present upload has lasted and will last by the last one's time."""
        status = self.status
        if status.upload_began is None or not status.upload_seconds:
            return None
        return time.monotonic() - status.upload_began, status.upload_seconds

    def safety(self) -> Safety:
        """Returns what is known of every state, for the one line."""
        safety, newest = self.status.safety, self._working_copy.newest
        if newest:
            safety = dataclasses.replace(safety, local_step=newest.step)
        if self.hangs:
            safety = dataclasses.replace(safety, trouble=_("Drive does not answer"))
        return safety

    def _request(self, request: Request) -> None:
        with self._lock:  # counted and queued in one step: `done` must not miss one
            self._requested += 1
            self._requests.put(request)

    # The other end, for the thread that touches Drive.

    def take_requests(self, wait_seconds: float) -> list[Request]:
        """Returns what was asked for since the last call, in order; waits for the first."""
        requests: list[Request] = []
        with contextlib.suppress(queue.Empty):
            requests.append(self._requests.get(timeout=wait_seconds))
            while True:
                requests.append(self._requests.get_nowait())
        return requests

    def publish(self, status: UploadStatus) -> None:
        """Replaces the status."""
        with self._lock:
            self._status = status

    def has_ended(self) -> None:
        """Tells that the thread touches nothing any more."""
        self._ended.set()


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
            message = status_line.not_all(uploader.safety())
            yield Note(message=message, level="warning")
            break
        time.sleep(min(_CHECK_EVERY_SECONDS, timing.poll_seconds))
    yield from news()
    yield uploader.safety()


def _lasts(began: float | None, seconds: float) -> bool:
    return began is not None and time.monotonic() - began > seconds


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
