"""The form for predictions: which images or video the trained model shall see."""

from __future__ import annotations

from pathlib import Path

import ipywidgets as widgets

from ...filenames import typed_path, typed_text
from ...project import Project
from .. import style
from . import file_upload
from .fields import LABEL_WIDTH

_HELP = "The path of a picture, a folder of them or a video. Empty: crops it has not learned."


class UseForm(widgets.VBox):  # type: ignore[misc]
    """Which images or video the predictions are made of. Left empty: crops it has not learned.

    Args:
        project: Whose model is used; its name stands in the form.

    Example:
        >>> form = UseForm()
        >>> form.source.value = " hand.jpg "
        >>> form.path.as_posix()
        'hand.jpg'
    """

    def __init__(self, project: Project | None = None) -> None:
        self.source = widgets.Text(
            description="Picture or video",
            layout={"width": "640px", "max_width": "100%"},
            style={"description_width": LABEL_WIDTH},
        )
        self.source.add_class("cp-box").add_class("cp-picture")
        self.upload = file_upload.checkbox()
        help_lines = style.line(_HELP, "help") + style.line(file_upload.help_text(), "help")
        row = widgets.VBox([self.source, widgets.HTML(help_lines)]).add_class("cp-field")
        name = project.path.name if project else ""
        title = widgets.HTML(style.title("What shall it see?", name))
        hint = widgets.HTML(style.line("Then run the next cell.", "hint"))
        super().__init__([style.style_sheet(), title, row, self.upload, hint])
        self.add_class("cp").add_class("cp-form").add_class("cp-form-use")

    @property
    def path(self) -> Path | None:
        """The image, the folder or the video, or None where the box is empty.

        Raises:
            OptionError: it is a link, or no path that a disk can have.
        """
        text = typed_text(self.source.value)
        return typed_path(text, "source") if text else None
