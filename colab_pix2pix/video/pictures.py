"""Decodes chosen pictures of a video."""

from __future__ import annotations

import os
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ..errors import VideoError
from ..ffmpeg import running
from .probe import VideoInfo, local_input
from .timeline import SHOWN

_LONGEST_ARGUMENT = 100_000  # Linux takes 128 KiB for one argument


def even_times(start: float, end: float, steps: int) -> np.ndarray:
    """Returns the middles of `steps` equal parts of a span of time, in seconds."""
    return start + (np.arange(steps) + 0.5) * (end - start) / steps


def nearest(frames: np.ndarray, wanted: np.ndarray) -> np.ndarray:
    """Returns the indices of the frames nearest to the wanted times, each frame once, sorted."""
    right = np.clip(np.searchsorted(frames, wanted), 1, max(len(frames) - 1, 1))
    right = np.minimum(right, len(frames) - 1)
    left = np.maximum(right - 1, 0)
    closer_left = wanted - frames[left] <= frames[right] - wanted
    return np.unique(np.where(closer_left, left, right))


def select_expression(frames: np.ndarray, picks: np.ndarray) -> str:
    """Returns an expression for ffmpeg's `select` that is true for the picked frames only.

    A balanced tree of comparisons: ffmpeg evaluates it for each frame, and a plain sum of a
    thousand comparisons would cost more than the decoding.

    Args:
        frames: The times of all frames in seconds, sorted.
        picks: Indices of the wanted frames, sorted.
    """
    # Borders lie between two frames, so that rounding on either side does not matter.
    gaps = np.diff(frames).min() / 2 if len(frames) > 1 else 1.0
    times = frames[picks]

    def tree(low: int, high: int) -> str:
        if high - low == 1:
            return f"between(t,{times[low] - gaps:.7f},{times[low] + gaps:.7f})"
        middle = (low + high) // 2
        border = times[middle] - gaps
        return f"if(lt(t,{border:.7f}),{tree(low, middle)},{tree(middle, high)})"

    return tree(0, len(times))


@dataclass(frozen=True)
class Picture:
    """A decoded picture: when it is shown, and its uint8 RGB pixels `(height, width, 3)`."""

    seconds: float
    pixels: np.ndarray


def decode(
    info: VideoInfo, frames: np.ndarray, picks: np.ndarray, size: tuple[int, int]
) -> Iterator[Picture]:
    """Decodes the picked frames, in the order of time.

    What can't be decoded is left out: count what comes.

    Args:
        info: The video.
        frames: The times of all its frames in seconds, sorted.
        picks: Indices of the wanted frames, sorted.
        size: Width and height that the frames are scaled to.

    Raises:
        VideoError: not one picked frame can be decoded.
    """
    width, height = size
    chain = f"select='{select_expression(frames, picks)}',showinfo=checksum=0,"
    chain += f"scale={width}:{height}:flags=bicubic+accurate_rnd+full_chroma_int,setsar=1"
    with tempfile.TemporaryDirectory() as folder, tempfile.TemporaryFile() as words:
        command = ["-loglevel", "info", *local_input(info.path), "-map", "0:V:0"]
        command += [*_filter(chain, Path(folder)), "-fps_mode", "passthrough"]
        command += ["-f", "rawvideo", "-pix_fmt", "rgb24", "-"]
        count = 0
        try:
            with running(command, what=f"decoding {info.path.name}", words=words) as process:
                assert process.stdout is not None
                times = _shown_times(words.fileno())
                while len(data := process.stdout.read(width * height * 3)) == width * height * 3:
                    count += 1
                    pixels = np.frombuffer(data, np.uint8).reshape(height, width, 3)
                    yield Picture(next(times), pixels)
        except VideoError:
            # ffmpeg also complains of a damaged end after it gave us all that came before it.
            if not count:
                raise


def _filter(chain: str, folder: Path) -> list[str]:
    if len(chain) < _LONGEST_ARGUMENT:
        return ["-vf", chain]
    path = folder / "filter.txt"
    path.write_text(chain, encoding="ascii")
    return ["-/filter:v", str(path)]


def _shown_times(words: int) -> Iterator[float]:
    """Gives the time of each picture that passed `showinfo`, from what ffmpeg says meanwhile."""
    place, rest = 0, b""
    while True:
        # pread: ffmpeg writes through the same open file, whose position must stay its own.
        new = os.pread(words, 1 << 16, place)
        place += len(new)
        *lines, rest = (rest + new).split(b"\n")
        for line in lines:
            if found := SHOWN.search(line):
                yield float(found[1])
        if not new:
            time.sleep(0.001)
