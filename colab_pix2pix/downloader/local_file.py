"""From a path to a copy in a folder."""

from __future__ import annotations

import os
import re
from pathlib import Path

from .. import files
from ..errors import DownloadError
from ..events import Note, OnEvent, Progress
from ..filenames import safe_name, safe_suffix
from ..languages import _
from ..video.probe import VideoInfo, probe
from ..wording import bytes_in_words

_CHUNK_BYTES = 1 << 22
#: The name of a server and a slash: a link as browsers and people write it.
_WITHOUT_SCHEME = re.compile(r"(?i)([a-z0-9-]+\.)+[a-z]{2,}/")


def copy_video(source: Path, directory: Path, on_event: OnEvent) -> Path:
    """Copies a video into a folder, whole or not at all, unless it lies there already.

    Raises:
        DownloadError: there is no such file, or it can't be copied.
        VideoError: it is no video.
    """
    probe_source(source)
    if os.path.dirname(os.path.realpath(source)) == os.path.realpath(directory):
        return source
    target = target_path(source.stem, source, directory)
    if target.exists():
        on_event(Note(message=_("{file} is there already.", file=target)))
        return target
    check_disk(source.stat().st_size, directory)
    with files.created_folder(directory), files.atomic_write(target) as temp_path:
        _copy_bytes(source, temp_path, on_event)
    return target


def probe_source(source: Path) -> VideoInfo:
    """Returns the metadata of a local source.

    Raises:
        DownloadError: there is no such file.
        VideoError: it is no video.
    """
    if not source.exists():
        fix = "Check the spelling; in Colab, mount Google Drive first if it lies there."
        if _WITHOUT_SCHEME.match(str(source)):
            fix = _("If it is a link, put https:// before it: {link}", link=f"https://{source}")
        raise DownloadError(
            _("There is no file {file}.", file=repr(str(source))),
            why=_("Expected a link that begins with https:// or the path of a video."),
            fix=fix,
        )
    return probe(source)


def check_disk(needed: int, directory: Path) -> None:
    """Raises when a file does not fit on the disk of a folder.

    Raises:
        DownloadError: there is too little space.
    """
    disk, free = files.free_space(directory)
    if free < needed:
        raise DownloadError(
            _(
                "{disk} has {left} left and the video needs {needed}.",
                disk=disk,
                left=bytes_in_words(free),
                needed=bytes_in_words(needed),
            ),
            fix=_("Free some space, or choose another folder."),
        )


def target_path(title: str, source: Path, directory: Path) -> Path:
    """Returns where a file goes: to a name of its own, or to that of an equal file."""
    stem, suffix = safe_name(title), safe_suffix(source)
    number = 1
    while True:
        name = f"{stem}{suffix}" if number == 1 else f"{stem}-{number}{suffix}"
        target = directory / name
        if not target.exists() or _equal(source, target):
            return target
        number += 1


def _equal(one: Path, other: Path) -> bool:
    same_size = one.stat().st_size == other.stat().st_size
    return same_size and files.file_sha256(one) == files.file_sha256(other)


def _copy_bytes(source: Path, target: Path, on_event: OnEvent) -> None:
    total, done = source.stat().st_size, 0
    try:
        with open(source, "rb") as reader, open(target, "wb") as writer:
            while chunk := reader.read(_CHUNK_BYTES):
                writer.write(chunk)
                done += len(chunk)
                on_event(Progress(job="download", done=done, total=total, unit="bytes"))
    except OSError as error:
        raise DownloadError(
            _("{file} can't be copied to {folder}.", file=source, folder=target.parent),
            fix=_("Check the disk and the connection to it, then try again."),
            details=error.strerror or str(error),
        ) from error
