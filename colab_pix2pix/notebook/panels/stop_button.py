"""A button that ends a training as the interrupt button does: after the step, all saved."""

from __future__ import annotations

import ipywidgets as widgets

from ...languages import N_, _
from ...training import interrupt
from .. import style

_INTERRUPT_HINT = N_("To stop, press the interrupt button (\u25a0): what is trained is saved.")
_BUTTON_HINT = N_("Or press the interrupt button (\u25a0). What is trained is saved.")


class StopButton(widgets.HBox):  # type: ignore[misc]
    """Says how a training is stopped, with a button where a click is heard while a cell runs.

    Attributes:
        button: The button; hidden where nobody would hear it, and while nothing runs.
        hint: The line beside it.
    """

    def __init__(self) -> None:
        self.button = widgets.Button(icon="stop", layout={"display": "none", "width": "auto"})
        self.button.add_class("cp-stop").on_click(lambda clicked: self._stop())
        self.hint = widgets.HTML(style.line(_(_INTERRUPT_HINT), "help"))
        super().__init__([self.button, self.hint])
        self.add_class("cp-stopping")

    def show(self, *, heard: bool) -> None:
        """Shows the button where it would work now, and the hint that goes with it.

        Args:
            heard: True when clicks reach the kernel now.
        """
        state = interrupt.state() if heard else ""
        self.button.description = (
            _("Stopping after this step") if state == "stopping" else _("Stop")
        )
        self.button.disabled = state == "stopping"
        self.button.layout.display = "" if state else "none"
        self.hint.value = style.line(_(_BUTTON_HINT if state else _INTERRUPT_HINT), "help")

    def end(self) -> None:
        """Shows nothing more: the training has ended."""
        self.button.layout.display = "none"
        self.hint.value = ""

    def _stop(self) -> None:
        interrupt.stop()
        self.show(heard=True)
