"""The form for crops: how many, how large, and where they lie in a frame."""

from __future__ import annotations

from pathlib import Path

import ipywidgets as widgets
from PIL import Image

from ...config import FramesConfig, VideoConfig
from ...languages import N_, _
from ...project import Project
from .. import image_folder, style
from ..several_videos import SeveralVideos
from . import own_square
from .base import Form
from .crop_preview import draw_crops, draw_crops_of_image
from .fields import LABEL_WIDTH
from .film_strip import FilmStrip

_SUGGESTED = FramesConfig(count=300)  # enough to see that all works, and quick to train on
_OPTIONS_OF_IMAGES = ("count", "scale", "crops", "shape", "region", "random_seed", "image_format")
_NEVER_CUT = N_("Pairs are never cut up: each picture gets this size, and the shape below.")
_SIZES = {f"-1:{pixels}": pixels for pixels in (128, 256, 512, 1024)}
_DRAG = N_("Drag over the picture to cut out only that. It counts for every frame.")
_SIZE_HELP = N_(
    "How high a frame is made before it is cut: in a wide video, the height of the crops."
)


class FramesForm(Form[FramesConfig]):
    """How crops are cut out of a video, or out of the images of a folder.

    Args:
        project: Where the options are stored.
        video: Where given, a drawing shows where the crops lie in one of its frames, over which a
            crop of one's own can be dragged, and a film strip where to begin and to stop. For a
            folder or a zip of images, boxes that do not count are hidden; of several videos, it is
            the first.

    Attributes:
        strip: The film strip; None without a video.
        whole_frame: The button that takes an own crop back.

    Example:
        >>> FramesForm().config.scale
        '-1:256'
    """

    def __init__(
        self, project: Project | None = None, video: Path | SeveralVideos | None = None
    ) -> None:
        if isinstance(video, SeveralVideos):
            video = video.paths[0]
        source = video or (project.recall(VideoConfig).source if project else "")
        self._image_folder = image_folder.folder_named_by(source)
        self._pairing = image_folder.pairing_of(project)
        self._video = video
        self._drawn_config: FramesConfig | None = None
        self._first_image: Image.Image | None = None
        sizes = [(_("{n} pixels", n=pixels), scale) for scale, pixels in _SIZES.items()]
        self.size = widgets.Dropdown(
            description=_("Size"),
            options=[*sizes, (_("another: the box below"), "")],
            style={"description_width": LABEL_WIDTH},
            layout={"width": "340px", "max_width": "100%"},
        )
        self.size.add_class("cp-box").add_class("cp-size")
        self.drawing = widgets.Image(format="jpeg", layout={"display": "none", "max_width": "100%"})
        self.drawing.add_class("cp-drawing")
        own = {"width": "auto", "align_self": "flex-start"}
        self.whole_frame = widgets.Button(description=_("Take the own crop back"), layout=own)
        self.whole_frame.add_class("cp-no-region")
        self._dragging = widgets.VBox([])
        self.strip: FilmStrip | None = None
        self._strip_place = widgets.VBox([])
        super().__init__(_SUGGESTED, project=project, title=_("How to cut it up?"))
        if self._image_folder is not None:
            used = _OPTIONS_OF_IMAGES if self._pairing == "no" else ("scale", "shape")
            for name, field in self.fields.items():
                field.row.layout.display = "flex" if name in used else "none"
        self._select_size()
        self.size.observe(self.errors.guard(lambda change: self._use_size()), names="value")
        self.whole_frame.on_click(
            self.errors.guard(lambda clicked: setattr(self, "value", {"region": ""}))
        )
        self.errors.guard(lambda change: self._show_video())(None)

    def _above(self) -> list[widgets.Widget]:
        text = _(_SIZE_HELP) if self._pairing == "no" else _(_NEVER_CUT)
        line = widgets.HTML(style.line(text, "help"))
        return [widgets.VBox([self.size, line]).add_class("cp-field")]

    def _below(self) -> list[widgets.Widget]:
        return [self._strip_place, self.drawing, self._dragging]

    def _grouped(self, names: list[str]) -> list[widgets.Widget]:
        """Returns the folded rows; with a drawing, the own crop stands below that instead."""
        if self._video is not None and self._pairing == "no":
            names = [name for name in names if name != "region"]
        return super()._grouped(names)

    def _show_video(self) -> None:
        """Shows the film strip and the drawing."""
        if self._video is not None and self._image_folder is None:
            self.strip = FilmStrip(self._video, self._use_part, self.errors.guard)
            self._strip_place.children = [self.strip]
            self.strip.show(self.config.start, self.config.end)
        self._draw()

    def _use_part(self, moved: dict[str, str]) -> None:
        self.value = moved

    def _use_size(self) -> None:
        if self.size.value:
            self.value = {"scale": self.size.value}
        self._show_scale()

    def _select_size(self) -> None:
        """Lets the menu show the size that the box holds, or another."""
        scale = self.fields["scale"].value
        self.size.value = scale if scale in _SIZES else ""
        self._show_scale()

    def _show_scale(self) -> None:
        self.fields["scale"].row.layout.display = "none" if self.size.value else "flex"

    def _changed(self) -> None:
        super()._changed()
        if self.size.value:  # else somebody is typing
            self._select_size()
        if self.valid:
            if self.strip is not None:
                self.strip.show(self.config.start, self.config.end)
            self._draw()

    def _draw(self) -> None:
        """Draws the crops anew when an option has changed that moves them."""
        config = self.config.replace(count=1, image_format="jpg")
        if self._video is None or self._pairing != "no" or config == self._drawn_config:
            return
        self._drawn_config = config
        if not self._dragging.children:
            hint = widgets.HTML(style.line(_(_DRAG), "help"))
            row = widgets.VBox([hint, self.fields["region"].row, self.whole_frame])
            self._dragging.children = [own_square.dragging(), row]
        self.whole_frame.layout.display = "flex" if config.region else "none"
        if self._image_folder is not None:
            if self._first_image is None:
                self._first_image = image_folder.first_image(self._image_folder)
            self.drawing.value = draw_crops_of_image(self._first_image, config)
        else:
            self.drawing.value = draw_crops(self._video, config)
        self.drawing.layout.display = "block"
