"""Resizing along an axis is a product with a small matrix: here are the matrices.

Products are exact, have gradients, are the same in NumPy, TensorFlow and the web page, and every
compiler knows them.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

#: `blur_factor` says how many times pictures of this size are shrunk; others look just as blurred.
REFERENCE_SIZE = 256


def area_matrix(size: int, side: int) -> np.ndarray:
    """Returns the matrix that takes `size` pixels to `side` means: float32 `(side, size)`.

    A pixel that lies in two of them counts in each by its share.

    Example:
        >>> area_matrix(4, 2).tolist()
        [[0.5, 0.5, 0.0, 0.0], [0.0, 0.0, 0.5, 0.5]]
    """
    edges = np.linspace(0.0, size, side + 1)
    pixels = np.arange(size)
    covered = np.minimum(edges[1:, None], pixels + 1) - np.maximum(edges[:-1, None], pixels)
    means: np.ndarray = np.maximum(covered, 0.0) * side / size
    return means.astype(np.float32)


def blurred_sides(sides: Sequence[int], blur_factor: float) -> list[int]:
    """Returns how many pixels the sides of a picture have where blurring has made it smallest.

    Example:
        >>> blurred_sides([256, 256], 24), blurred_sides([256, 512], 24)
        ([11, 11], [11, 21])
    """
    number = REFERENCE_SIZE / blur_factor
    return [min(side, max(1, round(number * (side / min(sides))))) for side in sides]


def cubic_matrix(side: int, size: int) -> np.ndarray:
    """Returns the matrix that enlarges `side` pixels to `size` by cubic: float32 `(size, side)`.

    Keys' kernel with a = −0.5, pixel centres at halves (IEEE TASSP 29, 1981); pixels outside the
    picture are left out, and the sum is divided by the sum of the weights.

    Example:
        >>> [f"{weight:.3f}" for weight in cubic_matrix(2, 4)[1]]
        ['0.793', '0.207']
    """
    places = (np.arange(size) + 0.5) * side / size - 0.5
    distance = np.abs(places[:, None] - np.arange(side))
    near = 1.5 * distance**3 - 2.5 * distance**2 + 1.0
    far = -0.5 * distance**3 + 2.5 * distance**2 - 4.0 * distance + 2.0
    weights = np.where(distance <= 1.0, near, np.where(distance < 2.0, far, 0.0))
    weights /= weights.sum(axis=1, keepdims=True)
    return weights.astype(np.float32)
