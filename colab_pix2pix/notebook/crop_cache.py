"""Where the notebook keeps a video, or pictures, and their crops, and how they outlive a session.

Crops lie on this machine's own disk, a folder for each video, because a Drive is slow with many
small files. Before training they are packed into the project's `dataset.zip`; a new machine unpacks
them from there, with every choice that was made.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ..config import CurateConfig, FramesConfig, PicturesConfig, VideoConfig
from ..dataset import curate, image_sources, manifest
from ..dataset.manifest import Dataset
from ..download.download import download, is_link
from ..events import Note, OnEvent
from ..filenames import safe_name
from ..files import file_sha256
from ..project import Project
from ..workflows.pipeline import cut_and_mark, import_and_mark, import_and_split
from .forms import image_folder


def fetch(project: Project, config: VideoConfig, *, on_event: OnEvent) -> Path:
    """Returns the video of a config; fetches it where this machine does not have it yet.

    One's own pictures stay where they are: their folder or zip is returned.
    """
    pictures = image_folder.place_of(config.source)
    if pictures is not None:
        image_folder.found_at(pictures, project.recall(PicturesConfig).pairs)
        return pictures
    return download(config.source, project.work / "video", config, on_event=on_event)


def recover(project: Project, *, on_event: OnEvent) -> None:
    """Unpacks the crops of an earlier session when this machine has none."""
    if _datasets(project) or not project.dataset_zip.exists():
        return
    dataset = curate.unpack(project.dataset_zip, _folder(project) / "unpacked")
    on_event(Note(message=f"{len(dataset.crops)} crops came back from {project.dataset_zip.name}."))


def of_source(project: Project, config: VideoConfig) -> Dataset | None:
    """Returns the crops of a link, or of a file that was on an earlier machine.

    Returns:
        None where there are none, and for a file that is here: its content tells more.
    """
    if not config.source:
        return None
    if is_link(config.source):
        return _find(project, "link", config.source, config)
    path = Path(config.source).expanduser()
    if path.exists():
        return None
    known = [d for d in _datasets(project) for s in d.sources.values() if _is_of(s, path, config)]
    return known[0] if known else None


def _is_of(source: dict[str, Any], path: Path, asked: VideoConfig) -> bool:
    """Returns True for the facts on a file of this name (copies have plain names), or its part."""
    part = image_folder.place_of(path) or source.get("part", ["", ""]) == [asked.start, asked.end]
    return bool(part) and safe_name(Path(source["file"]).stem) == safe_name(path.stem)


def cut(
    project: Project, video: Path | None, config: FramesConfig, *, on_event: OnEvent
) -> Dataset:
    """Returns the crops of a video, cut, marked and split; taken as they are where they exist.

    Args:
        project: Where they are kept.
        video: The video, or a folder or a zip of pictures; None takes the crops of the project's
            link, and fetches it if need be.
        config: How to cut.
    """
    asked = project.recall(VideoConfig)
    if video is None:
        known = of_source(project, asked)
        if known and _were_made_by(project, known, config):
            return known
        video = fetch(project, asked, on_event=on_event)
    if pictures := image_folder.place_of(video):
        return _take_in(project, pictures, config, on_event)
    sha256 = file_sha256(video)
    before = _find(project, "sha256", sha256, asked)
    directory = before.directory if before else _folder(project) / sha256[:12]
    if before and _were_made_by(project, before, config):
        on_event(Note(message=f"{len(before.kept)} of {len(before.crops)} crops are kept."))
        return before
    return cut_and_mark([video], directory, config, CurateConfig(), on_event=on_event)


def _take_in(project: Project, pictures: Path, config: FramesConfig, on_event: OnEvent) -> Dataset:
    """Returns the crops of one's own pictures, or the pairs that they are."""
    pairs = project.recall(PicturesConfig).pairs
    sha256 = image_sources.pairs_sha256(image_folder.found_at(pictures, pairs))
    before = _find(project, "sha256", sha256, VideoConfig())
    if before and _were_made_by(project, before, config):
        on_event(Note(message=f"{len(before.kept)} of {len(before.crops)} pictures are kept."))
        return before
    directory = before.directory if before else _folder(project) / sha256[:12]
    rules = CurateConfig()
    if pairs == "no":
        return import_and_mark([pictures], directory, config, rules, on_event=on_event)
    return import_and_split(
        [pictures],
        directory,
        rules,
        direction="AtoB" if pairs == "AtoB" else "BtoA",
        size=_options_of(project, config)["size"],
        on_event=on_event,
    )


def _options_of(project: Project, config: FramesConfig) -> dict[str, Any]:
    """Returns what the crops of the project's source are made by, as their manifest holds it."""
    pairs = image_folder.pairs_of(project)
    if pairs == "no":
        return config.to_dict()
    return {"direction": pairs, "size": max(int(part) for part in config.scale.split(":"))}


def _were_made_by(project: Project, dataset: Dataset, config: FramesConfig) -> bool:
    """Returns True for crops that are complete and made with the options that are asked for."""
    complete = all((dataset.directory / f).is_file() for crop in dataset.crops for f in crop.files)
    options = _options_of(project, config)
    return complete and any(s.get("options") == options for s in dataset.sources.values())


def _folder(project: Project) -> Path:
    return project.work / "crops"


def _datasets(project: Project) -> list[Dataset]:
    files = sorted(_folder(project).glob("[!.]*/manifest.json"))  # hidden: not finished
    return [manifest.read(file.parent) for file in files]


def _find(project: Project, fact: str, value: str, asked: VideoConfig) -> Dataset | None:
    """Returns the first dataset here with a source of which a fact has a value."""
    return next((d for d in _datasets(project) if _source(d, fact, value, asked)), None)


def _source(dataset: Dataset, fact: str, value: str, asked: VideoConfig) -> dict[str, Any] | None:
    part = [asked.start, asked.end]
    fitting = (s for s in dataset.sources.values() if s.get(fact) == value)
    return next((s for s in fitting if s.get("part", ["", ""]) == part), None)
