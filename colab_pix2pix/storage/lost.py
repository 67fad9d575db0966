"""What a session that died has taken with it: told in steps and minutes when a run goes on."""

from __future__ import annotations

import json
import time
from pathlib import Path

from .. import wording
from ..project import Project, sample_step
from .slots import Generation


def note_reached(project: Project, run_id: str, step: int) -> None:
    """Notes on this machine's own disk how far a run has come."""
    path = _record(project)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps({"run_id": run_id, "step": step, "time": time.time()}))


def lost(project: Project, start: Generation) -> str:
    """Returns what lies between a state to go on from and where the run was, or "" if nothing.

    On the same machine that is known; on another one the samples tell the least that was reached.
    """
    try:
        record = json.loads(_record(project).read_text())
        if record["run_id"] == start.manifest["run_id"] and record["step"] > start.step:
            span = wording.seconds_in_words(record["time"] - start.time)
            number = wording.count(record["step"] - start.step)
            return f"Lost with the last session: {number} steps, {span} of training."
    except (FileNotFoundError, ValueError, KeyError):
        pass  # another machine, or killed while writing
    reached = max(map(sample_step, project.sample_files()), default=0)
    if reached > start.step:
        number = wording.count(reached - start.step)
        return f"Lost with the last session: at least {number} steps."
    return ""


def _record(project: Project) -> Path:
    return project.work / "reached.json"
