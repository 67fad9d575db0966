"""One option -> one row of a form: its label, a box, the unit, a message, a line of help."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import ipywidgets as widgets
from traitlets import TraitError

from ..errors import OptionError
from ..option import Config, Option
from . import looks

LABEL_WIDTH = "150px"  # as in the style sheet


class Field:
    """A row of a form.

    Args:
        kind: The option class that the option belongs to.
        name: The option's name.
        about: What is known of the option.
        value: What stands in the box at first.

    Attributes:
        box: The widget that holds the value.
        row: All widgets of the row, to be shown.
        message: What is wrong with the value, beside the box; empty when nothing is.
    """

    def __init__(self, kind: type[Config], name: str, about: Option, value: Any) -> None:
        self.name = name
        self._kind = kind
        self.box = _box(name, about, value).add_class("cp-box").add_class(f"cp-{name}")
        self.message = widgets.HTML().add_class("cp-message")
        unit = widgets.HTML(looks.line(about.unit, "unit") if not about.choices else "")
        help_line = widgets.HTML(looks.line(about.help, "help"))
        top = widgets.HBox([self.box, unit, self.message])
        top.layout.flex_flow = "row wrap"
        self.row = widgets.VBox([top, help_line]).add_class("cp-field")

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
            self.message.value = looks.line(error.why, "wrong")
            return False
        self.message.value = ""
        return True

    def on_change(self, callback: Callable[[Any], None]) -> None:
        """Calls `callback` whenever the value changes."""
        self.box.observe(callback, names="value")


def _box(name: str, about: Option, value: Any) -> widgets.Widget:
    label = {
        "description": about.label or name.replace("_", " ").capitalize(),
        "style": {"description_width": LABEL_WIDTH},
    }
    layout = {"width": "340px", "max_width": "100%"}
    if about.choices:
        pairs = [(f"{choice} {about.unit}".strip(), choice) for choice in about.choices]
        return widgets.Dropdown(options=pairs, value=value, layout=layout, **label)
    if isinstance(value, bool):
        return widgets.Checkbox(value=value, layout=layout, **label)
    if isinstance(value, str):
        layout["width"] = "640px"
        return widgets.Text(value=value, layout=layout, **label)
    # Bounded boxes would change a wrong number silently; ours are checked by the option itself.
    number = widgets.IntText if isinstance(value, int) else widgets.FloatText
    return number(value=value, layout=layout, **label)
