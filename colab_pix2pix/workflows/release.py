"""Giving a Colab machine back, once nothing on it is needed any more."""

from __future__ import annotations

import time
from pathlib import Path

from .. import mounts, wording
from ..errors import DriveError
from ..events import Note, OnEvent, Progress, ignore
from ..languages import _
from ..options import checks_input
from ..project import Project
from ..storage import colab, drive, status_line, transfer
from ..storage.restore import RunState, read_run_state, safety

_LOOK_EVERY_SECONDS = 2.0


@checks_input()
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
    colab.flush_and_release()


def release_when_safe(
    project: Project, *, wait_seconds: float = 3600.0, on_event: OnEvent = ignore
) -> None:
    """Waits until Google Drive has confirmed every file of a project, then releases the runtime.

    Args:
        project: The project whose states and files must be on Drive first.
        wait_seconds: How long to wait for uploads that are under way.
        on_event: Told `Progress` in files, and a `Note` before the runtime goes.

    Raises:
        DriveError: as `release_runtime`; also when the time is over. The runtime is then still
            there.
    """
    end = time.monotonic() + wait_seconds
    mounts.require_answer(project.path, on_event=on_event)
    most = len(pending := _pending(project, on_event))
    while pending and time.monotonic() < end:
        most = max(most, len(pending))
        done = most - len(pending)
        on_event(Progress(job="upload", done=done, total=most, unit="files on Drive"))
        time.sleep(_LOOK_EVERY_SECONDS)
        pending = _pending(project, on_event)
    _refuse_to_lose(project, on_event)
    on_event(
        Note(
            message=_(
                "Everything is safe on Drive: the machine is given back now. To go on, open the"
                " notebook again and type the same name."
            )
        )
    )
    colab.flush_and_release()


def _refuse_to_lose(project: Project, on_event: OnEvent = ignore) -> None:
    found = read_run_state(project, on_event)
    if lost := _unconfirmed(project, found, on_event):
        raise DriveError(
            _(
                "Not released: {names} would be lost. {state}.",
                names=", ".join(lost),
                state=status_line.line(safety(project, found.generations)),
            ),
            why=_("Google Drive has not confirmed it."),
            fix=_(
                "Wait and try again. To let it go all the same: release_runtime(...,"
                " even_if_lost=True), or Runtime > Disconnect and delete runtime."
            ),
        )


def _unconfirmed(project: Project, found: RunState, on_event: OnEvent) -> list[str]:
    """Returns what of a project would not survive this machine: names of files and steps."""
    if not drive.is_drive(project.path):
        return [_("everything in {path}, which is no Google Drive,", path=project.path)]
    lost = []
    good = found.generations
    if good:
        newest = good[0]
        if not any(g.order == newest.order and g.durability == "confirmed" for g in good):
            lost.append(_("step {step}", step=wording.count(newest.step)))
    if transfer.staging_dir(project).dataset_zip.exists() and not project.dataset_zip.exists():
        lost.append(project.dataset_zip.name)  # there was no room for it
    return lost + [
        path.relative_to(project.path).as_posix() for path in _pending(project, on_event)
    ]


def _pending(project: Project, on_event: OnEvent) -> list[Path]:
    """Returns the files of a project that Drive is still uploading."""

    def look(beat: mounts.Beat) -> list[Path]:
        pending = []
        for path in sorted(project.path.rglob("*")):
            beat()
            if path.is_file() and drive.is_uncommitted(path):
                pending.append(path)
        return pending

    return mounts.ask(project.path, look, on_event=on_event)
