"""What a link or a path leads to, before anything is downloaded."""

from __future__ import annotations

import io
from dataclasses import dataclass
from pathlib import Path

from PIL import Image

from ..config import VideoConfig
from ..filenames import public_link, typed_path, typed_text
from ..video.decode import decode_still
from ..video.probe import VideoInfo
from .download import is_link, sample_video
from .local_file import probe_source
from .storyboard import storyboard_frames
from .web_images import content_length, fetch_image
from .ytdlp import Format, extract_info

_THUMBNAIL_PIXELS = 320


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
        frames: Small frames that lie evenly over its length, where the site has them for its seek
            bar; () for a file, whose frames can be decoded.
        file: Where it lies, when that is a path.
    """

    title: str
    duration_seconds: float = 0.0
    width: int = 0
    height: int = 0
    size_bytes: int = 0
    thumbnail: bytes = b""
    formats: tuple[Format, ...] = ()
    frames: tuple[Image.Image, ...] = ()
    file: Path | None = None


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
        size = content_length(str(metadata["url"]))
    return VideoPreview(
        title=str(metadata.get("title") or public_link(text)),
        duration_seconds=float(metadata.get("duration") or 0.0),
        width=int(metadata.get("width") or 0),
        height=int(metadata.get("height") or 0),
        size_bytes=int(size or 0),
        thumbnail=_fetch_thumbnail(str(metadata.get("thumbnail") or "")),
        formats=tuple(formats),
        frames=tuple(storyboard_frames(metadata)),
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
        file=path,
    )


def _thumbnail(info: VideoInfo) -> bytes:
    height = max(1, round(info.height * _THUMBNAIL_PIXELS / info.width))
    frame = decode_still(info, info.duration_seconds / 2, (_THUMBNAIL_PIXELS, height))
    return b"" if frame is None else _jpeg(frame)


def _jpeg(picture: Image.Image) -> bytes:
    stream = io.BytesIO()
    picture.save(stream, "JPEG", quality=80)
    return stream.getvalue()


def _fetch_thumbnail(address: str) -> bytes:
    """Returns the thumbnail at an address as a JPEG; b"" where there is none: only an ornament."""
    if (image := fetch_image(address)) is None:
        return b""
    image.thumbnail((_THUMBNAIL_PIXELS, _THUMBNAIL_PIXELS))
    return _jpeg(image)
