"""Which saved states a run has, what a resume would start from, and what a crash has cost."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from .. import mounts, wording
from ..errors import CheckpointError, ProjectError
from ..events import OnEvent, Safety, ignore
from ..languages import N_, _
from ..options import checks_input
from ..project import Project
from . import colab, drive, os_errors, side_files, slots, status_line, transfer
from .slots import Generation, SlotCheck

_STATES = {"confirmed": N_("confirmed"), "pending": N_("pending"), "unknown": N_("unknown")}


@dataclass(frozen=True)
class RunState:
    """What was found.

    Attributes:
        checks: What lies at every place where a state may lie.
        generations: The valid states of the run, newest first.
        notes: What the user should know: damage that was passed over, duplicates.
    """

    checks: tuple[SlotCheck, ...]
    generations: tuple[Generation, ...]
    notes: tuple[str, ...]


def read_run_state(project: Project, on_event: OnEvent = ignore) -> RunState:
    """Returns the states of a run, every byte of them checked. Nothing is changed.

    The working copy on this machine counts as one while it belongs to the same run. A run whose
    very first save was cut off has none.

    Args:
        project: The run.
        on_event: Told a `Note` when Drive does not answer; Ctrl-C is heard then.

    Raises:
        CheckpointError: the run has slots and none of them is valid, or one can't be read that may
            be the newest.
        DriveError: Drive is not mounted, does not answer, or is another account's.
    """
    mounts.require_answer(project.path, on_event=on_event)
    return mounts.ask(project.path, partial(_read_run_state, project), on_event=on_event)


def _read_run_state(project: Project, beat: mounts.Beat) -> RunState:
    checks = tuple(slots.check_slots(project, beat))
    run_id = str(project.settings().get("run_id", ""))
    found = [check.generation for check in checks if check.generation]
    good = [g for g in found if not run_id or g.manifest["run_id"] == run_id]
    slot_checks = [check for check in checks if check.path != slots.working_copy(project)]
    if any(check.unreadable for check in slot_checks):
        raise _unreadable(project, checks)
    if not good and (run_id or (slot_checks and not _first_save_was_cut_off(project, slot_checks))):
        raise _nothing_valid(project, checks)
    # A slot comes before the working copy of the same state: it is the one that others can see.
    good.sort(key=lambda g: (g.order, g.path.parent == project.path), reverse=True)
    return RunState(checks, tuple(good), tuple(_notes(project, checks, good)))


def generations(project: Project, on_event: OnEvent = ignore) -> list[Generation]:
    """Returns the valid states of a run, newest first; see `read_run_state`."""
    return list(read_run_state(project, on_event).generations)


def safety(project: Project, good: Sequence[Generation]) -> Safety:
    """Returns what is known of a run whose states `read_run_state` has found, newest first."""
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
    look = partial(side_files.survey, project)
    side = side_files.describe(mounts.ask(project.path, look)) if on_drive and good else ("", "")
    return Safety(
        on_drive=on_drive,
        safe_files=side[0],
        missing_files=side[1],
        safe_step=safe.step if safe else None,
        safe_time=safe.time if safe else None,
        written_step=written.step if written else None,
        written_time=written.time if written else None,
        uploading_step=pending.step if pending else None,
        local_step=local.step if local else None,
    )


@checks_input()
def status(run_dir: Path | str | Project, *, on_event: OnEvent = ignore) -> dict[str, Any]:
    """Returns what a resume would start from, ready for JSON.

    Args:
        run_dir: The run's folder.
        on_event: Told a `Note` when Drive does not answer.

    Returns:
        `step` (or None), `epochs_done`, `saved` and `confirmed` (each None or generation, step and
        seconds_ago), `options`, `run_id`, `slots` (path and generation of each valid one), `line`
        (what is safe, in words), `notes`.

    Raises:
        ProjectError: there is no such folder.
        CheckpointError: the run has slots, and none of them is valid.
        DriveError: Drive is not mounted, does not answer, or is another account's.
    """
    project = existing(run_dir, on_event)
    found = read_run_state(project, on_event)
    slots.clear_scratch(project)
    good = found.generations
    confirmed = next((g for g in good if g.durability == "confirmed"), None)
    newest = good[0] if good else None
    options = newest.manifest["options"] if newest else project.options_of("train")
    return {
        "step": newest.step if newest else None,
        "epochs_done": newest.manifest["epochs_done"] if newest else 0,
        "saved": newest.summary() if newest else None,
        "confirmed": confirmed.summary() if confirmed else None,
        "options": options,
        "run_id": newest.manifest["run_id"] if newest else None,
        "slots": [g.summary() | {"path": str(g.path)} for g in good],
        "line": status_line.line(safety(project, good)),
        "notes": list(found.notes),
    }


@checks_input()
def verify(run_dir: Path | str | Project, *, on_event: OnEvent = ignore) -> dict[str, Any]:
    """Reads every state of a run to the last byte and tells what each is, ready for JSON.

    Args:
        run_dir: The run's folder.
        on_event: Told a `Note` when Drive does not answer.

    Returns:
        `ok` (no state is damaged or unreadable) and `slots`: for each place `path`, `check`
        ("whole" or what is wrong), and where whole `generation`, `step`, `state` (confirmed,
        pending, unknown), `seconds_ago`.

    Raises:
        ProjectError: there is no such folder.
        DriveError: Drive is not mounted, does not answer, or is another account's.
    """
    project = existing(run_dir, on_event)
    check = partial(slots.check_slots, project)
    checks = mounts.ask(project.path, check, on_event=on_event)
    slots.clear_scratch(project)
    return {
        "ok": not any(check.problem for check in checks),
        "slots": [_report(check) for check in checks],
    }


@checks_input()
def keep_milestone(run_dir: Project | Path | str) -> Path:
    """Copies the newest state of a run into its `milestones/`, where no save touches it.

    Returns:
        The copy: a file like a slot. Named slot-a.npz in an empty folder it is a run of its own.

    Raises:
        CheckpointError: the run has nothing saved, or no valid state.
        DriveError: Drive is not mounted or does not answer.
    """
    project = run_dir if isinstance(run_dir, Project) else Project(Path(run_dir))
    found = read_run_state(project).generations
    if not found:
        raise CheckpointError(
            _("{path} holds no saved state yet.", path=project.path),
            fix=_("Train first, then keep a milestone."),
        )
    target = project.path / "milestones" / f"step-{found[0].step:08d}.npz"
    with os_errors.translate_os_errors(project.path):
        transfer.put(found[0].file, target)
    slots.clear_scratch(project)
    return target


def check_milestones(project: Project) -> list[SlotCheck]:
    """Looks at every state that `keep_milestone` has copied, oldest first."""
    paths = sorted((project.path / "milestones").glob("*.npz"))
    return [slots.check_file(project, path) for path in paths]


def existing(run_dir: Path | str | Project, on_event: OnEvent = ignore) -> Project:
    """Returns a run whose folder is there and answers.

    Raises:
        ProjectError: there is no such folder.
        DriveError: Drive is not mounted, or does not answer.
    """
    project = run_dir if isinstance(run_dir, Project) else Project(Path(run_dir))
    colab.require_mounted(project.path)
    mounts.require_answer(project.path, on_event=on_event)
    try:
        os.stat(project.path)
    except FileNotFoundError:
        raise ProjectError(
            _("{path} is no run folder: there is no such folder.", path=project.path),
            why=_("Expected a folder that `colab-pix2pix train` has made."),
            fix=_("Look for a typing error, or train first."),
        ) from None
    except OSError as error:
        raise os_errors.storage_error(project.path, error, why=os_errors.UNCHANGED) from error
    return project


def _report(check: SlotCheck) -> dict[str, Any]:
    report: dict[str, Any] = {"path": str(check.path), "check": check.problem or "whole"}
    if check.generation:
        report |= check.generation.summary() | {"state": check.generation.durability}
    return report


def _first_save_was_cut_off(project: Project, slot_checks: list[SlotCheck]) -> bool:
    """Returns True when the only slot of a run without an id is torn: nothing was ever saved.

    The id is written to `project.json` after the first save (on Drive: once that is confirmed),
    never before. Where that file is missing, too, only an empty slot proves it: on Drive a new file
    begins as an empty entry, and no save ever makes a full one empty.
    """
    if len(slot_checks) != 1:
        return False
    return slots.is_there(project.settings_file) or not slot_checks[0].path.stat().st_size


def _notes(project: Project, checks: tuple[SlotCheck, ...], good: list[Generation]) -> list[str]:
    notes = []
    if good:
        on = _("Going on from step {step}.", step=wording.count(good[0].step))
        notes += [f"{check.problem} {on}" for check in checks if check.problem]
    copies = [check.path.name for check in checks if " (" in check.path.name]
    if copies:
        words = N_(
            "Drive has made {files}, as it does when two machines write at once. They are looked at"
            " and left alone; once training goes on you may delete them."
        )
        notes.append(_(words, files=", ".join(copies)))
    return notes


def _line(check: SlotCheck) -> str:
    if (state := check.generation) is None:
        return check.problem
    return _(
        "{file}: step {step}, {state}.",
        file=check.path.name,
        step=wording.count(state.step),
        state=_(_STATES[state.durability]),
    )


def _listed(words: str, project: Project, checks: tuple[SlotCheck, ...]) -> str:
    return " ".join([_(words, path=project.path), *map(_line, checks)])


def _nothing_valid(project: Project, checks: tuple[SlotCheck, ...]) -> CheckpointError:
    return CheckpointError(
        _listed(N_("The run in {path} has no checkpoint that can be read."), project, checks),
        why=_("Expected slot-a.npz or slot-b.npz to be whole; a fresh start would lose the run."),
        fix=_(
            "Look in the Drive trash or a backup for an older slot file and put it"
            " back, or train into another folder."
        ),
    )


def _unreadable(project: Project, checks: tuple[SlotCheck, ...]) -> CheckpointError:
    return CheckpointError(
        _listed(N_("A checkpoint of the run in {path} can't be read now."), project, checks),
        why=_("It may be the newest one, so nothing was changed; on Drive this often passes."),
        fix=_(
            "Try again in a minute, then mount the disk or Drive again. If the file"
            " is lost for good, put a copy of the other slot in its place."
        ),
    )
