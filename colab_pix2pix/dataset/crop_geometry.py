"""Which crop boxes a frame has, and to which size the frame is scaled first."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..config import FramesConfig

Size = tuple[int, int]


@dataclass(frozen=True)
class CropBox:
    """A square of a scaled frame: its name, its corner and its side in pixels."""

    name: str
    left: int
    top: int
    side: int

    @property
    def corners(self) -> tuple[int, int, int, int]:
        """Left, top, right and bottom, as Pillow crops."""
        return self.left, self.top, self.left + self.side, self.top + self.side


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


def own_square(region: str, width: int, height: int) -> tuple[int, int, int, int]:
    """Returns left, top, width and height in pixels of an own square; it is moved into the frame.

    Args:
        region: See `FramesConfig`.
        width: Width of the frame as it is shown.
        height: Height of the frame as it is shown.

    Example:
        >>> own_square("50,25,50", 640, 360), own_square("99,99,50", 640, 360)
        ((320, 90, 180, 180), (460, 180, 180, 180))
    """
    left, top, side = (float(number) / 100 for number in region.split(","))
    pixels = max(1, round(side * min(width, height)))
    corner = min(round(left * width), width - pixels), min(round(top * height), height - pixels)
    return *corner, pixels, pixels


def cut_size(config: FramesConfig, width: int, height: int) -> Size:
    """Returns the size that a frame, or its own square, gets before crops are cut out of it.

    Args:
        config: `scale`, and whether there is an own square.
        width: Width in pixels of what is cut up, as it is shown.
        height: Its height.
    """
    if not config.region:
        return scaled_size(config.scale, width, height)
    side = min(scaled_size(config.scale, height, height))
    return side, side


def _nearest_multiple(size: float, multiple: int) -> int:
    return max(multiple, multiple * round(size / multiple))


def boxes_of(config: FramesConfig, width: int, height: int, number: int = 0) -> tuple[CropBox, ...]:
    """Returns the crop boxes of a scaled frame, or of a scaled own square.

    Args:
        config: Where to crop.
        width: Width in pixels, as `cut_size` gives it.
        height: Its height.
        number: Which frame it is, for "random".
    """
    if config.region:
        return (CropBox("own", 0, 0, width),)
    return crop_boxes(config.crops, width, height, seed=(config.random_seed, number))


def crop_boxes(
    crops: str, width: int, height: int, *, seed: tuple[int, int] = (0, 0)
) -> tuple[CropBox, ...]:
    """Returns the crop boxes of a scaled frame; their side is its shorter side.

    Args:
        crops: "sides", "centre", "grid" or "random", see `FramesConfig`.
        width: Width of the scaled frame in pixels.
        height: Height of the scaled frame in pixels.
        seed: Seed and number of the frame, for "random".
    """
    side, spare = min(width, height), abs(width - height)
    if not spare:
        return (CropBox("centre", 0, 0, side),)
    if crops == "centre":
        offsets = {"centre": spare // 2}
    elif crops == "random":
        offsets = {"random": int(np.random.default_rng(seed).integers(spare + 1))}
    elif crops == "grid":
        # Neighbours overlap by half or more, and the outer ones reach the edges.
        count = -(-2 * spare // side) + 1
        offsets = {f"grid{n + 1:02d}": spare * n // (count - 1) for n in range(count)}
    else:
        first, last = ("left", "right") if width > height else ("top", "bottom")
        offsets = {first: 0, last: spare}
    if width > height:
        return tuple(CropBox(name, offset, 0, side) for name, offset in offsets.items())
    return tuple(CropBox(name, 0, offset, side) for name, offset in offsets.items())
