"""What lies in a project's folder: slots, their copies, and whether each is whole.

Reading never changes anything in the folder. What is on Drive is copied to this machine's disk
first and checked there, so that what was checked is what is read.
"""

from __future__ import annotations

import errno
import os
import re
import time
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from .. import files, mounts
from ..errors import CheckpointError, DriveError
from ..languages import _
from ..project import Project
from . import colab, drive, npz, os_errors, transfer

_SLOT_NAME = re.compile(r"slot-[ab]( \(\d+\))?\.npz")


class StateInfo:
    """What the manifest of a state says of it."""

    manifest: dict[str, Any]

    @property
    def number(self) -> int:
        return int(self.manifest["generation"])

    @property
    def step(self) -> int:
        return int(self.manifest["step"])

    @property
    def time(self) -> float:
        return float(self.manifest["time"])

    @property
    def step_and_time(self) -> tuple[int, float]:
        return self.step, self.time


@dataclass(frozen=True)
class Generation(StateInfo):
    """One saved state.

    Attributes:
        path: Where it lies: a slot, or the working copy on this machine.
        manifest: What it says of itself.
        durability: Whether a fresh machine could restore it.
        file: Where to read its arrays from: on Drive a checked copy on this machine's disk.
    """

    path: Path
    manifest: dict[str, Any]
    durability: drive.Durability
    file: Path

    @property
    def order(self) -> tuple[int, int]:
        """The newest session's newest state comes last."""
        return int(self.manifest["session_number"]), self.number

    def summary(self) -> dict[str, Any]:
        """Returns generation, step and age in seconds."""
        age = max(0.0, time.time() - self.time)
        return {"generation": self.number, "step": self.step, "seconds_ago": round(age, 1)}


@dataclass(frozen=True)
class SlotCheck:
    """What is at one place: a whole generation, or a problem.

    Attributes:
        path: A slot, a copy of one, or the working copy.
        generation: What it holds, when it is whole.
        problem: Why it can't be used, in words.
        unreadable: It may be whole: it could not be read (an error of the disk or the mount).
    """

    path: Path
    generation: Generation | None = None
    problem: str = ""
    unreadable: bool = False


def working_copy(project: Project) -> Path:
    """Returns where the newest state of a run on Drive lies on this machine's own disk."""
    return project.work / "latest.npz"


def known_here(project: Project) -> dict[str, Any]:
    """Returns what this machine remembers of a run: `run_id`, `on_drive`; {} when nothing."""
    return files.read_json_if_whole(project.work / "known.json")


def remember_here(project: Project, run_id: str, *, on_drive: bool) -> None:
    """Lets this machine remember a run, so that another account or mount is noticed."""
    known = {"run_id": run_id, "on_drive": on_drive, "path": str(project.path)}
    if known_here(project) != known:
        project.work.mkdir(parents=True, exist_ok=True)
        files.write_json(project.work / "known.json", known)


def known_on_drive(project: Project) -> bool:
    """Returns whether this machine knows a run as one on Google Drive.

    Raises:
        DriveError: it does, and that Drive is not mounted.
    """
    if known_here(project).get("on_drive") is not True:
        return False
    if not drive.is_drive(project.path):
        raise drive.not_mounted(project.path)
    return True


def check_slots(project: Project, beat: mounts.Beat = lambda: None) -> list[SlotCheck]:
    """Looks at every slot, every "slot-a (1).npz" that Drive has made, and the working copy.

    Args:
        project: The run.
        beat: Called as long as reading comes forward.

    Raises:
        DriveError: Drive is not mounted, does not answer, or is another account's.
    """
    _check_folder(project)
    # Side by side: checksums of two large files take two cores.
    return mounts.each([partial(check_file, project, p, beat) for p in _candidates(project)])


def scratch(project: Project, name: str) -> Path:
    """Returns a place for a file of this process on this machine's disk."""
    return project.work / f"scratch-{os.getpid()}-{name}"


def clear_scratch(project: Project) -> None:
    """Removes such files of this process, and of those that have died."""
    for path in project.work.glob("scratch-*"):
        process = path.name.split("-")[1]
        if process == str(os.getpid()) or not Path(f"/proc/{process}").exists():
            path.unlink(missing_ok=True)


def _check_folder(project: Project) -> None:
    colab.require_mounted(project.path)
    try:
        os.stat(project.path)
    except FileNotFoundError:
        pass
    except OSError as error:
        raise os_errors.storage_error(project.path, error, why=os_errors.UNCHANGED) from error
    ours = (project.settings_file, *project.slots)
    if known_on_drive(project) and not any(map(is_there, ours)):
        raise DriveError(
            _(
                "This machine has trained in {path}, but nothing of that is on this Drive.",
                path=project.path,
            ),
            why=_(
                "Probably another Google account is mounted than before, or the folder was moved."
            ),
            fix=_("Mount the Drive of the right account; or choose another name to start anew."),
        )


def _candidates(project: Project) -> Iterator[Path]:
    """Gives every place where a state may lie; neither listing nor names alone are trusted."""
    try:
        listed = {name for name in os.listdir(project.path) if _SLOT_NAME.fullmatch(name)}
    except FileNotFoundError:
        listed = set()
    except OSError as error:
        raise os_errors.storage_error(project.path, error, why=os_errors.UNCHANGED) from error
    listed |= {slot.name for slot in project.slots if is_there(slot)}
    if drive.is_drive(project.path):
        safe_slots = project.settings().get("safe_slots", ())
        listed |= {name for name in safe_slots if _SLOT_NAME.fullmatch(name)}
    yield from (project.path / name for name in sorted(listed))
    if working_copy(project).exists():
        yield working_copy(project)


def is_there(path: Path) -> bool:
    """Returns False only for what the file system calls missing; its errors prove nothing."""
    try:
        os.stat(path)
    except FileNotFoundError:
        return False
    except OSError:
        return True  # something is there, and reading it will tell what is wrong
    return True


def check_file(project: Project, path: Path, beat: mounts.Beat = lambda: None) -> SlotCheck:
    """Looks at one place where a state may lie: a slot, the copy of one, a milestone."""
    try:
        return SlotCheck(path, read(project, path, beat))
    except CheckpointError as error:
        return SlotCheck(path, problem=str(error))
    except OSError as error:
        problem = _("{path} can't be read: {why}.", path=path, why=error.strerror)
        if error.errno == errno.ENOENT:
            problem = _("{path} is not found, though it was there.", path=path)
        return SlotCheck(path, problem=problem, unreadable=True)


def read(project: Project, path: Path, beat: mounts.Beat = lambda: None) -> Generation:
    """Returns the generation in a file after checking every byte of it; calls `beat` meanwhile.

    Raises:
        CheckpointError: it is damaged, or from a newer version.
        OSError: it can't be read.
    """
    if path == working_copy(project):
        copy = _pinned(project, path)
        return Generation(path, _manifest(path, copy), "pending", copy)
    if not drive.is_drive(path):
        return Generation(path, _manifest(path, path), "confirmed", path)
    copy = scratch(project, path.name)
    content = transfer.fetch(path, copy, beat)
    manifest = _manifest(path, copy)
    try:
        state = drive.durability(path, content)
    except OSError:
        state = "unknown"
    return Generation(path, manifest, state, copy)


def _pinned(project: Project, path: Path) -> Path:
    """Returns a second name of the working copy: a session that still lives may replace it."""
    pin = scratch(project, path.name)
    pin.unlink(missing_ok=True)
    try:
        os.link(path, pin)
    except OSError:  # this disk knows no links
        return path
    return pin


def _manifest(path: Path, copy: Path) -> dict[str, Any]:
    """Returns the manifest in the copy of a file; errors name the file."""
    try:
        return npz.migrated(path, npz.read_manifest(copy))
    except CheckpointError as error:
        raise CheckpointError(str(error).replace(str(copy), str(path))) from error
