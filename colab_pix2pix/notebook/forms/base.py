"""An option class -> a form of core ipywidgets.

A form only collects; what to do with it is a matter of the next cell. Labels, help, bounds and
choices come from `config.py`, where they are declared once.
"""

from __future__ import annotations

from typing import Any, Generic, TypeVar

import ipywidgets as widgets

from ...errors import OptionError
from ...languages import _
from ...options import Config, Option, OptionGroup, options
from ...project import Project
from .. import style
from ..error_panel import ErrorPanel
from .fields import Field, SharedStyles

AnyConfig = TypeVar("AnyConfig", bound=Config)


class Form(widgets.VBox, Generic[AnyConfig]):  # type: ignore[misc]
    """A form for one option class; the last line of a cell shows it.

    Args:
        start: The values that stand in the boxes at first.
        project: Where given, its stored options stand in the boxes instead, and every good change
            is stored there at once, so that it comes back in the next session.
        title: The heading.
        hint: What to do next, below the boxes; "": to run the next cell.

    Attributes:
        fields: The rows of boxes by option name.
        errors: What has gone wrong, below the boxes.

    Example:
        >>> from colab_pix2pix.config import FramesConfig
        >>> form = Form(FramesConfig(count=40), title="Crops")
        >>> form.config.count
        40
        >>> form.value = {"count": 0}
        >>> form.valid
        False
    """

    def __init__(
        self,
        start: AnyConfig,
        *,
        project: Project | None = None,
        title: str = "",
        hint: str = "",
    ) -> None:
        self._config_class = type(start)
        self._project = project
        if project is not None and self._config_class.section in project.settings():
            start = project.recall(self._config_class)
        self._styles = SharedStyles()
        self.fields = {
            name: Field(self._config_class, name, spec, getattr(start, name), self._styles)
            for name, spec in self._options().items()
        }
        self.errors = ErrorPanel()
        self._updating = False
        for field in self.fields.values():
            field.on_change(self.errors.guard(self._on_change))
        super().__init__(self._rows(title, hint))
        self.add_class("cp").add_class("cp-form").add_class(f"cp-form-{self._config_class.section}")

    @property
    def config(self) -> AnyConfig:
        """What the boxes say, checked.

        Raises:
            OptionError: a box holds a value that its option can't take.
        """
        return self._config_class(**self.value)

    @property
    def value(self) -> dict[str, Any]:
        """What stands in the boxes by option name, checked or not. Set it from the same, or from a
        config; options that are left out keep their value."""
        return {name: field.value for name, field in self.fields.items()}

    @value.setter
    def value(self, values: Config | dict[str, Any]) -> None:
        new = vars(values) if isinstance(values, Config) else values
        if unknown := sorted(set(new) - set(self.fields)):
            raise OptionError(
                _("Received the option {name}.", name=repr(unknown[0])),
                why=_("Expected one of: {names}.", names=", ".join(self.fields)),
            )
        self._updating = True
        try:
            for name, value in new.items():
                self.fields[name].value = value
        finally:
            self._updating = False
        self._changed()

    @property
    def valid(self) -> bool:
        """True when every box holds a value that its option can take."""
        checks = [field.check() for field in self.fields.values()]  # every box says its own
        return all(checks)

    def remember(self) -> None:
        """Stores the options in the project; does nothing without one.

        Raises:
            OptionError: a box holds a value that its option can't take.
        """
        if self._project is not None:
            self._project.remember(self.config)

    def _on_change(self, change: dict[str, Any]) -> None:
        if not self._updating:  # else the setter calls _changed once, after the last box
            self._changed()

    def _changed(self) -> None:
        if self.valid:
            self.remember()

    def _options(self) -> dict[str, Option]:
        """The specs of the options, in the order of the boxes; for a form to say more in."""
        return options(self._config_class)

    def _above(self) -> list[widgets.Widget]:
        """What stands between the heading and the boxes; for a form to add to."""
        return []

    def _below(self) -> list[widgets.Widget]:
        """What stands between the boxes and the hint; for a form to add to."""
        return []

    def _grouped(self, names: list[str]) -> list[widgets.Widget]:
        """Returns the rows of some options, each group under its heading."""
        rows: dict[OptionGroup | None, list[widgets.Widget]] = {}
        specs = self._options()
        for name in names:
            rows.setdefault(specs[name].group, []).append(self.fields[name].row)
        shown: list[widgets.Widget] = []
        for group, below in rows.items():
            if group is not None:
                heading = style.line(_(group.title), "group")
                heading += style.line(_(group.purpose), "help")
                shown.append(self._styles.text(heading))
            shown += below
        return shown

    def _rows(self, title: str, hint: str) -> list[widgets.Widget]:
        specs = self._options()
        first = [field.row for name, field in self.fields.items() if not specs[name].advanced]
        folded = self._grouped([name for name, spec in specs.items() if spec.advanced])
        name = self._project.path.name if self._project else ""
        heading = widgets.HTML(style.title(title, name))
        footer = widgets.HTML(style.line(hint or _("Then run the next cell."), "hint"))
        return [
            style.style_sheet(),
            heading,
            *self._above(),
            *first,
            *(foldable(folded) if folded else []),
            self.errors,
            *self._below(),
            footer,
        ]


def foldable(rows: list[widgets.Widget]) -> list[widgets.Widget]:
    """Returns a button and the rows that it folds in and out."""
    button = widgets.ToggleButton(
        description=_("More options"),
        layout={"width": "auto", "min_width": "10em", "align_self": "flex-start"},
    )
    button.add_class("cp-more")
    box = widgets.VBox(rows, layout={"display": "none"}).add_class("cp-folded")

    def fold(change: dict[str, Any]) -> None:
        box.layout.display = "flex" if change["new"] else "none"
        button.description = _("Fewer options") if change["new"] else _("More options")

    button.observe(fold, names="value")
    return [button, box]
