"""Cuts the squares of one video into a folder."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image

from ..config import FramesConfig
from ..download.time_range import parse_time
from ..errors import OptionError, VideoError
from ..events import Note, OnEvent, Progress, ignore
from ..video.decode import Frame, Scaling, decode
from ..video.decode_plan import evenly_spaced_times, pick_frames
from ..video.letterbox import Box, detect_active_area
from ..video.probe import VideoInfo
from ..video.timeline import (
    Timeline,
    keyframes_only,
    read_keyframe_windows,
    read_keyframes,
    read_timeline,
)
from .crop_geometry import CropBox, crop_boxes, scaled_size
from .image_writer import ImageWriter
from .manifest import Crop

_SPARSE_SECONDS = 4  # with more than this between two steps, most of the file is passed over


@dataclass(frozen=True)
class _Frame:
    """The geometry of a frame: from the picture as it is shown to the scaled one.

    Attributes:
        left: Pixels cut off at the left of the shown picture, a bar.
        top: The same at the top.
        across: Pixels of the shown picture for one of the scaled picture.
        down: The same, downwards.
        cut: What ffmpeg makes of it.
    """

    left: float
    top: float
    across: float
    down: float
    cut: Scaling

    def box(self, square: CropBox) -> Box:
        """Returns left, top, width and height of a square in the shown picture."""
        left, top = self.left + square.left * self.across, self.top + square.top * self.down
        return (
            round(left),
            round(top),
            round(square.side * self.across),
            round(square.side * self.down),
        )


def cut_crops(
    info: VideoInfo,
    directory: Path,
    key: str,
    config: FramesConfig,
    *,
    on_event: OnEvent = ignore,
) -> list[Crop]:
    """Writes the crops of one video into a folder and returns what is known of them, by time.

    Args:
        info: The video.
        directory: An existing folder.
        key: What the names of the crops begin with, and their `source`.
        config: How many crops, where, and at which size.
        on_event: Told `Progress`, and `Note` where there are fewer than asked for.

    Raises:
        OptionError: `start` and `end` leave nothing of the video.
        VideoError: the video can't be read, or not one picture of it.
    """
    frame, timeline = _frame_and_timeline(info, config)
    each = len(crop_boxes(config.crops, *frame.cut.size))
    steps = -(-config.count // each)
    _tell_of_missing_end(info, timeline, on_event)
    start, end = _span(info, timeline, config)
    picks = pick_frames(timeline, start, end, steps, exact=config.exact)
    count = min(config.count, len(picks) * each)
    crops: list[Crop] = []
    started = time.monotonic()
    with ImageWriter() as writer:
        for picture in decode(info, timeline, picks, frame.cut):
            number = int(np.searchsorted(picks, picture.index))
            seconds = float(timeline.seconds[picture.index]) - timeline.start_seconds
            squares = crop_boxes(config.crops, *frame.cut.size, seed=(config.random_seed, number))
            for square in squares[: config.count - number * each]:
                file = f"{key}-{number:06d}-{square.name}.{config.image_format}"
                writer.write(directory / file, _image(picture, square))
                crops.append(
                    Crop(
                        file=file,
                        source=key,
                        time=round(seconds, 6),
                        side=square.name,
                        box=frame.box(square),
                    )
                )
            on_event(_progress(len(crops), count, started))
    _tell_of_fewer(info, config, len(picks), count, len(crops), on_event)
    return sorted(crops, key=lambda crop: (crop.time, crop.file))


def _frame_and_timeline(info: VideoInfo, config: FramesConfig) -> tuple[_Frame, Timeline]:
    """Returns how frames are cut and which there are: two ffmpeg read the file side by side."""

    def steps(width: int, height: int) -> int:
        return -(-config.count // len(crop_boxes(config.crops, width, height)))

    with ThreadPoolExecutor(1) as pool:
        # Bars change the shape of a frame, and so, rarely, how many squares it gives.
        guess = steps(*scaled_size(config.scale, info.width, info.height))
        reading = pool.submit(_timeline, info, config, guess)
        frame = _frame(info, config)
        if steps(*frame.cut.size) != guess:
            return frame, _timeline(info, config, steps(*frame.cut.size))
        return frame, reading.result()


def _timeline(info: VideoInfo, config: FramesConfig, steps: int) -> Timeline:
    """Returns the frames to choose from: the least that tells where the wanted ones are."""
    if steps * _SPARSE_SECONDS < info.duration_seconds:
        keys = read_keyframes(info)
        if keys is not None:
            start, end = _span(info, keys, config)
            some = (
                read_keyframe_windows(info, keys, evenly_spaced_times(start, end, steps))
                if config.exact
                else keyframes_only(keys, start, end, steps)
            )
            if some is not None:
                return some
    return read_timeline(info, references=config.exact)


def _tell_of_missing_end(info: VideoInfo, timeline: Timeline, on_event: OnEvent) -> None:
    length = timeline.end_seconds - timeline.start_seconds
    if info.duration_seconds > 1.05 * length + 1:
        message = (
            f"{info.path.name} says that it lasts {info.duration_seconds:.1f} seconds, but its"
        )
        message += f" pictures end after {length:.1f}: it may be cut off."
        on_event(Note(message=message, level="warning"))


def _span(info: VideoInfo, timeline: Timeline, config: FramesConfig) -> tuple[float, float]:
    """Returns begin and end of what is cut, on the clock of the file."""
    first, last = timeline.start_seconds, timeline.end_seconds
    start = first + parse_time(config.start) if config.start else first
    end = min(last, first + parse_time(config.end)) if config.end else last
    if start < end or (start == end == first):
        return start, end
    raise OptionError(
        f"start: received {config.start!r}, end: received {config.end!r}.",
        why=f"Expected a part of {info.path.name}, which lasts {last - first:.1f} seconds.",
        fix="Begin earlier, or end later.",
    )


def _frame(info: VideoInfo, config: FramesConfig) -> _Frame:
    """Returns the geometry of the frames; finds black bars if they are to be cut off."""
    start = parse_time(config.start) if config.start else 0.0
    end = parse_time(config.end) if config.end else info.duration_seconds
    box = (
        detect_active_area(info, start, min(end, info.duration_seconds))
        if config.cut_bars
        else None
    )
    left, top, stored_width, height = box or (0, 0, info.decoded_width, info.height)
    aspect = info.width / info.decoded_width
    width = max(1, round(stored_width * aspect))
    size = scaled_size(config.scale, width, height)
    return _Frame(left * aspect, top, width / size[0], height / size[1], Scaling(size, box))


def _image(picture: Frame, square: CropBox) -> Image.Image:
    bottom, right = square.top + square.side, square.left + square.side
    planes = (plane[square.top : bottom, square.left : right] for plane in picture.planes)
    return Image.merge("RGB", [Image.fromarray(np.ascontiguousarray(plane)) for plane in planes])


def _progress(done: int, total: int, started: float) -> Progress:
    speed = done / max(time.monotonic() - started, 1e-6)
    left = (total - done) / speed
    return Progress(
        job="frames", done=done, total=total, unit="crops", per_second=speed, seconds_left=left
    )


def _tell_of_fewer(
    info: VideoInfo, config: FramesConfig, frames: int, count: int, cut: int, on_event: OnEvent
) -> None:
    if not cut:
        raise VideoError(
            f"Not one picture of {info.path} can be decoded.",
            why="The file is damaged or cut off.",
            fix="Fetch it again.",
        )
    if cut < count:
        message = f"{info.path.name} is damaged: {cut} of {count} crops could be cut."
        on_event(Note(message=message, level="warning"))
    elif count < config.count:
        message = f"{info.path.name} has only {frames} different frames: {count} crops"
        on_event(Note(message=f"{message} instead of {config.count}.", level="warning"))
