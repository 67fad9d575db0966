"""Everything that this package raises on purpose.

Pix2PixError
├── OptionError            an option out of its bounds (also a ValueError)
├── ProjectError           a project folder that can't be used
├── VideoError             a video that can't be used
│   └── DownloadError      a video that can't be fetched
├── DatasetError           a folder of crops that can't be used
├── TrainingError          training can't go on as it is
├── CheckpointError        a saved state that can't be read or written
│   ├── IncompatibleRunError   a run that was made with other options
│   └── TakenOverError         another session goes on with this run
├── ExportError            a model can't be written in a format
├── DriveError             Google Drive is not there, or not as it should be
└── HubError               the Hugging Face Hub does not give or take a model
"""

from __future__ import annotations

import textwrap
from typing import Self, cast


class Pix2PixError(Exception):
    """An error that a person can act on, in three parts and, at its end, the words of a program.

    Args:
        what: What happened, with what was received.
        why: What was expected, or the likely cause.
        fix: What to do next.
        details: What another program said of it, for who searches for these words.
        reason: Of an error that is one of many, such as one unreadable picture among others: what
            a list of them says behind its name. `what` has it, too.

    Example:
        >>> str(Pix2PixError("Got 0 pictures.", fix="Choose another folder."))
        'Got 0 pictures. Choose another folder.'
    """

    exit_status = 1

    def __init__(
        self, what: str, *, why: str = "", fix: str = "", details: str = "", reason: str = ""
    ) -> None:
        last = f"({details})" if details else ""
        super().__init__(" ".join(part for part in (what, why, fix, last) if part))
        self.what, self.why, self.fix, self.details = what, why, fix, details
        self.reason = reason

    def __reduce__(self) -> tuple[object, ...]:
        # The keyword-only parts do not survive the default pickling between processes.
        return _rebuild, (type(self), *self._parts())

    def _parts(self) -> tuple[str, ...]:
        return self.what, self.why, self.fix, self.details, self.reason

    def renamed(self, before: object, after: object) -> Self:
        """Returns the same error with another name in its words: the one that a reader knows."""
        parts = (part.replace(str(before), str(after)) for part in self._parts())
        return cast(Self, _rebuild(type(self), *parts))

    def _render_traceback_(self) -> list[str]:
        """What IPython shows in place of a traceback: a notebook user gets the sentence alone."""
        return textwrap.wrap(str(self), 100)


def _rebuild(
    kind: type[Pix2PixError], what: str, why: str, fix: str, details: str, reason: str
) -> Pix2PixError:
    return kind(what, why=why, fix=fix, details=details, reason=reason)


class OptionError(Pix2PixError, ValueError):
    """An option's value is not one of those that it can take."""

    exit_status = 2


class ProjectError(Pix2PixError):
    """A project folder can't be used: its name, its place or what it holds."""


class VideoError(Pix2PixError):
    """A video can't be read or holds no pictures."""


class DownloadError(VideoError):
    """A video can't be fetched."""


class DatasetError(Pix2PixError):
    """A folder of crops can't be used for training."""


class TrainingError(Pix2PixError):
    """Training can't go on: the numbers broke, or the device has too little memory."""


class CheckpointError(Pix2PixError):
    """A saved state is missing, damaged or can't be written."""


class IncompatibleRunError(CheckpointError):
    """A run can't continue with the options that were given."""


class ExportError(Pix2PixError):
    """A model can't be written in a format, or the file would not give the same pictures."""


class TakenOverError(CheckpointError):
    """Another session goes on with this run; this one has written nothing since."""


class DriveError(Pix2PixError):
    """Google Drive is not mounted, or the mount does not answer as it should."""


class HubError(Pix2PixError):
    """The Hugging Face Hub can't be reached, or does not give or take a model."""
