"""What a video file holds, and what its first frame that can be decoded looks like."""

from __future__ import annotations

import os
from dataclasses import dataclass
from fractions import Fraction
from itertools import chain
from pathlib import Path

import av
from av.container import InputContainer
from av.video.stream import VideoStream

from ..errors import VideoError
from ..images import kind_of_file
from ..languages import _
from .container import not_a_video, open_video, video_pieces
from .filters import Shape, shape_of
from .packets import demux, read_pictures

_CLOCK_MAY_JUMP = 0x200  # AVFMT_TS_DISCONT: the header of such a file knows no length
_MOST_PACKETS = 3000  # until a frame must have come
_TRANSFERS = {1: "bt709", 16: "smpte2084", 18: "arib-std-b67"}


@dataclass(frozen=True, kw_only=True)
class VideoInfo:
    """Metadata of the first video stream of a file.

    Attributes:
        path: The file.
        width: Width in pixels as a player shows it: rotated, with square pixels.
        height: Height in pixels as a player shows it.
        decoded_width: Width as decoded: rotated, its pixels not yet made square.
        duration_seconds: Length by the container's header, or counted where that can't know it;
            0.0 where nothing tells it.
        frames_per_second: The nominal frame rate; 0.0 when unknown.
        codec: ffmpeg's name of the codec, such as "h264".
        interlaced: True when a frame holds two fields of different times.
        transfer: The transfer function by ffmpeg's name, such as "bt709"; "smpte2084" is HDR.
    """

    path: Path
    width: int
    height: int
    decoded_width: int
    duration_seconds: float
    frames_per_second: float
    codec: str
    interlaced: bool
    transfer: str

    @property
    def shape(self) -> Shape:
        """The shape of the first frame."""
        return Shape(self.width, self.height, self.decoded_width)


def probe(video: Path | str) -> VideoInfo:
    """Returns the metadata of a video file, found by decoding its first frame.

    Raises:
        VideoError: there is no such file, it is empty, or no frame in it can be decoded.
    """
    video = Path(video)
    _check_file(video)
    with open_video(video) as (container, stream):
        frame = _first_frame(container, stream)
        if frame is None:
            raise not_a_video(video, _("not one picture in it can be decoded"))
        shape = shape_of(frame, stream.sample_aspect_ratio)
        rate = stream.average_rate or stream.guessed_rate
        info = VideoInfo(
            path=video,
            width=shape.width,
            height=shape.height,
            decoded_width=shape.decoded_width,
            duration_seconds=(container.duration or 0) / av.time_base,
            frames_per_second=float(rate) if rate else 0.0,
            codec=stream.codec_context.name,
            interlaced=bool(frame.interlaced_frame),
            transfer=_TRANSFERS.get(int(frame.color_trc), "unknown"),
        )
        counted = (
            container.format.flags & _CLOCK_MAY_JUMP
            or container.format.name == "gif"  # of joined ones, it is that of the first
            or not container.duration
            or len(video_pieces(video)) > 1
        )
    if not counted:
        return info
    return VideoInfo(**vars(info) | {"duration_seconds": _counted_seconds(video, rate)})


def _first_frame(container: InputContainer, stream: VideoStream) -> av.VideoFrame | None:
    """Returns the first frame that can be decoded; passes over damage before it."""
    stream.codec_context.thread_type = "SLICE"  # without the delay of frame threads
    for tried, packet in enumerate(chain(demux(container, stream), (None,))):
        try:
            if frames := stream.codec_context.decode(packet):
                return frames[0]
        except av.error.FFmpegError:
            continue  # a damaged packet
        if tried > _MOST_PACKETS:
            break
    return None


def _counted_seconds(video: Path, rate: Fraction | None) -> float:
    packets = read_pictures(video)
    if packets.timed:
        return packets.end_seconds() - float(packets.seconds.min())
    return len(packets) / float(rate) if rate else 0.0


def _check_file(video: Path) -> None:
    if not video.exists():
        raise VideoError(
            _("There is no file {file}.", file=video),
            why=_("Expected the path of a video."),
            fix=_("Check the spelling; in Colab, mount Google Drive first if it lies there."),
        )
    if video.is_dir():
        raise VideoError(
            _("{path} is a folder.", path=video),
            why=_("Expected a video file."),
            fix=_("Give the path of one of the videos in it."),
        )
    if video.stat().st_size == 0:
        raise VideoError(
            _("{file} is empty (0 bytes).", file=video),
            why=_("Its copy or download was probably cut off."),
            fix=_("Fetch it again."),
        )
    # ffmpeg would find videos and pictures in the bytes of an archive.
    if os.access(video, os.R_OK) and "archive" in (kind := kind_of_file(video)):
        raise VideoError(
            _("{file} is {kind}, no video.", file=video, kind=_(kind)),
            why=_("Expected a file that ffmpeg can decode, such as mp4, mov, mkv or webm."),
            fix=_("Unpack it; a zip of pictures goes to `colab-pix2pix import`."),
        )
