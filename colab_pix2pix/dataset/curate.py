"""Choosing among the crops: quality marks, choices by hand, held-out crops; archive and sheet."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable
from typing import Literal

from .. import wording
from ..config import CurateConfig
from ..errors import DatasetError
from ..events import Note, OnEvent, Progress, ignore
from ..filenames import shown
from ..languages import _, ngettext
from ..options import checks_input
from . import manifest
from .archive import pack, unpack
from .contact_sheet import contact_sheet
from .manifest import READY_MADE_SPLIT, Crop, Dataset
from .quality import MARKS, assign_marks, measure_crops
from .scenes.scene_cuts import scenes_of
from .scenes.scene_split import held_out

__all__ = ["choose", "contact_sheet", "mark", "pack", "split", "unpack"]


@checks_input()
def mark(
    dataset: Dataset, config: CurateConfig = CurateConfig(), *, on_event: OnEvent = ignore
) -> Dataset:
    """Marks bad crops (see `quality.MARKS`), finds scenes, writes the manifest; deletes nothing.

    Choices made by hand stay, and outweigh the marks.

    Args:
        dataset: The crops.
        config: The thresholds.
        on_event: Told `Progress` in crops, and a `Note` with the counts.

    Raises:
        DatasetError: a crop can't be read.
    """
    dataset = manifest.newest(dataset)
    total = len(dataset.crops)

    def report(done: int) -> None:
        if done == total or not done % 50:
            on_event(Progress(job="mark", done=done, total=total, unit="crops"))

    paths = [dataset.directory / crop.file for crop in dataset.crops]
    metrics = measure_crops(paths, report)
    videos = {key for key, known in dataset.sources.items() if "duration_seconds" in known}
    marks = assign_marks(metrics, config, [crop.source in videos for crop in dataset.crops])
    scenes = dict.fromkeys((crop.file for crop in dataset.crops), 0)
    for key in videos:
        rows = [
            row for row in zip(dataset.crops, metrics, marks, strict=True) if row[0].source == key
        ]
        crops, measured, named = zip(*rows, strict=True) if rows else ((), (), ())
        numbers = scenes_of(crops, [m.look for m in measured], named)
        scenes |= {crop.file: number for crop, number in zip(crops, numbers, strict=True)}
    found = {crop.file: names for crop, names in zip(dataset.crops, marks, strict=True)}

    def marked(crop: Crop) -> Crop:
        if crop.file not in found:
            return crop
        return dataclasses.replace(crop, marks=found[crop.file], scene=scenes[crop.file])

    dataset = manifest.update(dataset, marked)
    on_event(Note(message=_summary(dataset)))
    return dataset


def _summary(dataset: Dataset) -> str:
    counts = {name: 0 for name in MARKS}
    for crop in dataset.crops:
        for name in crop.marks:
            counts[name] = counts.get(name, 0) + 1
    listed = ", ".join(_("{n} {marked}", n=n, marked=_(name)) for name, n in counts.items())
    kept, crops = len(dataset.kept), wording.counted(len(dataset.crops), "crop")
    return ngettext(
        "{n} of {crops} is kept ({marks}).",
        "{n} of {crops} are kept ({marks}).",
        kept,
        n=wording.count(kept),
        crops=crops,
        marks=listed,
    )


@checks_input()
def choose(
    dataset: Dataset, files: Iterable[str] | str, choice: Literal["keep", "reject", ""]
) -> Dataset:
    """Notes a choice by hand for some crops and writes the manifest.

    Args:
        dataset: The crops; choices that were written since this object was read stay.
        files: The `file` of each crop that the choice is for, or one.
        choice: "keep" or "reject"; "" takes an earlier choice back.

    Raises:
        DatasetError: a file is not in the dataset, or the choice is another word.
    """
    wanted = {files} if isinstance(files, str) else set(files)
    if choice not in ("keep", "reject", ""):
        raise DatasetError(
            _("{name}: received {value}.", name="choice", value=repr(choice)),
            why=_("Expected 'keep', 'reject' or ''."),
        )
    dataset = manifest.newest(dataset)
    if unknown := sorted(wanted - {crop.file for crop in dataset.crops}):
        raise DatasetError(
            _("{folder} has no crop {name}.", folder=dataset.directory, name=shown(unknown[0])),
            why=_("Expected the `file` of crops in the dataset."),
            fix=_("See manifest.json for their names."),
        )
    return manifest.update(
        dataset,
        lambda crop: dataclasses.replace(crop, choice=choice) if crop.file in wanted else crop,
    )


@checks_input()
def split(dataset: Dataset, config: CurateConfig = CurateConfig()) -> Dataset:
    """Holds out crops for testing, whole scenes or blocks of time, and writes the manifest.

    All crops of a block fall on one side, so both crops of a frame do, and its neighbours: a model
    that is tested on a picture a second away from one that it learned is not tested at all. A video
    of three scenes or more is split between them; only where that gives too much or too little to
    test on, a long scene is cut into blocks. What came with a split of its own (folders train and
    test) keeps it, and what was split before scenes were found stays split by time alone.

    Args:
        dataset: The crops; only kept ones count, the others go with their block.
        config: `test_fraction`, and the `seed` that decides which blocks.

    Returns:
        The dataset, with at least one kept crop to test on if there are five and several frames.
    """
    dataset = manifest.newest(dataset)
    given = {key for key, known in dataset.sources.items() if known.get(READY_MADE_SPLIT)}
    free = dataset.replace(tuple(crop for crop in dataset.crops if crop.source not in given))
    test = held_out(free, config)

    def side(crop: Crop) -> Crop:
        if crop.source in given:
            return crop
        return dataclasses.replace(crop, split="test" if crop.file in test else "train")

    return manifest.update(dataset, side)
