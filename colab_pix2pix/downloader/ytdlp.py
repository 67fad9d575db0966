"""yt-dlp, used as a library: no configuration files, no post-processors that run programs."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import imageio_ffmpeg

from .. import files
from ..config import VideoConfig
from ..errors import DownloadError
from ..events import Note, OnEvent, Progress, ignore
from ..filenames import public_link, public_text
from ..languages import N_, _
from ..options import checks_input
from .cookies import read_cookies
from .failures import classify, to_download_error
from .local_file import check_disk
from .secrecy import DebugLogger, OnCommandLineError, keep_off_command_lines, requests_unlogged
from .time_range import RANGE_AT_SECONDS, TimeRange
from .youtube_links import require_whole

ALL_OF_IT = N_("The site gives no parts of this video: fetching all of it.")
_RETRIES = 5
_EXTRACTOR_RETRIES = 3  # without a network, the first page of YouTube waits through all of them
_SOCKET_TIMEOUT_SECONDS = 20.0
#: What is kept of the site's metadata of a video: our name -> yt-dlp's.
_METADATA = {"title": "title", "uploader": "uploader", "licence": "license", "page": "webpage_url"}


@dataclass(frozen=True, kw_only=True)
class Format:
    """A format in which a site offers a video, as yt-dlp lists it.

    Attributes:
        id: What to set `VideoConfig.format` to.
        width: In pixels, or 0 when unknown or sound only.
        height: In pixels, or 0.
        codec: The video codec, or "none".
        bytes: Its size, or 0 when unknown.
        note: What the site calls it.
    """

    id: str
    width: int
    height: int
    codec: str
    bytes: int
    note: str


def fetch(
    link: str,
    folder: Path,
    config: VideoConfig,
    wanted: TimeRange | None = None,
    *,
    on_event: OnEvent = ignore,
) -> tuple[Path, dict[str, str], TimeRange | None]:
    """Downloads the video of a link into a folder; goes on with bytes that are already there.

    Args:
        link: A link that yt-dlp knows.
        folder: Where to put it.
        config: Which format to choose.
        wanted: Which part of the video is enough, or None for all of it.
        on_event: Told `Progress` in bytes.

    Returns:
        The file; the site's metadata of it: title, uploader, licence, page; and which part of the
        video the file holds, from the keyframe before it on, or None when it holds all.

    Raises:
        DownloadError: there is no video, or it can't be fetched.
    """
    options = {
        "progress_hooks": [_progress_hook(on_event)],
        "match_filter": _match_filter(link, folder),
    }
    found, held = _download_range(link, folder, config, options, wanted, on_event)
    video = _first_video(found)
    paths = [entry.get("filepath") for entry in (video or {}).get("requested_downloads") or ()]
    if video is None or not paths:
        raise DownloadError(
            _("There is no video at {link}.", link=public_link(link)),
            why=_("Expected the link of one video, or of a list of videos."),
            fix=_("Open it in a browser, and take the link of the video itself."),
        )
    metadata = {ours: str(video[theirs]) for ours, theirs in _METADATA.items() if video.get(theirs)}
    if "page" in metadata:
        metadata["page"] = public_link(metadata["page"])
    if held is not None:
        held = TimeRange(held.start, min(held.end, float(video.get("duration") or math.inf)))
    return Path(paths[0]), metadata, held


@checks_input("link")
def list_formats(link: str, config: VideoConfig = VideoConfig()) -> list[Format]:
    """Returns the formats in which a site offers a video, the smallest first.

    Raises:
        DownloadError: there is no video, or the site does not tell.
    """
    return extract_info(link, config)[1]


def extract_info(link: str, config: VideoConfig) -> tuple[dict[str, Any], list[Format]]:
    """Returns a site's metadata of a video, under yt-dlp's names, and the formats it comes in.

    Raises:
        DownloadError: there is no video, or the site does not tell.
    """
    folder = files.cache_dir() / "downloads"
    # Not one has to fit what the config asks for: they are only listed.
    config = config.replace(format="auto")
    options = {"ignore_no_formats_error": True}
    video = _first_video(_call_ytdlp(link, folder, config, options, download=False)) or {}
    formats = [
        Format(
            id=str(one.get("format_id", "")),
            width=int(one.get("width") or 0),
            height=int(one.get("height") or 0),
            codec=str(one.get("vcodec") or "unknown"),
            bytes=int(one.get("filesize") or one.get("filesize_approx") or 0),
            note=str(one.get("format_note") or one.get("format") or ""),
        )
        for one in video.get("formats") or ()
    ]
    return video, sorted(formats, key=lambda one: (one.height, one.width, one.bytes))


def list_entries(link: str, config: VideoConfig) -> tuple[list[str], list[str]]:
    """Returns the links of a playlist's first `config.limit` videos, or the link of a single one.

    Returns:
        The links; and what else the playlist names, such as paths, which nobody must open.

    Raises:
        DownloadError: the site does not tell.
    """
    if config.limit == 1:
        return [link], []
    options = {"extract_flat": True, "playlist_items": f"1:{config.limit}", "noplaylist": False}
    folder = files.cache_dir() / "downloads"
    found = _call_ytdlp(link, folder, config, options, download=False) or {}
    if "entries" not in found:
        return [link], []
    names = [entry.get("url") or entry.get("webpage_url") for entry in found["entries"] if entry]
    names = [name for name in names if isinstance(name, str)]
    links = [name for name in names if re.match(r"(?i)https?://", name)]
    return links, [name for name in names if name not in links]


def _download_range(
    link: str,
    folder: Path,
    config: VideoConfig,
    options: dict[str, Any],
    wanted: TimeRange | None,
    on_event: OnEvent,
) -> tuple[dict[str, Any] | None, TimeRange | None]:
    """Downloads a range, or all where the site does not give ranges; says which it was."""
    if wanted is not None:
        from yt_dlp.utils import download_range_func

        clock = ["-output_ts_offset", str(RANGE_AT_SECONDS), "-muxdelay", "0"]
        ranges = {
            "download_ranges": download_range_func(None, [(wanted.start, wanted.end)]),
            "external_downloader_args": {"ffmpeg_o": clock},
        }
        try:
            return _call_ytdlp(link, folder, config, options | ranges, download=True), wanted
        except OnCommandLineError:
            message = _(
                "A part would show your cookies or the link's key to others on this machine:"
                " fetching all of it."
            )
            on_event(Note(message=message))
        except DownloadError as error:
            cause = error.__cause__ or error.__context__
            if cause is None or classify(cause).name != "other":
                raise
            on_event(Note(message=_(ALL_OF_IT)))
    return _call_ytdlp(link, folder, config, options, download=True), None


def _call_ytdlp(
    link: str, folder: Path, config: VideoConfig, options: dict[str, Any], *, download: bool
) -> dict[str, Any] | None:
    """Lets yt-dlp extract the metadata of a link, or download it; its errors come out as ours."""
    import yt_dlp

    require_whole(link)
    options = _options(folder, config) | options
    # yt-dlp looks for ffmpeg here, not in its options, before it fetches a part of a video.
    yt_dlp.postprocessor.FFmpegPostProcessor._ffmpeg_location.set(options["ffmpeg_location"])
    try:
        with requests_unlogged(), yt_dlp.YoutubeDL(options) as downloader:
            keep_off_command_lines(downloader, link)
            found: dict[str, Any] | None = downloader.extract_info(link, download=download)
            return found
    except (yt_dlp.utils.YoutubeDLError, OSError, SyntaxError, UnicodeError) as error:
        ours = to_download_error(link, error)
        if public_text(str(error)) != str(error):
            raise ours from None  # a traceback would show the link with its password or key
        raise ours from error


def _match_filter(link: str, folder: Path) -> Callable[..., str | None]:
    """Returns a filter for yt-dlp that stops before a live stream, or before a full disk."""

    def check(video: dict[str, Any], *, incomplete: bool = False) -> str | None:
        if video.get("is_live"):
            raise DownloadError(
                _("{link} is a live stream.", link=public_link(link)),
                why=_("It has no end, so crops can't be spread evenly over it."),
                fix=_("Wait for its recording, then take that link."),
            )
        if not incomplete:
            check_disk(int(video.get("filesize") or video.get("filesize_approx") or 0), folder)
        return None

    return check


def _options(folder: Path, config: VideoConfig) -> dict[str, Any]:
    import deno

    selection: dict[str, Any] = {"format": config.format}
    if config.format == "auto":
        # No sound is needed. "+res:N" puts the smallest that has at least N pixels first.
        sort = [f"+res:{config.height}", "+size", "+br"]
        selection = {"format": "bestvideo/best", "format_sort": sort}
    return selection | {
        "paths": {"home": str(folder)},
        # No part of a title or an address becomes a path: the caller names the file.
        "outtmpl": {"default": "video.%(ext)s"},
        "noplaylist": True,
        "playlist_items": "1",
        "ffmpeg_location": imageio_ffmpeg.get_ffmpeg_exe(),
        "js_runtimes": {"deno": {"path": deno.find_deno_bin()}},
        "continuedl": True,
        "retries": _RETRIES,
        "fragment_retries": _RETRIES,
        "extractor_retries": _EXTRACTOR_RETRIES,
        "retry_sleep_functions": {kind: _back_off for kind in ("http", "fragment", "extractor")},
        "socket_timeout": _SOCKET_TIMEOUT_SECONDS,
        "cookiefile": read_cookies(config.cookies),
        "logger": DebugLogger(),
        "noprogress": True,
        "quiet": True,
        "no_warnings": False,
        "color": "no_color",
        "cachedir": str(folder.parent / "yt-dlp"),
        "updatetime": False,
    }


def _back_off(n: int) -> float:
    """Seconds to wait before try `n`, which counts from 0."""
    return min(0.5 * 2.0**n, 20.0)


def _progress_hook(on_event: OnEvent) -> Callable[[dict[str, Any]], None]:
    def report(state: dict[str, Any]) -> None:
        if state.get("status") not in ("downloading", "finished"):
            return
        on_event(
            Progress(
                job="download",
                done=state.get("downloaded_bytes") or 0,
                total=state.get("total_bytes") or state.get("total_bytes_estimate"),
                unit="bytes",
                per_second=state.get("speed"),
                seconds_left=state.get("eta"),
            )
        )

    return report


def _first_video(found: dict[str, Any] | None) -> dict[str, Any] | None:
    while found is not None and "entries" in found:
        found = next((entry for entry in found["entries"] if entry), None)
    return found
