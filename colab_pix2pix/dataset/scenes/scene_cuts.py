"""Where the scenes of a video begin, among moments that may lie seconds or minutes apart.

A cut is a change that stays, and that is large beside what usually changes from one moment to the
next thereabouts: neither growth nor clouds, a camera that moves or a flash are one. Moments that
are dark or a title card are looked past: a day, a night and a day of the same place are one scene.
"""

from __future__ import annotations

import itertools
from collections import defaultdict
from collections.abc import Mapping, Sequence

import numpy as np

from ..manifest import Crop

_NEAR = 2  # moments on each side that must differ: a flash is one alone
_SHORTEST = 4  # moments: what is shorter between two scenes is how one becomes the other
_AROUND = 7  # changes on each side that say how much is usual
_LEAST = 0.25  # of `likeness.distances`: less is the same place, however still it stood before
_TIMES = 2.4  # as much as usual
_PLAIN = {"dark", "title-card"}

#: How the crops of one moment look, by their side.
Look = Mapping[str, np.ndarray]


def scenes_of(
    crops: Sequence[Crop], looks: Sequence[np.ndarray], marks: Sequence[Sequence[str]]
) -> list[int]:
    """Returns the scene of each crop of a video, counted from 0.

    Args:
        crops: Those of one video, in any order.
        looks: The first row of `likeness.describe` for each of them.
        marks: What each is marked as.
    """
    moments: dict[float, dict[str, np.ndarray]] = defaultdict(dict)
    telling = set()
    for crop, look, names in zip(crops, looks, marks, strict=True):
        moments[crop.time][crop.side] = look
        if not _PLAIN & set(names):
            telling.add(crop.time)
    times = sorted(moments)
    numbers = scene_of_each([moments[t] for t in times], [t not in telling for t in times])
    by_time = dict(zip(times, numbers, strict=True))
    return [by_time[crop.time] for crop in crops]


def scene_of_each(looks: Sequence[Look], plain: Sequence[bool]) -> list[int]:
    """Returns the scene of each moment of a video, counted from 0.

    Args:
        looks: How they look, in order.
        plain: Whether each is dark or a title card as a whole; it goes with what comes before it.
    """
    told = [index for index, is_plain in enumerate(plain) if not is_plain]
    begins = np.zeros(len(looks), int)
    if len(told) > _SHORTEST:
        begins[[told[cut] for cut in _cuts([looks[index] for index in told])]] = 1
    return [int(number) for number in np.cumsum(begins)]


def _cuts(looks: Sequence[Look]) -> list[int]:
    """Returns with which moments a scene begins, of all but the first."""
    changes = np.array([_distance(*pair) for pair in itertools.pairwise(looks)])
    strengths = np.zeros(len(changes))
    for index in range(len(changes)):
        before = looks[max(0, index + 1 - _NEAR) : index + 1]
        after = looks[index + 1 : index + 1 + _NEAR]
        stays = min(_distance(a, b) for a in before for b in after)
        first = max(0, index - _AROUND)
        others = np.delete(changes[first : index + _AROUND + 1], index - first)
        strengths[index] = stays / max(_LEAST, _TIMES * float(np.median(others)))
    found: list[int] = []
    for index in np.argsort(-strengths, kind="stable"):
        if strengths[index] > 1 and all(abs(index - other) >= _SHORTEST for other in found):
            found.append(int(index))
    return [index + 1 for index in found]


def _distance(one: Look, other: Look) -> float:
    """Returns how far two moments are apart: on the sides that both have, as a mean."""
    if sides := one.keys() & other.keys():
        return float(np.mean([np.abs(one[side] - other[side]).sum() for side in sides]))
    return float(min(np.abs(a - b).sum() for a in one.values() for b in other.values()))
