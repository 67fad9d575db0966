"""Who works on a run, and how far it came: a record in its folder that fences older sessions.

After a machine's death nobody wants to wait until a lock expires. So nobody waits: the newest
session writes its number into `session.json`, and an older one that still lives reads it before
each save, writes nothing more and stops.
"""

from __future__ import annotations

import dataclasses
import json
import os
import re
import socket
import time
import uuid
from dataclasses import dataclass
from pathlib import Path

from .. import files, wording
from ..errors import TakenOverError
from ..languages import _
from ..project import Project, sample_step
from . import os_errors
from .slots import Generation

_REACHED = "reached.json"
_LAST_SECOND = 2**36  # in the year 4147: a clock that is later is none


@dataclass(frozen=True, kw_only=True)
class Session:
    """One session on a run.

    Attributes:
        number: Counts the sessions of a run; the highest wins.
        id: Tells two sessions of one number apart: the later `started` wins, then the higher id.
        started: When, in seconds since 1970.
        machine: The name of the machine.
        process: Its process id there.
        ended: It has stopped by itself.
    """

    number: int
    id: str
    started: float
    machine: str
    process: int
    ended: bool = False

    @property
    def rank(self) -> tuple[int, float, str]:
        return self.number, self.started, self.id

    @property
    def description(self) -> str:
        when = time.strftime("%H:%M", time.localtime(self.started))
        return f"started at {when} on {self.machine}"

    @property
    def may_live(self) -> bool:
        """False when it has ended, or was a process of this machine that is no more."""
        if self.ended or self.process == os.getpid():
            return False
        return self.machine != socket.gethostname() or Path(f"/proc/{self.process}").exists()


def current(project: Project) -> Session | None:
    """Returns the newest session of a run; None where there is no record that can be read.

    Two machines that begin at once make "session (1).json" on Drive: the newest of all counts.

    Raises:
        OSError: the folder does not answer.
    """
    names = [name for name in os.listdir(project.path) if re.fullmatch(r"session.*\.json", name)]
    known = _local(project)
    records = {*(project.path / name for name in names), project.session_file, known}
    found = [session for record in sorted(records) if (session := _read(record))]
    return max(found, key=lambda session: session.rank, default=None)


def begin(project: Project, *, above: int = 0) -> tuple[Session, Session | None]:
    """Takes a run over.

    Args:
        project: The run; its folder exists.
        above: The highest session number that is known from checkpoints.

    Returns:
        The new session, and the one before if that may still live.

    Raises:
        OSError: the folder does not answer or can't be written.
    """
    before = current(project)
    session = Session(
        number=max(above, before.number if before else 0) + 1,
        id=uuid.uuid4().hex,
        started=time.time(),
        machine=socket.gethostname(),
        process=os.getpid(),
    )
    with os_errors.on_this_machine(_local(project)):
        _local(project).parent.mkdir(parents=True, exist_ok=True)
    _write(project, session)
    return session, before if before and before.may_live else None


def newer_here(project: Project, mine: Session) -> Session | None:
    """Returns a newer session on this machine; looks at this machine's own disk only."""
    found = _read(_local(project))
    return found if found and found.rank > mine.rank else None


def newer(project: Project, mine: Session) -> Session | None:
    """Returns the session that has taken the run over, or None.

    Raises:
        OSError: the folder does not answer.
    """
    found = current(project)
    return found if found and found.rank > mine.rank else None


def end(project: Project, mine: Session) -> None:
    """Notes that a session has ended, unless a newer one has taken over.

    Raises:
        OSError: the folder does not answer or can't be written.
    """
    if not newer(project, mine):
        _write(project, dataclasses.replace(mine, ended=True))


def two_live(older: Session) -> str:
    """Returns the note that an older session may not have ended."""
    return (
        f"An older session on this run ({older.description}) may still live. This one goes on; the"
        " older one stops by itself before its next save."
    )


def taken_over_by(newer_one: Session) -> TakenOverError:
    """Returns the error of a session that is not the newest any more."""
    return TakenOverError(
        _("Another session has taken this run over ({which}).", which=newer_one.description),
        why=_("This session has written nothing since, and stops."),
        fix=_("Go on there; or start this one again to take the run back."),
    )


def _write(project: Project, session: Session) -> None:
    content = dataclasses.asdict(session)
    with os_errors.on_this_machine(_local(project)):
        files.overwrite_json_in_place(_local(project), content)
    files.overwrite_json_in_place(project.session_file, content)


def _local(project: Project) -> Path:
    return project.work / "session.json"


def _read(path: Path) -> Session | None:
    """Returns what a record says; None where it is torn: the checkpoints know the number, too."""
    content = files.read_json_if_whole(path)
    kinds = {"number": int, "id": str, "started": float, "machine": str, "process": int}
    if not files.has_types(content, **kinds, ended=bool):
        return None
    if not 0 <= content["started"] < _LAST_SECOND:
        return None
    return Session(**{f.name: content[f.name] for f in dataclasses.fields(Session)})


def note_reached(project: Project, run_id: str, step: int) -> None:
    """Notes on this machine's own disk how far a run has come."""
    path = project.work / _REACHED
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps({"run_id": run_id, "step": step, "time": time.time()}))


def lost_progress(project: Project, start: Generation) -> str:
    """Returns what lies between a state to go on from and where the run was, or "" if nothing."""
    steps, seconds = progress_since(project, start)
    if not steps:
        return ""
    if seconds is None:
        least = wording.counted(steps, "step")
        return _("Lost with the last session: at least {steps}.", steps=least)
    return _(
        "Lost with the last session: {steps}, {time} of training.",
        steps=wording.counted(steps, "step"),
        time=wording.seconds_in_words(seconds),
    )


def progress_since(project: Project, start: Generation) -> tuple[int, float | None]:
    """Returns how many steps a run came further than a state, and in how many seconds.

    On the same machine both are known; on another one the samples tell the least that was reached,
    and nothing the seconds: None.
    """
    # {}: it was another machine, or killed in writing.
    record = files.read_json_if_whole(project.work / _REACHED)
    known = files.has_types(record, run_id=str, step=int, time=float)
    if known and record["run_id"] == start.manifest["run_id"] and record["step"] > start.step:
        return record["step"] - start.step, record["time"] - start.time
    reached = max(map(sample_step, project.sample_files()), default=0)
    return max(0, reached - start.step), None
