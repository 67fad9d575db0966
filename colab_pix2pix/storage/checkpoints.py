"""The slots of a run, and who writes them when.

Two slots take turns. A save overwrites the one that is *not* the last confirmed generation, in
place: whatever dies whenever, one good generation stays. The loop hands over a copy of its state
and goes on; a background thread writes, reads back and confirms.
"""

from __future__ import annotations

import queue
import threading
import time
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..errors import CheckpointError, ProjectError
from ..events import Event, Note, Saved
from ..files import replacing
from ..project import Project
from . import drive, npz

FORMAT = 1
_WORKING_COPY = "latest.npz"


@dataclass(frozen=True)
class Generation:
    """One saved state: where it lies and what its manifest says."""

    path: Path
    manifest: dict[str, Any]
    durability: drive.Durability

    @property
    def number(self) -> int:
        return int(self.manifest["generation"])

    @property
    def step(self) -> int:
        return int(self.manifest["step"])

    def summary(self) -> dict[str, Any]:
        """Returns generation, step and age in seconds."""
        age = max(0.0, time.time() - float(self.manifest["time"]))
        return {"generation": self.number, "step": self.step, "seconds_ago": round(age, 1)}


def generations(project: Project) -> list[Generation]:
    """Returns the valid generations of a run, newest first, every byte of them checked.

    The working copy on this machine counts as one while it belongs to the same run. A run whose
    very first save was cut off has none.

    Raises:
        CheckpointError: the run has slots, and none of them is valid.
    """
    present = [slot for slot in project.slots if slot.exists()]
    found, damage = [], []
    for path in [*present, _working_copy(project)]:
        if not path.exists():
            continue
        try:
            found.append(_read_generation(path))
        except CheckpointError as error:
            damage.append(str(error))
    run_id = str(project.settings().get("run_id", ""))
    good = [g for g in found if not run_id or g.manifest["run_id"] == run_id]
    lost = run_id or (present and not _first_save_was_cut_off(project, present))
    if not good and lost:
        raise _nothing_valid(project, damage)
    return sorted(good, key=lambda g: (g.number, g.path in present), reverse=True)


def status(run_dir: Path | str | Project) -> dict[str, Any]:
    """Returns what a resume would start from, ready for JSON.

    Returns:
        `step` (or None), `epochs_done`, `saved` and `confirmed` (each None or generation, step and
        seconds_ago), `options`, `run_id`, `slots` (path and generation of each valid one).

    Raises:
        ProjectError: there is no such folder.
        CheckpointError: the run has slots, and none of them is valid.
    """
    project = run_dir if isinstance(run_dir, Project) else Project(Path(run_dir))
    if not project.path.is_dir():
        raise ProjectError(
            f"{project.path} is no run folder: there is no such folder.",
            why="Expected a folder that `colab-pix2pix train` has made.",
            fix="Look for a typing error, or train first.",
        )
    found = generations(project)
    confirmed = next((g for g in found if g.durability == "confirmed"), None)
    newest = found[0] if found else None
    options = newest.manifest["options"] if newest else project.settings().get("train", {})
    return {
        "step": newest.step if newest else None,
        "epochs_done": newest.manifest["epochs_done"] if newest else 0,
        "saved": newest.summary() if newest else None,
        "confirmed": confirmed.summary() if confirmed else None,
        "options": options,
        "run_id": newest.manifest["run_id"] if newest else None,
        "slots": [g.summary() | {"path": str(g.path)} for g in found],
    }


class CheckpointWriter:
    """Saves states in the background, into the two slots of a run in turn.

    `save` takes a copy of the state and returns at once. `news` gives the events that have come up
    since, for the caller's own thread to pass on. A failed write is a warning while training goes
    on, and an error in `close`.

    Args:
        project: Where the slots lie.
        found: What `generations` has found: the first is the one that the run goes on from.
    """

    def __init__(self, project: Project, found: Sequence[Generation] = ()) -> None:
        self.project = project
        self.run_id = str(found[0].manifest["run_id"]) if found else uuid.uuid4().hex
        self.session_id = uuid.uuid4().hex
        self._generation = found[0].number if found else 0
        slots = [g for g in found if g.path in project.slots]
        slots.sort(key=lambda g: (g.durability == "confirmed", g.number), reverse=True)
        self._keep = slots[0].path if slots else project.slots[1]
        self._pending: Generation | None = None
        self._on_drive = drive.is_drive(project.path)
        self._news: queue.SimpleQueue[Event] = queue.SimpleQueue()
        self._thread: threading.Thread | None = None
        self._failure: CheckpointError | None = None

    @property
    def busy(self) -> bool:
        """True while a state is being written, or waits for its upload."""
        return self._thread is not None and self._thread.is_alive()

    def save(self, arrays: npz.Arrays, manifest: Mapping[str, Any]) -> None:
        """Writes a state as the next generation. Waits for an earlier write to end.

        Args:
            arrays: The state by name; it must not change afterwards.
            manifest: Everything else: at least `step` and `epochs_done`.
        """
        self._join()
        self._generation += 1
        facts = {
            "format": FORMAT,
            "run_id": self.run_id,
            "session_id": self.session_id,
            "generation": self._generation,
            "time": time.time(),
        }
        # Not a daemon: should the interpreter end right after a save, the write is finished first.
        self._thread = threading.Thread(
            target=self._write, args=(dict(arrays), facts | dict(manifest)), name="checkpoint"
        )
        self._thread.start()

    def news(self) -> list[Event]:
        """Returns what has happened since the last call: Saved events and warnings."""
        events = []
        while not self._news.empty():
            events.append(self._news.get())
        return events

    def close(self) -> None:
        """Waits until the last save has ended.

        Raises:
            CheckpointError: the last save has failed.
        """
        self._join()
        if self._failure:
            raise self._failure

    def _join(self) -> None:
        if self._thread:
            self._thread.join()

    def _write(self, arrays: npz.Arrays, manifest: dict[str, Any]) -> None:
        try:
            self.project.path.mkdir(parents=True, exist_ok=True)
            written = self._write_somewhere(arrays, manifest)
            self.project.remember(run_id=self.run_id)
        except Exception as error:  # whatever it is: a thread's end must not hide it
            self._fail(error)
            return
        self._failure = None
        self._news.put(
            Saved(
                step=written.step,
                generation=written.number,
                path=written.path,
                confirmed=written.durability == "confirmed",
            )
        )

    def _write_somewhere(self, arrays: npz.Arrays, manifest: dict[str, Any]) -> Generation:
        """Writes the slot that is not to be kept; on Drive a copy on this machine's disk first."""
        if self._on_drive:
            copy = _write_working_copy(self.project, arrays, manifest)
            if self._upload_pending():
                return _read_generation(copy)  # a rewrite would start the upload again
        slot = next(path for path in self.project.slots if path != self._keep)
        npz.write(slot, arrays, manifest)
        written = _read_generation(slot)
        if written.durability == "confirmed":
            self._keep = slot
        else:
            self._pending = written
        return written

    def _upload_pending(self) -> bool:
        """Looks at the slot that was written last; once it is uploaded it is the one to keep."""
        if self._pending is None:
            return False
        now = _read_generation(self._pending.path)
        if now.durability == "pending":
            return True
        self._keep, self._pending = now.path, None
        return False

    def _fail(self, error: Exception) -> None:
        self._failure = CheckpointError(
            f"The training state could not be saved: {error}.",
            why=f"The last good one is {self._keep}." if self._keep.exists() else "",
            fix="Make room or check the disk; training again continues from the last saved step.",
        )
        self._failure.__cause__ = error
        self._news.put(Note(message=str(self._failure), level="warning"))


def _first_save_was_cut_off(project: Project, present: list[Path]) -> bool:
    """Returns True when the only slot of a run without an id is torn: nothing was ever saved.

    The id is written to `project.json` after the first save, never before.
    """
    return len(present) == 1 and project.settings_file.exists()


def _read_generation(path: Path) -> Generation:
    """Returns the generation in a file; a working copy is never confirmed."""
    manifest = npz.read_manifest(path)
    if manifest.get("format") != FORMAT:
        raise CheckpointError(f"{path} has the format {manifest.get('format')!r}, not {FORMAT}.")
    if missing := {"run_id", "generation", "step", "time", "options"} - set(manifest):
        raise CheckpointError(f"{path} lacks {sorted(missing)[0]!r} in its manifest.")
    if path.name == _WORKING_COPY:
        return Generation(path, manifest, "pending")
    state = drive.durability(path, npz.md5(path)) if drive.is_drive(path) else "confirmed"
    return Generation(path, manifest, state)


def _working_copy(project: Project) -> Path:
    return project.work / _WORKING_COPY


def _write_working_copy(project: Project, arrays: npz.Arrays, manifest: dict[str, Any]) -> Path:
    copy = _working_copy(project)
    copy.parent.mkdir(parents=True, exist_ok=True)
    with replacing(copy) as part:
        npz.write(part, arrays, manifest)
    return copy


def _nothing_valid(project: Project, damage: list[str]) -> CheckpointError:
    return CheckpointError(
        f"The run in {project.path} has no checkpoint that can be read. " + " ".join(damage),
        why="Expected slot-a.npz or slot-b.npz to be whole; a fresh start would lose the run.",
        fix="Look in the Drive trash or a backup for an older slot file and put it back, "
        "or train into another folder.",
    )
