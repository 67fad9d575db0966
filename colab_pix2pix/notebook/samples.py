"""The sample grids of a training: the newest one, and a slider through all of them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import ipywidgets as widgets

from ..project import sample_step
from . import looks, pictures


class SampleView(widgets.VBox):  # type: ignore[misc]
    """A sample grid with a line that says what its rows are; empty at first.

    The slider appears with `offer`: while a cell runs nobody could answer it.
    """

    def __init__(self) -> None:
        self.picture = widgets.Image(format="jpeg", layout={"display": "none", "max_width": "100%"})
        self.picture.add_class("cp-sample")
        self.caption = widgets.HTML().add_class("cp-caption")
        self.slider = widgets.SelectionSlider(
            options=[("", "")], description="Step", layout={"display": "none", "width": "100%"}
        ).add_class("cp-steps")
        self.slider.observe(self._slide, names="value")
        super().__init__([self.picture, self.caption, self.slider])

    def show(self, path: Path) -> None:
        """Shows a sample grid."""
        self.picture.value = pictures.jpeg(path)
        self.picture.layout.display = "block"
        self.caption.value = looks.line(f"Step {sample_step(path)}. {pictures.GRID_WORDS}", "help")

    def offer(self, paths: Sequence[Path]) -> None:
        """Shows the last of some sample grids, with a slider to the others."""
        if not paths:
            return
        self.slider.options = [(str(sample_step(path)), path) for path in paths]
        self.slider.value = paths[-1]
        self.slider.layout.display = "flex" if len(paths) > 1 else "none"
        self.show(paths[-1])

    def _slide(self, change: dict[str, Any]) -> None:
        if isinstance(change["new"], Path):
            self.show(change["new"])
