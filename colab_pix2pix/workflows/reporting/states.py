"""Which saved states a report tells of: the two slots and the kept milestones."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ...errors import ProjectError
from ...events import Metrics, unpack_history
from ...languages import _
from ...project import Project
from ...storage import slots
from ...storage.restore import check_milestones
from ...storage.slots import Generation, SlotCheck


@dataclass(frozen=True)
class SavedState:
    """One saved state, and the places where it lies.

    Attributes:
        generation: What is saved.
        places: Names of files, such as "slot-a.npz" and "milestones/step-00000120.npz".
    """

    generation: Generation
    places: tuple[str, ...]


def find_states(project: Project) -> tuple[list[SavedState], list[str]]:
    """Returns the states that can be read, newest first, and a sentence for each that can't.

    Nothing is changed, and nothing is expected of `project.json`: a torn file costs what it held.

    Raises:
        DriveError: Drive is not mounted, does not answer, or is another account's.
    """
    checks = [*slots.check_slots(project), *check_milestones(project)]
    found = [check for check in checks if check.generation]
    run_id = _run_id(project, found)
    states: dict[int, SavedState] = {}
    notes = [check.problem for check in checks if check.problem]
    for check in found:
        generation, place = check.generation, _place(project, check)
        assert generation is not None
        if generation.manifest["run_id"] != run_id:
            notes.append(_("{place} is of another run and left out.", place=place))
            continue
        known = states.get(generation.number, SavedState(generation, ()))
        states[generation.number] = SavedState(known.generation, (*known.places, place))
    newest_first = sorted(states.values(), key=lambda s: s.generation.order, reverse=True)
    return newest_first, notes


def history_of(states: Sequence[SavedState]) -> list[Metrics]:
    """Returns the metrics that the newest state carries; [] where there is none."""
    return unpack_history(states[0].generation.manifest["history"]) if states else []


def _run_id(project: Project, found: Sequence[SlotCheck]) -> str:
    """Returns the run that the folder belongs to: by its settings, or by its newest state."""
    try:
        known = str(project.settings().get("run_id", ""))
    except ProjectError:
        known = ""
    generations = [check.generation for check in found if check.generation]
    if known or not generations:
        return known
    return str(max(generations, key=lambda one: one.order).manifest["run_id"])


def _place(project: Project, check: SlotCheck) -> str:
    if check.path.is_relative_to(project.path):
        return check.path.relative_to(project.path).as_posix()
    return _("this machine's own disk")
