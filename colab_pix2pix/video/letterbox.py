"""Finds the black bars of letterboxing and pillarboxing, and the active area between them."""

from __future__ import annotations

import av
import numpy as np
from av.container import InputContainer
from av.video.stream import VideoStream

from .container import open_video
from .decode_plan import evenly_spaced_times
from .filters import Scaler, Scaling, shape_of
from .packets import demux
from .probe import VideoInfo

Box = tuple[int, int, int, int]

_SAMPLED_FRAMES = 8
_MOST_PACKETS = 1000  # to look at for a keyframe
_LARGEST_SIDE = 960
_BLACK = 16  # of 255; an encoded bar is never quite black
_SMALLEST_SHARE = 0.015  # of the side: less is the soft edge of a picture
_UNEVEN_SHARE = 0.02  # bars come in pairs; a night sky above a street does not
_SMALLEST_AREA = 0.3


def detect_active_area(info: VideoInfo, start: float, end: float) -> Box | None:
    """Returns the part of the decoded frame without bars, or None when there are none.

    Samples a few keyframes. Bars are what is black in all of them, on two opposite edges, and of
    one width.

    Args:
        info: The video.
        start: Begin of the span of time to sample, in seconds from the first frame.
        end: End of the span.

    Returns:
        Left, top, width and height in pixels of the decoded frame.
    """
    frames = _sample_keyframes(info, start, end)
    if not len(frames):
        return None
    columns = _bar_widths(frames.mean(axis=1).max(axis=0))
    rows = _bar_widths(frames.mean(axis=2).max(axis=0))
    if (columns, rows) == ((0, 0), (0, 0)):
        return None
    height, width = frames.shape[1:]
    left, right = _to_frame_pixels(columns, width, info.decoded_width)
    top, bottom = _to_frame_pixels(rows, height, info.height)
    return left, top, info.decoded_width - left - right, info.height - top - bottom


def _bar_widths(brightness: np.ndarray) -> tuple[int, int]:
    """Returns how many lines are bars at the beginning and at the end of a row of lines."""
    bright = np.flatnonzero(brightness > _BLACK)
    count = len(brightness)
    if not len(bright):
        return 0, 0
    first, last = int(bright[0]), count - 1 - int(bright[-1])
    paired = abs(first - last) <= max(2, _UNEVEN_SHARE * count)
    wide = min(first, last) >= max(2, _SMALLEST_SHARE * count)
    return (
        (first, last)
        if paired and wide and bright[-1] - first >= _SMALLEST_AREA * count
        else (0, 0)
    )


def _to_frame_pixels(bars: tuple[int, int], sampled: int, whole: int) -> tuple[int, int]:
    """Returns bars in pixels of the whole frame, a little wider than measured: they end softly."""
    first, last = (-(-bar * whole // sampled) + (2 if bar else 0) for bar in bars)
    return first, last


def _sample_keyframes(info: VideoInfo, start: float, end: float) -> np.ndarray:
    """Returns a few keyframes in grey, shrunk: uint16 `(count, height, width)`, 0 to 255.

    Seeks to each: that costs a tenth of a second, whatever the length of the video.
    """
    shrink = min(1.0, _LARGEST_SIDE / max(info.decoded_width, info.height))
    width, height = (max(1, round(side * shrink)) for side in (info.decoded_width, info.height))
    scaler = Scaler(lambda _: Scaling((width, height), method="area"), threads=1)
    frames = []
    with open_video(info.path) as (container, stream):
        stream.codec_context.thread_type = "SLICE"  # without the delay of frame threads
        stream.codec_context.skip_frame = "NONKEY"
        ratio = stream.sample_aspect_ratio
        begin = float((stream.start_time or 0) * (stream.time_base or 0))
        for seconds in evenly_spaced_times(start, end, _SAMPLED_FRAMES):
            frame = _keyframe_before(container, stream, begin + max(float(seconds), 0.0))
            if frame is not None and shape_of(frame, ratio) == info.shape:
                planes = scaler.scale(frame, ratio)
                if planes is not None:
                    red, green, blue = planes.astype(np.uint16)
                    frames.append((77 * red + 150 * green + 29 * blue) // 256)
    return np.array(frames)


def _keyframe_before(
    container: InputContainer, stream: VideoStream, seconds: float
) -> av.VideoFrame | None:
    """Returns the keyframe before a time; None at a damaged place, or where none can be sought."""
    try:
        container.seek(int(seconds / (stream.time_base or 1)), stream=stream)
        decoder = stream.codec_context
        for count, packet in enumerate(demux(container, stream)):
            if packet.is_keyframe and (frames := decoder.decode(packet) or decoder.decode(None)):
                return frames[0]
            decoder.flush_buffers()
            if count > _MOST_PACKETS:
                break
    except av.error.FFmpegError:
        pass
    return None
