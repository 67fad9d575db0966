"""The only thread that touches a mounted Drive while training goes on.

A call into a mount may hang for ever. It then hangs here: the loop and the copies on this machine's
own disk go on without it. What the thread knows is its own; others send it requests and read its
last status, both by way of an `Uploader`.
"""

from __future__ import annotations

import contextlib
import dataclasses
import errno
import os
import threading
import time
from collections.abc import Sequence
from typing import IO, Literal

from .. import wording
from ..errors import CheckpointError, DriveError, ProjectError
from ..events import Safety
from ..languages import _
from ..options import Config
from ..project import Project
from . import drive, os_errors, session, slots, transfer
from .side_files import SideFiles
from .upload_state import LocalCopy, Timing, Upload, UploadState
from .uploader import BringFile, CheckRoom, Hurry, Stop, StoreOptions, Uploader, UploadStatus


class DriveThread(threading.Thread):
    """Brings states into the slots on Drive, one at a time, and files and options beside them.

    Args:
        project: The run.
        run_id: Its id.
        mine: The session that works on it.
        found: What a resume has found, newest first.
        wanted_seconds: How often a state should go to Drive at best.
        timing: How patient to be.

    Attributes:
        uploader: What all other threads speak to this one by.
    """

    def __init__(
        self,
        project: Project,
        run_id: str,
        mine: session.Session,
        found: Sequence[slots.Generation],
        wanted_seconds: float,
        timing: Timing,
    ) -> None:
        super().__init__(name="drive", daemon=True)
        self._project, self._run_id, self._mine, self._timing = project, run_id, mine, timing
        self._state, self._wanted_seconds = UploadState(project, found), wanted_seconds
        status = UploadStatus(safety=self._state.safety(""))
        self.uploader = Uploader(self._state.working_copy, status, timing)
        self._news = self.uploader.events
        self._requests_taken = self._good_turns = 0
        self._needed: CheckRoom | None = None
        self._side_files = SideFiles(project, self._begin_call, timing.retry_seconds)
        self._configs: dict[str, Config] = {}
        self._unrecorded: set[str] = set()
        self._told: set[str] = set()
        self._hurry = self._stopping = self._suspect = self._woken = False
        self._last_write = self._not_before = float("-inf")
        self._call_began: float | None = None
        self._trouble: Exception | None = None
        self._trouble_began: float | None = None
        self._taken_over_by: session.Session | None = None

    def run(self) -> None:
        """Works until the session ends or another one takes over."""
        while self._goes_on():
            try:
                self._begin_call()
                self._turn()
                self._recovered()
            except Exception as error:  # whatever it is: this thread must live, and tell
                self._failed(error)
            finally:
                self._call_began = None
                self._publish()
        with contextlib.suppress(OSError, ProjectError):  # the record is for politeness only
            session.end(self._project, self._mine)
        self._state.working_copy.forget()
        self.uploader.has_ended()

    # What others ask for, and what they are told.

    def _goes_on(self) -> bool:
        """Waits for the next turn; returns False when there is none."""
        self._take_requests(0.0 if self._woken else self._timing.poll_seconds)
        self._woken = False
        return not (self._stopping or self._taken_over_by)

    def _take_requests(self, wait_seconds: float = 0.0) -> None:
        for request in self.uploader.take_requests(wait_seconds):
            self._requests_taken += 1
            self._woken = True
            match request:
                case BringFile():
                    self._side_files.offer(request.source, request.target)
                case StoreOptions():
                    self._configs |= {config.section: config for config in request.configs}
                case CheckRoom():
                    self._needed = request
                case Hurry():
                    self._hurry, self._not_before = True, float("-inf")
                case Stop():
                    self._stopping = True

    def _publish(self) -> None:
        state, pending = self._state, self._state.pending
        waiting = self._configs or self._unrecorded or state.has_new or pending
        status = UploadStatus(
            safety=self._safety(),
            requests_taken=self._requests_taken,
            complete=not waiting and self._side_files.complete,
            call_began=self._call_began,
            good_turns=self._good_turns,
            trouble_began=self._trouble_began or self._side_files.trouble_began,
            upload_began=pending.began if pending else None,
            upload_seconds=state.upload_seconds,
            taken_over_by=self._taken_over_by,
        )
        self.uploader.publish(status)

    def _safety(self) -> Safety:
        error = self._trouble or self._side_files.trouble
        trouble = f"Drive: {os_errors.describe(error)}" if error else ""
        safe, missing = self._side_files.safe(), self._side_files.missing()
        safety = self._state.safety(trouble)
        return dataclasses.replace(safety, safe_files=safe, missing_files=missing)

    def _begin_call(self) -> None:
        """A call to Drive begins now; raises, and so stops a copy, when the session has to end."""
        self._take_requests()
        self._call_began = time.monotonic()
        self._publish()
        if self._stopping:
            raise CheckpointError("the session ends")

    # What it does to Drive.

    def _turn(self) -> None:
        if not drive.is_drive(self._project.path):
            raise OSError(errno.ENOTCONN, os.strerror(errno.ENOTCONN))
        if self._needed:
            lack = self._side_files.lack_of_room(self._needed.state_bytes, self._needed.side_bytes)
            self._needed = None
            if lack:
                self._news.note(lack)
        if self._fenced():
            return
        if upload := self._state.pending:
            self._check_upload(upload)
        if self._state.has_new and self._state.pending is None and self._due():
            copy, file = self._state.working_copy.open()
            with file:
                self._bring(copy, file)
        self._record_slots()
        self._store_options()
        self._bring_side_files()

    @property
    def _interval_seconds(self) -> float:
        """How often Drive gets a state: as wanted, but seldom enough for two uploads."""
        return max(self._wanted_seconds, 2 * (self._state.upload_seconds or 0.0))

    def _due(self) -> bool:
        now = time.monotonic()
        waited = now - self._last_write >= self._interval_seconds
        return now >= self._not_before and (self._hurry or waited)

    def _fenced(self) -> bool:
        self._begin_call()
        self._taken_over_by = session.newer(self._project, self._mine)
        if self._taken_over_by:
            return True
        if self._project.settings().get("run_id", self._run_id) != self._run_id:
            raise DriveError(_("{path} holds another run now", path=self._project.path))
        return False

    def _bring(self, copy: LocalCopy, file: IO[bytes]) -> None:
        """Overwrites the slot that is not to be kept."""
        slot = self._state.target
        before = slot.stat().st_size if slots.is_there(slot) else 0
        self._side_files.require_room(os.fstat(file.fileno()).st_size - before)
        checked = time.monotonic()

        def progress() -> None:
            nonlocal checked
            self._begin_call()
            if time.monotonic() - checked > self._timing.poll_seconds:
                checked = time.monotonic()
                if self._fenced():
                    raise CheckpointError("another session has taken over")

        transfer.overwrite(file, slot, copy.md5, progress)
        upload = self._state.written(slot, copy)
        self._last_write = time.monotonic()
        self._tell_saved(upload, confirmed=False)
        self._check_upload(upload)

    def _check_upload(self, upload: Upload) -> None:
        """Asks whether Drive has a state by now."""
        self._begin_call()
        durability = drive.durability(upload.slot, upload.copy.md5)
        if durability == "pending":
            if self._suspect or time.monotonic() - upload.checked > 2 * self._interval_seconds:
                self._bring_again_if_lost(upload)
            self._warn_of_a_stall(upload)
            return
        self._unrecorded.add(upload.slot.name)
        self._state.ended(upload, confirmed=durability == "confirmed")
        if durability == "confirmed":
            self._tell_saved(upload, confirmed=True)
            if self._interval_seconds > self._wanted_seconds:
                seconds = self._state.upload_seconds or 0.0
                self._tell_once("interval", os_errors.slow(seconds, self._interval_seconds), "info")

    def _bring_again_if_lost(self, upload: Upload) -> None:
        """A Drive that was mounted anew may have forgotten what it had not uploaded."""
        if transfer.md5(upload.slot, self._begin_call) != upload.copy.md5:
            self._state.lost()
            self._last_write = float("-inf")
        self._suspect, upload.checked = False, time.monotonic()

    def _record_slots(self) -> None:
        """Notes in the project which slots must be there from now on; again after an error."""
        if not self._unrecorded:
            return
        self._begin_call()
        self._project.remember(run_id=self._run_id, safe_slots=tuple(self._unrecorded))
        self._unrecorded.clear()

    def _store_options(self) -> None:
        for section, config in list(self._configs.items()):
            self._begin_call()
            self._project.remember(config)
            if self._configs[section] is config:  # else a newer one has been asked for meanwhile
                del self._configs[section]

    def _bring_side_files(self) -> None:
        self._side_files.turn(
            suspect=self._trouble is not None,
            every_seconds=2 * self._interval_seconds,
        )
        if error := self._side_files.trouble:
            self._tell_once(f"a file: {os_errors.describe(error)}", os_errors.failing(error))
        longest = self._side_files.longest_upload()
        if longest and longest[1] > max(2 * self._interval_seconds, self._timing.hopeless_seconds):
            free, safe = drive.free_bytes(self._project.path), self._state.safe_step
            self._tell_once("side files", os_errors.stalled(*longest, free, safe))

    # What it says.

    def _tell_saved(self, upload: Upload, *, confirmed: bool) -> None:
        self._publish()  # first: who reads the event may ask for the status
        self._news.saved(upload.copy, upload.slot, self._safety(), confirmed=confirmed)

    def _tell_once(
        self, subject: str, message: str, level: Literal["info", "warning"] = "warning"
    ) -> None:
        if subject not in self._told:
            self._told.add(subject)
            self._news.note(message, level)

    def _warn_of_a_stall(self, upload: Upload) -> None:
        if upload.warned or upload.lasts_seconds < 2 * self._interval_seconds:
            return
        upload.warned = True
        free = drive.free_bytes(self._project.path)
        waited, safe = upload.lasts_seconds, self._state.safe_step
        what = f"step {wording.count(upload.copy.step)}"
        self._news.note(os_errors.stalled(what, waited, free, safe))

    def _failed(self, error: Exception) -> None:
        if self._stopping or self._taken_over_by:
            return
        now = time.monotonic()
        self._trouble, self._suspect = error, True
        self._trouble_began = self._trouble_began or now
        self._not_before = now + self._timing.retry_seconds
        self._tell_once(os_errors.describe(error), os_errors.failing(error))
        self._news.put(self._safety())

    def _recovered(self) -> None:
        self._good_turns += 1
        waiting = time.monotonic() < self._not_before  # the call that failed was not made again
        if self._trouble is None or waiting:
            return
        self._told.discard(os_errors.describe(self._trouble))
        self._trouble = self._trouble_began = None
        self._news.note(_("Google Drive answers again."), "info")
        self._news.put(self._safety())
