"""The sample grids of a training: the newest one, and a slider through all of them."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import count
from pathlib import Path
from typing import Any

import ipywidgets as widgets

from ...errors import DatasetError
from ...languages import _
from ...project import sample_step
from .. import inline_images, style
from ..error_panel import ErrorPanel
from ..large_view import large_view

_MOST_PIXELS = 1600  # six crops of 256 pixels side by side
#: How long the slider is, however many pictures there are; it can be divided evenly in many ways.
_RIGHT_TO_LEFT = 720_720
_FINE = 120  # places on the slider while pictures come


class SampleView(widgets.VBox):  # type: ignore[misc]
    """A sample grid with a line that says what its rows are; empty at first.

    The slider stays where a person has put it; at its right end it follows the newest. It belongs
    to the browser: while pictures come neither its ends nor its value change here, so that a click
    that is under way means the same when it arrives, and its left end is always the first.

    Args:
        interactive: False hides the slider, while a cell runs in which nobody answers it.
    """

    def __init__(self, *, interactive: bool = True) -> None:
        self.image = widgets.Image(format="jpeg", layout={"display": "none", "max_width": "100%"})
        self.image.add_class("cp-sample")
        self.caption = widgets.HTML().add_class("cp-caption")
        self.slider = widgets.IntSlider(
            min=-_RIGHT_TO_LEFT,
            max=0,
            value=0,
            step=_RIGHT_TO_LEFT // _FINE,
            description=_("Samples"),
            readout=False,
            layout={"display": "none", "width": "100%"},
        ).add_class("cp-steps")
        self.errors = ErrorPanel()
        self._interactive, self._pinned = interactive, False
        self._paths: list[Path] = []  # between which the slider chooses
        self._offered: list[Path] = []  # and those that there are by now
        self._shown: Path | None = None
        self._sides = ""  # a class of the image
        self.slider.observe(self.errors.guard(self._slide), names="value")
        self.large = large_view(
            "cp-sample", (_("what it sees"), _("what was there"), _("what it makes"))
        )
        super().__init__([self.image, self.caption, self.slider, self.large, self.errors])

    @property
    def interactive(self) -> bool:
        """Whether somebody answers the slider; it is shown when there is something to choose."""
        return self._interactive

    @interactive.setter
    def interactive(self, interactive: bool) -> None:
        self._interactive = interactive
        display = "flex" if interactive and len(self._offered) > 1 else "none"
        if self.slider.layout.display != display:
            self.slider.layout.display = display

    def add(self, path: Path) -> None:
        """Takes one more; later ones were lost with an earlier session and are drawn again."""
        step = sample_step(path)
        self.slider.step = _RIGHT_TO_LEFT // _FINE
        self._take([*(p for p in self._offered if sample_step(p) < step), path])

    def offer(self, paths: Sequence[Path]) -> None:
        """Takes sample grids in their order, and shows the last, or what a person has chosen.

        To be called while no more come: an arrow key then leads from one to the next.
        """
        if not paths:
            return
        self.slider.step = _RIGHT_TO_LEFT // _even_parts(len(paths) - 1)
        self._take(paths)

    def _take(self, paths: Sequence[Path]) -> None:
        self._offered = list(paths)
        if self._pinned and self._shown not in paths:
            self.slider.value = 0  # what a person has chosen was lost with an earlier session
            self._pinned = False
        if not self._pinned:
            self._show_newest()
        self.interactive = self._interactive

    def _show_newest(self) -> None:
        """Shows the newest one that is whole, and lets the slider choose between all."""
        self._paths = self._offered
        for path in reversed(self._paths):
            if self._show(path):
                return

    def _show(self, path: Path) -> bool:
        """Shows a sample grid, or says that it is torn; returns whether it is whole."""
        step, self._shown = sample_step(path), path
        try:
            self.image.value = inline_images.jpeg(path, max_width=_MOST_PIXELS)
        except DatasetError:
            self.image.layout.display = "none"
            torn = _(
                "The picture of step {step} is missing or torn: a machine may have died there.",
                step=step,
            )
            self.caption.value = style.line(torn, "help")
            return False
        self._tell_sides(path)
        self.image.layout.display = "block"
        rows = _(inline_images.GRID_CAPTION)
        caption = _("Step {step}. {rows} A click on a crop shows it large.", step=step, rows=rows)
        self.caption.value = style.line(caption, "help")
        return True

    def _tell_sides(self, path: Path) -> None:
        """Lets `large_view` know where the pictures in a grid are no squares."""
        from ...training.artifacts import size_of_pictures  # PyAV takes its time

        size = size_of_pictures(path)
        name = "" if size.width == size.height else f"cp-sides-{size}"
        if name != self._sides:
            if self._sides:
                self.image.remove_class(self._sides)
            if name:
                self.image.add_class(name)
            self._sides = name

    def _slide(self, change: dict[str, Any]) -> None:
        if not self._paths:
            return
        last = len(self._paths) - 1
        back = round(-change["new"] / _RIGHT_TO_LEFT * last)
        self._pinned = back > 0
        if self._pinned:
            self._show(self._paths[last - back])
        else:
            self._show_newest()


def _even_parts(least: int) -> int:
    """Returns into how many parts the slider is divided: no more than it takes to be even."""
    return next(parts for parts in count(max(1, least)) if _RIGHT_TO_LEFT % parts == 0)
