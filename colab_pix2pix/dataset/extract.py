"""From videos to a folder of square crops."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any

from .. import files
from ..config import FramesConfig
from ..download.time_range import restrict_to_range
from ..errors import VideoError
from ..events import OnEvent, ignore
from ..filenames import sidecar
from ..video.probe import VideoInfo, probe
from .builder import Source, add_sources, sha256_of
from .manifest import Dataset
from .parallel import on_dask, on_threads
from .video_crops import cut_crops

__all__ = ["VideoInfo", "extract_frames", "extract_many", "probe"]

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

    Example:
        >>> extract_frames("flowers.mp4", "crops", FramesConfig(count=200))  # doctest: +SKIP
    """
    source = _source(Path(video), config, on_event)
    return add_sources(Path(directory), [source], on_event=on_event)


def extract_many(
    videos: Sequence[Path | str],
    directory: Path | str,
    config: FramesConfig = FramesConfig(),
    *,
    scheduler: str = "",
    on_event: OnEvent = ignore,
) -> Dataset:
    """Cuts crops out of several videos into one folder, several videos at a time.

    The result is the same, and in the same order, whatever runs it.

    Args:
        videos: Paths of video files; on a cluster, all its machines must see them and `directory`.
        directory: The dataset folder.
        config: How many crops of each video, where, and at which size.
        scheduler: Address of a dask scheduler such as "tcp://10.0.0.1:8786"; "" stays here.
        on_event: Told `Progress` in videos, and `Note`.

    Raises:
        VideoError: there are no videos, or one of them can't be read. The folder stays as it was.
        DatasetError: the folder holds other files and no manifest.
    """
    if not videos:
        raise VideoError("Received no videos.", why="Expected at least one path.")
    sources = [_source(Path(video).absolute(), config, ignore) for video in videos]
    run = on_dask(scheduler, on_event) if scheduler else on_threads(on_event)
    return add_sources(Path(directory).absolute(), sources, on_event=on_event, run=run)


def _source(video: Path, config: FramesConfig, on_event: OnEvent) -> Source:
    info = probe(video)
    record = sidecar(video)
    known = files.read_json(record) if record.exists() else {}
    # A partial function, unlike one within a function, can travel to a cluster.
    cut = partial(cut_crops, info, config=restrict_to_range(config, known), on_event=on_event)
    return Source(video.stem, _facts(info, config, known), cut)


def _facts(info: VideoInfo, config: FramesConfig, known: dict[str, Any]) -> dict[str, Any]:
    facts: dict[str, Any] = {
        "file": info.path.name,
        "sha256": sha256_of(info.path),
        "duration_seconds": info.duration_seconds,
        "width": info.width,
        "height": info.height,
        "options": config.to_dict(),
    }
    if part := known.get("part"):
        facts["part"] = part["asked"]
    return facts | {name: known[name] for name in _ORIGIN if known.get(name)}
