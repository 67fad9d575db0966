"""The forms of the notebook: which project, which video, how to cut it, how to train."""

from __future__ import annotations

from pathlib import Path

import ipywidgets as widgets

from ..config import FramesConfig
from ..project import Project
from .drawing import draw_crops
from .form import Form
from .project_form import ProjectForm
from .train_form import TrainForm
from .use_form import UseForm
from .video_form import VideoForm

_FIRST_LOOK = FramesConfig(count=300)  # enough to see that all works, and quick to train on

__all__ = ["Form", "FramesForm", "ProjectForm", "TrainForm", "UseForm", "VideoForm"]


class FramesForm(Form[FramesConfig]):
    """How crops are cut out of a video.

    Args:
        project: Where the options are stored.
        video: Where given, a drawing shows where the crops lie in one of its frames.

    Example:
        >>> FramesForm().config.scale
        '-1:256'
    """

    def __init__(self, project: Project | None = None, video: Path | None = None) -> None:
        self._video = video
        self._drawn: FramesConfig | None = None
        self.drawing = widgets.Image(format="jpeg", layout={"display": "none", "max_width": "100%"})
        self.drawing.add_class("cp-drawing")
        super().__init__(_FIRST_LOOK, project=project, title="How to cut it up?")
        self._errors.guard(lambda change: self._draw())(None)

    def _below(self) -> list[widgets.Widget]:
        return [self.drawing]

    def _changed(self) -> None:
        super()._changed()
        if self.valid:
            self._draw()

    def _draw(self) -> None:
        """Draws the crops anew when an option has changed that moves them."""
        wanted = self.config.replace(count=1, image_format="jpg")
        if self._video is None or wanted == self._drawn:
            return
        self._drawn = wanted
        self.drawing.value = draw_crops(self._video, wanted)
        self.drawing.layout.display = "block"
