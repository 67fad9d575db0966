"""What a video file holds, as ffmpeg sees it when it decodes the first frame.

imageio-ffmpeg brings no ffprobe. Decoding one frame costs no more and shows more: that there is
one, and its size after rotation.
"""

from __future__ import annotations

import os
import re
import tempfile
from dataclasses import dataclass
from pathlib import Path

from ..errors import VideoError
from ..ffmpeg import running
from ..images import kind_of_file

#: Containers that ffmpeg opens and that hold no video: pictures, text art, lists of other files.
_NO_VIDEO = re.compile(
    r"image2|_pipe|^tty$|^hls|concat|subtitles|^srt$|^webvtt$|^ass$|^ffmetadata$"
)


@dataclass(frozen=True, kw_only=True)
class VideoInfo:
    """Metadata of the first video stream of a file.

    Attributes:
        path: The file.
        width: Width in pixels as a player shows it: rotated, with square pixels.
        height: Height in pixels as a player shows it.
        decoded_width: Width as ffmpeg gives it: rotated, its pixels not yet made square.
        duration_seconds: Length by the container's header; 0.0 where it has none.
        frames_per_second: The nominal frame rate; 0.0 when unknown.
        codec: ffmpeg's name of the codec, such as "h264".
        interlaced: True when a frame holds two fields of different times.
        transfer: The transfer function by ffmpeg's name, such as "bt709"; "smpte2084" is HDR.
        matrix: The colour matrix by ffmpeg's name, such as "bt709", or "unknown".
        full_range: True when black is 0 and not 16.
        rotated: True when a player rotates or mirrors the stored frame.
    """

    path: Path
    width: int
    height: int
    decoded_width: int
    duration_seconds: float
    frames_per_second: float
    codec: str
    interlaced: bool
    transfer: str
    matrix: str
    full_range: bool
    rotated: bool


def local_input(path: Path, *, keyframes_only: bool = False) -> list[str]:
    """Returns ffmpeg's arguments that open a local file and nothing else.

    `file:` keeps a name with a colon or a leading dash a name, and the whitelist keeps a playlist
    that poses as a video from opening links.

    Args:
        path: The file.
        keyframes_only: True leaves out all but keyframes; most containers then skip over the rest.
    """
    discard = ["-discard:v", "nokey"] if keyframes_only else []
    return ["-protocol_whitelist", "file", *discard, "-copyts", "-i", f"file:{path}"]


def probe(video: Path | str) -> VideoInfo:
    """Returns the metadata of a video file, found by decoding its first frame.

    Raises:
        VideoError: there is no such file, it is empty, or no frame in it can be decoded.
    """
    video = Path(video)
    _check_file(video)
    log = _log_of_first_frame(video)
    container = re.search(r"^Input #0, (\S+), from ", log, re.MULTILINE)
    stream = re.search(r"^  Stream #0:\d+.*?: Video: (\w+)[^\n]*", log, re.MULTILINE)
    shown = re.search(r"pts_time:.* sar:(\d+)/(\d+) s:(\d+)x(\d+) i:(.)", log)
    if container is None or stream is None or shown is None:
        raise _not_a_video(video, log)
    if any(_NO_VIDEO.search(name) for name in container[1].split(",")):
        raise _not_a_video(video, f"it is a file of the kind {container[1]}")
    width, height = _display_size(*(int(number) for number in shown.groups()[:4]))
    colours = re.search(
        r"color_range:(\S+) color_space:(\S+) color_primaries:\S+ color_trc:(\S+)", log
    )
    return VideoInfo(
        path=video,
        width=width,
        height=height,
        decoded_width=int(shown[3]),
        duration_seconds=_seconds(re.search(r"Duration: (\d+):(\d+):(\d+\.\d+)", log)),
        frames_per_second=_rate(stream[0]),
        codec=stream[1],
        interlaced=shown[5] in "TB",
        transfer=colours[3] if colours else "unknown",
        matrix=colours[2] if colours else "unknown",
        full_range=colours is not None and colours[1] == "pc",
        rotated="displaymatrix" in log,
    )


def _log_of_first_frame(video: Path) -> str:
    command = ["-loglevel", "info", *local_input(video), "-map", "0:V:0", "-frames:v", "1"]
    command += ["-vf", "showinfo=checksum=0", "-f", "null", "-"]
    with tempfile.TemporaryFile() as log:
        try:
            with running(command, what=f"reading {video.name}", log=log) as process:
                assert process.stdout is not None
                process.stdout.read()
        except VideoError as error:
            log.seek(0)
            raise _not_a_video(video, log.read().decode(errors="replace")) from error
        log.seek(0)
        return log.read().decode(errors="replace")


def _check_file(video: Path) -> None:
    if not video.exists():
        raise VideoError(
            f"There is no file {video}.",
            why="Expected the path of a video.",
            fix="Check the spelling; in Colab, mount Google Drive first if it lies there.",
        )
    if video.is_dir():
        raise VideoError(
            f"{video} is a folder.",
            why="Expected a video file.",
            fix="Give the path of one of the videos in it.",
        )
    if video.stat().st_size == 0:
        raise VideoError(
            f"{video} is empty (0 bytes).",
            why="Its copy or download was probably cut off.",
            fix="Fetch it again.",
        )
    # ffmpeg would find videos and pictures in the bytes of an archive.
    if os.access(video, os.R_OK) and "archive" in (kind := kind_of_file(video)):
        raise VideoError(
            f"{video} is {kind}, no video.",
            why="Expected a file that ffmpeg can decode, such as mp4, mov, mkv or webm.",
            fix="Unpack it; a zip of pictures goes to `colab-pix2pix import`.",
        )


def _not_a_video(video: Path, log: str) -> VideoError:
    lines = [line for line in log.strip().splitlines() if line.strip()]
    reason = re.sub(r"^\[[^]]*\]\s*", "", lines[-1]) if lines else "it gave no reason"
    if "matches no streams" in log:
        reason = "it has sound but no pictures"
    return VideoError(
        f"{video} can't be read as a video: {reason}.",
        why="Expected a file that ffmpeg can decode, such as mp4, mov, mkv or webm.",
        fix="Try it in a player; if it does not play there, fetch it again or choose another.",
    )


def _display_size(sar_width: int, sar_height: int, width: int, height: int) -> tuple[int, int]:
    """Returns the size in square pixels; like players, it stretches the width, not the height.

    Args:
        sar_width: Of the sample aspect ratio, with `sar_height`; 0 where it is unknown.
        sar_height: See `sar_width`.
        width: Of the decoded frame in pixels.
        height: Of the decoded frame in pixels.
    """
    if not sar_width or not sar_height:
        return width, height
    return max(1, round(width * sar_width / sar_height)), height


def _seconds(found: re.Match[str] | None) -> float:
    if found is None:
        return 0.0
    hours, minutes, seconds = found.groups()
    return int(hours) * 3600 + int(minutes) * 60 + float(seconds)


def _rate(line: str) -> float:
    found = re.search(r"([\d.]+)(k?) fps", line) or re.search(r"([\d.]+)(k?) tbr", line)
    if found is None:
        return 0.0
    return float(found[1]) * (1000 if found[2] else 1)
