"""The only thread that touches a mounted Drive while training goes on.

A call into a mount may hang for ever. It then hangs here: the loop and the copies on this machine's
own disk go on without it.
"""

from __future__ import annotations

import contextlib
import errno
import os
import threading
import time
from collections.abc import Sequence
from pathlib import Path
from typing import IO

from ..errors import CheckpointError, DriveError
from ..events import Event, Safety
from ..options import Config
from ..project import Project
from . import drive, messages, os_errors, session, slots, transfer
from .upload_state import Ledger, LocalCopy, Timing, Upload


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
        found: Sequence[slots.Generation],
        *,
        wanted_seconds: float,
        timing: Timing,
    ) -> None:
        self.project, self.run_id, self.mine, self.timing = project, run_id, mine, timing
        self.wanted_seconds = wanted_seconds
        self.taken_over_by: session.Session | None = None
        self.trouble: BaseException | None = None
        self._ledger = Ledger(project, found)
        self._news = messages.News()
        self._wake, self._stop = threading.Event(), threading.Event()
        self._last_write = self._not_before = float("-inf")
        self._in_call_since: float | None = None
        self._troubled_since: float | None = None
        self._small: dict[Path, tuple[Path, object]] = {}
        self._configs: dict[str, Config] = {}
        self._unrecorded: set[str] = set()
        self._hurry = self._suspect = False
        self._needed_bytes = 0
        self._thread = threading.Thread(target=self._run, name="drive", daemon=True)
        self._thread.start()

    # What the loop calls; none of it waits for Drive.

    def offer(self, part: Path, copy: LocalCopy) -> None:
        """Takes a newer state, which Drive gets when its turn comes.

        Args:
            part: Where it is; moved to `copy.file` in one step with the facts about it.
            copy: The facts.
        """
        self._ledger.take(part, copy)
        self._wake.set()

    def offer_file(self, source: Path, target: Path) -> None:
        """A picture or a table is on this machine's disk and belongs to Drive, too."""
        self._small[target] = source, object()  # told apart from an earlier one of that name
        self._wake.set()

    def remember(self, *configs: Config) -> None:
        """Stores options in the project. Not as a file from here: the run's id is in it, too."""
        self._configs |= {config.section: config for config in configs}
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
        if self.hangs and self._news.once("hang", messages.hanging()):
            self._news.put(self.safety())
        return self._news.take()

    @property
    def interval_seconds(self) -> float:
        """How often Drive gets a state: as wanted, but seldom enough for two uploads."""
        return max(self.wanted_seconds, 2 * (self._ledger.upload_seconds or 0.0))

    @property
    def hangs(self) -> bool:
        since = self._in_call_since
        return since is not None and time.monotonic() - since > self.timing.hang_seconds

    @property
    def done(self) -> bool:
        """True when all that can be known to be on Drive is there."""
        if not self._ledger.complete:  # asked first: see `_ask_for`
            return False
        return not (self._small or self._configs or self._unrecorded)

    @property
    def hopeless(self) -> bool:
        """True when Drive has given nothing but errors for a while."""
        since = self._troubled_since
        troubled = since is not None and time.monotonic() - since > self.timing.hopeless_seconds
        return self.hangs or troubled

    @property
    def expected_seconds(self) -> tuple[float, float] | None:
        """Returns how long the present upload has lasted and will last by the last one's time."""
        pending, whole = self._ledger.pending, self._ledger.upload_seconds
        return (time.time() - pending.since, whole) if pending and whole else None

    def safety(self) -> Safety:
        """Returns what is known of every state, for the one line."""
        words = f"Drive: {os_errors.describe(self.trouble)}" if self.trouble else ""
        return self._ledger.safety("Drive does not answer" if self.hangs else words)

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
        if self._fenced():
            return
        if upload := self._ledger.pending:
            self._ask_for(upload)
        if self._ledger.something_new and self._due():
            copy, file = self._ledger.open_newest()
            with file:
                self._bring(copy, file)
        self._record_slots()
        self._store_options()
        self._bring_small_files()

    def _due(self) -> bool:
        now = time.monotonic()
        waited = now - self._last_write >= self.interval_seconds
        return now >= self._not_before and (self._hurry or waited)

    def _fenced(self) -> bool:
        self._in_call()
        self.taken_over_by = session.newer(self.project, self.mine)
        if self.taken_over_by:
            return True
        there = self.project.settings().get("run_id", self.run_id)
        if there != self.run_id:
            raise DriveError(f"{self.project.path} holds another run now")
        return False

    def _bring(self, copy: LocalCopy, file: IO[bytes]) -> None:
        """Overwrites the slot that is not to be kept."""
        slot = self._ledger.target
        self._check_room_for(os.fstat(file.fileno()).st_size, slot)
        checked = time.monotonic()

        def progress() -> None:
            nonlocal checked
            self._in_call()
            if time.monotonic() - checked > self.timing.poll_seconds:
                checked = time.monotonic()
                if self._fenced():
                    raise CheckpointError("another session has taken over")

        transfer.overwrite(file, slot, copy.md5, progress)
        upload = self._ledger.written(slot, copy)
        self._last_write = time.monotonic()
        self._news.saved(copy, slot, self.safety(), confirmed=False)
        self._ask_for(upload)

    def _ask_for(self, upload: Upload) -> None:
        """Looks whether Drive has a state by now."""
        self._in_call()
        state = drive.durability(upload.slot, upload.copy.md5)
        if state == "pending":
            if self._suspect or time.time() - upload.looked > 2 * self.interval_seconds:
                self._bring_again_if_lost(upload)
            self._warn_of_a_stall(upload)
            return
        self._unrecorded.add(upload.slot.name)  # before it has ended: `done` looks at both
        self._ledger.ended(upload, confirmed=state == "confirmed")
        if state == "confirmed":
            self._news.saved(upload.copy, upload.slot, self.safety(), confirmed=True)
            if self.interval_seconds > self.wanted_seconds:
                words = messages.slow(self._ledger.upload_seconds or 0.0, self.interval_seconds)
                self._news.once("interval", words, "info")

    def _bring_again_if_lost(self, upload: Upload) -> None:
        """A Drive that was mounted anew may have forgotten what it had not uploaded."""
        if transfer.md5(upload.slot, self._in_call) != upload.copy.md5:
            self._ledger.lost()
            self._last_write = float("-inf")
        self._suspect, upload.looked = False, time.time()

    def _record_slots(self) -> None:
        """Notes in the project which slots must be there from now on; again after an error."""
        if not self._unrecorded:
            return
        self._in_call()
        self.project.remember(run_id=self.run_id, safe_slots=tuple(self._unrecorded))
        self._unrecorded.clear()

    def _store_options(self) -> None:
        for section, config in list(self._configs.items()):
            self._in_call()
            self.project.remember(config)
            if self._configs[section] is config:
                del self._configs[section]

    def _bring_small_files(self) -> None:
        for target, waiting in list(self._small.items()):
            self._in_call()
            transfer.put(waiting[0], target, self._in_call)
            if self._small[target] is waiting:
                del self._small[target]

    def _check_room_for(self, size: int, slot: Path) -> None:
        """Raises when Drive would take the state and never upload it."""
        self._in_call()
        before = slot.stat().st_size if slots.is_there(slot) else 0
        if drive.free_bytes(self.project.path) + before < size:
            raise OSError(errno.EDQUOT, os.strerror(errno.EDQUOT))

    def _check_room_for_both(self) -> None:
        self._in_call()
        there = sum(s.stat().st_size for s in self.project.slots if slots.is_there(s))
        free, needed = drive.free_bytes(self.project.path), 2 * self._needed_bytes - there
        self._needed_bytes = 0
        if free < needed:
            self._news.note(messages.no_room(free, needed))

    # What it says.

    def _warn_of_a_stall(self, upload: Upload) -> None:
        waited = time.time() - upload.since
        if upload.warned or waited < 2 * self.interval_seconds:
            return
        upload.warned = True
        free = drive.free_bytes(self.project.path)
        self._news.note(messages.stalled(upload, waited, free, self._ledger.safe_step))

    def _failed(self, error: Exception) -> None:
        if self._stop.is_set() or self.taken_over_by:
            return
        self.trouble, self._suspect = error, True
        self._troubled_since = self._troubled_since or time.monotonic()
        self._not_before = time.monotonic() + self.timing.retry_seconds
        self._news.once(os_errors.describe(error), messages.failing(error))
        self._news.put(self.safety())

    def _recovered(self) -> None:
        self._news.forget("hang")
        waiting = time.monotonic() < self._not_before  # the call that failed was not made again
        if self.trouble is None or waiting:
            return
        self._news.forget(os_errors.describe(self.trouble))
        self.trouble = self._troubled_since = None
        self._news.note("Google Drive answers again.", "info")
        self._news.put(self.safety())
