"""Imports image files as a dataset: loose ones, or pairs of an input image and its target."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from PIL import ImageColor

from ..config import FramesConfig, PicturesConfig, size_option, typed_number, typed_size
from ..errors import DatasetError
from ..events import Note, OnEvent, ignore
from ..filenames import shown
from ..images import LeftOut, Reading
from ..languages import _
from ..mounts import require_apart
from ..options import checks_input
from ..wording import printable
from .builder import Source, add_sources
from .manifest import READY_MADE_SPLIT, Crop, Dataset
from .own_images.image_cutting import Cutting, Direction, cut_images, cut_pairs
from .own_images.image_sources import find_images, images_sha256
from .own_images.pair_layouts import (
    find_pairs,
    holds_two_sides,
    match_pairs,
    pairs_sha256,
    ready_made_splits,
)

__all__ = ["Direction", "import_pairs", "import_pictures"]


@checks_input()
def import_pictures(
    pictures: Path | str,
    directory: Path | str,
    config: FramesConfig = FramesConfig(),
    reading: PicturesConfig = PicturesConfig(),
    *,
    on_event: OnEvent = ignore,
) -> Dataset:
    """Makes a dataset of one's own pictures, scaled and cut like the frames of a video.

    A picture that can't be read is left out and named, in a note and in the manifest. Folders such
    as train and test make the split.

    Args:
        pictures: A folder or a zip of pictures, sub-folders included; their names are their order.
        directory: The dataset folder.
        config: How many crops, evenly over all pictures; where, and at which size.
        reading: How pictures are read that leave a choice, and whether a bad one ends the work.
        on_event: Told `Progress` in pictures, and `Note`.

    Raises:
        OptionError: the dataset folder is, contains or lies in what is imported.
        DatasetError: there are no pictures, none can be read, or the folder holds other files.
    """
    path = Path(pictures)
    require_apart(Path(directory), path)
    left_out = LeftOut(on_event, strict=reading.strict)
    found = find_images(path, left_out)
    if holds_two_sides(found):
        message = _(
            "{path} holds two folders, A and B: to learn one from the other, import pairs.",
            path=path,
        )
        on_event(Note(message=message))
    metadata: dict[str, Any] = {
        "file": printable(path.name),
        "sha256": images_sha256(found),
        "options": config.to_dict() | reading.cutting,
    }
    if ready_made_splits([image.relative for image in found]):
        metadata[READY_MADE_SPLIT] = True
    cutting = _cutting(reading, left_out, on_event)
    cut = partial(_cut, partial(cut_images, found, config, cutting), cutting, metadata)
    return add_sources(Path(directory), [Source(path.stem, metadata, cut)], on_event=on_event)


@checks_input()
def import_pairs(
    pairs: Path | str | tuple[Path | str, Path | str],
    directory: Path | str,
    *,
    direction: Direction = "AtoB",
    size: int | str = 256,
    reading: PicturesConfig = PicturesConfig(),
    on_event: OnEvent = ignore,
) -> Dataset:
    """Makes a dataset of pairs: `Crop.input_file` is what the network gets, `file` what it makes.

    Args:
        pairs: A folder or a zip of pairs: two folders A and B (trainA and trainB, A/train and
            B/train) with files of the same names; 1_A.png beside 1_B.png; or pictures that hold A
            on their left and B on their right half. Or two folders. Folders such as train and test
            make the split.
        directory: The dataset folder.
        direction: "AtoB" learns B from A, "BtoA" the other way.
        size: Width and height that both get, 16 to 4096 pixels, such as 256 or "512x288". Training
            zooms in by up to 1.3: pictures stay sharp when this is 1.3 times `image_size`.
        reading: How pictures are read that leave a choice, and whether a bad one ends the work.
        on_event: Told `Progress` in pictures, and `Note`.

    Raises:
        OptionError: the dataset folder is, contains or lies in what is imported.
        DatasetError: there are no pairs, a partner is missing, the layout is unknown, or no
            picture can be read.
    """
    if direction not in ("AtoB", "BtoA"):
        raise DatasetError(
            _("{name}: received {value}.", name="direction", value=repr(direction)),
            why=_("Expected AtoB or BtoA."),
        )
    both = typed_size(typed_number(str(size)))
    if both is None or not all(16 <= side <= 4096 for side in both):
        why = _("Expected 16 to 4096 pixels, or two, width and height, such as 512x288.")
        raise DatasetError(_("{name}: received {value}.", name="size", value=shown(size)), why=why)
    size = size_option(both)
    require_apart(Path(directory), *map(Path, pairs if isinstance(pairs, tuple) else (pairs,)))
    left_out = LeftOut(on_event, strict=reading.strict)
    if isinstance(pairs, tuple):
        first, second = (find_images(Path(folder), left_out) for folder in pairs)
        found, name = match_pairs(first, second, pairs), Path(pairs[0]).parent.name or "pairs"
    else:
        images = find_images(Path(pairs), left_out)
        found = find_pairs(Path(pairs), images, side_by_side=reading.side_by_side)
        name = Path(pairs).stem
    metadata: dict[str, Any] = {
        "file": printable(name),
        "sha256": pairs_sha256(found),
        "options": {"direction": direction, "size": size} | reading.cutting,
    }
    if ready_made_splits([pair[0].relative for pair in found]):
        metadata[READY_MADE_SPLIT] = True
    cutting = _cutting(reading, left_out, on_event)
    cut = partial(_cut, partial(cut_pairs, found, direction, size, cutting), cutting, metadata)
    return add_sources(Path(directory), [Source(name, metadata, cut)], on_event=on_event)


def _cutting(reading: PicturesConfig, left_out: LeftOut, on_event: OnEvent) -> Cutting:
    red, green, blue = ImageColor.getrgb(reading.background)[:3]
    levels = [float(level) for level in reading.levels.split(",") if level]
    how = Reading((red, green, blue), (levels[0], levels[1]) if levels else None)
    return Cutting(how, reading.nearest, left_out, on_event)


def _cut(
    cut: Callable[[Path, str], list[Crop]],
    cutting: Cutting,
    metadata: dict[str, Any],
    folder: Path,
    key: str,
) -> list[Crop]:
    """Cuts, and notes in the metadata what was left out."""
    crops = cut(folder, key)
    if cutting.left_out.reasons:
        metadata["left_out"] = dict(cutting.left_out.reasons)
    return crops
