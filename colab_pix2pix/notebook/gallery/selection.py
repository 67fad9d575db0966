"""The selection of crops: chosen by hand, saved at once; each choice can be taken back."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Literal

import numpy as np

from ...dataset import curate, likeness, manifest
from ...dataset.manifest import Crop, Dataset
from ...errors import DatasetError, OptionError
from ...languages import _

Choice = Literal["", "keep", "reject"]
#: Three quarters of the pictures of one thing are as close, and one in fifty of others.
_ALIKE_WITHIN = 0.4
_CHOICES: tuple[Choice, ...] = ("", "keep", "reject")


class Selection:
    """Which crops of a dataset are kept, while a person chooses.

    Args:
        dataset: The crops; what was decided since it was read counts.

    Attributes:
        dataset: Their state after the last choice; the same is in `manifest.json`.
    """

    def __init__(self, dataset: Dataset) -> None:
        self.dataset = manifest.newest(dataset)
        self._undo_stack: list[tuple[Crop, ...]] = []
        self._descriptors: np.ndarray | None = None

    @property
    def can_undo(self) -> bool:
        """True when there is a choice to take back."""
        return bool(self._undo_stack)

    def refresh(self) -> None:
        """Takes over what was decided elsewhere: by another gallery, or in another cell.

        Raises:
            DatasetError: the crops have been cut again since; nothing is changed.
        """
        stored = manifest.newest(self.dataset)
        files = [crop.file for crop in self.dataset.crops]
        if [crop.file for crop in stored.crops] != files:
            raise DatasetError(
                _("These crops have been cut again since they were shown here."),
                fix=_("Run the cell *Look at the crops* again: it shows the new ones."),
            )
        self.dataset = stored

    def choose(self, files: Iterable[str], choice: Choice) -> None:
        """Keeps or rejects crops by the names of their files.

        Raises:
            DatasetError: there is no such crop, or the crops have been cut again since.
        """
        self.refresh()
        wanted = set(files)
        former = tuple(crop for crop in self.dataset.crops if crop.file in wanted)
        self.dataset = curate.choose(self.dataset, wanted, choice)
        self._undo_stack.append(former)

    def undo(self) -> tuple[Crop, ...]:
        """Takes the last choice back; returns the crops that it was about.

        Raises:
            DatasetError: the crops have been cut again since.
        """
        self.refresh()
        former = self._undo_stack.pop()
        for choice in _CHOICES:
            if files := [crop.file for crop in former if crop.choice == choice]:
                self.dataset = curate.choose(self.dataset, files, choice)
        return former

    def ranked_like(self, file: str) -> tuple[list[str], int]:
        """Returns the kept crops, those that look most like one first, and how many look like it.

        The one itself is the first of them, also where it is rejected, and counts. All crops are
        looked at once, at the first call: a second or two for 1 000 of them.

        Raises:
            DatasetError: a crop can't be read.
        """
        files = [crop.file for crop in self.dataset.crops]
        if self._descriptors is None:
            self._descriptors = likeness.describe([self.dataset.directory / name for name in files])
        distances = dict(
            zip(files, likeness.distances(self._descriptors, files.index(file)), strict=True)
        )
        others = (crop.file for crop in self.dataset.kept if crop.file != file)
        ranked = [file, *sorted(others, key=distances.__getitem__)]
        return ranked, sum(bool(distances[name] <= _ALIKE_WITHIN) for name in ranked)


def parse_numbers(text: str, most: int) -> list[int]:
    """Returns the numbers of a text such as "3, 7-9", each once, in order.

    Args:
        text: Numbers and spans of numbers, with commas or blanks between.
        most: The largest number that there is; they count from 1.

    Raises:
        OptionError: there is no number, something else, or a number that is too large.

    Example:
        >>> parse_numbers("3, 7-9", 48)
        [3, 7, 8, 9]
    """
    spans = re.sub(r"\s*-\s*", "-", text.strip()).replace(",", " ").split()
    matches = [re.fullmatch(r"(\d+)(?:-(\d+))?", span) for span in spans]
    ends = [(int(match[1]), int(match[2] or match[1])) for match in matches if match]
    if not ends or len(ends) < len(spans) or any(not 1 <= a <= b <= most for a, b in ends):
        raise OptionError(
            _("Received the numbers {text}.", text=repr(text)),
            why=_("Expected numbers of crops from 1 to {most}, such as 3, 7-9.", most=most),
            fix=_("Each picture shows its number."),
        )
    return sorted({number for a, b in ends for number in range(a, b + 1)})
