"""The first steps and the last: set up, choose and open a project, give the machine back."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TypeVar

import ipywidgets as widgets
from IPython.display import display

from ... import mounts, wording
from ...errors import Pix2PixError
from ...events import Event, Note
from ...languages import _
from ...project import Project
from ...storage import colab, restore
from ...workflows.release import release_when_safe
from .. import kernel_state, language_choice, machine
from ..forms.project_form import ProjectForm
from ..panels.progress_line import ProgressLine

AnyForm = TypeVar("AnyForm", bound=widgets.Box)


class Stopped(Pix2PixError):
    """A step was interrupted: one friendly line in the cell, and "Run all" ends there."""


def set_up() -> None:
    """Shows versions, the GPU (or what it means that there is none) and the free disk."""
    language_choice.begin()
    display(machine.report())


def choose_project() -> ProjectForm:
    """Returns the form for the name of the project, to be shown."""
    kernel_state.current.project_form = ProjectForm()
    return kernel_state.current.project_form


def open_project(form: ProjectForm | None = None) -> Project:
    """Returns the project that a form names, and says how far it is.

    Args:
        form: Where not given, here and in all that follows: the form that was shown last; where
            none was, what the project has stored.

    Raises:
        OptionError: the name can't be a folder's.
        DriveError: in Colab, Drive can't be reached.
        CheckpointError: the project has saved states, and none of them is valid.
    """
    kernel_state.current.project_form = form or kernel_state.current.project_form or ProjectForm()
    project = kernel_state.current.project_form.project
    kernel_state.current.use(project)
    _welcome(project)
    return project


def give_back(project: Project | None = None, *, when_safe: bool) -> None:
    """Gives the Colab machine back once Drive has confirmed everything, if that is wanted.

    Args:
        project: What must be safe first.
        when_safe: False keeps the machine, and says how to give it back.

    Raises:
        DriveError: something would be lost; the machine is kept.
        Stopped: the user has interrupted the wait; the machine is kept.
    """
    line = displayed_line()
    if not colab.in_colab():
        line(Note(message=_("This is no machine of Colab's: there is nothing to give back.")))
        return
    if not when_safe:
        stays = _("The machine stays yours. To give it back, tick the box of this cell.")
        line(Note(message=stays))
        return
    with stoppable(_("Stopped: the machine is still yours. Run this cell again to give it back.")):
        release_when_safe(given_or_open(project), on_event=line)


def given_or_open(project: Project | None = None) -> Project:
    """Returns the project of a step: the one given, else the one that stands in the form.

    One that was not open yet is opened, with a word about how far it is.
    """
    if project is not None:
        mounts.require_answer(project.path, on_event=_show_event)
        kernel_state.current.use(project)
        return project
    form = kernel_state.current.project_form or ProjectForm()
    kernel_state.current.project_form, project = form, form.project
    if kernel_state.current.use(project):
        _welcome(project)
    else:
        mounts.require_answer(project.path, on_event=_show_event)
    return project


def shown(name: str, form: AnyForm) -> AnyForm:
    kernel_state.current.keep(name, form)
    return form


@contextmanager
def stoppable(message: str) -> Iterator[None]:
    """Turns an interrupt into one friendly line."""
    try:
        yield
    except KeyboardInterrupt:
        raise Stopped(message) from None


def welcome(project: Project) -> str:
    """Returns what to say when a project is opened: that it is new, or how far it is.

    Raises:
        CheckpointError: the project has saved states, and none of them is valid.
    """
    name = project.path.name
    if not project.settings_file.exists():
        return _("A new project: {name}.", name=name)
    state = restore.status(project)
    if state["step"] is None:
        return _("Welcome back: {name} is not trained yet.", name=name)
    epochs, done = state["options"].get("epochs", "?"), state["epochs_done"]
    step = wording.count(state["step"])
    if done == epochs:
        return _(
            "Welcome back: all {count} epochs are done ({name}, step {step}). Set more of them to"
            " go on.",
            count=epochs,
            name=name,
            step=step,
        )
    return _(
        "Welcome back: continue at epoch {n} of {count} ({name}, step {step}).",
        n=done + 1,
        count=epochs,
        name=name,
        step=step,
    )


def _welcome(project: Project) -> None:
    mounts.require_answer(project.path, on_event=_show_event)
    space = "".join(f" {name}: {value}." for name, value in machine.drive_space().items())
    _show_event(Note(message=welcome(project) + space))
    if project.settings_file.exists():
        language_choice.keep(project)


def displayed_line(project: Project | None = None) -> ProgressLine:
    """Returns a listener for what a step says; it stands below the cell from here on."""
    line = ProgressLine(project)
    display(line)
    return line


def _show_event(event: Event) -> None:
    displayed_line()(event)
