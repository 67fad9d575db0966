"""The wind: one smooth wave that everything that grows bends with."""

import numpy as np
from numpy.typing import ArrayLike

from meadow.paint import Array


def sway(x: ArrayLike, day: float) -> Array:
    """Sideways push at x (frame heights) and time (days), about -0.03 to 0.03 frame heights."""
    x = np.asarray(x, np.float32)
    gust = 0.6 + 0.4 * np.sin(day * 5.1 + 0.8)
    wave = np.sin(2 * np.pi * (day * 2.6 - x * 0.45)) + 0.45 * np.sin(
        2 * np.pi * (day * 4.9 - x * 0.8) + 1.3
    )
    return (0.018 * gust * wave).astype(np.float32)
