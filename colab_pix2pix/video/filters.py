"""Makes of decoded frames what a player shows: upright, scaled, in a screen's colours."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, cast

import av
import numpy as np
from av.filter import Graph

from .tone_mapping import HDR, to_screen

_MATRICES = {
    1: "bt709",
    4: "fcc",
    5: "bt601",
    6: "bt601",
    7: "smpte240m",
    9: "bt2020",
    10: "bt2020",
}
_HIGH_DEFINITION = 720
_FULL_RANGE = 2  # AVCOL_RANGE_JPEG


@dataclass(frozen=True)
class Shape:
    """The shape of a frame; files may change it in the middle.

    Attributes:
        width: Width in pixels as a player shows it: rotated, with square pixels.
        height: Height in pixels as a player shows it.
        decoded_width: Width as decoded: rotated, its pixels not yet made square.
    """

    width: int
    height: int
    decoded_width: int


@dataclass(frozen=True)
class Scaling:
    """Which part of a decoded frame is used, and the size that it gets.

    Attributes:
        size: Width and height in pixels that the frame is scaled to.
        active_area: Left, top, width and height of the part of the decoded, rotated frame that is
            used, before its pixels are made square; None for all of it.
        method: ffmpeg's name of the way to scale.
    """

    size: tuple[int, int]
    active_area: tuple[int, int, int, int] | None = None
    method: str = "bicubic"


def shape_of(frame: av.VideoFrame, pixel_aspect_ratio: Fraction | None) -> Shape:
    """Returns the shape of a frame; like players, it stretches the width, not the height.

    Args:
        frame: As decoded.
        pixel_aspect_ratio: Width by height of a stored pixel; None or 0 where unknown.
    """
    width, height = frame.width, frame.height
    ratio = float(pixel_aspect_ratio or 1)
    if "transpose" in _orientation(frame):
        width, height, ratio = height, width, 1 / ratio
    return Shape(max(1, round(width * ratio)), height, width)


class Scaler:
    """Turns frames upright, cuts, scales and converts them; keeps a filter graph for each kind."""

    def __init__(self, scaling_of: Callable[[Shape], Scaling], *, threads: int = 0) -> None:
        """Makes one; `scaling_of` is asked once for each shape, `threads` 0 is one per core."""
        self._scaling_of = scaling_of
        self._threads = threads
        self._graphs: dict[object, Graph] = {}
        self._impossible: set[object] = set()

    def scale(self, frame: av.VideoFrame, pixel_aspect_ratio: Fraction | None) -> np.ndarray | None:
        """Returns red, green and blue of a frame: uint8 `(3, height, width)`.

        None where a damaged file says of it what can't be.
        """
        hdr = HDR.get(int(frame.color_trc))
        orientation = _orientation(frame)
        kind = (
            frame.width, frame.height, frame.format.name, int(frame.colorspace),
            int(frame.color_range), hdr, orientation, pixel_aspect_ratio,
        )  # fmt: skip
        if kind in self._impossible:
            return None
        try:
            return self._scaled(frame, kind, hdr, orientation, pixel_aspect_ratio)
        except av.error.FFmpegError:
            self._impossible.add(kind)
            return None

    def _scaled(
        self,
        frame: av.VideoFrame,
        kind: object,
        hdr: str | None,
        orientation: tuple[str, ...],
        pixel_aspect_ratio: Fraction | None,
    ) -> np.ndarray:
        if kind not in self._graphs:
            scaling = self._scaling_of(shape_of(frame, pixel_aspect_ratio))
            # Planar RGB: swscale is four times faster to it than to packed RGB.
            pixel_format = "gbrp16le" if hdr else "gbrp"
            steps: list[str | tuple[str, str]] = [
                *orientation,
                *_cut_and_scale(frame, scaling),
                ("format", pixel_format),
            ]
            self._graphs[kind] = _graph(frame, steps, self._threads)
        self._graphs[kind].push(frame)
        planes = _planes(self._graphs[kind].vpull())
        return to_screen(planes, hdr) if hdr else planes


class Deinterlacer:
    """Makes one frame of two fields; it needs all frames in a row, and gives each a frame later."""

    def __init__(self) -> None:
        self._graph: Graph | None = None
        self._waiting: deque[int | None] = deque()

    def push(self, frame: av.VideoFrame | None) -> Iterator[tuple[int | None, av.VideoFrame]]:
        """Takes the next frame, or None for the end; gives those that are ready, by `pts`."""
        if frame is not None:
            if self._graph is None:
                self._graph = _graph(frame, [("bwdif", "mode=send_frame")], 0)
            self._waiting.append(frame.pts)
        if self._graph is None:
            return
        self._graph.push(frame)
        while self._waiting:
            try:
                made = self._graph.vpull()
            except (av.error.BlockingIOError, av.error.EOFError):
                return
            yield self._waiting.popleft(), made


def _orientation(frame: av.VideoFrame) -> tuple[str, ...]:
    """Returns the filters that turn a frame as its display matrix says.

    The matrix sends (x, y) to (a·x + c·y, b·x + d·y), with y downwards.
    """
    data = frame.side_data.get("DISPLAYMATRIX")
    if data is None:
        return ()
    a, b, _, c, d = np.frombuffer(cast(Any, data), np.int32)[:5].tolist()
    if abs(a) >= abs(b):
        return (*(("hflip",) if a < 0 else ()), *(("vflip",) if d < 0 else ()))
    return ("transpose", *(("hflip",) if c < 0 else ()), *(("vflip",) if b < 0 else ()))


def _cut_and_scale(frame: av.VideoFrame, scaling: Scaling) -> list[str | tuple[str, str]]:
    steps: list[str | tuple[str, str]] = []
    if scaling.active_area is not None:
        left, top, across, down = scaling.active_area
        steps.append(("crop", f"{across}:{down}:{left}:{top}:exact=1"))
    width, height = scaling.size
    colours = _colours(frame)
    return [*steps, ("scale", f"{width}:{height}:flags={scaling.method}{colours}")]


def _colours(frame: av.VideoFrame) -> str:
    """Returns options for ffmpeg's `scale` that say how the stored colours are meant.

    A file that does not say it is meant like any other of its size: BT.709 in high definition,
    else BT.601.
    """
    if frame.format.is_rgb or frame.format.has_palette:
        return ""
    guess = "bt709" if min(frame.width, frame.height) >= _HIGH_DEFINITION else "bt601"
    matrix = _MATRICES.get(int(frame.colorspace), guess)
    full = int(frame.color_range) == _FULL_RANGE
    return f":in_color_matrix={matrix}:in_range={'full' if full else 'limited'}"


def _graph(frame: av.VideoFrame, steps: list[str | tuple[str, str]], threads: int) -> Graph:
    """Returns filters in a row for frames like this one; `transpose` exchanges the axes."""
    graph = Graph()
    graph.threads = threads
    node = graph.add_buffer(
        width=frame.width,
        height=frame.height,
        format=frame.format,
        time_base=frame.time_base or Fraction(1, 1000),
    )
    for step in steps:
        name, arguments = (step, None) if isinstance(step, str) else step
        arguments = "dir=cclock_flip" if name == "transpose" else arguments
        following = graph.add(name, arguments)
        node.link_to(following)
        node = following
    node.link_to(graph.add("buffersink"))
    graph.configure()
    return graph


def _planes(frame: av.VideoFrame) -> np.ndarray:
    """Returns red, green and blue of a planar frame, uint8 or uint16 `(3, height, width)`."""
    kind: np.dtype[Any] = np.dtype(np.uint8 if frame.format.name == "gbrp" else np.uint16)
    made = np.empty((3, frame.height, frame.width), kind)
    for channel, plane in zip((1, 2, 0), frame.planes, strict=True):
        row = np.frombuffer(cast(Any, plane), kind).reshape(-1, plane.line_size // kind.itemsize)
        made[channel] = row[: frame.height, : frame.width]
    return made
