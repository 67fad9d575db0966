"""The crops before training: pages of thumbnails, a click rejects, a click keeps again."""

from __future__ import annotations

import itertools
import math
import weakref
from collections.abc import Callable
from typing import Any, ClassVar

import ipywidgets as widgets

from ...config import TrainConfig
from ...dataset.choices import ChoiceKeeper
from ...dataset.counts import counts_in_words
from ...dataset.manifest import Crop, Dataset
from ...languages import N_, _
from ...project import Project
from .. import style
from ..error_panel import ErrorPanel
from . import thumbnails
from .alike import AlikeRow
from .close_look import CloseLook
from .crop_filters import FILTERS, MarkButtons, filter_choices
from .numbers_row import NumbersRow
from .scene_page import CSS, ScenePage
from .selection import Choice, Selection

_gallery_numbers = itertools.count(1)
_HINT = N_("Click a picture to reject it, click again to keep it. Each click is saved.")
#: What the hint says besides while a training runs that has begun with what was kept by then.
_IN_TRAINING = N_(
    "The training that runs now does not change: a choice counts when the training cell is run the"
    " next time."
)
_UNHEARD = N_(
    "A training runs: what you click is saved when its cell has ended, and counts when the training"
    " cell is run the next time."
)


class Gallery(widgets.VBox):  # type: ignore[misc]
    """Shows the crops of a dataset, a page at a time; a click rejects one or keeps it again.

    A menu filters what is shown; buttons reject or keep all of that, or all with a mark such as
    dark, or crops by their numbers, without a mouse; up to four can be chosen for the samples of a
    training. Those that look like the crop clicked last are
    shown before they are rejected, as many of the closest as a slider says.
    A line where a scene begins rejects the scene. Each choice can be undone. Every choice is saved
    at once in the dataset's manifest, and within seconds in the project. Nothing is deleted. What
    the manifest says counts: what other galleries and cells decide is shown here too.

    Args:
        dataset: The crops.
        page_size: How many crops a page shows.
        config: How the network's input is made, and how training varies crops.
        on_change: Called with the new state of the dataset after each choice.
        project: Where choices are kept, too, so that they outlive this machine.

    Attributes:
        buttons: Those of a page: pressed for a rejected crop. One that has no crop is hidden.
        thumbnails: The style sheet that gives each button its picture.
        errors: What has gone wrong at a click.

    Example:
        >>> gallery = Gallery(dataset)
        >>> gallery.buttons[0].value = True  # what a click does
        >>> len(gallery.dataset.kept) == len(dataset.kept) - 1
        True
    """

    _open: ClassVar[weakref.WeakSet[Gallery]] = weakref.WeakSet()

    def __init__(
        self,
        dataset: Dataset,
        *,
        page_size: int = 48,
        config: TrainConfig = TrainConfig(),
        on_change: Callable[[Dataset], None] | None = None,
        project: Project | None = None,
    ) -> None:
        self._selection = Selection(dataset)
        dataset = self._selection.dataset
        self._project = project
        self._keeper = ChoiceKeeper(project) if project else None
        self._config = config
        self._on_change = on_change
        self._page = 0
        self._updating = False
        self._crops: list[Crop] = []
        self._number_of = {crop.file: n for n, crop in enumerate(dataset.crops, 1)}
        self._prefix = f"cp-thumb-{next(_gallery_numbers)}"
        self.errors = ErrorPanel()
        self.thumbnails = widgets.HTML(layout={"display": "none"})
        self.counts = widgets.HTML().add_class("cp-counts")
        self.position = widgets.HTML().add_class("cp-place")
        self._make_buttons(min(page_size, len(dataset.crops)))
        self._make_controls()
        self.hint = widgets.HTML(style.line(_(_HINT)))
        super().__init__(self._rows(project.path.name if project else ""))
        self.add_class("cp").add_class("cp-panel").add_class("cp-gallery")
        self.show_page(0)
        if self._keeper:
            self._keeper.offer(dataset)
        self._open.add(self)

    @property
    def dataset(self) -> Dataset:
        """The crops as they are after the last choice."""
        return self._selection.dataset

    @property
    def pages(self) -> int:
        """How many pages there are of what the menu shows."""
        return max(1, math.ceil(len(self._filtered()) / len(self.buttons)))

    @classmethod
    def shown(cls) -> list[Gallery]:
        """Returns the galleries of this kernel that a person may still click in."""
        return [gallery for gallery in cls._open if gallery.thumbnails in gallery.children]

    @property
    def clickable(self) -> list[widgets.Widget]:
        """What does something quick at a click: it may be answered while a cell runs."""
        boxes = [self.filter, self.pictures, self.back, self.next, self.undo]
        boxes += [self.reject_all, self.keep_all, *self.by_number.boxes]
        boxes += [self.alike.how_many, self.alike.reject, self.alike.leave]
        boxes += self.close_look.buttons
        return [*self.buttons, *self.page.headings, *boxes, *self.mark_buttons.buttons.values()]

    def show_training(self, running: bool, *, heard: bool = True) -> None:
        """Says what a click means while a training runs; `heard` where it is answered then."""
        hint = f"{_(_HINT)} {_(_IN_TRAINING)}" if heard else _(_UNHEARD)
        self.hint.value = style.line(hint, "hint") if running else style.line(_(_HINT))

    def show_page(self, page: int = 0) -> None:
        """Shows a page, counted from 0; a number beyond the ends shows the nearest one.

        Raises:
            DatasetError: the crops have been cut again since.
        """
        self._selection.refresh()
        self._page = min(max(page, 0), self.pages - 1)
        first = self._page * len(self.buttons)
        self._crops = self._filtered()[first : first + len(self.buttons)]
        self.thumbnails.value = thumbnails.page_style_sheet(
            self.dataset, self._crops, self.pictures.value, self._config, self._prefix
        )
        self._show_state()

    def _filtered(self) -> list[Crop]:
        if alike := self.alike.files:
            by_file = {crop.file: crop for crop in self.dataset.crops}
            return [by_file[file] for file in alike]
        return [crop for crop in self.dataset.crops if FILTERS[self.filter.value](crop)]

    def _make_buttons(self, count: int) -> None:
        # One layout and one style for all: a page of them then appears at once, not in seconds.
        side = f"{thumbnails.PIXELS}px"
        self._visible = widgets.Layout(width=side, height=side)
        self._hidden = widgets.Layout(display="none")
        style = widgets.ToggleButton().style
        self.buttons = []
        for index in range(count):
            classes = ("cp-thumb", f"{self._prefix}-{index}")
            button = widgets.ToggleButton(layout=self._visible, style=style, _dom_classes=classes)
            button.observe(self.errors.guard(self._click(index)), names="value")
            self.buttons.append(button)

    def _make_controls(self) -> None:
        self.filter = widgets.Dropdown(
            description=_("Show"), layout={"width": "230px"}, options=filter_choices(self.dataset)
        ).add_class("cp-view")
        self.pictures = widgets.Dropdown(
            description=_("Pictures"),
            layout={"width": "330px"},
            options=[(_(words), kind) for words, kind in thumbnails.KINDS],
        ).add_class("cp-pictures")
        self.filter.observe(self.errors.guard(lambda change: self._filter()), names="value")
        self.pictures.observe(
            self.errors.guard(lambda change: self.show_page(self._page)), names="value"
        )
        self.back = self._button(N_("Back"), lambda: self.show_page(self._page - 1))
        self.next = self._button(N_("Next"), lambda: self.show_page(self._page + 1))
        self.reject_all = self._button("Reject all", lambda: self._choose_filtered("reject"))
        self.keep_all = self._button("Keep all", lambda: self._choose_filtered("keep"))
        reject, guard = (lambda files: self._choose(files, "reject")), self.errors.guard
        self.mark_buttons = MarkButtons(self.dataset, reject, guard)
        self.alike = AlikeRow(self._selection, self._number_of, self.show_page, reject, guard)
        self.page = ScenePage(self.buttons, self.dataset, reject, guard)
        self.by_number = NumbersRow(self._selection, self._choose, guard, self._project)
        add_sample = self.by_number.add_sample if self._project else None
        self.close_look = CloseLook(self._choose, guard, self._config, add_sample)
        self.message = widgets.HTML().add_class("cp-said")
        self.undo = self._button(N_("Undo"), self._undo)

    def _button(self, name: str, action: Callable[[], None]) -> widgets.Button:
        button = widgets.Button(description=_(name), layout={"width": "auto"})
        button.on_click(self.errors.guard(lambda clicked: action()))
        return button.add_class("cp-" + name.lower().replace(" ", "-"))

    def _rows(self, project: str) -> list[widgets.Widget]:
        sheet = widgets.HTML(f"<style>{thumbnails.CSS}{CSS}</style>", layout={"display": "none"})
        title = widgets.HTML(style.title(_("Look at the crops"), project))
        controls = [
            [self.filter, self.reject_all, self.keep_all, self.undo],
            [self.pictures, self.close_look.looking, self.message],
            [self.back, self.next, self.position],
        ]
        rows = [widgets.HBox(row).add_class("cp-controls") for row in controls]
        rows[1:] = [self.mark_buttons, self.alike, rows[1], self.by_number, rows[2]]
        above = [style.style_sheet(), sheet, self.thumbnails, title, self.hint]
        below = widgets.HBox(controls[-1]).add_class("cp-controls")
        return [*above, self.counts, *rows, self.close_look, self.page, below, self.errors]

    def _click(self, index: int) -> Callable[[dict[str, Any]], None]:
        def clicked(change: dict[str, Any]) -> None:
            crop = self._crops[index] if not self._updating else None
            if crop and self.close_look.looking.value:
                self.close_look.show_crop(crop)
                self._show_state()  # the click has pressed the button of the crop
            elif crop:
                self.alike.point_at(crop.file)
                self._choose([crop.file], "reject" if change["new"] else "keep")

        return clicked

    def _choose_filtered(self, choice: Choice) -> None:
        self._choose([crop.file for crop in self._filtered()], choice)

    def _filter(self) -> None:
        self.alike.close()
        self.show_page(0)

    def _choose(self, files: list[str], choice: Choice) -> None:
        self.message.value = ""
        try:
            self._selection.choose(files, choice)
        finally:
            self._show_state()  # what is seen stays what is saved, also after an error
        self._notify()

    def _undo(self) -> None:
        self._selection.undo()
        self._show_state()
        self._notify()

    def _notify(self) -> None:
        if self._keeper:
            if self._keeper.trouble:
                self.message.value = style.line(self._keeper.trouble, "warning")
            self._keeper.offer(self.dataset)
        for other in self.shown():
            other.show_choices_of(self)
        if self._on_change:
            self._on_change(self.dataset)

    def show_choices_of(self, other: Gallery) -> None:
        """Shows what was decided in another gallery, where that is about the same crops."""
        if other is not self and other.dataset.directory == self.dataset.directory:
            self.errors.guard(lambda changed: self._selection.refresh())(None)
            self._show_state()

    def _show_state(self) -> None:
        """Shows which crops of the page are kept, the counts, and what can be done now."""
        known = {crop.file: crop for crop in self.dataset.crops}
        self._updating = True
        try:
            for index, button in enumerate(self.buttons):
                crop = self._crops[index] if index < len(self._crops) else None
                button.layout = self._visible if crop else self._hidden
                if crop:
                    thumbnails.label(button, known.get(crop.file, crop), self._number_of[crop.file])
        finally:
            self._updating = False
        self.close_look.take(self.dataset, self._filtered())
        self.page.show([] if self.alike.files else self._crops, self.dataset)
        self._show_counts()
        self._show_controls()

    def _show_counts(self) -> None:
        crops = self.dataset.crops
        by_hand = sum(bool(crop.choice) for crop in crops)
        kept = _("{n} of {count}", n=len(self.dataset.kept), count=len(crops))
        counts = {_("Kept"): kept, _("decided by you"): by_hand}
        self.counts.value = style.named_values(counts) + style.line(counts_in_words(self.dataset))
        page = _("Page {page} of {pages}", page=self._page + 1, pages=self.pages)
        self.position.value = style.line(page)

    def _show_controls(self) -> None:
        """Shows which buttons would do something now, and to how many crops."""
        self.back.disabled, self.next.disabled = self._page == 0, self._page >= self.pages - 1
        filtered = len(self._filtered())
        self.reject_all.description = _("Reject all {n}", n=filtered)
        self.keep_all.description = _("Keep all {n}", n=filtered)
        self.reject_all.disabled = self.keep_all.disabled = not filtered
        self.mark_buttons.show(self.dataset)
        self.undo.disabled = not self._selection.can_undo
        self.alike.refresh()
