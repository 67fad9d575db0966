"""A few of many things, evenly chosen, and a number shared out."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TypeVar

import numpy as np

from .errors import OptionError
from .languages import _

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


def shares(total: int, weights: Sequence[float]) -> list[int]:
    """Returns how a number is shared by weights: as near as can be, and at least 1 each.

    Args:
        total: What is shared out, such as a number of crops.
        weights: Each above 0.

    Raises:
        OptionError: a weight is not above 0, or there is less than 1 for each.

    Example:
        >>> shares(10, [1, 1, 1]), shares(10, [1, 2]), shares(3, [1, 1000])
        ([4, 3, 3], [3, 7], [1, 2])
    """
    if any(not (math.isfinite(weight) and weight > 0) for weight in weights):
        raise OptionError(
            _("Received the weights {weights}.", weights=list(weights)),
            why=_("Expected each above 0."),
        )
    if total < len(weights):
        raise OptionError(
            _("count: received {total} for {n} videos.", total=total, n=len(weights)),
            why=_("Expected at least one crop of each."),
            fix=_("Ask for more crops."),
        )
    spare, whole = total - len(weights), sum(weights)
    exact = [max(0.0, total * weight / whole - 1) for weight in weights]
    scale = spare / sum(exact) if sum(exact) else 0.0
    parts = [part * scale for part in exact]
    counts = [1 + math.floor(part + 1e-9) for part in parts]
    by_rest = sorted(range(len(parts)), key=lambda n: math.floor(parts[n] + 1e-9) - parts[n])
    for index in by_rest[: total - sum(counts)]:
        counts[index] += 1
    return counts
