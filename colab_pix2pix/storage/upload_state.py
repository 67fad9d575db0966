"""The one record of where each state of a run is: on this machine, on its way, safe."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

from ..events import Safety
from ..project import Project
from . import slots, transfer


@dataclass(frozen=True, kw_only=True)
class Timing:
    """The patience of a session.

    Attributes:
        poll_seconds: How often Drive is asked how far an upload is.
        hang_seconds: A call that takes longer is said to hang.
        retry_seconds: How long after an error of Drive it is tried again.
        hopeless_seconds: How long the end of a training waits for a Drive that gives errors.
        patience_seconds: How long the end of a training waits for an upload.
    """

    poll_seconds: float = 3.0
    hang_seconds: float = 60.0
    retry_seconds: float = 20.0
    hopeless_seconds: float = 120.0
    patience_seconds: float = 3600.0


@dataclass(frozen=True)
class LocalCopy(slots.StateInfo):
    """A whole and checked state on this machine's own disk.

    Attributes:
        file: Where it lies.
        md5: Its checksum.
        manifest: What it says of itself.
    """

    file: Path
    md5: str
    manifest: dict[str, Any]


@dataclass
class Upload:
    """A state in a slot that Drive has not confirmed yet.

    Attributes:
        slot: The slot.
        copy: What it holds.
        since: When it was written, in seconds since 1970.
        measured: This session has seen the whole upload.
        warned: The user has been told that it does not come forward.
        looked: When the slot was last seen to hold it still.
    """

    slot: Path
    copy: LocalCopy
    since: float
    measured: bool = True
    warned: bool = False
    looked: float = field(default_factory=time.time)


class Ledger:
    """What the loop's thread and the Drive's thread both know; every change is one step.

    Args:
        project: The run.
        found: What a resume has found, newest first.
    """

    def __init__(self, project: Project, found: Sequence[slots.Generation]) -> None:
        self._lock = threading.Lock()
        self._newest: LocalCopy | None = None
        self._safe: tuple[int, float] | None = None
        self._written: tuple[int, float] | None = None
        self._written_number = 0
        self.pending: Upload | None = None
        self.upload_seconds: float | None = None
        self._project = project
        self._keep = self._take_over(found)

    @property
    def target(self) -> Path:
        """The slot to write next: not the one that must be kept."""
        return self._project.slot_beside(self._keep)

    @property
    def something_new(self) -> bool:
        """True when this machine has a newer state than the slots, and no upload is under way."""
        with self._lock:
            newest = self._newest is not None and self._newest.number > self._written_number
            return newest and self.pending is None

    @property
    def complete(self) -> bool:
        """True when all that can be known to be on Drive is there."""
        with self._lock:
            newest = self._newest is None or self._newest.number <= self._written_number
            return newest and self.pending is None

    @property
    def safe_step(self) -> int | None:
        return self._safe[0] if self._safe else None

    def take(self, part: Path, copy: LocalCopy) -> None:
        """Takes a newer state: moves its file to `copy.file` in one step with the facts."""
        with self._lock:
            os.replace(part, copy.file)
            self._newest = copy

    def open_newest(self) -> tuple[LocalCopy, IO[bytes]]:
        """Returns the newest state with its file, opened: it may be replaced at any time."""
        with self._lock:
            assert self._newest is not None
            return self._newest, open(self._newest.file, "rb")

    def written(self, slot: Path, copy: LocalCopy) -> Upload:
        """A state is in a slot, and Drive uploads it."""
        with self._lock:
            self.pending = Upload(slot, copy, time.time())
            self._written_number = copy.number
            return self.pending

    def lost(self) -> None:
        """The slot does not hold any more what was written."""
        with self._lock:
            self.pending, self._written_number = None, 0

    def ended(self, upload: Upload, *, confirmed: bool) -> None:
        """An upload is confirmed, or nobody can say more of it."""
        with self._lock:
            self.pending, self._keep = None, upload.slot
            if not confirmed:
                self._written = upload.copy.step_and_time
                return
            self._safe, self._written = upload.copy.step_and_time, None
            if upload.measured:
                self.upload_seconds = time.time() - upload.since

    def safety(self, trouble: str) -> Safety:
        """Returns what is known of every state, for the one line."""
        with self._lock:
            pending, (safe, safe_time) = self.pending, self._safe or (None, None)
            written, written_time = self._written or (None, None)
            return Safety(
                on_drive=True,
                safe_step=safe,
                safe_time=safe_time,
                written_step=written,
                written_time=written_time,
                uploading_step=pending.copy.step if pending else None,
                uploading_since=pending.since if pending else None,
                upload_seconds=self.upload_seconds,
                local_step=self._newest.step if self._newest else None,
                trouble=trouble,
            )

    def _take_over(self, found: Sequence[slots.Generation]) -> Path:
        """Goes on with what an earlier session has left; returns the slot to keep."""
        here = slots.working_copy(self._project)
        own = [g for g in found if g.path in self._project.slots]
        confirmed = [g for g in own if g.durability == "confirmed"]
        self._written_number = max((g.number for g in found if g.path != here), default=0)
        if safe := [g for g in found if g.durability == "confirmed"]:
            self._safe = safe[0].step_and_time
        if own and own[0].durability != "confirmed":  # if only because Drive did not say
            copy = LocalCopy(own[0].path, transfer.md5(own[0].file), own[0].manifest)
            self.pending = Upload(own[0].path, copy, time.time(), measured=False)
        if found and found[0].path == here:
            self._newest = LocalCopy(here, transfer.md5(here), found[0].manifest)
        best = [*confirmed, *own]
        return best[0].path if best else self._project.slots[1]
