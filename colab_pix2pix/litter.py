"""Temporary files and folders that bear their process in their names: what dead ones left is swept.

What is alive is never swept, whoever it belongs to.
"""

from __future__ import annotations

import functools
import hashlib
import os
import platform
import re
import shutil
import tempfile
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_OURS = re.compile(
    r"[.]?[^/]*-(?P<machine>[0-9a-f]{8})-(?P<pid>[0-9]{1,9})-[0-9a-f]{8}\.part(\.[^./]*)?"
)
_LONGEST_STEM = 40  # characters: the whole name must not be longer than file systems take
_FOREIGN_SECONDS = 86_400.0
_swept: set[Path] = set()


def temp_name(stem: str, suffix: str = "") -> str:
    """Returns a name, hidden, for a temporary file or folder of this process.

    Args:
        stem: What it is made for.
        suffix: What the name shall end in, such as ".jpg".
    """
    return f".{stem[:_LONGEST_STEM]}-{_machine()}-{os.getpid()}-{uuid.uuid4().hex[:8]}.part{suffix}"


def place_of(path: Path) -> Path:
    """Returns what a person knows of a path: the folder that a temporary name lies in, or itself.

    Example:
        >>> place_of(Path("crops") / ".manifest-0123abcd-7-0123abcd.part.json").as_posix()
        'crops'
    """
    known = (
        folder.parent for folder in (*reversed(path.parents), path) if _OURS.fullmatch(folder.name)
    )
    return next(known, path)


def sweep(folder: Path) -> None:
    """Removes what dead processes left in a folder, by the names that `temp_name` gives.

    Of another machine's nobody knows whether it lives: it goes once nothing has touched it for a
    day. What can't be removed stays.
    """
    try:
        entries = list(os.scandir(folder))
    except OSError:  # whoever writes there next will say what is wrong
        return
    for entry in entries:
        found = _OURS.fullmatch(entry.name)
        if found is None or not _is_abandoned(entry, found["machine"], int(found["pid"])):
            continue
        if entry.is_dir(follow_symlinks=False):
            shutil.rmtree(entry.path, ignore_errors=True)
        else:
            _remove(Path(entry.path))


def sweep_once(folder: Path) -> None:
    """Sweeps a folder the first time that this process asks for it."""
    folder = Path(os.path.abspath(folder))
    if folder not in _swept:
        _swept.add(folder)
        sweep(folder)


@contextmanager
def temp_folder() -> Iterator[Path]:
    """Gives an empty folder on this machine's own disk, which goes with the block."""
    base = Path(tempfile.gettempdir())
    sweep(base)
    folder = base / temp_name("colab-pix2pix").removeprefix(".")
    folder.mkdir(mode=0o700)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _is_abandoned(entry: os.DirEntry[str], machine: str, pid: int) -> bool:
    if machine == _machine():
        return not _is_running(pid)
    try:
        return time.time() - entry.stat(follow_symlinks=False).st_mtime > _FOREIGN_SECONDS
    except FileNotFoundError:
        return False


def _is_running(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except (ProcessLookupError, OverflowError):
        return False
    except PermissionError:
        pass  # another user's
    return True


def _remove(path: Path) -> None:
    try:
        path.unlink(missing_ok=True)
    except OSError:
        return  # another user's, or read-only


@functools.cache
def _machine() -> str:
    """Returns what tells apart those who count processes for themselves: boots and containers."""
    parts = [platform.node()]
    for read in (_boot, _namespace):
        try:
            parts.append(read())
        except OSError:  # not Linux
            parts.append("")
    return hashlib.sha256("/".join(parts).encode()).hexdigest()[:8]


def _boot() -> str:
    return Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii")


def _namespace() -> str:
    return os.readlink("/proc/self/ns/pid")
