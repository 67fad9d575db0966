"""The steps that show a training to others."""

from __future__ import annotations

from pathlib import Path

from IPython.display import display

from ...events import Note
from ...project import Project
from .. import kernel_state
from ..forms import ShareForm
from ..panels.share_view import share_view
from .opening import displayed_line, given_or_open, shown, stoppable


def choose_sharing(project: Project | None = None) -> ShareForm:
    """Returns the form for the title and the signature of what is shared, to be shown."""
    return shown("share_form", ShareForm(given_or_open(project)))


def share(project: Project | None = None, form: ShareForm | None = None) -> list[Path]:
    """Shows a film of the training, a sheet of pictures and the live page; returns their files.

    Args:
        project: Its folder `share` gets them.
        form: What stands on them.

    Raises:
        CheckpointError: nothing is trained yet.
        OptionError: no file fits into so few megabytes.
    """
    from ...workflows.sharing.share import share as write

    project = given_or_open(project)
    form = form or kernel_state.current.get("share_form") or ShareForm(project)
    line = displayed_line(project)
    with stoppable("Stopped: run this cell again to share it."):
        line(Note(message="Making the film, the sheet and the page: up to a minute."))
        files = write(project, config=form.config, on_event=line)
    display(share_view(files, project.path.name))
    return files
