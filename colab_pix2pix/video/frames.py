"""From a video to a folder of square crops."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

from .. import files, manifest
from ..config import FramesConfig
from ..errors import DatasetError
from ..events import Note, OnEvent, ignore
from ..manifest import Crop, Dataset
from .cutting import cut_crops
from .folders import carry, replacing_folder
from .names import safe_name, sidecar
from .probe import VideoInfo, probe

__all__ = ["VideoInfo", "extract_frames", "probe"]

_ORIGIN = ("link", "page", "title", "uploader", "licence")


def extract_frames(
    video: Path | str,
    directory: Path | str,
    config: FramesConfig = FramesConfig(),
    *,
    on_event: OnEvent = ignore,
) -> Dataset:
    """Cuts square crops out of a video, evenly over its whole duration.

    The folder has the crops and `manifest.json` at the end, or stays as it was. Crops of other
    videos in it stay; crops of the same video with other options are replaced. The same again is
    quick.

    Args:
        video: Path of a video file.
        directory: The dataset folder; it is made where missing.
        config: How many crops, where, and at which size.
        on_event: Told `Progress` in crops, and `Note` where there are fewer than asked for.

    Returns:
        The dataset of the folder, crops of other videos included.

    Raises:
        OptionError: `start` and `end` leave nothing of the video.
        VideoError: the video can't be read, or not one picture of it.
        DatasetError: the folder holds other files and no manifest.
    """
    video, directory = Path(video), Path(directory)
    info = probe(video)
    before = _dataset_before(directory)
    sha256 = _sha256(video)
    key = _key(video, sha256, before)
    source = _source_facts(info, sha256, config)
    if before and _same(before.sources.get(key), source) and _complete(before, key):
        on_event(Note(message=f"{directory} already holds these crops of {video.name}."))
        return before
    with replacing_folder(directory) as part:
        crops = cut_crops(info, part, key, config, on_event=on_event)
        kept = _carry_others(before, key, directory, part)
        sources = (before.sources if before else {}) | {key: source}
        whole = Dataset(part, tuple(sorted((*kept, *crops), key=_order)), sources)
        manifest.write(whole)
    if kept:
        others = len({crop.source for crop in kept})
        message = f"{directory} also holds {len(kept)} crops of {others} other video(s)."
        on_event(Note(message=message))
    return manifest.read(directory)


def _dataset_before(directory: Path) -> Dataset | None:
    """Returns the dataset that is in the folder, or None when the folder is new or empty."""
    if directory.is_dir() and (directory / "manifest.json").exists():
        return manifest.read(directory)
    if directory.is_dir() and not any(p for p in directory.iterdir() if p.name[0] != "."):
        return None
    if not directory.exists():
        return None
    raise DatasetError(
        f"{directory} holds other files and no manifest.json.",
        why="Crops are never mixed with files of which nothing is known.",
        fix="Choose an empty or a new folder.",
    )


def _carry_others(
    before: Dataset | None, key: str, directory: Path, part: Path
) -> tuple[Crop, ...]:
    """Carries over everything but the old crops of this video; returns the crops that stay."""
    if before is None:
        return ()
    gone = {crop.file for crop in before.crops if crop.source == key} | {"manifest.json"}
    for entry in directory.iterdir():
        if entry.name not in gone and entry.is_file():
            carry(entry, part)
    return tuple(crop for crop in before.crops if crop.source != key)


def _order(crop: Crop) -> tuple[str, float, str]:
    return crop.source, crop.time, crop.file


def _source_facts(info: VideoInfo, sha256: str, config: FramesConfig) -> dict[str, Any]:
    facts: dict[str, Any] = {
        "file": info.path.name,
        "sha256": sha256,
        "duration_seconds": info.duration_seconds,
        "width": info.width,
        "height": info.height,
        "options": config.to_dict(),
    }
    if (record := sidecar(info.path)).exists():
        known = files.read_json(record)
        facts |= {name: known[name] for name in _ORIGIN if known.get(name)}
    return facts


def _same(old: dict[str, Any] | None, new: dict[str, Any]) -> bool:
    return old is not None and all(old.get(name) == new[name] for name in ("sha256", "options"))


def _complete(dataset: Dataset, key: str) -> bool:
    crops = [crop for crop in dataset.crops if crop.source == key]
    return bool(crops) and all((dataset.directory / crop.file).is_file() for crop in crops)


def _key(video: Path, sha256: str, before: Dataset | None) -> str:
    """Returns the name of the video in the manifest: its own, with a number if that is taken."""
    sources = before.sources if before else {}
    for key, facts in sources.items():
        if facts.get("sha256") == sha256:
            return key
    name = safe_name(video.stem)
    names = [name, *(f"{name}-{number}" for number in range(2, len(sources) + 3))]
    return next(name for name in names if name not in sources)


def _sha256(path: Path) -> str:
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
