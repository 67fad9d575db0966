"""The steps that choose what is shown of a training, and show it to others."""

from __future__ import annotations

from pathlib import Path

from IPython.display import display

from ...events import Note
from ...languages import _
from ...project import Project
from .. import kernel_state
from ..forms import ShareForm
from ..panels.choice_view import ChoiceView
from ..panels.share_view import share_view
from .opening import displayed_line, given_or_open, shown, stoppable

_PICTURES = 4


def choose_state(project: Project | None = None) -> None:
    """Shows what each saved state makes of a few crops; a click makes one the one that counts.

    Args:
        project: Its two newest states and its milestones are shown.

    Raises:
        CheckpointError: nothing is trained yet.
    """
    from ...workflows.sharing.choosing import draw_states

    project = given_or_open(project)
    line = displayed_line(project)
    with stoppable(_("Stopped: run this cell again to choose.")):
        drawing = _("Drawing what each saved state makes: a few seconds for each.")
        line(Note(message=drawing))
        drawn = draw_states(project, _PICTURES, on_event=line)
    display(ChoiceView(project, drawn))


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
    with stoppable(_("Stopped: run this cell again to share it.")):
        making = _("Making the film, the sheet and the page: up to a minute.")
        line(Note(message=making))
        files = write(project, config=form.config, on_event=line)
    display(share_view(files, project.path.name))
    return files
