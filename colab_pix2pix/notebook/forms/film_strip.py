"""A video file as a strip of frames, with two handles below it: where to begin, where to stop."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image, ImageOps

from ...config import FramesConfig, parse_time
from ...dataset.extract import within_range
from ...downloader.sidecar import read_sidecar
from ...video.decode import decode
from ...video.decode_plan import evenly_spaced_times, nearest_frames
from ...video.filters import Scaling
from ...video.probe import VideoInfo, probe
from ...video.timeline import Timeline, read_timeline
from .. import inline_images
from .two_handles import TwoHandles

_TILES = 12
_TILE = (80, 60)  # pixels
_AT_HANDLE = 160


class FilmStrip(TwoHandles):
    """Frames over the length of a video file, two handles, and the frames at these.

    Args:
        video: The file. Where only a part of it was asked for, the strip shows that part.
        choose: Told `start` and `end` as a person types them, once a handle is let go.
        guard: Wraps what a handle does, so that its errors are seen.

    Raises:
        VideoError: the video can't be read.
    """

    def __init__(
        self,
        video: Path,
        choose: Callable[[dict[str, str]], None],
        guard: Callable[[Callable[[Any], None]], Callable[[Any], None]],
    ) -> None:
        self._info: VideoInfo = probe(video)
        self._timeline: Timeline = read_timeline(self._info)
        begin = self._timeline.start_seconds
        within = within_range(FramesConfig(), read_sidecar(video))
        last = begin + parse_time(within.end) if within.end else math.inf
        self._first = begin + (parse_time(within.start) if within.start else 0.0)
        self._last = min(last, self._timeline.end_seconds)
        film = inline_images.data_url(side_by_side(self._film()))
        super().__init__(film, max(self._last - self._first, 0.0), choose, guard)

    def _at_ends(self, first: float, last: float) -> tuple[str, str]:
        height = max(2, round(_AT_HANDLE * self._info.height / self._info.width))
        moments = np.array([self._first + first, self._first + last - 1e-6])
        picks = nearest_frames(self._timeline.seconds, moments)
        if picks[1] > picks[0] and self._timeline.seconds[picks[1]] >= moments[1]:
            picks[1] -= 1  # what begins at the end is not cut
        frames = self._frames(np.unique(picks), (_AT_HANDLE, height))
        shown = [frames.get(int(pick)) for pick in picks]
        return _as_html(shown[0]), _as_html(shown[1])

    def _film(self) -> list[Image.Image | None]:
        """Returns the frames of the strip: key frames alone, where there are enough."""
        shown = self._timeline.seconds
        frames_of_part = np.flatnonzero((shown >= self._first) & (shown < self._last))
        keyframe = self._timeline.packets.keyframe[self._timeline.packet_index[frames_of_part]]
        enough = keyframe.sum() >= _TILES / 2
        choice = frames_of_part[keyframe] if enough else frames_of_part
        choice = choice if len(choice) else np.arange(len(shown))
        moments = evenly_spaced_times(self._first, self._last, _TILES)
        picks = choice[nearest_frames(shown[choice], moments)]
        scale = max(_TILE[0] / self._info.width, _TILE[1] / self._info.height)
        size = tuple(max(2, round(scale * side)) for side in (self._info.width, self._info.height))
        frames = self._frames(np.unique(picks), (size[0], size[1]))
        return [frames.get(int(pick)) for pick in picks]

    def _frames(self, picks: np.ndarray, size: tuple[int, int]) -> dict[int, Image.Image]:
        """Returns frames by their index; those that can't be decoded are missing."""
        found = decode(self._info, self._timeline, picks, lambda shape: Scaling(size))
        return {
            frame.index: Image.fromarray(frame.planes.transpose(1, 2, 0).copy()) for frame in found
        }


def side_by_side(frames: Sequence[Image.Image | None]) -> Image.Image:
    """Returns frames as one strip; grey where one is missing."""
    film = Image.new("RGB", (len(frames) * _TILE[0], _TILE[1]), "#808080")
    for tile, frame in enumerate(frames):
        if frame is not None:
            film.paste(ImageOps.fit(frame, _TILE), (tile * _TILE[0], 0))
    return film


def _as_html(frame: Image.Image | None) -> str:
    return "" if frame is None else f'<img alt="" src="{inline_images.data_url(frame)}">'
