"""What the curves of a training say, in plain words.

The adversaries' losses say little (they swing while all is well), so the pixel difference decides:
`held_out_l1_loss` on pictures that were never trained on, and `generator_l1_loss`. Curves are
noisy, so medians over parts of the history are compared, with the parts' own noise as the measure.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from .. import wording
from ..events import Metrics, Verdict
from ..languages import N_, _

#: Of `evaluation.follow_error`: up to the first what is made follows its input, beyond the second
#: it does not. The report says so too, and the page (`web/page/js/interface/follow_meter.js`).
FOLLOWS, DEAF = 0.025, 0.06
_FEWEST_STEPS = 500  # nothing is said to be finished before
_CLEARLY_LESS = 0.9  # of the first measure: learning has begun
_FEWEST_MEASURES = 6
_FEWEST_ROWS = 12
_FALL_PER_DOUBLING = 0.02  # less than this share is not worth twice the time
_OVERFITTED = 0.04  # share by which held-out L1 is above its best
_STILL_FALLING = 0.03  # share by which training L1 has fallen meanwhile
_EXPLODED_TIMES = 2.0
_EXPLODED_BY = 0.05
_COLLAPSED_LOSS = 0.02  # of the discriminator; ln 2 = 0.69 is a draw
_COLLAPSED_RISE = 1.25
_NOISE_TIMES = 3.0
_SWINGING = 0.25  # uncertainty of the fall per doubling beyond which nothing is called finished
_FOLLOW_MEASURES = 5
_MOST_POINTS = 1000  # a longer curve is brought down to this by medians, to be quick


@dataclass(frozen=True)
class _Curve:
    steps: np.ndarray
    values: np.ndarray

    def after(self, step: float) -> _Curve:
        kept = self.steps > step
        return _Curve(self.steps[kept], self.values[kept])

    def around(self, first: float, last: float) -> _Curve:
        kept = (self.steps >= first) & (self.steps <= last)
        return _Curve(self.steps[kept], self.values[kept])

    @property
    def median(self) -> float:
        return float(np.median(self.values))

    @property
    def window(self) -> int:
        """How many values a median is taken of: an eighth of all, an odd number."""
        return max(3, len(self.values) // 8 // 2 * 2 + 1)

    def smooth(self) -> _Curve:
        """Returns the running medians, each at the middle of its window."""
        windows = np.lib.stride_tricks.sliding_window_view(self.values, self.window)
        half = self.window // 2
        return _Curve(self.steps[half : len(self.steps) - half], np.median(windows, axis=1))

    def noise(self) -> float:
        """Returns the share by which neighbouring values differ for no reason (one deviation)."""
        jumps = np.diff(np.log(np.maximum(self.values, 1e-9)))
        return float(np.median(np.abs(jumps - np.median(jumps))) / 0.6745 / np.sqrt(2))


def diagnose(history: Sequence[Metrics]) -> Verdict:
    """Returns how a training goes.

    Args:
        history: Its Metrics in the order of steps, as `events.Metrics` come.

    Returns:
        A state and a sentence that says why; training sends it as an event.

    Example:
        >>> diagnose([]).state
        'starting'
    """
    rows = [row for row in history if _is_finite(row)]
    broken = _not_a_number(history, rows) or _exploded(rows) or _collapsed(rows)
    if broken:
        return Verdict(state="broken", sentence=_("Broken: {why}", why=broken))
    held_out = _curve([(r.step, r.held_out_l1_loss) for r in rows])
    training = _curve([(r.step, r.generator_l1_loss) for r in rows])
    unseen = len(held_out.steps) > 0
    curve = held_out if unseen else training
    recent = curve.after(curve.steps[-1] / 4) if len(curve.steps) else curve
    if len(recent.steps) < _FEWEST_MEASURES or len(rows) < _FEWEST_ROWS:
        few = _("Starting: {counted}, too few to tell.", counted=_counted(rows))
        return Verdict(state="starting", sentence=few)
    late_enough = curve.steps[-1] >= _FEWEST_STEPS
    overfitting = _overfitted(held_out, training) if late_enough and unseen else ""
    if overfitting:
        return Verdict(state="overfitting", sentence=_("Overfitting: {why}", why=overfitting))
    improving = _improves(recent, training.after(curve.steps[-1] / 4))
    verdict = _learning_or_finished(curve, recent, unseen, improving, late_enough)
    return dataclasses.replace(verdict, sentence=verdict.sentence + _deafness(rows))


def _is_finite(row: Metrics) -> bool:
    losses = (row.generator_gan_loss, row.generator_l1_loss, row.discriminator_loss)
    return bool(np.isfinite(losses).all() and np.isfinite(row.held_out_l1_loss or 0.0))


def _curve(points: Sequence[tuple[int, float | None]]) -> _Curve:
    known = [(step, value) for step, value in points if value is not None]
    steps, values = np.array(known, float).reshape(-1, 2).T
    if len(steps) <= _MOST_POINTS:
        return _Curve(steps, values)
    groups = np.array_split(np.arange(len(steps)), _MOST_POINTS)
    ends = np.array([steps[group[-1]] for group in groups])
    return _Curve(ends, np.array([np.median(values[group]) for group in groups]))


def _counted(rows: Sequence[Metrics]) -> str:
    measures = sum(row.held_out_l1_loss is not None for row in rows)
    steps = wording.counted(rows[-1].step if rows else 0, "step")
    measured = wording.counted(measures, "measure")
    return _("{steps} and {measures} on held-out crops so far", steps=steps, measures=measured)


def _not_a_number(history: Sequence[Metrics], rows: Sequence[Metrics]) -> str:
    if not history or _is_finite(history[-1]):
        return ""
    last = _("they never were")
    if rows:
        last = _("the last good numbers are of step {step}", step=rows[-1].step)
    return _(
        "the losses at step {step} are no numbers any more; {last}. Go back to an earlier save,"
        " with a smaller learning_rate."
    ).format(step=history[-1].step, last=last)


def _exploded(rows: Sequence[Metrics]) -> str:
    if len(rows) < _FEWEST_ROWS:
        return ""
    training = _curve([(row.step, row.generator_l1_loss) for row in rows])
    smooth = training.smooth()
    best = int(np.argmin(smooth.values))
    # The last rows alone: a long history's window would notice too late.
    now = float(np.median(training.values[-min(training.window, 9) :]))
    good = float(smooth.values[best])
    if now < _EXPLODED_TIMES * good or now < good + _EXPLODED_BY:
        return ""
    return _(
        "the difference (L1) on training crops is {now:.3f}, after {good:.3f} near step {step:.0f}."
        " Go back to an earlier save, with a smaller learning_rate."
    ).format(now=now, good=good, step=smooth.steps[best])


def _collapsed(rows: Sequence[Metrics]) -> str:
    """Looks for a discriminator that always wins while the generator's loss rises and rises."""
    last = rows[-max(_FEWEST_ROWS, len(rows) // 3) :]
    if len(rows) < 2 * _FEWEST_ROWS or last[-1].step < _FEWEST_STEPS:
        return ""
    losses = np.array([row.discriminator_loss for row in last])
    if np.quantile(losses, 0.75) > _COLLAPSED_LOSS or losses.min() < 0:
        return ""
    parts = np.array_split(np.array([row.generator_gan_loss for row in last]), 4)
    heights = [float(np.median(part)) for part in parts]
    if not all(np.diff(heights) > 0) or heights[-1] < _COLLAPSED_RISE * heights[0]:
        return ""
    return _(
        "the discriminator always wins: its loss is {loss:.4f} since step {step}, while"
        " generator_gan_loss has risen from {low:.1f} to {high:.1f}. Go back to an earlier save,"
        " with label_smoothing or a smaller discriminator_learning_rate."
    ).format(loss=np.median(losses), step=last[0].step, low=heights[0], high=heights[-1])


def _overfitted(held_out: _Curve, training: _Curve) -> str:
    """Compares now with the best time: held-out crops got worse, training crops better."""
    smooth = held_out.smooth()
    at = int(np.argmin(smooth.values))
    best, now = float(smooth.values[at]), float(smooth.values[-1])
    uncertain = 1.25 * held_out.noise() * np.sqrt(2 / held_out.window)
    if now < best * (1 + _OVERFITTED + _NOISE_TIMES * uncertain):
        return ""
    first, last = _span(held_out, at)
    then = training.around(first, last)
    latest = training.after(held_out.steps[-held_out.window] - 1)
    if not len(then.values) or not len(latest.values):
        return ""
    if latest.median > then.median * (1 - _STILL_FALLING):
        return ""
    return _(
        "the difference (L1) on held-out crops was smallest near step {step:.0f} ({best:.3f}) and"
        " is {now:.3f} now, while that on training crops fell from {before:.3f} to {latest:.3f}. It"
        " learns the training crops by heart: take an earlier save, or more crops."
    ).format(step=smooth.steps[at], best=best, now=now, before=then.median, latest=latest.median)


def _span(curve: _Curve, window_index: int) -> tuple[float, float]:
    """Returns the first and the last step of a window of `smooth`."""
    return curve.steps[window_index], curve.steps[window_index + curve.window - 1]


def _improves(recent: _Curve, training: _Curve) -> bool:
    """Returns True when L1 falls beyond its noise; where that is large, training crops, of which
    there are more measures, have their say too."""
    fall, uncertain = _fall_per_doubling(recent)
    if fall <= _FALL_PER_DOUBLING:
        return False
    training_fall, training_uncertain = _fall_per_doubling(training)
    return fall > uncertain or training_fall > max(_FALL_PER_DOUBLING, training_uncertain)


def _learning_or_finished(
    curve: _Curve, recent: _Curve, unseen: bool, improving: bool, late_enough: bool
) -> Verdict:
    fall, uncertain = _fall_per_doubling(recent)
    start, now = float(curve.values[0]), float(np.median(recent.values[-max(3, recent.window) :]))
    steps = wording.counted(int(curve.steps[-1]), "step")
    went = N_("the difference (L1) on held-out crops went from {start:.3f} to {now:.3f}")
    went = (
        went
        if unseen
        else N_("the difference (L1) on training crops went from {start:.3f} to {now:.3f}")
    )
    values = {"course": _(went, start=start, now=now), "steps": steps}
    if improving:
        share = _("of late, twice the steps make it {share:.1%} smaller", share=fall)
        return _learning(_("{course}; {share}. More steps are worth it.", share=share, **values))
    if not late_enough and now < _CLEARLY_LESS * start:
        return _learning(_("{course} in {steps}; it is too early to say more.", **values))
    if not late_enough:
        sentence = _("Starting: {course} in {steps}, too few.", **values)
        return Verdict(state="starting", sentence=sentence)
    if uncertain > _SWINGING:
        swings = _(
            "{course}, and swings so much from one look to the next that nobody can say whether"
            " it has ended. Take the best generation, or go on with a smaller learning_rate."
        )
        return _learning(swings.format(**values))
    change = N_("of late, twice the steps change it by {share:.1%}")
    if fall > _FALL_PER_DOUBLING:
        change = N_("what it still falls ({share:.1%} with twice the steps) is within its noise")
    elif fall < -_FALL_PER_DOUBLING:
        change = N_("of late it grows, by {share:.1%} with twice the steps")
    sentence = _(
        "Finished improving: {course}; {change}. More steps will hardly change the pictures.",
        change=_(change, share=abs(fall)),
        **values,
    )
    return Verdict(state="finished improving", sentence=sentence)


def _learning(sentence: str) -> Verdict:
    return Verdict(state="learning", sentence=_("Learning: {sentence}", sentence=sentence))


def _deafness(rows: Sequence[Metrics]) -> str:
    """Returns a sentence where what is made does not have the light of what is shown; else ""."""
    values = [row.held_out_follow_other_light for row in rows]
    known = [value for value in values if value is not None][-_FOLLOW_MEASURES:]
    if len(known) < _FOLLOW_MEASURES or rows[-1].step < _FEWEST_STEPS:
        return ""
    follow = float(np.median(known))
    if follow <= DEAF:
        return ""
    redraws = _(
        "It redraws its own pictures whatever it is shown: in darker or brighter light its pictures"
        " are {error:.2f} away from their input ({follows} would follow), because it was trained"
        " with the light of the input alone varied, or too short. Train a new run with light_varies"
        " both, or longer."
    )
    return " " + redraws.format(error=follow, follows=FOLLOWS)


def _fall_per_doubling(recent: _Curve) -> tuple[float, float]:
    """Returns by which share a value falls while the steps double, and how uncertain that is.

    The slope is the median of those between all pairs of windows (Theil 1950, Sen 1968).
    """
    groups = np.array_split(np.arange(len(recent.steps)), min(16, len(recent.steps)))
    x = np.array([np.median(np.log2(recent.steps[group])) for group in groups])
    y = np.array([np.log(max(np.median(recent.values[group]), 1e-9)) for group in groups])
    left, right = np.triu_indices(len(x), 1)
    slope = float(np.median((y[right] - y[left]) / (x[right] - x[left])))
    rest = y - slope * x
    deviation = float(np.median(np.abs(rest - np.median(rest)))) * 1.4826
    return 1 - float(np.exp(slope)), 2.0 * deviation / float(np.sqrt(len(x)) * np.std(x))
