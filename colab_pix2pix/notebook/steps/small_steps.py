"""The steps that make a small model of the trained one, for the page."""

from __future__ import annotations

from IPython.display import display

from ...events import Note
from ...languages import _
from ...project import Project
from .. import kernel_state, small_model
from ..forms import SmallForm
from ..panels.training_panel import TrainingPanel
from .opening import Stopped, displayed_line, given_or_open, shown, stoppable


def choose_small(project: Project | None = None) -> SmallForm:
    """Returns the form for a small model, to be shown."""
    return shown("small_form", SmallForm(given_or_open(project)))


def make_small(project: Project | None = None, form: SmallForm | None = None) -> Project:
    """Trains a small model that imitates the trained one where that is wanted, and compares them.

    Args:
        project: Its newest model is imitated, or the one that was chosen by eye.
        form: Whether it is wanted, how small, and what more it learns from.

    Returns:
        The run whose model the page takes from then on: the small one's, or the project itself.

    Raises:
        Stopped: the user has interrupted it; what was trained is saved.
        CheckpointError: nothing is trained yet.
        OptionError: no network is so small, or a path leads nowhere.
    """
    from ...workflows.distill import distill
    from ...workflows.reporting.beside_large import compare

    project = given_or_open(project)
    form = form or kernel_state.current.get("small_form") or SmallForm(project)
    config, frames = form.config, form.paths
    project.remember(config)
    if not config.wanted:
        words = _(
            "The model stays as large as it is: tick *Make it small* in the form to change that."
        )
        displayed_line(project)(Note(message=words))
        return project
    small = small_model.small_project(project, config)
    with stoppable(_("Stopped. What was saved is safe: run this cell again to go on from there.")):
        panel = TrainingPanel(small)
        display(panel)
        try:
            ready = _("Getting ready: the small model learns what the large one makes.")
            panel(Note(message=ready))
            result = distill(
                project,
                small,
                parameters=config.parameters,
                frames=frames,
                minutes=config.minutes,
                on_event=panel,
            )
        finally:
            panel.finish()
        if result.interrupted:
            raise Stopped(
                _(
                    "Stopped after step {step} of {steps}: run this cell again to go on.",
                    step=result.step,
                    steps=result.total_steps,
                )
            )
        line = displayed_line(project)
        comparing = _("Comparing the two on pictures that were held out: up to a minute.")
        line(Note(message=comparing))
        found = compare(project, small, on_event=line)
    display(small_model.comparison_view(found, project))
    return small
