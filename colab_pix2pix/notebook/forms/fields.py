"""One option -> one row of a form: its label, a box, the unit, a message, a line of help."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import ipywidgets as widgets
from traitlets import TraitError

from ...errors import OptionError
from ...options import Config, Option
from .. import style

LABEL_WIDTH = "150px"  # as in the style sheet
_NARROW, _WIDE = "340px", "640px"


class Shared:
    """The layouts and styles that the rows of one form have in common.

    Each is a model of its own in the page: with some hundred fewer a form is there sooner, and so
    is a page that is loaded again.
    """

    def __init__(self) -> None:
        self.plain = widgets.Layout()
        self.wrapped = widgets.Layout(flex_flow="row wrap")
        self.boxes = {
            width: widgets.Layout(width=width, max_width="100%") for width in (_NARROW, _WIDE)
        }
        self._styles: dict[type[widgets.Widget], Any] = {}

    def make(self, kind: type[widgets.Widget], **given: Any) -> widgets.Widget:
        """Returns a new widget with the style of the first of its kind."""
        made = kind(**given, **{"style": self._styles[kind]} if kind in self._styles else {})
        self._styles.setdefault(kind, made.style)
        return made

    def text(self, html: str = "") -> widgets.HTML:
        """Returns a text that is never hidden by itself."""
        return self.make(widgets.HTML, value=html, layout=self.plain)


class Field:
    """A row of a form.

    Args:
        kind: The option class that the option belongs to.
        name: The option's name.
        about: What is known of the option.
        value: What stands in the box at first.
        shared: What it has in common with other rows.

    Attributes:
        box: The widget that holds the value.
        row: All widgets of the row, to be shown.
        message: What is wrong with the value, beside the box; empty when nothing is.
    """

    def __init__(
        self, kind: type[Config], name: str, about: Option, value: Any, shared: Shared
    ) -> None:
        self.name = name
        self._kind = kind
        self.box = _box(name, about, value, shared).add_class("cp-box").add_class(f"cp-{name}")
        self.message = shared.text().add_class("cp-message")
        unit = style.line(about.unit, "unit") if not about.choices else ""
        inside = [self.box, *([shared.text(unit)] if unit else []), self.message]
        top = widgets.HBox(inside, layout=shared.wrapped)
        self.row = widgets.VBox([top, shared.text(style.line(about.help, "help"))])
        self.row.add_class("cp-field")

    @property
    def value(self) -> Any:
        """What stands in the box; blanks around a pasted text are no part of it."""
        return self.box.value.strip() if isinstance(self.box.value, str) else self.box.value

    @value.setter
    def value(self, value: Any) -> None:
        try:
            self.box.value = value
        except TraitError:
            self._kind(**{self.name: value})  # says it in the words of the option
            raise

    def check(self) -> bool:
        """Returns True when the value is good; says beside the box what is expected when not."""
        try:
            self._kind(**{self.name: self.value})
        except OptionError as error:
            self.message.value = style.line(error.why, "wrong")
            return False
        self.message.value = ""
        return True

    def on_change(self, callback: Callable[[Any], None]) -> None:
        """Calls `callback` whenever the value changes."""
        self.box.observe(callback, names="value")


def _box(name: str, about: Option, value: Any, shared: Shared) -> widgets.Widget:
    def make(kind: type[widgets.Widget], width: str = _NARROW, **more: Any) -> widgets.Widget:
        label = about.label or name.replace("_", " ").capitalize()
        made = shared.make(kind, value=value, description=label, layout=shared.boxes[width], **more)
        made.style.description_width = LABEL_WIDTH
        return made

    if about.choices:
        pairs = [(f"{choice} {about.unit}".strip(), choice) for choice in about.choices]
        return make(widgets.Dropdown, options=pairs)
    if isinstance(value, bool):
        return make(widgets.Checkbox)
    if isinstance(value, str):
        return make(widgets.Text, _WIDE)
    # Bounded boxes would change a wrong number silently; ours are checked by the option itself.
    return make(widgets.IntText if isinstance(value, int) else widgets.FloatText)
