"""Only a part of a video: which time range was asked for, and where it lies in the file on disk.

Times are asked for on the clock of the whole video. A site may give just that range; then it begins
at the keyframe before it, and the file holds a little more at its start. The sidecar says what to
leave out, to the frame.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path

from ..config import VideoConfig, parse_time
from ..errors import OptionError
from .sidecar import read_sidecar, write_sidecar


@dataclass(frozen=True)
class TimeRange:
    """A part of a video, on the clock of the whole video or of a file.

    Attributes:
        start: Where it begins, in seconds.
        end: Where it ends, in seconds; infinite for the end of the video.
    """

    start: float
    end: float


def requested_range(config: VideoConfig) -> TimeRange | None:
    """Returns the range that a config asks for, or None for the whole video.

    Raises:
        OptionError: it ends before it begins.
    """
    if not config.start and not config.end:
        return None
    requested = TimeRange(
        parse_time(config.start) if config.start else 0.0,
        parse_time(config.end) if config.end else math.inf,
    )
    if requested.start < requested.end:
        return requested
    raise OptionError(
        f"start: received {config.start!r}, end: received {config.end!r}.",
        why="Expected an end after the start.",
        fix="Begin earlier, or end later.",
    )


def record_range(video: Path, config: VideoConfig, time_range: TimeRange | None) -> None:
    """Writes into the sidecar which part of a file is meant.

    Args:
        video: The file.
        config: What was asked for.
        time_range: Where that lies, on the clock of the file; None stands for all of it.
    """
    metadata = read_sidecar(video)
    before = metadata.pop("part", None)
    if time_range is not None:
        end = time_range.end if math.isfinite(time_range.end) else None
        asked = [config.start, config.end]
        metadata["part"] = {"asked": asked, "start": time_range.start, "end": end}
    if before != metadata.get("part"):
        write_sidecar(video, metadata)
