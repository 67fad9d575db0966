"""The form for the video or the pictures, with a look at what is there before it is fetched."""

from __future__ import annotations

import dataclasses
import io
from typing import Any

import ipywidgets as widgets
from PIL import Image

from ...config import PicturesConfig, VideoConfig
from ...download.preview import Found, look_up
from ...options import Option, options
from ...project import Project
from ...storage import colab
from .. import inline_images, style
from . import file_upload, image_folder
from .base import Form
from .fields import LABEL_WIDTH, Field, Shared

_LABEL = "Link or path"
_HELP = (
    "A link to a video, or the path of a video, or of a folder or a zip of pictures. Empty: the"
    " time-lapse that comes along."
)

_PAIRS = [
    ("no, each picture stands for itself", "no"),
    ("yes: B is made from A", "AtoB"),
    ("yes: A is made from B", "BtoA"),
]


class VideoForm(Form[VideoConfig]):
    """Which video to take, or which pictures. Left empty: the time-lapse that comes along.

    Example:
        >>> form = VideoForm()
        >>> form.value = {"source": " https://example.org/flowers.mp4 "}
        >>> form.config.source
        'https://example.org/flowers.mp4'
    """

    def __init__(self, project: Project | None = None) -> None:
        self.upload = file_upload.box()
        self.look = widgets.Button(description="Look first", layout={"width": "10em"})
        self.look.add_class("cp-look")
        self.found = widgets.HTML().add_class("cp-found")
        self.formats = widgets.Dropdown(
            description="Take",
            options=[("automatic", "auto")],
            style={"description_width": LABEL_WIDTH},
            layout={"width": "640px", "max_width": "100%", "display": "none"},
        )
        self.formats.add_class("cp-box").add_class("cp-formats")
        known = project.recall(PicturesConfig) if project else PicturesConfig()
        about = options(PicturesConfig)["pairs"]
        self.pairs = Field(PicturesConfig, "pairs", about, known.pairs, Shared())
        self.pairs.box.options, self.pairs.box.value = _PAIRS, known.pairs
        super().__init__(VideoConfig(), project=project, title="Which video or pictures?")
        self._follow()
        self.pairs.on_change(self._errors.guard(lambda change: self._changed()))
        self.look.on_click(self._errors.guard(lambda clicked: self._look()))
        self.formats.observe(self._errors.guard(lambda change: self._take()), names="value")

    @property
    def pictures_config(self) -> PicturesConfig:
        """What a folder or a zip of pictures holds; it counts only where the source is one."""
        return PicturesConfig(pairs=self.pairs.value)

    def remember(self) -> None:
        """Stores the options in the project, and what its pictures are."""
        if self._project is not None:
            self._project.remember(self.config, self.pictures_config)

    def _options(self) -> dict[str, Option]:
        about = options(VideoConfig)
        source = dataclasses.replace(about["source"], label=_LABEL, help=_HELP)
        return about | {"source": source}

    def _changed(self) -> None:
        super()._changed()
        self._follow()

    def _follow(self) -> None:
        """Shows the boxes that count for this source, and what is wrong with a path."""
        fields: dict[str, Any] = self._fields
        source = fields["source"].value
        place = image_folder.place_of(source)
        pictures_there = place is not None and place.exists()
        self.pairs.row.layout.display = "flex" if pictures_there else "none"
        for name in ("start", "end"):
            fields[name].row.layout.display = "none" if pictures_there else "flex"
        if fields["source"].check() and (words := image_folder.complaint(source, self.pairs.value)):
            if self._project is not None and self._project.dataset_zip.exists():
                words += " The crops that the project has of it are used all the same."
            fields["source"].message.value = style.line(words, "wrong")

    def _below(self) -> list[widgets.Widget]:
        menu = widgets.VBox([self.formats]).add_class("cp-field")
        return [self.look, self.found, menu]

    def _where(self) -> widgets.Widget:
        words = file_upload.IN_COLAB if colab.in_colab() else file_upload.ELSEWHERE
        line = widgets.HTML(style.line(words, "help"))
        return widgets.VBox([line]).add_class("cp-field")

    def _rows(self, title: str, hint: str) -> list[widgets.Widget]:
        rows = super()._rows(title, hint)
        place = rows.index(self._fields["source"].row) + 1
        return [*rows[:place], self.pairs.row, self._where(), self.upload, *rows[place:]]

    def _look(self) -> None:
        self.found.value = style.line("Looking …")
        self.formats.layout.display = "none"
        try:
            if place := image_folder.place_of(self.config.source):
                self.found.value = image_folder.described(place, self.pairs.value)
                return
            found = look_up(self.config.source, self.config)
        except BaseException:
            self.found.value = ""
            raise
        self.found.value = _as_html(found)
        self._offer(found)

    def _offer(self, found: Found) -> None:
        pairs = [("automatic: the smallest that is high enough", "auto")]
        for one in found.formats:
            if one.codec == "none":
                continue  # sound alone
            size = style.size(one.bytes) if one.bytes else ""
            parts = [f"{one.width}×{one.height}" if one.height else one.note, one.codec, size]
            pairs.append((", ".join([*filter(None, parts), f"format {one.id}"]), one.id))
        wanted = self.config.format
        self.formats.options = pairs
        self.formats.value = wanted if wanted in [value for _, value in pairs] else "auto"
        self.formats.layout.display = "flex" if len(pairs) > 2 else "none"

    def _take(self) -> None:
        if self.formats.value:
            self.value = {"format": self.formats.value}


def _as_html(found: Found) -> str:
    known: dict[str, object] = {}
    if found.duration_seconds:
        known["Length"] = style.duration(found.duration_seconds)
    if found.height:
        known["Picture"] = f"{found.width}×{found.height}"
    if found.size_bytes:
        known["To fetch"] = style.size(found.size_bytes)
    picture = ""
    if found.thumbnail:
        with Image.open(io.BytesIO(found.thumbnail)) as opened:
            picture = f'<img alt="" src="{inline_images.data_address(opened.convert("RGB"))}">'
    return style.line(found.title, "text") + style.facts(known) + picture
