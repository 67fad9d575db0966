"""Only a part of a video: which part was asked for, and where it lies in the file on disk.

Times are asked for on the clock of the whole video. A site may give just that part; then it begins
at the key frame before it, and the file holds a little more at its start. The hidden file beside
the video says what to leave out, to the picture.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .. import files
from ..config import FramesConfig, VideoConfig
from ..errors import OptionError
from ..filenames import sidecar


@dataclass(frozen=True)
class TimeRange:
    """A part of a video, or of a file.

    Attributes:
        start: Where it begins, in seconds.
        end: Where it ends, in seconds; infinite for the end of the video.
    """

    start: float
    end: float


def parse_time(text: str) -> float:
    """Returns the seconds of a time such as "90" or "1:30"."""
    seconds = 0.0
    for part in text.split(":"):
        seconds = 60 * seconds + float(part)
    return seconds


def requested_range(config: VideoConfig) -> TimeRange | None:
    """Returns the part that a config asks for, or None for the whole video.

    Raises:
        OptionError: it ends before it begins.
    """
    if not config.start and not config.end:
        return None
    part = TimeRange(
        parse_time(config.start) if config.start else 0.0,
        parse_time(config.end) if config.end else math.inf,
    )
    if part.start < part.end:
        return part
    raise OptionError(
        f"start: received {config.start!r}, end: received {config.end!r}.",
        why="Expected an end after the start.",
        fix="Begin earlier, or end later.",
    )


def record_range(video: Path, config: VideoConfig, part: TimeRange | None) -> None:
    """Writes down which part of a file is meant, in the hidden file beside it.

    Args:
        video: The file.
        config: What was asked for.
        part: Where it lies, on the clock of the file; None stands for all of it.
    """
    record = sidecar(video)
    facts = files.read_json(record) if record.exists() else {}
    before = facts.pop("part", None)
    if part is not None:
        end = part.end if math.isfinite(part.end) else None
        asked = [config.start, config.end]
        facts["part"] = {"asked": asked, "start": part.start, "end": end}
    if before != facts.get("part"):
        files.write_json(record, facts)


def restrict_to_range(config: FramesConfig, facts: dict[str, Any]) -> FramesConfig:
    """Returns how to cut a file of which only a part is meant.

    Args:
        config: How to cut the part; its `start` and `end` count from the begin of the part.
        facts: What the hidden file beside the video says.
    """
    if not (part := facts.get("part")):
        return config
    start = parse_time(config.start) if config.start else 0.0
    end = parse_time(config.end) if config.end else math.inf
    end = min(part["start"] + end, math.inf if part["end"] is None else part["end"])
    return config.replace(
        start=f"{part['start'] + start:.6f}", end=f"{end:.6f}" if math.isfinite(end) else ""
    )
