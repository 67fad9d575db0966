"""When things happen: video seconds to scene days, and the light of each hour."""

from dataclasses import dataclass

import numpy as np

from meadow.paint import Array, smoothstep

DAY_SECONDS = 6.8
LAST_DAY = 3.68  # ends in the golden light of the fourth evening
HOLD_START_SECONDS, HOLD_SECONDS = 15.6, 2.0  # the camera is stuck: the same picture again
BLUR_START_SECONDS, BLUR_SECONDS = 10.0, 0.8  # the lens hunts for focus
STORY_SECONDS = LAST_DAY * DAY_SECONDS + HOLD_SECONDS

# Hour of the day (0 is sunrise, 1 the next one), top of the sky, sky at the horizon, light.
HOURS = np.array(
    [
        [0.00, 0.24, 0.33, 0.66, 1.00, 0.64, 0.50, 0.74, 0.56, 0.52],
        [0.10, 0.20, 0.50, 0.90, 0.78, 0.88, 0.95, 1.00, 0.94, 0.84],
        [0.34, 0.12, 0.43, 0.90, 0.64, 0.85, 0.98, 1.06, 1.04, 1.00],
        [0.54, 0.15, 0.44, 0.88, 0.72, 0.86, 0.94, 1.04, 1.00, 0.92],
        [0.65, 0.27, 0.40, 0.74, 1.00, 0.76, 0.46, 1.04, 0.80, 0.56],
        [0.71, 0.22, 0.19, 0.50, 0.98, 0.45, 0.34, 0.58, 0.38, 0.40],
        [0.77, 0.02, 0.03, 0.10, 0.06, 0.06, 0.15, 0.06, 0.07, 0.13],
        [0.93, 0.02, 0.03, 0.10, 0.06, 0.06, 0.15, 0.06, 0.07, 0.13],
        [1.00, 0.24, 0.33, 0.66, 1.00, 0.64, 0.50, 0.74, 0.56, 0.52],
    ]
)


@dataclass(frozen=True)
class Moment:
    """One instant of the scene.

    Attributes:
        day: time in days since the first sunrise.
        sky_top, sky_low: colours of the sky overhead and at the horizon.
        light: colour of the light on the ground, up to a little over 1.
        sun: (x, y) of the sun in frame heights, below the horizon at night.
        night: 0 by day, 1 in the dark.
        focus_loss: 0 when sharp, 1 when fully out of focus.
    """

    day: float
    sky_top: Array
    sky_low: Array
    light: Array
    sun: tuple[float, float]
    night: float
    focus_loss: float


def moment_at(story_seconds: float) -> Moment:
    """Tell what time it is in the scene, and its light, at a second of the story."""
    day = _scene_day(story_seconds)
    hour = day % 1.0
    colours = np.array([np.interp(hour, HOURS[:, 0], column) for column in HOURS[:, 1:].T])
    sky_top, sky_low, light = colours.astype(np.float32).reshape(3, 3)
    arc = (hour + 0.04) / 0.76  # 0 where the sun comes up, 1 where it goes down
    sun = (0.12 + 1.5 * arc, 0.66 - 0.58 * float(np.sin(np.pi * np.clip(arc, -0.2, 1.2))))
    night = float(smoothstep(hour, 0.69, 0.78) * (1 - smoothstep(hour, 0.92, 0.99)))
    return Moment(day, sky_top, sky_low, light, sun, night, _focus_loss(story_seconds))


def _scene_day(story_seconds: float) -> float:
    held = np.clip(story_seconds - HOLD_START_SECONDS, 0, HOLD_SECONDS)
    return float((story_seconds - held) / DAY_SECONDS)


def _focus_loss(story_seconds: float) -> float:
    since = story_seconds - BLUR_START_SECONDS
    return float(
        smoothstep(since, -0.25, 0.0) * (1 - smoothstep(since, BLUR_SECONDS, BLUR_SECONDS + 0.25))
    )
