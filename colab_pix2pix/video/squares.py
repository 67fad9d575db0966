"""Which squares are cut out of a frame, and to which size the frame is scaled first."""

from __future__ import annotations

from dataclasses import dataclass

Size = tuple[int, int]


@dataclass(frozen=True)
class Square:
    """A square of a scaled frame: its name, its corner and its side in pixels."""

    name: str
    left: int
    top: int
    side: int


def scaled_size(scale: str, width: int, height: int) -> Size:
    """Returns the size that ffmpeg's `scale=width:height` gives a frame.

    Args:
        scale: As in ffmpeg: "-1:256" keeps the proportions, "-2:256" with an even width.
        width: Width of the frame as it is shown.
        height: Height of the frame as it is shown.
    """
    wanted_width, wanted_height = (int(part) for part in scale.split(":"))
    if wanted_width < 0 and wanted_height < 0:
        return width, height
    if wanted_width < 0:
        return _in_proportion(wanted_height * width / height, -wanted_width), wanted_height
    if wanted_height < 0:
        return wanted_width, _in_proportion(wanted_width * height / width, -wanted_height)
    return wanted_width, wanted_height


def _in_proportion(size: float, multiple: int) -> int:
    return max(multiple, multiple * round(size / multiple))


def squares_of(crops: str, width: int, height: int) -> tuple[Square, ...]:
    """Returns the squares of a scaled frame; their side is its shorter side.

    Args:
        crops: "sides" or "centre", see `FramesConfig`.
        width: Width of the scaled frame.
        height: Height of the scaled frame.
    """
    side = min(width, height)
    if crops == "centre" or width == height:
        return (Square("centre", (width - side) // 2, (height - side) // 2, side),)
    if width > height:
        return Square("left", 0, 0, side), Square("right", width - side, 0, side)
    return Square("top", 0, 0, side), Square("bottom", 0, height - side, side)
