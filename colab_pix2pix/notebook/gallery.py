"""A look at the crops before training: pages of pictures, a click rejects, a click keeps again."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable
from typing import Any

import ipywidgets as widgets

from ..errors import Pix2PixError
from ..manifest import Crop, Dataset
from ..video import curate
from . import looks, pictures
from .error_panel import ErrorPanel

THUMBNAIL_PIXELS = 96
_numbers = itertools.count(1)

_CSS = """
.cp-thumbs { display: flex; flex-flow: row wrap; gap: 6px; overflow: visible; margin: 8px 0 0; }
.cp .cp-thumb, .cp .cp-thumb:hover, .cp .cp-thumb:focus { background-size: cover;
  background-color: rgba(128,128,128,.2); border: 1px solid rgba(128,128,128,.35); box-shadow: none;
  color: #fff; font-size: 11px; line-height: 16px; padding: 74px 4px 0 6px; text-align: left;
  text-shadow: 0 0 3px #000, 0 0 3px #000, 0 0 2px #000; border-radius: 6px; }
.cp .cp-thumb { width: 96px; height: 96px; margin: 0; flex: 0 0 auto; position: relative;
  display: block; }
.cp .cp-thumb:hover, .cp .cp-thumb:focus { border-color: #3b82c4; outline: 2px solid #3b82c4; }
.cp .cp-thumb.mod-active { filter: grayscale(1); opacity: .55; border-color: #d6453d; }
.cp .cp-thumb.mod-active::after { content: "\\2715"; position: absolute; right: 7px; top: 3px;
  font-size: 18px; line-height: 24px; }
.cp-pages { align-items: center; flex-wrap: wrap; margin: 6px 0 0; }
.cp-pages > * { margin: 2px 10px 2px 0; }
.cp-pages .widget-label { width: auto !important; margin-right: 8px; font-size: 14px;
  color: inherit; }
"""

#: What the menu above the pictures can show: a name, and which crops that are.
_VIEWS: dict[str, Callable[[Crop], bool]] = {
    "all": lambda crop: True,
    "kept": lambda crop: crop.kept,
    "rejected": lambda crop: not crop.kept,
    "dark": lambda crop: "dark" in crop.marks,
    "blurred": lambda crop: "blurred" in crop.marks,
    "duplicates": lambda crop: "duplicate" in crop.marks,
}


class Gallery(widgets.VBox):  # type: ignore[misc]
    """Shows the crops of a dataset, a page at a time; a click rejects one or keeps it again.

    Every click is saved at once in the dataset's manifest. Nothing is deleted.

    Args:
        dataset: The crops to look at.
        page_size: How many crops a page shows.
        on_change: Called with the new state of the dataset after each click.

    Example:
        >>> gallery = Gallery(dataset)  # doctest: +SKIP
        >>> gallery.dataset.kept  # doctest: +SKIP
    """

    def __init__(
        self,
        dataset: Dataset,
        *,
        page_size: int = 48,
        on_change: Callable[[Dataset], None] | None = None,
    ) -> None:
        self.dataset = dataset
        self._on_change = on_change
        self._page = 0
        self._filling = False
        self._crops: list[Crop] = []
        self._prefix = f"cp-thumb-{next(_numbers)}"
        self._errors = ErrorPanel()
        self._pictures = widgets.HTML(layout={"display": "none"})
        self.counts = widgets.HTML().add_class("cp-counts")
        self._make_buttons(min(page_size, len(dataset.crops)))
        self._make_menu()
        super().__init__(self._rows())
        self.add_class("cp").add_class("cp-panel").add_class("cp-gallery")
        self.show_page(0)

    @property
    def pages(self) -> int:
        """How many pages there are in the view that is chosen."""
        return max(1, math.ceil(len(self._chosen()) / len(self.buttons)))

    def show_page(self, page: int) -> None:
        """Shows a page, counted from 0; a number beyond the ends shows the nearest one."""
        self._page = min(max(page, 0), self.pages - 1)
        first = self._page * len(self.buttons)
        self._crops = self._chosen()[first : first + len(self.buttons)]
        self._pictures.value = self._style_of_page()
        self._filling = True
        try:
            for index, button in enumerate(self.buttons):
                self._fill(button, self._crops[index] if index < len(self._crops) else None)
        finally:
            self._filling = False
        self._say_counts()

    def _chosen(self) -> list[Crop]:
        return [crop for crop in self.dataset.crops if _VIEWS[self.view.value](crop)]

    def _make_buttons(self, number: int) -> None:
        # One layout and one style for all: a page of pictures then appears at once, not in seconds.
        self._here = widgets.Layout(width=f"{THUMBNAIL_PIXELS}px", height=f"{THUMBNAIL_PIXELS}px")
        self._away = widgets.Layout(display="none")
        style = widgets.ToggleButton().style
        self.buttons = []
        for index in range(number):
            button = widgets.ToggleButton(layout=self._here, style=style)
            button.add_class("cp-thumb").add_class(f"{self._prefix}-{index}")
            button.observe(self._errors.guard(self._click(index)), names="value")
            self.buttons.append(button)

    def _make_menu(self) -> None:
        self.view = widgets.Dropdown(
            description="Show", layout={"width": "190px"}, options=list(_VIEWS)
        ).add_class("cp-view")
        self.view.observe(self._errors.guard(lambda change: self.show_page(0)), names="value")
        self.back = widgets.Button(description="Back", layout={"width": "6em"})
        self.next = widgets.Button(description="Next", layout={"width": "6em"})
        self.back.add_class("cp-back").on_click(self._turn(-1))
        self.next.add_class("cp-next").on_click(self._turn(+1))
        self.place = widgets.HTML().add_class("cp-place")

    def _rows(self) -> list[widgets.Widget]:
        sheet = widgets.HTML(f"<style>{_CSS}</style>", layout={"display": "none"})
        title = widgets.HTML(looks.line("Look at the crops", "title"))
        how = "Click a picture to reject it, click again to keep it. Each click is saved."
        pages = widgets.HBox([self.view, self.back, self.next, self.place]).add_class("cp-pages")
        thumbs = widgets.Box(self.buttons).add_class("cp-thumbs")
        help_line = widgets.HTML(looks.line(how))
        style = [looks.style(), sheet, self._pictures]
        return [*style, title, help_line, self.counts, pages, thumbs, self._errors]

    def _turn(self, by: int) -> Callable[[Any], None]:
        return self._errors.guard(lambda button: self.show_page(self._page + by))

    def _click(self, index: int) -> Callable[[dict[str, Any]], None]:
        def clicked(change: dict[str, Any]) -> None:
            if self._filling:
                return
            try:
                self._choose(index, "reject" if change["new"] else "keep")
            except Pix2PixError:
                self.show_page(self._page)  # what is seen stays what is saved
                raise

        return clicked

    def _choose(self, index: int, choice: Any) -> None:
        self.dataset = curate.choose(self.dataset, [self._crops[index].file], choice)
        self._say_counts()
        if self._on_change:
            self._on_change(self.dataset)

    def _fill(self, button: widgets.ToggleButton, crop: Crop | None) -> None:
        button.layout = self._here if crop else self._away
        if crop:
            button.value = not crop.kept
            button.description = ", ".join(crop.marks)
            button.tooltip = f"{crop.file}, {looks.duration(crop.time)} into the video"

    def _say_counts(self) -> None:
        crops = self.dataset.crops
        counts: dict[str, object] = {"Kept": f"{len(self.dataset.kept)} of {len(crops)}"}
        for mark in ("dark", "blurred", "duplicate"):
            counts[f"marked {mark}"] = sum(mark in crop.marks for crop in crops)
        by_hand = sum(bool(crop.choice) for crop in crops)
        counts["decided by you"] = by_hand
        self.counts.value = looks.facts(counts)
        self.place.value = looks.line(f"Page {self._page + 1} of {self.pages}")
        self.back.disabled = self._page == 0
        self.next.disabled = self._page == self.pages - 1

    def _style_of_page(self) -> str:
        rules = (
            f".{self._prefix}-{index}, .cp .{self._prefix}-{index}:hover "
            f"{{ background-image: url({self._address(crop)}); }}"
            for index, crop in enumerate(self._crops)
        )
        return f"<style>{' '.join(rules)}</style>"

    def _address(self, crop: Crop) -> str:
        return pictures.thumbnail_address(self.dataset.directory / crop.file, THUMBNAIL_PIXELS)
