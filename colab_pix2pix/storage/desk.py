"""Where pictures and tables are made before they go to Drive: a folder on this machine."""

from __future__ import annotations

import shutil

from ..project import Project
from . import slots


def desk_of(project: Project) -> Project:
    """Returns the folder on this machine that mirrors a project on Drive."""
    return Project(project.work / "desk")


def fill(project: Project) -> None:
    """Fetches the samples of earlier sessions, for the time-lapse at the end.

    Raises:
        OSError: the project's folder does not answer.
    """
    samples = desk_of(project).samples
    samples.mkdir(parents=True, exist_ok=True)
    if not slots.is_there(project.samples):
        return
    for path in project.samples.iterdir():
        if not (samples / path.name).exists():
            shutil.copyfile(path, samples / path.name)
