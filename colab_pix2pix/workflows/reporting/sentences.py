"""What the numbers of a report mean, in plain sentences: what is measured, and what is good."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ...training.diagnosis import DEAF, FOLLOWS
from .nearest import Nearest
from .scoring import AS_IT_IS

_MUCH_NEARER = 0.6
_STEADY = 0.5  # of the camera's own noise


def score_sentences(scales: int) -> dict[str, str]:
    """Returns what each score means.

    Args:
        scales: At how many sizes MS-SSIM was measured.
    """
    fewer = f" Pictures as small as these have {scales} such sizes; usual are 5."
    return {
        "L1": "How far the colours of a pixel are from the real ones, on average, from 0 to 2,"
        " which is white instead of black: the number of the training panel, the curves and the"
        " verdict. 0.1 is close; at 0.25 and more, colours or masses are wrong.",
        "PSNR": "The same in decibels, with large errors counted more. 20 dB is a likeness, 25 dB"
        " is close, above 30 dB the two are hard to tell apart.",
        "SSIM": "Whether light, contrast and structure agree from place to place: 1 is the same"
        " picture, 0 has nothing in common. 0.7 is good where there is much fine texture; a plain"
        " sky gets more for less.",
        "MS-SSIM": "The same from near and from far: at several sizes of the picture, each half"
        " the one before, which is closer to how a person compares. Above 0.9 is close."
        + (fewer if scales < 5 else ""),
    }


FOLLOW = (
    "The result is made an input again (blurred and greyed, or whatever this model is fed with) and"
    " compared with the input that was given: the difference as a share of black to white, for"
    " inputs as they are, made darker, and made brighter. 0.01: what it makes has the light and the"
    " masses of what it is shown. 0.1: it redraws its own pictures whatever it is shown."
)
NO_FOLLOW = (
    "Follow is not measured: this model has learned from pairs, and the partner of a picture can't"
    " be made from it."
)
UNCHANGED = (
    "The last row, to compare with, takes the input itself for the result: a model that is worth"
    " something is better than that."
)


def follow_sentence(follow: dict[str, float]) -> str:
    """Returns what the follow of a state says of it; "" where it was not measured."""
    if not follow:
        return ""
    own, worst = follow[AS_IT_IS], max(follow, key=lambda name: follow[name])
    if len(follow) == 1:
        return f"Follow is {own:.3f}; of drawings nobody has measured yet what is good."
    numbers = f"{own:.3f} on held-out inputs as they are, {follow[worst]:.3f} on those {worst}"
    if worst == AS_IT_IS:
        numbers = f"{own:.3f}"
    if follow[worst] <= FOLLOWS:
        return f"It follows ({numbers}): what it makes has the light and the masses of its input."
    if follow[worst] <= DEAF:
        return f"It follows roughly ({numbers}): masses are kept, light is not quite."
    if own <= DEAF:
        return (
            f"It follows crops of its own video, but not other light ({numbers}): before a camera"
            " it will show its own light whatever is there."
        )
    return f"It does not follow ({numbers}): it redraws its own pictures whatever it is shown."


def flicker_meaning() -> str:
    """Returns what the flicker of a report is, and what it is to be compared with."""
    from ...training.evaluation import NOISE_OF_THE_CAMERA, SENSOR_NOISE

    return (
        "How much the result changes, as a share of black to white, when a picture stays as it is"
        f" and only the noise of its camera changes, which is {SENSOR_NOISE:.0%} of black to white"
        f" here. Two such frames differ by {NOISE_OF_THE_CAMERA:.4f} themselves."
    )


def flicker_sentence(flicker: float) -> str:
    """Returns what the flicker of a state says of it before a camera."""
    from ...training.evaluation import NOISE_OF_THE_CAMERA

    times = flicker / NOISE_OF_THE_CAMERA
    if times <= _STEADY:
        return (
            f"It is steady ({flicker:.4f}): before a camera that stands still, its picture changes"
            f" by {times:.0%} of what the camera's own noise changes."
        )
    if times <= 1.0:
        return (
            f"It trembles a little ({flicker:.4f}): before a camera that stands still, its picture"
            f" changes by {times:.0%} of what the camera's own noise changes."
        )
    return (
        f"It flickers ({flicker:.4f}): before a camera that stands still, its picture changes"
        f" {times:.1f} times as much as the camera's own. Smoothing, on the page and in apply,"
        " takes that out."
    )


def by_heart(nearest: Sequence[Nearest]) -> str:
    """Returns whether results look remembered rather than seen.

    Held-out pictures are the measure: what a model makes of them has no reason to be nearer to the
    training pictures than they are themselves.
    """
    nearer = sum(one.distance < one.to_real for one in nearest)
    made = float(np.median([one.distance for one in nearest]))
    real = float(np.median([one.real_to_training for one in nearest]))
    answer = "In part, perhaps: look at the pairs below."
    if made >= real:
        answer = "No: its results are no nearer to what it was trained on than those pictures are."
    elif made < _MUCH_NEARER * real and 2 * nearer > len(nearest):
        answer = "Yes: it gives back training pictures, whatever it is shown."
    return (
        f"{answer} A result is {made:.2f} from the training picture that is nearest to it (median),"
        f" a real picture that was held out {real:.2f}; {nearer} of {len(nearest)} results are"
        " nearer to a training picture than to the picture that they should be."
    )
