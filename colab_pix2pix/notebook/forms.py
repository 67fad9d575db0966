"""The forms of the notebook: which project, which video, how to cut it, how to train."""

from __future__ import annotations

from pathlib import Path

import ipywidgets as widgets

from ..config import PRESETS, FramesConfig, TrainConfig, VideoConfig
from ..project import Project
from .drawing import draw_crops
from .fields import LABEL_WIDTH
from .form import Form
from .project_form import ProjectForm

_FIRST_LOOK = FramesConfig(count=300)  # enough to see that all works, and quick to train on

__all__ = ["Form", "FramesForm", "ProjectForm", "TrainForm", "VideoForm"]


class VideoForm(Form[VideoConfig]):
    """Which video to take. Left empty, it is the time-lapse that comes along.

    Example:
        >>> form = VideoForm()
        >>> form.value = {"source": " https://example.org/flowers.mp4 "}
        >>> form.config.source
        'https://example.org/flowers.mp4'
    """

    def __init__(self, project: Project | None = None) -> None:
        super().__init__(VideoConfig(), project=project, title="Which video?")


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


class TrainForm(Form[TrainConfig]):
    """How to train. A preset fills the boxes; any of them can be changed afterwards.

    Example:
        >>> form = TrainForm()
        >>> form.preset.value, form.config.base_filters
        ('quick', 8)
        >>> form.preset.value = "paper"
        >>> form.config.base_filters
        64
        >>> form.value = {"epochs": 7}
        >>> form.preset.value
        ''
    """

    def __init__(self, project: Project | None = None) -> None:
        pairs = [(f"{name}: {about}", name) for name, (about, _) in PRESETS.items()]
        self.preset = (
            widgets.Dropdown(
                description="Preset",
                options=[*pairs, ("my own: the boxes below", "")],
                style={"description_width": LABEL_WIDTH},
                layout={"width": "640px", "max_width": "100%"},
            )
            .add_class("cp-box")
            .add_class("cp-preset")
        )
        super().__init__(PRESETS["quick"][1], project=project, title="How to train?")
        self._name_preset()
        self.preset.observe(self._errors.guard(lambda change: self._fill_in()), names="value")

    def _above(self) -> list[widgets.Widget]:
        return [widgets.VBox([self.preset]).add_class("cp-field")]

    def _fill_in(self) -> None:
        if self.preset.value:
            self.value = PRESETS[self.preset.value][1]

    def _changed(self) -> None:
        super()._changed()
        self._name_preset()

    def _name_preset(self) -> None:
        """Lets the menu show the preset that the boxes hold, or none of them."""
        values = self.value
        names = [n for n, (_, preset) in PRESETS.items() if vars(preset) == values]
        self.preset.value = names[0] if names else ""
