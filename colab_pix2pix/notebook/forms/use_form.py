"""The form for predictions: which images or video the trained model shall see, and how."""

from __future__ import annotations

from pathlib import Path

import ipywidgets as widgets

from ...config import UseConfig
from ...filenames import typed_path, typed_text
from ...languages import N_, _
from ...project import Project
from .. import style
from . import file_upload
from .base import Form
from .fields import LABEL_WIDTH

_HELP = N_("The path of a picture, a folder of them or a video. Empty: crops it has not learned.")


class UseForm(Form[UseConfig]):
    """Which images or video the predictions are made of. Left empty: crops it has not learned.

    Args:
        project: Whose model is used; its name stands in the form, and what is chosen besides the
            picture or the video is kept there.

    Example:
        >>> form = UseForm()
        >>> form.source.value = " hand.jpg "
        >>> form.path.as_posix(), form.config.smooth
        ('hand.jpg', 0.0)
    """

    def __init__(self, project: Project | None = None) -> None:
        self.source = widgets.Text(
            description=_("Picture or video"),
            layout={"width": "640px", "max_width": "100%"},
            style={"description_width": LABEL_WIDTH},
        )
        self.source.add_class("cp-box").add_class("cp-picture")
        self.upload = file_upload.checkbox()
        super().__init__(UseConfig(), project=project, title=_("What shall it see?"))

    def _above(self) -> list[widgets.Widget]:
        help_lines = style.line(_(_HELP), "help") + style.line(file_upload.help_text(), "help")
        row = widgets.VBox([self.source, widgets.HTML(help_lines)]).add_class("cp-field")
        zone = file_upload.zone(
            self._project, lambda path: setattr(self.source, "value", path), self.errors
        )
        return [row, self.upload, zone]

    @property
    def path(self) -> Path | None:
        """The image, the folder or the video, or None where the box is empty.

        Raises:
            OptionError: it is a link, or no path that a disk can have.
        """
        text = typed_text(self.source.value)
        return typed_path(text, "source") if text else None
