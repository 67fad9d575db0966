"""Which crops are kept: choices by hand, saved at once, each of which can be taken back."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Literal

from ...dataset import curate
from ...dataset.manifest import Crop, Dataset
from ...dataset.quality import perceptual_hashes
from ...errors import OptionError

Choice = Literal["", "keep", "reject"]
_ALIKE_BITS = 12  # of 64; pictures that have nothing in common differ in 32
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
        self._hashes: dict[str, int] = {}

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

    def alike(self, file: str) -> list[str]:
        """Returns the kept crops that look like one (it too where it is kept), in order.

        Their perceptual hashes are computed at the first call: about a second for 1 000 crops.

        Raises:
            DatasetError: a crop can't be read.
        """
        if not self._hashes:
            files = [crop.file for crop in self.dataset.crops]
            found = perceptual_hashes([self.dataset.directory / name for name in files])
            self._hashes = dict(zip(files, found, strict=True))
        wanted, kept = self._hashes[file], self.dataset.kept
        near = (c.file for c in kept if (self._hashes[c.file] ^ wanted).bit_count() <= _ALIKE_BITS)
        return list(near)


def numbers_in(text: str, most: int) -> list[int]:
    """Returns the numbers of a text such as "3, 7-9", each once, in order.

    Args:
        text: Numbers and spans of numbers, with commas or blanks between.
        most: The largest number that there is; they count from 1.

    Raises:
        OptionError: there is no number, something else, or a number that is too large.

    Example:
        >>> numbers_in("3, 7-9", 48)
        [3, 7, 8, 9]
    """
    parts = re.sub(r"\s*-\s*", "-", text.strip()).replace(",", " ").split()
    spans = [re.fullmatch(r"(\d+)(?:-(\d+))?", part) for part in parts]
    pairs = [(int(s[1]), int(s[2] or s[1])) for s in spans if s]
    if not pairs or len(pairs) < len(parts) or any(not 1 <= a <= b <= most for a, b in pairs):
        raise OptionError(
            f"Received the numbers {text!r}.",
            why=f"Expected numbers of crops from 1 to {most}, such as 3, 7-9.",
            fix="Each picture shows its number.",
        )
    return sorted({number for a, b in pairs for number in range(a, b + 1)})
