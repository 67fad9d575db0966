"""What the numbers of a report mean, in plain sentences: what is measured, and what is good."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ...languages import N_, _
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
    from_near = _(
        "The same from near and from far: at several sizes of the picture, each half the one"
        " before, which is closer to how a person compares. Above 0.9 is close."
    )
    if scales < 5:
        fewer = _("Pictures as small as these have {n} such sizes; usual are 5.", n=scales)
        from_near = f"{from_near} {fewer}"
    return {
        "L1": _(
            "How far the colours of a pixel are from the real ones, on average, from 0 to 2,"
            " which is white instead of black: the number of the training panel, the curves and the"
            " verdict. 0.1 is close; at 0.25 and more, colours or masses are wrong."
        ),
        "PSNR": _(
            "The same in decibels, with large errors counted more. 20 dB is a likeness, 25 dB is"
            " close, above 30 dB the two are hard to tell apart."
        ),
        "SSIM": _(
            "Whether light, contrast and structure agree from place to place: 1 is the same"
            " picture, 0 has nothing in common. 0.7 is good where there is much fine texture; a"
            " plain sky gets more for less."
        ),
        "MS-SSIM": from_near,
    }


FOLLOW = N_(
    "The result is made an input again (blurred and greyed, or whatever this model is fed with) and"
    " compared with the input that was given: the difference as a share of black to white, for"
    " inputs as they are, made darker, and made brighter. 0.01: what it makes has the light and the"
    " masses of what it is shown. 0.1: it redraws its own pictures whatever it is shown."
)
NO_FOLLOW = N_(
    "Follow is not measured: this model has learned from pairs, and the partner of a picture can't"
    " be made from it."
)
UNCHANGED = N_(
    "The last row, to compare with, takes the input itself for the result: a model that is worth"
    " something is better than that."
)

#: Light of the inputs that are followed worst -> the two numbers in words.
_WORST = {
    "made darker": N_(
        "{as_they_are} on held-out inputs as they are, {changed} on those made darker"
    ),
    "made brighter": N_(
        "{as_they_are} on held-out inputs as they are, {changed} on those made brighter"
    ),
}


def follow_sentence(follow: dict[str, float]) -> str:
    """Returns what the follow of a state says of it; "" where it was not measured."""
    if not follow:
        return ""
    own, worst = follow[AS_IT_IS], max(follow, key=lambda name: follow[name])
    if len(follow) == 1:
        return _(
            "Follow is {follow}; of drawings nobody has measured yet what is good.",
            follow=f"{own:.3f}",
        )
    numbers = f"{own:.3f}"
    if worst != AS_IT_IS:
        numbers = _(_WORST[worst], as_they_are=f"{own:.3f}", changed=f"{follow[worst]:.3f}")
    if follow[worst] <= FOLLOWS:
        return _(
            "It follows ({numbers}): what it makes has the light and the masses of its input.",
            numbers=numbers,
        )
    if follow[worst] <= DEAF:
        return _(
            "It follows roughly ({numbers}): masses are kept, light is not quite.", numbers=numbers
        )
    if own <= DEAF:
        return _(
            "It follows crops of its own video, but not other light ({numbers}): before a camera"
            " it will show its own light whatever is there.",
            numbers=numbers,
        )
    return _(
        "It does not follow ({numbers}): it redraws its own pictures whatever it is shown.",
        numbers=numbers,
    )


def flicker_meaning() -> str:
    """Returns what the flicker of a report is, and what it is to be compared with."""
    from ...training.evaluation import NOISE_OF_THE_CAMERA, SENSOR_NOISE

    return _(
        "How much the result changes, as a share of black to white, when a picture stays as it is"
        " and only the noise of its camera changes, which is {noise} of black to white here. Two"
        " such frames differ by {difference} themselves.",
        noise=f"{SENSOR_NOISE:.0%}",
        difference=f"{NOISE_OF_THE_CAMERA:.4f}",
    )


def flicker_sentence(flicker: float) -> str:
    """Returns what the flicker of a state says of it before a camera."""
    from ...training.evaluation import NOISE_OF_THE_CAMERA

    times = flicker / NOISE_OF_THE_CAMERA
    values = {"flicker": f"{flicker:.4f}", "share": f"{times:.0%}"}
    if times <= _STEADY:
        return _(
            "It is steady ({flicker}): before a camera that stands still, its picture changes by"
            " {share} of what the camera's own noise changes.",
            **values,
        )
    if times <= 1.0:
        return _(
            "It trembles a little ({flicker}): before a camera that stands still, its picture"
            " changes by {share} of what the camera's own noise changes.",
            **values,
        )
    return _(
        "It flickers ({flicker}): before a camera that stands still, its picture changes {times}"
        " times as much as the camera's own. Smoothing, on the page and in apply, takes that out.",
        flicker=f"{flicker:.4f}",
        times=f"{times:.1f}",
    )


def by_heart(nearest: Sequence[Nearest]) -> str:
    """Returns whether results look remembered rather than seen.

    Held-out pictures are the measure: what a model makes of them has no reason to be nearer to the
    training pictures than they are themselves.
    """
    nearer = sum(one.distance < one.to_real for one in nearest)
    made = float(np.median([one.distance for one in nearest]))
    real = float(np.median([one.real_to_training for one in nearest]))
    answer = _("In part, perhaps: look at the pairs below.")
    if made >= real:
        answer = _(
            "No: its results are no nearer to what it was trained on than those pictures are."
        )
    elif made < _MUCH_NEARER * real and 2 * nearer > len(nearest):
        answer = _("Yes: it gives back training pictures, whatever it is shown.")
    measured = _(
        "A result is {made} from the training picture that is nearest to it (median), a real"
        " picture that was held out {real}; {nearer} of {count} results are nearer to a training"
        " picture than to the picture that they should be.",
        made=f"{made:.2f}",
        real=f"{real:.2f}",
        nearer=nearer,
        count=len(nearest),
    )
    return f"{answer} {measured}"
