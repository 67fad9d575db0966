"""Encodes pictures as a video."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import numpy as np

from ..errors import VideoError
from ..ffmpeg import running
from ..files import replacing


def encode_video(
    path: Path,
    frames: Iterable[np.ndarray],
    *,
    frames_per_second: float,
    sound_of: Path | None = None,
) -> Path:
    """Writes pictures as an H.264 video that every browser plays.

    Args:
        path: The `.mp4` to write; it is there whole or not at all.
        frames: uint8 RGB pictures `(height, width, 3)`, all of one size with even sides.
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
    source = ["-f", "rawvideo", "-pix_fmt", "rgb24", "-s", f"{width}x{height}"]
    source += ["-r", f"{frames_per_second:g}", "-i", "pipe:0"]
    if sound_of is not None:
        source += ["-protocol_whitelist", "file,pipe", "-i", f"file:{sound_of}"]
        source += ["-map", "0:v:0", "-map", "1:a:0?", "-c:a", "aac", "-b:a", "160k"]
    coding = [
        "-c:v",
        "libx264",
        "-preset",
        "veryfast",
        "-crf",
        "20",
        "-pix_fmt",
        "yuv420p",
        "-movflags",
        "+faststart",
    ]
    with replacing(path) as part:
        with running([*source, *coding, "-y", str(part)], what=f"writing {path.name}") as process:
            assert process.stdin is not None
            process.stdin.write(first.tobytes())
            for frame in frames:
                process.stdin.write(frame.tobytes())
    return path
