"""What a trained model makes of pictures, side by side, and the results to take away."""

from __future__ import annotations

import base64
import io
import shutil
import tempfile
import zipfile
from collections.abc import Sequence
from pathlib import Path

import ipywidgets as widgets
from PIL import Image

from ... import wording
from ...config import TrainConfig
from ...dataset.manifest import IMAGE_SUFFIXES, Dataset
from ...events import OnEvent
from ...images import blurred_grey_input
from ...project import Project
from ...spacing import evenly_chosen
from .. import inline_images, style
from .results import small_video

MOST_SHOWN = 12
_HELD_OUT = 4
_SIDE = 256
_DOWNLOAD_BYTES = 8_000_000
_OF_VIDEO = "Left: your video. Right: what the network makes of it. Shown are its first 20 seconds."


def make(
    project: Project, source: Path | None, dataset: Dataset, *, on_event: OnEvent
) -> list[tuple[Path, Path]]:
    """Runs the trained model on pictures or a video; returns pairs: what it saw, what it made.

    Args:
        project: Its model is used; results are put into its folder `made`.
        source: A picture, a folder or a video; None takes a few held-out crops.
        dataset: Where held-out crops lie.
        on_event: Told Progress in pictures or frames.

    Raises:
        CheckpointError: nothing is trained yet.
        DatasetError: there is no picture at `source`.
        VideoError: the video can't be decoded.
    """
    from ...workflows.apply import apply, pairs_of

    target = project.path / "made"
    if source is None:
        return _of_crops(project, dataset, target, on_event)
    if source.is_file() and source.suffix.lower() not in IMAGE_SUFFIXES:
        video = target / f"{source.stem}.mp4"
        both = apply(project, source, video, side_by_side=True, on_event=on_event)
        return [(source, made) for made in both]
    if not source.is_dir():
        target = target / f"{source.stem}.png"
    apply(project, source, target, on_event=on_event)
    return pairs_of(source, target)


def _of_crops(
    project: Project, dataset: Dataset, target: Path, on_event: OnEvent
) -> list[tuple[Path, Path]]:
    from ...workflows.apply import apply

    held_out = [crop for crop in dataset.kept if crop.split == "test"] or list(dataset.kept)
    chosen = evenly_chosen(held_out, _HELD_OUT)
    files = [crop.input_file or crop.file for crop in chosen]
    with tempfile.TemporaryDirectory() as seen:
        for file in files:
            shutil.copyfile(dataset.directory / file, Path(seen) / Path(file).name)
        made = apply(project, seen, target, on_event=on_event)
    by_stem = {Path(file).stem: dataset.directory / file for file in files}
    return [(by_stem[result.stem], result) for result in made]


def view(pairs: Sequence[tuple[Path, Path]], config: TrainConfig) -> widgets.VBox:
    """Returns each picture beside what the network sees of it and what it makes of that.

    Args:
        pairs: What `make` has returned.
        config: The options that the model was trained with.
    """
    blurred = config.condition == "blurred-grey" and config.channels_fed == 1
    rows = [style.style(), widgets.HTML(style.line("What it makes of them", "title"))]
    words = "Your picture, what the network sees of it, its picture."
    words = words if blurred else "Your picture, its picture."
    of_video = pairs[0][1].suffix == ".mp4"
    rows.append(widgets.HTML(style.line(_OF_VIDEO if of_video else words)))
    for source, result in pairs[:MOST_SHOWN]:
        if of_video:
            rows.append(_video(result))
            continue
        strip = _strip(source, result, config.blur_factor if blurred else None)
        image = widgets.Image(value=strip, format="jpeg", layout={"max_width": "100%"})
        rows.append(image.add_class("cp-made"))
    if len(pairs) > MOST_SHOWN:
        rows.append(widgets.HTML(style.line(f"And {len(pairs) - MOST_SHOWN} more.")))
    rows.append(widgets.HTML(_download(pairs)))
    folder = wording.path_in_words(pairs[0][1].parent)
    rows.append(widgets.HTML(style.line(f"All are in {folder}", "good")))
    return widgets.VBox(rows).add_class("cp").add_class("cp-panel").add_class("cp-use")


def _video(result: Path) -> widgets.Video:
    """Returns the first seconds of a video, small enough for a notebook."""
    small, layout = small_video(result), {"max_width": "100%"}
    video = widgets.Video(value=small, format="mp4", autoplay=False, loop=True, layout=layout)
    return video.add_class("cp-made-video")


def _strip(source: Path, result: Path, blur_factor: float | None) -> bytes:
    seen = inline_images.centre_square(source, _SIDE)
    parts = [seen] if blur_factor is None else [seen, blurred_grey_input(seen, blur_factor)]
    parts.append(inline_images.centre_square(result, _SIDE))
    strip = Image.new("RGB", (len(parts) * (_SIDE + 8) - 8, _SIDE), (128, 128, 128))
    for place, part in enumerate(parts):
        strip.paste(part, (place * (_SIDE + 8), 0))
    stream = io.BytesIO()
    strip.save(stream, "JPEG", quality=85)
    return stream.getvalue()


def _download(pairs: Sequence[tuple[Path, Path]]) -> str:
    """Returns a link that holds the results as a zip; a sentence where they are too many."""
    results = [result for _, result in pairs]
    if sum(path.stat().st_size for path in results) > _DOWNLOAD_BYTES:
        return style.line("They are too large to download from here: take them from the folder.")
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        for path in results:
            archive.writestr(path.name, path.read_bytes())  # a Drive may tell no date
    content = base64.b64encode(stream.getvalue()).decode()
    address = f"data:application/zip;base64,{content}"
    return f'<a class="cp-download" download="made.zip" href="{address}">Download the results</a>'
