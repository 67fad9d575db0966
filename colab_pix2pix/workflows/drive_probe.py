"""Shows what a mounted Google Drive really does; `notebooks/drive_probe.ipynb` runs it.

The saving of states rests on a few observations of DriveFS. This measures them on a real mount and
makes a report of them that can be pasted into an issue: no names, no ids, no addresses.
"""

from __future__ import annotations

import os
import platform
import time
from collections.abc import Callable
from pathlib import Path

from .. import mounts, wording
from ..storage import colab, drive, transfer

_NAMES = ("id", "md5", "uncommitted", "progress")


def probe(
    folder: Path,
    *,
    megabytes: int = 20,
    overwrites: int = 20,
    patience_seconds: float = 900.0,
    every_seconds: float = 1.0,
    tell: Callable[[str], None] = lambda line: None,
) -> str:
    """Writes a few files into a folder on Drive, watches their attributes, returns a report.

    Args:
        folder: A folder for it; it is made, and may be deleted afterwards.
        megabytes: The size of the file whose upload is watched.
        overwrites: How often a file is overwritten, to see whether the quota notices.
        patience_seconds: How long to wait for an upload.
        every_seconds: How often to look.
        tell: Called with each line of the report as soon as it is known.

    Raises:
        DriveError: the folder lies on Drive, and Drive is not mounted.
        OSError: the mount gave an error; what was told so far is true.
    """
    colab.require_mounted(folder)
    lines: list[str] = []

    def say(line: str) -> None:
        lines.append(line)
        tell(line)

    folder.mkdir(parents=True, exist_ok=True)
    say(f"Drive probe, Python {platform.python_version()}, {os.environ.get('COLAB_RELEASE_TAG')}")
    say(f"known as a Drive mount: {drive.is_drive(folder)} ({mounts.locate(folder).kind})")
    say(_space(folder))
    for title, name in (("a new file", "probe.bin"), ("the same file, overwritten", "probe.bin")):
        say(f"{title} of {megabytes} MB:")
        path = folder / name
        md5 = _write(path, megabytes << 20)
        for line in _watch(path, md5, patience_seconds, every_seconds):
            say(f"  {line}")
    say(f"{overwrites} times 1 MB in place:")
    path = folder / "again.bin"
    for _ in range(overwrites):
        md5 = _write(path, 1 << 20)
    for line in _watch(path, md5, patience_seconds, every_seconds):
        say(f"  {line}")
    say(_space(folder))
    say(f"listed: {sorted(os.listdir(folder))}")
    return "\n".join(lines)


def attributes(path: Path, md5: str) -> str:
    """Returns Drive's attributes of a file in words that give nothing private away."""
    described = []
    for name in _NAMES:
        try:
            value = os.getxattr(path, f"user.drive.{name}").decode(errors="replace")
        except OSError as error:
            described.append(f"{name}: none ({error.strerror})")
            continue
        if name == "id":
            value = "local" if value.startswith("local-") else "of the cloud"
        if name == "md5":
            value = "ours" if value == md5 else "another"
        described.append(f"{name}: {value}")
    return ", ".join(described)


def _write(path: Path, size: int) -> str:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT, 0o644)
    with open(descriptor, "wb") as file:
        file.write(os.urandom(size))
        file.flush()
        os.fsync(file.fileno())
    return transfer.md5(path)


def _watch(path: Path, md5: str, patience_seconds: float, every_seconds: float) -> list[str]:
    """Returns a line for each change of the attributes, until the file is confirmed."""
    began, lines, before = time.monotonic(), [], ""
    while True:
        state = drive.durability(path, md5)
        now = f"{attributes(path, md5)} -> {state}"
        elapsed = time.monotonic() - began
        if now != before:
            lines.append(f"after {elapsed:.1f} s: {now}")
            before = now
        if state == "confirmed" or elapsed > patience_seconds:
            return lines
        if state == "unknown" and elapsed > min(60.0, patience_seconds / 2):
            return [*lines, "this mount does not tell"]
        time.sleep(every_seconds)


def _space(folder: Path) -> str:
    space = os.statvfs(folder)
    room, free = (blocks * space.f_frsize for blocks in (space.f_blocks, space.f_bavail))
    return f"space: {wording.bytes_in_words(room)}, free {wording.bytes_in_words(free)}"
