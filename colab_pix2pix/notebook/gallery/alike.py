"""What looks like one crop: as many as a slider says, the closest first, seen before they go."""

from __future__ import annotations

from collections.abc import Callable

import ipywidgets as widgets

from ... import wording
from ...languages import _
from .. import style
from .selection import Selection

Guard = Callable[[Callable[[object], None]], Callable[[object], None]]


class AlikeRow(widgets.HBox):  # type: ignore[misc]
    """Finds crops that look like the one clicked last; a slider says how many, a button rejects.

    Args:
        selection: The crops.
        number_of: The number that each is shown with, by the name of its file.
        show: Called when other crops are to be shown.
        reject: Called with the names of the files to reject.
        guard: Wraps what a click does, so that its errors are seen.

    Attributes:
        find: The button that begins.
        how_many: The slider; hidden, as the rest is, until it is needed.
        reject: The button that rejects all that are shown.
        leave: The button that shows the other crops again.
    """

    def __init__(
        self,
        selection: Selection,
        number_of: dict[str, int],
        show: Callable[[], None],
        reject: Callable[[list[str]], None],
        guard: Guard,
    ) -> None:
        self._selection, self._number_of, self._show = selection, number_of, show
        self._clicked = ""
        self._ranked: list[str] = []
        self._updating = False
        self.find = self._button("cp-find-alike", guard(lambda clicked: self._find()))
        self.how_many = widgets.IntSlider(
            description=_("How many"),
            min=1,
            max=1,
            continuous_update=False,
            layout={"width": "330px"},
        ).add_class("cp-how-many")
        self.how_many.observe(guard(lambda change: self._changed()), names="value")
        self.reject = self._button("cp-reject-alike", guard(lambda clicked: reject(self._kept())))
        self.leave = self._button("cp-leave-alike", guard(lambda clicked: self._leave()))
        self.leave.description = _("Show the others again")
        self.words = widgets.HTML().add_class("cp-alike-words")
        self._when_found = [self.how_many, self.reject, self.leave, self.words]
        super().__init__([self.find, *self._when_found])
        self.add_class("cp-controls").add_class("cp-alike")
        self.refresh()

    @property
    def files(self) -> list[str]:
        """The crops to show, the closest first; none while nothing is looked for."""
        return self._ranked[: self.how_many.value] if self._ranked else []

    def point_at(self, file: str) -> None:
        """Takes a crop for the one that others may be like: it was clicked."""
        self._clicked = file

    def close(self) -> None:
        """Looks for nothing any more; the caller shows what it likes."""
        self._ranked = []

    def refresh(self) -> None:
        """Shows what the buttons would do now."""
        number = self._number_of.get(self._clicked)
        self.find.description = _("Find those like {number}", number=number or "…")
        self.find.disabled = number is None
        for widget in self._when_found:
            widget.layout.display = "" if self._ranked else "none"
        kept = len(self._kept())
        self.reject.description = _("Reject these {n}", n=wording.count(kept))
        self.reject.disabled = not kept

    def _find(self) -> None:
        self._ranked, alike = self._selection.ranked_like(self._clicked)
        self._updating = True
        try:
            self.how_many.max = len(self._ranked)
            self.how_many.value = max(alike, 2)  # the closest, even where it is not close
        finally:
            self._updating = False
        number, others = self._number_of[self._clicked], len(self._ranked) - 1
        words = _(
            "Like {number}, the closest first; the slider shows more or fewer of them.",
            number=number,
        )
        self.words.value = style.line(words if others else _("No other crop is kept."))
        self._show()

    def _changed(self) -> None:
        if not self._updating:
            self._show()

    def _leave(self) -> None:
        self.close()
        self._show()

    def _kept(self) -> list[str]:
        kept = {crop.file for crop in self._selection.dataset.kept}
        return [file for file in self.files if file in kept]

    def _button(self, name: str, clicked: Callable[[object], None]) -> widgets.Button:
        button = widgets.Button(layout={"width": "auto"})
        button.on_click(clicked)
        return button.add_class(name)
