"""What belongs to a project besides its states - crops, samples, tables - and whether Drive has it.

A file that is written to a mounted Drive is not there yet: like a state it counts once Drive
confirms its checksum.
"""

from __future__ import annotations

import errno
import os
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from .. import files, mounts, wording
from ..errors import DriveError
from ..events import Note, OnEvent, Progress
from ..languages import N_, _
from ..project import Project, sample_step
from . import drive, os_errors, transfer
from .drive import Durability

_LOOK_SECONDS = 0.5
PATIENCE_SECONDS = 3600.0


@dataclass
class _Upload:
    """A file that Drive is uploading; moments are those of `time.monotonic`.

    Attributes:
        md5: What it holds; "" where an earlier session has written it.
        grows_bytes: How much more room it will take on Drive than what it replaces.
    """

    md5: str
    grows_bytes: int
    began: float = field(default_factory=time.monotonic)
    checked: float = field(default_factory=time.monotonic)


class SideFiles:
    """The files of one run on their way to Drive. It belongs to the thread that touches Drive.

    Args:
        project: The run.
        begin_call: Called before each call into the mount; what it raises ends the work.
        retry_seconds: How long after an error to try again.

    Attributes:
        trouble: Why something can't be brought; None while all can.
        trouble_began: Since when, by `time.monotonic`.
    """

    def __init__(
        self, project: Project, begin_call: Callable[[], None], retry_seconds: float
    ) -> None:
        self._project, self._begin_call, self._retry_seconds = project, begin_call, retry_seconds
        self.trouble: OSError | None = None
        self.trouble_began: float | None = None
        self._not_before = 0.0
        self._queued: dict[Path, Path] = {}
        self._sources: dict[Path, Path] = {}
        self._uploads: dict[Path, _Upload] = {}
        self._known: dict[Path, Durability] | None = None

    @property
    def complete(self) -> bool:
        """True when Drive has all that it was given, as far as that can be known."""
        return not self._queued and not self._uploads

    @property
    def _owed_bytes(self) -> int:
        """How much room the uploads that are under way will take."""
        return sum(upload.grows_bytes for upload in self._uploads.values())

    def offer(self, source: Path, target: Path) -> None:
        """A file of this machine's disk belongs to Drive, instead of an earlier one of its name."""
        self._queued[target] = self._sources[target] = source

    def turn(self, *, suspect: bool, every_seconds: float) -> None:
        """Brings what waits, and asks Drive what it has.

        Args:
            suspect: Drive has given errors: what was written may be gone.
            every_seconds: How often to look whether an upload is still of what was written.

        What can't be written is tried again after a while, and holds nothing else up.

        Raises:
            OSError: the mount does not answer.
        """
        self._look_around()
        for target, upload in list(self._uploads.items()):
            due = suspect or time.monotonic() - upload.checked > every_seconds
            self._check(target, upload, is_due=due)
        if time.monotonic() < self._not_before:
            return
        trouble: OSError | None = None
        for target, source in list(self._queued.items()):
            try:
                self._bring(source, target)
            except OSError as error:
                trouble = trouble or error
                if not os_errors.is_full(error):  # else a smaller one may fit
                    break
        self.trouble, began = trouble, self.trouble_began
        self.trouble_began = (began or time.monotonic()) if trouble else None
        self._not_before = time.monotonic() + self._retry_seconds if trouble else 0.0

    def lack_of_room(self, state_bytes: int, side_bytes: int) -> str:
        """Returns the warning that not all of a run will fit, or just so; "" where it will.

        Args:
            state_bytes: Of one state.
            side_bytes: Of what will be made besides.
        """
        self._begin_call()
        occupied = sum(map(_size, self._project.slots))
        more = max(0, 2 * state_bytes - occupied) + side_bytes
        more += self._owed_bytes + sum(_growth(*pair) for pair in self._queued.items())
        free = drive.free_bytes(self._project.path)
        return "" if free >= more + state_bytes else os_errors.no_room(free, more)

    def require_room(self, more_bytes: int) -> None:
        """Raises EDQUOT where Drive would take so much more and never upload it."""
        self._begin_call()
        if more_bytes > 0 and drive.free_bytes(self._project.path) - self._owed_bytes < more_bytes:
            raise OSError(errno.EDQUOT, os.strerror(errno.EDQUOT))

    def safe(self) -> str:
        """Returns in words what a fresh machine would have."""
        return _in_words(p for p, state in self._states().items() if state == "confirmed")

    def missing(self) -> str:
        """Returns in words what it would not have."""
        missing = [path for path, state in self._states().items() if state == "pending"]
        return _in_words(missing, others=True)

    def longest_upload(self) -> tuple[str, float] | None:
        """Returns what has been uploaded for longest, and for how many seconds."""
        if not self._uploads:
            return None
        target, upload = min(self._uploads.items(), key=lambda item: item[1].began)
        return _in_words([target], others=True), time.monotonic() - upload.began

    def _states(self) -> dict[Path, Durability]:
        waiting: dict[Path, Durability] = dict.fromkeys([*self._queued, *self._uploads], "pending")
        return (self._known or {}) | waiting

    def _look_around(self) -> None:
        """Finds out once what earlier sessions have left: their uploads may be under way."""
        if self._known is not None:
            return
        self._known = survey(self._project, self._begin_call)
        for path, state in self._known.items():
            if state == "pending" and path not in self._queued and _size(path):
                self._uploads[path] = _Upload("", 0)

    def _bring(self, source: Path, target: Path) -> None:
        self._begin_call()
        grows = _growth(target, source)
        self.require_room(grows)
        content = transfer.put(source, target, self._begin_call)
        self._uploads[target] = _Upload(content, grows)
        if self._queued.get(target) is source:  # else there is a newer one of that name
            del self._queued[target]
        self._check(target, self._uploads[target], is_due=False)

    def _check(self, target: Path, upload: _Upload, *, is_due: bool) -> None:
        self._begin_call()
        try:
            state = drive.durability(target, upload.md5)
            if state == "pending" and is_due and upload.md5:
                upload.checked = time.monotonic()
                if transfer.md5(target, self._begin_call) != upload.md5:
                    raise FileNotFoundError
        except FileNotFoundError:  # a Drive that was mounted anew has forgotten it
            del self._uploads[target]
            if target in self._sources:
                self._queued.setdefault(target, self._sources[target])
            return
        if state != "pending":
            del self._uploads[target]
            assert self._known is not None
            self._known[target] = state


def survey(
    project: Project, begin_call: Callable[[], None] = lambda: None
) -> dict[Path, Durability]:
    """Returns for each file beside the states whether a fresh machine would have it.

    Crops that are not there at all count as pending. An empty file is one whose upload had only
    begun when its machine died: no file of a project is empty, and nobody will ever fill it.

    Raises:
        OSError: the mount does not answer.
    """
    begin_call()
    named = [project.dataset_zip, project.metrics_csv, project.losses_png, project.timelapse]
    found: dict[Path, Durability] = {project.dataset_zip: "pending"}
    for path in [*named, *project.sample_files()]:
        begin_call()
        if _size(path):
            found[path] = drive.durability(path)
    return found


def describe(found: Mapping[Path, Durability]) -> tuple[str, str]:
    """Returns in words what of a survey is safe, and what is not."""
    safe = _in_words(path for path, state in found.items() if state == "confirmed")
    missing = (path for path, state in found.items() if state == "pending")
    return safe, _in_words(missing, others=True)


def wait_until_confirmed(
    written: Mapping[Path, str],
    on_event: OnEvent,
    *,
    patience_seconds: float = PATIENCE_SECONDS,
) -> None:
    """Waits until Drive has confirmed some files; returns at once for those of other disks.

    Args:
        written: Files and their MD5 checksums.
        on_event: Told `Progress` in files, and in a `Note` that they are safe.
        patience_seconds: How long to wait.

    Raises:
        DriveError: something is not confirmed after that, or the mount does not answer.
        OSError: it gives errors.
    """
    pending = [path for path in written if drive.is_drive(path)]
    count, started, unsure = len(pending), time.monotonic(), 0
    while pending:
        states = {p: mounts.ask(p, _durability(p, written[p]), on_event=on_event) for p in pending}
        unsure += list(states.values()).count("unknown")
        pending = [path for path, state in states.items() if state == "pending"]
        on_event(Progress(job="upload", done=count - len(pending), total=count, unit="files"))
        if not pending or time.monotonic() - started > patience_seconds:
            break
        time.sleep(_LOOK_SECONDS)
    if count:
        _tell_outcome(count, unsure, pending, on_event)


def check_room(copies: Mapping[Path, Path]) -> None:
    """Makes sure that files fit on Google Drive, before the first is written.

    Args:
        copies: For each file to write the one that it is a copy of.

    Raises:
        OSError: Drive would take them and never upload them; or it does not answer.
    """
    needed = sum(_growth(target, source) for target, source in copies.items())
    on_drive = [target for target in copies if drive.is_drive(target)]
    if on_drive and drive.free_bytes(files.free_space(on_drive[0].parent)[0]) < needed:
        raise OSError(errno.EDQUOT, os.strerror(errno.EDQUOT))


def _durability(path: Path, content_md5: str) -> Callable[[mounts.Beat], Durability]:
    return lambda beat: drive.durability(path, content_md5)


def _tell_outcome(count: int, unsure: int, pending: list[Path], on_event: OnEvent) -> None:
    if pending:
        raise DriveError(
            _("Not on Drive yet: {names}.", names=", ".join(path.name for path in pending)),
            why=_("They are written to the mount, but Google Drive has not confirmed them."),
            fix=_(os_errors.NOT_CONFIRMED),
        )
    words = N_("Safe on Drive: {files}.")
    words = N_("Written to Drive, not confirmed: {files}.") if unsure else words
    on_event(Note(message=_(words, files=wording.counted(count, "file"))))


def _growth(target: Path, source: Path) -> int:
    """Returns by how much a file on Drive grows when another one takes its place."""
    return max(0, source.stat().st_size - _size(target))


def _size(path: Path) -> int:
    return path.stat().st_size if path.exists() else 0


def _in_words(paths: Iterable[Path], *, others: bool = False) -> str:
    samples, words = 0, list[str]()
    for path in paths:
        if sample_step(path) >= 0:
            samples += 1
        elif path.name == "dataset.zip":
            words.insert(0, _("crops"))
        elif others:
            words.append(path.name)
    if samples:
        words.insert(_("crops") in words, wording.counted(samples, "sample"))
    return ", ".join(words)
