"""From videos to a folder of crops."""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any

from .. import wording
from ..config import FramesConfig, parse_time
from ..downloader.sidecar import read_sidecar
from ..errors import OptionError, VideoError
from ..events import OnEvent, ignore
from ..files import file_sha256
from ..languages import _
from ..mounts import require_apart
from ..options import checks_input
from ..spacing import shares
from ..video.probe import VideoInfo, probe
from .builder import Source, add_sources
from .manifest import Dataset
from .parallel import on_dask, on_threads
from .video_crops import cut_crops

__all__ = ["VideoInfo", "extract_frames", "extract_many", "probe"]

_ORIGIN = ("link", "page", "title", "uploader", "licence")


@checks_input()
def extract_frames(
    video: Path | str,
    directory: Path | str,
    config: FramesConfig = FramesConfig(),
    *,
    on_event: OnEvent = ignore,
) -> Dataset:
    """Cuts crops out of a video, evenly over its whole duration.

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
        OptionError: `start` and `end` leave nothing of the video, or the folder contains it.
        VideoError: the video can't be read, or not one frame of it.
        DatasetError: the folder holds other files and no manifest.

    Example:
        >>> extract_frames("flowers.mp4", "crops", FramesConfig(count=200))  # doctest: +SKIP
    """
    require_apart(Path(directory), Path(video))
    source = _source(Path(video), config, on_event)
    return add_sources(Path(directory), [source], on_event=on_event)


@checks_input()
def extract_many(
    videos: Sequence[Path | str],
    directory: Path | str,
    config: FramesConfig = FramesConfig(),
    *,
    weights: Sequence[float] = (),
    scheduler: str = "",
    on_event: OnEvent = ignore,
) -> Dataset:
    """Cuts crops out of several videos into one folder, several videos at a time.

    The result is the same, and in the same order, whatever runs it.

    Args:
        videos: Paths of video files; on a cluster, all its machines must see them and `directory`.
        directory: The dataset folder.
        config: How many crops of each video, where, and at which size.
        weights: Where given, one for each video, above 0: `count` is then of all videos together,
            and they share it by their weights. `[1, 1]` takes as many of each.
        scheduler: Address of a dask scheduler such as "tcp://10.0.0.1:8786"; "" stays here.
        on_event: Told `Progress` in videos, and `Note`.

    Raises:
        OptionError: the folder contains one of the videos, or there is not one weight for each.
        VideoError: there are no videos, or one of them can't be read. The folder stays as it was.
        DatasetError: the folder holds other files and no manifest.
    """
    if not videos:
        raise VideoError(_("Received no videos."), why=_("Expected at least one path."))
    require_apart(Path(directory), *map(Path, videos))
    if weights and len(weights) != len(videos):
        raise OptionError(
            _(
                "weights: received {n} for {videos}.",
                n=len(weights),
                videos=wording.counted(len(videos), "video"),
            ),
            why=_("Expected one for each video."),
        )
    counts = shares(config.count, weights) if weights else [config.count] * len(videos)
    sources = [
        _source(Path(video).absolute(), config.replace(count=count), ignore)
        for video, count in zip(videos, counts, strict=True)
    ]
    executor = on_dask(scheduler, on_event) if scheduler else on_threads(on_event)
    return add_sources(Path(directory).absolute(), sources, on_event=on_event, executor=executor)


def _source(video: Path, config: FramesConfig, on_event: OnEvent) -> Source:
    info = probe(video)
    known = read_sidecar(video)
    # A partial function, unlike one within a function, can travel to a cluster.
    cut = partial(cut_crops, info, config=within_range(config, known), on_event=on_event)
    return Source(video.stem, _metadata(info, config, known), cut)


def within_range(config: FramesConfig, known: dict[str, Any]) -> FramesConfig:
    """Returns how to cut a file of which only a part is meant.

    Args:
        config: How to cut the part; its `start` and `end` count from the begin of the part.
        known: What the sidecar says; see `downloader.time_range.record_range`.
    """
    if not (time_range := known.get("part")):
        return config
    start = time_range["start"] + (parse_time(config.start) if config.start else 0.0)
    end = time_range["start"] + (parse_time(config.end) if config.end else math.inf)
    end = min(end, math.inf if time_range["end"] is None else time_range["end"])
    return config.replace(start=f"{start:.6f}", end=f"{end:.6f}" if math.isfinite(end) else "")


def _metadata(info: VideoInfo, config: FramesConfig, known: dict[str, Any]) -> dict[str, Any]:
    metadata: dict[str, Any] = {
        "file": wording.printable(info.path.name),
        "sha256": file_sha256(info.path),
        "duration_seconds": info.duration_seconds,
        "width": info.width,
        "height": info.height,
        "options": config.to_dict(),
    }
    if time_range := known.get("part"):
        metadata["part"] = time_range["asked"]
    return metadata | {name: known[name] for name in _ORIGIN if known.get(name)}
