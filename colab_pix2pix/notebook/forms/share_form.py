"""The form for what is shown to others: a title and a signature."""

from __future__ import annotations

from ...config import ShareConfig
from ...languages import _
from ...project import Project
from .base import Form


class ShareForm(Form[ShareConfig]):
    """What stands on the film, the sheet and the page that are shown to others.

    Args:
        project: Where given, what was typed is kept there.

    Example:
        >>> form = ShareForm()
        >>> form.value = {"signature": "by Ada"}
        >>> form.config.signature
        'by Ada'
    """

    def __init__(self, project: Project | None = None) -> None:
        super().__init__(ShareConfig(), project=project, title=_("What shall stand on it?"))
