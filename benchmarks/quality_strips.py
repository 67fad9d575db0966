"""Pictures of what was measured: of a run (input, real, made), and of all rows of a video."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFont

_GAP = 2  # pixels
_LABEL_WIDTH = 110
_SMALLEST = 96  # pixels: smaller pictures are shown larger


def save_strip(path: Path, rows: list[np.ndarray]) -> None:
    """Writes rows of pictures as a JPEG, one above the other.

    Args:
        path: The file; its folder is made.
        rows: uint8 `(count, size, size, 1 or 3)` each.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    lines = []
    for row in rows:
        coloured = np.broadcast_to(row, (*row.shape[:-1], 3))
        gap = ((0, 0), (0, _GAP), (0, _GAP), (0, 0))
        lines.append(np.concatenate(list(np.pad(coloured, gap, constant_values=255)), axis=1))
    Image.fromarray(np.concatenate(lines)).save(path, quality=92)


def save_sheet(path: Path, strips: dict[str, Path]) -> None:
    """Writes the input, the real and all made pictures of a video, with their rows' names.

    Args:
        path: The JPEG to write.
        strips: Row -> what `save_strip` has written, of three rows; all of the same crops.
    """
    opened = {row: Image.open(strip) for row, strip in strips.items() if strip.exists()}
    if not opened:
        return
    first = next(iter(opened.values()))
    height = first.height // 3
    size = (first.width, height)
    lines = {"input": _line(first, 0, size), "real": _line(first, 1, size)}
    lines |= {row: _line(strip, 2, size) for row, strip in opened.items()}
    scale = max(1, -(-_SMALLEST // height))
    shown = (size[0] * scale, size[1] * scale)
    sheet = Image.new("RGB", (_LABEL_WIDTH + shown[0], shown[1] * len(lines)), "white")
    draw, font = ImageDraw.Draw(sheet), ImageFont.load_default(14)
    for index, (label, line) in enumerate(lines.items()):
        sheet.paste(line.resize(shown, Image.Resampling.NEAREST), (_LABEL_WIDTH, index * shown[1]))
        middle = (4, round((index + 0.5) * shown[1]))
        draw.text(middle, label[:14], "black", font, anchor="lm")
    sheet.save(path, quality=92)


def _line(strip: Image.Image, number: int, size: tuple[int, int]) -> Image.Image:
    width, height = size
    return strip.crop((0, number * height, width, (number + 1) * height))
