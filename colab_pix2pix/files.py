"""Files and folders that are there whole or not at all, and where copies go that may vanish."""

from __future__ import annotations

import hashlib
import json
import lzma
import math
import os
import shutil
import struct
import zipfile
import zlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from .errors import ProjectError
from .languages import _
from .litter import sweep, sweep_once, temp_name

#: What an archive of this package tells of itself: a JSON object of that name in it.
MANIFEST = "manifest.json"
#: What zipfile raises, beside an OSError with EINVAL, for archives that are torn or altered;
#: and `json_object` with it.
BROKEN_ARCHIVE = (
    zipfile.BadZipFile,
    KeyError,
    ValueError,
    EOFError,
    NotImplementedError,
    OverflowError,
    RuntimeError,
    struct.error,
    zlib.error,
    lzma.LZMAError,
)
_DEEPEST = 32
_LARGEST = 2**53  # whole numbers beyond it are no counts of anything


@contextmanager
def atomic_write(path: Path) -> Iterator[Path]:
    """Gives a path beside `path` to write to; moves it into place if the block ends well.

    A crash or a full disk never leaves half a file: `path` holds its old content or its new. What
    killed processes left there is swept.

    Example:
        >>> with atomic_write(Path("notes.txt")) as temp_path:  # doctest: +SKIP
        ...     temp_path.write_text("whole or not at all")
    """
    sweep_once(path.parent)
    temp_path = path.with_name(temp_name(path.stem, path.suffix))
    try:
        yield temp_path
        with open(temp_path, "rb") as file:
            os.fsync(file.fileno())
        os.replace(temp_path, path)
    finally:
        temp_path.unlink(missing_ok=True)


def write_json(path: Path, content: dict[str, Any]) -> None:
    """Writes `content` as readable JSON, whole or not at all."""
    with atomic_write(path) as temp_path:
        temp_path.write_bytes(to_json(content))


def overwrite_json_in_place(path: Path, content: dict[str, Any]) -> None:
    """Writes `content` as readable JSON into the file that is there, in one call.

    For a folder on Google Drive: a file that is replaced goes to the trash and counts. The new text
    is filled up with blanks to the length of the old, so that nothing has to be cut off: a process
    that is killed leaves the old text or the new, or an empty file where there was none.
    """
    text = to_json(content)
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
    try:
        text = text[:-1].ljust(os.fstat(descriptor).st_size - 1) + b"\n"
        written = os.pwrite(descriptor, text, 0)
        while written < len(text):  # never seen for so little; the disk may be full
            written += os.pwrite(descriptor, text[written:], written)
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def to_json(content: dict[str, Any]) -> bytes:
    """Returns `content` as readable JSON in UTF-8.

    Bytes of a file's name that are no text, as Python stands for them, become escapes of JSON.
    """
    text = json.dumps(content, indent=1, ensure_ascii=False) + "\n"
    return text.encode(errors="backslashreplace")


def read_json(path: Path) -> dict[str, Any]:
    """Returns the JSON object that a file holds.

    Raises:
        ProjectError: the file is damaged.
        FileNotFoundError: there is no such file.
    """
    try:
        return json_object(path.read_bytes())
    except ValueError as error:
        raise damaged(path, str(error)) from error


def read_json_if_whole(path: Path) -> dict[str, Any]:
    """Returns the JSON object that a file holds; {} where it is missing or damaged.

    For what is only convenient to have, and is made again.
    """
    try:
        return json_object(path.read_bytes())
    except (FileNotFoundError, NotADirectoryError, ValueError):
        return {}


def json_object(content: bytes) -> dict[str, Any]:
    """Returns the JSON object in UTF-8 that `content` is; `to_json` can write it again.

    Raises:
        ValueError: it is none, or has what no file of this package has: half characters, or objects
            within objects dozens of times.
    """
    try:
        text = content.decode()
        value = json.loads(text)
    except RecursionError:
        raise ValueError(_("it is nested too deeply")) from None
    if not isinstance(value, dict):
        raise ValueError(_("it holds no object"))
    level: list[Any] = [value]
    for _level in range(_DEEPEST):
        inner = (list(v.values()) if isinstance(v, dict) else v for v in level)
        level = [v for values in inner for v in values if isinstance(v, dict | list)]
    if level:
        raise ValueError(_("it is nested too deeply"))
    if "\\ud" in text.lower():
        # Half a character is a ValueError, but for what stands for a byte of a file's name.
        json.dumps(value, ensure_ascii=False).encode(errors="surrogateescape")
    return value


def has_types(record: Any, **kinds: type) -> bool:
    """Returns whether something is an object with a value of its type for each of these keys.

    An `int` is a count, so not negative; a `float` is any number that is finite.

    Example:
        >>> has_types({"step": 3, "time": 5}, step=int, time=float)
        True
        >>> has_types({"step": -1}, step=int), has_types({"step": True}, step=int)
        (False, False)
    """
    known = record if isinstance(record, dict) else {}
    return all(name in known and _is(known[name], kind) for name, kind in kinds.items())


def _is(value: Any, kind: type) -> bool:
    if kind is float and type(value) in (int, float):
        return abs(value) < _LARGEST and math.isfinite(value)
    if kind is int:
        return type(value) is int and 0 <= value < _LARGEST
    return type(value) is kind


@contextmanager
def atomic_folder(directory: Path) -> Iterator[Path]:
    """Gives an empty folder beside `directory`; it takes its place if the block ends well.

    The block brings over what shall stay (see `link_or_copy`). A stray folder of an earlier attempt
    that was killed is cleared away, or put back if the kill fell between the two renames.
    """
    temp_dir = directory.with_name(temp_name(directory.name))
    old_dir = directory.with_name(f".{directory.name}.old")
    _put_back(old_dir, directory)
    shutil.rmtree(old_dir, ignore_errors=True)
    sweep(directory.parent)
    first_created = _first_missing(temp_dir)
    temp_dir.mkdir(parents=True)
    try:
        yield temp_dir
        if directory.exists():
            os.rename(directory, old_dir)
        os.rename(temp_dir, directory)
    except BaseException:
        _put_back(old_dir, directory)
        shutil.rmtree(temp_dir, ignore_errors=True)
        _remove_empty(temp_dir.parent, first_created)
        raise
    shutil.rmtree(old_dir, ignore_errors=True)


@contextmanager
def created_folder(directory: Path) -> Iterator[Path]:
    """Makes a folder where it is missing; removes it again if the block fails."""
    first_created = None if directory.exists() else _first_missing(directory)
    directory.mkdir(parents=True, exist_ok=True)
    try:
        yield directory
    except BaseException:
        if first_created is not None:
            _remove_empty(directory, first_created)
        raise


def link_or_copy(file: Path | str, target: Path | str) -> None:
    """Gives a file a second path: another link to it, or a copy where links are unknown."""
    try:
        os.link(file, target)
    except OSError:
        shutil.copy2(file, target)


def embedded_copy(archives: Iterable[Path], key: str) -> dict[str, Any]:
    """Returns the newest copy of a JSON object that archives carry in their manifests.

    Each manifest counts as `generation` how often it was written. Archives that are missing or
    damaged, or carry no copy, are passed over: whoever needs them whole will say so.

    Args:
        archives: Zip archives that may carry a copy.
        key: Where in the manifest it is.

    Returns:
        The copy; {} where there is none.
    """
    copies: list[tuple[int, dict[str, Any]]] = []
    for path in archives:
        try:
            with zipfile.ZipFile(path) as archive:
                manifest = json_object(archive.read(MANIFEST))
        except (OSError, *BROKEN_ARCHIVE):
            continue
        if has_types(manifest, **{"generation": int, key: dict}):
            copies.append((manifest["generation"], manifest[key]))
    return max(copies, key=lambda copy: copy[0])[1] if copies else {}


def cache_dir() -> Path:
    """Returns the folder for copies that may vanish: `$XDG_CACHE_HOME/colab-pix2pix`."""
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(base) / "colab-pix2pix"


def file_sha256(path: Path) -> str:
    """Returns the SHA-256 of a file's content, in hexadecimal digits."""
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def free_space(directory: Path) -> tuple[Path, int]:
    """Returns the folder that is nearest above one that may be missing, and its free bytes."""
    existing = Path(os.path.realpath(directory))
    while not existing.exists():
        existing = existing.parent
    return existing, shutil.disk_usage(existing).free


def _put_back(old_dir: Path, directory: Path) -> None:
    """Undoes the first of the two renames where the second one did not follow."""
    if old_dir.exists() and not directory.exists():
        os.rename(old_dir, directory)


def _first_missing(path: Path) -> Path:
    while not path.parent.exists():
        path = path.parent
    return path


def _remove_empty(path: Path, first: Path) -> None:
    """Removes the folders that were made on the way, from `path` up to `first`."""
    while path.is_relative_to(first) and path.exists():
        path.rmdir()
        path = path.parent


def damaged(path: Path, why: str) -> ProjectError:
    """Returns the error for a JSON file of this package that can't be used."""
    return ProjectError(
        _("{path} can't be read: {why}.", path=path, why=why),
        why=_("Expected a JSON object written by colab_pix2pix."),
        fix=_("Restore the file from a backup, or move it away to start a new one."),
    )
