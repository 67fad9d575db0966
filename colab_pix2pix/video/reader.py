"""Reads packets by their number, and decodes runs of them."""

from __future__ import annotations

import os
from bisect import bisect_right
from collections.abc import Iterator
from contextlib import ExitStack
from fractions import Fraction
from pathlib import Path

import av
from av.container import InputContainer
from av.video.stream import VideoStream

from .container import open_video
from .decode_plan import Run
from .filters import Deinterlacer
from .packets import AnyPacket, Packets, demux, mark

_NEAR = 250  # packets that are passed over rather than sought


class RunDecoder:
    """Decodes runs of packets of one video; a file that was opened, and a decoder."""

    def __init__(self, path: Path, packets: Packets, *, threads: int) -> None:
        """Opens the file; `threads` 0 decodes frames side by side, on all cores."""
        self._path = path
        self._packets = packets
        self._threads = threads
        self._stack = ExitStack()
        self._open(0)

    def close(self) -> None:
        """Closes the file."""
        self._stack.close()

    def decode(
        self, run: Run, *, skip: bool, deinterlace: bool = False
    ) -> Iterator[tuple[int, av.VideoFrame]]:
        """Gives the wanted frames of a run, each with the number of its packet.

        Args:
            run: What to decode.
            skip: True leaves out what no other frame refers to. Only H.264 tells it for sure.
            deinterlace: True makes one picture of two fields; then all of the run is decoded.
        """
        skip = skip and not deinterlace and self._decoder.name == "h264"
        fields = Deinterlacer() if deinterlace else None
        for frame in self._decode_packets(run, skip):
            for number, ready in fields.push(frame) if fields else ((frame.pts, frame),):
                if number in run.wanted:
                    yield number, ready
        for number, ready in fields.push(None) if fields else ():
            if number in run.wanted:
                yield number, ready

    @property
    def pixel_aspect_ratio(self) -> Fraction | None:
        """Width by height of a pixel, of the frame that was decoded last; None where unknown."""
        now = self._decoder.sample_aspect_ratio
        return self._container_ratio if now == self._first_ratio else now

    def _decode_packets(self, run: Run, skip: bool) -> Iterator[av.VideoFrame]:
        self._go_to(run.first)
        self._decoder.flush_buffers()
        skipping = None
        for number in range(run.first, run.first + len(run.needed)):
            if number >= self._end:
                yield from self._frames(None)
                self._open(self._piece + 1)
                skipping = None
            packet = next(self._demuxer, None)
            self._next = number + 1
            if packet is None:
                break
            if not run.needed[number - run.first]:
                continue
            if skipping != (skip and number not in run.wanted):
                skipping = skip and number not in run.wanted
                self._decoder.skip_frame = "NONREF" if skipping else "DEFAULT"
            mark(packet, number)
            yield from self._frames(packet)
        yield from self._frames(None)
        self._decoder.flush_buffers()

    def _frames(self, packet: AnyPacket | None) -> list[av.VideoFrame]:
        try:
            return self._decoder.decode(packet)
        except av.error.FFmpegError:
            return []  # damaged: whoever counts what came says so

    def _open(self, piece: int) -> None:
        """Opens a piece of the file at its first packet."""
        self._stack.close()
        packets = self._packets
        part = packets.pieces[piece] if packets.pieces else None
        container, stream = self._stack.enter_context(open_video(self._path, part))
        self._container: InputContainer = container
        self._stream: VideoStream = stream
        self._decoder = stream.codec_context
        self._decoder.thread_type = "SLICE" if self._threads else "AUTO"
        # Twice as many as cores: they wait for each other, and for who scales their frames.
        self._decoder.thread_count = self._threads or min(16, 2 * (os.cpu_count() or 1))
        self._container_ratio = stream.sample_aspect_ratio
        self._first_ratio = self._decoder.sample_aspect_ratio
        self._demuxer = demux(self._container, self._stream)
        self._piece = piece
        self._next = packets.piece_starts[piece]
        self._end: int = (*packets.piece_starts, len(packets))[piece + 1]

    def _go_to(self, number: int) -> None:
        """Makes a packet the next one to be read."""
        piece = bisect_right(self._packets.piece_starts, number) - 1
        if piece != self._piece:
            self._open(piece)
        if 0 <= number - self._next <= _NEAR or not self._seek(number):
            if number < self._next:
                self._open(piece)
            while self._next < number and next(self._demuxer, None) is not None:
                self._next += 1

    def _seek(self, number: int) -> bool:
        """Seeks to a packet; False where it could not be found, and the file was opened anew."""
        packets = self._packets
        if len(packets.segment_starts) > 1 or not packets.timed or packets.position[number] < 0:
            return False  # a time may stand for more than one place
        aim = tuple(
            int(column[number])
            for column in (packets.presentation_ticks, packets.decode_ticks, packets.position)
        )
        try:
            self._container.seek(aim[0], stream=self._stream)
        except av.error.FFmpegError:
            self._open(self._piece)
            return False
        self._demuxer = demux(self._container, self._stream)
        for _ in range(_NEAR):
            packet = next(self._demuxer, None)
            if packet is None:
                break
            if (packet.pts, packet.dts, packet.pos) == aim:
                self._demuxer = _put_back(packet, self._demuxer)
                self._next = number
                return True
        self._open(self._piece)
        return False


def _put_back(packet: AnyPacket, others: Iterator[AnyPacket]) -> Iterator[AnyPacket]:
    yield packet
    yield from others
