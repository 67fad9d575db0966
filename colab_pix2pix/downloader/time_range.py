"""Only a part of a video: which time range was asked for, and where it lies in the file on disk.

Times are asked for on the clock of the whole video. A site may give just that range; then it begins
at the keyframe before it, and the file holds a little more at its start. So that the place of the
range is known to the frame, it is fetched with a clock that shows `RANGE_AT_SECONDS` where the
range begins; the file that is kept begins at 0, and the sidecar says what to leave out.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path

from .. import ffmpeg
from ..config import VideoConfig, parse_time
from ..errors import OptionError, VideoError
from ..languages import _
from ..video.probe import probe
from ..video.timeline import read_timeline
from .sidecar import read_sidecar, write_sidecar

#: The time that a fetched file gives to the begin of the range; more than lies between keyframes.
RANGE_AT_SECONDS = 1000.0
_USUAL_FRAME_RATE = 25.0


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
        _(
            "start: received {start}, end: received {end}.",
            start=repr(config.start),
            end=repr(config.end),
        ),
        why=_("Expected an end after the start."),
        fix=_("Begin earlier, or end later."),
    )


def holds_range(file: Path, wanted: TimeRange, held: TimeRange) -> bool:
    """Returns whether a fetched file holds the pictures of the range for which it was fetched.

    That takes a keyframe at the begin of the range or before it.
    """
    try:
        info = probe(file)
        timeline = read_timeline(info)
    except VideoError:
        return False
    first = timeline.start_seconds
    keyframes = timeline.seconds[timeline.packets.keyframe[timeline.packet_index]]
    late = keyframes[0] - RANGE_AT_SECONDS if len(keyframes) else math.inf
    if wanted.start and late > 0.5 / (info.frames_per_second or _USUAL_FRAME_RATE):
        return False
    return held.start < held.end and _begin(first) < timeline.end_seconds - first


def range_in_file(file: Path, wanted: TimeRange | None, held: TimeRange | None) -> TimeRange | None:
    """Returns where a range lies in a fetched file, in seconds from its first picture.

    Args:
        file: The file; where it was fetched with a clock of its own, that is set to 0.
        wanted: The range on the clock of the whole video; None stands for all of it.
        held: What of the video was fetched, from the keyframe before it on; None for all of it.

    Returns:
        None for all of the file, or where it ends before the range begins.

    Raises:
        VideoError: the file is no video.
    """
    info = probe(file)
    if wanted is None:
        return None
    timeline = read_timeline(info)
    if held is None:
        inside = wanted.start < timeline.end_seconds - timeline.start_seconds
        return wanted if inside else None
    begin = _begin(timeline.start_seconds)
    if timeline.start_seconds > RANGE_AT_SECONDS / 2:
        plain = file.with_name(f"plain-{file.name}")
        ffmpeg.run(["-i", f"file:{file}", "-c", "copy", f"file:{plain}"], what="setting a clock")
        plain.replace(file)
    return TimeRange(begin, begin + min(wanted.end, held.end) - wanted.start)


def _begin(first_seconds: float) -> float:
    """Returns when the range begins after the first picture of a file, fetched for it."""
    if first_seconds > RANGE_AT_SECONDS / 2:
        return max(0.0, RANGE_AT_SECONDS - first_seconds)
    return max(0.0, -first_seconds)


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
