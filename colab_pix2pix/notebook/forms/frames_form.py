"""The form for crops: how many, how large, and where they lie in a frame."""

from __future__ import annotations

from pathlib import Path

import ipywidgets as widgets
from PIL import Image

from ...config import FramesConfig, VideoConfig
from ...project import Project
from .. import image_folder, style
from .base import Form
from .crop_preview import draw_crops, draw_squares
from .fields import LABEL_WIDTH

_FIRST_LOOK = FramesConfig(count=300)  # enough to see that all works, and quick to train on
_OF_PICTURES = ("count", "scale", "crops", "random_seed", "image_format")
_NEVER_CUT = "Pairs are never cut: each picture becomes a square of this size."
_SIZES = [(f"{pixels} pixels", f"-1:{pixels}") for pixels in (128, 256, 512)]
_SIZE_HELP = "How high a frame is made before it is cut: in a wide video, the size of the squares."


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
        self._pictures = image_folder.place_of(source)
        self._pairs = image_folder.pairs_of(project)
        self._video = video
        self._drawn: FramesConfig | None = None
        self._picture: Image.Image | None = None
        self.size = widgets.Dropdown(
            description="Size",
            options=[*_SIZES, ("another: the box below", "")],
            style={"description_width": LABEL_WIDTH},
            layout={"width": "340px", "max_width": "100%"},
        )
        self.size.add_class("cp-box").add_class("cp-size")
        self.drawing = widgets.Image(format="jpeg", layout={"display": "none", "max_width": "100%"})
        self.drawing.add_class("cp-drawing")
        super().__init__(_FIRST_LOOK, project=project, title="How to cut it up?")
        if self._pictures is not None:
            counts = _OF_PICTURES if self._pairs == "no" else ("scale",)
            for name, field in self._fields.items():
                field.row.layout.display = "flex" if name in counts else "none"
        self._name_size()
        self.size.observe(self._errors.guard(lambda change: self._resize()), names="value")
        self._errors.guard(lambda change: self._draw())(None)

    def _above(self) -> list[widgets.Widget]:
        words = _SIZE_HELP if self._pairs == "no" else _NEVER_CUT
        line = widgets.HTML(style.line(words, "help"))
        return [widgets.VBox([self.size, line]).add_class("cp-field")]

    def _below(self) -> list[widgets.Widget]:
        return [self.drawing]

    def _resize(self) -> None:
        if self.size.value:
            self.value = {"scale": self.size.value}
        self._show_scale()

    def _name_size(self) -> None:
        """Lets the menu show the size that the box holds, or another."""
        scale = self._fields["scale"].value
        self.size.value = scale if scale in [value for _, value in _SIZES] else ""
        self._show_scale()

    def _show_scale(self) -> None:
        self._fields["scale"].row.layout.display = "none" if self.size.value else "flex"

    def _changed(self) -> None:
        super()._changed()
        if self.size.value:  # else somebody is typing
            self._name_size()
        if self.valid:
            self._draw()

    def _draw(self) -> None:
        """Draws the crops anew when an option has changed that moves them."""
        wanted = self.config.replace(count=1, image_format="jpg")
        if self._video is None or self._pairs != "no" or wanted == self._drawn:
            return
        self._drawn = wanted
        if self._pictures is not None:
            if self._picture is None:
                self._picture = image_folder.found_at(self._pictures, "no")[0][0].image()
            self.drawing.value = draw_squares(self._picture, wanted)
        else:
            self.drawing.value = draw_crops(self._video, wanted)
        self.drawing.layout.display = "block"
