"""From a link or a path to a video file in a folder."""

from __future__ import annotations

import hashlib
import hmac
import os
import re
import secrets
import shutil
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from .. import files
from ..config import VideoConfig
from ..errors import DownloadError, VideoError
from ..events import Note, OnEvent, ignore
from ..filenames import names_its_video, public_link
from ..images import list_folder
from ..languages import _
from ..options import checks_input
from .local_file import copy_video, target_path
from .sidecar import find_sidecars, read_sidecar, write_sidecar
from .time_range import TimeRange, holds_range, range_in_file, record_range, requested_range
from .ytdlp import ALL_OF_IT, Format, fetch, list_entries, list_formats

__all__ = ["Format", "download", "download_all", "list_formats", "sample_video"]

_VIDEO_SUFFIXES = (
    ".mp4", ".mov", ".m4v", ".mkv", ".webm", ".avi", ".ts", ".mts", ".mpg", ".mpeg", ".wmv",
)  # fmt: skip


def sample_video() -> Path:
    """Returns the time-lapse that comes with the package."""
    return Path(__file__).parents[1] / "sample" / "time-lapse.mp4"


@checks_input("source")
def download(
    source: str | Path,
    directory: Path | str,
    config: VideoConfig = VideoConfig(),
    *,
    on_event: OnEvent = ignore,
) -> Path:
    """Fetches a video into a folder and proves that it can be decoded.

    Args:
        source: A link (http or https) that yt-dlp knows, or a path; "" is the bundled sample.
        directory: The folder; it is made where missing, and stays as it was on any error.
        config: Which format to choose, and which part of the video is wanted.
        on_event: Told `Progress` in bytes.

    Returns:
        The path of the video in `directory`. A complete one that is there already is not fetched
        again. Where only a part was asked for, the file may hold more; `extract_frames` knows.

    Raises:
        OptionError: `end` lies before `start`.
        DownloadError: the link leads to no video, or the path to nothing.
        VideoError: the file is no video that ffmpeg can decode.
    """
    directory = Path(directory)
    text = str(source).strip()
    wanted = requested_range(config)
    if text and is_link(text):
        return _fetch(text, directory, config, wanted, on_event)
    path = Path(source).expanduser() if text else sample_video()
    video = copy_video(path, directory, on_event)
    if wanted or "link" not in read_sidecar(video):
        record_range(video, config, wanted)
    return video


@checks_input("sources")
def download_all(
    sources: Sequence[str | Path],
    directory: Path | str,
    config: VideoConfig = VideoConfig(),
    *,
    on_event: OnEvent = ignore,
) -> list[Path]:
    """Fetches several videos: links, playlists, paths and folders of videos.

    One that can't be fetched is noted and left out.

    Args:
        sources: As for `download`; a folder stands for the videos in it, and of a playlist or a
            folder the first `config.limit` are taken.
        directory: The folder to put them into.
        config: Which format, and how many.
        on_event: Told `Progress` in bytes, and a `Note` for each that is left out.

    Returns:
        The paths of the videos, in order, each once.

    Raises:
        DownloadError: there are no sources, or a folder holds no video.
        VideoError: not one video can be fetched; it is the reason of the first.
    """
    if not sources:
        raise DownloadError(_("Received no sources."), why=_("Expected links or paths of videos."))
    videos: list[Path] = []
    first_error: VideoError | None = None

    def leave_out(error: VideoError) -> None:
        nonlocal first_error
        first_error = first_error or error
        on_event(Note(message=_("Left out: {error}", error=error), level="warning"))

    for source in sources:
        try:
            videos_of_source = _expand(source, config, leave_out)
        except VideoError as error:
            leave_out(error)
            continue
        for video in videos_of_source:
            try:
                videos.append(download(video, directory, config, on_event=on_event))
            except VideoError as error:
                leave_out(error)
    if first_error is not None and not videos:
        raise first_error
    return list(dict.fromkeys(videos))


def _expand(
    source: str | Path, config: VideoConfig, leave_out: Callable[[VideoError], None]
) -> list[str | Path]:
    """Returns the videos that a source stands for; what else a playlist names is left out."""
    text = str(source).strip()
    if text and is_link(text):
        links, others = list_entries(text, config)
        for other in others:
            leave_out(_refused_entry(text, other))
        return [*links]
    folder = Path(source).expanduser()
    if not text or not folder.is_dir():
        return [source]
    found = list_folder(folder, _VIDEO_SUFFIXES).files
    if not found:
        raise DownloadError(
            _("There is no video in the folder {folder}.", folder=folder),
            why=_("Expected files that end in {endings}.", endings=", ".join(_VIDEO_SUFFIXES)),
            fix=_("Choose another folder."),
        )
    return [*found[: config.limit]]


def is_link(source: str) -> bool:
    """Returns whether a source is a link, and not a path.

    Raises:
        DownloadError: it is a link of a kind that is never opened, such as `ftp:` or `file:`.
    """
    scheme = re.match(r"([A-Za-z][A-Za-z0-9+.-]+):", source)
    web = re.match(r"(?i)https?://", source)  # never a path: a site may have named it
    if scheme is None or (not web and Path(source).exists()):
        return False
    if scheme[1].lower() not in ("http", "https"):
        raise DownloadError(
            _("Received the link {link}.", link=repr(public_link(source))),
            why=_("Only http and https links are opened."),
            fix=_("Fetch the video in another way and give its path."),
        )
    if not _names_server(source):
        raise DownloadError(
            _("Received the link {link}.", link=repr(public_link(source))),
            why=_("It names no server."),
            fix=_("Copy the link once more from the address line of a browser."),
        )
    return True


def _names_server(link: str) -> bool:
    try:
        url = urlsplit(link)
        return bool(url.hostname) and url.port != 0  # a port that is no number is a ValueError
    except ValueError:  # half a bracket, for one
        return False


def _fetch(
    link: str, directory: Path, config: VideoConfig, wanted: TimeRange | None, on_event: OnEvent
) -> Path:
    names = ("format", "height", "start", "end")
    request = {"link": public_link(link)} | {name: getattr(config, name) for name in names}
    if not names_its_video(link):
        request["link_key"] = _link_key(link)
    if (known := _fetched_before(request, directory)) is not None:
        on_event(Note(message=_("{file} is there already.", file=known)))
        return known
    key = hashlib.sha256(repr(sorted(request.items())).encode()).hexdigest()[:16]
    work = files.cache_dir() / "downloads" / key
    work.mkdir(parents=True, exist_ok=True)
    try:
        file, metadata, held = fetch(link, work, config, wanted, on_event=on_event)
    except DownloadError:
        if not any(work.iterdir()):
            work.rmdir()
        raise
    try:
        if wanted and held and not holds_range(file, wanted, held):
            # No picture, or other ones: a server that gives no parts, a list in another order.
            on_event(Note(message=_(ALL_OF_IT)))
            shutil.rmtree(work)
            work.mkdir()
            file, metadata, held = fetch(link, work, config, on_event=on_event)
        time_range = range_in_file(file, wanted, held)
    except VideoError:
        shutil.rmtree(work)  # a complete file that is no video: resuming would not mend it
        raise
    if wanted is not None and time_range is None:
        shutil.rmtree(work)
        raise _empty_range(link, config)
    with files.created_folder(directory):
        target = _move_in(file, directory, request | metadata)
        record_range(target, config, time_range)
    shutil.rmtree(work)
    return target


def _fetched_before(request: dict[str, Any], directory: Path) -> Path | None:
    for video, known in find_sidecars(directory):
        same = all(known.get(name, "") == value for name, value in request.items())
        same = same and known.get("link_key", "") == request.get("link_key", "")
        if same and video.is_file() and video.stat().st_size == known.get("bytes"):
            return video
    return None


def _link_key(link: str) -> str:
    """Returns what tells a link from others of which the same may be stored; it says nothing of it.

    Whoever has not this machine's secret can't even find out whether a guess is right.
    """
    path = files.cache_dir() / "link-key"
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        with files.atomic_write(path) as temp_path:
            descriptor = os.open(temp_path, os.O_WRONLY | os.O_CREAT, 0o600)
            with open(descriptor, "wb") as file:
                file.write(secrets.token_bytes(32))
    return hmac.new(path.read_bytes(), link.encode(), hashlib.sha256).hexdigest()[:32]


def _move_in(file: Path, directory: Path, metadata: dict[str, Any]) -> Path:
    """Moves a fetched file into a folder, under its title; returns its new path."""
    target = target_path(metadata.get("title", "video"), file, directory)
    with files.atomic_write(target) as temp_path:
        shutil.move(file, temp_path)
    write_sidecar(target, metadata | {"bytes": target.stat().st_size})
    return target


def _refused_entry(playlist: str, entry: str) -> DownloadError:
    return DownloadError(
        _(
            "The playlist {link} names {entry}.",
            link=public_link(playlist),
            entry=repr(public_link(entry)),
        ),
        why=_("Only http and https links are opened: what a site names is never a path of yours."),
        fix=_("If you know and want that file, give its path yourself."),
    )


def _empty_range(link: str, config: VideoConfig) -> DownloadError:
    return DownloadError(
        _(
            "Received no picture between {start} and {end}.",
            start=config.start or 0,
            end=config.end or _("the end"),
        ),
        why=_("Expected a part of the video at {link}.", link=public_link(link)),
        fix=_("Look in a browser how long it is, and begin earlier."),
    )
