"""What the errors of a disk and the moods of Google Drive mean, and what to do about them."""

from __future__ import annotations

import errno
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from .. import files, wording
from ..errors import CheckpointError, DriveError, Pix2PixError, ProjectError
from ..languages import N_, _
from ..mounts import REMOUNT
from . import drive

#: errno -> (in a few words, what to do, more of that)
_KNOWN: dict[int, tuple[str, ...]] = {
    errno.ENOSPC: (N_("it is full"), N_("Make room: on Drive, empty the trash too, it counts.")),
    errno.EDQUOT: (N_("it is full"), N_("Make room: on Drive, empty the trash too, it counts.")),
    errno.ENOTCONN: (N_("the mount is gone"), REMOUNT),
    errno.ECONNABORTED: (N_("the mount is gone"), REMOUNT),
    errno.ENODEV: (N_("the mount is gone"), REMOUNT),
    errno.EROFS: (
        N_("it can only be read"),
        N_("Mount it for writing, or train into another folder."),
    ),
    errno.EACCES: (
        N_("it may not be written"),
        N_("Ask its owner for the right to edit the folder."),
    ),
    errno.EPERM: (
        N_("it may not be written"),
        N_("Ask its owner for the right to edit the folder."),
    ),
    errno.ENOENT: (N_("a file or folder has disappeared"), N_("Look for it in Drive."), REMOUNT),
    errno.ENOTDIR: (
        N_("a file is where a folder should be"),
        N_("Look for a typing error in the path."),
    ),
    errno.EIO: (N_("it gives input/output errors"), N_("Wait a minute. If they go on:"), REMOUNT),
}
_ON_THIS_MACHINE = N_(
    "Training goes on and keeps its states on this machine, which are lost with it."
)
#: For an error before anything was written.
UNCHANGED = N_("Nothing was changed.")
#: For what is written to the mount, and not uploaded yet.
NOT_CONFIRMED = N_(
    "Leave this machine running, and look at drive.google.com whether Drive is full."
)
_OTHER = N_("Look at the disk or the connection.")

_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}

#: Errors of the moment: the same call may go well a second later.
PASSING = {errno.EIO, errno.EINTR, errno.EAGAIN, errno.ETIMEDOUT, errno.EBUSY}


def describe(error: BaseException) -> str:
    """Returns what an error means, in a few words."""
    known = _KNOWN.get(getattr(error, "errno", None) or 0)
    return _(known[0]) if known else str(getattr(error, "strerror", None) or error)


def advice(error: BaseException) -> str:
    """Returns what to do about an error."""
    known = _KNOWN.get(getattr(error, "errno", None) or 0)
    return " ".join(map(_, known[1:])) if known else _(_OTHER)


def _with_system_words(error: OSError) -> str:
    meaning = describe(error)
    return meaning if meaning == error.strerror else f"{meaning} ({error.strerror})"


def storage_error(path: Path, error: OSError, *, why: str = "") -> Pix2PixError:
    """Returns the error to stop with when a project's folder does not answer.

    Args:
        path: The folder.
        error: What it gave.
        why: What is true of what was done before; UNCHANGED where that is nothing.
    """
    kind = DriveError if drive.is_drive(path) else ProjectError
    return kind(
        _("{where} can't be used: {why}.", where=path, why=_with_system_words(error)),
        why=_(why),
        fix=advice(error),
    )


@contextmanager
def translate_os_errors(path: Path, *, why: str = "") -> Iterator[None]:
    """Turns an error of the file system into one that says what to do; see `storage_error`."""
    try:
        yield
    except OSError as error:
        raise storage_error(path, error, why=why) from error


@contextmanager
def on_this_machine(path: Path) -> Iterator[None]:
    """Turns an error of this machine's own disk into one that names it, and no other disk."""
    try:
        yield
    except OSError as error:
        folder, free = files.free_space(path.parent)
        raise ProjectError(
            _("This machine's own disk can't take {path}: {why}.", path=path, why=describe(error)),
            why=_(
                "{folder} has {size} free; what is on Drive is untouched.",
                folder=folder,
                size=wording.bytes_in_words(free),
            ),
            fix=_("Make room on this machine, or name another disk in XDG_CACHE_HOME."),
        ) from error


def not_saved(error: Exception, last_good: Path | None) -> CheckpointError:
    """Returns the error for a state that could not be written."""
    failure = CheckpointError(
        _("The training state could not be saved: {error}.", error=describe(error)),
        why=_("The last good one is {path}.", path=last_good) if last_good else "",
        fix=f"{advice(error)} {_('Training again continues from the last saved step.')}",
    )
    failure.__cause__ = error
    return failure


def save_hangs(path: Path, waited_seconds: float) -> CheckpointError:
    """Returns the error for a save that does not end."""
    return CheckpointError(
        _("The disk of {path} does not answer.", path=path),
        why=_("A save has been under way for {n} s.", n=round(waited_seconds)),
        fix=_("Look at the disk or the connection; the last saved state is untouched."),
    )


def is_full(error: BaseException) -> bool:
    """Returns True for the error of a disk without room, also where it is explained already."""
    return getattr(error, "errno", None) in _FULL or getattr(error.__cause__, "errno", 0) in _FULL


def no_room(free: float, needed: float) -> str:
    """Returns the warning that a run will not fit, or just so; both numbers are bytes."""
    values = {"free": wording.bytes_in_words(free), "needed": wording.bytes_in_words(needed)}
    if free < needed:
        return _(
            "Google Drive has {free} free, and two states, crops and samples of this run need"
            " {needed} more. Make room: empty the trash too, it counts.",
            **values,
        )
    return _(
        "Google Drive has {free} free: it is nearly used up, for two states, crops and samples of"
        " this run need {needed} more. Empty the trash too, it counts.",
        **values,
    )


def slow(upload_seconds: float, interval_seconds: float) -> str:
    """Returns why Drive gets a state more seldom than was wanted."""
    return _(
        "Drive takes {upload} for an upload, so it gets a state every {interval}; in between they"
        " are kept on this machine.",
        upload=wording.seconds_in_words(upload_seconds),
        interval=wording.seconds_in_words(interval_seconds),
    )


def stalled(what: str, waited_seconds: float, free: float, safe_step: int | None) -> str:
    """Returns the warning that the upload of something does not go on; `free` is in bytes."""
    stands = _(
        "Google Drive has not uploaded {what} for {time}; it has {free} free.",
        what=what,
        time=wording.seconds_in_words(waited_seconds),
        free=wording.bytes_in_words(free),
    )
    safe = ""
    if safe_step is not None:
        safe = _("Safe is step {step}.", step=wording.count(safe_step))
    todo = _(
        "Training goes on. Look at drive.google.com whether the Drive is full; its daily limit for"
        " uploads may be reached."
    )
    return f"{stands} {safe} {todo}"


def hanging() -> str:
    """Returns the warning that a call into the mount does not return."""
    return f"{_('Google Drive does not answer.')} {_(_ON_THIS_MACHINE)} {_(REMOUNT)}"


def failing(error: BaseException) -> str:
    """Returns the warning that Drive gives an error."""
    written = _("Google Drive can't be written: {why}.", why=describe(error))
    return f"{written} {_(_ON_THIS_MACHINE)} {advice(error)}"
