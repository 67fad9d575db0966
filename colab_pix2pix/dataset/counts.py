"""How many crops there are, are kept, are learned from: one sentence, the same everywhere."""

from __future__ import annotations

from .. import wording
from ..languages import N_, _, ngettext
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
        return _("{crops}: none is kept, so there is nothing to learn from.", crops=crops)
    if kept == total:
        which = _("{crops}: all are kept", crops=crops)
    else:
        out = total - kept
        left_out = ngettext("{n} is left out", "{n} are left out", out, n=wording.count(out))
        rest = ngettext("{n} is kept", "{n} are kept", kept, n=wording.count(kept))
        which = _("{crops}: {left_out} and {kept}", crops=crops, left_out=left_out, kept=rest)
    if not held_out:
        few = _("{which}; it learns from {n}, too few to hold any out.")
        return few.format(which=which, n=wording.count(learned))
    tested = ngettext(
        "{n} is held out to test it",
        "{n} are held out to test it",
        held_out,
        n=wording.count(held_out),
    )
    learns = _("{which}; it learns from {n} of them, and {tested}.")
    return learns.format(which=which, n=wording.count(learned), tested=tested)


def choices_in_words(kept: int, lost: int) -> str:
    """Returns the sentence that says how many choices by hand outlive another cutting."""
    words = N_("{n} of {count} choices by hand stay.")
    if lost:
        words = N_(
            "{n} of {count} choices by hand stay; the other {lost} were about crops that are not"
            " cut any more."
        )
    return _(words, n=kept, count=kept + lost, lost=lost)
