"""When each picture of a video is shown."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ..errors import VideoError
from ..ffmpeg import running
from .probe import local_input

_KEY, _DISCARD = 1, 4  # AV_PKT_FLAG_KEY, AV_PKT_FLAG_DISCARD (decoded for others, never shown)
_NO_TIME = -(2**63)
#: A line of the filter `showinfo`: the time in seconds, and 1 for a key frame.
SHOWN = re.compile(rb"\] n: *\d+ pts: *-?\d+ pts_time:(-?[\d.e+-]+) .* iskey:(\d)")


@dataclass(frozen=True)
class Timeline:
    """The pictures of a video in the order in which they are shown.

    Attributes:
        seconds: When each picture appears, float64, on the clock of the file.
        key: True where a picture can be decoded on its own.
        end_seconds: When the last picture disappears.
    """

    seconds: np.ndarray
    key: np.ndarray
    end_seconds: float

    @property
    def start_seconds(self) -> float:
        """When the first picture appears; not always 0."""
        return float(self.seconds[0])

    @property
    def interval_seconds(self) -> float:
        """The usual time from one picture to the next; 0.0 when there is only one."""
        return float(np.median(np.diff(self.seconds))) if len(self.seconds) > 1 else 0.0


def read_timeline(video: Path) -> Timeline:
    """Returns when the pictures of a video are shown.

    The packets tell it in milliseconds a minute of video. Where they do not (AVI, raw streams),
    the whole video is decoded once.

    Raises:
        VideoError: the file can't be read or holds no picture.
    """
    rows = list(_from_packets(video))
    if not rows or any(time is None for time, _, _ in rows):
        rows = list(_from_pictures(video))
    if not rows:
        raise VideoError(f"{video} holds no picture.", fix="Choose another video.")
    times = np.asarray([time for time, _, _ in rows], np.float64)
    keys = np.asarray([key for _, key, _ in rows], bool)
    order = np.argsort(times, kind="stable")
    times, keys = times[order], keys[order]
    distinct = np.append(True, np.diff(times) > 0)
    last = rows[int(order[-1])][2] or (float(np.median(np.diff(times))) if len(times) > 1 else 0.0)
    return Timeline(times[distinct], keys[distinct], float(times[-1]) + last)


def _from_packets(video: Path) -> Iterator[tuple[float | None, bool, float]]:
    """Gives time or None, key or not, and duration of each packet, in the order of the file."""
    command = [*local_input(video), "-map", "0:V:0", "-c", "copy"]
    command += ["-avoid_negative_ts", "disabled", "-f", "framecrc", "-"]
    tick = 0.0
    with running(command, what=f"reading the times of {video.name}") as process:
        assert process.stdout is not None
        for line in process.stdout:
            if line.startswith(b"#tb 0:"):
                numerator, denominator = line[6:].split(b"/")
                tick = int(numerator) / int(denominator)
            if line.startswith(b"#"):
                continue
            columns = line.split(b",")
            time, length = int(columns[2]), int(columns[3])
            flags = int(columns[6].strip().removeprefix(b"F="), 16) if b"F=" in line else _KEY
            if not flags & _DISCARD:
                yield None if time == _NO_TIME else time * tick, bool(flags & _KEY), length * tick


def _from_pictures(video: Path) -> Iterator[tuple[float, bool, float]]:
    """The same, by decoding everything."""
    command = [
        "-loglevel",
        "info",
        *local_input(video),
        "-map",
        "0:V:0",
        "-fps_mode",
        "passthrough",
    ]
    command += ["-vf", "showinfo=checksum=0", "-f", "null", "-"]
    with tempfile.TemporaryFile() as words:
        with running(command, what=f"decoding {video.name}", words=words) as process:
            assert process.stdout is not None
            process.stdout.read()
        words.seek(0)
        for line in words:
            if found := SHOWN.search(line):
                yield float(found[1]), found[2] == b"1", 0.0
