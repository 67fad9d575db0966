"""The form for the video or the image folder, with a preview before anything is fetched."""

from __future__ import annotations

import dataclasses
import io
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import ipywidgets as widgets
from PIL import Image

from ... import wording
from ...config import PicturesConfig, VideoConfig, WeightedSource, parse_sources, public_sources
from ...downloader.preview import VideoPreview, preview
from ...downloader.ytdlp import Format
from ...errors import Pix2PixError
from ...filenames import public_link
from ...languages import N_, _
from ...options import Option, options
from ...project import Project
from .. import image_folder, inline_images, style
from . import file_upload
from .base import Form, foldable
from .fields import LABEL_WIDTH, Field, SharedStyles
from .film_strip import FilmStrip, side_by_side
from .two_handles import TwoHandles

_LABEL = N_("Link or path")
_HELP = N_(
    "A link to a video, or the path of a video, or of a folder or a zip of pictures. Empty: the"
    " sample, a short time-lapse. Several videos: a line each; * 2 behind one takes twice as many"
    " crops of it."
)

_STRIP_LATER = N_(
    "The site gives no frames to look through beforehand: begin and end can be dragged on a film"
    " strip once the video is fetched, in the form for the crops."
)

_PAIRS = [
    (N_("no, each picture stands for itself"), "no"),
    (N_("yes: B is made from A"), "AtoB"),
    (N_("yes: A is made from B"), "BtoA"),
]


class VideoForm(Form[VideoConfig]):
    """Which video or image folder to take. Left empty: the sample.

    Example:
        >>> form = VideoForm()
        >>> form.value = {"source": " https://example.org/flowers.mp4 "}
        >>> form.config.source
        'https://example.org/flowers.mp4'
    """

    def __init__(self, project: Project | None = None) -> None:
        self.upload = file_upload.checkbox()
        self.preview_button = widgets.Button(
            description=_("Look first"),
            layout={"width": "auto", "min_width": "10em", "align_self": "flex-start"},
        )
        self.preview_button.add_class("cp-look")
        self.preview = widgets.HTML().add_class("cp-found")
        self.strip: TwoHandles | None = None
        self._strip_place, self._looked_at = widgets.VBox([]), ""
        self.formats = widgets.Dropdown(
            description=_("Take"),
            options=[(_("automatic"), "auto")],
            style={"description_width": LABEL_WIDTH},
            layout={"width": "640px", "max_width": "100%", "display": "none"},
        )
        self.formats.add_class("cp-box").add_class("cp-formats")
        stored = project.recall(PicturesConfig) if project else PicturesConfig()
        styles = SharedStyles()
        self.of_pictures = {
            name: Field(PicturesConfig, name, spec, getattr(stored, name), styles)
            for name, spec in options(PicturesConfig).items()
        }
        self.pairs = self.of_pictures["pairs"]
        self.pairs.box.options = [(_(words), value) for words, value in _PAIRS]
        self.pairs.box.value = stored.pairs
        rest = [field.row for name, field in self.of_pictures.items() if name != "pairs"]
        self._more_of_pictures = widgets.VBox(foldable(rest))
        super().__init__(VideoConfig(), project=project, title=_("Which video or pictures?"))
        self._show_fields()
        for field in self.of_pictures.values():
            field.on_change(self.errors.guard(lambda change: self._changed()))
        self.preview_button.on_click(self.errors.guard(lambda clicked: self._show_preview()))
        self.formats.observe(self.errors.guard(lambda change: self._use_format()), names="value")

    @property
    def pictures_config(self) -> PicturesConfig:
        """What a folder or a zip of images holds; it counts only where the source is one."""
        return PicturesConfig(**{name: f.value for name, f in self.of_pictures.items()})

    @property
    def valid(self) -> bool:
        """True when every box holds a value that its option can take."""
        checks = [field.check() for field in self.of_pictures.values()]
        return super().valid and all(checks)

    def remember(self) -> None:
        """Stores the options in the project, and whether its images are pairs."""
        if self._project is not None:
            self._project.remember(self.config, self.pictures_config)

    def _options(self) -> dict[str, Option]:
        specs = options(VideoConfig)
        source = dataclasses.replace(specs["source"], label=_LABEL, help=_HELP)
        return specs | {"source": source}

    def _changed(self) -> None:
        super()._changed()
        if self.strip is not None and self.config.source != self._looked_at:
            self._show_strip(None)
        self._show_fields()
        self._move_handles()

    def _show_fields(self) -> None:
        """Shows the boxes that count for this source, and what is wrong with a path."""
        fields: dict[str, Any] = self.fields
        source = fields["source"].value
        folder = image_folder.folder_named_by(source)
        of_images = folder is not None and folder.exists()
        for row in (self.pairs.row, self._more_of_pictures):
            row.layout.display = "flex" if of_images else "none"
        for name in ("start", "end"):
            fields[name].row.layout.display = "none" if of_images else "flex"
        if fields["source"].check() and all(f.check() for f in self.of_pictures.values()):
            self._show_problem(image_folder.problem_with(source, self.pictures_config))

    def _show_problem(self, problem: str) -> None:
        source = self.fields["source"].value
        if not problem and (stored := public_sources(source)) != source:
            hint = _(
                "Only {link} is stored: paste the whole link again in a later session.",
                link=stored,
            )
            self.fields["source"].message.value = style.line(hint, "help")
            return
        if problem and self._project is not None and self._project.dataset_zip.exists():
            problem += " " + _("The crops that the project has of it are used all the same.")
        self.fields["source"].message.value = style.line(problem, "wrong")

    def _below(self) -> list[widgets.Widget]:
        menu = widgets.VBox([self.formats]).add_class("cp-field")
        return [self.preview_button, self.preview, self._strip_place, menu]

    def _upload_help(self) -> widgets.Widget:
        line = widgets.HTML(style.line(file_upload.help_text(), "help"))
        return widgets.VBox([line]).add_class("cp-field")

    def _rows(self, title: str, hint: str) -> list[widgets.Widget]:
        rows = super()._rows(title, hint)
        below = rows.index(self.fields["source"].row) + 1
        zone = file_upload.zone(self._project, self._use_source, self.errors)
        added = [self.pairs.row, self._more_of_pictures, self._upload_help(), self.upload, zone]
        return [*rows[:below], *added, *rows[below:]]

    def _show_preview(self) -> None:
        self.preview.value = style.line(_("Looking …"))
        self.formats.layout.display = "none"
        self._show_strip(None)
        try:
            if folder := image_folder.folder_named_by(self.config.source):
                self.preview.value = image_folder.preview_html(folder, self.pictures_config)
                return
            sources = parse_sources(self.config.source)
            if len(sources) > 1:
                self.preview.value = "".join(self._preview_of_each(sources))
                return
            video = preview(sources[0].text if sources else "", self.config)
        except BaseException:
            self.preview.value = ""
            raise
        self.preview.value = _as_html(video)
        self._offer_formats(video)
        self._looked_at = self.config.source
        self._show_strip(_strip_of(video, self._use_part, self.errors.guard))
        if self.strip is None:
            self.preview.value += style.line(_(_STRIP_LATER), "help")

    def _show_strip(self, strip: TwoHandles | None) -> None:
        self.strip = strip
        self._strip_place.children = [strip] if strip is not None else []
        self._move_handles()

    def _move_handles(self) -> None:
        if self.strip is not None and self.valid:
            self.strip.show(self.config.start, self.config.end)

    def _use_part(self, moved: dict[str, str]) -> None:
        self.value = moved

    def _preview_of_each(self, sources: Sequence[WeightedSource]) -> Iterator[str]:
        for source in sources:
            try:
                yield _as_html(preview(source.text, self.config))
            except Pix2PixError as error:  # the others can be looked at all the same
                yield style.line(f"{public_link(source.text)}: {error}", "warning")

    def _use_source(self, source: str) -> None:
        self.value = {"source": source}

    def _offer_formats(self, video: VideoPreview) -> None:
        choices = [(_("automatic: the smallest that is high enough"), "auto")]
        choices += [(_format_label(f), f.id) for f in video.formats if f.codec != "none"]
        wanted = self.config.format
        self.formats.options = choices
        self.formats.value = wanted if wanted in [value for _, value in choices] else "auto"
        self.formats.layout.display = "flex" if len(choices) > 2 else "none"

    def _use_format(self) -> None:
        if self.formats.value:
            self.value = {"format": self.formats.value}


def _strip_of(
    video: VideoPreview,
    choose: Callable[[dict[str, str]], None],
    guard: Callable[[Callable[[Any], None]], Callable[[Any], None]],
) -> TwoHandles | None:
    """Returns a film strip of what was found; None where that would mean to fetch the video."""
    if video.file is not None:
        return FilmStrip(video.file, choose, guard)
    if not video.frames or not video.duration_seconds:
        return None
    film = inline_images.data_url(side_by_side(video.frames))
    return TwoHandles(film, video.duration_seconds, choose, guard)


def _format_label(stream: Format) -> str:
    size = wording.bytes_in_words(stream.bytes) if stream.bytes else ""
    picture = f"{stream.width}×{stream.height}" if stream.height else stream.note
    return ", ".join(
        [*filter(None, [picture, stream.codec, size]), _("format {name}", name=stream.id)]
    )


def _as_html(video: VideoPreview) -> str:
    values: dict[str, object] = {}
    if video.duration_seconds:
        values[_("Length")] = wording.seconds_in_words(video.duration_seconds)
    if video.height:
        values[_("Picture")] = f"{video.width}×{video.height}"
    if video.size_bytes:
        values[_("To fetch")] = wording.bytes_in_words(video.size_bytes)
    image = ""
    if video.thumbnail:
        with Image.open(io.BytesIO(video.thumbnail)) as opened:
            image = f'<img alt="" src="{inline_images.data_url(opened.convert("RGB"))}">'
    return style.line(video.title, "text") + style.named_values(values) + image
