"""Does a model know its training pictures by heart? The one that each result is nearest to.

Pictures are compared from afar: their colours at 16×16 pixels, and the perceptual hash by which
duplicates are marked. A result that is nearer to a training picture than to the picture that it
should be may have been remembered rather than seen.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from PIL import Image

from ...dataset.manifest import Crop, Dataset
from ...dataset.quality import perceptual_hash
from ...images import read_centre

_SEEN_FROM_AFAR = 64  # pixels: what is compared is made from these
_SIDE = 16
_BITS = 64


@dataclass(frozen=True)
class Looks:
    """What some pictures look like from afar.

    Attributes:
        colours: float32 `(count, 768)` in [0, 1]: 16×16 pixels.
        hashes: uint64 `(count,)`: the perceptual hashes.
    """

    colours: np.ndarray
    hashes: np.ndarray


@dataclass(frozen=True)
class Nearest:
    """The training picture that a result is nearest to.

    Attributes:
        crop: The training picture.
        distance: To it, see `distances`.
        to_real: From the result to the picture that it should be.
        real_to_training: From that picture to the training picture that is nearest to *it*.
    """

    crop: Crop
    distance: float
    to_real: float
    real_to_training: float


def looks_of(pictures: Iterable[np.ndarray]) -> Looks:
    """Returns what pictures look like: uint8 `(size, size, 3)` each, of any size."""
    colours, hashes = [], []
    for picture in pictures:
        far = Image.fromarray(np.ascontiguousarray(picture))
        if far.width != _SEEN_FROM_AFAR:
            far = far.resize((_SEEN_FROM_AFAR, _SEEN_FROM_AFAR), Image.Resampling.LANCZOS)
        small = far.resize((_SIDE, _SIDE), Image.Resampling.BOX)
        colours.append(np.asarray(small, np.float32).ravel() / 255.0)
        hashes.append(perceptual_hash(far.convert("L")))
    return Looks(np.stack(colours), np.array(hashes, np.uint64))


def distances(one: Looks, others: Looks) -> np.ndarray:
    """Returns how far pictures are from others: 0 is the same picture, 1 could not be farther.

    Half of it is the mean difference of the colours, half the share of the 64 bits that differ.

    Args:
        one: A picture, or as many as the others, each of which is compared with its own.
        others: The others.

    Returns:
        float `(count,)`, of the others.
    """
    colours = np.abs(others.colours - one.colours).mean(axis=1)
    bits = np.bitwise_count(others.hashes ^ one.hashes) / _BITS
    result: np.ndarray = (colours + bits) / 2.0
    return result


def find_nearest(
    dataset: Dataset,
    training: Sequence[Crop],
    made: np.ndarray,
    target: np.ndarray,
    *,
    mirrored: bool,
) -> list[Nearest]:
    """Returns for each result the training picture that it is nearest to.

    Args:
        dataset: Where the training pictures lie.
        training: At least one.
        made: The results: uint8 `(count, size, size, 3)`.
        target: What they should be, the same shape.
        mirrored: Whether training has mirrored pictures: then their mirror images count too.

    Raises:
        DatasetError: a picture can't be read.
    """
    from ...training.image_store import side_by_side

    files = [dataset.directory / crop.file for crop in training]
    known = looks_of(side_by_side(lambda file: read_centre(file, _SEEN_FROM_AFAR), files))
    results, real = looks_of(made), looks_of(target)
    away, real_away = _table(results, known), _table(real, known)
    if mirrored:
        away = np.minimum(away, _table(looks_of(made[:, :, ::-1]), known))
        real_away = np.minimum(real_away, _table(looks_of(target[:, :, ::-1]), known))
    to_real, index_of = distances(results, real), away.argmin(axis=1)
    return [
        Nearest(
            training[int(index_of[n])],
            float(away[n].min()),
            float(to_real[n]),
            float(real_away[n].min()),
        )
        for n in range(len(made))
    ]


def _table(some: Looks, others: Looks) -> np.ndarray:
    """Returns the distances of all pictures to all others: `(count, others)`."""
    rows = (Looks(some.colours[i : i + 1], some.hashes[i : i + 1]) for i in range(len(some.hashes)))
    return np.stack([distances(row, others) for row in rows])
