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

SUNFLOWER = RoundHead(
    petals=17,
    notch=0.42,
    point=1.7,
    disc=0.40,
    root=(1.00, 0.55, 0.02),
    tip=(1.00, 0.84, 0.10),
    core=(0.20, 0.10, 0.05),
    rim=(0.42, 0.20, 0.06),
)
COSMOS = RoundHead(
    petals=8,
    notch=0.30,
    point=2.6,
    disc=0.22,
    root=(0.80, 0.10, 0.42),
    tip=(1.00, 0.47, 0.74),
    core=(1.00, 0.80, 0.20),
    rim=(0.95, 0.58, 0.08),
)
DAISY = RoundHead(
    petals=11,
    notch=0.40,
    point=2.2,
    disc=0.34,
    root=(0.90, 0.90, 0.92),
    tip=(1.00, 1.00, 0.98),
    core=(1.00, 0.82, 0.15),
    rim=(0.95, 0.66, 0.08),
)
VIOLET = RoundHead(
    petals=6,
    notch=0.42,
    point=2.0,
    disc=0.24,
    root=(0.28, 0.12, 0.62),
    tip=(0.58, 0.36, 0.98),
    core=(1.00, 0.86, 0.30),
    rim=(1.00, 0.70, 0.15),
)
STEM, LEAF_ROOT, LEAF_TIP = (0.24, 0.46, 0.13), (0.13, 0.36, 0.09), (0.38, 0.66, 0.18)
TULIP_ROOT, TULIP_TIP = (0.66, 0.04, 0.03), (1.00, 0.30, 0.08)
# Petals of a tulip from back to front: side that they lean to, and brightness.
TULIP_PETALS = ((-0.9, 0.70), (0.9, 0.74), (0.0, 0.80), (-1.15, 0.96), (1.15, 1.06), (0.0, 1.12))

# Where each large flower stands: x, height, radius (frame heights), day of birth.
Spot = tuple[float, float, float, float]
TALL: list[Spot] = [
    (0.22, 0.50, 0.125, 1.30),
    (0.63, 0.63, 0.150, 0.62),
    (1.16, 0.55, 0.135, 1.05),
    (1.53, 0.65, 0.145, 0.80),
]
MIDDLE: list[Spot] = [
    (0.05, 0.36, 0.090, 0.70),
    (0.41, 0.42, 0.105, 0.48),
    (0.85, 0.40, 0.110, 0.60),
    (0.98, 0.25, 0.075, 1.30),
    (1.35, 0.33, 0.100, 0.42),
    (1.70, 0.39, 0.105, 0.95),
    (0.24, 0.27, 0.075, 1.55),
]
LOW: list[Spot] = [
    (0.13, 0.12, 0.068, 0.22),
    (0.33, 0.15, 0.075, -0.02),
    (0.53, 0.20, 0.080, 0.28),
    (0.70, 0.13, 0.070, 0.75),
    (1.07, 0.17, 0.076, 0.10),
    (1.29, 0.10, 0.066, 0.90),
    (1.49, 0.19, 0.080, 0.02),
    (1.62, 0.12, 0.068, 0.24),
]


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
        paint_stem(
            canvas, self.foot, head, 0.0035 + 0.05 * self.radius, np.array(STEM, "f4") * light, unit
        )
        self._paint_leaves(canvas, head, grown, push, light, unit)
        if grown > 0.25:
            swell = float(smoothstep(grown, 0.25, 0.8))
            self._paint_head(canvas, head, swell, opened, moment, unit)

    def _paint_leaves(
        self,
        canvas: Array,
        head: tuple[float, float],
        grown: float,
        push: float,
        light: Array,
        unit: float,
    ) -> None:
        for number in range(self.leaves):
            up = 0.06 + 0.74 * number / max(self.leaves, 1)
            out = float(smoothstep(grown, up * 0.75, up * 0.75 + 0.35))
            if out < 0.03:
                continue
            side = -1 if (number + int(self.turn * 10)) % 2 else 1
            origin = (
                self.foot[0] + (head[0] - self.foot[0]) * up**1.8,
                self.foot[1] + (head[1] - self.foot[1]) * up,
            )
            rise = 1.25 - 0.75 * out + 0.12 * np.sin(self.turn * 9 + number) - side * push * 3
            length = (0.06 + 0.26 * self.height * (1 - 0.45 * up)) * out
            blade = Blade(
                angle=-rise if side > 0 else np.pi + rise,
                length=length,
                width=0.17 + 0.04 * out,
                bend=side * 0.16 * out,
                root=np.array(LEAF_ROOT, "f4") * light,
                tip=np.array(LEAF_TIP, "f4") * light,
                peak=0.75,
                veins=1.0,
            )
            paint_blade(canvas, origin, blade, unit)

    def _paint_head(
        self,
        canvas: Array,
        head: tuple[float, float],
        swell: float,
        opened: float,
        moment: Moment,
        unit: float,
    ) -> None:
        if self.kind is None:
            self._paint_tulip(canvas, head, swell, opened, moment.light, unit)
            return
        if opened < 0.6:
            self._paint_bud(canvas, head, swell, moment.light, unit)
        if opened > 0.02:
            sun_x = float(np.clip((moment.sun[0] - head[0]) * 1.3, -1, 1)) * (1 - moment.night)
            paint_round_head(
                canvas,
                head,
                self.kind,
                radius=self.radius * (0.5 + 0.5 * swell),
                turn=self.turn,
                squash=0.86 + 0.10 * float(np.sin(self.turn * 7)) * opened,
                opened=opened,
                light=moment.light,
                sun_x=sun_x,
                unit=unit,
            )

    def _paint_bud(
        self, canvas: Array, head: tuple[float, float], swell: float, light: Array, unit: float
    ) -> None:
        length = self.radius * 0.95 * swell
        for turn, tone in ((-0.30, 0.85), (0.30, 0.95), (0.0, 1.1)):
            blade = Blade(
                angle=-np.pi / 2 + turn,
                length=length,
                width=0.30,
                bend=0.0,
                root=np.array(LEAF_ROOT, "f4") * light * tone,
                tip=np.array(LEAF_TIP, "f4") * light * tone,
                peak=0.7,
                veins=0.5,
            )
            paint_blade(canvas, (head[0], head[1] + length * 0.4), blade, unit)

    def _paint_tulip(
        self,
        canvas: Array,
        head: tuple[float, float],
        swell: float,
        opened: float,
        light: Array,
        unit: float,
    ) -> None:
        spread, length = 0.10 + 0.24 * opened, self.radius * 2.1 * swell
        green = np.array(LEAF_TIP, "f4")
        ripe = float(smoothstep(swell, 0.35, 0.95))
        root = (green * 0.7 * (1 - ripe) + np.array(TULIP_ROOT, "f4") * ripe) * light
        tip = (green * (1 - ripe) + np.array(TULIP_TIP, "f4") * ripe) * light
        for turn, tone in TULIP_PETALS:
            front = tone > 0.9
            blade = Blade(
                angle=-np.pi / 2 + turn * spread + self.lean,
                length=length * (0.92 if front else 1.0),
                width=0.25 - 0.03 * front + 0.02 * opened,
                bend=turn * (0.16 * opened - 0.16),
                root=root * tone,
                tip=tip * tone,
                peak=0.78,
                roundness=0.72,
                rim=0.30,
            )
            paint_blade(canvas, (head[0], head[1] + length * 0.12), blade, unit)


def plant_rows(rng: np.random.Generator) -> list[list[Flower]]:
    """Plant the meadow: rows from the back to the front.

    The large flowers are placed by hand, so that both the left and the right square of the
    frame hold all kinds; chance only moves them a little.
    """
    spots = (np.arange(16) + rng.uniform(0.1, 0.9, 16)) / 16 * 1.78
    small = [
        (float(x), 0.035 + 0.03 * rng.random(), 0.028, -0.75 + 0.7 * rng.random()) for x in spots
    ]
    return [
        _plant(rng, SUNFLOWER, TALL, base=0.80, leaves=6),
        _plant(rng, COSMOS, MIDDLE, base=0.84, leaves=5),
        _plant(rng, None, LOW, base=0.885, leaves=3),
        _plant(rng, VIOLET, small[::2], base=0.925, leaves=2)
        + _plant(rng, DAISY, small[1::2], base=0.935, leaves=2),
    ]


def _plant(
    rng: np.random.Generator, kind: RoundHead | None, spots: list[Spot], *, base: float, leaves: int
) -> list[Flower]:
    return [
        Flower(
            kind,
            foot=(x + rng.uniform(-0.015, 0.015), base + rng.uniform(-0.012, 0.012)),
            height=height,
            radius=radius,
            birth=birth,
            lean=rng.uniform(-0.05, 0.05),
            leaves=leaves,
            turn=rng.random(),
        )
        for x, height, radius, birth in spots
    ]
