"""Decodes chosen frames of a video."""

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
from ..ffmpeg import long_option, run, running
from ..litter import temp_folder
from .decode_plan import dropped_packets, nearest_frames, packets_to_decode, times_expression
from .filters import filters_after_select, filters_before_select, scale_colours
from .probe import VideoInfo, local_input
from .timeline import SHOWINFO_TIME, Timeline

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Frame:
    """A decoded frame.

    Attributes:
        index: Which frame of the timeline it is.
        planes: Red, green and blue: uint8 `(height, width)` each.
    """

    index: int
    planes: tuple[np.ndarray, np.ndarray, np.ndarray]


@dataclass(frozen=True)
class Scaling:
    """Which part of each decoded frame is used, and the size that it gets.

    Attributes:
        size: Width and height in pixels that the frame is scaled to.
        active_area: Left, top, width and height of the part of the decoded frame that is used,
            before its pixels are made square; None for all of it. See `letterbox`.
    """

    size: tuple[int, int]
    active_area: tuple[int, int, int, int] | None = None


def decode(
    info: VideoInfo, timeline: Timeline, picks: np.ndarray, scaling: Scaling
) -> Iterator[Frame]:
    """Decodes the picked frames. What can't be decoded is left out: count what comes.

    Args:
        info: The video.
        timeline: Its frames.
        picks: Indices of the wanted frames, sorted.
        scaling: What to make of each frame.

    Raises:
        VideoError: not one picked frame can be decoded.
    """
    missing = np.asarray(picks)
    if not info.rotated and not info.interlaced:
        # A copied stream forgets how it is rotated, and deinterlacing takes all fields.
        needed = packets_to_decode(timeline, picks)
        if needed is not None:
            decoded: list[int] = []
            try:
                for frame in _run(info, timeline, picks, scaling, needed):
                    decoded.append(frame.index)
                    yield frame
            except VideoError as error:
                _log.info("%s can't be copied in part: %s", info.path, error)
            missing = np.setdiff1d(picks, decoded)
            if len(missing):
                _log.info("%s is decoded whole for %d frames", info.path, len(missing))
    if len(missing):
        # Without a plan, or a peculiar file did not keep to it: then everything is decoded.
        yield from _run(info, timeline, missing, scaling, None)


def _run(
    info: VideoInfo,
    timeline: Timeline,
    picks: np.ndarray,
    scaling: Scaling,
    needed: np.ndarray | None,
) -> Iterator[Frame]:
    """Decodes the picked frames in one go: of the needed packets alone, or of the whole file."""
    width, height = scaling.size
    frame_bytes, count = width * height * 3, 0
    what = f"decoding {info.path.name}"
    try:
        with ExitStack() as stack:
            temp_dir = stack.enter_context(temp_folder())
            log = stack.enter_context(tempfile.TemporaryFile())
            source, copied, clock = local_input(info.path), None, timeline.seconds
            if needed is not None and timeline.packets is not None:
                copy, clock = _copy_needed(info, timeline, needed, temp_dir)
                copied = stack.enter_context(running(copy, what=what)).stdout
                source = ["-copyts", "-f", "nut", "-i", "pipe:0"]
            command = ["-loglevel", "info", *source, "-map", "0:V:0"]
            command += long_option("-filter:v", _filters(info, clock, picks, scaling), temp_dir)
            command += ["-fps_mode", "passthrough", "-f", "rawvideo", "-"]
            process = stack.enter_context(running(command, what=what, log=log, stdin=copied))
            assert process.stdout is not None
            times = _logged_times(log.fileno())
            while len(data := process.stdout.read(frame_bytes)) == frame_bytes:
                count += 1
                green, blue, red = np.frombuffer(data, np.uint8).reshape(3, height, width)
                pick = nearest_frames(clock[picks], np.array([next(times)]))[0]
                yield Frame(int(picks[pick]), (red, green, blue))
    except VideoError:
        # ffmpeg also complains of a damaged end after it gave us all that came before it.
        if not count:
            raise


def _filters(info: VideoInfo, clock: np.ndarray, picks: np.ndarray, scaling: Scaling) -> str:
    """Returns the filters that select frames and make them what a player shows, scaled."""
    width, height = scaling.size
    chain = filters_before_select(info)
    chain += f"select='{times_expression(clock, picks)}',showinfo=checksum=0,"
    chain += filters_after_select(info)
    if scaling.active_area is not None:
        left, top, across, down = scaling.active_area
        chain += f"crop={across}:{down}:{left}:{top}:exact=1,"
    # Planar RGB: swscale is four times faster to it than to packed RGB.
    return f"{chain}scale={width}:{height}:flags=bicubic{scale_colours(info)},setsar=1,format=gbrp"


def _copy_needed(
    info: VideoInfo, timeline: Timeline, needed: np.ndarray, temp_dir: Path
) -> tuple[list[str], np.ndarray]:
    """Returns how ffmpeg copies the needed packets, and the times that the frames then have."""
    packets = timeline.packets
    assert packets is not None
    chain = f"noise=drop='{dropped_packets(packets, needed)}'"
    clock, keyframes_only = timeline.seconds, False
    if packets.decode_seconds is not None:
        # Counted from the first packet, because NUT knows no time below zero. And where ffmpeg
        # skips over all but keyframes it may mistake when they are shown: then the decoding time
        # stands for it.
        keyframes_only = bool(packets.keyframe[needed].all())
        times = timeline.seconds
        if keyframes_only:
            times = packets.decode_seconds[timeline.packet_index]
        clock = times - packets.decode_seconds[needed][0]
        chain += f",setts=pts={'DTS' if keyframes_only else 'PTS'}-STARTDTS:dts=DTS-STARTDTS"
    command = local_input(info.path, keyframes_only=keyframes_only)
    command += ["-map", "0:V:0", "-c", "copy", "-avoid_negative_ts", "disabled"]
    command += long_option("-bsf:v", chain, temp_dir)
    return [*command, "-f", "nut", "-"], clock


def _logged_times(log: int) -> Iterator[float]:
    """Gives the time of each frame that passed `showinfo`, from ffmpeg's log as it grows."""
    offset, rest = 0, b""
    while True:
        # pread: ffmpeg writes through the same open file, whose position must stay its own.
        new = os.pread(log, 1 << 16, offset)
        offset += len(new)
        *lines, rest = (rest + new).split(b"\n")
        for line in lines:
            if found := SHOWINFO_TIME.search(line):
                yield float(found[1])
        if not new:
            time.sleep(0.001)


def decode_still(path: Path, seconds: float, *, scale: str, codec: str) -> bytes:
    """Returns the frame at a time, or the next one, as an encoded image.

    Args:
        path: The video.
        seconds: When, from its start.
        scale: The size that it gets, as ffmpeg's width:height.
        codec: ffmpeg's name of the image's: "mjpeg" or "png".

    Raises:
        VideoError: it can't be decoded.
    """
    arguments = ["-ss", f"{seconds:.3f}", *local_input(path), "-map", "0:V:0", "-frames:v", "1"]
    arguments += ["-vf", f"scale={scale}", "-f", "image2pipe", "-c:v", codec, "-"]
    return run(arguments, what=f"reading {path.name}")
