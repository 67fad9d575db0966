"""One image that shows what is in a dataset."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont, ImageOps

from ..errors import DatasetError, OptionError
from ..filenames import WRITTEN_SUFFIXES, output_file
from ..files import atomic_write
from ..images import blurred_grey_input, image_size, read_image
from ..languages import N_, _
from ..mounts import require_apart
from ..options import checks_input
from ..spacing import evenly_chosen
from ..wording import counted
from .manifest import Crop, Dataset

_PAPER, _INK, _FADED, _RED = (250, 249, 246), (40, 40, 44), (120, 120, 126), (196, 60, 48)
_GAP = 6
_MARGIN = 20
_CAPTION_HEIGHT = 48
_MOST = {"columns": 100, "rows": 100, "size": 1024}


@checks_input()
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
    """Draws crops as one image, in the order of time, evenly chosen where there are too many.

    Rejected crops are greyed and bear the reason. A line at the bottom has the counts.

    Args:
        dataset: The crops.
        path: The `.jpg` or `.png` to write; a name without a suffix gets `.jpg`, and in a folder it
            is called `contact-sheet.jpg`.
        columns: Crops side by side, 1 to 100.
        rows: The most rows, 1 to 100.
        size: The longer side of a crop in pixels, 1 to 1024. All have the shape of the first, and
            loose pictures are squares.
        inputs: True shows beside each crop the image that the network gets instead of it.
        blur_factor: As in `TrainConfig`, 1 to 128: how blurred that is.

    Returns:
        The file.

    Raises:
        OptionError: a number is out of its range, nothing can be written at `path`, or it
            lies in the dataset's folder: it would be one of its pictures.
        DatasetError: there is no crop to show, or one can't be read.
    """
    for name, value in {"columns": columns, "rows": rows, "size": size}.items():
        if not 1 <= value <= _MOST[name]:
            raise OptionError(
                _("{name}: received {value}.", name=name, value=value),
                why=_("Expected {low} to {high}.", low=1, high=_MOST[name]),
            )
    if not 1 <= blur_factor <= 128:
        raise OptionError(
            _("{name}: received {value}.", name="blur_factor", value=f"{blur_factor:g}"),
            why=_("Expected {low} to {high}.", low=1, high=128),
        )
    if not dataset.crops:
        raise DatasetError(_("{folder} has no crops to show.", folder=dataset.directory))
    path = output_file(path, "contact-sheet", (".jpg", *WRITTEN_SUFFIXES), what=N_("the sheet"))
    require_apart(path, dataset.directory)
    shown = evenly_chosen(dataset.crops, columns * rows)
    sheet = _sheet(dataset, shown, min(columns, len(shown)), size, blur_factor if inputs else 0.0)
    _draw_caption(sheet, dataset, len(shown))
    path.parent.mkdir(parents=True, exist_ok=True)
    with atomic_write(path) as temp_path:
        sheet.save(temp_path, quality=92)
    return path


def _sheet(
    dataset: Dataset, shown: Sequence[Crop], columns: int, size: int, blur_factor: float
) -> Image.Image:
    """Returns the tiles, and below them space for a caption; with inputs unless the factor is 0."""
    rows = -(-len(shown) // columns)
    cell = _cell(dataset.directory, shown[0], size)
    step = cell[0] * (2 if blur_factor else 1) + _GAP
    width = 2 * _MARGIN + columns * step - _GAP
    height = _MARGIN + rows * (cell[1] + _GAP) - _GAP + _CAPTION_HEIGHT
    sheet = Image.new("RGB", (width, height), _PAPER)
    for index, crop in enumerate(shown):
        row, column = divmod(index, columns)
        left, top = _MARGIN + column * step, _MARGIN + row * (cell[1] + _GAP)
        sheet.paste(_tile(dataset.directory, crop, cell), (left, top))
        if blur_factor:
            sheet.paste(_input(dataset.directory, crop, cell, blur_factor), (left + cell[0], top))
    return sheet


def _cell(directory: Path, crop: Crop, size: int) -> tuple[int, int]:
    """Returns width and height of a crop on the sheet; loose pictures may each have another."""
    width, height = image_size(directory / crop.file) if crop.source else (1, 1)
    scale = size / max(width, height)
    return max(1, round(width * scale)), max(1, round(height * scale))


def _read(path: Path, size: tuple[int, int]) -> Image.Image:
    return ImageOps.fit(read_image(path).image, size)


def _input(directory: Path, crop: Crop, size: tuple[int, int], blur_factor: float) -> Image.Image:
    """Returns what the network gets: the partner of a pair, or the crop grey and blurred."""
    if crop.input_file:
        return _read(directory / crop.input_file, size)
    return blurred_grey_input(_read(directory / crop.file, size), blur_factor).convert("RGB")


def _tile(directory: Path, crop: Crop, size: tuple[int, int]) -> Image.Image:
    tile = _read(directory / crop.file, size)
    if crop.kept:
        return tile
    tile = Image.blend(tile.convert("L").convert("RGB"), Image.new("RGB", tile.size, _PAPER), 0.55)
    drawing = ImageDraw.Draw(tile)
    width, height = size
    drawing.rectangle((0, 0, width - 1, height - 1), outline=_RED, width=max(1, max(size) // 64))
    reason = "rejected" if crop.choice == "reject" else ", ".join(crop.marks)
    font = _fitting_font(reason, width - 12, max(size) // 7)
    drawing.text((width / 2, height / 2), reason, fill=_RED, font=font, anchor="mm")
    return tile


def _fitting_font(
    text: str, width: int, largest: int
) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    for points in range(max(largest, 7), 6, -1):
        font = ImageFont.load_default(points)
        if font.getlength(text) <= width:
            break
    return font


def _draw_caption(sheet: Image.Image, dataset: Dataset, shown: int) -> None:
    kept, total = dataset.kept, len(dataset.crops)
    test = sum(crop.split == "test" for crop in kept)
    counts = [f"{len(kept)} of {counted(total, 'crop')} kept"]
    counts += [f"{test} held out for testing"] if test else []
    counts += [f"{shown} shown"] if shown < total else []
    titles = [str(s.get("title") or s.get("file") or key) for key, s in dataset.sources.items()]
    drawing = ImageDraw.Draw(sheet)
    middle = sheet.height - _CAPTION_HEIGHT / 2
    text = "  ·  ".join(counts)
    font = _fitting_font(text, sheet.width - 2 * _MARGIN, 17)
    drawing.text((_MARGIN, middle), text, fill=_INK, font=font, anchor="lm")
    free_width = sheet.width - 3 * _MARGIN - font.getlength(text)
    title = ", ".join(titles)
    if title and font.getlength(title) <= free_width:
        right = (sheet.width - _MARGIN, middle)
        drawing.text(right, title, fill=_FADED, font=font, anchor="rm")
