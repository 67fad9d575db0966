"""Decodes chosen pictures of a video."""

from __future__ import annotations

import logging
import os
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ..errors import VideoError
from ..ffmpeg import long_option, running
from .decode_plan import dropped_packets, nearest, packets_to_decode, times_expression
from .filters import filters_after_choice, filters_before_choice, scale_colours
from .probe import VideoInfo, local_input
from .timeline import SHOWN, Timeline

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Picture:
    """A decoded picture.

    Attributes:
        index: Which frame of the timeline it is.
        planes: Red, green and blue: uint8 `(height, width)` each.
    """

    index: int
    planes: tuple[np.ndarray, np.ndarray, np.ndarray]


@dataclass(frozen=True)
class Cut:
    """What is made of each frame.

    Attributes:
        size: Width and height that the frame is scaled to.
        stored_box: Left, top, width and height of the part of the decoded frame that is used,
            before its pixels are made square; None for all of it.
    """

    size: tuple[int, int]
    stored_box: tuple[int, int, int, int] | None = None


def decode(info: VideoInfo, timeline: Timeline, picks: np.ndarray, cut: Cut) -> Iterator[Picture]:
    """Decodes the picked frames. What can't be decoded is left out: count what comes.

    Args:
        info: The video.
        timeline: Its frames.
        picks: Indices of the wanted frames, sorted.
        cut: What to make of each frame.

    Raises:
        VideoError: not one picked frame can be decoded.
    """
    missing = np.asarray(picks)
    if not info.turned and not info.interlaced:
        # A copied stream forgets how it is turned, and uniting half pictures takes all of them.
        needed = packets_to_decode(timeline, picks)
        if needed is not None:
            come: list[int] = []
            try:
                for picture in _run(info, timeline, picks, cut, needed):
                    come.append(picture.index)
                    yield picture
            except VideoError as error:
                _log.info("%s can't be copied in part: %s", info.path, error)
            missing = np.setdiff1d(picks, come)
            if len(missing):
                _log.info("%s is decoded whole for %d pictures", info.path, len(missing))
    if len(missing):
        # Without a plan, or a peculiar file did not keep to it: then everything is decoded.
        yield from _run(info, timeline, missing, cut, None)


def _run(
    info: VideoInfo, timeline: Timeline, picks: np.ndarray, cut: Cut, needed: np.ndarray | None
) -> Iterator[Picture]:
    width, height = cut.size
    length, count = width * height * 3, 0
    what = f"decoding {info.path.name}"
    try:
        with ExitStack() as stack:
            folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
            words = stack.enter_context(tempfile.TemporaryFile())
            source, feed, clock = local_input(info.path), None, timeline.seconds
            if needed is not None and timeline.packets is not None:
                copying, clock = _thinned(info, timeline, needed, folder)
                feed = stack.enter_context(running(copying, what=what)).stdout
                source = ["-copyts", "-f", "nut", "-i", "pipe:0"]
            command = ["-loglevel", "info", *source, "-map", "0:V:0"]
            command += long_option("-filter:v", _chain(info, clock, picks, cut), folder)
            command += ["-fps_mode", "passthrough", "-f", "rawvideo", "-"]
            process = stack.enter_context(running(command, what=what, words=words, feed=feed))
            assert process.stdout is not None
            times = _shown_times(words.fileno())
            while len(data := process.stdout.read(length)) == length:
                count += 1
                green, blue, red = np.frombuffer(data, np.uint8).reshape(3, height, width)
                index = int(picks[nearest(clock[picks], np.array([next(times)]))[0]])
                yield Picture(index, (red, green, blue))
    except VideoError:
        # ffmpeg also complains of a damaged end after it gave us all that came before it.
        if not count:
            raise


def _chain(info: VideoInfo, clock: np.ndarray, picks: np.ndarray, cut: Cut) -> str:
    """Returns the filters that choose pictures and make them what a player shows, scaled."""
    width, height = cut.size
    chain = filters_before_choice(info)
    chain += f"select='{times_expression(clock, picks)}',showinfo=checksum=0,"
    chain += filters_after_choice(info)
    if cut.stored_box is not None:
        left, top, across, down = cut.stored_box
        chain += f"crop={across}:{down}:{left}:{top}:exact=1,"
    # Planar RGB: swscale is four times faster to it than to packed RGB.
    return f"{chain}scale={width}:{height}:flags=bicubic{scale_colours(info)},setsar=1,format=gbrp"


def _thinned(
    info: VideoInfo, timeline: Timeline, needed: np.ndarray, folder: Path
) -> tuple[list[str], np.ndarray]:
    """Returns how ffmpeg copies the needed packets, and the times that the pictures then have."""
    packets = timeline.packets
    assert packets is not None
    chain, clock, keys_only = (
        f"noise=drop='{dropped_packets(packets, needed)}'",
        timeline.seconds,
        False,
    )
    if packets.decoded is not None:
        # Counted from the first packet, because NUT knows no time below zero. And where ffmpeg
        # skips over all but key frames it may mistake when they are shown: their other time does.
        keys_only = bool(packets.key[needed].all())
        times = packets.decoded[timeline.packet] if keys_only else timeline.seconds
        clock = times - packets.decoded[needed][0]
        chain += f",setts=pts={'DTS' if keys_only else 'PTS'}-STARTDTS:dts=DTS-STARTDTS"
    command = [*local_input(info.path, keys_only=keys_only), "-map", "0:V:0", "-c", "copy"]
    command += ["-avoid_negative_ts", "disabled", *long_option("-bsf:v", chain, folder)]
    return [*command, "-f", "nut", "-"], clock


def _shown_times(words: int) -> Iterator[float]:
    """Gives the time of each picture that passed `showinfo`, from what ffmpeg says meanwhile."""
    place, rest = 0, b""
    while True:
        # pread: ffmpeg writes through the same open file, whose position must stay its own.
        new = os.pread(words, 1 << 16, place)
        place += len(new)
        *lines, rest = (rest + new).split(b"\n")
        for line in lines:
            if found := SHOWN.search(line):
                yield float(found[1])
        if not new:
            time.sleep(0.001)
