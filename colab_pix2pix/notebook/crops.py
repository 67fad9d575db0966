"""Where the notebook keeps a video and its crops, and how they outlive a session.

Crops lie on this machine's own disk, a folder for each video, because a Drive is slow with many
small files. Before training they are packed into the project's `dataset.zip`; a new machine unpacks
them from there, with every choice that was made.
"""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

from .. import manifest
from ..config import CurateConfig, FramesConfig, VideoConfig
from ..events import Note, OnEvent
from ..manifest import Dataset
from ..pipeline import cut_and_mark
from ..project import Project
from ..video import curate
from ..video.download import download


def fetch(project: Project, config: VideoConfig, *, on_event: OnEvent) -> Path:
    """Returns the video of a config; fetches it where this machine does not have it yet."""
    return download(config.source, project.work / "video", config, on_event=on_event)


def recover(project: Project, *, on_event: OnEvent) -> None:
    """Unpacks the crops of an earlier session when this machine has none."""
    if _datasets(project) or not project.dataset_zip.exists():
        return
    dataset = curate.unpack(project.dataset_zip, _folder(project) / "unpacked")
    on_event(Note(message=f"{len(dataset.crops)} crops came back from {project.dataset_zip.name}."))


def of_link(project: Project, config: VideoConfig) -> Dataset | None:
    """Returns the crops of the video, or its part, behind a link, or None where there are none."""
    return _find(project, "link", config.source, config) if config.source else None


def cut(
    project: Project, video: Path | None, config: FramesConfig, *, on_event: OnEvent
) -> Dataset:
    """Returns the crops of a video, cut, marked and split; taken as they are where they exist.

    Args:
        project: Where they are kept.
        video: The video; None takes the crops of the project's link, and fetches it if need be.
        config: How to cut.
    """
    asked = project.recall(VideoConfig)
    if video is None:
        known = of_link(project, asked)
        if known and _was_cut_by(_source(known, "link", asked.source, asked), known, config):
            return known
        video = fetch(project, asked, on_event=on_event)
    sha256 = _sha256(video)
    before = _find(project, "sha256", sha256, asked)
    directory = before.directory if before else _folder(project) / sha256[:12]
    if before and _was_cut_by(_source(before, "sha256", sha256, asked), before, config):
        on_event(Note(message=f"{len(before.kept)} of {len(before.crops)} crops are kept."))
        return before
    return cut_and_mark([video], directory, config, CurateConfig(), on_event=on_event)


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


def _was_cut_by(source: dict[str, Any] | None, dataset: Dataset, config: FramesConfig) -> bool:
    complete = all((dataset.directory / crop.file).is_file() for crop in dataset.crops)
    return complete and source is not None and source.get("options") == config.to_dict()


def _sha256(path: Path) -> str:
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
