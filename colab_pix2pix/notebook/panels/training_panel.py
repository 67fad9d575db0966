"""What a long job says -> something to watch that is updated in place.

A listener may be called hundreds of times a second: text is sent to the browser on a timer, and
curves only as often as the panel as a whole costs less than a fiftieth of the time.
"""

from __future__ import annotations

import dataclasses
import time
from collections import deque
from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

import ipywidgets as widgets

from ...events import (
    Event,
    Metrics,
    Note,
    Progress,
    Resumed,
    Safety,
    Sample,
    Saved,
    TrainingProgress,
    Verdict,
)
from ...languages import _
from ...project import Project
from ...training.artifacts import read_metrics
from ...training.diagnosis import diagnose
from .. import style
from . import scrolling
from .drill_view import DrillView
from .event_html import losses_html, notes_html, progress_html, safety_html, verdict_html
from .kernel_polling import Polling
from .progress_line import TEXT_EVERY_SECONDS
from .samples import SampleView
from .stop_button import StopButton

CURVES_EVERY_SECONDS = 3.0
DIAGNOSED_EVERY_SECONDS = 3.0
#: What drawing the curves may take of the time; all the rest of the panel takes less than that.
CURVES_SHARE = 0.008


class ClickedBeside(Protocol):
    """What is clicked while a training runs: a gallery."""

    @property
    def clickable(self) -> list[widgets.Widget]: ...

    def show_training(self, running: bool, *, heard: bool = True) -> None: ...


class TrainingPanel(widgets.VBox):  # type: ignore[misc]
    """A listener for training: progress, losses, sample grids, what is saved.

    Where the kernel lets it, a button stops the training and a slider leads through the samples
    while the cell runs; `polling.trouble` says why not.

    Args:
        project: Where given, the panel starts with what earlier sessions have left there, and has a
            button for the crash drill.
        galleries: Panels elsewhere in the page whose clicks count while the training runs.

    Example:
        >>> panel = TrainingPanel()
        >>> panel(Progress(job="train", done=5, total=20, unit="steps"))
        >>> panel(Note(message="a <note>"))
        >>> "a &lt;note&gt;" in panel.notes.value
        True
    """

    def __init__(
        self, project: Project | None = None, *, galleries: Sequence[ClickedBeside] = ()
    ) -> None:
        self._galleries = galleries
        self._heard: bool | None = None
        self.text = widgets.HTML().add_class("cp-progress")
        self.losses = widgets.HTML().add_class("cp-losses")
        self.verdict = widgets.HTML().add_class("cp-verdict")
        self.saved = widgets.HTML().add_class("cp-saved")
        self.sample = SampleView(interactive=False)
        self.stop = StopButton()
        self.drill = DrillView(project) if project is not None else None
        self.polling: Polling | None = None
        self.curves = widgets.HTML(layout={"display": "none"})
        self.curves.add_class("cp-curves")
        self.notes = widgets.HTML().add_class("cp-notes")
        self._notes: deque[Note] = deque(maxlen=6)
        self._project = project
        self._history: list[Metrics] = []
        self._progress: Progress | None = None
        self._upload: Progress | None = None
        self._saved_step = 0
        # An earlier session may have saved: until somebody says so, nothing is said.
        self._maybe_saved = project is not None and any(map(Path.exists, project.slots))
        self._speed: float | None = None
        self._safety: Safety | None = None
        self._text_at = 0.0
        self._diagnosed: tuple[float, int] = (0.0, -1)
        self._curves_from: float | None = None
        super().__init__(self._rows())
        self.add_class("cp").add_class("cp-panel").add_class("cp-training")
        if project is not None:
            self._show_earlier(project)

    def __call__(self, event: Event) -> None:
        # A place on the slider means one of the pictures that there were when it was clicked.
        self._listen(at_once=isinstance(event, Sample))
        self._take(event)
        self._refresh()

    def _take(self, event: Event) -> None:
        if isinstance(event, Progress):
            if event.job == "upload":  # the wait at the end
                self._upload = event
            else:
                self._progress = event
            self._speed = event.per_second if event.job == "train" else self._speed
        elif isinstance(event, Metrics):
            # Steps that were lost with an earlier session are done again.
            while self._history and self._history[-1].step >= event.step:
                self._history.pop()
            self._history.append(event)
        elif isinstance(event, Sample):
            self.sample.add(event.path)
        elif isinstance(event, Saved):
            self._saved_step = event.step
        elif isinstance(event, Safety):
            self._safety = event
        elif isinstance(event, Resumed):
            self._history, self._maybe_saved = list(event.history), True
            if self._safety is None:
                self.saved.value = ""
            self._say(
                Note(message=_("Welcome back: training goes on at step {step}.", step=event.step))
            )
        elif isinstance(event, Verdict):
            self.verdict.value = verdict_html(event)
        else:
            self._say(event)

    @property
    def steps_per_second(self) -> float | None:
        """The speed that was told last; None before the first."""
        return self._speed

    def finish(self) -> None:
        """Shows what the timer has held back; to be called when the job has ended."""
        self.stop.end()
        if self.polling:
            self.polling.close()
        for gallery in self._galleries:
            gallery.show_training(False)
        self.sample.interactive = True
        self._upload = None
        if self._progress is not None:
            self._progress = self._where_it_ended(self._progress)
        if self._project is not None:
            self.sample.offer(self._project.sample_files())
        self._show_all()

    def _show_all(self) -> None:
        self._show_text()
        if self._history:
            self._diagnose()
            self._show_curves()

    def _diagnose(self) -> None:
        self._diagnosed = time.monotonic(), self._history[-1].epoch
        self.verdict.value = verdict_html(diagnose(self._history))

    def _rows(self) -> list[widgets.Widget]:
        name = self._project.path.name if self._project else ""
        title = widgets.HTML(style.title(_("Training"), name))
        facts = [self.text, self.losses, self.verdict, self.saved, self.notes, self.stop]
        above = [style.style_sheet(), scrolling.into_view(), title]
        below = [self.drill] if self.drill else []
        return [*above, *facts, self.sample, self.curves, *below]

    def _show_earlier(self, project: Project) -> None:
        self.sample.offer(project.sample_files())
        self._history = read_metrics(project)
        self._show_all()

    def _where_it_ended(self, progress: Progress) -> Progress:
        """Returns the last progress with the step that was really reached, and no time left."""
        steps = [progress.done]
        steps += [self._history[-1].step] if self._history else []
        steps += [self._saved_step]
        progress = dataclasses.replace(
            progress, done=max(steps), per_second=None, seconds_left=None
        )
        if isinstance(progress, TrainingProgress):
            progress = dataclasses.replace(progress, crops_per_second=None)
        return progress

    def _say(self, note: Note) -> None:
        self._notes.append(note)
        self.notes.value = notes_html(self._notes)

    def _listen(self, *, at_once: bool) -> None:
        """Lets the browser's clicks count, now that the cell is between two steps."""
        if self.polling is None:
            beside = [widget for gallery in self._galleries for widget in gallery.clickable]
            beside += [self.drill.button] if self.drill else []
            self.polling = Polling([self.stop.button, self.sample.slider, *beside])
        self.polling.poll(at_once=at_once)
        if self._heard is not (heard := not self.polling.trouble):
            self._heard = heard
            for gallery in self._galleries:
                gallery.show_training(True, heard=heard)
        heard = not self.polling.trouble and self._upload is None
        self.stop.show(heard=heard)
        self.sample.interactive = heard

    def _refresh(self) -> None:
        now = time.monotonic()
        if now - self._text_at >= TEXT_EVERY_SECONDS:
            self._show_text()
        diagnosed_at, diagnosed_epoch = self._diagnosed
        new_epoch = bool(self._history) and self._history[-1].epoch != diagnosed_epoch
        if new_epoch and now - diagnosed_at >= DIAGNOSED_EVERY_SECONDS:
            self._diagnose()
        if self._curves_from is None:  # the first ones too are paid in advance
            self._curves_from = now + CURVES_EVERY_SECONDS
        if len(self._history) > 1 and now >= self._curves_from:
            self._show_curves()

    def _show_text(self) -> None:
        self._text_at = time.monotonic()
        if self._upload:
            self.text.value = progress_html(self._upload)
        elif self._progress:
            self.text.value = progress_html(self._progress)
        if self._history:
            self.losses.value = losses_html(self._history[-1])
        if self._safety or not (self._maybe_saved or self._history):
            self.saved.value = safety_html(self._safety)

    def _show_curves(self) -> None:
        # Matplotlib: not for the first form, and waited for only once.
        from ...workflows.reporting.curves import curves

        began = time.monotonic()
        self.curves.value = curves(self._history)
        self.curves.layout.display = "block"
        now = time.monotonic()
        self._curves_from = now + max(CURVES_EVERY_SECONDS, (now - began) / CURVES_SHARE)
