"""Which saved states a run has, what a resume would start from, and how all this is told."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .. import wording
from ..errors import CheckpointError, ProjectError
from ..events import Safety
from ..project import Project
from . import drive, os_errors, slots, status_line
from .slots import Generation, Look


@dataclass(frozen=True)
class Survey:
    """What was found.

    Attributes:
        looks: Every place that was looked at.
        generations: The valid states of the run, newest first.
        notes: What the user should know: damage that was passed over, duplicates.
    """

    looks: tuple[Look, ...]
    generations: tuple[Generation, ...]
    notes: tuple[str, ...]


def survey(project: Project) -> Survey:
    """Returns the states of a run, every byte of them checked. Nothing is changed.

    The working copy on this machine counts as one while it belongs to the same run. A run whose
    very first save was cut off has none.

    Raises:
        CheckpointError: the run has slots and none of them is valid, or one can't be read that may
            be the newest.
        DriveError: Drive is not mounted, does not answer, or is another account's.
    """
    looks = tuple(slots.look(project))
    run_id = str(project.settings().get("run_id", ""))
    found = [look.generation for look in looks if look.generation]
    good = [g for g in found if not run_id or g.manifest["run_id"] == run_id]
    there = [look for look in looks if look.path != slots.working_copy(project)]
    if any(look.unreadable for look in there):
        raise _unreadable(project, looks)
    if not good and (run_id or (there and not _first_save_was_cut_off(project, there))):
        raise _nothing_valid(project, looks)
    # A slot comes before the working copy of the same state: it is the one that others can see.
    good.sort(key=lambda g: (g.order, g.path.parent == project.path), reverse=True)
    return Survey(looks, tuple(good), tuple(_notes(project, looks, good)))


def generations(project: Project) -> list[Generation]:
    """Returns the valid states of a run, newest first; raises as `survey` does."""
    return list(survey(project).generations)


def safety(project: Project, found: Survey) -> Safety:
    """Returns what is known of the states that a survey has found."""
    good = found.generations
    on_drive = drive.is_drive(project.path)
    here = slots.working_copy(project)

    def newest(state: str) -> Generation | None:
        return next((g for g in good if g.durability == state and g.path != here), None)

    safe, written, pending = newest("confirmed"), newest("unknown"), newest("pending")
    local = next((g for g in good if g.path == here), None)
    if safe and written and written.order < safe.order:
        written = None
    if pending and safe and pending.order < safe.order:
        pending = None
    return Safety(
        on_drive=on_drive,
        safe_step=safe.step if safe else None,
        safe_time=safe.time if safe else None,
        written_step=written.step if written else None,
        written_time=written.time if written else None,
        uploading_step=pending.step if pending else None,
        local_step=local.step if local else None,
    )


def status(run_dir: Path | str | Project) -> dict[str, Any]:
    """Returns what a resume would start from, ready for JSON.

    Returns:
        `step` (or None), `epochs_done`, `saved` and `confirmed` (each None or generation, step and
        seconds_ago), `options`, `run_id`, `slots` (path and generation of each valid one), `line`
        (what is safe, in words), `notes`.

    Raises:
        ProjectError: there is no such folder.
        CheckpointError: the run has slots, and none of them is valid.
        DriveError: Drive is not mounted, does not answer, or is another account's.
    """
    project = _existing(run_dir)
    found = survey(project)
    slots.clear_scratch(project)
    good = found.generations
    confirmed = next((g for g in good if g.durability == "confirmed"), None)
    newest = good[0] if good else None
    options = newest.manifest["options"] if newest else project.settings().get("train", {})
    return {
        "step": newest.step if newest else None,
        "epochs_done": newest.manifest["epochs_done"] if newest else 0,
        "saved": newest.summary() if newest else None,
        "confirmed": confirmed.summary() if confirmed else None,
        "options": options,
        "run_id": newest.manifest["run_id"] if newest else None,
        "slots": [g.summary() | {"path": str(g.path)} for g in good],
        "line": status_line.line(safety(project, found)),
        "notes": list(found.notes),
    }


def verify(run_dir: Path | str | Project) -> dict[str, Any]:
    """Reads every state of a run to the last byte and tells what each is, ready for JSON.

    Returns:
        `ok` (no state is damaged or unreadable) and `slots`: for each place `path`, `check`
        ("whole" or what is wrong), and where whole `generation`, `step`, `state` (confirmed,
        pending, unknown), `seconds_ago`.

    Raises:
        ProjectError: there is no such folder.
        DriveError: Drive is not mounted, does not answer, or is another account's.
    """
    project = _existing(run_dir)
    looks = slots.look(project)
    slots.clear_scratch(project)
    return {"ok": not any(look.problem for look in looks), "slots": [_report(x) for x in looks]}


def _existing(run_dir: Path | str | Project) -> Project:
    project = run_dir if isinstance(run_dir, Project) else Project(Path(run_dir))
    drive.require_mounted(project.path)
    try:
        os.stat(project.path)
    except FileNotFoundError:
        raise ProjectError(
            f"{project.path} is no run folder: there is no such folder.",
            why="Expected a folder that `colab-pix2pix train` has made.",
            fix="Look for a typing error, or train first.",
        ) from None
    except OSError as error:
        raise os_errors.unreachable(project.path, error) from error
    return project


def _report(look: Look) -> dict[str, Any]:
    report: dict[str, Any] = {"path": str(look.path), "check": look.problem or "whole"}
    if look.generation:
        report |= look.generation.summary() | {"state": look.generation.durability}
    return report


def _first_save_was_cut_off(project: Project, there: list[Look]) -> bool:
    """Returns True when the only slot of a run without an id is torn: nothing was ever saved.

    The id is written to `project.json` after the first save (on Drive: once that is confirmed),
    never before. Where that file is missing, too, only an empty slot proves it: on Drive a new file
    begins as an empty entry, and no save ever makes a full one empty.
    """
    if len(there) != 1:
        return False
    return slots.is_there(project.settings_file) or not there[0].path.stat().st_size


def _notes(project: Project, looks: tuple[Look, ...], good: list[Generation]) -> list[str]:
    notes = []
    if good:
        step = wording.count(good[0].step)
        notes += [f"{look.problem} Going on from step {step}." for look in looks if look.problem]
    copies = [look.path.name for look in looks if " (" in look.path.name]
    if copies:
        notes.append(
            f"Drive has made {', '.join(copies)}, as it does when two machines write at once. They"
            " are looked at and left alone; once training goes on you may delete them."
        )
    return notes


def _listed(looks: tuple[Look, ...]) -> str:
    words = []
    for look in looks:
        if look.generation:
            step = wording.count(look.generation.step)
            words.append(f"{look.path.name}: step {step}, {look.generation.durability}.")
        else:
            words.append(look.problem)
    return " ".join(words)


def _nothing_valid(project: Project, looks: tuple[Look, ...]) -> CheckpointError:
    return CheckpointError(
        f"The run in {project.path} has no checkpoint that can be read. {_listed(looks)}".strip(),
        why="Expected slot-a.npz or slot-b.npz to be whole; a fresh start would lose the run.",
        fix="Look in the Drive trash or a backup for an older slot file and put it back, "
        "or train into another folder.",
    )


def _unreadable(project: Project, looks: tuple[Look, ...]) -> CheckpointError:
    return CheckpointError(
        f"A checkpoint of the run in {project.path} can't be read now. {_listed(looks)}",
        why="It may be the newest one, so nothing was changed; on Drive this often passes.",
        fix="Try again in a minute, then mount the disk or Drive again. If the file is lost for "
        "good, put a copy of the other slot in its place.",
    )
