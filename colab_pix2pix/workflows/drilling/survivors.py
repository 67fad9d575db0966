"""What of a project would survive this machine, copied to another folder.

Of a project on Google Drive that is what Drive has confirmed; on another disk, what lies there.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from ... import mounts, wording
from ...dataset import archive, choices, manifest
from ...dataset.manifest import Dataset
from ...errors import DatasetError, Pix2PixError, ProjectError
from ...files import free_space, link_or_copy
from ...languages import _
from ...project import Project
from ...storage import drive, os_errors, restore, slots, transfer
from ...storage.slots import Generation, SlotCheck


@dataclass
class Survivors:
    """What was copied, and what would not be there.

    Attributes:
        states: What was found wherever a state may lie.
        start: What a new machine would go on from.
        missing: Files that would not be there.
        torn: Files that would be there and can't be used.
        unsure: The mount does not tell what it has uploaded.
    """

    states: list[SlotCheck] = field(default_factory=list)
    start: Generation | None = None
    missing: list[str] = field(default_factory=list)
    torn: list[str] = field(default_factory=list)
    unsure: bool = False

    @property
    def lost(self) -> list[str]:
        return [*self.missing, *self.torn]


def copy_survivors(project: Project, copy: Project, beat: mounts.Beat) -> Survivors:
    """Copies what would survive this machine; what is being uploaded now would not."""
    found = Survivors(slots.check_slots(project, beat))
    states = [c.generation for c in found.states if c.path.parent == project.path and c.generation]
    safe = [generation for generation in states if generation.durability != "pending"]
    _require_room(project, copy, safe)
    copy.path.mkdir(parents=True)
    for generation in safe:
        found.unsure |= generation.durability == "unknown"
        with os_errors.on_this_machine(copy.path):
            own = generation.file != generation.path  # a copy on this machine already
            bring = link_or_copy if own else shutil.copyfile
            bring(generation.file, copy.path / generation.path.name)
    for path in _files(project):
        beat()
        name = path.relative_to(project.path).as_posix()
        wanted = path in _needed(project) or path.parent == project.samples
        try:
            state = _durability(path, copy.path / name if wanted else None, beat)
        except FileNotFoundError:  # whoever works on the run has just replaced it
            state = "pending"
        found.unsure |= state == "unknown"
        if state == "pending":
            (copy.path / name).unlink(missing_ok=True)
            found.missing.append(name)
    found.missing += _never_brought(project)
    return found


def _never_brought(project: Project) -> list[str]:
    """Returns the files that were made for Google Drive and have not been written there yet."""
    staging = transfer.staging_dir(project)
    names = [path.relative_to(staging.path).as_posix() for path in _files(staging)]
    return [name for name in names if not (project.path / name).exists()]


def find_start(copy: Project, found: Survivors) -> str:
    """Finds what a new machine would go on from; returns why it would refuse to, or ""."""
    try:
        states = restore.read_run_state(copy).generations
    except Pix2PixError as error:
        return str(error)
    found.start = states[0] if states else None
    return ""


def _durability(path: Path, target: Path | None, beat: mounts.Beat) -> drive.Durability:
    """Returns whether a file would survive; copies it where a target is given."""
    content = transfer.fetch(path, target, beat) if target else ""
    if drive.is_drive(path) and not path.stat().st_size:
        return "pending"  # a new file begins as an empty entry in the cloud
    return drive.durability(path, content)


def _needed(project: Project) -> tuple[Path, ...]:
    choices_files = project.choices_file, project.earlier_choices_file
    return project.settings_file, *choices_files, project.dataset_zip, project.metrics_csv


def _files(project: Project) -> Iterator[Path]:
    """Gives the files of a project beside its states, without those of a session that lives."""
    passing = {project.session_file.name, project.logs.name}
    for path in sorted(project.path.rglob("*")):
        parts = path.relative_to(project.path).parts
        hidden = any(part.startswith(".") for part in parts)
        is_state = len(parts) == 1 and path.suffix == ".npz"
        if not hidden and not is_state and parts[0] not in passing and path.is_file():
            yield path


def _require_room(project: Project, copy: Project, safe: list[Generation]) -> None:
    state_bytes = max((g.file.stat().st_size for g in safe), default=0)
    archive = project.dataset_zip
    crops_bytes = archive.stat().st_size if archive.exists() else 0
    needed = (len(safe) + 1) * state_bytes + 2 * crops_bytes
    folder, free = free_space(copy.path)
    if free < needed:
        raise ProjectError(
            _(
                "The drill needs {size} on this machine's disk; {folder} has {free} free.",
                size=wording.bytes_in_words(needed),
                folder=folder,
                free=wording.bytes_in_words(free),
            ),
            why=_("A copy of the run is made there, and goes with the drill."),
            fix=_("Make room, or name another disk in TMPDIR."),
        )


def unpack_crops(copy: Project, folder: Path, found: Survivors) -> Dataset | None:
    """Returns the crops that a new machine would have, with what was decided; None without any."""
    for path in copy.sample_files():
        if not _is_image(path):
            found.torn.append(path.relative_to(copy.path).as_posix())
    if not copy.dataset_zip.exists():
        return None
    try:
        dataset, changed = choices.restore(copy, archive.unpack(copy.dataset_zip, folder))
    except DatasetError:
        found.torn.append(copy.dataset_zip.name)
        return None
    if changed:
        manifest.write(dataset)
    return dataset


def _is_image(path: Path) -> bool:
    from ...training.artifacts import read_sample

    return read_sample(path) is not None
