"""Google Colab and Google Drive: the only file that knows them.

In Colab, Drive is a FUSE mount that uploads in the background: a file that is written, closed and
synced may still be lost with the machine. Two extended attributes tell whether it is uploaded
(`user.drive.uncommitted`, `user.drive.md5`); where they are missing nobody can say.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Literal

from ..errors import DriveError

MOUNT_POINT = Path("/content/drive")

#: "confirmed": a fresh machine could restore the file. "pending": not yet. "unknown": who knows.
Durability = Literal["confirmed", "pending", "unknown"]


def in_colab() -> bool:
    """Returns True in a Colab runtime. (That google.colab can be imported proves nothing.)"""
    return "COLAB_RELEASE_TAG" in os.environ or Path("/var/colab/hostname").exists()


def mount() -> None:
    """Mounts Google Drive in Colab, which asks the user for consent; does nothing elsewhere.

    Raises:
        DriveError: the mount was refused or did not appear.
    """
    if not in_colab() or is_drive(MOUNT_POINT):
        return
    from google.colab import drive

    try:
        drive.mount(str(MOUNT_POINT))
    except Exception as error:  # google.colab raises bare ValueErrors and its own MessageError
        raise DriveError(
            f"Google Drive was not mounted: {error}.",
            why="Projects are kept on your Drive, because a Colab machine loses its own disk.",
            fix="Run the cell again and allow the access.",
        ) from error
    if not is_drive(MOUNT_POINT):
        raise DriveError(
            f"Google Drive does not show up at {MOUNT_POINT}.",
            fix="Choose Runtime > Disconnect and delete runtime, then start again.",
        )


def project_root() -> Path:
    """Returns the folder of all projects.

    That is `$COLAB_PIX2PIX_HOME` where set, in Colab `MyDrive/colab_pix2pix`, else
    `colab_pix2pix` in the home folder.

    Raises:
        DriveError: in Colab, when Drive is not mounted (a folder made there would be a look-alike
            on the machine's own disk).
    """
    if home := os.environ.get("COLAB_PIX2PIX_HOME"):
        return Path(home).expanduser()
    if not in_colab():
        return Path.home() / "colab_pix2pix"
    if not is_drive(MOUNT_POINT):
        raise DriveError("Google Drive is not mounted.", fix="Run the project cell to mount it.")
    return MOUNT_POINT / "MyDrive" / "colab_pix2pix"


def is_drive(path: Path) -> bool:
    """Returns True when a path lies on a mounted Google Drive, by the list of mounts."""
    try:
        mounts = Path("/proc/mounts").read_text(encoding="utf-8").splitlines()
    except FileNotFoundError:  # macOS has no such list, and no Colab
        return False
    place = Path(os.path.abspath(path))
    found = (line.split() for line in mounts)
    return any(
        kind == "fuse.drive" and place.is_relative_to(_unescaped(where))
        for _, where, kind, *_ in found
    )


def durability(path: Path, md5: str) -> Durability:
    """Returns whether the content with this MD5 checksum would survive the machine.

    Args:
        path: A file that was written and synced.
        md5: Its checksum, in hexadecimal digits.
    """
    if not is_drive(path):
        return "confirmed"
    try:
        uncommitted = os.getxattr(path, "user.drive.uncommitted")
        cloud_md5 = os.getxattr(path, "user.drive.md5").decode()
    except OSError:  # the attributes are missing, or the mount does not answer
        return "unknown"
    return "confirmed" if uncommitted != b"1" and cloud_md5 == md5 else "pending"


def _unescaped(where: str) -> str:
    """Undoes the octal escapes of /proc/mounts (a blank stands there as \\040)."""
    return where.encode().decode("unicode_escape")
