"""Where the notebook keeps a video and its crops, and how they outlive a session.

Crops lie on this machine's own disk, a folder for each video, because a Drive is slow with many
small files. Before training they are packed into the project's `dataset.zip`; a new machine unpacks
them from there, with every choice that was made.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from .. import wording
from ..config import (
    CurateConfig,
    FramesConfig,
    PicturesConfig,
    Sides,
    VideoConfig,
    parse_sources,
    size_option,
)
from ..dataset import choices, curate, manifest
from ..dataset.manifest import Dataset
from ..dataset.own_images import pair_layouts
from ..downloader.download import download, is_link
from ..errors import DatasetError
from ..events import Note, OnEvent
from ..filenames import names_its_video, public_link, safe_name, typed_path
from ..files import file_sha256
from ..languages import _
from ..project import Project
from ..workflows.pipeline import cut_and_mark, import_and_mark, import_and_split
from . import image_folder, several_videos
from .several_videos import SeveralVideos

#: What the form said in this session: what is private in it stands in no `project.json`.
_typed: dict[Path, VideoConfig] = {}


def remember_for_session(project: Project, config: VideoConfig) -> None:
    """Keeps cookies, password and key of a form in memory, for when the video is needed again."""
    _typed[project.path] = config


def _wanted(project: Project) -> VideoConfig:
    """Returns the stored options, with what is private in them where this session knows it."""
    stored, typed = project.recall(VideoConfig), _typed.get(project.path)
    return typed if typed is not None and typed.to_dict() == stored.to_dict() else stored


def fetch(project: Project, config: VideoConfig, *, on_event: OnEvent) -> Path | SeveralVideos:
    """Returns the video or videos of a config; fetches what this machine does not have yet.

    Images stay where they are: their folder or zip is returned.
    """
    if len(sources := parse_sources(config.source)) > 1:
        return several_videos.fetch(project, config, on_event)
    config = config.replace(source=sources[0].text if sources else "")
    folder = image_folder.folder_named_by(config.source)
    if folder is not None:
        image_folder.images_in(folder, project.recall(PicturesConfig))  # or says why not
        return folder
    return download(config.source, project.work / "video", config, on_event=on_event)


def recover(project: Project, *, on_event: OnEvent) -> None:
    """Unpacks the crops of an earlier session when this machine has none.

    An archive that is torn, as a machine that dies leaves it, counts as none: crops are cut again.
    """
    if not _datasets(project) and project.dataset_zip.exists():
        try:
            dataset = curate.unpack(project.dataset_zip, project.crops / "unpacked")
        except DatasetError as error:
            again = _("Crops are cut again, and what was decided about them stays.")
            message = f"{error.what} {again}"
            on_event(Note(message=message, level="warning"))
            return
        crops = wording.counted(len(dataset.crops), "crop")
        name = project.dataset_zip.name
        on_event(Note(message=_("{crops} came back from {name}.", crops=crops, name=name)))
    for dataset in _datasets(project):
        _decided(project, dataset, on_event)


def _decided(project: Project, dataset: Dataset, on_event: OnEvent) -> Dataset:
    """Returns crops with what was decided about them on any machine, and writes that down here."""
    restored, changed = choices.restore(project, dataset)
    if changed:
        manifest.write(restored)
        on_event(Note(message=choices.came_back(project, changed)))
    return restored


def of_source(project: Project, config: VideoConfig) -> Dataset | None:
    """Returns the crops of a link, or of a file that was on an earlier machine.

    Returns:
        None where there are none, for a file that is here (its content tells more), and for a
        link that may name another video than what is stored of it.
    """
    if len(sources := parse_sources(config.source)) > 1:
        return next((d for d in _datasets(project) if several_videos.held_by(d, config)), None)
    if not sources:
        return None
    config = config.replace(source=sources[0].text)
    if is_link(config.source):
        known = names_its_video(config.source)
        return _find(project, "link", public_link(config.source), config) if known else None
    path = typed_path(config.source, "source")
    if path.exists():
        return None
    return next((d for d in _datasets(project) if _has_source_named(d, path, config)), None)


def _has_source_named(dataset: Dataset, path: Path, config: VideoConfig) -> bool:
    """Returns True for crops of a file of this name (copies have plain names) and time range."""
    whole = image_folder.folder_named_by(path) is not None  # of images there is no time range
    return any(
        safe_name(Path(source["file"]).stem) == safe_name(path.stem)
        for source in dataset.sources.values()
        if whole or _time_range(source) == [config.start, config.end]
    )


def cut(
    project: Project,
    video: Path | SeveralVideos | None,
    config: FramesConfig,
    *,
    on_event: OnEvent,
) -> Dataset:
    """Returns the crops of a video, cut, marked and split; taken as they are where they exist.

    Args:
        project: Where they are kept.
        video: The video, or several, or a folder or a zip of images; None takes the crops of the
            project's link, and fetches it if need be.
        config: How to cut.
    """
    return _decided(project, _cut(project, video, config, on_event), on_event)


def _cut(
    project: Project, video: Path | SeveralVideos | None, config: FramesConfig, on_event: OnEvent
) -> Dataset:
    wanted = _wanted(project)
    if video is None:
        cached = of_source(project, wanted)
        if cached and _is_up_to_date(project, cached, config):
            return cached
        video = fetch(project, wanted, on_event=on_event)
    if isinstance(video, SeveralVideos):
        known = _datasets(project)
        return several_videos.cut(project, video, config, known, wanted, on_event)
    if folder := image_folder.folder_named_by(video):
        return _import(project, folder, config, on_event)
    sha256 = file_sha256(video)
    cached = _find(project, "sha256", sha256, wanted)
    directory = cached.directory if cached else project.crops / sha256[:12]
    if cached and _is_up_to_date(project, cached, config):
        return cached
    return cut_and_mark([video], directory, config, CurateConfig(), on_event=on_event)


def _import(project: Project, folder: Path, config: FramesConfig, on_event: OnEvent) -> Dataset:
    """Returns the crops of a folder or a zip of images, or the pairs that they are."""
    reading = project.recall(PicturesConfig)
    sha256 = pair_layouts.pairs_sha256(image_folder.images_in(folder, reading))
    cached = _find(project, "sha256", sha256, VideoConfig())
    if cached and _is_up_to_date(project, cached, config):
        return cached
    directory = cached.directory if cached else project.crops / sha256[:12]
    rules = CurateConfig()
    if reading.pairs == "no":
        return import_and_mark([folder], directory, config, rules, reading, on_event=on_event)
    return import_and_split(
        [folder],
        directory,
        rules,
        direction="AtoB" if reading.pairs == "AtoB" else "BtoA",
        reading=reading,
        size=_options_of(project, config)["size"],
        on_event=on_event,
    )


def _options_of(project: Project, config: FramesConfig) -> dict[str, Any]:
    """Returns what the crops of the project's source are made by, as their manifest holds it."""
    if image_folder.folder_named_by(project.recall(VideoConfig).source) is None:
        return config.to_dict()
    reading = project.recall(PicturesConfig)
    if reading.pairs == "no":
        return config.to_dict() | reading.cutting
    side = max(int(side) for side in config.scale.split(":"))
    across, down = map(int, config.shape.split(":"))
    size = size_option(Sides(max(side, side * across // down), max(side, side * down // across)))
    return {"direction": reading.pairs, "size": size} | reading.cutting


def _is_up_to_date(project: Project, dataset: Dataset, config: FramesConfig) -> bool:
    """Returns True for crops that are complete and made with the options that are asked for."""
    wanted = _wanted(project)
    if len(parse_sources(wanted.source)) > 1:
        weights = several_videos.held_by(dataset, wanted)
        return weights is not None and several_videos.is_up_to_date(dataset, weights, config)
    complete = all((dataset.directory / f).is_file() for crop in dataset.crops for f in crop.files)
    options = _options_of(project, config)
    return complete and any(s.get("options") == options for s in dataset.sources.values())


def _datasets(project: Project) -> list[Dataset]:
    return manifest.read_all(project.crops)


def _find(project: Project, field: str, value: str, config: VideoConfig) -> Dataset | None:
    """Returns the first dataset here with a source of which a field of the manifest has a value."""
    return next((d for d in _datasets(project) if _has_source(d, field, value, config)), None)


def _has_source(dataset: Dataset, field: str, value: str, config: VideoConfig) -> bool:
    return any(
        public_link(str(source.get(field))) == value
        and _time_range(source) == [config.start, config.end]
        for source in dataset.sources.values()
    )


def _time_range(source: dict[str, Any]) -> list[str]:
    """Returns `start` and `end` of a source, as they were typed; it may not have them."""
    return list(source.get("part", ["", ""]))
