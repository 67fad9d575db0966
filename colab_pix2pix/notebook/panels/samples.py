"""The sample grids of a training: the newest one, and a slider through all of them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import ipywidgets as widgets

from ...errors import DatasetError
from ...project import sample_step
from .. import inline_images, style
from ..error_panel import ErrorPanel


class SampleView(widgets.VBox):  # type: ignore[misc]
    """A sample grid with a line that says what its rows are; empty at first.

    The slider stays where the user has put it; where it stands at the end, it follows the newest.

    Args:
        interactive: False hides the slider, while a cell runs in which nobody answers it.
    """

    def __init__(self, *, interactive: bool = True) -> None:
        self.image = widgets.Image(format="jpeg", layout={"display": "none", "max_width": "100%"})
        self.image.add_class("cp-sample")
        self.caption = widgets.HTML().add_class("cp-caption")
        self.slider = widgets.IntSlider(
            max=1,  # JupyterLab can't draw a slider without a choice, not even a hidden one
            description="Samples",
            readout=False,
            layout={"display": "none", "width": "100%"},
        ).add_class("cp-steps")
        self.errors = ErrorPanel()
        self._interactive, self._updating = interactive, False
        self._paths: list[Path] = []
        self.slider.observe(self.errors.guard(self._slide), names="value")
        super().__init__([self.image, self.caption, self.slider, self.errors])

    @property
    def interactive(self) -> bool:
        """Whether somebody answers the slider; it is shown when there is something to choose."""
        return self._interactive

    @interactive.setter
    def interactive(self, interactive: bool) -> None:
        self._interactive = interactive
        display = "flex" if interactive and len(self._paths) > 1 else "none"
        if self.slider.layout.display != display:
            self.slider.layout.display = display

    def add(self, path: Path) -> None:
        """Takes one more; later ones were lost with an earlier session and are drawn again."""
        step = sample_step(path)
        self.offer([*(p for p in self._paths if sample_step(p) < step), path])

    def offer(self, paths: Sequence[Path]) -> None:
        """Takes sample grids in their order, and shows the last, or what the user has chosen."""
        if not paths:
            return
        follows = self.slider.value >= len(self._paths) - 1
        chosen = self._paths[self.slider.value] if not follows else paths[-1]
        index = paths.index(chosen) if chosen in paths else len(paths) - 1
        self._paths = list(paths)
        self._updating = True
        try:
            with self.slider.hold_sync():  # one message: the browser sees no state in between
                self.slider.max = max(1, len(paths) - 1)
                self.slider.value = index
        finally:
            self._updating = False
        self.interactive = self._interactive
        if self._show(self._paths[index]) or not follows:
            return
        for path in reversed(paths[:-1]):  # the newest that is whole
            if self._show(path):
                return

    def _show(self, path: Path) -> bool:
        """Shows a sample grid, or says that it is torn; returns whether it is whole."""
        step = sample_step(path)
        try:
            self.image.value = inline_images.jpeg(path)
        except DatasetError:
            self.image.layout.display = "none"
            torn = f"The picture of step {step} is missing or torn: a machine may have died there."
            self.caption.value = style.line(torn, "help")
            return False
        self.image.layout.display = "block"
        self.caption.value = style.line(f"Step {step}. {inline_images.GRID_CAPTION}", "help")
        return True

    def _slide(self, change: dict[str, Any]) -> None:
        if not self._updating:
            self._show(self._paths[change["new"]])
