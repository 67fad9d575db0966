"""Finds the black bars of letterboxing and pillarboxing, and the active area between them."""

from __future__ import annotations

import numpy as np

from ..errors import VideoError
from ..ffmpeg import running
from .decode_plan import evenly_spaced_times
from .probe import VideoInfo, local_input

Box = tuple[int, int, int, int]

_SAMPLED_FRAMES = 8
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
    """Returns a few keyframes in grey, shrunk: uint8 `(count, height, width)`.

    One ffmpeg opens the file several times and seeks: that costs a tenth of a second, whatever the
    length of the video.
    """
    shrink = min(1.0, _LARGEST_SIDE / max(info.decoded_width, info.height))
    width, height = (max(1, round(side * shrink)) for side in (info.decoded_width, info.height))
    times = evenly_spaced_times(start, end, _SAMPLED_FRAMES)
    command: list[str] = ["-threads", "1"]
    graph = ""
    for number, time in enumerate(times):
        whitelist, file = local_input(info.path)[:2], local_input(info.path)[-2:]
        command += [*whitelist, "-noaccurate_seek", "-ss", f"{max(time, 0):.3f}", *file]
        graph += f"[{number}:V:0]trim=end_frame=1,scale={width}:{height}:flags=area,format=gray,"
        graph += f"setsar=1,setpts=0[frame{number}];"
    graph += "".join(f"[frame{number}]" for number in range(_SAMPLED_FRAMES))
    graph += f"concat=n={_SAMPLED_FRAMES}[frames]"
    command += ["-filter_complex", graph, "-map", "[frames]", "-fps_mode", "passthrough"]
    data = b""
    try:
        with running([*command, "-f", "rawvideo", "-"], what="looking for black bars") as process:
            assert process.stdout is not None
            data = process.stdout.read()
    except VideoError:
        # A damaged place, or a file that can't be sought in: what came must do.
        pass
    count = len(data) // (width * height)
    return np.frombuffer(data, np.uint8, count * width * height).reshape(count, height, width)
