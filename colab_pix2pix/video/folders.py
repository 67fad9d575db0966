"""Folders that are there whole or not at all."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ..errors import DownloadError


@contextmanager
def replacing_folder(directory: Path) -> Iterator[Path]:
    """Gives an empty folder beside `directory`; it takes its place if the block ends well.

    The block carries over what shall stay (see `carry`). A stray folder of an earlier attempt that
    was killed is cleared away, or put back if the kill fell between the two renames.
    """
    part, old = _beside(directory, "part"), _beside(directory, "old")
    if old.exists() and not directory.exists():
        os.rename(old, directory)
    for stray in (part, old):
        shutil.rmtree(stray, ignore_errors=True)
    first = _first_missing(part)
    part.mkdir(parents=True)
    try:
        yield part
        if directory.exists():
            os.rename(directory, old)
        os.rename(part, directory)
    except BaseException:
        if old.exists() and not directory.exists():
            os.rename(old, directory)
        shutil.rmtree(part, ignore_errors=True)
        _remove_empty(part.parent, first)
        raise
    shutil.rmtree(old, ignore_errors=True)


@contextmanager
def making(directory: Path) -> Iterator[Path]:
    """Makes a folder where it is missing; removes it again if the block fails."""
    first = None if directory.exists() else _first_missing(directory)
    directory.mkdir(parents=True, exist_ok=True)
    try:
        yield directory
    except BaseException:
        if first is not None:
            _remove_empty(directory, first)
        raise


def carry(file: Path, directory: Path) -> None:
    """Gives a folder its own entry of a file: a second link, or a copy where links are unknown."""
    try:
        os.link(file, directory / file.name)
    except OSError:
        shutil.copy2(file, directory / file.name)


def check_disk(needed: int, directory: Path) -> None:
    """Raises when a file does not fit on the disk of a folder.

    Raises:
        DownloadError: there is too little room.
    """
    place = directory.resolve()
    while not place.exists():
        place = place.parent
    free = shutil.disk_usage(place).free
    if free < needed:
        raise DownloadError(
            f"{place} has {free:,} bytes left and the video needs {needed:,}.",
            fix="Free some space, or choose another folder.",
        )


def _beside(directory: Path, suffix: str) -> Path:
    return directory.with_name(f".{directory.name}.{suffix}")


def _first_missing(path: Path) -> Path:
    while not path.parent.exists():
        path = path.parent
    return path


def _remove_empty(path: Path, first: Path) -> None:
    """Removes the folders that were made on the way, from `path` up to `first`."""
    while path.is_relative_to(first) and path.exists():
        path.rmdir()
        path = path.parent
