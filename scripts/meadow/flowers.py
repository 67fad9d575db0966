"""The flowers of the meadow: where each stands, how it grows, and how it is put together.

Colour follows form: tall and widest is gold with a dark disc, middle is pink with a bright
disc, a low cup is red, the lowest are small violet stars and white daisies. A network can
learn that from a blurred grey picture.
"""

from dataclasses import dataclass

import numpy as np

from meadow.paint import Array, smoothstep
from meadow.plants import Blade, RoundHead, paint_blade, paint_round_head, paint_stem
from meadow.timeline import Moment
from meadow.wind import sway

SUNFLOWER = RoundHead(17, 0.42, 1.7, 0.40, (1.00, 0.55, 0.02), (1.00, 0.84, 0.10), (0.20, 0.10, 0.05), (0.42, 0.20, 0.06))
COSMOS = RoundHead(8, 0.30, 2.6, 0.22, (0.80, 0.10, 0.42), (1.00, 0.47, 0.74), (1.00, 0.80, 0.20), (0.95, 0.58, 0.08))
DAISY = RoundHead(11, 0.40, 2.2, 0.34, (0.90, 0.90, 0.92), (1.00, 1.00, 0.98), (1.00, 0.82, 0.15), (0.95, 0.66, 0.08))
VIOLET = RoundHead(6, 0.42, 2.0, 0.24, (0.28, 0.12, 0.62), (0.58, 0.36, 0.98), (1.00, 0.86, 0.30), (1.00, 0.70, 0.15))
STEM, LEAF_ROOT, LEAF_TIP = (0.24, 0.46, 0.13), (0.13, 0.36, 0.09), (0.38, 0.66, 0.18)
TULIP_ROOT, TULIP_TIP = (0.66, 0.04, 0.03), (1.00, 0.30, 0.08)


@dataclass(frozen=True)
class Flower:
    """One plant.

    Attributes:
        kind: what its head looks like; None is a tulip, which is seen from the side.
        foot: (x, y) where it stands, in frame heights.
        height: of the grown stem, in frame heights.
        radius: of the open head, in frame heights.
        birth: day on which it comes out of the soil.
        lean: how far the head stands aside of the foot.
        leaves: how many leaves.
        turn: a number of its own, so that no two look the same.
    """

    kind: RoundHead | None
    foot: tuple[float, float]
    height: float
    radius: float
    birth: float
    lean: float
    leaves: int
    turn: float

    def paint(self, canvas: Array, moment: Moment, unit: float) -> None:
        """Paint the plant as old as it is."""
        age = moment.day - self.birth
        grown = float(smoothstep(age, 0.0, 1.1))
        if grown < 0.01:
            return
        # Petals open by day and close half way at night.
        opened = float(smoothstep(age, 0.75, 1.35)) * (1 - 0.45 * moment.night)
        push = float(sway(self.foot[0], moment.day)) * (0.3 + 2.0 * self.height)
        head = (self.foot[0] + (self.lean + push) * grown, self.foot[1] - self.height * grown)
        light = moment.light
        paint_stem(canvas, self.foot, head, 0.0035 + 0.05 * self.radius, np.array(STEM, "f4") * light, unit)
        self._paint_leaves(canvas, head, grown, push, light, unit)
        if grown > 0.25:
            swell = float(smoothstep(grown, 0.25, 0.8))
            self._paint_head(canvas, head, swell, opened, moment, unit)

    def _paint_leaves(self, canvas: Array, head: tuple[float, float], grown: float, push: float,
                      light: Array, unit: float) -> None:
        for number in range(self.leaves):
            up = 0.06 + 0.74 * number / max(self.leaves, 1)
            out = float(smoothstep(grown, up * 0.75, up * 0.75 + 0.35))
            if out < 0.03:
                continue
            side = -1 if (number + int(self.turn * 10)) % 2 else 1
            origin = (self.foot[0] + (head[0] - self.foot[0]) * up**1.8, self.foot[1] + (head[1] - self.foot[1]) * up)
            rise = 1.25 - 0.75 * out + 0.12 * np.sin(self.turn * 9 + number) - side * push * 3
            length = (0.06 + 0.26 * self.height * (1 - 0.45 * up)) * out
            blade = Blade(angle=-rise if side > 0 else np.pi + rise, length=length, width=0.17 + 0.04 * out,
                          bend=side * 0.16 * out, root=np.array(LEAF_ROOT, "f4") * light,
                          tip=np.array(LEAF_TIP, "f4") * light, peak=0.75, veins=1.0)
            paint_blade(canvas, origin, blade, unit)

    def _paint_head(self, canvas: Array, head: tuple[float, float], swell: float, opened: float,
                    moment: Moment, unit: float) -> None:
        if self.kind is None:
            self._paint_tulip(canvas, head, swell, opened, moment.light, unit)
            return
        if opened < 0.6:
            self._paint_bud(canvas, head, swell, moment.light, unit)
        if opened > 0.02:
            sun_x = float(np.clip((moment.sun[0] - head[0]) * 1.3, -1, 1)) * (1 - moment.night)
            paint_round_head(canvas, head, self.kind, radius=self.radius * (0.5 + 0.5 * swell), turn=self.turn,
                             squash=0.86 + 0.10 * float(np.sin(self.turn * 7)) * opened, opened=opened,
                             light=moment.light, sun_x=sun_x, unit=unit)

    def _paint_bud(self, canvas: Array, head: tuple[float, float], swell: float, light: Array, unit: float) -> None:
        length = self.radius * 0.95 * swell
        for turn, tone in ((-0.30, 0.85), (0.30, 0.95), (0.0, 1.1)):
            blade = Blade(angle=-np.pi / 2 + turn, length=length, width=0.30, bend=0.0,
                          root=np.array(LEAF_ROOT, "f4") * light * tone, tip=np.array(LEAF_TIP, "f4") * light * tone,
                          peak=0.7, veins=0.5)
            paint_blade(canvas, (head[0], head[1] + length * 0.4), blade, unit)

    def _paint_tulip(self, canvas: Array, head: tuple[float, float], swell: float, opened: float,
                     light: Array, unit: float) -> None:
        spread, length = 0.10 + 0.24 * opened, self.radius * 2.1 * swell
        green = np.array(LEAF_TIP, "f4")
        ripe = float(smoothstep(swell, 0.35, 0.95))
        root = (green * 0.7 * (1 - ripe) + np.array(TULIP_ROOT, "f4") * ripe) * light
        tip = (green * (1 - ripe) + np.array(TULIP_TIP, "f4") * ripe) * light
        for turn, tone in ((-1.0, 0.72), (1.0, 0.76), (0.0, 0.84), (-0.62, 0.98), (0.62, 1.06), (0.0, 1.16)):
            front = tone > 0.9
            blade = Blade(angle=-np.pi / 2 + turn * spread + self.lean, length=length * (0.92 if front else 1.0),
                          width=0.27 + 0.03 * opened, bend=-turn * 0.10, root=root * tone, tip=tip * tone,
                          peak=0.72, roundness=0.72, veins=0.35)
            paint_blade(canvas, (head[0], head[1] + length * 0.12), blade, unit)


def plant_rows(rng: np.random.Generator) -> list[list[Flower]]:
    """Plant the meadow: rows from the back to the front.

    The large flowers are placed by hand, so that both the left and the right square of the
    frame hold all kinds; chance only moves them a little.
    """
    tall = [(0.20, 0.53, 0.130, 1.05), (0.66, 0.60, 0.150, 0.85), (1.13, 0.55, 0.140, 1.15), (1.55, 0.58, 0.145, 0.95)]
    middle = [(0.06, 0.32, 0.095, 0.80), (0.42, 0.38, 0.105, 0.62), (0.87, 0.35, 0.110, 0.72),
              (1.34, 0.37, 0.105, 0.58), (1.72, 0.33, 0.100, 0.84)]
    low = [(0.16, 0.17, 0.075, 0.28), (0.31, 0.15, 0.070, 0.10), (0.57, 0.18, 0.078, 0.36), (0.74, 0.14, 0.070, 0.05),
           (1.02, 0.17, 0.075, 0.20), (1.22, 0.15, 0.072, 0.42), (1.46, 0.18, 0.078, 0.12), (1.64, 0.15, 0.070, 0.32)]
    rows = [_plant(rng, SUNFLOWER, tall, 0.80, 6), _plant(rng, COSMOS, middle, 0.84, 5), _plant(rng, None, low, 0.885, 3)]
    spots = (np.arange(16) + rng.uniform(0.1, 0.9, 16)) / 16 * 1.78
    small = [(float(x), 0.05, 0.026, -0.30 + 0.7 * rng.random()) for x in spots]
    rows.append(_plant(rng, VIOLET, small[::2], 0.925, 2) + _plant(rng, DAISY, small[1::2], 0.935, 2))
    return rows


def _plant(rng: np.random.Generator, kind: RoundHead | None, spots: list[tuple[float, float, float, float]],
           base: float, leaves: int) -> list[Flower]:
    return [
        Flower(kind, (x + rng.uniform(-0.015, 0.015), base + rng.uniform(-0.012, 0.012)), height, radius, birth,
               rng.uniform(-0.03, 0.03), leaves, rng.random())
        for x, height, radius, birth in spots
    ]
