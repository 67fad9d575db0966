"""The whole picture: sky, ground, rows of grass and flowers, and the lens."""

import numpy as np
from numpy.typing import NDArray

from meadow.flowers import plant_rows
from meadow.ground import GrassStrip, Ground
from meadow.paint import Array, blur, smoothstep
from meadow.sky import Sky
from meadow.timeline import Moment, moment_at

BLUR_RADIUS = 0.016  # frame heights


class Scene:
    """A meadow of one size, with the same plants for the same seed."""

    def __init__(self, height: int, width: int, seed: int = 7) -> None:
        rng = np.random.default_rng(seed)
        self.height, self.width = height, width
        self.rows = plant_rows(rng)
        self.grass = [
            GrassStrip(
                rng, unit=height, width=width, base=base, height=tall, blades=blades, tint=tint
            )
            for base, tall, blades, tint in (
                (0.81, 0.13, 420, (0.20, 0.44, 0.09)),
                (0.86, 0.15, 380, (0.23, 0.50, 0.10)),
                (0.91, 0.14, 320, (0.27, 0.57, 0.12)),
                (0.95, 0.09, 200, (0.32, 0.63, 0.15)),
            )
        ]
        self.sky, self.ground = Sky(rng, height, width), Ground(rng, height, width)

    def render(self, story_seconds: float) -> NDArray[np.uint8]:
        """Render the picture at a second of the story: uint8 RGB (height, width, 3)."""
        moment = moment_at(story_seconds)
        canvas = np.zeros((self.height, self.width, 3), np.float32)
        self.sky.paint(canvas, moment)
        self.ground.paint(canvas, moment)
        for grass, row in zip(self.grass, self.rows):
            self._shade_behind(canvas, grass.base, moment)
            grass.paint(canvas, moment)
            for flower in row:
                flower.paint(canvas, moment, self.height)
        return self._develop(canvas, moment)

    def _shade_behind(self, canvas: Array, base: float, moment: Moment) -> None:
        """Darken what is behind a row, more towards its foot: plants take each other's light."""
        y = (np.arange(self.height, dtype=np.float32) + 0.5) / self.height
        thick = 0.30 * float(smoothstep(moment.day, 0.2, 1.6))
        shade = smoothstep(y, base - 0.22, base - 0.02) * (
            1 - smoothstep(y, base - 0.02, base + 0.03)
        )
        canvas *= (1 - thick * shade)[:, None, None]

    def _develop(self, canvas: Array, moment: Moment) -> NDArray[np.uint8]:
        canvas = blur(canvas, moment.focus_loss * BLUR_RADIUS * self.height)
        return (np.clip(canvas, 0, 1) * 255 + 0.5).astype(np.uint8)
