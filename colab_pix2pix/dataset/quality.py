"""Quality marks: what is wrong with a crop; dark, blurred, a title card, or a duplicate."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from PIL import Image

from ..config import CurateConfig
from ..images import read_image
from . import likeness

_WORKERS = 2
_SHARPNESS_SIDE = 256
_ONE_COLOUR = 3  # of 255, up and down: JPEG does not keep an even colour quite even

#: What a crop can be marked as, in the order in which marks are listed.
MARKS = ("dark", "blurred", "title-card", "duplicate")


@dataclass(frozen=True)
class QualityMetrics:
    """What is measured on one crop.

    Attributes:
        brightness: The mean, from 0 for black to 1 for white.
        sharpness: The spread of the Laplacian (Pech-Pacheco et al., 2000), at 256 pixels.
        flatness: The share of its pixels, 0 to 1, that have nearly the same brightness.
        perceptual_hash: 64 bits of the low frequencies, by ImageHash's `phash`.
        look: What `likeness.describe` says of it, without its mirror image.
    """

    brightness: float
    sharpness: float
    flatness: float
    perceptual_hash: int
    look: np.ndarray = field(compare=False, repr=False)


def measure_crops(paths: Sequence[Path], on_done: Callable[[int], None]) -> list[QualityMetrics]:
    """Measures images, a few at a time.

    Raises:
        DatasetError: one of them can't be read.
    """
    metrics = []
    with ThreadPoolExecutor(_WORKERS) as pool:
        for done, measured in enumerate(pool.map(_measure, paths), 1):
            metrics.append(measured)
            on_done(done)
    return metrics


def perceptual_hash(grey: Image.Image) -> int:
    """Returns the `QualityMetrics.perceptual_hash` of a grey image (mode `L`) of any size."""
    import imagehash

    bits = imagehash.phash(grey).hash.ravel()
    return int(np.packbits(bits).view(">u8")[0])


def _measure(path: Path) -> QualityMetrics:
    image = read_image(path).image
    grey = image.convert("L")
    bits = perceptual_hash(grey)
    if max(grey.size) > _SHARPNESS_SIDE:
        grey.thumbnail((_SHARPNESS_SIDE, _SHARPNESS_SIDE), Image.Resampling.BOX)
    pixels = np.asarray(grey, np.float32) / 255
    return QualityMetrics(
        brightness=float(pixels.mean()),
        sharpness=_sharpness(pixels),
        flatness=_flatness(np.asarray(grey)),
        perceptual_hash=bits,
        look=likeness.descriptor(image)[0],
    )


def _flatness(pixels: np.ndarray) -> float:
    counts = np.bincount(pixels.ravel(), minlength=256)
    nearby = np.convolve(counts, np.ones(2 * _ONE_COLOUR + 1, int), mode="same")
    return float(nearby.max() / pixels.size)


def _sharpness(pixels: np.ndarray) -> float:
    if min(pixels.shape) < 3:
        return 0.0
    centre = pixels[1:-1, 1:-1]
    neighbours = pixels[:-2, 1:-1] + pixels[2:, 1:-1] + pixels[1:-1, :-2] + pixels[1:-1, 2:]
    return float((neighbours - 4 * centre).std())


def assign_marks(
    metrics: Sequence[QualityMetrics], config: CurateConfig, from_video: Sequence[bool]
) -> list[tuple[str, ...]]:
    """Returns the marks of each crop, out of `MARKS`.

    A title card is a candidate only: a plain background, whatever stands on it. A clear sky may
    look the same; a choice by hand outweighs any mark.

    Args:
        metrics: Of all crops, in the order of time.
        config: The thresholds.
        from_video: True for each crop of a video; drawings on paper are no title cards.
    """
    dark = np.array([m.brightness < config.dark_below for m in metrics], bool)
    sharpness = np.array([m.sharpness for m in metrics])
    # Night crops have no edges; they must not make a blurred day crop look sharp.
    usual = float(np.median(sharpness[~dark])) if (~dark).any() else 0.0
    blurred = (sharpness < config.blurred_below * usual) & ~dark
    flat = np.array([m.flatness > config.flat_above for m in metrics], bool) & ~dark
    flat &= np.array(from_video, bool)
    # A plain background has few edges: it is called by the name that tells more.
    blurred &= ~flat
    hashes = np.array([m.perceptual_hash for m in metrics], np.uint64)
    duplicate = _duplicates(hashes, ~(dark | blurred | flat), config.duplicate_bits)
    columns = dict(zip(MARKS, (dark, blurred, flat, duplicate), strict=True))
    return [tuple(name for name in MARKS if columns[name][index]) for index in range(len(metrics))]


def _duplicates(hashes: np.ndarray, candidates: np.ndarray, bits: int) -> np.ndarray:
    """Returns where a hash lies within `bits` bits of an earlier one that is no duplicate."""
    duplicate = np.zeros(len(hashes), bool)
    originals = np.empty(len(hashes), np.uint64)
    count = 0
    for index in np.flatnonzero(candidates):
        distance = np.bitwise_count(originals[:count] ^ hashes[index])
        if count and int(distance.min()) <= bits:
            duplicate[index] = True
        else:
            originals[count] = hashes[index]
            count += 1
    return duplicate
