"""Where each state of a run on Drive is: on this machine, on its way, safe."""

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

#: Where states lie that are in memory, because the disk has no room.
MEMORY = Path("/proc/self/fd")


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


class WorkingCopy:
    """The newest state on this machine's disk; its file and what is known of it change in one step.

    It may be replaced at any time, also while an older one goes to Drive or hangs on its way.
    """

    def __init__(self, newest: LocalCopy | None = None) -> None:
        self._lock = threading.Lock()
        self._newest = newest

    @property
    def newest(self) -> LocalCopy | None:
        """What is known of it; None where there is none yet."""
        with self._lock:
            return self._newest

    def replace(self, temp_path: Path, copy: LocalCopy) -> None:
        """Moves a newer state from `temp_path` to `copy.file`; one in memory is there already."""
        with self._lock:
            before, self._newest = self._newest, copy
            if temp_path != copy.file:
                os.replace(temp_path, copy.file)
            _release_memory(before)

    def open(self) -> tuple[LocalCopy, IO[bytes]]:
        """Returns what is known of it, and its file; once opened, that stays as it is."""
        with self._lock:
            assert self._newest is not None
            return self._newest, open(self._newest.file, "rb")

    def forget(self) -> None:
        """Gives the memory back that it may take; nobody may ask for it any more."""
        with self._lock:
            _release_memory(self._newest)
            self._newest = None


def _release_memory(copy: LocalCopy | None) -> None:
    if copy and copy.file.parent == MEMORY:  # who has it open keeps it
        os.close(int(copy.file.name))


@dataclass
class Upload:
    """A state in a slot that Drive has not confirmed yet.

    Attributes:
        slot: The slot.
        copy: What it holds.
        measured: This session has seen the whole upload.
        warned: The user has been told that it does not come forward.
        began: When it was written, by `time.monotonic`: clocks may be set meanwhile.
        checked: When the slot was last seen to hold it still, by `time.monotonic`.
    """

    slot: Path
    copy: LocalCopy
    measured: bool = True
    warned: bool = False
    began: float = field(default_factory=time.monotonic)
    checked: float = field(default_factory=time.monotonic)

    @property
    def lasts_seconds(self) -> float:
        """How long it has been under way."""
        return time.monotonic() - self.began


class UploadState:
    """What is known of every state of a run. It belongs to one thread, the one that touches Drive.

    Args:
        project: The run.
        found: What a resume has found, newest first.

    Attributes:
        working_copy: The newest state on this machine's disk; other threads replace it.
        pending: The upload that is under way.
        upload_seconds: How long the last one took.
    """

    def __init__(self, project: Project, found: Sequence[slots.Generation]) -> None:
        self.working_copy = WorkingCopy()
        self.pending: Upload | None = None
        self.upload_seconds: float | None = None
        self._safe: tuple[int, float] | None = None
        self._written: tuple[int, float] | None = None
        self._written_number = 0
        self._project = project
        self._keep = self._take_over(found)

    @property
    def target(self) -> Path:
        """The slot to write next: not the one that must be kept."""
        return self._project.slot_beside(self._keep)

    @property
    def has_new(self) -> bool:
        """True when this machine has a newer state than the slots."""
        newest = self.working_copy.newest
        return newest is not None and newest.number > self._written_number

    @property
    def safe_step(self) -> int | None:
        return self._safe[0] if self._safe else None

    def written(self, slot: Path, copy: LocalCopy) -> Upload:
        """A state is in a slot, and Drive uploads it."""
        self.pending, self._written_number = Upload(slot, copy), copy.number
        return self.pending

    def lost(self) -> None:
        """The slot does not hold any more what was written."""
        self.pending, self._written_number = None, 0

    def ended(self, upload: Upload, *, confirmed: bool) -> None:
        """An upload is confirmed, or nobody can say more of it."""
        self.pending, self._keep = None, upload.slot
        if not confirmed:
            self._written = upload.copy.step_and_time
            return
        self._safe, self._written = upload.copy.step_and_time, None
        if upload.measured:
            self.upload_seconds = upload.lasts_seconds

    def safety(self, trouble: str) -> Safety:
        """Returns what is known of every state, for the one line."""
        newest, pending = self.working_copy.newest, self.pending
        safe, safe_time = self._safe or (None, None)
        written, written_time = self._written or (None, None)
        return Safety(
            on_drive=True,
            safe_step=safe,
            safe_time=safe_time,
            written_step=written,
            written_time=written_time,
            uploading_step=pending.copy.step if pending else None,
            uploading_since=pending.began if pending else None,
            upload_seconds=self.upload_seconds,
            local_step=newest.step if newest else None,
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
            self.pending = Upload(own[0].path, copy, measured=False)
        if found and found[0].path == here:
            self.working_copy = WorkingCopy(LocalCopy(here, transfer.md5(here), found[0].manifest))
        best = [*confirmed, *own]
        return best[0].path if best else self._project.slots[1]
