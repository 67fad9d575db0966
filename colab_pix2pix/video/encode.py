"""Encodes frames as a video, each at its time."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from av.container import OutputContainer
from av.video.reformatter import VideoReformatter
from av.video.stream import VideoStream

from ..errors import VideoError
from ..files import atomic_write
from ..languages import _
from .packets import AnyPacket
from .sound import Sound, open_sound
from .timeline import Timeline

_TICKS = 90_000  # a second: whole for every usual frame rate
_FEW_TICKS = 1_000  # for what lasts so long that an mp4 can't count the others
_LONG_SECONDS = 36_000.0
_USUAL_SECONDS = 0.04
_BT601, _LIMITED = 6, 1  # AVCOL_SPC_SMPTE170M, AVCOL_RANGE_MPEG: what swscale makes


def encode_video(
    path: Path,
    frames: Iterable[tuple[float, np.ndarray]],
    *,
    end_seconds: float | None = None,
    sound_of: tuple[Path, Timeline] | None = None,
) -> Path:
    """Writes frames as an H.264 video that every browser plays.

    Args:
        path: The `.mp4` to write; it is there whole or not at all.
        frames: When each appears, in seconds and never falling, and uint8 RGB
            `(height, width, 3)`, all of one size with even sides.
        end_seconds: When the last one disappears; None shows it as long as the one before.
        sound_of: A video whose sound is taken along, if it has some, and the timeline by which
            `frames` are timed: sound and pictures keep their distance.

    Returns:
        `path`.

    Raises:
        VideoError: there are no frames, or they can't be written.
    """
    frames = iter(frames)
    first = next(frames, None)
    if first is None:
        raise VideoError(
            _("Received no pictures for {path}.", path=path), why=_("Expected at least one.")
        )
    with atomic_write(path) as temp_path, ExitStack() as stack:
        try:
            options = {"movflags": "+faststart"}
            output = av.open(str(temp_path), "w", format="mp4", container_options=options)
            stack.enter_context(output)
            long = end_seconds is not None and end_seconds - first[0] > _LONG_SECONDS
            video = _add_video(output, first[1], _FEW_TICKS if long else _TICKS)
            sound = stack.enter_context(open_sound(*sound_of, output)) if sound_of else None
            _write(output, video, _chained(first, frames), end_seconds, sound)
        except av.error.FFmpegError as error:
            raise VideoError(
                _("{path} can't be written: {why}.", path=path, why=error.strerror or error),
                fix=_("Look whether the disk is full, then try again."),
            ) from error
    return path


def _chained(
    first: tuple[float, np.ndarray], others: Iterator[tuple[float, np.ndarray]]
) -> Iterator[tuple[float, np.ndarray]]:
    yield first
    yield from others


def _add_video(output: OutputContainer, picture: np.ndarray, ticks: int) -> VideoStream:
    height, width, _ = picture.shape
    options = {"preset": "veryfast", "crf": "20"}
    video = output.add_stream("libx264", rate=round(1 / _USUAL_SECONDS), options=options)
    video.codec_context.thread_type = "FRAME"  # slices side by side are slower, and larger
    video.width, video.height, video.pix_fmt = width, height, "yuv420p"
    video.codec_context.time_base = video.time_base = Fraction(1, ticks)
    video.codec_context.colorspace, video.codec_context.color_range = _BT601, _LIMITED
    return video


def _write(
    output: OutputContainer,
    video: VideoStream,
    frames: Iterator[tuple[float, np.ndarray]],
    end_seconds: float | None,
    sound: Sound | None,
) -> None:
    time_base = Fraction(video.codec_context.time_base)
    timed = _timed(frames, end_seconds, sound.origin if sound else None, time_base.denominator)
    converter = VideoReformatter()  # one for all: it is made anew for each frame otherwise
    durations: dict[int, int] = {}  # ticks for each time, until its packet is written

    def write(packets: list[AnyPacket]) -> None:
        for packet in packets:
            packet.duration = durations.pop(packet.pts or 0, packet.duration or 0)
            if sound is not None:
                sound.write_until((packet.dts or 0) * float(time_base))
            output.mux(packet)

    for tick, duration, picture in timed:
        durations[tick] = duration
        frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(picture), "rgb24")
        frame = converter.reformat(frame, format="yuv420p", threads=1)
        frame.pts, frame.time_base, frame.duration = tick, time_base, duration
        write(video.encode(frame))
    write(video.encode(None))
    if sound is not None:
        sound.write_until(None)


def _timed(
    frames: Iterator[tuple[float, np.ndarray]],
    end_seconds: float | None,
    origin: float | None,
    ticks: int,
) -> Iterator[tuple[int, int, np.ndarray]]:
    """Gives each frame with its time after the origin and its duration, in ticks.

    Frames of one time are put a tick apart: a player could not tell them from one another.
    """
    first = next(frames)
    origin = first[0] if origin is None else origin

    duration, last = round(_USUAL_SECONDS * ticks), 0
    tick, picture = round((first[0] - origin) * ticks), first[1]
    for seconds, following in frames:
        last, tick = tick, max(tick + 1, round((seconds - origin) * ticks))
        duration = tick - last
        yield last, duration, picture
        picture = following
    if end_seconds is not None:
        duration = max(1, round((end_seconds - origin) * ticks) - tick)
    yield tick, duration, picture
