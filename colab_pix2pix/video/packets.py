"""The packets of a video file: when each is decoded and shown, and which others need it."""

from __future__ import annotations

import re
import tempfile
from array import array
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

import numpy as np

from ..ffmpeg import long_option, running
from ..litter import temp_folder
from .probe import VideoInfo, local_input

#: Lines of ffmpeg's `framecrc`: stream, decoding time, presentation time, length, ..., flags.
_PACKET = re.compile(
    rb"^0, *(-?\d+), *(-?\d+), *(-?\d+)(?:[^F\n]*, F=0x([0-9A-Fa-f]+))?", re.MULTILINE
)
_REFERENCE = re.compile(rb"^1, *(-?\d+)", re.MULTILINE)
_KEY, _DISCARD = 1, 4  # AV_PKT_FLAG_KEY, AV_PKT_FLAG_DISCARD (decoded for others, never shown)
_NO_TIME = -(2**63)


@dataclass(frozen=True)
class Packets:
    """The packets of a video in the order of the file, which is the order of decoding.

    Attributes:
        presentation_seconds: When the frame of each is shown.
        decode_seconds: When each is to be decoded, rising; None where the file does not tell.
        keyframe: True where decoding can begin.
        reference: False where no other frame needs this one.
        h264: True when they are H.264.
    """

    presentation_seconds: np.ndarray
    decode_seconds: np.ndarray | None
    keyframe: np.ndarray
    reference: np.ndarray
    h264: bool = False

    @property
    def has_open_gops(self) -> bool:
        """True for H.264 where frames shown before a keyframe come after it in the file."""
        shown = self.presentation_seconds
        highest = np.maximum.accumulate(np.where(self.keyframe, shown, -np.inf))
        return self.h264 and bool((shown < highest).any())


@dataclass
class _Columns:
    """Packets as ffmpeg lists them. Arrays of numbers, not objects: a day of video has millions."""

    decode_ticks: array[int] = field(default_factory=lambda: array("q"))
    presentation_ticks: array[int] = field(default_factory=lambda: array("q"))
    length_ticks: array[int] = field(default_factory=lambda: array("q"))
    flags: bytearray = field(default_factory=bytearray)
    reference_ticks: array[int] = field(default_factory=lambda: array("q"))

    def add(self, lines: bytes) -> None:
        rows = _PACKET.findall(lines)
        self.decode_ticks.extend(int(row[0]) for row in rows)
        self.presentation_ticks.extend(int(row[1]) for row in rows)
        self.length_ticks.extend(int(row[2]) for row in rows)
        self.flags.extend(int(row[3] or b"1", 16) & 255 for row in rows)
        self.reference_ticks.extend(map(int, _REFERENCE.findall(lines)))


def read_packets(
    info: VideoInfo, *, references: bool = False, keyframes_only: bool = False, drop: str = ""
) -> tuple[Packets | None, np.ndarray, float]:
    """Returns the packets, which of them are shown, and how many seconds the last one lasts.

    The packets are None where the file does not tell when they are shown.

    Args:
        info: The video.
        references: True finds out which frames no other one needs.
        keyframes_only: True lets ffmpeg skip over all but keyframes, where it can.
        drop: A bitstream filter for packets that are not wanted, or "".

    Raises:
        VideoError: the file can't be read.
    """
    columns = _Columns()
    with (
        temp_folder() as temp_dir,
        tempfile.TemporaryFile() as log,
        running(
            _list_packets(info, references, keyframes_only, drop, temp_dir),
            what=f"reading {info.path.name}",
            log=log,
        ) as process,
    ):
        assert process.stdout is not None
        tick_seconds = _tick_seconds(process.stdout)
        for lines in _whole_lines(process.stdout):
            columns.add(lines)
        references_known = bool(columns.reference_ticks) and not log.tell()
    return _to_packets(columns, tick_seconds, references_known, info.codec == "h264")


def _list_packets(
    info: VideoInfo, references: bool, keyframes_only: bool, drop: str, temp_dir: Path
) -> list[str]:
    command = local_input(info.path, keyframes_only=keyframes_only)
    command += ["-map", "0:V:0", "-c", "copy"]
    command += long_option("-bsf:v:0", drop, temp_dir) if drop else []
    if references and info.codec == "h264":
        # A second copy, without the frames that no other frame needs. Of other codecs ffmpeg does
        # not tell it, or not for sure.
        chain = ",".join(filter(None, [drop, "filter_units=discard=nonref"]))
        command += ["-map", "0:V:0", *long_option("-bsf:v:1", chain, temp_dir)]
    return [*command, "-avoid_negative_ts", "disabled", "-f", "framecrc", "-"]


def _to_packets(
    columns: _Columns, tick_seconds: float, references_known: bool, h264: bool
) -> tuple[Packets | None, np.ndarray, float]:
    ticks = np.array(columns.presentation_ticks, np.int64)
    if not len(ticks) or (ticks == _NO_TIME).any():
        return None, ticks, 0.0
    order = np.array(columns.decode_ticks, np.int64)
    rising = bool((order != _NO_TIME).all() and (np.diff(order) > 0).all())
    reference = np.ones(len(ticks), bool)
    if references_known:
        reference = np.isin(order, columns.reference_ticks)
    flags = np.frombuffer(bytes(columns.flags), np.uint8)
    packets = Packets(
        presentation_seconds=ticks * tick_seconds,
        decode_seconds=order * tick_seconds if rising else None,
        keyframe=(flags & _KEY).astype(bool),
        reference=reference,
        h264=h264,
    )
    last_seconds = columns.length_ticks[int(ticks.argmax())] * tick_seconds
    return packets, (flags & _DISCARD) == 0, last_seconds


def _tick_seconds(lines: IO[bytes]) -> float:
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
