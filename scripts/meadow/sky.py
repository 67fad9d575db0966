"""The sky: a gradient that follows the hour, sun, moon, stars and drifting clouds."""

import numpy as np

from meadow.paint import Array, make_noise, mix, smoothstep
from meadow.timeline import Moment

HORIZON = 0.66
CLOUD_DRIFT = 0.95  # frame heights a day


class Sky:
    """Everything above the horizon; `paint` fills the top of a canvas."""

    def __init__(self, rng: np.random.Generator, height: int, width: int) -> None:
        self.unit = height
        rows = int(HORIZON * height)
        self.x = ((np.arange(width, dtype=np.float32) + 0.5) / height)[None, :]
        self.y = ((np.arange(rows, dtype=np.float32) + 0.5) / height)[:, None]
        self.shapes = self._make_clouds(rng, rows, width, 1.9)
        self.billows = self._make_clouds(rng, rows, width, 1.6)
        self.stars = self._make_stars(rng, rows, width)

    def _make_clouds(
        self, rng: np.random.Generator, rows: int, width: int, softness: float
    ) -> Array:
        # Made at a fixed size, so that a small video shows the same clouds as a large one.
        noise = make_noise(rng, (256, 1024), softness, stretch=1.5, coarsest=3.0)
        # Clouds far away, near the horizon, are flatter: read more of the noise per row there.
        down = (np.arange(rows) / rows) ** 1.3 * 200
        across = np.arange(int(2.6 * width)) / (2.6 * width) * 1024
        top, left = down.astype(int), across.astype(int)
        dy, dx = (down - top)[:, None], (across - left)[None, :]
        upper = noise[top][:, left] * (1 - dx) + noise[top][:, (left + 1) % 1024] * dx
        lower = noise[top + 1][:, left] * (1 - dx) + noise[top + 1][:, (left + 1) % 1024] * dx
        return (upper * (1 - dy) + lower * dy).astype(np.float32)

    def _make_stars(self, rng: np.random.Generator, rows: int, width: int) -> Array:
        stars = np.zeros((rows, width), np.float32)
        spots = rng.random((90, 3))
        row, column = (
            (spots[:, 0] ** 1.4 * rows * 0.85).astype(int),
            (spots[:, 1] * width).astype(int),
        )
        stars[row, column] = 0.15 + 0.55 * spots[:, 2] ** 3
        return stars

    def paint(self, canvas: Array, moment: Moment) -> None:
        """Paint the sky of this moment over the top of the canvas, (height, width, 3)."""
        fall = np.broadcast_to(smoothstep(self.y, -0.1, HORIZON), (len(self.y), self.x.shape[1]))
        sky = mix(moment.sky_top, moment.sky_low, fall**1.25)
        self._paint_sun(sky, moment)
        if moment.night > 0:
            self._paint_night(sky, moment)
        self._paint_clouds(sky, moment)
        canvas[: len(sky)] = sky

    def _paint_sun(self, sky: Array, moment: Moment) -> None:
        distance = np.hypot(self.x - moment.sun[0], self.y - moment.sun[1])
        day = 1 - moment.night
        glow = np.exp(-distance * 3.4) * 0.36 + np.exp(-distance * 14) * 0.6
        disc = 1 - smoothstep(distance, 0.036, 0.046)
        warm = np.array([1.0, 0.86, 0.58], np.float32)
        sky += (warm * day) * (glow * 0.6)[..., None]
        sky += (np.array([1.1, 1.05, 0.9], np.float32) - sky) * (disc * day)[..., None]

    def _paint_night(self, sky: Array, moment: Moment) -> None:
        sky += (self.stars * moment.night**3)[..., None]
        past = (moment.day % 1.0 - 0.74) / 0.22
        distance = np.hypot(self.x - 0.3 - 1.0 * past, self.y - 0.26 + 0.14 * np.sin(np.pi * past))
        bite = np.hypot(self.x - 0.318 - 1.0 * past, self.y - 0.252 + 0.14 * np.sin(np.pi * past))
        crescent = (1 - smoothstep(distance, 0.030, 0.036)) * smoothstep(bite, 0.028, 0.034)
        glow = crescent + 0.05 * np.exp(-distance * 12)
        sky += (np.array([0.80, 0.80, 0.66], np.float32) * moment.night) * glow[..., None]

    def _scroll(self, noise: Array, shift: float) -> Array:
        """A window of the width of the frame from tiling noise; shift in frame heights."""
        start = shift * self.unit % noise.shape[1]
        whole, part = int(start), start - int(start)
        columns = (np.arange(self.x.shape[1] + 1) + whole) % noise.shape[1]
        window = noise[:, columns]
        return window[:, :-1] * (1 - part) + window[:, 1:] * part

    def _paint_clouds(self, sky: Array, moment: Moment) -> None:
        drift = moment.day * CLOUD_DRIFT
        field = self._scroll(self.shapes, drift) + 0.55 * self._scroll(self.billows, 1.25 * drift)
        # Some days are cloudier than others.
        field += 0.45 * np.sin(moment.day * 3.1 + 0.3) - 0.1
        cover = smoothstep(field, 0.2, 1.5) * 0.95
        depth = smoothstep(field, 1.0, 3.0)
        lit = mix(moment.light, moment.sky_low, 0.15 + 0.45 * moment.night)
        shade = mix(moment.light * np.array([0.70, 0.74, 0.84], "f4"), moment.sky_top, 0.28)
        cloud = lit + (shade - lit) * depth[..., None]
        sky += (cloud - sky) * cover[..., None]
