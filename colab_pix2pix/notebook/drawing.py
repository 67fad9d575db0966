"""Where the crops of a video lie, drawn on one of its frames."""

from __future__ import annotations

import io
import tempfile
from pathlib import Path

from PIL import Image, ImageDraw

from .. import ffmpeg
from ..config import FramesConfig
from ..manifest import Crop
from ..video.cutting import cut_crops
from ..video.probe import VideoInfo, local_input, probe
from ..video.squares import scaled_size, squares_of

_WIDTH = 560
_COLOURS = ("#ffb020", "#3bb0ff", "#7ee081", "#ff6fb5")


def draw_crops(video: Path, config: FramesConfig) -> bytes:
    """Returns a JPEG of the frame in the middle, the squares that are cut out of it outlined.

    Args:
        video: The video.
        config: How it is to be cut.

    Raises:
        OptionError: the part between `start` and `end` is empty.
        VideoError: the video can't be read.
    """
    info = probe(video)
    crops = _crops_of_one_frame(info, config)
    frame = _frame(info, crops[0].time)
    scale = frame.width / info.width
    dimmed = Image.eval(frame, lambda value: value // 3)
    for crop in crops:
        box = _scaled(crop, scale)
        dimmed.paste(frame.crop(box), box)
    pen = ImageDraw.Draw(dimmed)
    for number, crop in enumerate(crops):
        left, top, right, bottom = _scaled(crop, scale)
        corners = (left, top, right - 1, bottom - 1)
        pen.rectangle(corners, outline=_COLOURS[number % len(_COLOURS)], width=3)
    stream = io.BytesIO()
    dimmed.save(stream, "JPEG", quality=80)
    return stream.getvalue()


def _crops_of_one_frame(info: VideoInfo, config: FramesConfig) -> list[Crop]:
    """Cuts the crops of one frame in the very way in which all are cut later."""
    size = scaled_size(config.scale, info.width, info.height)
    each = len(squares_of(config.crops, *size))
    with tempfile.TemporaryDirectory() as folder:
        return cut_crops(info, Path(folder), "crop", config.replace(count=each))


def _frame(info: VideoInfo, seconds: float) -> Image.Image:
    size = f"scale={_WIDTH}:{round(_WIDTH * info.height / info.width)}"
    # Less than a frame earlier: seeking gives the first frame that is not before.
    arguments = ["-ss", f"{max(0.0, seconds - 0.01):.3f}", *local_input(info.path)]
    arguments += ["-map", "0:V:0", "-frames:v", "1", "-vf", size, "-f", "image2pipe"]
    picture = ffmpeg.run([*arguments, "-c:v", "png", "-"], what=f"reading {info.path.name}")
    with Image.open(io.BytesIO(picture)) as frame:
        return frame.convert("RGB")


def _scaled(crop: Crop, scale: float) -> tuple[int, int, int, int]:
    left, top, width, height = (round(part * scale) for part in crop.box)
    return left, top, left + width, top + height
