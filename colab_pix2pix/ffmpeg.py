"""Runs the ffmpeg program that imageio-ffmpeg brings along."""

from __future__ import annotations

import subprocess
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import IO

import imageio_ffmpeg
import numpy as np

from .errors import VideoError
from .files import replacing


@contextmanager
def running(
    arguments: list[str],
    *,
    what: str,
    words: IO[bytes] | None = None,
    feed: IO[bytes] | None = None,
) -> Iterator[subprocess.Popen[bytes]]:
    """Starts ffmpeg with pipes to its input and output; ends it with the block, come what may.

    Args:
        arguments: What follows `ffmpeg` on its command line. No shell ever sees it.
        what: What is being done, for the error message: "cutting crops".
        words: An open file for all that ffmpeg says, for a caller who reads more in it than errors
            (and sets `-loglevel` accordingly); a temporary one where None.
        feed: The output of another process, to be this one's input; a new pipe where None.

    Raises:
        VideoError: ffmpeg failed; the message ends in its own last words.
    """
    command = [imageio_ffmpeg.get_ffmpeg_exe(), "-hide_banner", "-nostdin", "-loglevel", "error"]
    with tempfile.TemporaryFile() if words is None else nullcontext(words) as said:
        # A session of its own: the notebook's interrupt must reach us, not ffmpeg.
        process = subprocess.Popen(
            [*command, *arguments],
            stdin=subprocess.PIPE if feed is None else feed,
            stdout=subprocess.PIPE,
            stderr=said,
            start_new_session=True,
        )
        if feed is not None:
            feed.close()  # were it open here too, the feeder would never learn that ffmpeg ended
        try:
            yield process
            _close_input(process)
            status = process.wait()
        except BrokenPipeError:
            status = process.wait() or 1
        finally:
            if process.poll() is None:
                process.kill()
                process.wait()
            for pipe in (process.stdin, process.stdout):
                if pipe is not None and not pipe.closed:
                    pipe.close()
        if status:
            said.seek(0)
            raise VideoError(f"ffmpeg failed while {what}: {_tail(said.read())}")


def run(arguments: list[str], *, what: str) -> bytes:
    """Runs ffmpeg to its end and returns what it wrote to its output.

    Raises:
        VideoError: ffmpeg failed; the message ends in its own last words.
    """
    with running(arguments, what=what) as process:
        assert process.stdout is not None
        return process.stdout.read()


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


def _close_input(process: subprocess.Popen[bytes]) -> None:
    if process.stdin is not None and not process.stdin.closed:
        process.stdin.close()


def _tail(words: bytes) -> str:
    lines = words.decode(errors="replace").strip().splitlines()
    return " / ".join(lines[-3:]) or "it gave no reason"
