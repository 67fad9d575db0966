"""One option -> one row of a form: its label, a box, the unit, a message, a line of help."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import ipywidgets as widgets
from traitlets import TraitError

from ...config import typed_number
from ...errors import OptionError
from ...filenames import typed_text
from ...languages import _
from ...options import Config, Option
from .. import style

LABEL_WIDTH = "150px"  # as in the style sheet
_NARROW, _WIDE = "340px", "640px"


class SharedStyles:
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
        self._style_of: dict[type[widgets.Widget], Any] = {}

    def widget(self, kind: type[widgets.Widget], **traits: Any) -> widgets.Widget:
        """Returns a new widget with the style of the first of its kind."""
        style = {"style": self._style_of[kind]} if kind in self._style_of else {}
        widget = kind(**traits, **style)
        self._style_of.setdefault(kind, widget.style)
        return widget

    def text(self, html: str = "") -> widgets.HTML:
        """Returns a text that is never hidden by itself."""
        return self.widget(widgets.HTML, value=html, layout=self.plain)


class Field:
    """A row of a form.

    Args:
        config_class: The option class that the option belongs to.
        name: The option's name.
        spec: Its unit, bounds, choices and help.
        value: What stands in the box at first.
        styles: What it has in common with other rows.

    Attributes:
        box: The widget that holds the value.
        row: All widgets of the row, to be shown.
        message: What is wrong with the value, beside the box; empty when nothing is.
    """

    def __init__(
        self, config_class: type[Config], name: str, spec: Option, value: Any, styles: SharedStyles
    ) -> None:
        self.name = name
        self._config_class = config_class
        self._is_size = spec.convert is not None  # kept as a number or as a text
        self.box = _box(name, spec, value, styles).add_class("cp-box").add_class(f"cp-{name}")
        self.message = styles.text().add_class("cp-message")
        unit = style.line(_(spec.unit), "unit") if not spec.choices else ""
        first_line = [self.box, *([styles.text(unit)] if unit else []), self.message]
        top = widgets.HBox(first_line, layout=styles.wrapped)
        self.row = widgets.VBox([top, styles.text(style.line(_(spec.help), "help"))])
        self.row.add_class("cp-field")

    @property
    def value(self) -> Any:
        """What stands in the box; without the blanks and quotes around a pasted text."""
        value = self.box.value
        text = typed_text(value) if isinstance(value, str) else value
        return typed_number(text) if self._is_size else text

    @value.setter
    def value(self, value: Any) -> None:
        try:
            self.box.value = str(value) if self._is_size else value
        except TraitError:
            self._config_class(**{self.name: value})  # says it in the words of the option
            raise

    def check(self) -> bool:
        """Returns True when the value is good; says beside the box what is expected when not."""
        try:
            self._config_class(**{self.name: self.value})
        except OptionError as error:
            self.message.value = style.line(error.why, "wrong")
            return False
        self.message.value = ""
        return True

    def on_change(self, callback: Callable[[Any], None]) -> None:
        """Calls `callback` whenever the value changes."""
        self.box.observe(callback, names="value")


def label_of(name: str, spec: Option) -> str:
    """Returns what an option is called in a form."""
    return spec.label or name.replace("_", " ").capitalize()


def _box(name: str, spec: Option, value: Any, styles: SharedStyles) -> widgets.Widget:
    label = _(label_of(name, spec))

    def box(kind: type[widgets.Widget], width: str = _NARROW, **traits: Any) -> widgets.Widget:
        traits |= {"value": value, "description": label, "layout": styles.boxes[width]}
        widget = styles.widget(kind, **traits)
        widget.style.description_width = LABEL_WIDTH
        return widget

    if spec.choices:
        choices = [(f"{choice} {_(spec.unit)}".strip(), choice) for choice in spec.choices]
        return box(widgets.Dropdown, options=choices)
    if isinstance(value, bool):
        return box(widgets.Checkbox, _WIDE)
    if spec.convert is not None:
        value = str(value)
        return box(widgets.Text)
    if spec.link:
        return box(widgets.Textarea, _WIDE, rows=2)  # a line for each
    if isinstance(value, str):
        return box(widgets.Text, _WIDE)
    # Bounded boxes would change a wrong number silently; ours are checked by the option itself.
    return box(widgets.IntText if isinstance(value, int) else widgets.FloatText)
