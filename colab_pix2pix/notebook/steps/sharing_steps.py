"""The steps that choose what is shown of a training, and show it to others."""

from __future__ import annotations

from pathlib import Path

from IPython.display import display

from ...config import ShareConfig
from ...events import Note, OnEvent
from ...languages import _
from ...project import Project
from .. import kernel_state
from ..forms import ShareForm
from ..panels.choice_view import ChoiceView
from ..panels.share_view import share_view
from ..small_model import model_for_page
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

    Where a small model is wanted and made, the page is of that.

    Args:
        project: Its folder `share` gets them.
        form: What stands on them.

    Raises:
        CheckpointError: nothing is trained yet.
        OptionError: no file fits into so few megabytes.
    """
    project = given_or_open(project)
    form = form or kernel_state.current.get("share_form") or ShareForm(project)
    line = displayed_line(project)
    with stoppable(_("Stopped: run this cell again to share it.")):
        making = _("Making the film, the sheet and the page: up to a minute.")
        line(Note(message=making))
        files = _share(project, form.config, line)
    display(share_view(files, project.path.name))
    return files


def _share(project: Project, config: ShareConfig, on_event: OnEvent) -> list[Path]:
    from ...workflows.sharing.share import share as write

    page_of = model_for_page(project, on_event=on_event)
    if page_of == project:
        return write(project, config=config, on_event=on_event)
    titled = config.replace(title=config.title or project.path.name)
    files = write(project, config=titled, kinds=("gif", "mp4", "png"), on_event=on_event)
    return files + write(page_of, project.shared, config=titled, kinds=("html",), on_event=on_event)
