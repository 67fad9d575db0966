"""Several videos in one project: fetched in turn, and cut up together, by their weights."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .. import wording
from ..config import CurateConfig, FramesConfig, VideoConfig, parse_sources
from ..dataset.manifest import Dataset
from ..downloader.download import download, is_link
from ..errors import Pix2PixError
from ..events import Note, OnEvent
from ..filenames import names_its_video, public_link, safe_name, typed_path
from ..files import file_sha256
from ..languages import _
from ..project import Project
from ..spacing import shares
from ..workflows.pipeline import cut_and_mark


@dataclass(frozen=True)
class SeveralVideos:
    """Videos that crops are cut out of together.

    Attributes:
        paths: Their files.
        weights: How much each counts beside the others.
    """

    paths: tuple[Path, ...]
    weights: tuple[float, ...]


def fetch(project: Project, config: VideoConfig, on_event: OnEvent) -> SeveralVideos:
    """Fetches the videos of a config, each in turn; one that can't be had is named and left out.

    Raises:
        DownloadError, VideoError: not one can be had; it is the reason of the first.
    """
    sources = parse_sources(config.source)
    found: dict[Path, float] = {}
    failed: list[Pix2PixError] = []
    for number, source in enumerate(sources, 1):
        name = public_link(source.text)
        on_event(
            Note(message=_("Video {n} of {count}: {name}", n=number, count=len(sources), name=name))
        )
        try:
            video = download(source.text, project.work / "video", config, on_event=on_event)
        except Pix2PixError as error:
            failed.append(error)
            message = _("{name} is left out. {error}", name=name, error=error)
            on_event(Note(message=message, level="warning"))
        else:
            found[video] = found.get(video, 0.0) + source.weight
    if not found:
        raise failed[0]
    if failed:
        message = _(
            "{n} of {count} videos are left out. Run this cell again to try them once more.",
            n=len(failed),
            count=len(sources),
        )
        on_event(Note(message=message, level="warning"))
    return SeveralVideos(tuple(found), tuple(found.values()))


def held_by(dataset: Dataset, config: VideoConfig) -> dict[str, float] | None:
    """Returns the weights of the sources of a dataset, by key, where it is of all that is asked.

    Returns:
        None where it lacks one or has others; and where a link may name another video by now, or
        a file is here, whose content tells more.
    """
    keys: dict[str, float] = {}
    for source in parse_sources(config.source):
        key = next((k for k, s in dataset.sources.items() if _is_of(s, source.text, config)), None)
        if key is None or key in keys:
            return None
        keys[key] = source.weight
    return keys if keys.keys() == dataset.sources.keys() else None


def _is_of(source: dict[str, Any], text: str, config: VideoConfig) -> bool:
    if list(source.get("part", ["", ""])) != [config.start, config.end]:
        return False
    if is_link(text):
        same = public_link(str(source.get("link"))) == public_link(text)
        return names_its_video(text) and same
    path = typed_path(text, "source")
    return not path.exists() and safe_name(Path(source["file"]).stem) == safe_name(path.stem)


def is_up_to_date(dataset: Dataset, weights: dict[str, float], config: FramesConfig) -> bool:
    """Returns True for crops that are complete, and of which each source gave what it should."""
    files = [dataset.directory / file for crop in dataset.crops for file in crop.files]
    counts = shares(config.count, list(weights.values()))
    return all(file.is_file() for file in files) and all(
        dataset.sources[key].get("options") == config.replace(count=count).to_dict()
        for key, count in zip(weights, counts, strict=True)
    )


def cut(
    project: Project,
    videos: SeveralVideos,
    config: FramesConfig,
    datasets: list[Dataset],
    wanted: VideoConfig,
    on_event: OnEvent,
) -> Dataset:
    """Returns the crops of several videos, in one dataset; taken as they are where they exist.

    Args:
        project: Where they are kept.
        videos: Their files.
        config: How to cut; `count` is of all together.
        datasets: What this machine has.
        wanted: Which part of each was asked for.
        on_event: Called with Progress and Note events.
    """
    part = [wanted.start, wanted.end]
    sums = [file_sha256(path) for path in videos.paths]
    weight_of = dict(zip(sums, videos.weights, strict=True))
    for dataset in datasets:
        keys = {s.get("sha256"): key for key, s in dataset.sources.items()}
        parts = [list(source.get("part", ["", ""])) for source in dataset.sources.values()]
        if keys.keys() == weight_of.keys() and all(known == part for known in parts):
            weights = {keys[checksum]: weight for checksum, weight in weight_of.items()}
            if is_up_to_date(dataset, weights, config):
                return dataset
    name = hashlib.sha256("".join(sorted([*weight_of, *part])).encode()).hexdigest()[:12]
    return cut_and_mark(
        list(videos.paths),
        project.crops / name,
        config,
        CurateConfig(),
        weights=videos.weights,
        on_event=on_event,
    )


def described(videos: SeveralVideos) -> str:
    """Returns a line that names the videos, and what share each has where they differ."""
    size = wording.bytes_in_words(sum(path.stat().st_size for path in videos.paths))
    whole, even = sum(videos.weights), len(set(videos.weights)) == 1
    names = [
        path.name
        if even
        else _("{name} ({share} of the crops)", name=path.name, share=f"{weight / whole:.0%}")
        for path, weight in zip(videos.paths, videos.weights, strict=True)
    ]
    return f"{wording.counted(len(names), 'video')}, {size}: {', '.join(names)}"
