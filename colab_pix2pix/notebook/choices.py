"""Which crops are kept: choices by hand, saved at once, each of which can be taken back."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal

from ..manifest import Crop, Dataset
from ..video import curate

Choice = Literal["", "keep", "reject"]
_CHOICES: tuple[Choice, ...] = ("", "keep", "reject")


class Choices:
    """The state of a dataset while a person chooses.

    Args:
        dataset: The crops.

    Attributes:
        dataset: Their state after the last choice; the same is in `manifest.json`.
    """

    def __init__(self, dataset: Dataset) -> None:
        self.dataset = dataset
        self._before: list[tuple[Crop, ...]] = []

    @property
    def can_undo(self) -> bool:
        """True when there is a choice to take back."""
        return bool(self._before)

    def choose(self, files: Iterable[str], choice: Choice) -> None:
        """Keeps or rejects crops by the names of their files.

        Raises:
            DatasetError: there is no such crop.
        """
        wanted = set(files)
        before = tuple(crop for crop in self.dataset.crops if crop.file in wanted)
        self.dataset = curate.choose(self.dataset, wanted, choice)
        self._before.append(before)

    def undo(self) -> tuple[Crop, ...]:
        """Takes the last choice back; returns the crops that it was about."""
        before = self._before.pop()
        for choice in _CHOICES:
            if files := [crop.file for crop in before if crop.choice == choice]:
                self.dataset = curate.choose(self.dataset, files, choice)
        return before
