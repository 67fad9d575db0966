"""Giving a Colab machine back, once nothing on it is needed any more."""

from __future__ import annotations

from pathlib import Path

from ..errors import DriveError
from ..project import Project
from . import drive, wording
from .survey import Survey, safety, survey


def release_runtime(run_dir: Project | Path | str, *, even_if_lost: bool = False) -> None:
    """Flushes Google Drive and releases the Colab runtime; nothing runs after it.

    Args:
        run_dir: The project whose states and files must be on Drive first.
        even_if_lost: Release although something is not confirmed; to be told a second time, after
            the refusal has said what would be lost.

    Raises:
        DriveError: something is not confirmed; or this is no Colab runtime; or Drive could not be
            flushed. The runtime is then still there.
    """
    project = run_dir if isinstance(run_dir, Project) else Project(Path(run_dir))
    if not even_if_lost:
        _refuse_to_lose(project)
    drive.flush_and_release()


def _refuse_to_lose(project: Project) -> None:
    found = survey(project)
    if lost := _unconfirmed(project, found):
        raise DriveError(
            f"Not released: {', '.join(lost)} would be lost."
            f" {wording.line(safety(project, found))}.",
            why="Google Drive has not confirmed it.",
            fix="Wait and try again; release_runtime(..., even_if_lost=True) does it all the same.",
        )


def _unconfirmed(project: Project, found: Survey) -> list[str]:
    """Returns what of a project would not survive this machine: names of files and steps."""
    if not drive.is_drive(project.path):
        return [f"everything in {project.path}, which is no Google Drive,"]
    lost = []
    good = found.generations
    if good:
        newest = good[0]
        if not any(g.order == newest.order and g.durability == "confirmed" for g in good):
            lost.append(f"step {wording.steps(newest.step)}")
    for path in sorted(project.path.rglob("*")):
        if path.is_file() and drive.is_uncommitted(path):
            lost.append(path.relative_to(project.path).as_posix())
    return lost
