"""When each frame of a video is shown; of all frames, or of those around some times only."""

from __future__ import annotations

import re
import tempfile
from dataclasses import dataclass

import numpy as np

from ..errors import VideoError
from ..ffmpeg import outside, running
from .packets import Packets, read_packets
from .probe import VideoInfo, local_input

#: A line of the filter `showinfo`: the presentation time in seconds.
SHOWINFO_TIME = re.compile(rb"\] n: *\d+ pts: *-?\d+ pts_time:(-?[\d.e+-]+) ")
_MARGIN_SECONDS = 0.5
_MOST_REORDERED = 16  # frames, in H.264 and HEVC


@dataclass(frozen=True)
class Timeline:
    """The frames of a video in the order in which they are shown; or some of them.

    Attributes:
        seconds: The presentation time of each frame, float64, on the clock of the file.
        start_seconds: When the first frame of the video appears; not always 0.
        end_seconds: When the last frame of the video disappears.
        packet_index: For each frame its index in `packets`.
        packets: None when the file does not tell the times of its packets.
        partial: True when these are the frames around some times only.
    """

    seconds: np.ndarray
    start_seconds: float
    end_seconds: float
    packet_index: np.ndarray
    packets: Packets | None
    partial: bool = False


def read_timeline(info: VideoInfo, *, references: bool = True) -> Timeline:
    """Returns when the frames of a video are shown.

    The packets tell it in milliseconds a minute of video. Where they do not (AVI, raw streams),
    the whole video is decoded once.

    Args:
        info: The video.
        references: True finds out which frames no other one needs, at the price of a second pass.

    Raises:
        VideoError: the file can't be read or holds no picture.
    """
    packets, shown, last_seconds = read_packets(info, references=references)
    if packets is None:
        times = _times_by_decoding(info)
        packet_index, last_seconds = np.arange(len(times)), 0.0
    else:
        packet_index = np.flatnonzero(shown)
        times = packets.presentation_seconds[packet_index]
    if not len(times):
        raise VideoError(f"{info.path} holds no picture.", fix="Choose another video.")
    order = np.argsort(times, kind="stable")
    times, packet_index = times[order], packet_index[order]
    distinct = np.append(True, np.diff(times) > 0)
    usual = float(np.median(np.diff(times))) if len(times) > 1 else 0.0
    start, end = float(times[0]), float(times[-1]) + (last_seconds or usual)
    return Timeline(times[distinct], start, end, packet_index[distinct], packets)


def read_keyframes(info: VideoInfo) -> Timeline | None:
    """Returns when the keyframes are shown, roughly, and decoded; skips what lies between them.

    None where the file does not tell enough: there must be a length in the header, and decoding
    times.
    """
    packets, _, _ = read_packets(info, keyframes_only=True)
    if packets is None or packets.decode_seconds is None or not info.duration_seconds:
        return None
    decode_seconds = packets.decode_seconds[packets.keyframe]
    seconds = packets.presentation_seconds[packets.keyframe]
    skipped = bool(packets.keyframe.all())
    if skipped:
        # ffmpeg skips over samples of an mp4, but not over their entries in the table from which it
        # reckons presentation times. The decoding times are right, at nearly one distance.
        seconds = decode_seconds + (seconds[0] - decode_seconds[0])
    if not len(seconds) or (np.diff(seconds) <= 0).any():
        return None
    every = np.ones(len(seconds), bool)
    start = float(seconds[0])
    end = start + info.duration_seconds
    keyframes = Packets(seconds, decode_seconds, every, every)
    return Timeline(seconds, start, end, np.arange(len(seconds)), keyframes, partial=skipped)


def keyframes_only(keyframes: Timeline, start: float, end: float, steps: int) -> Timeline | None:
    """Returns the keyframes if each of `steps` equal parts of a span has one, else None.

    Args:
        keyframes: What `read_keyframes` gave. Where ffmpeg can't skip over the other frames (mkv,
            webm, ts), they would come along when the file is copied, so the answer is None.
        start: Begin of the span in seconds, on the clock of the file.
        end: End of the span.
        steps: How many frames are wanted.
    """
    seconds = keyframes.seconds
    step_index = np.floor((seconds - start) / (end - start) * steps)
    inside = step_index[(seconds >= start) & (seconds < end)]
    # With nearly as many as there are, nothing is gained; see `decode_plan.packets_to_decode`.
    enough = len(np.unique(inside)) == steps and steps < len(seconds) / 2
    return keyframes if enough and keyframes.partial else None


def read_keyframe_windows(
    info: VideoInfo, keyframes: Timeline, wanted: np.ndarray
) -> Timeline | None:
    """Returns the frames around some times only, from the keyframes before them on.

    For few frames of a long video this spares most of the work of `read_timeline`. None where the
    file does not tell enough, or does not keep to what it told.

    Args:
        info: The video.
        keyframes: What `read_keyframes` gave.
        wanted: The times, sorted.
    """
    if keyframes.packets is None or keyframes.packets.decode_seconds is None:
        return None
    frame_seconds = 1 / info.frames_per_second if info.frames_per_second else 1.0
    late = max(_MARGIN_SECONDS, 3 * frame_seconds)
    early = max(_MARGIN_SECONDS, _MOST_REORDERED * frame_seconds)
    before = np.maximum(np.searchsorted(keyframes.seconds, wanted, side="right") - 1, 0)
    # Some containers tell decoding times only roughly when they skip: begin a little earlier.
    begins = keyframes.packets.decode_seconds[keyframes.packet_index[before]] - early
    windows = _united(begins.tolist(), (wanted + late).tolist())
    drop = f"noise=drop='{outside('dts*tb', windows)}'"
    packets, shown, _ = read_packets(info, references=True, drop=drop)
    if packets is None or packets.decode_seconds is None or not shown.all():
        return None
    packet_index = _decodable(packets.decode_seconds, packets.keyframe, windows)
    packet_index = packet_index[np.argsort(packets.presentation_seconds[packet_index])]
    seconds = packets.presentation_seconds[packet_index]
    distance = np.abs(seconds[:, None] - keyframes.seconds[np.unique(before)]).min(axis=0)
    if (distance > frame_seconds / 4).any() or (np.diff(seconds) <= 0).any():
        return None  # a keyframe is missing, so other frames would be taken for the nearest
    start, end = keyframes.start_seconds, keyframes.end_seconds
    return Timeline(seconds, start, end, packet_index, packets, partial=True)


def _decodable(
    decode_seconds: np.ndarray, keyframe: np.ndarray, windows: list[tuple[float, float]]
) -> np.ndarray:
    """Returns the indices of packets from the first keyframe of their window on."""
    index = np.arange(len(keyframe))
    window = np.searchsorted([begin for begin, _ in windows], decode_seconds, side="right")
    last_keyframe = np.maximum.accumulate(np.where(keyframe, index, -1))
    first_in_window = np.searchsorted(window, window)
    return np.flatnonzero(last_keyframe >= first_in_window)


def _united(begins: list[float], ends: list[float]) -> list[tuple[float, float]]:
    """Returns spans of time in order, those that overlap as one."""
    spans: list[tuple[float, float]] = []
    for begin, end in zip(begins, ends, strict=True):
        if spans and begin <= spans[-1][1]:
            spans[-1] = spans[-1][0], max(end, spans[-1][1])
        else:
            spans.append((begin, end))
    return spans


def _times_by_decoding(info: VideoInfo) -> np.ndarray:
    """Returns the presentation time of each frame in seconds, by decoding everything."""
    command = ["-loglevel", "info", *local_input(info.path), "-map", "0:V:0"]
    command += ["-fps_mode", "passthrough", "-vf", "showinfo=checksum=0", "-f", "null", "-"]
    with tempfile.TemporaryFile() as log:
        with running(command, what=f"decoding {info.path.name}", log=log) as process:
            assert process.stdout is not None
            process.stdout.read()
        log.seek(0)
        found = (SHOWINFO_TIME.search(line) for line in log)
        return np.array([float(match[1]) for match in found if match], np.float64)
