"""The form for the video, with a look at what a link leads to before it is fetched."""

from __future__ import annotations

import io

import ipywidgets as widgets
from PIL import Image

from ..config import VideoConfig
from ..project import Project
from ..storage import drive
from ..video.look_up import Found, look_up
from . import looks, pictures, uploads
from .fields import LABEL_WIDTH
from .form import Form


class VideoForm(Form[VideoConfig]):
    """Which video to take. Left empty, it is the time-lapse that comes along.

    Example:
        >>> form = VideoForm()
        >>> form.value = {"source": " https://example.org/flowers.mp4 "}
        >>> form.config.source
        'https://example.org/flowers.mp4'
    """

    def __init__(self, project: Project | None = None) -> None:
        self.upload = uploads.box()
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
        super().__init__(VideoConfig(), project=project, title="Which video?")
        self.look.on_click(self._errors.guard(lambda clicked: self._look()))
        self.formats.observe(self._errors.guard(lambda change: self._take()), names="value")

    def _below(self) -> list[widgets.Widget]:
        elsewhere = looks.line("" if drive.in_colab() else uploads.ELSEWHERE, "help")
        menu = widgets.VBox([self.formats]).add_class("cp-field")
        return [self.upload, widgets.HTML(elsewhere), self.look, self.found, menu]

    def _look(self) -> None:
        self.found.value = looks.line("Looking …")
        self.formats.layout.display = "none"
        try:
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
            size = looks.size(one.bytes) if one.bytes else ""
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
        known["Length"] = looks.duration(found.duration_seconds)
    if found.height:
        known["Picture"] = f"{found.width}×{found.height}"
    if found.size_bytes:
        known["To fetch"] = looks.size(found.size_bytes)
    picture = ""
    if found.thumbnail:
        with Image.open(io.BytesIO(found.thumbnail)) as opened:
            picture = f'<img alt="" src="{pictures.data_address(opened.convert("RGB"))}">'
    return looks.line(found.title, "text") + looks.facts(known) + picture
