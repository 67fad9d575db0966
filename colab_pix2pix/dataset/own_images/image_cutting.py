"""Cuts images into crops, or brings both of a pair to one size; what is bad is left out."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Literal

from PIL import Image, ImageOps

from ...config import FramesConfig, Size, sides
from ...errors import DatasetError
from ...events import Note, OnEvent, Progress
from ...images import LeftOut, ReadImage, Reading
from ...languages import N_, _, ngettext
from ...spacing import evenly_chosen
from ...wording import count, counted
from ..crop_geometry import CropBox, boxes_of, cut_size, own_box
from ..image_writer import ImageWriter
from ..manifest import Crop
from .image_sources import ImageFile
from .pair_layouts import ImagePair, ready_made_splits

Direction = Literal["AtoB", "BtoA"]

_FEW_COLOURS = 256
_UNLIKE = 0.02  # two shapes differ when their ratios of width to height do by more than this share


class Cutting:
    """How images are read and scaled, and what there is to say of them in the end.

    Args:
        reading: What transparent pixels show, and how more than 8 bits become 8.
        nearest: True scales images of few colours without mixing these.
        left_out: Told what can't be read.
        on_event: Told `Progress` in pictures, and a `Note` of each kind, once.
    """

    def __init__(
        self, reading: Reading, nearest: bool, left_out: LeftOut, on_event: OnEvent
    ) -> None:
        self.reading, self.nearest = reading, nearest
        self.left_out, self.on_event = left_out, on_event
        self._transparent = self._deep = self._smooth = self._few = 0

    def read(self, image: ImageFile) -> Image.Image:
        """Returns an image as a viewer shows it.

        Raises:
            DatasetError: it can't be read.
        """
        found: ReadImage = image.read(self.reading)
        self._transparent += found.transparent
        self._deep += found.deep
        return found.image

    def filter_for(self, image: Image.Image, smooth: Image.Resampling) -> Image.Resampling:
        """Returns how an image is scaled."""
        if not self.nearest:
            return smooth
        few = image.getcolors(_FEW_COLOURS) is not None
        self._few += few
        self._smooth += not few
        return Image.Resampling.NEAREST if few else smooth

    def tell(self) -> None:
        """Says what was decided for how many images."""
        if self._transparent:
            colour = "#{:02x}{:02x}{:02x}".format(*self.reading.background)
            words = N_("Of the pictures, {n} are transparent: {colour} shows through (background).")
            self._note(words, n=self._transparent, colour=colour)
        if self._deep and self.reading.levels:
            low, high = map("{:g}".format, self.reading.levels)
            words = N_(
                "Of the pictures, {n} have more than 8 bits: each is taken of {low} to {high}"
                " (levels)."
            )
            self._note(words, n=self._deep, low=low, high=high)
        elif self._deep:
            words = N_(
                "Of the pictures, {n} have more than 8 bits: each is taken from its darkest to its"
                " brightest (levels)."
            )
            self._note(words, n=self._deep)
        if self.nearest:
            words = N_(
                "Of the pictures, {n} of at most {most} colours keep them; {others} of more are"
                " scaled smoothly (nearest)."
            )
            self._note(words, n=self._few, most=_FEW_COLOURS, others=self._smooth)

    def _note(self, words: str, **values: object) -> None:
        self.on_event(Note(message=_(words, **values)))


def cut_images(
    images: Sequence[ImageFile], config: FramesConfig, cutting: Cutting, folder: Path, key: str
) -> list[Crop]:
    """Writes crops, evenly over all images, whatever the shape of each.

    Args:
        images: In order.
        config: How many crops, where, and at which size.
        cutting: How they are read.
        folder: An existing folder.
        key: What the names of the crops begin with, and their `source`.

    Returns:
        As many as asked for, or all that there are.

    Raises:
        DatasetError: not one can be read; or one can't and the work is strict.
    """
    splits = ready_made_splits([image.relative for image in images])
    split_of = dict(zip(images, splits, strict=True)) if splits else {}
    counts = _crops_of_each(images, config, cutting.left_out)
    while True:
        chosen = _chosen(counts, config.count)
        crops: list[Crop] = []
        bad = []
        with ImageWriter() as writer:
            for number, file in enumerate(chosen):
                try:
                    image = cutting.read(file)
                except DatasetError as error:
                    cutting.left_out.add(file.name, error)
                    bad.append(file)
                    continue
                left, top, *size = _area(config, image.size)
                part = image.crop((left, top, left + size[0], top + size[1]))
                scaled, boxes = _scaled(part, config, cutting, number)
                for box in boxes[: config.count - len(crops)]:
                    suffix = "png" if cutting.nearest else config.image_format
                    name = f"{key}-{number:06d}-{box.name}.{suffix}"
                    writer.write(folder / name, scaled.crop(box.corners))
                    original = _box_in_original(
                        box, (left, top), part.width / scaled.width, part.height / scaled.height
                    )
                    crop = Crop(file=name, source=key, time=number, side=box.name, box=original)
                    crops.append(_on_its_side(crop, split_of.get(file)))
                progress = Progress(
                    job="frames", done=number + 1, total=len(chosen), unit="pictures"
                )
                cutting.on_event(progress)
        for file in bad:
            del counts[file]
        if not bad or len(chosen) == len(counts) + len(bad):
            break
        for crop in crops:  # others take the places of those that turned out bad
            (folder / crop.file).unlink()
    cutting.left_out.tell(len(counts))
    cutting.tell()
    if len(crops) < config.count:
        message = ngettext(
            "{pictures} gives {crops}, which is less than the {wanted} that were asked for.",
            "{pictures} give {crops}, which is less than the {wanted} that were asked for.",
            len(counts),
            pictures=counted(len(counts), "picture"),
            crops=counted(len(crops), "crop"),
            wanted=count(config.count),
        )
        cutting.on_event(Note(message=message))
    return crops


def cut_pairs(
    pairs: Sequence[ImagePair],
    direction: Direction,
    size: Size,
    cutting: Cutting,
    folder: Path,
    key: str,
) -> list[Crop]:
    """Writes both pictures of each pair at one size.

    Args:
        pairs: In order.
        direction: "AtoB" or "BtoA".
        size: Of both.
        cutting: How they are read.
        folder: An existing folder.
        key: What the names of the crops begin with, and their `source`.

    Raises:
        DatasetError: not one can be read; or one can't and the work is strict.
    """
    splits = ready_made_splits([pair[0].relative for pair in pairs])
    crops: list[Crop] = []
    unlike: list[str] = []
    with ImageWriter() as writer:
        for number, pair in enumerate(pairs):
            try:
                both = list(_halves(pair, cutting))
            except DatasetError as error:
                cutting.left_out.add(" and ".join(file.name for file in pair), error)
                continue
            if len(pair) == 2 and _differ(*both):
                shapes = " and ".join(f"{image.width}×{image.height}" for image in both)
                unlike.append(f"{pair[0].relative.name} {shapes}")
            bicubic = Image.Resampling.BICUBIC
            halves = [
                ImageOps.fit(image, sides(size), cutting.filter_for(image, bicubic))
                for image in both
            ]
            input_image, target_image = halves if direction == "AtoB" else halves[::-1]
            target, given = (f"{key}-{number:06d}-{role}.png" for role in ("target", "input"))
            writer.write(folder / target, target_image)
            writer.write(folder / given, input_image)
            crop = Crop(file=target, source=key, time=number, input_file=given)
            crops.append(_on_its_side(crop, splits[number] if splits else None))
            cutting.on_event(
                Progress(job="frames", done=number + 1, total=len(pairs), unit="pictures")
            )
    cutting.left_out.tell(len(crops))
    cutting.tell()
    if unlike:
        message = _(
            "The partners of {n} of {pairs} differ in shape and are cut to their centres, which may"
            " not show the same: {name}.",
            n=len(unlike),
            pairs=counted(len(crops), "pair"),
            name=unlike[0],
        )
        cutting.on_event(Note(message=message, level="warning"))
    return crops


def _crops_of_each(
    images: Sequence[ImageFile], config: FramesConfig, left_out: LeftOut
) -> dict[ImageFile, int]:
    """Returns how many crops each image gives, by its head; one without a head gives none."""
    counts = {}
    for image in images:
        try:
            size = cut_size(config, *_area(config, image.size())[2:])
        except DatasetError as error:
            left_out.add(image.name, error)
            continue
        counts[image] = len(boxes_of(config, *size))
    return counts


def _chosen(counts: dict[ImageFile, int], wanted: int) -> list[ImageFile]:
    """Returns the fewest images, evenly chosen, that give as many crops; all where none do."""
    images, most = list(counts), max(counts.values(), default=1)
    number = -(-wanted // most)
    while number < len(images):
        chosen = evenly_chosen(images, number)
        missing = wanted - sum(counts[image] for image in chosen)
        if missing <= 0:
            return chosen
        number += -(-missing // most)
    return images


def _scaled(
    image: Image.Image, config: FramesConfig, cutting: Cutting, number: int
) -> tuple[Image.Image, tuple[CropBox, ...]]:
    size = cut_size(config, *image.size)
    scaled = image.resize(size, cutting.filter_for(image, Image.Resampling.LANCZOS))
    return scaled, boxes_of(config, *size, number)


def _area(config: FramesConfig, size: tuple[int, int]) -> tuple[int, int, int, int]:
    """Returns left, top, width and height of what of an image is cut up: all, or an own crop."""
    return own_box(config, *size) if config.region else (0, 0, *size)


def _box_in_original(
    box: CropBox, corner: tuple[int, int], across: float, down: float
) -> tuple[int, int, int, int]:
    """Returns left, top, width and height in pixels of an image before it was cut and scaled."""
    left, top = corner[0] + round(box.left * across), corner[1] + round(box.top * down)
    return left, top, round(box.width * across), round(box.height * down)


def _on_its_side(crop: Crop, split: Literal["train", "test"] | None) -> Crop:
    return dataclasses.replace(crop, split=split) if split else crop


def _halves(pair: ImagePair, cutting: Cutting) -> Iterator[Image.Image]:
    if len(pair) == 2:
        yield from (cutting.read(file) for file in pair)
        return
    image = cutting.read(pair[0])
    half = image.width // 2
    if half < 1:
        raise DatasetError(
            _("{path} is too narrow to hold a pair side by side.", path=pair[0].path)
        )
    yield image.crop((0, 0, half, image.height))
    yield image.crop((image.width - half, 0, image.width, image.height))


def _differ(one: Image.Image, other: Image.Image) -> bool:
    ratio = (one.width * other.height) / (one.height * other.width)
    return not 1 / (1 + _UNLIKE) <= ratio <= 1 + _UNLIKE
