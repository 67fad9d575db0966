"""How many crops there are, are kept, are learned from: one sentence, the same everywhere."""

from __future__ import annotations

from .. import wording
from .manifest import Crop, Dataset


def learned_and_held_out(dataset: Dataset) -> tuple[list[Crop], list[Crop]]:
    """Returns the kept crops that a network learns from, and those that it is tested on.

    Where the dataset names no test crops (a plain folder of pictures), the last tenth is held out;
    of fewer than five crops, none is.
    """
    kept = dataset.kept
    train = [crop for crop in kept if crop.split == "train"]
    held_out = [crop for crop in kept if crop.split == "test"]
    if not train or not held_out:
        train, held_out = list(kept), []
    if not held_out and len(train) >= 5:
        last = max(1, len(train) // 10)
        train, held_out = train[:-last], train[-last:]
    return train, held_out


def counts_in_words(dataset: Dataset) -> str:
    """Returns the sentence that explains the numbers of a dataset.

    Example:
        >>> from pathlib import Path
        >>> counts_in_words(Dataset(Path("crops"), tuple(Crop(file=f"{n}.png") for n in range(20))))
        '20 crops: all are kept; it learns from 18 of them, and 2 are held out to test it.'
    """
    total, kept = len(dataset.crops), len(dataset.kept)
    learned, held_out = map(len, learned_and_held_out(dataset))
    crops = wording.counted(total, "crop")
    if not kept:
        return f"{crops}: none is kept, so there is nothing to learn from."
    if kept == total:
        which = f"{crops}: all are kept"
    else:
        left_out = _verb(total - kept, "left out")
        which = f"{crops}: {left_out} and {_verb(kept, 'kept')}"
    if not held_out:
        return f"{which}; it learns from {wording.count(learned)}, too few to hold any out."
    tested = _verb(held_out, "held out to test it")
    return f"{which}; it learns from {wording.count(learned)} of them, and {tested}."


def _verb(number: int, participle: str) -> str:
    return f"{wording.count(number)} {'is' if number == 1 else 'are'} {participle}"
