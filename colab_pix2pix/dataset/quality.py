"""What is wrong with a crop: dark, blurred, a title card, or a repetition of an earlier one."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image, ImageOps

from ..config import CurateConfig
from ..errors import DatasetError

_WORKERS = 2
_SHARPNESS_SIDE = 256
_ONE_COLOUR = 3  # of 255, up and down: JPEG does not keep an even colour quite even

#: What a crop can be marked as, in the order in which marks are told.
MARKS = ("dark", "blurred", "title-card", "duplicate")


@dataclass(frozen=True)
class QualityMetrics:
    """What is measured on one crop.

    Attributes:
        brightness: The mean, from 0 for black to 1 for white.
        sharpness: The spread of the Laplacian (Pech-Pacheco et al., 2000), at 256 pixels.
        flatness: The share of its pixels, 0 to 1, that have nearly the same brightness.
        perceptual_hash: 64 bits of the low frequencies, by ImageHash's `phash`.
    """

    brightness: float
    sharpness: float
    flatness: float
    perceptual_hash: int


def measure_crops(paths: Sequence[Path], on_done: Callable[[int], None]) -> list[QualityMetrics]:
    """Measures pictures, a few at a time.

    Raises:
        DatasetError: one of them can't be read.
    """
    measures = []
    with ThreadPoolExecutor(_WORKERS) as pool:
        for done, measured in enumerate(pool.map(_measure, paths), 1):
            measures.append(measured)
            on_done(done)
    return measures


def perceptual_hashes(paths: Sequence[Path]) -> list[int]:
    """Returns the `QualityMetrics.perceptual_hash` of pictures alone, in order.

    Raises:
        DatasetError: one of them can't be read.
    """
    with ThreadPoolExecutor(_WORKERS) as pool:
        return list(pool.map(lambda path: _perceptual_hash(_grey(path)), paths))


def _grey(path: Path) -> Image.Image:
    try:
        with Image.open(path) as image:
            return ImageOps.exif_transpose(image).convert("L")
    except OSError as error:
        raise DatasetError(
            f"{path} can't be read as a picture: {error}.",
            fix="Remove it from the folder, or cut the crops again.",
        ) from error


def _perceptual_hash(grey: Image.Image) -> int:
    import imagehash

    bits = imagehash.phash(grey).hash.ravel()
    return int(np.packbits(bits).view(">u8")[0])


def _measure(path: Path) -> QualityMetrics:
    grey = _grey(path)
    perceptual_hash = _perceptual_hash(grey)
    if max(grey.size) > _SHARPNESS_SIDE:
        grey.thumbnail((_SHARPNESS_SIDE, _SHARPNESS_SIDE), Image.Resampling.BOX)
    pixels = np.asarray(grey, np.float32) / 255
    return QualityMetrics(
        brightness=float(pixels.mean()),
        sharpness=_sharpness(pixels),
        flatness=_flatness(np.asarray(grey)),
        perceptual_hash=perceptual_hash,
    )


def _flatness(pixels: np.ndarray) -> float:
    counts = np.bincount(pixels.ravel(), minlength=256)
    near = np.convolve(counts, np.ones(2 * _ONE_COLOUR + 1, int), mode="same")
    return float(near.max() / pixels.size)


def _sharpness(pixels: np.ndarray) -> float:
    if min(pixels.shape) < 3:
        return 0.0
    middle = pixels[1:-1, 1:-1]
    around = pixels[:-2, 1:-1] + pixels[2:, 1:-1] + pixels[1:-1, :-2] + pixels[1:-1, 2:]
    return float((around - 4 * middle).std())


def assign_marks(
    measures: Sequence[QualityMetrics], config: CurateConfig, from_video: Sequence[bool]
) -> list[tuple[str, ...]]:
    """Returns the marks of each crop, out of `MARKS`.

    A title card is a candidate only: a plain background, whatever stands on it. A clear sky may
    look the same; a choice by hand outweighs any mark.

    Args:
        measures: Of all crops, in the order of time.
        config: The thresholds.
        from_video: True for each crop of a video; drawings on paper are no title cards.
    """
    dark = np.array([m.brightness < config.dark_below for m in measures], bool)
    sharpness = np.array([m.sharpness for m in measures])
    # Night crops have no edges; they must not make a blurred day crop look sharp.
    usual = float(np.median(sharpness[~dark])) if (~dark).any() else 0.0
    blurred = (sharpness < config.blurred_below * usual) & ~dark
    flat = np.array([m.flatness > config.flat_above for m in measures], bool) & ~dark
    flat &= np.array(from_video, bool)
    # A plain background has few edges: it is called by the name that tells more.
    blurred &= ~flat
    hashes = np.array([m.perceptual_hash for m in measures], np.uint64)
    repeated = _repetitions(hashes, ~(dark | blurred | flat), config.duplicate_bits)
    columns = dict(zip(MARKS, (dark, blurred, flat, repeated), strict=True))
    return [tuple(name for name in MARKS if columns[name][place]) for place in range(len(measures))]


def _repetitions(hashes: np.ndarray, candidates: np.ndarray, bits: int) -> np.ndarray:
    """Returns where a hash lies within `bits` bits of an earlier one that is no repetition."""
    repeated = np.zeros(len(hashes), bool)
    originals = np.empty(len(hashes), np.uint64)
    count = 0
    for place in np.flatnonzero(candidates):
        differing = np.bitwise_count(originals[:count] ^ hashes[place])
        if count and int(differing.min()) <= bits:
            repeated[place] = True
        else:
            originals[count] = hashes[place]
            count += 1
    return repeated
