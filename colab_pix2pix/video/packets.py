"""The packets of a video file: when each is decoded and shown, and which others it takes."""

from __future__ import annotations

import re
import tempfile
from array import array
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import numpy as np

from ..ffmpeg import long_option, running
from .probe import VideoInfo, local_input

#: Lines of ffmpeg's `framecrc`: stream, time of decoding, time of showing, length, ..., flags.
_PACKET = re.compile(
    rb"^0, *(-?\d+), *(-?\d+), *(-?\d+)(?:[^F\n]*, F=0x([0-9A-Fa-f]+))?", re.MULTILINE
)
_REFERRED = re.compile(rb"^1, *(-?\d+)", re.MULTILINE)
_KEY, _DISCARD = 1, 4  # AV_PKT_FLAG_KEY, AV_PKT_FLAG_DISCARD (decoded for others, never shown)
_NO_TIME = -(2**63)


@dataclass(frozen=True)
class Packets:
    """The packets of a video in the order of the file, which is the order of decoding.

    Attributes:
        seconds: When the picture of each is shown.
        decoded: When each is to be decoded, rising; None where the file does not tell.
        key: True where decoding can begin.
        reference: False where no other picture needs this one.
        h264: True when they are H.264.
    """

    seconds: np.ndarray
    decoded: np.ndarray | None
    key: np.ndarray
    reference: np.ndarray
    h264: bool = False

    @property
    def open_groups(self) -> bool:
        """True for H.264 where pictures shown before a key frame come after it in the file."""
        highest = np.maximum.accumulate(np.where(self.key, self.seconds, -np.inf))
        return self.h264 and bool((self.seconds < highest).any())


def read_packets(
    info: VideoInfo, *, references: bool = False, keys_only: bool = False, drop: str = ""
) -> tuple[Packets | None, np.ndarray, float]:
    """Returns the packets, which of them are shown, and how long the last one is.

    Args:
        info: The video.
        references: True finds out which pictures no other one needs.
        keys_only: True lets ffmpeg skip over all but key frames, where it can.
        drop: A bitstream filter for packets that are not wanted, or "".

    Raises:
        VideoError: the file can't be read.
    """
    folder = tempfile.TemporaryDirectory()
    command = [*local_input(info.path, keys_only=keys_only), "-map", "0:V:0", "-c", "copy"]
    command += long_option("-bsf:v:0", drop, Path(folder.name)) if drop else []
    if references and info.codec == "h264":
        # A second copy, without the pictures that no other picture needs. Of other codings ffmpeg
        # does not tell it, or not for sure.
        chain = ",".join(filter(None, [drop, "filter_units=discard=nonref"]))
        command += ["-map", "0:V:0", *long_option("-bsf:v:1", chain, Path(folder.name))]
    command += ["-avoid_negative_ts", "disabled", "-f", "framecrc", "-"]
    # Arrays of numbers, not objects: a day of video has millions of packets.
    decoded, shown, lengths, referred = array("q"), array("q"), array("q"), array("q")
    flags = bytearray()
    with (
        folder,
        tempfile.TemporaryFile() as words,
        running(command, what=f"reading {info.path.name}", words=words) as process,
    ):
        assert process.stdout is not None
        tick = _tick(process.stdout)
        for text in _whole_lines(process.stdout):
            rows = _PACKET.findall(text)
            flags.extend(int(row[3] or b"1", 16) & 255 for row in rows)
            for numbers, column in ((decoded, 0), (shown, 1), (lengths, 2)):
                numbers.extend(int(row[column]) for row in rows)
            referred.extend(map(int, _REFERRED.findall(text)))
        trusted = bool(referred) and not words.tell()
    times, bits = np.array(shown, np.int64), np.frombuffer(bytes(flags), np.uint8)
    if not len(times) or (times == _NO_TIME).any():
        return None, times, 0.0
    last_length = lengths[int(times.argmax())]
    reference = np.isin(decoded, referred) if trusted else np.ones(len(times), bool)
    order = np.array(decoded, np.int64)
    rising = bool((order != _NO_TIME).all() and (np.diff(order) > 0).all())
    stamps = order * tick if rising else None
    packets = Packets(
        times * tick, stamps, (bits & _KEY).astype(bool), reference, info.codec == "h264"
    )
    return packets, (bits & _DISCARD) == 0, last_length * tick


def _tick(lines: IO[bytes]) -> float:
    """Returns the unit of time in seconds that the head of ffmpeg's `framecrc` tells."""
    for line in lines:
        if line.startswith(b"#tb 0:"):
            numerator, denominator = line[6:].split(b"/")
            return int(numerator) / int(denominator)
    return 0.0


def _whole_lines(stream: IO[bytes]) -> Iterator[bytes]:
    """Gives a text in large pieces that end where a line ends."""
    rest = b""
    while piece := stream.read(1 << 18):
        piece = rest + piece
        end = piece.rfind(b"\n") + 1
        yield piece[:end]
        rest = piece[end:]
    yield rest
