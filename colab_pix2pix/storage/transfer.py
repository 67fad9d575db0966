"""Whole files from this machine's disk to a project's folder, with the care that Drive needs.

On Google Drive a file is overwritten in place: one that is replaced or deleted goes to the trash
and counts. Elsewhere it is written beside and renamed.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import time
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from .. import mounts
from ..errors import CheckpointError, Pix2PixError
from ..events import OnEvent
from ..files import atomic_folder, atomic_write
from ..languages import _
from ..litter import sweep, temp_folder, temp_name
from ..project import Project
from . import drive, os_errors

CHUNK_BYTES = 4 << 20
_UNFINISHED = b"This export is not finished: write it once more.\n"
_TRIES = 4
_PAUSE_SECONDS = 0.2


def put(source: Path, target: Path, progress: Callable[[], None] = lambda: None) -> str:
    """Writes a copy of `source` to `target`; does nothing where that is the same already.

    Returns:
        The MD5 checksum of both.

    Raises:
        OSError: the copy could not be written or read back.
    """
    content = md5(source)
    if _holds(target, source.stat().st_size, content, progress):
        return content
    target.parent.mkdir(exist_ok=True)
    with open(source, "rb") as file:
        if drive.is_drive(target):
            overwrite(file, target, content, progress)
            return content
        with atomic_write(target) as temp_path:
            overwrite(file, temp_path, content, progress)
    return content


def put_folder(
    source: Path,
    target: Path,
    *,
    last: Sequence[str],
    progress: Callable[[], None] = lambda: None,
) -> None:
    """Gives a folder the files of another one; what else it holds stays.

    A new folder appears at once, with all of them. One that exists gets them by renames, once all
    are written; one on Google Drive gets them in place, one after the other. Whoever dies on the
    way leaves none that looks finished.

    Args:
        source: A folder on this machine's disk.
        target: The folder to make or to add to.
        last: The files, as relative paths, that make the folder look finished: until all others are
            there, they say that it is not. The last of them is the last to be written.
        progress: Called now and then.

    Raises:
        OSError: a file could not be written or read back.
    """
    target = target.resolve()
    names = sorted(str(path.relative_to(source)) for path in source.rglob("*") if path.is_file())
    if not target.exists() and not drive.is_drive(target):
        with atomic_folder(target) as temp_dir:
            _put_all(source, temp_dir, names, progress)
        return
    sweep(target)
    changed = [name for name in names if not _is_same(source / name, target / name, progress)]
    if not changed:
        return
    ends = [name for name in last if name in names]
    while ends and set(changed) <= set(ends[1:]):
        del ends[0]  # it is right, and so is all before it: Drive may be about to upload it
    with _staged(source, target, {*changed, *ends}, progress) as staged, temp_folder() as notes:
        (notes / "note").write_bytes(_UNFINISHED)
        for name in reversed(ends):
            if (target / name).exists():
                put(notes / "note", target / name, progress)
        for name in [*(name for name in changed if name not in ends), *ends]:
            (target / name).parent.mkdir(parents=True, exist_ok=True)
            if staged == source:
                put(source / name, target / name, progress)
            else:
                os.replace(staged / name, target / name)


@contextmanager
def _staged(
    source: Path, target: Path, names: Collection[str], progress: Callable[[], None]
) -> Iterator[Path]:
    """Gives a folder from which files can be renamed into a target; on Drive they are not."""
    if drive.is_drive(target):
        yield source
        return
    temp_dir = target / temp_name("export")
    try:
        _put_all(source, temp_dir, names, progress)
        yield temp_dir
    finally:
        shutil.rmtree(temp_dir, ignore_errors=True)


def _put_all(
    source: Path, target: Path, names: Collection[str], progress: Callable[[], None]
) -> None:
    for name in names:
        (target / name).parent.mkdir(parents=True, exist_ok=True)
        put(source / name, target / name, progress)


def _is_same(source: Path, target: Path, progress: Callable[[], None]) -> bool:
    return _holds(target, source.stat().st_size, md5(source), progress)


def _holds(
    target: Path, size: int, content_md5: str, progress: Callable[[], None] = lambda: None
) -> bool:
    """Returns whether a file is there and has this content."""
    same_size = target.exists() and target.stat().st_size == size
    return same_size and md5(target, progress) == content_md5


def overwrite(
    source: IO[bytes], target: Path, content_md5: str, progress: Callable[[], None] = lambda: None
) -> None:
    """Writes `source` over `target` in place, reads it back and compares.

    Args:
        source: An open file of this machine's disk.
        target: The file to make or to overwrite.
        content_md5: What the checksum of the source is known to be.
        progress: Called before each few megabytes; an exception of it stops the copy.

    Raises:
        OSError: the file could not be written.
        CheckpointError: what is read back is not what was written.
    """
    descriptor = os.open(target, os.O_WRONLY | os.O_CREAT, 0o644)
    with open(descriptor, "wb", buffering=0) as out:
        while chunk := source.read(CHUNK_BYTES):
            progress()
            rest = memoryview(chunk)
            while rest:
                rest = rest[out.write(rest) :]
        out.truncate()
        os.fsync(out.fileno())
    progress()
    if md5(target, progress) != content_md5:
        raise CheckpointError(_("{path} reads back otherwise than it was written.", path=target))


def fetch(source: Path, target: Path, progress: Callable[[], None] = lambda: None) -> str:
    """Copies a file of the project to this machine's disk; tries again when that fails for once.

    Args:
        source: The file.
        target: The copy, whole or not at all.
        progress: Called before each few megabytes.

    Returns:
        The MD5 checksum of what was read.

    Raises:
        OSError: it fails again and again.
        ProjectError: this machine's own disk does not take it.
    """
    return with_retries(lambda: _fetch(source, target, progress))


@contextmanager
def brought_here(source: Path, on_event: OnEvent) -> Iterator[Path]:
    """Gives a file to read at length: one of a mount that may hang as a copy on this machine."""
    if not mounts.locate(source).may_hang:
        yield source
        return
    with temp_folder() as folder:
        copy = folder / source.name
        mounts.ask(source, lambda beat: fetch(source, copy, beat), on_event=on_event)
        try:
            yield copy
        except Pix2PixError as error:
            raise error.renamed(copy, source) from error


@contextmanager
def written_here(target: Path, on_event: OnEvent) -> Iterator[Path]:
    """Gives a path to write a file to at length, whole or not at all where it belongs.

    For a mount over a network it lies on this machine, and is brought there if the block ends well.
    Raises DriveError where the mount does not answer, OSError where it does not take the file.
    """
    if not mounts.locate(target).may_hang:
        target.parent.mkdir(parents=True, exist_ok=True)
        yield target
        return

    def bring(beat: mounts.Beat) -> None:
        target.parent.mkdir(parents=True, exist_ok=True)
        with atomic_write(target) as temp_path, open(made, "rb") as file:
            overwrite(file, temp_path, md5(made), beat)

    with temp_folder() as folder:
        made = folder / target.name
        yield made
        mounts.ask(target, bring, on_event=on_event)


def staging_dir(project: Project) -> Project:
    """Returns the folder on this machine that mirrors a project on Drive.

    Pictures and tables are made in it, before they go to Drive.
    """
    return Project(project.work / "staging")


def stage_samples(project: Project, progress: Callable[[], None] = lambda: None) -> None:
    """Fetches the samples of earlier sessions, for the time-lapse at the end.

    Raises:
        OSError: the project's folder does not answer.
        ProjectError: this machine's own disk does not take them.
    """
    staged = staging_dir(project).samples
    with os_errors.on_this_machine(staged):
        staged.mkdir(parents=True, exist_ok=True)
    try:
        paths = list(project.samples.iterdir())
    except FileNotFoundError:
        return
    for path in paths:
        if not (staged / path.name).exists():
            fetch(path, staged / path.name, progress)


def with_retries(call: Callable[[], str]) -> str:
    """Returns what a call gives; repeats it a few times after an error that may pass."""
    for left in reversed(range(_TRIES)):
        try:
            return call()
        except OSError as error:
            if not left or error.errno not in os_errors.PASSING:
                raise
            time.sleep(_PAUSE_SECONDS)
    raise AssertionError("the last try either returns or raises")


def md5(path: Path, progress: Callable[[], None] = lambda: None) -> str:
    """Returns the MD5 checksum of a file, as Google Drive states it, in hexadecimal digits."""
    digest = hashlib.md5(usedforsecurity=False)
    with open(path, "rb", buffering=0) as file:
        while chunk := file.read(CHUNK_BYTES):
            progress()
            digest.update(chunk)
    return digest.hexdigest()


class _UnreadError(Exception):
    """The error of a source, on its way past the handlers of the target's errors."""


def _fetch(source: Path, target: Path, progress: Callable[[], None]) -> str:
    digest = hashlib.md5(usedforsecurity=False)
    try:
        with open(source, "rb", buffering=0) as file, os_errors.on_this_machine(target):
            target.parent.mkdir(parents=True, exist_ok=True)
            with atomic_write(target) as temp_path, open(temp_path, "wb") as out:
                for chunk in _chunks(file):
                    progress()
                    digest.update(chunk)
                    out.write(chunk)
    except _UnreadError as error:
        assert error.__cause__ is not None
        raise error.__cause__ from None
    return digest.hexdigest()


def _chunks(file: IO[bytes]) -> Iterator[bytes]:
    try:
        while chunk := file.read(CHUNK_BYTES):
            yield chunk
    except OSError as error:
        raise _UnreadError from error
