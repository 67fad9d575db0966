"""Hills, the far meadow, the soil of the flower bed, and strips of growing grass."""

import numpy as np

from meadow.paint import Array, make_noise, mix, smoothstep
from meadow.plants import Blade, paint_blade
from meadow.timeline import Moment
from meadow.wind import sway

FIELD_TOP, BED_TOP = 0.635, 0.775


class Ground:
    """The still part below the sky; only its greenness and its light change."""

    def __init__(self, rng: np.random.Generator, height: int, width: int) -> None:
        self.x = ((np.arange(width, dtype=np.float32) + 0.5) / height)[None, :]
        self.y = ((np.arange(height, dtype=np.float32) + 0.5) / height)[:, None]
        self.unit = height
        self.relief = make_noise(rng, (height, width), 0.75, stretch=1.6)
        self.clods = make_noise(rng, (height, width), 1.1, stretch=2.2)
        self.tufts = make_noise(rng, (height, width), 0.9, stretch=4)
        self.specks = self._scatter_specks(rng, height, width)
        self.bed = smoothstep(
            self.y + 0.012 * np.sin(self.x * 5) + 0.004 * self.clods, BED_TOP - 0.01, BED_TOP + 0.02
        )

    def paint(self, canvas: Array, moment: Moment) -> None:
        """Paint hills, far meadow and soil over the bottom of the canvas."""
        self._paint_hills(canvas, moment)
        green = float(smoothstep(moment.day, 0.1, 1.7))
        first = int((FIELD_TOP - 0.03) * self.unit)
        field, bed = self._far_meadow(green, first), self._soil(moment, first)
        colour = field + (bed - field) * self.bed[first:, :, None]
        ridge = FIELD_TOP + 0.008 * np.sin(self.x * 2.3 + 1)
        alpha = np.clip((self.y[first:] - ridge) * self.unit + 0.5, 0, 1)
        canvas[first:] += (colour * moment.light - canvas[first:]) * alpha[..., None]

    def _paint_hills(self, canvas: Array, moment: Moment) -> None:
        layers = [
            (0.555, 0.030, 1.9, 0.4, (0.36, 0.52, 0.66), 0.55),
            (0.590, 0.026, 2.9, 2.2, (0.22, 0.46, 0.44), 0.35),
            (0.622, 0.014, 4.6, 4.0, (0.16, 0.42, 0.26), 0.16),
        ]
        for level, size, rate, start, colour, haze in layers:
            ridge = (
                level
                + size * np.sin(self.x * rate + start)
                + size * 0.4 * np.sin(self.x * rate * 2.7)
            )
            ridge = ridge + 0.0035 * self.relief[int(level * self.unit)][None, :] * (1 - haze)
            first, last = int((level - 1.5 * size - 0.01) * self.unit), int(0.67 * self.unit)
            alpha = np.clip((self.y[first:last] - ridge) * self.unit + 0.5, 0, 1)
            tone = mix(np.array(colour) * moment.light, moment.sky_low, haze * 0.8)
            tone = tone * (1 + 0.05 * self.tufts[first:last, :, None])
            canvas[first:last] += (tone - canvas[first:last]) * alpha[..., None]

    def _far_meadow(self, green: float, first: int) -> Array:
        depth = smoothstep(self.y[first:], FIELD_TOP, BED_TOP + 0.03)
        bare, lush = (0.50, 0.40, 0.24), mix((0.42, 0.66, 0.22), (0.20, 0.50, 0.12), depth)
        grass = mix(bare, lush, np.float32(0.25 + 0.75 * green)) * (
            1 + 0.10 * self.tufts[first:, :, None]
        )
        specks = self.specks[first:]
        return (
            grass
            + (specks[..., :3] - grass)
            * (smoothstep(green * 1.8 - specks[..., 3], 0, 0.3) * 0.85)[..., None]
        )

    def _scatter_specks(self, rng: np.random.Generator, height: int, width: int) -> Array:
        """Far flowers, a pixel or two each: RGB, and how green the meadow must be before they open."""
        specks = np.full((height, width, 4), 9, np.float32)
        kinds = np.array(
            [(1.0, 0.80, 0.12), (0.98, 0.42, 0.68), (1.0, 0.96, 0.90), (0.92, 0.22, 0.10)]
        )
        for down, across, kind, birth in rng.random((330, 4)):
            y, x = int((FIELD_TOP + 0.02 + 0.14 * down) * height), int(across * width)
            size = max(1, round((1 + 1.6 * down) * height / 360))
            specks[y : y + size, x : x + size] = (*kinds[int(kind * 4)], 0.6 + 0.9 * birth)
        return specks

    def _soil(self, moment: Moment, first: int) -> Array:
        near = smoothstep(self.y[first:], BED_TOP, 1.0)
        earth = mix((0.48, 0.31, 0.17), (0.36, 0.21, 0.11), near)
        # Light from one side on the clods: their slope, not their height, is what one sees.
        slope = np.roll(self.clods[first:], 1, 0) - self.clods[first:] + self.relief[first:] * 0.35
        return earth * (1 + 0.30 * np.clip(slope, -1.6, 1.8))[..., None]


class GrassStrip:
    """A row of grass, painted once and then stretched by growth and bent by the wind."""

    def __init__(
        self,
        rng: np.random.Generator,
        *,
        unit: int,
        width: int,
        base: float,
        height: float,
        blades: int,
        tint: tuple[float, float, float],
    ) -> None:
        self.base, self.height, self.unit, self.width = base, height, unit, width
        self.fine = 2 * unit  # painted at twice the size, so that bending it stays smooth
        self.margin = 0.1
        self.texture = self._draw(rng, blades, np.array(tint, np.float32))
        self.patches = make_noise(rng, (8, width), 1.6)[0]

    def _draw(self, rng: np.random.Generator, blades: int, tint: Array) -> Array:
        columns = int((self.width / self.unit + 2 * self.margin) * self.fine)
        texture = np.zeros((int(self.height * self.fine) + 4, columns, 4), np.float32)
        bottom = texture.shape[0] / self.fine
        for _ in range(blades):
            x, length, shade = (
                rng.random() * columns / self.fine,
                rng.uniform(0.35, 0.96),
                rng.uniform(0.6, 1.25),
            )
            yellow = np.array([rng.uniform(0.8, 1.35), 1, 0.9], np.float32)
            tip = np.append(tint * shade * yellow * 1.25, 1)
            root = np.append(tint * shade * 0.45, 1)
            blade = Blade(
                angle=-np.pi / 2 + rng.normal(0, 0.16),
                length=length * self.height,
                width=0.004 / (length * self.height),
                bend=rng.normal(0, 0.22),
                root=root,
                tip=tip,
                peak=0.5,
            )
            paint_blade(texture, (x, bottom), blade, self.fine)
        return texture

    def paint(self, canvas: Array, moment: Moment) -> None:
        """Paint the grass as far as it has grown."""
        x = (np.arange(self.width, dtype=np.float32) + 0.5) / self.unit
        grown = smoothstep(moment.day + 0.12 * self.patches, 0.25, 2.1) * 0.96 + 0.04
        top, bottom = (
            int((self.base - self.height) * self.unit),
            min(int(self.base * self.unit), canvas.shape[0]),
        )
        y = (np.arange(top, bottom, dtype=np.float32)[:, None] + 0.5) / self.unit
        up = (self.base - y) / grown[None, :]
        share = np.clip(up / self.height, 0, 1)
        across = x[None, :] + self.margin - 0.5 * sway(x, moment.day)[None, :] * share**2
        sample = self._sample(self.texture.shape[0] - up * self.fine, across * self.fine)
        region = canvas[top:bottom]
        sample *= smoothstep(grown, 0.06, 0.2)[None, :, None]  # no dark line before it grows
        region *= 1 - sample[..., 3:]
        region += sample[..., :3] * moment.light

    def _sample(self, row: Array, column: Array) -> Array:
        """Read the texture between its pixels; above its top it is empty."""
        visible = (row >= 0.5)[..., None]
        row = np.clip(row - 0.5, 0, self.texture.shape[0] - 1.01)
        column = np.clip(column - 0.5, 0, self.texture.shape[1] - 1.01)
        top, left = row.astype(np.int32), column.astype(np.int32)
        dy, dx = (row - top)[..., None], (column - left)[..., None]
        flat = self.texture.reshape(-1, 4)
        at = top * self.texture.shape[1] + left
        upper = flat[at] * (1 - dx) + flat[at + 1] * dx
        at = at + self.texture.shape[1]
        lower = flat[at] * (1 - dx) + flat[at + 1] * dx
        return (upper * (1 - dy) + lower * dy) * visible
