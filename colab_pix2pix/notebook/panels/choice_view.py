"""A grid of saved states and a few crops: a click makes one state the one that counts."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence

import ipywidgets as widgets
import numpy as np
from PIL import Image

from ... import wording
from ...events import Event, Note
from ...languages import N_, _
from ...project import Project
from .. import inline_images, style
from ..error_panel import ErrorPanel

_SIDE, _GAP = 160, 6  # pixels
_CSS = """
.cp .cp-state, .cp .cp-state:hover, .cp .cp-state:focus { background-size: 100% 100%; border: 0;
  background-color: transparent; box-shadow: none; height: auto; padding: 0; cursor: pointer; }
.cp .cp-state { display: block; width: 100%; max-width: 660px; margin: 2px 0 10px;
  border-radius: 6px; }
.cp .cp-state:hover, .cp .cp-state:focus { outline: 2px solid #3b82c4; }
.cp .cp-state.cp-counts-now { outline: 3px solid #2f9e63; }
.cp .cp-state:disabled { opacity: 1; cursor: default; outline: none; }
"""
_HINT = N_("Click the row that you like best: it is used, shown and exported from then on.")
_numbers = itertools.count(1)


class ChoiceView(widgets.VBox):  # type: ignore[misc]
    """Shows what each saved state makes of a few crops, and which of them counts.

    Args:
        project: Its choice is shown, and changed at a click.
        drawn: What `workflows.sharing.choosing.draw_states` has returned.

    Attributes:
        buttons: For each step its row of pictures.
        newest: The button that takes the choice back.
    """

    def __init__(self, project: Project, drawn: Sequence[tuple[int, list[np.ndarray]]]) -> None:
        self._project = project
        self._prefix = f"cp-state-{next(_numbers)}"
        self.errors = ErrorPanel()
        self.note = widgets.HTML().add_class("cp-choice")
        self.buttons: dict[int, widgets.Button] = {}
        self._labels: dict[int, widgets.HTML] = {}
        rows, rules = [], []
        for place, (step, pictures) in enumerate(drawn):
            button = widgets.Button(disabled=step <= 0, layout={"width": "100%", "height": "auto"})
            button.add_class("cp-state").add_class(f"{self._prefix}-{place}")
            label = widgets.HTML()
            rules.append(_rule(f"{self._prefix}-{place}", pictures))
            if step > 0:
                button.on_click(self.errors.guard(self._click(step)))
                self.buttons[step], self._labels[step] = button, label
            else:
                label.value = style.line(
                    _("What it sees") if step else _("What was there"), "group"
                )
            rows += [label, button]
        self.newest = widgets.Button(description=_("Take the newest"), layout={"width": "auto"})
        self.newest.on_click(self.errors.guard(self._click(0)))
        sheet = widgets.HTML(f"<style>{_CSS}{''.join(rules)}</style>", layout={"display": "none"})
        title = widgets.HTML(style.title(_("Choose by eye"), project.path.name))
        hint = widgets.HTML(style.line(_(_HINT)))
        undo = widgets.HBox([self.newest.add_class("cp-newest")])
        below = [undo, self.note, self.errors]
        super().__init__([style.style_sheet(), sheet, title, hint, *rows, *below])
        self.add_class("cp").add_class("cp-panel").add_class("cp-choosing")
        self._show()

    def _click(self, step: int) -> Callable[[object], None]:
        def clicked(button: object) -> None:
            from ...workflows.sharing.choosing import choose_state

            choose_state(self._project, step, on_event=self._say)
            self._show()

        return clicked

    def _say(self, event: Event) -> None:
        if isinstance(event, Note):
            self.note.value = style.line(event.message, "good")

    def _show(self) -> None:
        from ...model.trained import chosen_step

        chosen = chosen_step(self._project)
        counts = chosen if chosen in self.buttons else max(self.buttons)
        self.newest.disabled = not chosen
        for step, button in self.buttons.items():
            marked = button.add_class if step == counts else button.remove_class
            marked("cp-counts-now")
            number = wording.count(step)
            words = _("Step {step}", step=number)
            if step == counts:
                words = _("Step {step}, which counts now", step=number)
            self._labels[step].value = style.line(words, "group")


def _rule(name: str, pictures: Sequence[np.ndarray]) -> str:
    """Returns what makes a row of pictures the background of a button."""
    size = inline_images.fitted(Image.fromarray(pictures[0]).size, _SIDE)
    width = len(pictures) * (size.width + _GAP) - _GAP
    strip = Image.new("RGB", (width, size.height), (128, 128, 128))
    for index, picture in enumerate(pictures):
        small = Image.fromarray(picture).resize(size, Image.Resampling.BICUBIC)
        strip.paste(small, (index * (size.width + _GAP), 0))
    url = inline_images.data_url(strip)
    shape = f"aspect-ratio: {width} / {size.height}; max-width: {width}px"
    return f".cp .{name}, .cp .{name}:hover {{ background-image: url({url}); {shape}; }}\n"
