"""yt-dlp, used as a library: no configuration files, no post-processors that run programs."""

from __future__ import annotations

import logging
from collections.abc import Callable
from pathlib import Path
from typing import Any

import imageio_ffmpeg

from ..config import VideoConfig
from ..errors import DownloadError
from ..events import OnEvent, Progress

_log = logging.getLogger(__name__)


class _Quiet:
    """What yt-dlp says, for a developer's log only: users get one `DownloadError`."""

    def debug(self, message: str) -> None:
        _log.debug("%s", message)

    warning = error = debug


_RETRIES = 5
#: What is kept of what the site tells about a video: our name -> yt-dlp's.
_FACTS = {"title": "title", "uploader": "uploader", "licence": "license", "page": "webpage_url"}


def fetch(
    link: str, folder: Path, config: VideoConfig, *, on_event: OnEvent
) -> tuple[Path, dict[str, str]]:
    """Downloads the video of a link into a folder; goes on with a part that is already there.

    Returns:
        The file, and what the site tells about it: title, uploader, licence, page.

    Raises:
        DownloadError: there is no video, or it can't be fetched.
    """
    import yt_dlp

    with yt_dlp.YoutubeDL(_options(folder, config, _hook(on_event))) as downloader:
        try:
            found = downloader.extract_info(link, download=True)
        except yt_dlp.utils.YoutubeDLError as error:
            raise _explained(link, error) from error
    video = _first_video(found)
    paths = [entry.get("filepath") for entry in (video or {}).get("requested_downloads") or ()]
    if video is None or not paths:
        raise DownloadError(f"There is no video at {link}.", fix="Open the link in a browser.")
    facts = {ours: str(video[theirs]) for ours, theirs in _FACTS.items() if video.get(theirs)}
    return Path(paths[0]), facts


def _options(
    folder: Path, config: VideoConfig, hook: Callable[[dict[str, Any]], None]
) -> dict[str, Any]:
    import deno

    choice: dict[str, Any] = {"format": config.format}
    if config.format == "auto":
        # Pictures alone are enough. "+res:N" puts the smallest that has at least N pixels first.
        sort = [f"+res:{config.height}", "+size", "+br"]
        choice = {"format": "bestvideo/best", "format_sort": sort}
    return choice | {
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
        "extractor_retries": _RETRIES,
        "retry_sleep_functions": {kind: _back_off for kind in ("http", "fragment", "extractor")},
        "socket_timeout": 20,
        "progress_hooks": [hook],
        "logger": _Quiet(),
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


def _hook(on_event: OnEvent) -> Callable[[dict[str, Any]], None]:
    def tell(state: dict[str, Any]) -> None:
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

    return tell


def _first_video(found: dict[str, Any] | None) -> dict[str, Any] | None:
    while found is not None and "entries" in found:
        found = next((entry for entry in found["entries"] if entry), None)
    return found


def _explained(link: str, error: Exception) -> DownloadError:
    words = str(error).removeprefix("ERROR: ")
    if "not a bot" in words:
        return DownloadError(
            f"{link} can't be fetched: {words}",
            why="The site does not trust this machine's address, which is common in data centres.",
            fix="Fetch the video at home and give its path, or take a link of another site.",
        )
    if "Requested format is not available" in words:
        return DownloadError(
            f"{link} can't be fetched: {words}",
            why="The site has no such format, or hides it from a downloader without JavaScript.",
            fix="Set the format to auto, and install deno (pip install 'yt-dlp[deno]').",
        )
    return DownloadError(
        f"{link} can't be fetched: {words}",
        why="Expected the link of a video that yt-dlp can reach.",
        fix="Open the link in a browser; if it plays there, try pip install -U yt-dlp.",
    )
