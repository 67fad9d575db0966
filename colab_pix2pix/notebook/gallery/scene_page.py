"""A page of thumbnails: a line says where a scene begins, and rejects it at a click."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import ipywidgets as widgets

from ... import wording
from ...dataset.manifest import Crop, Dataset
from ...languages import _

CSS = """
.cp .cp-scene, .cp .cp-scene:hover { flex: 0 0 100%; height: 24px; line-height: 22px; margin: 0;
  padding: 0 2px; text-align: left; background: none; color: inherit; font-size: 12.5px;
  box-shadow: none; border: 0; border-top: 1px solid rgba(128,128,128,.35); border-radius: 0; }
.cp .cp-scene:hover:enabled { text-decoration: underline; }
"""


class ScenePage(widgets.Box):  # type: ignore[misc]
    """The buttons of a page, with a line where the crops of another scene begin.

    Args:
        buttons: A button for each crop of a page; they are there once, whatever is shown.
        dataset: The crops. Of one video without two scenes there are no lines.
        reject: Called with the names of the files to reject: all of a scene, on every page.
        guard: Wraps what a click does, so that its errors are seen.

    Attributes:
        headings: The lines, as many as a page can need; they are buttons.
    """

    def __init__(
        self,
        buttons: Sequence[widgets.Widget],
        dataset: Dataset,
        reject: Callable[[list[str]], None],
        guard: Callable[[Callable[[object], None]], Callable[[object], None]],
    ) -> None:
        self._buttons, self._reject = list(buttons), reject
        self._begins: dict[tuple[str, int], float] = {}
        for crop in dataset.crops:
            key = crop.source, crop.scene
            self._begins[key] = min(crop.time, self._begins.get(key, crop.time))
        self._videos = len({source for source, _ in self._begins})
        several = self._videos > 1 or any(crop.scene for crop in dataset.crops)
        count = min(len(self._buttons), len(self._begins)) if several else 0
        self._files: list[list[str]] = [[] for _ in range(count)]
        shared = widgets.Layout(width="100%"), widgets.ButtonStyle()
        self.headings = [self._heading(number, guard, *shared) for number in range(count)]
        self._shown = list(self._buttons)
        super().__init__(self._buttons)
        self.add_class("cp-thumbs")

    def show(self, crops: Sequence[Crop], dataset: Dataset) -> None:
        """Places the lines.

        Args:
            crops: Those of the page, in order; none where their order is not that of the video.
            dataset: What is kept and rejected now.
        """
        if not self.headings:
            return
        kept: dict[tuple[str, int], list[str]] = {}
        for crop in dataset.kept:
            kept.setdefault((crop.source, crop.scene), []).append(crop.file)
        children = list(self._buttons)
        keys = [(crop.source, crop.scene) for crop in crops]
        starts = [n for n, key in enumerate(keys) if n == 0 or key != keys[n - 1]]
        for number, start in enumerate(starts):
            files = self._files[number] = kept.get(keys[start], [])
            heading = self.headings[number]
            heading.description = f"{self._name(*keys[start])}: {_offer(len(files))}"
            heading.disabled = not files
            children.insert(start + number, heading)
        if children != self._shown:  # else each click would make the page anew
            self.children = self._shown = children

    def _name(self, source: str, scene: int) -> str:
        clock = wording.clock(self._begins[source, scene])
        if self._videos > 1:
            return _("{video}, scene {n}, {time}", video=source, n=scene + 1, time=clock)
        return _("Scene {n}, {time}", n=scene + 1, time=clock)

    def _heading(
        self,
        number: int,
        guard: Callable[[Callable[[object], None]], Callable[[object], None]],
        layout: widgets.Layout,
        style: widgets.ButtonStyle,
    ) -> widgets.Button:
        button = widgets.Button(layout=layout, style=style, _dom_classes=("cp-scene",))
        button.on_click(guard(lambda clicked: self._reject(self._files[number])))
        return button


def _offer(kept: int) -> str:
    return _("reject this scene ({n})", n=wording.count(kept)) if kept else _("rejected")
