"""Where the crops of a video lie, drawn on one of its frames; the same for an image."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from PIL import Image, ImageDraw

from ...config import FramesConfig
from ...dataset.crop_geometry import boxes_of, cut_size, own_box
from ...dataset.extract import within_range
from ...dataset.manifest import Crop
from ...dataset.video_crops import cut_crops
from ...downloader.sidecar import read_sidecar
from ...litter import temp_folder
from ...video.decode import decode_still
from ...video.probe import VideoInfo, probe
from ..inline_images import jpeg_bytes

Box = tuple[int, int, int, int]

_WIDTH = 560
_COLOURS = ("#ffb020", "#3bb0ff", "#7ee081", "#ff6fb5")


def draw_crops(video: Path, config: FramesConfig) -> bytes:
    """Returns a JPEG of the frame in the middle, the crops that are cut out of it outlined.

    Args:
        video: The video.
        config: How it is to be cut.

    Raises:
        OptionError: there is nothing between `start` and `end`.
        VideoError: the video can't be read.
    """
    info = probe(video)
    config = within_range(config, read_sidecar(video))
    crops = _crops_of_one_frame(info, config)
    frame = _frame(info, crops[0].time)
    return _outlined(frame, [_scaled(crop.box, frame.width / info.width) for crop in crops])


def draw_crops_of_image(image: Image.Image, config: FramesConfig) -> bytes:
    """Returns a JPEG of an image, the crops that are cut out of it outlined.

    Args:
        image: The first of an image folder, RGB.
        config: How it is to be cut.
    """
    width = min(_WIDTH, round(_WIDTH * image.width / image.height))  # a tall one gets no taller
    if config.region:
        frame = image.resize((width, max(1, round(width * image.height / image.width))))
        return _outlined(frame, [_scaled(own_box(config, *frame.size), 1)])
    size = cut_size(config, *image.size)
    scale = width / size[0]
    frame = image.resize((width, round(size[1] * scale)))
    boxes = ((box.left, box.top, box.width, box.height) for box in boxes_of(config, *size))
    return _outlined(frame, [_scaled(box, scale) for box in boxes])


def _outlined(frame: Image.Image, boxes: Sequence[Box]) -> bytes:
    """Returns a JPEG of a frame, dimmed but for some boxes."""
    dimmed = Image.eval(frame, lambda value: value // 3)
    for box in boxes:
        dimmed.paste(frame.crop(box), box)
    pen = ImageDraw.Draw(dimmed)
    for number, (left, top, right, bottom) in enumerate(boxes):
        corners = (left, top, right - 1, bottom - 1)
        pen.rectangle(corners, outline=_COLOURS[number % len(_COLOURS)], width=3)
    return jpeg_bytes(dimmed, 80)


def _crops_of_one_frame(info: VideoInfo, config: FramesConfig) -> list[Crop]:
    """Cuts the crops of one frame in the very way in which all are cut later."""
    crops_per_frame = len(boxes_of(config, *cut_size(config, info.width, info.height)))
    with temp_folder() as folder:
        return cut_crops(info, folder, "crop", config.replace(count=crops_per_frame))


def _frame(info: VideoInfo, seconds: float) -> Image.Image:
    height = round(_WIDTH * info.height / info.width)
    frame = decode_still(info, seconds, (_WIDTH, height))
    assert frame is not None  # its crops have been cut
    return frame


def _scaled(box: Box, scale: float) -> Box:
    """Returns left, top, right and bottom of a box of left, top, width and height, scaled."""
    left, top, width, height = (round(length * scale) for length in box)
    return left, top, left + width, top + height
