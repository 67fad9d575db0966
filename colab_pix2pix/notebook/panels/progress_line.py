"""What a short job says -> a bar and a few lines that are updated in place."""

from __future__ import annotations

import time
from collections import deque

import ipywidgets as widgets
from IPython.display import display

from ...events import Event, Note, OnEvent, Progress, Resumed, Verdict
from ...languages import _
from ...project import Project
from .. import style
from . import scrolling
from .event_html import notes_html, progress_html

TEXT_EVERY_SECONDS = 0.25


class ProgressLine(widgets.VBox):  # type: ignore[misc]
    """A listener for short jobs: a bar, a line of text, and what the job has to say.

    Args:
        project: Where given, its name stands above, and the page is scrolled to the line.

    Example:
        >>> line = ProgressLine()
        >>> line(Progress(job="frames", done=30, total=60, unit="crops", seconds_left=4))
        >>> "30 of 60 crops, 4 s left" in line.text.value
        True
    """

    def __init__(self, project: Project | None = None) -> None:
        self.text = widgets.HTML().add_class("cp-progress")
        self.notes = widgets.HTML().add_class("cp-notes")
        self._notes: deque[Note] = deque(maxlen=6)
        self._shown_at = 0.0
        rows = [style.style_sheet(), self.text, self.notes]
        if project is not None:
            name = widgets.HTML(style.line(_("Project {name}", name=project.path.name), "of"))
            rows[1:1] = [scrolling.into_view(), name]
        super().__init__(rows)
        self.add_class("cp").add_class("cp-progress-line")

    def __call__(self, event: Event) -> None:
        if isinstance(event, Resumed):
            event = Note(message=_("Goes on at step {step}.", step=event.step))
        if isinstance(event, Verdict):
            event = Note(message=event.sentence)
        if isinstance(event, Note):
            self._notes.append(event)
            self.notes.value = notes_html(self._notes)
        if isinstance(event, Progress):
            now, ends = time.monotonic(), event.total is not None and event.done >= event.total
            if ends or now - self._shown_at >= TEXT_EVERY_SECONDS:
                self.text.value = progress_html(event)
                self._shown_at = now


def line_of_this_cell() -> OnEvent:
    """Returns a listener that puts a progress line under the running cell when it is first told."""
    line: ProgressLine | None = None

    def tell(event: Event) -> None:
        nonlocal line
        if line is None:
            line = ProgressLine()
            display(line)
        line(event)

    return tell
