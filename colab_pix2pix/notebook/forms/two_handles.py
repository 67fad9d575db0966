"""Frames over the length of a video, and below them a slider with two handles: begin and end."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import ipywidgets as widgets

from ... import wording
from ...config import parse_time
from ...languages import _
from .. import style

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


class TwoHandles(widgets.VBox):  # type: ignore[misc]
    """A strip of frames over a slider with two handles that lines up with them.

    Args:
        film: The frames side by side, as a URL; evenly over the length.
        seconds: The length.
        choose: Told `start` and `end` as a person types them, once a handle is let go.
        guard: Wraps what a handle does, so that its errors are seen.

    Attributes:
        slider: Its value is begin and end in seconds.
    """

    def __init__(
        self,
        film: str,
        seconds: float,
        choose: Callable[[dict[str, str]], None],
        guard: Callable[[Callable[[Any], None]], Callable[[Any], None]],
    ) -> None:
        self._choose, self.seconds = choose, seconds
        fine = (step for step in _STEPS if seconds <= step * _MOST_STEPS)
        self._step = next(fine, _STEPS[-1])
        most = max(1, math.ceil(round(seconds / self._step, 6))) * self._step
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
        frames = widgets.HTML(f'<div class="cp-strip-film"><img alt="" src="{film}"></div>')
        sheet = widgets.HTML(f"<style>{CSS}</style>", layout={"display": "none"})
        self.ends = widgets.HTML().add_class("cp-strip-shown")
        self.slider.observe(guard(self._slide), names="value")
        super().__init__([sheet, frames, self.slider, self.ends])
        self.add_class("cp-strip")

    def show(self, start: str, end: str) -> None:
        """Moves the handles to a part that was typed, and says what is at both.

        Args:
            start: As `FramesConfig.start`; "" is the begin of the video.
            end: As `FramesConfig.end`; "" is its end.
        """
        first = parse_time(start) if start else 0.0
        last = parse_time(end) if end else self.seconds
        shown = self._on_slider(first), self._on_slider(last if end else math.inf)
        if shown[0] > shown[1]:
            return  # said beside the boxes
        if shown != self._shown:
            self._shown = shown
            self.slider.value = shown
        last = min(last, self.seconds)
        length = wording.seconds_in_words(max(0.0, last - first))
        whole = wording.seconds_in_words(self.seconds)
        words = _(
            "{length} of {whole}. Drag the handles, or use arrow keys.", length=length, whole=whole
        )
        figures = "".join(
            f"<figure>{image}<figcaption>{style.escape(said)}</figcaption></figure>"
            for image, said in zip(
                self._at_ends(first, last), ends_in_words(first, last), strict=True
            )
        )
        text = style.line(words, "help")
        self.ends.value = f'<div class="cp-strip-ends">{figures}</div>{text}'

    def _at_ends(self, first: float, last: float) -> tuple[str, str]:
        """Returns the frames at both ends as HTML; "" where there are none."""
        return "", ""

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


def ends_in_words(first: float, last: float) -> tuple[str, str]:
    """Returns what stands below the two ends of a part, in seconds."""
    return (
        _("begins at {time}", time=as_typed(first)),
        _("stops at {time}", time=as_typed(last)),
    )


def as_typed(seconds: float) -> str:
    """Returns a moment as a person types it into the boxes.

    Example:
        >>> as_typed(12.5), as_typed(90), as_typed(3725.04)
        ('12.5', '1:30', '1:02:05')
    """
    tenths = round(seconds * 10)
    rest = f".{tenths % 10}" if tenths % 10 else ""
    return f"{wording.clock(tenths / 10)}{rest}" if tenths >= 600 else f"{tenths // 10}{rest}"
