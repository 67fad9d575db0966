"""The only thread that touches a mounted Drive while training goes on.

A call into a mount may hang for ever. It then hangs here: the loop and the copies on this machine's
own disk go on without it.
"""

from __future__ import annotations

import contextlib
import errno
import os
import queue
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..errors import CheckpointError, DriveError
from ..events import Event, Note, Safety, Saved
from ..project import Project
from . import copying, drive, session, slots, trouble, wording
from .timing import Timing


@dataclass(frozen=True)
class Copy:
    """A whole and checked state on this machine's own disk.

    Attributes:
        file: Where it lies.
        md5: Its checksum.
        manifest: What it says of itself.
    """

    file: Path
    md5: str
    manifest: dict[str, Any]

    @property
    def number(self) -> int:
        return int(self.manifest["generation"])

    @property
    def step(self) -> int:
        return int(self.manifest["step"])


@dataclass
class Upload:
    """A state in a slot that Drive has not confirmed yet.

    Attributes:
        slot: The slot.
        copy: What it holds.
        since: When it was written, in seconds since 1970.
        measured: This session has seen the whole upload.
        warned: The user has been told that it does not come forward.
    """

    slot: Path
    copy: Copy
    since: float
    measured: bool = True
    warned: bool = False


class Uploader:
    """Brings states from this machine's disk into the slots on Drive, one at a time.

    Args:
        project: The run.
        run_id: Its id.
        mine: The session that works on it.
        found: What a resume has found, newest first.
        wanted_seconds: How often a state should go to Drive at best.
        timing: How patient to be.
    """

    def __init__(
        self,
        project: Project,
        run_id: str,
        mine: session.Session,
        found: list[slots.Generation],
        *,
        wanted_seconds: float,
        timing: Timing,
    ) -> None:
        self.project, self.run_id, self.mine, self.timing = project, run_id, mine, timing
        self.wanted_seconds = wanted_seconds
        self.taken_over_by: session.Session | None = None
        self.trouble: BaseException | None = None
        self._news: queue.SimpleQueue[Event] = queue.SimpleQueue()
        self._wake, self._stop = threading.Event(), threading.Event()
        self._newest: Copy | None = None
        self._pending: Upload | None = None
        self._safe: tuple[int, float] | None = None
        self._written: tuple[int, float] | None = None
        self._written_number = 0
        self._upload_seconds: float | None = None
        self._last_write = self._not_before = float("-inf")
        self._in_call_since: float | None = None
        self._troubled_since: float | None = None
        self._told: set[str] = set()
        self._small: dict[Path, Path] = {}
        self._hurry = self._suspect = False
        self._needed_bytes = 0
        self._lock = threading.Lock()
        self._keep = self._take_over_slots(found)
        self._thread = threading.Thread(target=self._run, name="drive", daemon=True)
        self._thread.start()

    # What the loop calls; none of it waits for Drive.

    def offer(self, copy: Copy) -> None:
        """A newer state is on this machine's disk: Drive gets it when its turn comes."""
        with self._lock:
            self._newest = copy
        self._wake.set()

    def offer_file(self, source: Path, target: Path) -> None:
        """A picture or a table is on this machine's disk and belongs to Drive, too."""
        with self._lock:
            self._small[target] = source
        self._wake.set()

    def need(self, state_bytes: int) -> None:
        """Tells how large a state will be, to see early whether two of them fit."""
        self._needed_bytes = state_bytes
        self._wake.set()

    def hurry(self) -> None:
        """Nothing more will come: bring what is there without waiting for the interval."""
        self._hurry = True
        self._not_before = float("-inf")
        self._wake.set()

    def stop(self) -> None:
        """Ends the thread, after its present call if that returns."""
        self._stop.set()
        self._wake.set()
        self._thread.join(self.timing.poll_seconds)

    def news(self) -> list[Event]:
        """Returns what has happened since the last call."""
        self._warn_of_a_hanging_call()
        events = []
        while not self._news.empty():
            events.append(self._news.get())
        return events

    @property
    def interval_seconds(self) -> float:
        """How often Drive gets a state: as wanted, but seldom enough for two uploads."""
        return max(self.wanted_seconds, 2 * (self._upload_seconds or 0.0))

    @property
    def hangs(self) -> bool:
        since = self._in_call_since
        return since is not None and time.monotonic() - since > self.timing.hang_seconds

    @property
    def done(self) -> bool:
        """True when all that can be known to be on Drive is there."""
        with self._lock:
            newest = self._newest is None or self._newest.number <= self._written_number
            return newest and self._pending is None and not self._small

    @property
    def hopeless(self) -> bool:
        """True when Drive has given nothing but errors for a while."""
        if self.hangs:
            return True
        since = self._troubled_since
        return since is not None and time.monotonic() - since > self.timing.hopeless_seconds

    @property
    def expected_seconds(self) -> tuple[float, float] | None:
        """Returns how long the present upload has lasted and will last by the last one's time."""
        pending, whole = self._pending, self._upload_seconds
        return (time.time() - pending.since, whole) if pending and whole else None

    def safety(self) -> Safety:
        """Returns what is known of every state, for the one line."""
        with self._lock:
            pending, safe, written = self._pending, self._safe, self._written
            words = "Drive does not answer" if self.hangs else ""
            if self.trouble and not words:
                words = f"Drive: {trouble.in_words(self.trouble)}"
            return Safety(
                on_drive=True,
                safe_step=safe[0] if safe else None,
                safe_time=safe[1] if safe else None,
                written_step=written[0] if written else None,
                written_time=written[1] if written else None,
                uploading_step=pending.copy.step if pending else None,
                uploading_since=pending.since if pending else None,
                upload_seconds=self._upload_seconds,
                local_step=self._newest.step if self._newest else None,
                trouble=words,
            )

    # What the thread does.

    def _run(self) -> None:
        while not self._stop.is_set():
            self._wake.wait(self.timing.poll_seconds)
            self._wake.clear()
            if self._stop.is_set() or self.taken_over_by:
                break
            try:
                self._in_call()
                self._turn()
                self._recovered()
            except Exception as error:  # whatever it is: this thread must live, and tell
                self._failed(error)
            finally:
                self._in_call_since = None
        with contextlib.suppress(OSError):  # the record of the end is for politeness only
            session.end(self.project, self.mine)

    def _in_call(self) -> None:
        """Notes that a call to Drive begins now; stops a copy when the session has to end."""
        self._in_call_since = time.monotonic()
        if self._stop.is_set():
            raise CheckpointError("the session ends")

    def _turn(self) -> None:
        if not drive.is_drive(self.project.path):
            raise OSError(errno.ENOTCONN, os.strerror(errno.ENOTCONN))
        if self._needed_bytes:
            self._check_room_for_both()
        if self._pending:
            self._ask_for(self._pending)
        if self._fenced():
            return
        if self._due():
            assert self._newest is not None
            self._bring(self._newest)
        self._bring_small_files()

    def _due(self) -> bool:
        newest, now = self._newest, time.monotonic()
        if newest is None or self._pending or newest.number <= self._written_number:
            return False
        if now < self._not_before:
            return False
        return self._hurry or now - self._last_write >= self.interval_seconds

    def _fenced(self) -> bool:
        self._in_call()
        self.taken_over_by = session.newer(self.project, self.mine)
        if self.taken_over_by:
            return True
        there = self.project.settings().get("run_id", self.run_id)
        if there != self.run_id:
            raise DriveError(f"{self.project.path} holds another run now")
        return False

    def _bring(self, copy: Copy) -> None:
        """Overwrites the slot that is not to be kept."""
        slot = next(path for path in self.project.slots if path != self._keep)
        self._check_room_for(copy, slot)
        checked = time.monotonic()

        def progress() -> None:
            nonlocal checked
            self._in_call()
            if time.monotonic() - checked > self.timing.poll_seconds:
                checked = time.monotonic()
                if self._fenced():
                    raise CheckpointError("another session has taken over")

        copying.overwrite(copy.file, slot, copy.md5, progress)
        with self._lock:
            self._pending = Upload(slot, copy, time.time())
            self._written_number = copy.number
            self._last_write = time.monotonic()
        self._tell_saved(slot, copy, confirmed=False)
        self._ask_for(self._pending)

    def _ask_for(self, upload: Upload) -> None:
        """Looks whether Drive has a state by now."""
        self._in_call()
        state = drive.durability(upload.slot, upload.copy.md5)
        if state == "pending":
            waited = time.time() - upload.since
            if self._suspect or waited > 2 * self.interval_seconds:
                self._bring_again_if_lost(upload)
            self._warn_of_a_stall(upload)
            return
        made = float(upload.copy.manifest["time"])
        with self._lock:
            self._pending, self._keep = None, upload.slot
            if state == "confirmed":
                self._safe, self._written = (upload.copy.step, made), None
                if upload.measured:
                    self._upload_seconds = time.time() - upload.since
            else:
                self._written = (upload.copy.step, made)
        if state == "confirmed":
            self._tell_saved(upload.slot, upload.copy, confirmed=True)
            self._tell_of_the_interval()
        run_id = str(upload.copy.manifest["run_id"])
        self._in_call()
        self.project.remember(run_id=run_id, safe_slots=(upload.slot.name,))

    def _bring_again_if_lost(self, upload: Upload) -> None:
        """A Drive that was mounted anew may have forgotten what it had not uploaded."""
        if copying.md5(upload.slot, self._in_call) != upload.copy.md5:
            with self._lock:
                self._pending, self._written_number = None, 0
                self._last_write = float("-inf")
        self._suspect = False

    def _bring_small_files(self) -> None:
        with self._lock:
            waiting = dict(self._small)
        for target, source in waiting.items():
            self._in_call()
            copying.put(source, target, self._in_call)
            with self._lock:
                if self._small.get(target) == source:
                    del self._small[target]

    def _check_room_for(self, copy: Copy, slot: Path) -> None:
        """Raises when Drive would take the state and never upload it."""
        self._in_call()
        before = slot.stat().st_size if slots.is_there(slot) else 0
        if drive.free_bytes(self.project.path) + before < copy.file.stat().st_size:
            raise OSError(errno.EDQUOT, os.strerror(errno.EDQUOT))

    def _check_room_for_both(self) -> None:
        self._in_call()
        there = sum(s.stat().st_size for s in self.project.slots if slots.is_there(s))
        free, needed = drive.free_bytes(self.project.path), 2 * self._needed_bytes - there
        self._needed_bytes = 0
        if free < needed:
            self._note(
                f"Google Drive has {free / 1e6:.0f} MB free, and two states of this run need"
                f" {needed / 1e6:.0f} MB more. Make room: empty the trash too, it counts."
            )

    # What it says.

    def _tell_saved(self, slot: Path, copy: Copy, *, confirmed: bool) -> None:
        self._news.put(
            Saved(step=copy.step, generation=copy.number, path=slot, confirmed=confirmed)
        )
        self._news.put(self.safety())

    def _tell_of_the_interval(self) -> None:
        if self.interval_seconds > self.wanted_seconds and "interval" not in self._told:
            self._told.add("interval")
            self._note(
                f"Drive takes {self._upload_seconds:.0f} s for an upload, so it gets a state every"
                f" {self.interval_seconds:.0f} s; in between they are kept on this machine.",
                level="info",
            )

    def _warn_of_a_stall(self, upload: Upload) -> None:
        waited = time.time() - upload.since
        if upload.warned or waited < 2 * self.interval_seconds:
            return
        upload.warned = True
        safe = f"Safe is step {wording.steps(self._safe[0])}." if self._safe else ""
        free = drive.free_bytes(self.project.path) / 1e6
        self._note(
            f"Google Drive has not uploaded step {wording.steps(upload.copy.step)} for"
            f" {waited / 60:.0f} min; it has {free:.0f} MB free. {safe} Training goes on. Look at"
            " drive.google.com whether the Drive is full; its daily limit for uploads may be"
            " reached."
        )

    def _warn_of_a_hanging_call(self) -> None:
        if self.hangs and "hang" not in self._told:
            self._told.add("hang")
            self._note(
                "Google Drive does not answer. Training goes on and keeps its states on this"
                f" machine, which are lost with it. {drive.REMOUNT}"
            )
            self._news.put(self.safety())

    def _failed(self, error: Exception) -> None:
        if self._stop.is_set() or self.taken_over_by:
            return
        self.trouble, self._suspect = error, True
        self._troubled_since = self._troubled_since or time.monotonic()
        self._not_before = time.monotonic() + self.timing.retry_seconds
        words = trouble.in_words(error)
        if words not in self._told:
            self._told.add(words)
            self._note(
                f"Google Drive can't be written: {words}. Training goes on and keeps its states on"
                f" this machine, which are lost with it. {trouble.remedy(error)}"
            )
        self._news.put(self.safety())

    def _recovered(self) -> None:
        self._told.discard("hang")
        waiting = time.monotonic() < self._not_before  # the call that failed was not made again
        if self.trouble is None or waiting:
            return
        self._told.discard(trouble.in_words(self.trouble))
        self.trouble = self._troubled_since = None
        self._note("Google Drive answers again.", level="info")
        self._news.put(self.safety())

    def _note(self, message: str, *, level: Any = "warning") -> None:
        self._news.put(Note(message=message, level=level))

    def _take_over_slots(self, found: list[slots.Generation]) -> Path:
        """Goes on with what an earlier session has left; returns the slot to keep."""
        here = slots.working_copy(self.project)
        own = [g for g in found if g.path in self.project.slots]
        confirmed = [g for g in own if g.durability == "confirmed"]
        self._written_number = max((g.number for g in found if g.path != here), default=0)
        if safe := [g for g in found if g.durability == "confirmed"]:
            self._safe = (safe[0].step, safe[0].time)
        if own and own[0].durability != "confirmed":  # if only because Drive did not say
            copy = Copy(own[0].path, copying.md5(own[0].file), own[0].manifest)
            self._pending = Upload(own[0].path, copy, time.time(), measured=False)
        if found and found[0].path == here:
            file = found[0].path
            self._newest = Copy(file, copying.md5(file), found[0].manifest)
        best = [*confirmed, *own]
        return best[0].path if best else self.project.slots[1]
