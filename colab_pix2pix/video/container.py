"""Opens video files: nothing but the file itself, and errors in our words."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from typing import Any

import av
from av.container import InputContainer
from av.stream import Discard, Disposition
from av.video.stream import VideoStream

from ..errors import VideoError
from ..languages import _
from .pieces import Piece, find_pieces

#: Containers that ffmpeg opens and that hold no video: pictures, text art, lists of other files.
_NO_VIDEO = re.compile(
    r"image2|_pipe|^tty$|^hls|concat|subtitles|^srt$|^webvtt$|^ass$|^ffmetadata$"
)

#: A title in no known letters is no reason to refuse a file; from version 19 on it never is.
_LENIENT: dict[str, Any] = (
    {"metadata_errors": "replace"} if int(av.__version__.split(".")[0]) < 19 else {}
)


@contextmanager
def open_container(path: Path, piece: Piece | None = None) -> Iterator[InputContainer]:
    """Opens a local file and nothing else, and closes it with the block.

    The whitelist keeps a playlist that poses as a video from opening links.

    Args:
        path: The file.
        piece: One of `video_pieces`; None is the first.

    Raises:
        VideoError: it can't be read, or its kind holds no video.
    """
    piece = piece or video_pieces(path)[0]
    try:
        options = {"protocol_whitelist": "file,subfile"}
        container = av.open(piece.url(path), "r", options=options, **_LENIENT)
    except (av.error.FFmpegError, OSError) as error:
        raise not_a_video(path, error.strerror or str(error)) from error
    with container:
        if any(_NO_VIDEO.search(name) for name in container.format.name.split(",")):
            raise not_a_video(
                path, _("it is a file of the kind {kind}", kind=container.format.name)
            )
        yield container


@contextmanager
def open_video(
    path: Path, piece: Piece | None = None
) -> Iterator[tuple[InputContainer, VideoStream]]:
    """Opens a file, and gives its first video stream that is no cover picture with it.

    Args:
        path: The file.
        piece: One of `video_pieces`; None is the first.

    Raises:
        VideoError: it can't be read, or holds no video.
    """
    with open_container(path, piece) as container:
        streams = [
            stream
            for stream in container.streams.video
            if not stream.disposition & Disposition.attached_pic
            and stream.codec_context is not None
        ]
        if not streams:
            raise not_a_video(path, _("it has no pictures that can be decoded"))
        for other in container.streams:
            if other.index != streams[0].index:
                other.discard = Discard.all  # spares reading them, where the container can
        yield container, streams[0]


def video_pieces(path: Path) -> tuple[Piece, ...]:
    """Returns the videos in a file that can be opened, one behind the other; at least one.

    Raises:
        VideoError: the file can't be read.
    """
    try:
        pieces = find_pieces(path)
    except OSError as error:
        raise not_a_video(path, error.strerror or str(error)) from error
    return _opened(path, pieces) if len(pieces) > 1 else pieces


@lru_cache(maxsize=64)
def _opened(path: Path, pieces: tuple[Piece, ...]) -> tuple[Piece, ...]:
    return tuple(piece for piece in pieces if _opens(path, piece)) or pieces[:1]


def _opens(path: Path, piece: Piece) -> bool:
    try:
        with open_video(path, piece):
            return True
    except VideoError:  # what is left out is told by who counts: see `unread_pieces`
        return False


def unread_pieces(path: Path) -> int:
    """Returns how many of the videos in a file can't be opened, beside those that can."""
    return len(find_pieces(path)) - len(video_pieces(path))


def not_a_video(path: Path, reason: str) -> VideoError:
    """Returns the error for a file that is no video, for a reason in ffmpeg's words."""
    return VideoError(
        _("{path} can't be read as a video: {reason}.", path=path, reason=reason),
        why=_("Expected a file that ffmpeg can decode, such as mp4, mov, mkv or webm."),
        fix=_("Try it in a player; if it does not play there, fetch it again or choose another."),
    )


def no_picture(path: Path) -> VideoError:
    """Returns the error for a video without a single picture."""
    return VideoError(
        _("{path} holds no picture.", path=path),
        fix=_("Choose another video."),
    )
