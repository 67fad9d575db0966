"""Imports image files as a dataset: loose ones, or pairs of an input image and its target."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Literal

from PIL import Image, ImageOps

from ..config import FramesConfig
from ..errors import DatasetError
from ..events import OnEvent, Progress, ignore
from ..files import require_apart
from ..options import checks_input
from ..spacing import evenly_chosen
from .builder import Source, add_sources
from .crop_geometry import CropBox, crop_boxes, scaled_size
from .image_sources import (
    ImageFile,
    ImagePair,
    find_images,
    find_pairs,
    match_pairs,
    pairs_sha256,
)
from .image_writer import ImageWriter
from .manifest import Crop, Dataset

Direction = Literal["AtoB", "BtoA"]


@checks_input()
def import_pictures(
    pictures: Path | str,
    directory: Path | str,
    config: FramesConfig = FramesConfig(),
    *,
    on_event: OnEvent = ignore,
) -> Dataset:
    """Makes a dataset of one's own pictures, scaled and cut like the frames of a video.

    Args:
        pictures: A folder or a zip of jpg, png or webp files; their names are their order.
        directory: The dataset folder.
        config: How many crops, where, and at which size.
        on_event: Told `Progress` in pictures.

    Raises:
        OptionError: the dataset folder is, contains or lies in what is imported.
        DatasetError: there are no pictures, one can't be read, or the folder holds other files.
    """
    path = Path(pictures)
    require_apart(Path(directory), path)
    found = find_images(path)
    sha256 = pairs_sha256([(image,) for image in found])
    metadata = {"file": path.name, "sha256": sha256, "options": config.to_dict()}
    cut = partial(_cut_images, found, config, on_event)
    return add_sources(Path(directory), [Source(path.stem, metadata, cut)], on_event=on_event)


@checks_input()
def import_pairs(
    pairs: Path | str | tuple[Path | str, Path | str],
    directory: Path | str,
    *,
    direction: Direction = "AtoB",
    size: int = 256,
    on_event: OnEvent = ignore,
) -> Dataset:
    """Makes a dataset of pairs: `Crop.input_file` is what the network gets, `file` what it makes.

    Args:
        pairs: A folder or a zip of pictures that hold A on their left and B on their right half,
            or that holds two folders, A and B, with files of the same names; or two such folders.
        directory: The dataset folder.
        direction: "AtoB" learns B from A, "BtoA" the other way.
        size: Width and height that both get, 16 to 4096 pixels. Training zooms in by up to 1.3:
            pictures stay sharp when this is 1.3 times `image_size`.
        on_event: Told `Progress` in pictures.

    Raises:
        OptionError: the dataset folder is, contains or lies in what is imported.
        DatasetError: there are no pairs, a partner is missing, or a picture can't be read.
    """
    if direction not in ("AtoB", "BtoA"):
        raise DatasetError(f"direction: received {direction!r}.", why="Expected AtoB or BtoA.")
    if not 16 <= size <= 4096:
        raise DatasetError(f"size: received {size}.", why="Expected 16 to 4096 pixels.")
    require_apart(Path(directory), *map(Path, pairs if isinstance(pairs, tuple) else (pairs,)))
    if isinstance(pairs, tuple):
        first, second = (find_images(Path(folder)) for folder in pairs)
        found, name = match_pairs(first, second, pairs), Path(pairs[0]).parent.name or "pairs"
    else:
        found, name = find_pairs(Path(pairs)), Path(pairs).stem
    options = {"direction": direction, "size": size}
    metadata = {"file": name, "sha256": pairs_sha256(found), "options": options}
    cut = partial(_cut_pairs, found, direction, size, on_event)
    return add_sources(Path(directory), [Source(name, metadata, cut)], on_event=on_event)


def _cut_images(
    images: Sequence[ImageFile], config: FramesConfig, on_event: OnEvent, folder: Path, key: str
) -> list[Crop]:
    boxes_each = len(crop_boxes(config.crops, *images[0].image().size))
    chosen = evenly_chosen(images, -(-config.count // boxes_each))
    crops: list[Crop] = []
    with ImageWriter() as writer:
        for number, file in enumerate(chosen):
            image = file.image()
            size = scaled_size(config.scale, *image.size)
            scaled = image.resize(size, Image.Resampling.LANCZOS)
            boxes = crop_boxes(config.crops, *size, seed=(config.random_seed, number))
            for box in boxes[: config.count - len(crops)]:
                name = f"{key}-{number:06d}-{box.name}.{config.image_format}"
                writer.write(folder / name, scaled.crop(box.corners))
                original = _box_in_original(box, image.width / size[0], image.height / size[1])
                crops.append(Crop(file=name, source=key, time=number, side=box.name, box=original))
            on_event(Progress(job="frames", done=number + 1, total=len(chosen), unit="pictures"))
    return crops


def _box_in_original(box: CropBox, across: float, down: float) -> tuple[int, int, int, int]:
    """Returns left, top, width and height in pixels of an image before it was scaled."""
    left, top = round(box.left * across), round(box.top * down)
    return left, top, round(box.side * across), round(box.side * down)


def _cut_pairs(
    pairs: Sequence[ImagePair],
    direction: Direction,
    size: int,
    on_event: OnEvent,
    folder: Path,
    key: str,
) -> list[Crop]:
    crops: list[Crop] = []
    with ImageWriter() as writer:
        for number, pair in enumerate(pairs):
            halves = [ImageOps.fit(image, (size, size)) for image in _halves(pair)]
            input_image, target_image = halves if direction == "AtoB" else halves[::-1]
            target, given = (f"{key}-{number:06d}-{role}.png" for role in ("target", "input"))
            writer.write(folder / target, target_image)
            writer.write(folder / given, input_image)
            crops.append(Crop(file=target, source=key, time=number, input_file=given))
            on_event(Progress(job="frames", done=number + 1, total=len(pairs), unit="pictures"))
    return crops


def _halves(pair: ImagePair) -> Iterator[Image.Image]:
    if len(pair) == 2:
        yield from (file.image() for file in pair)
        return
    image = pair[0].image()
    half = image.width // 2
    if half < 1:
        raise DatasetError(f"{pair[0].path} is too narrow to hold a pair side by side.")
    yield image.crop((0, 0, half, image.height))
    yield image.crop((image.width - half, 0, image.width, image.height))
