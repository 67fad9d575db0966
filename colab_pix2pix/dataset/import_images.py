"""One's own pictures as a dataset: loose ones, or pairs of an input and what shall become of it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Literal

from PIL import Image, ImageOps

from ..config import FramesConfig
from ..errors import DatasetError
from ..events import OnEvent, Progress, ignore
from ..spacing import evenly_chosen
from .builder import Source, add_sources
from .crop_geometry import crop_boxes, scaled_size
from .image_sources import ImageFile, ImagePair, find_images, find_pairs, partners, sha256_of
from .image_writer import ImageWriter
from .manifest import Crop, Dataset

Direction = Literal["AtoB", "BtoA"]


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
        DatasetError: there are no pictures, one can't be read, or the folder holds other files.
    """
    path = Path(pictures)
    found = find_images(path)
    sha256 = sha256_of([(picture,) for picture in found])
    facts = {"file": path.name, "sha256": sha256, "options": config.to_dict()}
    cut = partial(_cut_pictures, found, config, on_event)
    return add_sources(Path(directory), [Source(path.stem, facts, cut)], on_event=on_event)


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
        DatasetError: there are no pairs, a partner is missing, or a picture can't be read.
    """
    if direction not in ("AtoB", "BtoA"):
        raise DatasetError(f"direction: received {direction!r}.", why="Expected AtoB or BtoA.")
    if not 16 <= size <= 4096:
        raise DatasetError(f"size: received {size}.", why="Expected 16 to 4096 pixels.")
    if isinstance(pairs, tuple):
        first, second = (find_images(Path(folder)) for folder in pairs)
        found, name = partners(first, second, pairs), Path(pairs[0]).parent.name or "pairs"
    else:
        found, name = find_pairs(Path(pairs)), Path(pairs).stem
    options = {"direction": direction, "size": size}
    facts = {"file": name, "sha256": sha256_of(found), "options": options}
    cut = partial(_cut_pairs, found, direction, size, on_event)
    return add_sources(Path(directory), [Source(name, facts, cut)], on_event=on_event)


def _cut_pictures(
    pictures: Sequence[ImageFile], config: FramesConfig, on_event: OnEvent, folder: Path, key: str
) -> list[Crop]:
    each = len(crop_boxes(config.crops, *pictures[0].image().size))
    chosen = evenly_chosen(pictures, -(-config.count // each))
    crops: list[Crop] = []
    with ImageWriter() as writer:
        for number, picture in enumerate(chosen):
            image = picture.image()
            size = scaled_size(config.scale, *image.size)
            across, down = image.width / size[0], image.height / size[1]
            scaled = image.resize(size, Image.Resampling.LANCZOS)
            squares = crop_boxes(config.crops, *size, seed=(config.random_seed, number))
            for square in squares[: config.count - len(crops)]:
                file = f"{key}-{number:06d}-{square.name}.{config.image_format}"
                right, bottom = square.left + square.side, square.top + square.side
                writer.write(folder / file, scaled.crop((square.left, square.top, right, bottom)))
                left, top = round(square.left * across), round(square.top * down)
                box = left, top, round(square.side * across), round(square.side * down)
                crops.append(Crop(file=file, source=key, time=number, side=square.name, box=box))
            on_event(Progress(job="frames", done=number + 1, total=len(chosen), unit="pictures"))
    return crops


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
            given, wanted = halves if direction == "AtoB" else halves[::-1]
            files = [f"{key}-{number:06d}-{part}.png" for part in ("target", "input")]
            writer.write(folder / files[0], wanted)
            writer.write(folder / files[1], given)
            crops.append(Crop(file=files[0], source=key, time=number, input_file=files[1]))
            on_event(Progress(job="frames", done=number + 1, total=len(pairs), unit="pictures"))
    return crops


def _halves(pair: ImagePair) -> Iterator[Image.Image]:
    if len(pair) == 2:
        yield from (picture.image() for picture in pair)
        return
    image = pair[0].image()
    half = image.width // 2
    if half < 1:
        raise DatasetError(f"{pair[0].path} is too narrow to hold a pair side by side.")
    yield image.crop((0, 0, half, image.height))
    yield image.crop((image.width - half, 0, image.width, image.height))
