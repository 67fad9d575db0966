"""Runs the ffmpeg program that imageio-ffmpeg brings along."""

from __future__ import annotations

import subprocess

import imageio_ffmpeg

from .errors import VideoError
from .languages import _


def run(arguments: list[str], *, what: str, content: bytes | None = None) -> bytes:
    """Runs ffmpeg to its end and returns what it wrote to its output.

    Args:
        arguments: What follows `ffmpeg` on its command line. No shell ever sees it.
        what: What is being done, for the error message: "shrinking a.mp4".
        content: What it is given on its standard input, if anything.

    Raises:
        VideoError: ffmpeg failed; the message ends in the last lines of its log.
    """
    command = [imageio_ffmpeg.get_ffmpeg_exe(), "-hide_banner", "-nostdin", "-loglevel", "error"]
    # A session of its own: the notebook's interrupt must reach us, not ffmpeg.
    ended = subprocess.run(
        [*command, *arguments], input=content, capture_output=True, start_new_session=True
    )
    if ended.returncode:
        raise VideoError(
            _("ffmpeg failed while {what}.", what=what),
            why=_("The file may be damaged, or the disk full."),
            details=f"ffmpeg: {_tail(ended.stderr)}",
        )
    return ended.stdout


def _tail(log: bytes) -> str:
    lines = log.decode(errors="replace").strip().splitlines()
    return " / ".join(lines[-3:]) or "it gave no reason"
