"""Encodes frames as a video."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import numpy as np

from ..errors import VideoError
from ..ffmpeg import running
from ..files import atomic_write


def encode_video(
    path: Path,
    frames: Iterable[np.ndarray],
    *,
    frames_per_second: float,
    sound_of: Path | None = None,
) -> Path:
    """Writes frames as an H.264 video that every browser plays.

    Args:
        path: The `.mp4` to write; it is there whole or not at all.
        frames: uint8 RGB `(height, width, 3)`, all of one size with even sides.
        frames_per_second: The speed at which they are shown.
        sound_of: A video whose sound is taken along, if it has some.

    Returns:
        `path`.

    Raises:
        VideoError: there are no frames, or ffmpeg failed.
    """
    frames = iter(frames)
    first = next(frames, None)
    if first is None:
        raise VideoError(f"Received no pictures for {path}.", why="Expected at least one.")
    height, width, _ = first.shape
    command = ["-f", "rawvideo", "-pix_fmt", "rgb24", "-s", f"{width}x{height}"]
    command += ["-r", f"{frames_per_second:g}", "-i", "pipe:0"]
    if sound_of is not None:
        command += ["-protocol_whitelist", "file,pipe", "-i", f"file:{sound_of}"]
        command += ["-map", "0:v:0", "-map", "1:a:0?", "-c:a", "aac", "-b:a", "160k"]
    command += ["-c:v", "libx264", "-preset", "veryfast", "-crf", "20"]
    command += ["-pix_fmt", "yuv420p", "-movflags", "+faststart"]
    with (
        atomic_write(path) as temp_path,
        running([*command, "-y", str(temp_path)], what=f"writing {path.name}") as process,
    ):
        assert process.stdin is not None
        process.stdin.write(first.tobytes())
        for frame in frames:
            process.stdin.write(frame.tobytes())
    return path
