"""Takes the sound of a video along into another one, in step with its pictures."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from typing import cast

import av
import numpy as np
from av.audio.resampler import AudioResampler
from av.audio.stream import AudioStream
from av.container import InputContainer, OutputContainer

from .container import open_container, video_pieces
from .packets import AnyPacket, Packets, demux, join_packets, read_packets
from .timeline import Timeline

_RATES = (96000, 88200, 64000, 48000, 44100, 32000, 24000, 22050, 16000, 12000, 11025, 8000)
_LAYOUTS = ("mono", "stereo", "5.1")
_BIT_RATE = 160_000
_BLOCK = 1024  # samples in a frame of AAC
_JITTER_SECONDS = 0.02  # times may be off by less without a gap being meant
_LONG_GAP_SECONDS = 2.0
_EARLY_SECONDS = 0.1  # encoders put a moment of silence before the beginning; it is no beginning


class Sound:
    """The sound of a video, on its way into another one.

    Attributes:
        origin: When the new video begins, in seconds on the timeline of the pictures.
    """

    def __init__(
        self,
        path: Path,
        stream: AudioStream,
        packets: Packets,
        alike: bool,
        timeline: Timeline,
        output: OutputContainer,
    ) -> None:
        """Adds a stream to `output`: of the same packets where every browser plays them.

        Args:
            path: The video.
            stream: Its first sound, of a file that is open.
            packets: What the file lists of it.
            alike: Whether all joined pieces of the file have a sound of the same kind.
            timeline: The pictures.
            output: What is being written.
        """
        self._path, self._stream, self._output = path, stream, output
        self._listed, self._shown = packets, packets.shown
        self._offsets = _offsets(packets, timeline.packets)
        seconds = packets.presentation_ticks * packets.tick_seconds + self._offsets
        begins = float(seconds[packets.shown].min()) if packets.shown.any() else np.inf
        start = timeline.start_seconds
        self.origin = begins if begins < start - _EARLY_SECONDS else start
        name = stream.codec_context.name
        plays = name.startswith("mp3") or (name == "aac" and stream.codec_context.extradata)
        if plays and alike:
            self._packets = self._copied()
        else:
            self._packets = self._encoded()
        self._next: tuple[float, AnyPacket] | None = None
        self._start()

    def _start(self) -> None:
        # The stream has to be there before the first packet of any is written.
        self._next = next(self._packets, None)

    def write_until(self, seconds: float | None) -> None:
        """Writes the packets that begin before a time of the new video; None writes the rest."""
        while self._next is not None and (seconds is None or self._next[0] <= seconds):
            self._output.mux(self._next[1])
            self._next = next(self._packets, None)

    def _read(self) -> Iterator[tuple[int, AnyPacket]]:
        """Gives the packets with their numbers, up to where the file can't be read any further."""
        starts = (*self._listed.piece_starts, len(self._listed))
        for piece, (first, end) in zip(self._listed.pieces, pairwise(starts), strict=True):
            with open_container(self._path, piece) as container:
                stream = first_sound(container)
                if stream is not None:
                    yield from zip(range(first, end), demux(container, stream), strict=False)

    def _copied(self) -> Iterator[tuple[float, AnyPacket]]:
        output = self._output.add_stream_from_template(self._stream)
        last = None
        for number, packet in self._read():
            tick_seconds = float(packet.time_base or 1)
            moved = round((self._offsets[number] - self.origin) / tick_seconds)
            if not self._shown[number] or packet.pts is None:
                continue
            packet.pts += moved
            packet.dts = packet.pts
            seconds = packet.dts * tick_seconds
            if last is not None and seconds <= last:
                continue  # joined pieces that overlap a little
            last = seconds
            packet.stream = output
            yield seconds, packet

    def _encoded(self) -> Iterator[tuple[float, AnyPacket]]:
        context = self._stream.codec_context
        rate = context.sample_rate if context.sample_rate in _RATES else 48_000
        layout = context.layout.name if context.layout.name in _LAYOUTS else "stereo"
        output = self._output.add_stream("aac", rate=rate)
        output.bit_rate, output.layout = _BIT_RATE, layout
        for begins, block in _blocks(self._decoded(rate, layout), rate):
            frame = av.AudioFrame.from_ndarray(block, "fltp", layout)
            frame.sample_rate, frame.time_base = rate, Fraction(1, rate)
            frame.pts = begins
            for packet in output.encode(frame):
                yield (packet.dts or 0) / rate, packet
        for packet in output.encode(None):
            yield (packet.dts or 0) / rate, packet

    def _decoded(self, rate: int, layout: str) -> Iterator[tuple[int | None, np.ndarray]]:
        """Gives sound from the origin on, float32 `(channels, samples)`, and when each begins."""
        resamplers: dict[tuple[str, str, int], AudioResampler] = {}
        for number, packet in self._read():
            if not self._shown[number]:
                continue
            try:
                frames = packet.decode()
            except av.error.FFmpegError:
                continue  # damaged: silence stands for it
            for frame in cast(list[av.AudioFrame], frames):
                kind = (frame.format.name, frame.layout.name, frame.sample_rate)
                if kind not in resamplers:
                    resamplers[kind] = AudioResampler("fltp", layout, rate)
                begins = None
                if frame.pts is not None and frame.time_base:
                    seconds = float(frame.pts * frame.time_base) + self._offsets[number]
                    begins = round((seconds - self.origin) * rate)
                for made in resamplers[kind].resample(frame):
                    yield begins, made.to_ndarray()
                    begins = None


@contextmanager
def open_sound(path: Path, timeline: Timeline, output: OutputContainer) -> Iterator[Sound | None]:
    """Opens the first sound of a video, to be written into another; None where it has none.

    Args:
        path: The video.
        timeline: Its pictures, by whose clock the sound is timed.
        output: What is being written.
    """
    parts, kinds = [], set()
    for piece in video_pieces(path):
        with open_container(path, piece) as container:
            stream = first_sound(container)
            if stream is not None and len(part := read_packets(container, stream, piece)):
                parts.append(part)
                context = stream.codec_context
                kinds.add((context.name, bytes(context.extradata or b""), stream.time_base))
    packets = join_packets(parts) if parts else None
    if packets is None or not packets.timed:
        yield None
        return
    with open_container(path, packets.pieces[0]) as container:
        stream = first_sound(container)
        assert stream is not None
        yield Sound(path, stream, packets, len(kinds) == 1, timeline, output)


def first_sound(container: InputContainer) -> AudioStream | None:
    """Returns the first stream of sound that can be decoded; None where there is none."""
    return next((one for one in container.streams.audio if one.codec_context is not None), None)


def _offsets(sound: Packets, pictures: Packets) -> np.ndarray:
    """Returns what to add to the time of each packet of sound, in seconds.

    Where the clock of the pictures begins again in the middle, the sound moves with them: with
    those beside it in the file, unless it is of a quite different time.
    """
    starts = pictures.segment_starts
    if len(starts) == 1:
        return np.zeros(len(sound))
    seconds = sound.presentation_ticks * sound.tick_seconds
    shown = np.split(pictures.presentation_ticks * pictures.tick_seconds, starts[1:])
    low = np.array([piece.min() - 1 for piece in shown])
    high = np.array([piece.max() + 1 for piece in shown])
    position = np.maximum.accumulate(sound.position)  # not all packets of a group know theirs
    beside = np.searchsorted(pictures.position[starts], position, side="right") - 1
    beside = np.clip(beside, 0, len(starts) - 1)
    chosen = beside.copy()
    for neighbour in (beside + 1, beside - 1):
        near = np.clip(neighbour, 0, len(starts) - 1)
        out = (seconds < low[chosen]) | (seconds > high[chosen])
        fits = (seconds >= low[near]) & (seconds <= high[near])
        chosen = np.where(out & fits, near, chosen)
    return np.asarray(pictures.offsets[chosen])


def _blocks(
    pieces: Iterator[tuple[int | None, np.ndarray]], rate: int
) -> Iterator[tuple[int, np.ndarray]]:
    """Gives sound in blocks of one length, each with the sample at which it begins.

    Silence fills short gaps, and the last block; over a long one the count goes on.

    Args:
        pieces: The sample at which each begins, None for where the one before ends, and
            `(channels, samples)`.
        rate: Samples in a second.
    """
    given, rest = 0, np.zeros((0, 0), np.float32)  # `rest` begins at sample `given`
    for begins, samples in pieces:
        rest = rest if len(rest) else np.zeros((len(samples), 0), np.float32)
        late = 0 if begins is None else begins - (given + rest.shape[1])
        if late > _LONG_GAP_SECONDS * rate:
            if rest.shape[1]:
                yield given, _filled(rest)
            given, rest = given + rest.shape[1] + late, rest[:, :0]
        elif late > _JITTER_SECONDS * rate:
            rest = np.pad(rest, ((0, 0), (0, late)))
        elif late < -_JITTER_SECONDS * rate:
            samples = samples[:, -late:]
        rest = np.concatenate([rest, samples], axis=1)
        while rest.shape[1] >= _BLOCK:
            yield given, np.ascontiguousarray(rest[:, :_BLOCK])
            given, rest = given + _BLOCK, rest[:, _BLOCK:]
    if rest.shape[1]:
        yield given, _filled(rest)


def _filled(rest: np.ndarray) -> np.ndarray:
    return np.pad(rest, ((0, 0), (0, _BLOCK - rest.shape[1])))
