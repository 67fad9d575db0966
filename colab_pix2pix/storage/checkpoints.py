"""Saving the state of a run: who writes which slot when.

Two slots take turns. A save overwrites the one that is *not* the last confirmed generation, in
place: whatever dies whenever, one good generation stays. The loop hands over a copy of its state
and goes on; a background thread writes, reads back and checks it. On Google Drive that thread
writes to this machine's own disk only, and another one (`drive_thread.py`) brings it to Drive.
"""

from __future__ import annotations

import atexit
import contextlib
import threading
import time
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any, Self

from .. import mounts
from ..errors import CheckpointError, ProjectError
from ..events import Event, OnEvent, Safety, ignore
from ..options import Config
from ..project import Project
from . import colab, drive, npz, os_errors, session, slots, transfer
from .drive_thread import DriveThread
from .local_disk import LocalDisk
from .slots import Generation
from .upload_state import Timing
from .uploader import News, Uploader, until_safe


class CheckpointWriter:
    """Saves states in the background, into the two slots of a run in turn.

    Making one takes the run over from any older session; a `with` block ends the session and its
    threads, on errors too. `save` takes a copy of the state and returns at once. `news` gives the
    events that have come up since, for the caller's own thread to pass on. A failed write is a
    warning while training goes on, and an error in `close`.

    Args:
        project: Where the slots lie.
        found: What `restore.generations` has found: the first is the one that the run goes on from.
        configs: Options to store with the run.
        save_every_seconds: How often a state should go to Drive at best.
        timing: How patient to be.
        on_event: Told a `Note` when Drive does not answer at the beginning.

    Raises:
        DriveError: the folder can't be written.
    """

    def __init__(
        self,
        project: Project,
        found: Sequence[Generation] = (),
        *,
        configs: Sequence[Config] = (),
        save_every_seconds: float = 300.0,
        timing: Timing | None = None,
        on_event: OnEvent = ignore,
    ) -> None:
        self.project, self.timing = project, timing or Timing()
        self.run_id = str(found[0].manifest["run_id"]) if found else uuid.uuid4().hex
        self._generation = max((g.number for g in found), default=0)
        self._news = News()
        self._thread: threading.Thread | None = None
        self._failure: CheckpointError | None = None
        self._taken_over_by: session.Session | None = None
        self._ended = False
        self._settings: dict[str, Any] = {}
        self._note_at = 0.0
        self._on_drive = drive.is_drive(project.path)
        self._disk = LocalDisk(project, self.staging_dir.path, self._news.note)
        with os_errors.translate_os_errors(project.path):
            take_over = partial(self._take_over, found, configs)
            mounts.ask(project.path, take_over, on_event=on_event)
        own = [g for g in found if g.path in project.slots]
        self._keep = own[0].path if own else project.slots[1]
        self._saved = found[0].step_and_time if found else None
        self._uploader: Uploader | None = None
        if self._on_drive:
            self._uploader = self._start_uploading(found, save_every_seconds)
        slots.clear_scratch(project)  # what was `found` has been read
        atexit.register(self._join)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *failure: object) -> None:
        """Ends the session without a word, whatever has happened."""
        if self._ended:
            return
        self._ended = True
        self._join()
        atexit.unregister(self._join)
        if self._uploader:
            self._uploader.stop()
        elif not self._taken_over_by and not self._failure:
            with contextlib.suppress(OSError, ProjectError):  # it is for politeness only
                session.end(self.project, self._session)

    @property
    def busy(self) -> bool:
        """True while a state is being written; another one would have to wait."""
        return self._thread is not None and self._thread.is_alive()

    @property
    def staging_dir(self) -> Project:
        """Where pictures and tables are made: the project, or on Drive a folder on this machine.

        `keep` brings what was made there to the project.
        """
        return transfer.staging_dir(self.project) if self._on_drive else self.project

    @property
    def safety(self) -> Safety:
        """What would survive this machine now."""
        if self._uploader:
            return self._uploader.safety()
        step, saved_time = self._saved or (None, None)
        return Safety(on_drive=False, safe_step=step, safe_time=saved_time)

    def need(self, state_bytes: int, side_bytes: int = 0) -> None:
        """Tells how large a state will be, and all else; a warning comes where it does not fit."""
        self._disk.state_bytes = state_bytes
        if self._uploader:
            self._uploader.need(state_bytes, side_bytes)

    def settle(self) -> None:
        """Waits until an earlier save is written, so that its copy of the state is free again.

        Raises:
            CheckpointError: the disk does not answer.
        """
        self._join()
        if self.busy:
            raise os_errors.save_hangs(self.project.path, self.timing.hopeless_seconds)

    def save(self, arrays: npz.Arrays, manifest: Mapping[str, Any]) -> None:
        """Writes a state as the next generation. Waits for an earlier write to end.

        Args:
            arrays: The state by name; it must not change afterwards.
            manifest: Everything else: at least `step` and `epochs_done`.

        Raises:
            CheckpointError: the disk does not answer.
        """
        self.settle()
        self._generation += 1
        metadata = {
            "format": npz.FORMAT,
            "run_id": self.run_id,
            "session_id": self._session.id,
            "session_number": self._session.number,
            "generation": self._generation,
            "time": time.time(),
            "settings": self._settings,
        }
        args = dict(arrays), metadata | dict(manifest)
        # A daemon: a disk that hangs must not keep the process; `_join` waits for others.
        self._thread = threading.Thread(
            target=self._write, args=args, name="checkpoint", daemon=True
        )
        self._thread.start()

    def remember(self, *configs: Config) -> None:
        """Stores options that have become known only now; on Drive in the background."""
        self._settings = self._settings | {config.section: config.to_dict() for config in configs}
        if self._uploader:
            self._uploader.remember(*configs)
        else:
            self.project.remember(*configs)

    def side_file(self, make: Callable[[Project], Path]) -> Path | None:
        """Makes a file besides the states, in `staging_dir`, and brings it to the project.

        Args:
            make: Writes it into the folder that it is given, and returns it.

        Returns:
            The file; None where it could not be made, which is told and stops nothing.
        """
        if path := self._disk.side_file(partial(make, self.staging_dir)):
            self.keep(path)
        return path

    def keep(self, path: Path) -> None:
        """Brings a file from `staging_dir` to the project, whole and in the background."""
        if self._uploader:
            name = path.relative_to(self.staging_dir.path)
            self._uploader.offer_file(path, self.project.path / name)

    def news(self) -> list[Event]:
        """Returns what has happened since the last call: Saved and Safety events, warnings.

        Raises:
            TakenOverError: another session goes on with this run.
        """
        events = self._news.take()
        if self._uploader:
            events += self._uploader.news()
            self._taken_over_by = self._taken_over_by or self._uploader.status.taken_over_by
        if self._taken_over_by:
            raise session.taken_over_by(self._taken_over_by)
        return events

    def reached(self, step: int) -> None:
        """Notes now and then on this machine how far the run is, to tell what a crash has cost."""
        if time.monotonic() >= self._note_at:
            self._note_at = time.monotonic() + self.timing.poll_seconds
            self._disk.attempt(partial(session.note_reached, self.project, self.run_id, step))

    def wait_until_safe(self) -> Iterator[Event]:
        """Waits until Drive has confirmed the last state and all else; gives progress and news.

        Ends early with a warning where Drive gives only errors, or after `patience_seconds`. On a
        plain disk, and on a Drive without attributes, there is nothing to wait for.

        Raises:
            TakenOverError: another session goes on with this run.
        """
        if self._uploader:
            self._join()  # until the last state is offered, there may be nothing to wait for
            yield from until_safe(self._uploader, self.timing, self.news)

    def close(self) -> None:
        """Waits until the last save has ended, and ends the session.

        Raises:
            CheckpointError: the last save has failed.
        """
        self.__exit__()
        if self._failure:
            raise self._failure

    def _take_over(
        self, found: Sequence[Generation], configs: Sequence[Config], beat: mounts.Beat
    ) -> None:
        colab.require_mounted(self.project.path)
        self.project.path.mkdir(parents=True, exist_ok=True)
        if configs:
            self.project.remember(*configs)
        beat()
        above = max((g.order[0] for g in found), default=0)
        self._session, before = session.begin(self.project, above=above)
        # A copy, so that no later write has to read from Drive.
        self._settings = self.project.settings() | {"run_id": self.run_id}
        if before:
            self._news.note(session.two_live(before), "info")

    def _start_uploading(self, found: Sequence[Generation], every_seconds: float) -> Uploader:
        stage = partial(transfer.stage_samples, self.project)
        self._disk.attempt(partial(mounts.ask, self.project.path, stage))
        mine, timing = self._session, self.timing
        thread = DriveThread(self.project, self.run_id, mine, found, every_seconds, timing)
        thread.start()
        return thread.uploader

    def _join(self) -> None:
        if self._thread:
            self._thread.join(self.timing.hopeless_seconds)

    def _write(self, arrays: npz.Arrays, manifest: dict[str, Any]) -> None:
        try:
            newer = session.newer_here if self._on_drive else session.newer
            self._taken_over_by = newer(self.project, self._session)
            if self._taken_over_by:
                return
            if self._uploader:
                self._write_working_copy(self._uploader, arrays, manifest)
            else:
                self._write_slot(arrays, manifest)
        except Exception as error:  # whatever it is: a thread's end must not hide it
            self._fail(error)
            return
        self._failure = None

    def _write_slot(self, arrays: npz.Arrays, manifest: dict[str, Any]) -> None:
        slot = self.project.slot_beside(self._keep)
        npz.write(slot, arrays, manifest)
        written = slots.read(self.project, slot)
        self._keep, self._saved = slot, written.step_and_time
        self.project.remember(run_id=self.run_id)
        self._news.saved(written, slot, self.safety, confirmed=True)

    def _write_working_copy(
        self, uploader: Uploader, arrays: npz.Arrays, manifest: dict[str, Any]
    ) -> None:
        temp_path, local = self._disk.write_working_copy(arrays, manifest)
        self._disk.attempt(partial(slots.remember_here, self.project, self.run_id, on_drive=True))
        uploader.offer(temp_path, local)
        self._news.saved(local, local.file, self.safety, confirmed=False)

    def _fail(self, error: Exception) -> None:
        self._failure = os_errors.not_saved(error, self._keep if self._saved else None)
        self._news.note(str(self._failure))
