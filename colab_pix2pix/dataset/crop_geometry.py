"""Which crop boxes a frame has, and to which size the frame is scaled first."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..config import FramesConfig

Size = tuple[int, int]


#: Sides of oblong crops are whole pixels: where as little is left over, a frame has their shape.
_LEFT_OVER = 1 / 32


@dataclass(frozen=True)
class CropBox:
    """A part of a scaled frame: its name, its corner and its sides in pixels."""

    name: str
    left: int
    top: int
    width: int
    height: int

    @property
    def corners(self) -> tuple[int, int, int, int]:
        """Left, top, right and bottom, as Pillow crops."""
        return self.left, self.top, self.left + self.width, self.top + self.height


def scaled_size(scale: str, width: int, height: int) -> Size:
    """Returns the size in pixels that ffmpeg's `scale=width:height` gives a frame.

    Args:
        scale: As in ffmpeg: "-1:256" keeps the aspect ratio, "-2:256" with an even width.
        width: Width of the frame as it is shown.
        height: Height of the frame as it is shown.
    """
    wanted_width, wanted_height = (int(number) for number in scale.split(":"))
    if wanted_width < 0 and wanted_height < 0:
        return width, height
    if wanted_width < 0:
        return _nearest_multiple(wanted_height * width / height, -wanted_width), wanted_height
    if wanted_height < 0:
        return wanted_width, _nearest_multiple(wanted_width * height / width, -wanted_height)
    return wanted_width, wanted_height


def largest(shape: str, width: float, height: float) -> Size:
    """Returns width and height in pixels of the largest rectangle of a shape in a frame.

    Example:
        >>> largest("1:1", 640, 360), largest("16:9", 640, 480), largest("9:16", 640, 360)
        ((360, 360), (640, 360), (202, 360))
    """
    across, down = map(int, shape.split(":"))
    if width * down > height * across:
        return max(1, round(height * across / down)), round(height)
    return round(width), max(1, round(width * down / across))


def own_box(config: FramesConfig, width: int, height: int) -> tuple[int, int, int, int]:
    """Returns left, top, width and height in pixels of an own crop; it is moved into the frame.

    Args:
        config: Of it, `region` and `shape` count.
        width: Width of the frame as it is shown.
        height: Height of the frame as it is shown.

    Example:
        >>> own_box(FramesConfig(region="50,25,50"), 640, 360)
        (320, 90, 180, 180)
        >>> own_box(FramesConfig(region="99,99,50", shape="16:9"), 640, 360)
        (320, 180, 320, 180)
    """
    left, top, share = (float(number) / 100 for number in config.region.split(","))
    across, down = (max(1, round(share * n)) for n in largest(config.shape, width, height))
    corner = min(round(left * width), width - across), min(round(top * height), height - down)
    return *corner, across, down


def cut_size(config: FramesConfig, width: int, height: int) -> Size:
    """Returns the size that a frame, or its own crop, gets before crops are cut out of it.

    Args:
        config: `scale`, the shape, and whether there is an own crop.
        width: Width in pixels of what is cut up, as it is shown.
        height: Its height.
    """
    if not config.region:
        return scaled_size(config.scale, width, height)
    across, down = map(int, config.shape.split(":"))
    whole = max(1, round(height * across / down))
    return largest(config.shape, *scaled_size(config.scale, whole, height))


def _nearest_multiple(size: float, multiple: int) -> int:
    return max(multiple, multiple * round(size / multiple))


def boxes_of(config: FramesConfig, width: int, height: int, number: int = 0) -> tuple[CropBox, ...]:
    """Returns the crop boxes of a scaled frame, or of a scaled own crop.

    Args:
        config: Where to crop.
        width: Width in pixels, as `cut_size` gives it.
        height: Its height.
        number: Which frame it is, for "random".
    """
    if config.region:
        return (CropBox("own", 0, 0, width, height),)
    seed = config.random_seed, number
    return crop_boxes(config.crops, width, height, shape=config.shape, seed=seed)


def crop_boxes(
    crops: str, width: int, height: int, *, shape: str = "1:1", seed: tuple[int, int] = (0, 0)
) -> tuple[CropBox, ...]:
    """Returns the crop boxes of a scaled frame: they are as large as their shape lets them be.

    Args:
        crops: "sides", "centre", "grid" or "random", see `FramesConfig`.
        width: Width of the scaled frame in pixels.
        height: Height of the scaled frame in pixels.
        shape: Width to height, see `FramesConfig`.
        seed: Seed and number of the frame, for "random".
    """
    size = largest(shape, width, height)
    along = 0 if width > size[0] else 1  # the axis along which there is room
    side, spare = size[along], (width, height)[along] - size[along]
    fits = spare <= (0 if size[0] == size[1] else _LEFT_OVER * side)
    if fits or crops == "centre":
        offsets = {"centre": spare // 2}
    elif crops == "random":
        offsets = {"random": int(np.random.default_rng(seed).integers(spare + 1))}
    elif crops == "grid":
        # Neighbours overlap by half or more, and the outer ones reach the edges.
        count = -(-2 * spare // side) + 1
        offsets = {f"grid{n + 1:02d}": spare * n // (count - 1) for n in range(count)}
    else:
        first, last = ("top", "bottom") if along else ("left", "right")
        offsets = {first: 0, last: spare}
    corners = {name: (0, offset) if along else (offset, 0) for name, offset in offsets.items()}
    return tuple(CropBox(name, *corner, *size) for name, corner in corners.items())
