"""A trained model on whatever there is: a picture, a folder of pictures, a video."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from . import events
from .errors import OptionError
from .events import OnEvent, Progress
from .manifest import IMAGE_SUFFIXES
from .project import Project

_BLOCK = 8
_SMOOTHEST = 0.95


def apply(
    run_dir: Project | Path | str,
    source: Path | str,
    target: Path | str,
    *,
    side_by_side: bool = False,
    smooth: float = 0.0,
    on_event: OnEvent = events.ignore,
) -> list[Path]:
    """Runs a trained model over the centre square of pictures or of the frames of a video.

    What the network gets is made as in training (blurred grey, edges, ...); a model that has
    learned from pairs gets the picture as it is. A video keeps its sound and its frame rate.

    Args:
        run_dir: A run that has been saved at least once.
        source: A picture, a folder of pictures, or a video.
        target: The picture or the `.mp4` to write, or a folder where `source` is one.
        side_by_side: For a video: the frame on the left, what the model makes of it on the right.
        smooth: For a video: the share of the frame before that stays, 0 to 0.95, against flicker.
        on_event: Called with Progress events in pictures or frames.

    Returns:
        The files written, each whole or not at all.

    Raises:
        OptionError: `smooth` is out of its range.
        CheckpointError: the run has nothing saved yet.
        DatasetError: there is no picture at `source`.
        VideoError: the video can't be decoded.

    Example:
        >>> apply("runs/flowers", "street.mp4", "seen.mp4", smooth=0.5)  # doctest: +SKIP
    """
    from .model.apply import apply_to_pictures

    project = run_dir if isinstance(run_dir, Project) else Project(Path(run_dir))
    source, target = Path(source), Path(target)
    if not 0 <= smooth <= _SMOOTHEST:
        raise OptionError(f"smooth: received {smooth}.", why=f"Expected 0 to {_SMOOTHEST}.")
    if not source.is_file() or source.suffix.lower() in IMAGE_SUFFIXES:
        return apply_to_pictures(project, source, target, on_event=on_event)
    return [_to_video(project, source, target, side_by_side, smooth, on_event)]


def _to_video(
    project: Project,
    source: Path,
    target: Path,
    side_by_side: bool,
    smooth: float,
    on_event: OnEvent,
) -> Path:
    from .ffmpeg import encode_video
    from .model.apply import apply_to_frames, load_generator
    from .video.probe import probe
    from .video.stream import pace, square_frames

    info = probe(source)
    if target.suffix.lower() != ".mp4":
        raise OptionError(
            f"Received {str(target)!r} for the video to write.",
            why="Expected a name that ends in .mp4.",
        )
    generate, size = load_generator(project)
    total = round(info.duration_seconds * pace(info)) or None

    def counted(frames: Iterator[np.ndarray]) -> Iterator[np.ndarray]:
        for done, frame in enumerate(frames, 1):
            yield frame
            if done % _BLOCK == 0 or done == total:
                on_event(Progress(job="apply", done=done, total=total, unit="frames"))

    blocks = square_frames(info, size, _BLOCK)
    frames = apply_to_frames(generate, blocks, smooth=smooth, side_by_side=side_by_side)
    target.parent.mkdir(parents=True, exist_ok=True)
    return encode_video(target, counted(frames), frames_per_second=pace(info), sound_of=source)
