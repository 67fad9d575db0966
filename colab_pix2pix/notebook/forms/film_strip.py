"""A video as a strip of frames, with two handles below it: where to begin, and where to stop."""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import ipywidgets as widgets
import numpy as np
from PIL import Image, ImageOps

from ... import wording
from ...config import FramesConfig, parse_time
from ...dataset.extract import within_range
from ...downloader.sidecar import read_sidecar
from ...languages import _
from ...video.decode import decode
from ...video.decode_plan import evenly_spaced_times, nearest_frames
from ...video.filters import Scaling
from ...video.probe import VideoInfo, probe
from ...video.timeline import Timeline, read_timeline
from .. import inline_images, style

_TILES = 12
_TILE = (80, 60)  # pixels
_AT_HANDLE = 160
_STEPS = (0.1, 0.5, 1.0, 5.0, 10.0, 60.0)  # seconds
_MOST_STEPS = 1200  # more than a slider has pixels

# The track lies exactly below the strip, in the front-ends of ipywidgets 7 and 8: a handle stands
# below the frame of its moment.
CSS = """
.cp-strip { max-width: 660px; margin: 6px 0; }
.cp-strip .cp-strip-film { margin: 0 10px; }
.cp-strip .cp-strip-film img { display: block; width: 100%; height: auto; margin: 0;
  min-height: 26px; border-radius: 4px; }
.cp-strip .widget-hslider { width: auto !important; height: 28px; margin: 0 10px; padding: 0;
  align-items: center; overflow: visible; }
.cp-strip .widget-hslider .slider-container { margin: 0 !important; padding: 0; width: 100%;
  height: 4px; overflow: visible; }
.cp-strip .widget-hslider .ui-slider, .cp-strip .widget-hslider .noUi-target {
  margin: 0 !important; width: 100% !important; }
.cp-strip-ends { display: flex; justify-content: space-between; gap: 12px; margin: 0 10px; }
.cp-strip-ends figure { margin: 0; max-width: 48%; }
.cp-strip-ends figure + figure { text-align: right; }
.cp-strip-ends img { max-height: 120px; width: auto; }
.cp-strip-ends figcaption { font-size: 12.5px; opacity: .8; }
"""


class FilmStrip(widgets.VBox):  # type: ignore[misc]
    """Frames over the length of a video, and a slider with two handles that lines up with them.

    Args:
        video: The file. Where only a part of it was asked for, the strip shows that part.
        choose: Told `start` and `end` as a person types them, once a handle is let go.
        guard: Wraps what a handle does, so that its errors are seen.

    Attributes:
        slider: Its value is begin and end in seconds.

    Raises:
        VideoError: the video can't be read.
    """

    def __init__(
        self,
        video: Path,
        choose: Callable[[dict[str, str]], None],
        guard: Callable[[Callable[[Any], None]], Callable[[Any], None]],
    ) -> None:
        self._choose = choose
        self._info: VideoInfo = probe(video)
        self._timeline: Timeline = read_timeline(self._info)
        begin = self._timeline.start_seconds
        within = within_range(FramesConfig(), read_sidecar(video))
        last = begin + parse_time(within.end) if within.end else math.inf
        self._first = begin + (parse_time(within.start) if within.start else 0.0)
        self._last = min(last, self._timeline.end_seconds)
        self.seconds = max(self._last - self._first, 0.0)
        fine = (step for step in _STEPS if self.seconds <= step * _MOST_STEPS)
        self._step = next(fine, _STEPS[-1])
        most = max(1, math.ceil(round(self.seconds / self._step, 6))) * self._step
        self._shown = (0.0, round(most, 1))
        self.slider = widgets.FloatRangeSlider(
            min=0.0,
            max=self._shown[1],
            step=self._step,
            value=self._shown,
            readout=False,
            continuous_update=False,
            layout={"width": "100%"},
        ).add_class("cp-strip-ends-slider")
        film = f'<div class="cp-strip-film"><img alt="" src="{self._film()}"></div>'
        sheet = widgets.HTML(f"<style>{CSS}</style>", layout={"display": "none"})
        self.ends = widgets.HTML().add_class("cp-strip-shown")
        self.slider.observe(guard(self._slide), names="value")
        super().__init__([sheet, widgets.HTML(film), self.slider, self.ends])
        self.add_class("cp-strip")

    def show(self, start: str, end: str) -> None:
        """Moves the handles to a part that was typed, and shows the frames at both.

        Args:
            start: As `FramesConfig.start`; "" is the begin of the video.
            end: As `FramesConfig.end`; "" is its end.
        """
        self._ends = (
            parse_time(start) if start else 0.0,
            parse_time(end) if end else self.seconds,
        )
        shown = self._on_slider(self._ends[0]), self._on_slider(self._ends[1] if end else math.inf)
        if shown[0] > shown[1]:
            return  # said beside the boxes
        if shown != self._shown:
            self._shown = shown
            self.slider.value = shown
        self._show_ends()

    def _on_slider(self, seconds: float) -> float:
        most = float(self.slider.max)
        return round(min(round(min(seconds, most) / self._step) * self._step, most), 1)

    def _slide(self, change: dict[str, Any]) -> None:
        new = tuple(self._on_slider(seconds) for seconds in change["new"])
        if new == self._shown:
            return  # what was typed, or what a front-end has sent back
        moved = {
            name: self._typed(name, seconds)
            for name, seconds, before in zip(("start", "end"), new, self._shown, strict=True)
            if seconds != before
        }
        self._shown = (new[0], new[1])
        self._choose(moved)

    def _typed(self, name: str, seconds: float) -> str:
        """Returns a moment as a person types it; "" for begin and end of the video."""
        if (name == "start" and not seconds) or (name == "end" and seconds >= self.slider.max):
            return ""
        return as_typed(seconds)

    _ends: tuple[float, float] = (0.0, math.inf)

    def _show_ends(self) -> None:
        start, end = self._ends[0], min(self._ends[1], self.seconds)
        height = max(2, round(_AT_HANDLE * self._info.height / self._info.width))
        moments = np.array([self._first + start, self._first + end - 1e-6])
        picks = nearest_frames(self._timeline.seconds, moments)
        if picks[1] > picks[0] and self._timeline.seconds[picks[1]] >= moments[1]:
            picks[1] -= 1  # what begins at the end is not cut
        frames = self._frames(np.unique(picks), (_AT_HANDLE, height))
        said = (
            _("begins at {time}", time=as_typed(start)),
            _("stops at {time}", time=as_typed(end)),
        )
        figures = "".join(
            f'<figure><img alt="" src="{inline_images.data_url(frames[int(pick)])}">'
            f"<figcaption>{style.escape(words)}</figcaption></figure>"
            for pick, words in zip(picks, said, strict=True)
            if int(pick) in frames
        )
        length = wording.seconds_in_words(max(0.0, end - start))
        whole = wording.seconds_in_words(self.seconds)
        words = _(
            "{length} of {whole}. Drag the handles, or use arrow keys.", length=length, whole=whole
        )
        text = style.line(words, "help")
        self.ends.value = f'<div class="cp-strip-ends">{figures}</div>{text}'

    def _film(self) -> str:
        """Returns the strip as a URL that holds it: of key frames alone, where there are enough."""
        shown = self._timeline.seconds
        frames_of_part = np.flatnonzero((shown >= self._first) & (shown < self._last))
        keyframe = self._timeline.packets.keyframe[self._timeline.packet_index[frames_of_part]]
        enough = keyframe.sum() >= _TILES / 2
        choice = frames_of_part[keyframe] if enough else frames_of_part
        choice = choice if len(choice) else np.arange(len(shown))
        moments = evenly_spaced_times(self._first, self._last, _TILES)
        picks = choice[nearest_frames(shown[choice], moments)]
        width, height = _TILE
        scale = max(width / self._info.width, height / self._info.height)
        size = tuple(max(2, round(scale * side)) for side in (self._info.width, self._info.height))
        frames = self._frames(np.unique(picks), (size[0], size[1]))
        film = Image.new("RGB", (_TILES * width, height), "#808080")
        for tile in range(_TILES):
            if frame := frames.get(int(picks[tile])):
                film.paste(ImageOps.fit(frame, _TILE), (tile * width, 0))
        return inline_images.data_url(film)

    def _frames(self, picks: np.ndarray, size: tuple[int, int]) -> dict[int, Image.Image]:
        """Returns frames by their index; those that can't be decoded are missing."""
        found = decode(self._info, self._timeline, picks, lambda shape: Scaling(size))
        return {
            frame.index: Image.fromarray(frame.planes.transpose(1, 2, 0).copy()) for frame in found
        }


def as_typed(seconds: float) -> str:
    """Returns a moment as a person types it into the boxes.

    Example:
        >>> as_typed(12.5), as_typed(90), as_typed(3725.04)
        ('12.5', '1:30', '1:02:05')
    """
    tenths = round(seconds * 10)
    rest = f".{tenths % 10}" if tenths % 10 else ""
    return f"{wording.clock(tenths / 10)}{rest}" if tenths >= 600 else f"{tenths // 10}{rest}"
