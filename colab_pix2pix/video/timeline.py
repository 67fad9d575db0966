"""When each picture of a video is shown, and which packets of the file it takes to decode it."""

from __future__ import annotations

import re
import tempfile
from array import array
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import numpy as np

from ..errors import VideoError
from ..ffmpeg import long_option, outside, running
from .probe import VideoInfo, local_input

#: A line of the filter `showinfo`: the time in seconds.
SHOWN = re.compile(rb"\] n: *\d+ pts: *-?\d+ pts_time:(-?[\d.e+-]+) ")
#: Lines of ffmpeg's `framecrc`: stream, time of decoding, time of showing, length, ..., flags.
_PACKET = re.compile(
    rb"^0, *(-?\d+), *(-?\d+), *(-?\d+)(?:[^F\n]*, F=0x([0-9A-Fa-f]+))?", re.MULTILINE
)
_REFERRED = re.compile(rb"^1, *(-?\d+)", re.MULTILINE)
_KEY, _DISCARD = 1, 4  # AV_PKT_FLAG_KEY, AV_PKT_FLAG_DISCARD (decoded for others, never shown)
_NO_TIME = -(2**63)
_MARGIN_SECONDS = 0.5
_MOST_REORDERED = 16  # pictures, in H.264 and HEVC


@dataclass(frozen=True)
class Packets:
    """The packets of a video in the order of the file, which is the order of decoding.

    Attributes:
        seconds: When the picture of each is shown.
        decoded: When each is to be decoded, rising; None where the file does not tell.
        key: True where decoding can begin.
        reference: False where no other picture needs this one.
        h264: True when they are H.264.
    """

    seconds: np.ndarray
    decoded: np.ndarray | None
    key: np.ndarray
    reference: np.ndarray
    h264: bool = False

    @property
    def open_groups(self) -> bool:
        """True for H.264 where pictures shown before a key frame come after it in the file."""
        highest = np.maximum.accumulate(np.where(self.key, self.seconds, -np.inf))
        return self.h264 and bool((self.seconds < highest).any())


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


def read_packets(
    info: VideoInfo, *, references: bool = False, keys_only: bool = False, drop: str = ""
) -> tuple[Packets | None, np.ndarray, float]:
    """Returns the packets, which of them are shown, and how long the last one is.

    Args:
        info: The video.
        references: True finds out which pictures no other one needs.
        keys_only: True lets ffmpeg skip over all but key frames, where it can.
        drop: A bitstream filter for packets that are not wanted, or "".

    Raises:
        VideoError: the file can't be read.
    """
    folder = tempfile.TemporaryDirectory()
    command = [*local_input(info.path, keys_only=keys_only), "-map", "0:V:0", "-c", "copy"]
    command += long_option("-bsf:v:0", drop, Path(folder.name)) if drop else []
    if references and info.codec == "h264":
        # A second copy, without the pictures that no other picture needs. Of other codings ffmpeg
        # does not tell it, or not for sure.
        chain = ",".join(filter(None, [drop, "filter_units=discard=nonref"]))
        command += ["-map", "0:V:0", *long_option("-bsf:v:1", chain, Path(folder.name))]
    command += ["-avoid_negative_ts", "disabled", "-f", "framecrc", "-"]
    # Arrays of numbers, not objects: a day of video has millions of packets.
    decoded, shown, lengths, referred = array("q"), array("q"), array("q"), array("q")
    flags = bytearray()
    with (
        folder,
        tempfile.TemporaryFile() as words,
        running(command, what=f"reading {info.path.name}", words=words) as process,
    ):
        assert process.stdout is not None
        tick = _tick(process.stdout)
        for text in _whole_lines(process.stdout):
            rows = _PACKET.findall(text)
            flags.extend(int(row[3] or b"1", 16) & 255 for row in rows)
            for numbers, column in ((decoded, 0), (shown, 1), (lengths, 2)):
                numbers.extend(int(row[column]) for row in rows)
            referred.extend(map(int, _REFERRED.findall(text)))
        trusted = bool(referred) and not words.tell()
    times, bits = np.array(shown, np.int64), np.frombuffer(bytes(flags), np.uint8)
    if not len(times) or (times == _NO_TIME).any():
        return None, times, 0.0
    last_length = lengths[int(times.argmax())]
    reference = np.isin(decoded, referred) if trusted else np.ones(len(times), bool)
    order = np.array(decoded, np.int64)
    rising = bool((order != _NO_TIME).all() and (np.diff(order) > 0).all())
    stamps = order * tick if rising else None
    packets = Packets(
        times * tick, stamps, (bits & _KEY).astype(bool), reference, info.codec == "h264"
    )
    return packets, (bits & _DISCARD) == 0, last_length * tick


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


def _tick(lines: IO[bytes]) -> float:
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
