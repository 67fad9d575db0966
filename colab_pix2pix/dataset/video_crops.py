"""Cuts the crops of one video into a folder."""

from __future__ import annotations

import time
from contextlib import closing
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
from PIL import Image

from .. import wording
from ..config import FramesConfig, parse_time
from ..errors import OptionError, VideoError
from ..events import Note, OnEvent, Progress, ignore
from ..languages import N_, _
from ..video.container import unread_pieces
from ..video.decode import Frame, decode
from ..video.decode_plan import pick_frames
from ..video.filters import Scaling, Shape
from ..video.letterbox import Box, detect_active_area
from ..video.prefetch import prefetch
from ..video.probe import VideoInfo
from ..video.timeline import Timeline, read_timeline
from .crop_geometry import CropBox, boxes_of, cut_size, own_box
from .image_writer import ImageWriter
from .manifest import Crop

_FRAMES_AHEAD = 4


@dataclass(frozen=True)
class _Geometry:
    """The geometry of a frame: from the frame as it is shown to the scaled one.

    Attributes:
        left: Pixels cut off at the left of the shown frame, a black bar.
        top: The same at the top.
        across: Pixels of the shown frame for one of the scaled frame.
        down: The same, downwards.
        scaling: How ffmpeg makes the scaled frame.
    """

    left: float
    top: float
    across: float
    down: float
    scaling: Scaling

    def shown_box(self, box: CropBox) -> Box:
        """Returns left, top, width and height of a crop box in the shown frame."""
        left, top = self.left + box.left * self.across, self.top + box.top * self.down
        width, height = box.width * self.across, box.height * self.down
        return round(left), round(top), round(width), round(height)


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
        VideoError: the video can't be read, or not one frame of it.
    """
    bars = _active_area(info, config)

    @cache
    def geometry_of(shape: Shape) -> _Geometry:
        if config.region:
            return _geometry(shape, _own_area(shape, config), config)
        return _geometry(shape, bars if shape == info.shape else None, config)

    boxes_each = len(boxes_of(config, *geometry_of(info.shape).scaling.size))
    steps = -(-config.count // boxes_each)
    timeline = read_timeline(info)
    _warn_of_missing_parts(info, timeline, on_event)
    start, end = _span(info, timeline, config)
    picks = pick_frames(timeline, start, end, steps, exact=config.exact)
    count = min(config.count, len(picks) * boxes_each)
    crops: list[Crop] = []
    started = time.monotonic()
    shapes: set[Shape] = set()
    decoding = decode(info, timeline, picks, lambda shape: geometry_of(shape).scaling)
    with (
        ImageWriter() as writer,
        closing(prefetch(decoding, _FRAMES_AHEAD, name="decoding")) as frames,
    ):
        for frame in frames:
            geometry = geometry_of(frame.shape)
            shapes.add(frame.shape)
            seconds = float(timeline.seconds[frame.index]) - timeline.start_seconds
            number = int(np.searchsorted(picks, frame.index))
            for box in _boxes(config, geometry, number, boxes_each):
                file = f"{key}-{number:06d}-{box.name}.{config.image_format}"
                writer.write(directory / file, _image(frame, box))
                crops.append(
                    Crop(
                        file=file,
                        source=key,
                        time=round(seconds, 6),
                        side=box.name,
                        box=geometry.shown_box(box),
                    )
                )
            on_event(_progress(len(crops), count, started))
    if len(shapes) > 1:
        on_event(Note(message=_changes(info, shapes), level="warning"))
    _check_count(info, config, len(picks), count, len(crops), len(shapes) > 1, on_event)
    return sorted(crops, key=lambda crop: (crop.time, crop.file))


def _boxes(
    config: FramesConfig, geometry: _Geometry, number: int, boxes_each: int
) -> tuple[CropBox, ...]:
    """Returns the crop boxes of a frame by its number; of the last one, as many as are missing."""
    boxes = boxes_of(config, *geometry.scaling.size, number)
    return boxes[: min(boxes_each, config.count - number * boxes_each)]


def _warn_of_missing_parts(info: VideoInfo, timeline: Timeline, on_event: OnEvent) -> None:
    if unread := unread_pieces(info.path):
        message = _(
            "{file} holds several videos, one behind the other. {n} of them can't be read, and give"
            " no crops.",
            file=info.path.name,
            n=unread,
        )
        on_event(Note(message=message, level="warning"))
    length = timeline.end_seconds - timeline.start_seconds
    if info.duration_seconds > 1.05 * length + 1:
        message = _(
            "{file} says that it lasts {said} seconds, but its pictures end after {found}: it may"
            " be cut off.",
            file=info.path.name,
            said=f"{info.duration_seconds:.1f}",
            found=f"{length:.1f}",
        )
        on_event(Note(message=message, level="warning"))


def _span(info: VideoInfo, timeline: Timeline, config: FramesConfig) -> tuple[float, float]:
    """Returns begin and end of what is cut, on the clock of the file."""
    first, last = timeline.start_seconds, timeline.end_seconds
    start = first + parse_time(config.start) if config.start else first
    end = min(last, first + parse_time(config.end)) if config.end else last
    if start < end or (start == end == first):
        return start, end
    raise OptionError(
        _(
            "start: received {start}, end: received {end}.",
            start=repr(config.start),
            end=repr(config.end),
        ),
        why=_(
            "Expected a part of {name}, which lasts {n} seconds.",
            name=info.path.name,
            n=f"{last - first:.1f}",
        ),
        fix=_("Begin earlier, or end later."),
    )


def _active_area(info: VideoInfo, config: FramesConfig) -> Box | None:
    """Returns the part of the decoded frame without black bars, if they are to be cut off."""
    if not config.cut_bars or config.region:
        return None
    start = parse_time(config.start) if config.start else 0.0
    end = parse_time(config.end) if config.end else info.duration_seconds
    return detect_active_area(info, start, min(end, info.duration_seconds))


def _own_area(shape: Shape, config: FramesConfig) -> Box:
    """Returns the own crop in the decoded frame, whose pixels may be no squares."""
    left, top, width, height = own_box(config, shape.width, shape.height)
    pixel_aspect_ratio = shape.width / shape.decoded_width
    left = min(round(left / pixel_aspect_ratio), shape.decoded_width - 1)
    width = min(max(1, round(width / pixel_aspect_ratio)), shape.decoded_width - left)
    return left, top, width, height


def _geometry(shape: Shape, area: Box | None, config: FramesConfig) -> _Geometry:
    """Returns how frames of a shape are cut, of which only an area may be used."""
    left, top, decoded_width, height = area or (0, 0, shape.decoded_width, shape.height)
    pixel_aspect_ratio = shape.width / shape.decoded_width
    width = max(1, round(decoded_width * pixel_aspect_ratio))
    size = cut_size(config, width, height)
    across, down = width / size[0], height / size[1]
    return _Geometry(left * pixel_aspect_ratio, top, across, down, Scaling(size, area))


def _image(frame: Frame, box: CropBox) -> Image.Image:
    left, top, right, bottom = box.corners
    planes = np.ascontiguousarray(frame.planes[:, top:bottom, left:right])
    return Image.merge("RGB", [Image.fromarray(plane) for plane in planes])


def _progress(done: int, total: int, started: float) -> Progress:
    speed = done / max(time.monotonic() - started, 1e-6)
    left = (total - done) / speed
    return Progress(
        job="frames", done=done, total=total, unit="crops", per_second=speed, seconds_left=left
    )


def _changes(info: VideoInfo, shapes: set[Shape]) -> str:
    sizes = ", ".join(sorted(f"{shape.width}x{shape.height}" for shape in shapes))
    return _(
        "{file} changes its size in the middle ({sizes}): each is cut by its own.",
        file=info.path.name,
        sizes=sizes,
    )


def _check_count(
    info: VideoInfo,
    config: FramesConfig,
    frames: int,
    count: int,
    cut: int,
    changes: bool,
    on_event: OnEvent,
) -> None:
    if not cut:
        raise VideoError(
            _("Not one picture of {path} can be decoded.", path=info.path),
            why=_("The file is damaged or cut off."),
            fix=_("Fetch it again."),
        )
    if cut < count:
        words = N_("{name} is damaged: {n} of {count} crops could be cut.")
        if changes:
            words = N_("{n} of {count} crops could be cut: not every size has room for as many.")
        message = _(words, name=info.path.name, n=cut, count=count)
        on_event(Note(message=message, level="warning"))
    elif count < config.count:
        message = _(
            "{name} has only {frames}: {crops} instead of {count}.",
            name=info.path.name,
            frames=wording.counted(frames, "different frame"),
            crops=wording.counted(count, "crop"),
            count=config.count,
        )
        on_event(Note(message=message, level="warning"))
