"""What a link or a path leads to, before anything is downloaded."""

from __future__ import annotations

import http.client
import io
import urllib.request
from dataclasses import dataclass
from pathlib import Path

from PIL import Image

from ..config import VideoConfig
from ..filenames import public_link, typed_path, typed_text
from ..video.decode import decode_still
from ..video.probe import VideoInfo
from .download import is_link, sample_video
from .local_file import probe_source
from .ytdlp import Format, extract_info

_THUMBNAIL_BYTES = 2_000_000
_THUMBNAIL_PIXELS = 320
_TIMEOUT_SECONDS = 10
_HEADERS = {"User-Agent": "Mozilla/5.0"}


@dataclass(frozen=True, kw_only=True)
class VideoPreview:
    """What is known of a video that is not here yet.

    Attributes:
        title: What it is called.
        duration_seconds: Its length, or 0.0 when unknown.
        width: In pixels, of what would be fetched, or 0 when unknown.
        height: In pixels, or 0.
        size_bytes: The size of what would be fetched, or 0 when unknown.
        thumbnail: A JPEG at most 320 pixels wide, or b"" where the site gives none.
        formats: Other formats in which the site offers it, the smallest first; () for a file.
    """

    title: str
    duration_seconds: float = 0.0
    width: int = 0
    height: int = 0
    size_bytes: int = 0
    thumbnail: bytes = b""
    formats: tuple[Format, ...] = ()


def preview(source: str, config: VideoConfig = VideoConfig()) -> VideoPreview:
    """Returns what a link or a path leads to, without fetching it.

    Args:
        source: A link, a path, or "" for the bundled sample.
        config: Which format is wanted, and the cookies.

    Raises:
        DownloadError: the link leads to no video, or the path to nothing.
        VideoError: the file is no video.
    """
    text = typed_text(source)
    if not text or not is_link(text):
        return _preview_file(typed_path(text, "source") if text else sample_video())
    metadata, formats = extract_info(text, config)
    size = metadata.get("filesize") or metadata.get("filesize_approx")
    if not size and metadata.get("protocol") in ("http", "https"):  # one file: its server knows
        size = _content_length(str(metadata["url"]))
    return VideoPreview(
        title=str(metadata.get("title") or public_link(text)),
        duration_seconds=float(metadata.get("duration") or 0.0),
        width=int(metadata.get("width") or 0),
        height=int(metadata.get("height") or 0),
        size_bytes=int(size or 0),
        thumbnail=_fetch_thumbnail(str(metadata.get("thumbnail") or "")),
        formats=tuple(formats),
    )


def _preview_file(path: Path) -> VideoPreview:
    info = probe_source(path)
    return VideoPreview(
        title=path.name,
        duration_seconds=info.duration_seconds,
        width=info.width,
        height=info.height,
        size_bytes=path.stat().st_size,
        thumbnail=_thumbnail(info),
    )


def _thumbnail(info: VideoInfo) -> bytes:
    height = max(1, round(info.height * _THUMBNAIL_PIXELS / info.width))
    frame = decode_still(info, info.duration_seconds / 2, (_THUMBNAIL_PIXELS, height))
    return b"" if frame is None else _jpeg(frame)


def _jpeg(picture: Image.Image) -> bytes:
    stream = io.BytesIO()
    picture.save(stream, "JPEG", quality=80)
    return stream.getvalue()


def _opener() -> urllib.request.OpenerDirector:
    """Returns an opener of http and https links, and follows redirects to nothing else."""
    opener = urllib.request.OpenerDirector()
    for handler in (
        urllib.request.ProxyHandler,
        urllib.request.HTTPHandler,
        urllib.request.HTTPSHandler,
        urllib.request.HTTPDefaultErrorHandler,
        urllib.request.HTTPRedirectHandler,
        urllib.request.HTTPErrorProcessor,
        urllib.request.UnknownHandler,
    ):
        opener.add_handler(handler())
    return opener


def _request(address: str, method: str = "GET") -> http.client.HTTPResponse:
    request = urllib.request.Request(address, method=method, headers=_HEADERS)
    response: http.client.HTTPResponse = _opener().open(request, timeout=_TIMEOUT_SECONDS)
    return response


def _content_length(link: str) -> int:
    """Returns how long a server says that a file is; 0 where it does not."""
    try:
        with _request(link, "HEAD") as response:
            return int(response.headers.get("Content-Length", 0))
    except (OSError, ValueError):
        return 0


def _fetch_thumbnail(address: str) -> bytes:
    """Returns the thumbnail at an address as a JPEG; b"" where there is none: only an ornament."""
    if not address.startswith(("http://", "https://")):
        return b""
    try:
        with _request(address) as response:
            content = response.read(_THUMBNAIL_BYTES + 1)
        if len(content) > _THUMBNAIL_BYTES:
            return b""
        with Image.open(io.BytesIO(content)) as image:
            image.thumbnail((_THUMBNAIL_PIXELS, _THUMBNAIL_PIXELS))
            thumbnail = image.convert("RGB")
    except (OSError, ValueError, Image.DecompressionBombError):
        return b""
    return _jpeg(thumbnail)
