"""Which crops are held out for testing: whole scenes, or blocks of time."""

from __future__ import annotations

import random
from collections import Counter

from ...config import CurateConfig
from ..manifest import Crop, Dataset

_BLOCKS = 10
_ENOUGH_TO_SPLIT = 5
_ENOUGH_SCENES = 3  # of fewer, one would be all there is to learn from or to test on
_TRIES = 20
_NEAR_ENOUGH = 0.25  # of what was asked for, more or less

#: The crops of each block, by its source, its scene and its number there.
Blocks = dict[tuple[str, int, int], list[Crop]]
Moment = tuple[float | str, list[Crop]]


def held_out(dataset: Dataset, config: CurateConfig) -> set[str]:
    """Returns the files of the crops to test on: whole scenes where their lengths allow.

    Of several videos each gives its share, so that none is tested without having been learned, or
    learned without being tested; only those of a few crops are taken together.

    Args:
        dataset: The crops; only kept ones count, the others go with their block.
        config: `test_fraction`, and the `seed` that decides which.
    """
    kept = Counter(crop.source for crop in dataset.kept)
    large = sorted(source for source, count in kept.items() if source and count >= _BLOCKS)
    rest = [crop for crop in dataset.crops if crop.source not in large]
    each = [[crop for crop in dataset.crops if crop.source == source] for source in large]
    parts = [*each, rest] if rest else each
    if len(parts) < 2:
        return _held_out(dataset, config)
    return set().union(*(_held_out(dataset.replace(tuple(part)), config) for part in parts))


def _held_out(dataset: Dataset, config: CurateConfig) -> set[str]:
    chance = random.Random(config.seed)
    by_time, by_scene, within = (_blocks(dataset, kind) for kind in ("time", "scene", "both"))
    if _is_split_by(dataset, by_time) and not _is_split_by(dataset, within):
        return _chosen(by_time, config, chance)  # made before scenes were found
    wanted = len(dataset.kept) * config.test_fraction
    for _ in range(_TRIES if by_scene.keys() != by_time.keys() else 1):
        test = _chosen(by_scene, config, chance)
        count = sum(crop.file in test for crop in dataset.kept)
        if abs(count - wanted) <= _NEAR_ENOUGH * wanted:
            return test
    return _chosen(within, config, random.Random(config.seed))


def _is_split_by(dataset: Dataset, blocks: Blocks) -> bool:
    """Returns whether crops are held out already, and no block is on both sides."""
    whole = all(len({crop.split for crop in crops}) == 1 for crops in blocks.values())
    return whole and any(crop.split == "test" for crop in dataset.crops)


def _chosen(blocks: Blocks, config: CurateConfig, chance: random.Random) -> set[str]:
    kept = sum(crop.kept for crops in blocks.values() for crop in crops)
    wanted = kept * config.test_fraction
    order = sorted(blocks)
    chance.shuffle(order)
    test: set[str] = set()
    count = 0
    for block in order:
        more = sum(crop.kept for crop in blocks[block])
        closer = abs(count + more - wanted) < abs(count - wanted)
        needed = count == 0 and wanted > 0 and kept >= _ENOUGH_TO_SPLIT
        if more and (closer or needed) and count + more < kept:
            test |= {crop.file for crop in blocks[block]}
            count += more
    return test


def _blocks(dataset: Dataset, kind: str) -> Blocks:
    """Returns crops in blocks of frames that follow each other, about ten of a video.

    Args:
        dataset: The crops.
        kind: "time" has ten blocks, whatever the scenes; "scene" has one of each scene; "both" has
            one of a short scene and several of a long one. A video of few scenes has its ten.
    """
    frames: dict[str, dict[float | str, list[Crop]]] = {}
    for crop in dataset.crops:
        # Images without a video have no time: their names are their order.
        moment: float | str = crop.time if crop.source else crop.file
        frames.setdefault(crop.source, {}).setdefault(moment, []).append(crop)
    blocks: Blocks = {}
    for source, found in frames.items():
        moments = sorted(found.items(), key=lambda m: (isinstance(m[0], str), m[0]))
        scenes: dict[int, list[Moment]] = {}
        for name, crops in moments:
            scenes.setdefault(crops[0].scene, []).append((name, crops))
        if kind == "time" or len(scenes) < _ENOUGH_SCENES:
            scenes, most = {0: moments}, _BLOCKS
        else:
            most = 1 if kind == "scene" else _BLOCKS
        for scene, inside in scenes.items():
            count = min(max(1, round(most * len(inside) / len(moments))), len(inside))
            for index, (_, crops) in enumerate(inside):
                block = source, scene, index * count // len(inside)
                blocks.setdefault(block, []).extend(crops)
    return blocks
