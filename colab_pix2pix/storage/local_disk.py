"""This machine's own disk: it may be full, and nothing that is safe elsewhere may suffer from that.

Samples, tables and curves are given up first: while the disk has no room for another state, none
are written. Then the working copies: a state goes to Google Drive from memory. Both are told, and
end when there is room again.
"""

from __future__ import annotations

import errno
import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Literal, TypeVar

from .. import files, wording
from ..errors import Pix2PixError, ProjectError, VideoError
from ..languages import _
from ..project import Project
from . import npz, os_errors, slots, transfer
from .upload_state import MEMORY, LocalCopy

_STATE, _SIDE_FILE = "a state", "a side file"

Level = Literal["info", "warning"]
Written = TypeVar("Written")


class LocalDisk:
    """Writes what a training leaves on this machine's disk, as far as there is room.

    Args:
        project: The run.
        staging_dir: Where pictures and tables are made.
        note: Tells the user a sentence.

    Attributes:
        state_bytes: How much room the states are to have.
    """

    def __init__(
        self, project: Project, staging_dir: Path, note: Callable[[str, Level], None]
    ) -> None:
        self._project, self._staging_dir, self._note = project, staging_dir, note
        self._lacking: set[str] = set()
        self.state_bytes = 0

    def write_working_copy(
        self, arrays: npz.Arrays, manifest: Mapping[str, Any]
    ) -> tuple[Path, LocalCopy]:
        """Writes a state to the disk, or to memory where that is full.

        Returns:
            Where it is, and what is known of it once it is moved to its place.

        Raises:
            OSError: the disk gives other errors.
            CheckpointError: it reads back otherwise.
        """
        temp_path = slots.scratch(self._project, "next.npz")
        try:
            with os_errors.on_this_machine(temp_path):
                temp_path.parent.mkdir(parents=True, exist_ok=True)
                npz.write(temp_path, arrays, manifest)
                npz.read_manifest(temp_path)
            place = slots.working_copy(self._project)
        except (OSError, ProjectError) as error:
            temp_path.unlink(missing_ok=True)
            if not os_errors.is_full(error):
                raise
            self._lacks(_STATE, error)
            temp_path = place = self._write_to_memory(arrays, manifest)
        else:
            self._has_room(_STATE)
        return temp_path, LocalCopy(place, transfer.md5(temp_path), dict(manifest))

    def side_file(self, make: Callable[[], Path]) -> Path | None:
        """Makes a file that is only to look at; it never stops a training.

        Args:
            make: Writes the file and returns it.

        Returns:
            The file; None where the disk must be left to the states, or it could not be made.
        """
        if self._is_short():
            self._lacks(_SIDE_FILE, OSError(errno.ENOSPC, os.strerror(errno.ENOSPC)))
            return None
        return self.attempt(make)

    def attempt(self, write: Callable[[], Written]) -> Written | None:
        """Returns what writing something gives that no training needs; None where it fails."""
        try:
            written = write()
        except (OSError, ProjectError, VideoError) as error:
            self._lacks(_SIDE_FILE, error)
            return None
        if not self._is_short():
            self._has_room(_SIDE_FILE)
        return written

    def _is_short(self) -> bool:
        """True while another state would not fit any more."""
        _, free = files.free_space(self._staging_dir)
        return free < self.state_bytes

    def _write_to_memory(self, arrays: npz.Arrays, manifest: Mapping[str, Any]) -> Path:
        descriptor = os.memfd_create("state")
        path = MEMORY / str(descriptor)
        try:
            npz.write(path, arrays, manifest)
        except BaseException:
            os.close(descriptor)
            raise
        return path

    def _lacks(self, what: str, error: Exception) -> None:
        if what in self._lacking:
            return
        self._lacking.add(what)
        self._note(_lacking(what, self._staging_dir, error), "warning")

    def _has_room(self, what: str) -> None:
        if what not in self._lacking:
            return
        self._lacking.discard(what)
        again = (
            _("States are written to this machine's disk again.")
            if what == _STATE
            else _("Samples and tables are written to this machine's disk again.")
        )
        self._note(again, "info")


def _lacking(what: str, folder: Path, error: Exception) -> str:
    existing, free = files.free_space(folder)
    if not os_errors.is_full(error):
        reason = error.what if isinstance(error, Pix2PixError) else os_errors.describe(error)
        return _(
            "A picture or table of the training is missing: {why}. Training goes on.", why=reason
        )
    values = {"path": existing, "free": wording.bytes_in_words(free)}
    if what == _SIDE_FILE:
        return _(
            "The disk of {path} is full ({free} free): samples and tables are left out until there"
            " is room again.",
            **values,
        )
    return _(
        "The disk of {path} is full ({free} free): states go to Google Drive from memory, and are"
        " lost with this session until they are there. Make room on this machine.",
        **values,
    )
