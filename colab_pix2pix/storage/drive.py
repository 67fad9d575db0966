"""What a mounted Google Drive tells: the only file that knows DriveFS.

In Colab, Drive is a FUSE mount that uploads in the background: a file that is written, closed and
synced may still be lost with the machine. Extended attributes tell whether it is uploaded
(`user.drive.uncommitted`, `user.drive.md5`, `user.drive.id`); where they are missing nobody can
say. `notebooks/drive_probe.ipynb` shows what a mount really answers.
"""

from __future__ import annotations

import errno
import os
import shutil
from pathlib import Path
from typing import Literal

from .. import mounts
from ..errors import DriveError
from ..languages import _

#: "confirmed": a fresh machine could restore the file. "pending": not yet. "unknown": who knows.
Durability = Literal["confirmed", "pending", "unknown"]


def not_mounted(path: Path) -> DriveError:
    """Returns the error for a path on Drive that is not there because Drive is not."""
    return DriveError(
        _("Google Drive is not mounted, so {path} can't be reached.", path=path),
        why=_("A folder made there now would lie on this machine's own disk and die with it."),
        fix=_(mounts.REMOUNT),
    )


def is_drive(path: Path) -> bool:
    """Returns True when a path lies on a mounted Google Drive, also where a link leads there."""
    return mounts.locate(path).kind == mounts.DRIVE


def durability(path: Path, md5: str = "") -> Durability:
    """Returns whether the content with this MD5 checksum would survive the machine.

    Confirmed is what Drive has under the same checksum and does not call uncommitted; right after a
    write the one may be out of date, or the other.

    Args:
        path: A file that was written and synced.
        md5: Its checksum, in hexadecimal digits; "" where it was written before this session.

    Raises:
        OSError: the mount does not answer.
    """
    if not is_drive(path):
        return "confirmed"
    uncommitted = _attribute(path, "uncommitted")
    cloud_md5 = _attribute(path, "md5")
    identity = _attribute(path, "id")
    if uncommitted == identity == cloud_md5 is None:
        return "unknown"
    if uncommitted == "1" or (identity or "").startswith("local-"):
        return "pending"
    if cloud_md5 is None:
        return "unknown"
    return "confirmed" if cloud_md5 == md5 or not md5 else "pending"


def is_uncommitted(path: Path) -> bool:
    """Returns True while Drive says that it has not uploaded a file."""
    return is_drive(path) and (
        _attribute(path, "uncommitted") == "1"
        or (_attribute(path, "id") or "").startswith("local-")
    )


def free_bytes(path: Path) -> int:
    """Returns how much the file system of a path still takes; the trash of a Drive counts as used.

    Raises:
        OSError: the mount does not answer.
    """
    return shutil.disk_usage(path).free


def _attribute(path: Path, name: str) -> str | None:
    """Returns one of Drive's attributes of a file, or None where there is no such attribute."""
    try:
        return os.getxattr(path, f"user.drive.{name}").decode()
    except OSError as error:
        if error.errno in (errno.ENODATA, errno.ENOTSUP):
            return None
        raise
