"""What a trained model makes of images, side by side, and the results to take away."""

from __future__ import annotations

import io
import shutil
import zipfile
from collections.abc import Sequence
from pathlib import Path

import ipywidgets as widgets

from ... import wording
from ...config import TrainConfig, UseConfig, sides
from ...dataset.manifest import Dataset
from ...events import OnEvent
from ...filenames import IMAGE_SUFFIXES
from ...languages import N_, _
from ...litter import temp_folder
from ...project import Project
from ...spacing import evenly_chosen
from ...video.probe import probe
from .. import inline_images, style
from ..large_view import large_view
from . import downloads
from .results import SMALL_VIDEO_SECONDS, small_video

_MOST_SHOWN = 12
_HELD_OUT = 4
_SIDE = 256
_DOWNLOAD_BYTES = 8_000_000
_BESIDE = N_("Left: your video. Right: what the network makes of it.")
_ALONE = N_("What the network makes of your video.")

#: A source and what the network makes of it.
Prediction = tuple[Path, Path]


def predict(
    project: Project,
    source: Path | None,
    dataset: Dataset,
    how: UseConfig = UseConfig(),
    *,
    on_event: OnEvent,
) -> list[Prediction]:
    """Runs the trained model on images or a video.

    Args:
        project: Its model is taken; results are put into its folder `made`.
        source: An image, a folder or a video; None takes a few held-out crops.
        dataset: Where held-out crops lie.
        how: Whole pictures or their centres, and for a video more.
        on_event: Told Progress in pictures or frames.

    Raises:
        CheckpointError: nothing is trained yet.
        DatasetError: there is no image at `source`.
        VideoError: the video can't be decoded.
    """
    from ...workflows.apply import apply
    from ...workflows.picture_reading import pairs_of

    target = project.path / "made"
    if source is None:
        return _predict_held_out(project, dataset, target, on_event)
    if source.is_file() and source.suffix.lower() not in IMAGE_SUFFIXES:
        video = target / f"{source.stem}.mp4"
        videos = apply(
            project,
            source,
            video,
            whole=how.whole,
            side_by_side=how.side_by_side,
            smooth=how.smooth,
            on_event=on_event,
        )
        return [(source, result) for result in videos]
    if not source.is_dir():
        target = target / f"{source.stem}.png"
    made = set(apply(project, source, target, whole=how.whole, on_event=on_event))
    return [(picture, result) for picture, result in pairs_of(source, target) if result in made]


def _predict_held_out(
    project: Project, dataset: Dataset, target: Path, on_event: OnEvent
) -> list[Prediction]:
    from ...workflows.apply import apply
    from ...workflows.picture_reading import pairs_of

    held_out = [crop for crop in dataset.kept if crop.split == "test"] or list(dataset.kept)
    files = [crop.input_file or crop.file for crop in evenly_chosen(held_out, _HELD_OUT)]
    with temp_folder() as folder:
        for file in files:
            (folder / file).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(dataset.directory / file, folder / file)
        made_of = {result: source for source, result in pairs_of(folder, target)}
        results = apply(project, folder, target, on_event=on_event)
    return [(dataset.directory / made_of[r].relative_to(folder), r) for r in results]


def predictions_view(
    predictions: Sequence[Prediction],
    config: TrainConfig,
    project: str = "",
    how: UseConfig = UseConfig(),
) -> widgets.VBox:
    """Returns each source beside what the network sees of it and what it makes of that.

    Args:
        predictions: What `predict` has returned.
        config: The options that the model was trained with.
        project: The name of the project.
        how: What was given to `predict`.
    """
    rows = [style.style_sheet(), widgets.HTML(style.title(_("What it makes of them"), project))]
    if predictions[0][1].suffix == ".mp4":
        shown = [result for source, result in predictions[:_MOST_SHOWN]]
        longest = max(probe(result).duration_seconds for result in shown)
        text = _(_BESIDE) if how.side_by_side else _(_ALONE)
        if longest > SMALL_VIDEO_SECONDS:
            text += " " + _("Shown are its first {n} seconds.", n=SMALL_VIDEO_SECONDS)
        rows.append(widgets.HTML(style.line(text)))
        rows += map(_player, shown)
    else:
        rows += _image_rows(predictions[:_MOST_SHOWN], config)
    if len(predictions) > _MOST_SHOWN:
        rows.append(widgets.HTML(style.line(_("And {n} more.", n=len(predictions) - _MOST_SHOWN))))
    rows.append(widgets.HTML(_download_link([result for source, result in predictions])))
    folder = wording.path_in_words(predictions[0][1].parent)
    rows.append(widgets.HTML(style.line(_("All are in {folder}", folder=folder), "good")))
    return widgets.VBox(rows).add_class("cp").add_class("cp-panel").add_class("cp-use")


def _image_rows(predictions: Sequence[Prediction], config: TrainConfig) -> list[widgets.Widget]:
    as_it_is = config.condition == "paired" and config.channels_fed == 3
    words = (
        _("Your picture, its picture. A click shows them large, to be compared.")
        if as_it_is
        else _(
            "Your picture, what the network sees of it, its picture. A click shows them large, to"
            " be compared."
        )
    )
    rows = [widgets.HTML(style.line(words))]
    for source, result in predictions:
        strip = _side_by_side(source, result, config, seen=not as_it_is)
        image = widgets.Image(value=strip, format="jpeg", layout={"max_width": "100%"})
        rows.append(image.add_class("cp-made"))
    seen = () if as_it_is else (_("what it sees"),)
    names = (_("your picture"), *seen, _("what it makes"))
    return [*rows, large_view("cp-made", names, strip=True)]


def _player(video: Path) -> widgets.Video:
    """Returns the first seconds of a video, small enough for a notebook."""
    content, layout = small_video(video), {"max_width": "100%"}
    player = widgets.Video(value=content, format="mp4", autoplay=False, loop=True, layout=layout)
    return player.add_class("cp-made-video")


def _side_by_side(source: Path, result: Path, config: TrainConfig, *, seen: bool) -> bytes:
    """Returns a JPEG: a source, what is fed of it where asked for, the result."""
    size = inline_images.fitted(sides(config.image_size), _SIDE)
    pictures = [inline_images.centre(source, size)]
    if seen:
        pictures.append(inline_images.seen_centre(source, config, size))
    pictures.append(inline_images.centre(result, size))
    return inline_images.jpeg_bytes(inline_images.strip(pictures), 85)


def _download_link(results: Sequence[Path]) -> str:
    """Returns a link that holds the results as a zip; a sentence where they are too many."""
    if sum(path.stat().st_size for path in results) > _DOWNLOAD_BYTES:
        return style.line(_("They are too large to download from here: take them from the folder."))
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        for path in results:
            archive.writestr(path.name, path.read_bytes())  # a Drive may tell no date
    return downloads.link(stream.getvalue(), "made.zip", _("Download the results"))
