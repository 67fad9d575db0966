"""Filters of the gallery: which crops its menu shows, and a button for each mark that rejects."""

from __future__ import annotations

from collections.abc import Callable

import ipywidgets as widgets

from ... import wording
from ...dataset.manifest import Crop, Dataset
from ...dataset.quality import MARKS
from ...languages import N_, _, ngettext

#: What several crops with a mark are called, where that differs from the mark.
PLURALS = {"title-card": "title cards", "duplicate": "duplicates"}


def _is_marked(mark: str) -> Callable[[Crop], bool]:
    return lambda crop: mark in crop.marks


#: What the menu above the crops can show: a name, and which crops that are.
FILTERS: dict[str, Callable[[Crop], bool]] = {
    N_("all crops"): lambda crop: True,
    N_("kept"): lambda crop: crop.kept,
    N_("rejected"): lambda crop: not crop.kept,
    **{PLURALS.get(mark, mark): _is_marked(mark) for mark in MARKS},
    N_("held out for testing"): lambda crop: crop.split == "test",
}


def filter_choices(dataset: Dataset) -> list[tuple[str, str]]:
    """Returns the choices of the menu: marks with their counts, and only those that occur."""
    counts = {name: sum(map(matches, dataset.crops)) for name, matches in FILTERS.items()}
    changing = ("kept", "rejected")  # with each click: they stay, and have no counts
    return [
        (_(name) if name in changing else f"{_(name)} ({count})", name)
        for name, count in counts.items()
        if count or name in changing
    ]


class MarkButtons(widgets.HBox):  # type: ignore[misc]
    """A button for each mark that occurs: it rejects the crops with that mark that are kept.

    Args:
        dataset: The crops.
        reject: Called with the names of the files to reject.
        guard: Wraps what a click does, so that its errors are seen.

    Attributes:
        buttons: Each button by its mark.
    """

    def __init__(
        self,
        dataset: Dataset,
        reject: Callable[[list[str]], None],
        guard: Callable[[Callable[[object], None]], Callable[[object], None]],
    ) -> None:
        self.buttons: dict[str, widgets.Button] = {}
        self._kept: dict[str, list[str]] = {}
        self._reject = reject
        for mark in MARKS:
            if any(mark in crop.marks for crop in dataset.crops):
                button = widgets.Button(layout={"width": "auto"})
                button.on_click(guard(self._click(mark)))
                self.buttons[mark] = button.add_class(f"cp-reject-{mark}")
        layout = {} if self.buttons else {"display": "none"}
        super().__init__(list(self.buttons.values()), layout=layout)
        self.add_class("cp-controls").add_class("cp-marks")

    def show(self, dataset: Dataset) -> None:
        """Counts what each button would reject now."""
        for mark, button in self.buttons.items():
            marked = [crop for crop in dataset.crops if mark in crop.marks]
            kept = self._kept[mark] = [crop.file for crop in marked if crop.kept]
            button.disabled = not kept
            button.description = (
                _("Reject {crops}", crops=_counted(len(kept), mark))
                if kept
                else _("{crops}: rejected", crops=_counted(len(marked), mark))
            )

    def _click(self, mark: str) -> Callable[[object], None]:
        return lambda clicked: self._reject(self._kept[mark])


def _counted(count: int, mark: str) -> str:
    marked = ngettext(mark.replace("-", " "), PLURALS.get(mark, mark), count)
    return _("{n} {marked}", n=wording.count(count), marked=marked)
