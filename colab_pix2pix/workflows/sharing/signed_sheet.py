"""A sheet of pictures with a title above them and a signature below."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFont

#: What the columns are, in the order of a row: input, generated picture, real picture.
COLUMNS = ("What it sees", "What it makes", "What was there")
_SMALLEST_CELL, _LARGEST_CELL = 256, 512
_GROUND, _INK, _FADED = (24, 24, 27), (240, 240, 236), (160, 160, 166)

#: Pictures beside each other: input, generated, real; each uint8 `(height, width, 3)`.
Row = tuple[np.ndarray, np.ndarray, np.ndarray]


def draw_sheet(
    rows: Sequence[Row], *, title: str, signature: str, remark: str = "", font: Path
) -> Image.Image:
    """Returns rows of pictures as one picture, with words that say what they are.

    Args:
        rows: At least one. Small pictures are enlarged, so that words fit beside them.
        title: Stands above.
        signature: Stands below, on the left.
        remark: Stands below, on the right.
        font: A TrueType file; see `find_font`.

    Returns:
        RGB, with even sides.
    """
    high, wide = rows[0][2].shape[:2]
    cell = min(max(_SMALLEST_CELL, wide), _LARGEST_CELL)
    tall = round(cell * high / wide)
    gap, margin, small = cell // 32, cell // 10, cell // 16
    head, foot = margin + cell // 4 + 2 * small, 2 * small + margin
    width = 2 * margin + 3 * cell + 2 * gap
    height = head + len(rows) * (tall + gap) - gap + foot
    sheet = Image.new("RGB", (width // 2 * 2, height // 2 * 2), _GROUND)
    drawing = ImageDraw.Draw(sheet)

    def write(x: float, y: float, text: str, size: int, anchor: str, ink: tuple[int, ...]) -> None:
        room = (width - 2 * margin) if anchor[0] != "m" else cell
        drawing.text((x, y), text, fill=ink, font=_fitting(font, text, size, room), anchor=anchor)

    write(margin, margin, title, cell // 6, "lt", _INK)
    for column, words in enumerate(COLUMNS):
        left = margin + column * (cell + gap)
        write(left + cell / 2, head - small / 2, words, small, "mb", _FADED)
        for index, row in enumerate(rows):
            picture = Image.fromarray(row[column]).convert("RGB")
            if picture.size != (cell, tall):
                picture = picture.resize((cell, tall), Image.Resampling.BICUBIC)
            sheet.paste(picture, (left, head + index * (tall + gap)))
    write(margin, height - margin, signature, small, "ls", _FADED)
    write(width - margin, height - margin, remark, small, "rs", _FADED)
    return sheet


def find_font(text: str) -> tuple[Path, bool]:
    """Returns a font that has the letters of a text, and whether it has all of them.

    The one that comes with matplotlib knows the alphabets of Europe; for others this machine's
    fonts are looked through.
    """
    from matplotlib import font_manager, get_data_path

    usual = Path(get_data_path()) / "fonts" / "ttf" / "DejaVuSans.ttf"
    if _has_letters(usual, text):
        return usual, True
    others = sorted(font_manager.findSystemFonts())
    found = next((Path(path) for path in others if _has_letters(Path(path), text)), None)
    return found or usual, found is not None


def _has_letters(font: Path, text: str) -> bool:
    from matplotlib.ft2font import FT2Font

    try:
        known = FT2Font(str(font)).get_charmap()
    except (OSError, RuntimeError):  # a file that is no font, or none that FreeType reads
        return False
    return all(ord(letter) in known for letter in text)


def _fitting(font: Path, text: str, size: int, room: float) -> ImageFont.FreeTypeFont:
    loaded = ImageFont.truetype(str(font), size)
    longest = loaded.getlength(text)
    return loaded if longest <= room else loaded.font_variant(size=max(6, size * room / longest))
