"""A few of many things, evenly chosen."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

import numpy as np

Thing = TypeVar("Thing")


def evenly_spaced(count: int, wanted: int) -> np.ndarray:
    """Returns the indices of some of many things, evenly spaced, the first and the last included.

    Args:
        count: How many things there are, at least one.
        wanted: How many of them to take. Where there are not as many, some come more than once.

    Returns:
        Integers `(wanted,)` from 0 to `count` - 1, in ascending order.

    Example:
        >>> evenly_spaced(9, 3).tolist(), evenly_spaced(9, 1).tolist(), evenly_spaced(2, 3).tolist()
        ([0, 4, 8], [0], [0, 0, 1])
    """
    return np.linspace(0, count - 1, wanted).round().astype(int)


def evenly_chosen(things: Sequence[Thing], most: int) -> list[Thing]:
    """Returns at most `most` of some things, evenly spaced, in their order.

    Example:
        >>> evenly_chosen("abcdefghi", 3), evenly_chosen("ab", 3)
        (['a', 'e', 'i'], ['a', 'b'])
    """
    return [things[index] for index in evenly_spaced(len(things), min(most, len(things)))]
