"""The crash drill as a button: what would be lost if this machine died now?"""

from __future__ import annotations

import threading

import ipywidgets as widgets

from ...events import Event, Note
from ...languages import N_, _
from ...project import Project
from ...workflows.drill import drill
from .. import style
from ..error_panel import ErrorPanel

_WORDS = N_("What if this machine died now?")
_HINT = N_(
    "Tries it in a copy: a new start with what is safe, for one step. Takes about half a minute;"
    " your project is only read."
)


class DrillView(widgets.VBox):  # type: ignore[misc]
    """A button that tries what a new machine would go on from, and says what would be lost.

    It works in a thread, so that it can be pressed while a training runs.

    Args:
        project: The project to try it with.

    Attributes:
        button: Starts it; disabled while it runs.
        result: What it does now, or what has come of it, in sentences.
        errors: Why it could not be tried.
    """

    def __init__(self, project: Project) -> None:
        self._project = project
        self._thread: threading.Thread | None = None
        self.button = widgets.Button(description=_(_WORDS), layout={"width": "auto"})
        self.button.add_class("cp-drill").on_click(lambda clicked: self._start())
        self.result = widgets.HTML(style.line(_(_HINT), "help"))
        self.errors = ErrorPanel()
        super().__init__([self.button, self.result, self.errors])
        self.add_class("cp-drilling")

    def wait(self) -> None:
        """Waits until a drill that runs has ended."""
        if self._thread:
            self._thread.join()

    def _start(self) -> None:
        if self.button.disabled:  # a second click was on its way
            return
        self.button.disabled = True
        self.result.value = style.line(_("Looking at what is safe."), "help")
        self._thread = threading.Thread(target=self._run, name="drill", daemon=True)
        self._thread.start()

    def _run(self) -> None:
        self.errors.guard(self._try)(None)
        self.button.disabled = False

    def _try(self, clicked: object) -> None:
        try:
            report = drill(self._project, on_event=self._show)
        except Exception:
            self.result.value = ""
            raise
        kind = "good" if report["ok"] and not report["lost"] else "warning"
        self.result.value = "".join(style.line(line, kind) for line in report["lines"])

    def _show(self, event: Event) -> None:
        if isinstance(event, Note):
            kind = "warning" if event.level == "warning" else "help"
            self.result.value = style.line(event.message, kind)
