"""Crops on disk -> batches in memory. Which picture comes when is a pure function of the step."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from .. import wording
from ..config import SamplesConfig, Sides, Size, TrainConfig, sides
from ..dataset.counts import learned_and_held_out
from ..dataset.manifest import Crop, Dataset
from ..errors import CheckpointError, DatasetError, OptionError
from ..events import Note, OnEvent, Progress, ignore
from ..files import has_types
from ..images import image_size, read_centre
from ..languages import N_, _, ngettext
from ..project import Project
from .image_store import keep, side_by_side

_ROUNDED = 0.02  # of proportions, as a share


@dataclass(frozen=True, kw_only=True)
class Schedule:
    """Which pictures each step looks at: every picture once an epoch, in an order of its own.

    Attributes:
        pictures: How many pictures there are.
        batch_size: How many of them a step looks at; the last step of an epoch takes the first
            pictures of the next.
        seed: Of the order.
        origin_step: The step at which this schedule took over from another one (a changed batch
            size or dataset), else 0.
        origin_samples: How many pictures had been seen by then; of another dataset, the same
            share of epochs.
    """

    pictures: int
    batch_size: int
    seed: int
    origin_step: int = 0
    origin_samples: int = 0

    @classmethod
    def from_dict(cls, stored: dict[str, Any]) -> Schedule:
        """Returns the schedule that a saved state tells of.

        Raises:
            CheckpointError: it tells of none.
        """
        names = [field.name for field in dataclasses.fields(cls)]
        if not has_types(stored, **dict.fromkeys(names, int)) or not (
            stored["pictures"] and stored["batch_size"]
        ):
            fix = _("Look in the Drive trash or a backup for an older slot file and put it back.")
            raise CheckpointError(
                _("A saved state does not say which pictures came when."),
                why=_("Its schedule is not as this package writes it."),
                fix=fix,
            )
        return cls(**{name: stored[name] for name in names})

    def samples_seen(self, step: int) -> int:
        """Returns how many pictures the steps before `step` have looked at."""
        return self.origin_samples + (step - self.origin_step) * self.batch_size

    def epoch(self, step: int) -> int:
        """Returns the number of epochs that are complete before `step`."""
        return self.samples_seen(step) // self.pictures

    def last_step(self, epochs: int) -> int:
        """Returns the step after which `epochs` epochs are complete."""
        missing = epochs * self.pictures - self.origin_samples
        return self.origin_step + max(0, math.ceil(missing / self.batch_size))

    def indices(self, step: int) -> np.ndarray:
        """Returns the pictures of a step: int64 `(batch_size,)`."""
        seen = self.samples_seen(step)
        positions = (divmod(p, self.pictures) for p in range(seen, seen + self.batch_size))
        return np.array([_order(self.pictures, self.seed, e)[i] for e, i in positions])


@lru_cache(maxsize=4)
def _order(pictures: int, seed: int, epoch: int) -> np.ndarray:
    return np.random.default_rng((seed, epoch)).permutation(pictures)


@dataclass(frozen=True)
class Pictures:
    """The decoded crops: uint8 `(count, stored height, stored width, 3)` each.

    Of pairs there are 6 channels: the three of the target, then those of the picture that the
    network gets, so that whatever is cut, zoomed or mirrored is so in both.

    Attributes:
        train: What the networks learn from.
        held_out: What they never see. With fewer than five crops these are training crops.
    """

    train: np.ndarray
    held_out: np.ndarray


def split_crops(dataset: Dataset, config: TrainConfig) -> tuple[list[Crop], list[Crop]]:
    """Returns the training crops and the held-out crops.

    Where the dataset names no test crops (a plain folder of pictures), the last tenth is held out.

    Raises:
        DatasetError: no picture is kept; or they are pairs and the condition is another, or the
            other way round.
    """
    kept = dataset.kept
    if not kept:
        raise DatasetError(
            _(
                "All {n} crops in {folder} are rejected or marked as bad.",
                n=len(dataset.crops),
                folder=dataset.directory,
            ),
            why=_("Expected at least one to train on."),
            fix=_("Keep some in the gallery, or cut new crops with other options."),
        )
    _check_partners(dataset, kept, config.condition)
    train, held_out = learned_and_held_out(dataset)
    return train, held_out or train


def _check_partners(dataset: Dataset, kept: Sequence[Crop], condition: str) -> None:
    """Refuses to guess what is wanted where the data and the condition do not agree."""
    paired = [crop for crop in kept if crop.input_file]
    alone = [crop for crop in kept if not crop.input_file]
    if condition == "paired" and alone:
        words = (
            N_("{folder} has no picture beside {file}; {n} others have one.")
            if paired
            else N_("{folder} has no picture beside {file}.")
        )
        raise DatasetError(
            _(words, folder=dataset.directory, file=alone[0].file, n=len(paired)),
            why=_("With the condition paired, each crop needs a picture that the network gets."),
            fix=_(
                "Make such a dataset with `colab-pix2pix import --pairs SOURCE DIR`, or"
                " choose another condition."
            ),
        )
    if condition != "paired" and paired:
        raise DatasetError(
            _(
                "{folder} holds pairs of pictures, such as {files}; received the condition"
                " {condition}.",
                folder=dataset.directory,
                files=_(" and ").join(paired[0].files),
                condition=condition,
            ),
            why=_("It makes the input out of the crop itself and would leave the partners unused."),
            fix=_(
                "Add --condition paired to learn from the pairs; or import the pictures"
                " of one side alone."
            ),
        )


def load_pictures(dataset: Dataset, config: TrainConfig, on_event: OnEvent = ignore) -> Pictures:
    """Decodes all kept crops once, into memory or a file; see `store`.

    They are stored up to `max_zoom` times larger than `image_size`, so that a zoomed-in crop stays
    sharp: 333×333×3 bytes each at 256 pixels, 0.33 GB for 1 000 crops; twice that for pairs. Grey,
    transparent and palette pictures become RGB.

    Args:
        dataset: The crops.
        config: Of it, `image_size`, `max_zoom`, `condition` and `memory_limit` count.
        on_event: Told `Progress` in crops, and in a `Note` how much memory they take.

    Raises:
        DatasetError: a picture can't be read; it is named. Or the disk is full.
    """
    train, held_out = split_crops(dataset, config)
    crops = train if held_out == train else [*train, *held_out]
    paths = [[dataset.directory / file for file in crop.files] for crop in crops]
    shapes = [image_size(path) for some in paths for path in some]
    size = _stored_size(shapes, config)
    if cut := sum(_loses_much(shape, size) for shape in shapes):
        message = _(
            "{n} of {count} pictures have other proportions than {size} pixels: the network sees"
            " their centre.",
            n=cut,
            count=len(shapes),
            size=sides(config.image_size),
        )
        on_event(Note(message=message))

    def decode(some: Sequence[Path]) -> np.ndarray:
        return np.concatenate([read_centre(path, size) for path in some], axis=-1)

    def decoded() -> Iterator[np.ndarray]:
        for index, picture in enumerate(side_by_side(decode, paths)):
            if index % 50 == 0:
                on_event(Progress(job="load", done=index, total=len(paths), unit="crops"))
            yield picture
        on_event(Progress(job="load", done=len(paths), total=len(paths), unit="crops"))

    shape = (len(paths), *size.shape, 3 * len(paths[0]))
    stored = keep(decoded(), shape, limit_bytes=round(config.memory_limit * 1e9))
    message = ngettext(
        "{crops} takes {size}.",
        "{crops} take {size}.",
        len(paths),
        crops=wording.counted(len(paths), "crop"),
        size=stored.where,
    )
    on_event(Note(message=message))
    return Pictures(stored.pictures[: len(train)], stored.pictures[-len(held_out) :])


def _stored_size(shapes: Sequence[tuple[int, int]], config: TrainConfig) -> Sides:
    """Returns `image_size`, up to `max_zoom` times larger where all pictures have the pixels."""
    size = sides(config.image_size)
    shorter = min(size)
    largest = round(shorter * config.max_zoom)
    for width, height in shapes:
        largest = min(largest, width * shorter // size.width, height * shorter // size.height)
    largest = max(largest, shorter)
    return Sides(*(round(side * largest / shorter) for side in size))


def _loses_much(shape: tuple[int, int], size: Sides) -> bool:
    """Returns whether more of a picture is cut off than rounding to whole pixels explains."""
    ratio = (shape[0] * size.height) / (shape[1] * size.width)
    return not 1 - _ROUNDED <= ratio <= 1 / (1 - _ROUNDED)


def chosen_crops(dataset: Dataset, project: Project) -> list[Crop]:
    """Returns the crops that were chosen for samples; [] where none were, or none is left.

    Numbers beyond the last crop count for nothing: crops may have been cut again, fewer of them.
    """
    crops = dataset.crops
    numbers = project.recall(SamplesConfig).numbers
    return [crops[number - 1] for number in numbers if 1 <= number <= len(crops)]


def check_samples(config: SamplesConfig, dataset: Dataset) -> None:
    """Makes sure that the crops are there.

    Raises:
        OptionError: a number is larger than that of the last crop.
    """
    wrong = [number for number in config.numbers if not 1 <= number <= len(dataset.crops)]
    if wrong:
        raise OptionError(
            _("{name}: received {value}.", name="samples", value=wrong[0]),
            why=_(
                "Expected numbers of crops from 1 to {n}, as the gallery has them.",
                n=len(dataset.crops),
            ),
        )


def sample_pictures(dataset: Dataset, project: Project, config: TrainConfig) -> np.ndarray | None:
    """Returns the chosen crops, decoded; None where the usual held-out ones are to be shown.

    Returns:
        uint8 `(count, height, width, 3)`, of `image_size`; 6 channels for pairs, the target first.

    Raises:
        DatasetError: one can't be read.
    """
    crops = chosen_crops(dataset, project)
    return decode_crops(dataset, crops, config.image_size) if crops else None


def decode_crops(dataset: Dataset, crops: Sequence[Crop], size: Size) -> np.ndarray:
    """Returns crops as evaluation sees them.

    Args:
        dataset: Where they lie.
        crops: At least one.
        size: Of the result; where a crop has other proportions, its centre is taken.

    Returns:
        uint8 `(count, height, width, 3)`; 6 channels for pairs, the target first.

    Raises:
        DatasetError: one can't be read.
    """

    def decode_one(crop: Crop) -> np.ndarray:
        files = [dataset.directory / file for file in crop.files]
        return np.concatenate([read_centre(file, size) for file in files], axis=-1)

    return np.stack(list(side_by_side(decode_one, crops)))
