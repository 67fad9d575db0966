"""States that are kept for good, on request: the two slots hold the newest ones only."""

from __future__ import annotations

from pathlib import Path

from ..errors import CheckpointError
from ..project import Project
from . import slots, transfer
from .os_errors import explained
from .restore import survey


def keep_milestone(run_dir: Project | Path | str) -> Path:
    """Copies the newest state of a run into its `milestones/`, where no save touches it.

    Returns:
        The copy: a file like a slot. Named slot-a.npz in an empty folder it is a run of its own.

    Raises:
        CheckpointError: the run has nothing saved, or no valid state.
        DriveError: Drive is not mounted or does not answer.
    """
    project = run_dir if isinstance(run_dir, Project) else Project(Path(run_dir))
    found = survey(project).generations
    if not found:
        raise CheckpointError(
            f"{project.path} holds no saved state yet.", fix="Train first, then keep a milestone."
        )
    target = project.path / "milestones" / f"step-{found[0].step:08d}.npz"
    with explained(project.path):
        transfer.put(found[0].file, target)
    slots.clear_scratch(project)
    return target
