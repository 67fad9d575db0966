"""Files that are there whole or not at all, and the folder for copies that may vanish."""

from __future__ import annotations

import json
import os
import uuid
import zipfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from .errors import ProjectError

#: What an archive of this package tells of itself: a JSON object of that name in it.
MANIFEST = "manifest.json"


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Gives a path beside `path` to write to; moves it into place if the block ends well.

    A crash or a full disk never leaves half a file: `path` holds its old content or its new.

    Example:
        >>> with replacing(Path("notes.txt")) as part:  # doctest: +SKIP
        ...     part.write_text("whole or not at all")
    """
    part = path.with_name(f".{path.stem}-{uuid.uuid4().hex[:8]}.part{path.suffix}")
    try:
        yield part
        with open(part, "rb") as written:
            os.fsync(written.fileno())
        os.replace(part, path)
    finally:
        part.unlink(missing_ok=True)


def write_json(path: Path, content: dict[str, Any]) -> None:
    """Writes `content` as readable JSON, whole or not at all."""
    with replacing(path) as part:
        part.write_bytes(to_json(content))


def rewrite_json(path: Path, content: dict[str, Any]) -> None:
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
    """Returns `content` as readable JSON in UTF-8."""
    return (json.dumps(content, indent=1, ensure_ascii=False) + "\n").encode()


def read_json(path: Path) -> dict[str, Any]:
    """Returns the JSON object that a file holds.

    Raises:
        ProjectError: the file is damaged.
        FileNotFoundError: there is no such file.
    """
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise _damaged(path, str(error)) from error
    if not isinstance(content, dict):
        raise _damaged(path, "it holds no object")
    return content


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
                manifest = json.loads(archive.read(MANIFEST))
            copies.append((int(manifest["generation"]), dict(manifest[key])))
        except (OSError, ValueError, KeyError, TypeError, zipfile.BadZipFile):
            continue
    return max(copies, key=lambda copy: copy[0])[1] if copies else {}


def cache_dir() -> Path:
    """Returns the folder for copies that may vanish: `$XDG_CACHE_HOME/colab-pix2pix`."""
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(base) / "colab-pix2pix"


def _damaged(path: Path, why: str) -> ProjectError:
    return ProjectError(
        f"{path} can't be read: {why}.",
        why="Expected a JSON object written by colab_pix2pix.",
        fix="Restore the file from a backup, or move it away to start a new one.",
    )
