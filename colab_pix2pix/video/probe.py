"""What a video file holds, as ffmpeg sees it when it decodes the first picture.

imageio-ffmpeg brings no ffprobe. Decoding one picture costs no more and shows more: that there is
one, and its size after rotation.
"""

from __future__ import annotations

import re
import tempfile
from dataclasses import dataclass
from pathlib import Path

from ..errors import VideoError
from ..ffmpeg import running

#: Containers that ffmpeg opens and that hold no video: pictures, text art, lists of other files.
_NO_VIDEO = re.compile(
    r"image2|_pipe|^tty$|^hls|concat|subtitles|^srt$|^webvtt$|^ass$|^ffmetadata$"
)


@dataclass(frozen=True, kw_only=True)
class VideoInfo:
    """Facts on the first video stream of a file.

    Attributes:
        path: The file.
        width: Width in pixels as a player shows it: rotated, with square pixels.
        height: Height in pixels as a player shows it.
        decoded_width: Width as ffmpeg gives it: rotated, its pixels not yet made square.
        duration_seconds: Length by the container's header; 0.0 where it has none.
        frames_per_second: The nominal frame rate; 0.0 when unknown.
        codec: ffmpeg's name of the coding, such as "h264".
        interlaced: True when a picture holds two half pictures of different times.
        transfer: The transfer function by ffmpeg's name, such as "bt709"; "smpte2084" is HDR.
        matrix: The colour matrix by ffmpeg's name, such as "bt709", or "unknown".
        full_range: True when black is 0 and not 16.
        turned: True when a player turns or mirrors the stored picture.
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
    turned: bool


def local_input(path: Path, *, keyframes_only: bool = False) -> list[str]:
    """Returns ffmpeg's arguments that open a local file and nothing else.

    `file:` keeps a name with a colon or a leading dash a name, and the whitelist keeps a playlist
    that poses as a video from opening links.

    Args:
        path: The file.
        keyframes_only: True leaves out all but key frames; most containers then skip over the rest.
    """
    discard = ["-discard:v", "nokey"] if keyframes_only else []
    return ["-protocol_whitelist", "file", *discard, "-copyts", "-i", f"file:{path}"]


def probe(video: Path | str) -> VideoInfo:
    """Returns facts on a video file, found by decoding its first picture.

    Raises:
        VideoError: there is no such file, it is empty, or no picture in it can be decoded.
    """
    video = Path(video)
    _check_file(video)
    words = _words_on_first_picture(video)
    container = re.search(r"^Input #0, (\S+), from ", words, re.MULTILINE)
    stream = re.search(r"^  Stream #0:\d+.*?: Video: (\w+)[^\n]*", words, re.MULTILINE)
    shown = re.search(r"pts_time:.* sar:(\d+)/(\d+) s:(\d+)x(\d+) i:(.)", words)
    if container is None or stream is None or shown is None:
        raise _not_a_video(video, words)
    if any(_NO_VIDEO.search(name) for name in container[1].split(",")):
        raise _not_a_video(video, f"it is a file of the kind {container[1]}")
    width, height = _square(*(int(part) for part in shown.groups()[:4]))
    colours = re.search(
        r"color_range:(\S+) color_space:(\S+) color_primaries:\S+ color_trc:(\S+)", words
    )
    return VideoInfo(
        path=video,
        width=width,
        height=height,
        decoded_width=int(shown[3]),
        duration_seconds=_seconds(re.search(r"Duration: (\d+):(\d+):(\d+\.\d+)", words)),
        frames_per_second=_rate(stream[0]),
        codec=stream[1],
        interlaced=shown[5] in "TB",
        transfer=colours[3] if colours else "unknown",
        matrix=colours[2] if colours else "unknown",
        full_range=colours is not None and colours[1] == "pc",
        turned="displaymatrix" in words,
    )


def _words_on_first_picture(video: Path) -> str:
    command = ["-loglevel", "info", *local_input(video), "-map", "0:V:0", "-frames:v", "1"]
    command += ["-vf", "showinfo=checksum=0", "-f", "null", "-"]
    with tempfile.TemporaryFile() as words:
        try:
            with running(command, what=f"reading {video.name}", words=words) as process:
                assert process.stdout is not None
                process.stdout.read()
        except VideoError as error:
            words.seek(0)
            raise _not_a_video(video, words.read().decode(errors="replace")) from error
        words.seek(0)
        return words.read().decode(errors="replace")


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


def _not_a_video(video: Path, words: str) -> VideoError:
    said = [line for line in words.strip().splitlines() if line.strip()]
    reason = re.sub(r"^\[[^]]*\]\s*", "", said[-1]) if said else "it gave no reason"
    if "matches no streams" in words:
        reason = "it has sound but no pictures"
    return VideoError(
        f"{video} can't be read as a video: {reason}.",
        why="Expected a file that ffmpeg can decode, such as mp4, mov, mkv or webm.",
        fix="Try it in a player; if it does not play there, fetch it again or choose another.",
    )


def _square(sar_width: int, sar_height: int, width: int, height: int) -> tuple[int, int]:
    """Returns the shown size; like players, it stretches the width and keeps the height."""
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
