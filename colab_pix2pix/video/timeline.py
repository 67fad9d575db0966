"""When each picture of a video is shown, and which packets of the file it takes to decode it."""

from __future__ import annotations

import re
import tempfile
from dataclasses import dataclass

import numpy as np

from ..errors import VideoError
from ..ffmpeg import outside, running
from .packets import Packets, read_packets
from .probe import VideoInfo, local_input

#: A line of the filter `showinfo`: the time in seconds.
SHOWN = re.compile(rb"\] n: *\d+ pts: *-?\d+ pts_time:(-?[\d.e+-]+) ")
_MARGIN_SECONDS = 0.5
_MOST_REORDERED = 16  # pictures, in H.264 and HEVC


@dataclass(frozen=True)
class Timeline:
    """The pictures of a video in the order in which they are shown; or some of them.

    Attributes:
        seconds: When each picture appears, float64, on the clock of the file.
        start_seconds: When the first picture of the video appears; not always 0.
        end_seconds: When the last picture of the video disappears.
        packet: For each picture its place in `packets`.
        packets: None when the file does not tell the times of its packets.
        partial: True when these are the pictures around some times only.
    """

    seconds: np.ndarray
    start_seconds: float
    end_seconds: float
    packet: np.ndarray
    packets: Packets | None
    partial: bool = False


def read_timeline(info: VideoInfo, *, references: bool = True) -> Timeline:
    """Returns when the pictures of a video are shown.

    The packets tell it in milliseconds a minute of video. Where they do not (AVI, raw streams),
    the whole video is decoded once.

    Args:
        info: The video.
        references: True finds out which pictures no other one needs, at the price of a second look.

    Raises:
        VideoError: the file can't be read or holds no picture.
    """
    packets, shown, last_seconds = read_packets(info, references=references)
    if packets is None:
        times = _from_pictures(info)
        places, last_seconds = np.arange(len(times)), 0.0
    else:
        places = np.flatnonzero(shown)
        times = packets.seconds[places]
    if not len(times):
        raise VideoError(f"{info.path} holds no picture.", fix="Choose another video.")
    order = np.argsort(times, kind="stable")
    times, places = times[order], places[order]
    distinct = np.append(True, np.diff(times) > 0)
    usual = float(np.median(np.diff(times))) if len(times) > 1 else 0.0
    start, end = float(times[0]), float(times[-1]) + (last_seconds or usual)
    return Timeline(times[distinct], start, end, places[distinct], packets)


def read_keys(info: VideoInfo) -> Timeline | None:
    """Returns when the key frames are shown, roughly, and decoded; skips what lies between them.

    None where the file does not tell enough: there must be a length in the header, and times of
    decoding.
    """
    packets, _, _ = read_packets(info, keys_only=True)
    if packets is None or packets.decoded is None or not info.duration_seconds:
        return None
    decoded, seconds = packets.decoded[packets.key], packets.seconds[packets.key]
    skipped = bool(packets.key.all())
    if skipped:
        # ffmpeg skips over samples of an mp4, but not over their entries in the table from which it
        # reckons the times of showing. The times of decoding are right, at nearly one distance.
        seconds = decoded + (seconds[0] - decoded[0])
    if not len(seconds) or (np.diff(seconds) <= 0).any():
        return None
    every = np.ones(len(seconds), bool)
    start = float(seconds[0])
    keys = Packets(seconds, decoded, every, every)
    end = start + info.duration_seconds
    return Timeline(seconds, start, end, np.arange(len(seconds)), keys, partial=skipped)


def keys_alone(keys: Timeline, start: float, end: float, steps: int) -> Timeline | None:
    """Returns the key frames if each of `steps` equal parts of a span has one, else None.

    Args:
        keys: What `read_keys` gave. Where ffmpeg can't skip over the others (mkv, webm, ts), they
            would come along when the file is copied, so the answer is None.
        start: Begin of the span in seconds, on the clock of the file.
        end: End of the span.
        steps: How many frames are wanted.
    """
    parts = np.floor((keys.seconds - start) / (end - start) * steps)
    inside = parts[(keys.seconds >= start) & (keys.seconds < end)]
    # With nearly as many as there are, nothing is gained; see `plan.packets_to_decode`.
    enough = len(np.unique(inside)) == steps and steps < len(keys.seconds) / 2
    return keys if enough and keys.partial else None


def read_around(info: VideoInfo, keys: Timeline, wanted: np.ndarray) -> Timeline | None:
    """Returns the pictures around some times only, from the key frames before them on.

    For few pictures of a long video this spares most of the work of `read_timeline`.

    Args:
        info: The video.
        keys: What `read_keys` gave.
        wanted: The times, sorted.
    """
    if keys.packets is None or keys.packets.decoded is None:
        return None
    frame = 1 / info.frames_per_second if info.frames_per_second else 1.0
    late, early = max(_MARGIN_SECONDS, 3 * frame), max(_MARGIN_SECONDS, _MOST_REORDERED * frame)
    before = np.maximum(np.searchsorted(keys.seconds, wanted, side="right") - 1, 0)
    # Some containers tell times of decoding only roughly when they skip: begin a little earlier.
    begins = keys.packets.decoded[keys.packet[before]] - early
    windows = _united(begins.tolist(), (wanted + late).tolist())
    drop = f"noise=drop='{outside('dts*tb', windows)}'"
    packets, shown, _ = read_packets(info, references=True, drop=drop)
    if packets is None or packets.decoded is None or not shown.all():
        return None
    count = np.arange(len(packets.key))
    window = np.searchsorted([begin for begin, _ in windows], packets.decoded, side="right")
    begun = np.maximum.accumulate(np.where(packets.key, count, -1)) >= np.searchsorted(
        window, window
    )
    places = np.flatnonzero(begun)  # what comes before in a window has lost its key frame
    places = places[np.argsort(packets.seconds[places])]
    seconds = packets.seconds[places]
    away = np.abs(seconds[:, None] - keys.seconds[np.unique(before)]).min(axis=0)
    if (away > frame / 4).any() or (np.diff(seconds) <= 0).any():
        return None  # a key frame is missing, so other pictures would be taken for the nearest
    start, end = keys.start_seconds, keys.end_seconds
    return Timeline(seconds, start, end, places, packets, partial=True)


def _from_pictures(info: VideoInfo) -> np.ndarray:
    """Returns the time of each picture, by decoding everything."""
    command = ["-loglevel", "info", *local_input(info.path), "-map", "0:V:0"]
    command += ["-fps_mode", "passthrough", "-vf", "showinfo=checksum=0", "-f", "null", "-"]
    with tempfile.TemporaryFile() as words:
        with running(command, what=f"decoding {info.path.name}", words=words) as process:
            assert process.stdout is not None
            process.stdout.read()
        words.seek(0)
        found = (SHOWN.search(line) for line in words)
        return np.array([float(match[1]) for match in found if match], np.float64)


def _united(begins: list[float], ends: list[float]) -> list[tuple[float, float]]:
    """Returns spans of time in order, those that overlap as one."""
    spans: list[tuple[float, float]] = []
    for begin, end in zip(begins, ends, strict=True):
        if spans and begin <= spans[-1][1]:
            spans[-1] = spans[-1][0], max(end, spans[-1][1])
        else:
            spans.append((begin, end))
    return spans
