"""The forms of the notebook: which project, which video, how to cut it, how to train."""

from __future__ import annotations

from pathlib import Path

import ipywidgets as widgets
from PIL import Image

from ..config import FramesConfig, VideoConfig
from ..project import Project
from . import looks, own
from .drawing import draw_crops, draw_squares
from .form import Form
from .project_form import ProjectForm
from .train_form import TrainForm
from .use_form import UseForm
from .video_form import VideoForm

_FIRST_LOOK = FramesConfig(count=300)  # enough to see that all works, and quick to train on
_OF_PICTURES = ("count", "scale", "crops", "random_seed", "image_format")
_NEVER_CUT = (
    "Pairs are never cut: each picture becomes a square, as many pixels wide as the number in"
    " Scaling."
)

__all__ = ["Form", "FramesForm", "ProjectForm", "TrainForm", "UseForm", "VideoForm"]


class FramesForm(Form[FramesConfig]):
    """How crops are cut out of a video, or out of one's own pictures.

    Args:
        project: Where the options are stored.
        video: Where given, a drawing shows where the crops lie in one of its frames. For a folder
            or a zip of pictures, boxes that do not count are hidden.

    Example:
        >>> FramesForm().config.scale
        '-1:256'
    """

    def __init__(self, project: Project | None = None, video: Path | None = None) -> None:
        source = video or (project.recall(VideoConfig).source if project else "")
        self._pictures = own.place_of(source)
        self._pairs = own.pairs_of(project)
        self._video = video
        self._drawn: FramesConfig | None = None
        self._picture: Image.Image | None = None
        self.drawing = widgets.Image(format="jpeg", layout={"display": "none", "max_width": "100%"})
        self.drawing.add_class("cp-drawing")
        super().__init__(_FIRST_LOOK, project=project, title="How to cut it up?")
        if self._pictures is not None:
            counts = _OF_PICTURES if self._pairs == "no" else ("scale",)
            for name, field in self._fields.items():
                field.row.layout.display = "flex" if name in counts else "none"
        self._errors.guard(lambda change: self._draw())(None)

    def _below(self) -> list[widgets.Widget]:
        never_cut = "" if self._pairs == "no" else looks.line(_NEVER_CUT, "hint")
        return [widgets.HTML(never_cut), self.drawing]

    def _changed(self) -> None:
        super()._changed()
        if self.valid:
            self._draw()

    def _draw(self) -> None:
        """Draws the crops anew when an option has changed that moves them."""
        wanted = self.config.replace(count=1, image_format="jpg")
        if self._video is None or self._pairs != "no" or wanted == self._drawn:
            return
        self._drawn = wanted
        if self._pictures is not None:
            self._picture = self._picture or own.found_at(self._pictures, "no")[0][0].image()
            self.drawing.value = draw_squares(self._picture, wanted)
        else:
            self.drawing.value = draw_crops(self._video, wanted)
        self.drawing.layout.display = "block"
