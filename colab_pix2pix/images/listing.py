"""Which image files a folder holds, sub-folders included: one answer for all commands."""

from __future__ import annotations

import os
import stat
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path, PurePath

from ..filenames import IMAGE_SUFFIXES
from ..languages import _

#: Folders that programs make for themselves: copies, thumbnails and what was thrown away.
_LITTER = ("__macosx", "@eadir", "$recycle.bin", "system volume information", "lost+found")


@dataclass(frozen=True)
class Listing:
    """The files of a folder and its sub-folders.

    Attributes:
        files: In the order of their names.
        passed_over: What bears the name of such a file and is none, and why.
    """

    files: tuple[Path, ...]
    passed_over: tuple[tuple[Path, str], ...] = ()


def is_litter(path: PurePath) -> bool:
    """Returns True for what a program left: hidden, `._x` of macOS, thumbnails.

    Args:
        path: Relative to the folder that was named.

    Example:
        >>> is_litter(PurePath("a/._b.jpg")), is_litter(PurePath("__MACOSX/b.jpg"))
        (True, True)
    """
    return any(part.startswith(".") or part.lower() in _LITTER for part in path.parts)


def list_folder(folder: Path, suffixes: Sequence[str] = IMAGE_SUFFIXES) -> Listing:
    """Returns the files with certain ends in a folder and its sub-folders, links followed.

    Raises:
        OSError: the folder can't be read.
    """
    files: list[Path] = []
    passed: list[tuple[Path, str]] = []
    seen: set[tuple[int, int]] = set()

    def visit(path: Path) -> None:
        known = path.stat()
        if (known.st_dev, known.st_ino) in seen:  # a link that leads back
            return
        seen.add((known.st_dev, known.st_ino))
        for entry in sorted(path.iterdir(), key=lambda entry: entry.name):
            named = entry.suffix.lower() in suffixes
            if is_litter(PurePath(entry.name)):
                continue
            try:
                mode = entry.stat().st_mode
                if stat.S_ISDIR(mode):
                    visit(entry)
            except OSError as error:
                if named or not isinstance(error, FileNotFoundError):
                    passed.append((entry, _why(entry, error)))
                continue
            if named and stat.S_ISREG(mode):
                files.append(entry)
            elif named:
                is_folder = stat.S_ISDIR(mode)
                passed.append((entry, _("it is a folder") if is_folder else _("it is no file")))

    visit(folder)
    in_order = sorted(files, key=lambda file: file.relative_to(folder).as_posix())
    return Listing(tuple(in_order), tuple(passed))


def _why(entry: Path, error: OSError) -> str:
    if os.path.islink(entry):
        return _("it is a link that leads nowhere")
    return (error.strerror or str(error)).lower()


def is_device(path: Path) -> bool:
    """Returns whether a path leads to what is neither a file nor a folder: reading may never end.

    Pipes, terminals, `/dev/zero`.
    """
    return path.exists() and not (path.is_file() or path.is_dir())
