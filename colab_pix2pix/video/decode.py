"""Decodes chosen frames of a video."""

from __future__ import annotations

import logging
import os
from collections import deque
from collections.abc import Callable, Generator, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass
from queue import SimpleQueue

import numpy as np
from PIL import Image

from .decode_plan import Run, nearest_frames, plan_runs, whole_run
from .filters import Scaler, Scaling, Shape, shape_of
from .probe import VideoInfo
from .reader import RunDecoder
from .timeline import Timeline, read_timeline

_log = logging.getLogger(__name__)
_SPARSE = 8  # with more wanted frames to a run, one decoder with many threads is quicker
_MOST_DECODERS = 8


@dataclass(frozen=True)
class Frame:
    """A decoded frame.

    Attributes:
        index: Which frame of the timeline it is.
        planes: Red, green and blue: uint8 `(3, height, width)`.
        shape: Its shape before it was scaled.
    """

    index: int
    planes: np.ndarray
    shape: Shape


def decode(
    info: VideoInfo,
    timeline: Timeline,
    picks: np.ndarray,
    scaling_of: Callable[[Shape], Scaling],
) -> Generator[Frame]:
    """Decodes the picked frames. What can't be decoded is left out: count what comes.

    Args:
        info: The video.
        timeline: Its frames.
        picks: Indices of the wanted frames, sorted.
        scaling_of: What to make of frames of a shape.
    """
    frame_of_packet = {int(timeline.packet_index[pick]): int(pick) for pick in picks}
    done: set[int] = set()
    runs = [whole_run(timeline, picks)] if info.interlaced else plan_runs(timeline, picks)
    sparse = len(runs) > 1 and len(picks) <= _SPARSE * len(runs)
    decode_runs = _decode_side_by_side if sparse else _decode_one_by_one
    for packet, planes, shape in decode_runs(info, timeline, runs, scaling_of, True):
        done.add(packet)
        yield Frame(frame_of_packet[packet], planes, shape)
    missing = np.array([frame for packet, frame in frame_of_packet.items() if packet not in done])
    if not len(missing) or info.interlaced:
        return
    # The file did not keep to what it says of itself.
    _log.info("%s is decoded whole for %d frames", info.path, len(missing))
    everything = [whole_run(timeline, missing)]
    for packet, planes, shape in _decode_one_by_one(info, timeline, everything, scaling_of, False):
        yield Frame(frame_of_packet[packet], planes, shape)


def decode_still(info: VideoInfo, seconds: float, size: tuple[int, int]) -> Image.Image | None:
    """Returns the frame nearest to a time, scaled; None where it can't be decoded.

    Args:
        info: The video.
        seconds: When, from its start.
        size: Width and height in pixels.

    Raises:
        VideoError: the file can't be read.
    """
    timeline = read_timeline(info)
    pick = nearest_frames(timeline.seconds, np.array([timeline.start_seconds + seconds]))
    with closing(decode(info, timeline, pick, lambda _: Scaling(size))) as frames:
        frame = next(frames, None)
    return None if frame is None else Image.fromarray(frame.planes.transpose(1, 2, 0).copy())


_Decoded = tuple[int, np.ndarray, Shape]


def _decode_one_by_one(
    info: VideoInfo,
    timeline: Timeline,
    runs: list[Run],
    scaling_of: Callable[[Shape], Scaling],
    skip: bool,
) -> Iterator[_Decoded]:
    scaler = Scaler(scaling_of)
    with closing(RunDecoder(info.path, timeline.packets, threads=0)) as decoder:
        for run in runs:
            for packet, frame in decoder.decode(run, skip=skip, deinterlace=info.interlaced):
                ratio = decoder.pixel_aspect_ratio
                planes = scaler.scale(frame, ratio)
                if planes is not None:
                    yield packet, planes, shape_of(frame, ratio)


def _decode_side_by_side(
    info: VideoInfo,
    timeline: Timeline,
    runs: list[Run],
    scaling_of: Callable[[Shape], Scaling],
    skip: bool,
) -> Iterator[_Decoded]:
    """Decodes several runs at a time, each on one core: no decoder waits for another."""
    workers = min(os.cpu_count() or 1, _MOST_DECODERS, len(runs))
    idle: SimpleQueue[tuple[RunDecoder, Scaler]] = SimpleQueue()
    opened: list[RunDecoder] = []
    pending: deque[Future[list[_Decoded]]] = deque()

    def work(run: Run) -> list[_Decoded]:
        decoder, scaler = idle.get()
        try:
            found = []
            for packet, frame in decoder.decode(run, skip=skip):
                ratio = decoder.pixel_aspect_ratio
                planes = scaler.scale(frame, ratio)
                if planes is not None:
                    found.append((packet, planes, shape_of(frame, ratio)))
            return found
        finally:
            idle.put((decoder, scaler))

    with ThreadPoolExecutor(workers, thread_name_prefix="decoding") as pool:
        try:
            for _ in range(workers):
                opened.append(RunDecoder(info.path, timeline.packets, threads=1))
                idle.put((opened[-1], Scaler(scaling_of, threads=1)))
            for run in runs:
                pending.append(pool.submit(work, run))
                if len(pending) > 2 * workers:
                    yield from pending.popleft().result()
            while pending:
                yield from pending.popleft().result()
        finally:
            pool.shutdown(wait=True, cancel_futures=True)
            for decoder in opened:
                decoder.close()
