"""One picture that shows what is in a dataset."""

from __future__ import annotations

from pathlib import Path

from PIL import Image, ImageDraw, ImageFont, ImageOps

from ..errors import DatasetError
from ..files import atomic_write
from ..images import blurred_grey_input
from ..spacing import evenly_chosen
from .manifest import Crop, Dataset

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
    inputs: bool = False,
    blur_factor: float = 24.0,
) -> Path:
    """Draws crops as one picture, in the order of time, evenly chosen where there are too many.

    Rejected crops are greyed and bear the reason. A line at the bottom has the counts.

    Args:
        dataset: The crops.
        path: The `.jpg` or `.png` to write.
        columns: Crops side by side.
        rows: The most rows.
        size: Width and height of a crop in pixels.
        inputs: True shows beside each crop the picture that the network gets instead of it.
        blur_factor: As in `TrainConfig`: how blurred that is.

    Returns:
        `path`.

    Raises:
        DatasetError: there is no crop to show, or one can't be read.
    """
    path = Path(path)
    if not dataset.crops:
        raise DatasetError(f"{dataset.directory} has no crops to show.")
    shown = evenly_chosen(dataset.crops, columns * rows)
    columns = min(columns, len(shown))
    lines = -(-len(shown) // columns)
    step = size * (2 if inputs else 1) + _GAP
    width = 2 * _MARGIN + columns * step - _GAP
    height = _MARGIN + lines * (size + _GAP) - _GAP + _CAPTION_HEIGHT
    sheet = Image.new("RGB", (width, height), _PAPER)
    for place, crop in enumerate(shown):
        down, across = divmod(place, columns)
        left, top = _MARGIN + across * step, _MARGIN + down * (size + _GAP)
        sheet.paste(_tile(dataset.directory, crop, size), (left, top))
        if inputs:
            sheet.paste(_input(dataset.directory, crop, size, blur_factor), (left + size, top))
    _caption(sheet, dataset, len(shown))
    path.parent.mkdir(parents=True, exist_ok=True)
    with atomic_write(path) as part:
        sheet.save(part, quality=92)
    return path


def _opened(path: Path, size: int) -> Image.Image:
    try:
        with Image.open(path) as image:
            return ImageOps.fit(ImageOps.exif_transpose(image).convert("RGB"), (size, size))
    except OSError as error:
        raise DatasetError(f"{path} can't be read: {error}.", fix="Cut the crops again.") from error


def _input(directory: Path, crop: Crop, size: int, blur_factor: float) -> Image.Image:
    """Returns what the network gets: the partner of a pair, or the crop grey and blurred."""
    if crop.input_file:
        return _opened(directory / crop.input_file, size)
    return blurred_grey_input(_opened(directory / crop.file, size), blur_factor).convert("RGB")


def _tile(directory: Path, crop: Crop, size: int) -> Image.Image:
    tile = _opened(directory / crop.file, size)
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
