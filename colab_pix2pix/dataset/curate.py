"""Choosing among the crops: quality marks, choices by hand, held-out crops; archive and sheet."""

from __future__ import annotations

import dataclasses
import random
from collections.abc import Iterable
from typing import Literal

from .. import wording
from ..config import CurateConfig
from ..errors import DatasetError
from ..events import Note, OnEvent, Progress, ignore
from ..filenames import shown
from ..options import checks_input
from . import manifest
from .archive import pack, unpack
from .contact_sheet import contact_sheet
from .manifest import READY_MADE_SPLIT, Crop, Dataset
from .quality import MARKS, assign_marks, measure_crops

__all__ = ["choose", "contact_sheet", "mark", "pack", "split", "unpack"]

_BLOCKS = 10
_ENOUGH_TO_SPLIT = 5


@checks_input()
def mark(
    dataset: Dataset, config: CurateConfig = CurateConfig(), *, on_event: OnEvent = ignore
) -> Dataset:
    """Marks bad crops (see `quality.MARKS`) and writes the manifest. Deletes nothing.

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
    found = {crop.file: names for crop, names in zip(dataset.crops, marks, strict=True)}
    dataset = manifest.update(
        dataset, lambda crop: dataclasses.replace(crop, marks=found.get(crop.file, crop.marks))
    )
    on_event(Note(message=_summary(dataset)))
    return dataset


def _summary(dataset: Dataset) -> str:
    counts = {name: 0 for name in MARKS}
    for crop in dataset.crops:
        for name in crop.marks:
            counts[name] = counts.get(name, 0) + 1
    listed = ", ".join(f"{count} {name}" for name, count in counts.items())
    kept, crops = len(dataset.kept), wording.counted(len(dataset.crops), "crop")
    return f"{wording.count(kept)} of {crops} {wording.is_or_are(kept)} kept ({listed})."


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
        raise DatasetError(f"choice: received {choice!r}.", why="Expected 'keep', 'reject' or ''.")
    dataset = manifest.newest(dataset)
    if unknown := sorted(wanted - {crop.file for crop in dataset.crops}):
        raise DatasetError(
            f"{dataset.directory} has no crop {shown(unknown[0])}.",
            why="Expected the `file` of crops in the dataset.",
            fix="See manifest.json for their names.",
        )
    return manifest.update(
        dataset,
        lambda crop: dataclasses.replace(crop, choice=choice) if crop.file in wanted else crop,
    )


@checks_input()
def split(dataset: Dataset, config: CurateConfig = CurateConfig()) -> Dataset:
    """Holds out crops for testing, in blocks of time, and writes the manifest.

    All crops of a block fall on one side, so both crops of a frame do, and its neighbours: a model
    that is tested on a picture a second away from one that it learned is not tested at all. What
    came with a split of its own (folders train and test) keeps it.

    Args:
        dataset: The crops; only kept ones count, the others go with their block.
        config: `test_fraction`, and the `seed` that decides which blocks.

    Returns:
        The dataset, with at least one kept crop to test on if there are five and several frames.
    """
    dataset = manifest.newest(dataset)
    given = {key for key, known in dataset.sources.items() if known.get(READY_MADE_SPLIT)}
    free = dataset.replace(tuple(crop for crop in dataset.crops if crop.source not in given))
    blocks = _blocks(free)
    kept = len(free.kept)
    wanted = kept * config.test_fraction
    order = sorted(blocks)
    random.Random(config.seed).shuffle(order)
    test: set[str] = set()
    held_out = 0
    for block in order:
        count = sum(crop.kept for crop in blocks[block])
        closer = abs(held_out + count - wanted) < abs(held_out - wanted)
        needed = held_out == 0 and wanted > 0 and kept >= _ENOUGH_TO_SPLIT
        if count and (closer or needed) and held_out + count < kept:
            test |= {crop.file for crop in blocks[block]}
            held_out += count

    def side(crop: Crop) -> Crop:
        if crop.source in given:
            return crop
        return dataclasses.replace(crop, split="test" if crop.file in test else "train")

    return manifest.update(dataset, side)


def _blocks(dataset: Dataset) -> dict[tuple[str, int], list[Crop]]:
    """Returns the crops by source and block: about ten spans of frames that follow each other."""
    frames: dict[str, dict[float | str, list[Crop]]] = {}
    for crop in dataset.crops:
        # Images without a video have no time: their names are their order.
        moment: float | str = crop.time if crop.source else crop.file
        frames.setdefault(crop.source, {}).setdefault(moment, []).append(crop)
    blocks: dict[tuple[str, int], list[Crop]] = {}
    for source, moments in frames.items():
        count = min(_BLOCKS, len(moments))
        for index, moment in enumerate(sorted(moments, key=lambda m: (isinstance(m, str), m))):
            block = index * count // len(moments)
            blocks.setdefault((source, block), []).extend(moments[moment])
    return blocks
