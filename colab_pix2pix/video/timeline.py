"""When each frame of a video is shown."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import chain

import av
import numpy as np

from .container import no_picture, open_video
from .packets import NO_TIME, Packets, demux, mark, read_pictures
from .probe import VideoInfo

_USUAL_FRAME_RATE = 25.0
_LONGEST_STEP = 20  # times the usual one; a longer gap between frames counts as one usual step
_SHORTEST_GAP_SECONDS = 2.0


@dataclass(frozen=True)
class Timeline:
    """The frames of a video in the order in which they are shown.

    Attributes:
        seconds: When each appears, float64, never falling. Where the clock of the file begins
            again, as in joined files, what comes later is put behind what came before.
        end_seconds: When the last frame disappears.
        packet_index: For each frame its index in `packets`.
        packets: What the file lists.
    """

    seconds: np.ndarray
    end_seconds: float
    packet_index: np.ndarray
    packets: Packets

    @property
    def start_seconds(self) -> float:
        """When the first frame appears; not always 0."""
        return float(self.seconds[0])

    @property
    def even_seconds(self) -> np.ndarray:
        """A clock that does not go on where there are no frames: gaps count as a usual step."""
        steps = np.diff(self.seconds)
        if not (steps > 0).any():
            return self.seconds
        usual = float(np.median(steps[steps > 0]))
        gap = steps > max(_SHORTEST_GAP_SECONDS, _LONGEST_STEP * usual)
        return np.cumsum(np.append(self.seconds[0], np.where(gap, usual, steps)))


def read_timeline(info: VideoInfo) -> Timeline:
    """Returns when the frames of a video are shown.

    The packets tell it in a second for three hours of video. Where they do not (some AVI, raw
    streams, frames of one time), the whole video is decoded once.

    Raises:
        VideoError: the file can't be read or holds no picture.
    """
    packets = read_pictures(info.path)
    timed = packets.timed and not packets.guessed
    if not len(packets) or not packets.shown.any():
        raise no_picture(info.path)
    if timed:
        index = np.flatnonzero(packets.shown)
        index = index[np.argsort(packets.seconds[index], kind="stable")]
        if (np.diff(packets.seconds[index]) > 0).all():
            return Timeline(packets.seconds[index], packets.end_seconds(), index, packets)
    index = _order_by_decoding(info, packets)
    if not len(index):
        raise no_picture(info.path)
    if timed:
        return Timeline(np.sort(packets.seconds[index]), packets.end_seconds(), index, packets)
    seconds, step = _times_in_order(info, packets, index)
    return Timeline(seconds, float(seconds[-1]) + step, index, packets)


def _order_by_decoding(info: VideoInfo, packets: Packets) -> np.ndarray:
    """Returns the packets in the order in which their frames are shown, by decoding everything."""
    order: list[int | None] = []
    for piece, first in zip(packets.pieces, packets.piece_starts, strict=True):
        with open_video(info.path, piece) as (container, stream):
            decoder = stream.codec_context
            decoder.thread_type = "AUTO"
            for number, packet in enumerate(chain(demux(container, stream), (None,)), first):
                if packet is not None:
                    mark(packet, number)
                try:
                    order += [frame.pts for frame in decoder.decode(packet)]
                except av.error.FFmpegError:
                    continue  # a damaged packet
    return np.array([index for index in order if index is not None], np.int64)


def _times_in_order(
    info: VideoInfo, packets: Packets, index: np.ndarray
) -> tuple[np.ndarray, float]:
    """Returns a time for each frame, and how long one lasts usually."""
    rate = info.frames_per_second or _USUAL_FRAME_RATE
    ticks = np.sort(packets.decode_ticks[index])
    if (ticks != NO_TIME).all() and len(packets.pieces) < 2:
        return ticks * packets.tick_seconds, packets.usual_seconds or 1 / rate
    return np.arange(len(index)) / rate, 1 / rate
