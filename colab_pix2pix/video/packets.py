"""The packets of a stream as the file lists them, and a clock that never begins again."""

from __future__ import annotations

import re
from array import array
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from pathlib import Path
from typing import Any, TypeAlias

import av
import numpy as np
from av.audio.stream import AudioStream
from av.container import InputContainer
from av.video.stream import VideoStream

from .container import open_video, video_pieces
from .pieces import Piece

AnyPacket: TypeAlias = "av.Packet[Any]"

NO_TIME = -(2**63)
_LONGEST_SECONDS = 3600.0  # a frame that is to be shown for longer is the last one before a jump
#: What DivX and Xvid write into a stream of which a packet may hold two frames, and the next none.
_PACKED = re.compile(rb"DivX\d+(b|Build)\d+p")
_BACK_SECONDS = 1.0  # decoding times may go back by less in a badly written file


@dataclass(frozen=True)
class Packets:
    """The packets of a stream in the order of the file, which is the order of decoding.

    Attributes:
        presentation_ticks: When the frame of each is shown, int64; NO_TIME where unknown.
        decode_ticks: When each is to be decoded, int64; NO_TIME where unknown.
        duration_ticks: How long each lasts, by the container; 0 where unknown.
        position: The byte at which each begins in the file; -1 where unknown.
        keyframe: True where decoding can begin.
        shown: False for what is decoded for others only (edit lists).
        tick_seconds: The unit of time.
        pieces: The parts of the file that hold them, each a video of its own.
        piece_starts: The first packet of each.
        guessed: True where the container holds no times of presentation, and they are guesses.
    """

    presentation_ticks: np.ndarray
    decode_ticks: np.ndarray
    duration_ticks: np.ndarray
    position: np.ndarray
    keyframe: np.ndarray
    shown: np.ndarray
    tick_seconds: float
    pieces: tuple[Piece, ...] = ()
    piece_starts: tuple[int, ...] = (0,)
    guessed: bool = False

    def __len__(self) -> int:
        return len(self.keyframe)

    @property
    def timed(self) -> bool:
        """True when the file tells when each frame is shown."""
        return bool(len(self) and (self.presentation_ticks != NO_TIME).all())

    @cached_property
    def usual_seconds(self) -> float:
        """The usual step from one packet to the next; 0.0 where none is known."""
        steps = np.diff(self._clock)
        return float(np.median(steps[steps > 0])) if (steps > 0).any() else 0.0

    @cached_property
    def _clock(self) -> np.ndarray:
        """When each is decoded, in seconds; where unknown, as the next one that is known."""
        known = self.decode_ticks != NO_TIME
        if not known.any():
            return np.asarray(np.maximum.accumulate(self.presentation_ticks) * self.tick_seconds)
        following = np.flatnonzero(known)[
            np.minimum(np.cumsum(known) - known, int(known.sum()) - 1)
        ]
        return np.asarray(self.decode_ticks[following] * self.tick_seconds)

    @cached_property
    def segment_starts(self) -> np.ndarray:
        """The packets with which the clock begins again; at least the first one."""
        step = np.diff(self._clock)
        again = ((step < 0) & self.keyframe[1:]) | (step < -_BACK_SECONDS)
        return np.union1d(self.piece_starts, np.flatnonzero(again) + 1).astype(np.int64)

    @cached_property
    def offsets(self) -> np.ndarray:
        """The seconds to add to the times of each segment so that it follows the one before."""
        offsets = [0.0]
        seconds = self.presentation_ticks * self.tick_seconds
        pieces = np.split(np.arange(len(self)), self.segment_starts[1:])
        for before, piece in pairwise(pieces):
            last = int(before[seconds[before].argmax()])
            length = float(self.duration_ticks[last] * self.tick_seconds)
            length = length if 0 < length < _LONGEST_SECONDS else self.usual_seconds
            end = float(seconds[last]) + offsets[-1] + length
            # A joined piece whose clock goes on where the one before ended stays where it is.
            offsets.append(max(offsets[-1], end - float(seconds[piece].min())))
        return np.array(offsets)

    @cached_property
    def seconds(self) -> np.ndarray:
        """When each frame is shown, on a clock on which joined pieces follow one another."""
        lengths = np.diff(np.append(self.segment_starts, len(self)))
        moved = np.repeat(self.offsets, lengths)
        return np.asarray(self.presentation_ticks * self.tick_seconds + moved)

    def end_seconds(self) -> float:
        """Returns when the last frame disappears, on the clock of `seconds`."""
        last = int(self.seconds.argmax())
        length = float(self.duration_ticks[last] * self.tick_seconds)
        return float(self.seconds[last]) + (length if length > 0 else self.usual_seconds)


def read_packets(
    container: InputContainer, stream: VideoStream | AudioStream, piece: Piece
) -> Packets:
    """Returns the packets of a stream, up to a place where the file can't be read any further.

    Arrays of numbers, not objects: a day of video has millions. It takes a second for 300 000.

    Args:
        container: The opened file.
        stream: One of its streams.
        piece: The part of the file that was opened.
    """
    columns = [array("q") for _ in range(4)]
    presentation, decode, duration, position = (column.append for column in columns)
    flags = bytearray()
    for packet in demux(container, stream):
        pts, dts = packet.pts, packet.dts
        presentation(NO_TIME if pts is None else pts)
        decode(NO_TIME if dts is None else dts)
        duration(packet.duration or 0)
        position(-1 if packet.pos is None else packet.pos)
        flags.append(packet.is_keyframe + 2 * packet.is_discard)
    marks = np.frombuffer(bytes(flags), np.uint8)
    tick_seconds = float(stream.time_base) if stream.time_base else 0.0
    where = np.array(columns[3], np.int64)
    keyframe = (marks & 1) > 0
    if _PACKED.search(stream.codec_context.extradata or b""):
        keyframe[1:] = False  # they mark the packet after the one that holds the picture
    return Packets(
        presentation_ticks=np.array(columns[0], np.int64),
        decode_ticks=np.array(columns[1], np.int64),
        duration_ticks=np.array(columns[2], np.int64),
        position=np.where(where < 0, where, where + piece.start),
        keyframe=keyframe,
        shown=marks < 2,
        tick_seconds=tick_seconds,
        pieces=(piece,),
        # AVI has them of decoding alone.
        guessed=container.format.name == "avi"
        and isinstance(stream, VideoStream)
        and bool(stream.codec_context.has_b_frames),
    )


def read_pictures(path: Path) -> Packets:
    """Returns the packets of a file's pictures, of all videos that are joined in it.

    Raises:
        VideoError: the file can't be read.
    """
    parts = []
    for piece in video_pieces(path):
        with open_video(path, piece) as (container, stream):
            parts.append(read_packets(container, stream, piece))
    return join_packets(parts)


def join_packets(parts: Sequence[Packets]) -> Packets:
    """Returns the packets of all pieces of a file, in the ticks of the first."""
    filled = [part for part in parts if len(part)]
    if len(filled) < 2:
        return filled[0] if filled else parts[0]

    def column(name: str) -> np.ndarray:
        values = [getattr(part, name) for part in filled]
        if name.endswith("_ticks"):
            values = [
                np.where(ticks == NO_TIME, ticks, np.rint(ticks * (part.tick_seconds / unit)))
                if part.tick_seconds != unit
                else ticks
                for ticks, part in zip(values, filled, strict=True)
            ]
        return np.concatenate(values).astype(values[0].dtype)

    unit = filled[0].tick_seconds or 1.0
    names = [
        *("presentation_ticks", "decode_ticks", "duration_ticks"),
        *("position", "keyframe", "shown"),
    ]
    return Packets(
        **{name: column(name) for name in names},
        tick_seconds=unit,
        pieces=tuple(piece for part in filled for piece in part.pieces),
        piece_starts=tuple(np.cumsum([0, *map(len, filled[:-1])]).tolist()),
        guessed=any(part.guessed for part in filled),
    )


def demux(container: InputContainer, stream: VideoStream | AudioStream) -> Iterator[AnyPacket]:
    """Gives the packets of a stream, up to a place where the file can't be read any further."""
    try:
        yield from (packet for packet in container.demux(stream) if packet.size)
    except (av.error.FFmpegError, IndexError):
        # Cut off or damaged: what came before is there. (PyAV falls over the end of a file whose
        # damage looked like one more stream.)
        return


def mark(packet: AnyPacket, number: int) -> None:
    """Gives a packet a number in place of its time: decoders hand it on to `frame.pts`.

    Times may be missing, or the same for several. (PyAV's `opaque` is for this, too, but it takes
    small numbers of two frames for one, and may wait for itself when a decoder is closed.)
    """
    packet.pts, packet.dts = number, None
