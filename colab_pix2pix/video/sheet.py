"""One picture that shows what is in a dataset."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFont, ImageOps

from ..errors import DatasetError
from ..files import replacing
from ..manifest import Crop, Dataset

_PAPER, _INK, _FADED, _RED = (250, 249, 246), (40, 40, 44), (120, 120, 126), (196, 60, 48)
_GAP = 6
_MARGIN = 20
_CAPTION_HEIGHT = 48


def contact_sheet(
    dataset: Dataset,
    path: Path | str,
    *,
    columns: int = 8,
    rows: int = 6,
    size: int = 128,
) -> Path:
    """Draws crops as one picture, in the order of time, evenly chosen where there are too many.

    Rejected crops are greyed and bear the reason. A line at the bottom has the counts.

    Args:
        dataset: The crops.
        path: The `.jpg` or `.png` to write.
        columns: Crops side by side.
        rows: The most rows.
        size: Width and height of a crop in pixels.

    Returns:
        `path`.

    Raises:
        DatasetError: there is no crop to show, or one can't be read.
    """
    path = Path(path)
    if not dataset.crops:
        raise DatasetError(f"{dataset.directory} has no crops to show.")
    shown = _evenly(dataset.crops, columns * rows)
    columns = min(columns, len(shown))
    lines = -(-len(shown) // columns)
    width = 2 * _MARGIN + columns * size + (columns - 1) * _GAP
    height = _MARGIN + lines * (size + _GAP) - _GAP + _CAPTION_HEIGHT
    sheet = Image.new("RGB", (width, height), _PAPER)
    for place, crop in enumerate(shown):
        down, across = divmod(place, columns)
        tile = _tile(dataset.directory, crop, size)
        sheet.paste(tile, (_MARGIN + across * (size + _GAP), _MARGIN + down * (size + _GAP)))
    _caption(sheet, dataset, len(shown))
    path.parent.mkdir(parents=True, exist_ok=True)
    with replacing(path) as part:
        sheet.save(part, quality=92)
    return path


def _evenly(crops: tuple[Crop, ...], most: int) -> list[Crop]:
    places = np.linspace(0, len(crops) - 1, min(most, len(crops))).round().astype(int)
    return [crops[place] for place in places]


def _tile(directory: Path, crop: Crop, size: int) -> Image.Image:
    try:
        with Image.open(directory / crop.file) as image:
            tile = ImageOps.fit(ImageOps.exif_transpose(image).convert("RGB"), (size, size))
    except OSError as error:
        raise DatasetError(
            f"{directory / crop.file} can't be read: {error}.", fix="Cut the crops again."
        ) from error
    if crop.kept:
        return tile
    tile = Image.blend(tile.convert("L").convert("RGB"), Image.new("RGB", tile.size, _PAPER), 0.55)
    drawing = ImageDraw.Draw(tile)
    drawing.rectangle((0, 0, size - 1, size - 1), outline=_RED, width=max(1, size // 64))
    word = "rejected" if crop.choice == "reject" else ", ".join(crop.marks)
    font = _fitting(word, size - 12, size // 7)
    drawing.text((size / 2, size / 2), word, fill=_RED, font=font, anchor="mm")
    return tile


def _fitting(word: str, width: int, largest: int) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    for points in range(max(largest, 7), 6, -1):
        font = ImageFont.load_default(points)
        if font.getlength(word) <= width:
            break
    return font


def _caption(sheet: Image.Image, dataset: Dataset, shown: int) -> None:
    kept, total = dataset.kept, len(dataset.crops)
    test = sum(crop.split == "test" for crop in kept)
    words = [f"{len(kept)} of {total} crops kept"]
    words += [f"{test} held out for testing"] if test else []
    words += [f"{shown} shown"] if shown < total else []
    titles = [str(s.get("title") or s.get("file") or key) for key, s in dataset.sources.items()]
    drawing = ImageDraw.Draw(sheet)
    middle = sheet.height - _CAPTION_HEIGHT / 2
    text = "  ·  ".join(words)
    font = _fitting(text, sheet.width - 2 * _MARGIN, 17)
    drawing.text((_MARGIN, middle), text, fill=_INK, font=font, anchor="lm")
    room = sheet.width - 3 * _MARGIN - font.getlength(text)
    title = ", ".join(titles)
    if title and font.getlength(title) <= room:
        place = (sheet.width - _MARGIN, middle)
        drawing.text(place, title, fill=_FADED, font=font, anchor="rm")
