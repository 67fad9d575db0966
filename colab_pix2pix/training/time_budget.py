"""How many epochs fit into the minutes that a user has."""

from __future__ import annotations

import math
import time

from .plan import Plan
from .progress import COMPILING_STEPS, METRICS_EVERY_STEPS, samples_between, scored_epochs

#: Shares of the time after which the steps so far are taken for all of them: machines get slower.
_LOOKS = (0.1, 0.5)
_LONGEST_SECONDS = 20.0  # until the first look
_FEWEST_STEPS = 8
_TIMES_LONGER = 1.8  # with the discriminator, as long as that has not been measured


class TimeBudget:
    """Measures the first steps of a session, tells how many epochs fit, and looks again later.

    Args:
        minutes: How long the session may take.
        plan: What it trains.
        started: When it began, by `time.monotonic`.
    """

    def __init__(self, minutes: float, plan: Plan, started: float) -> None:
        self._seconds, self._plan, self._started = minutes * 60, plan, started
        self._looks = list(_LOOKS)
        self._since = 0.0
        self._steps = 0
        self._apart = 0.0
        self._sample_seconds = 0.0
        self._score_seconds = 0.0

    @property
    def known(self) -> bool:
        """True once the first steps are measured."""
        return len(self._looks) < len(_LOOKS)

    def count_steps(self, first: int, last: int) -> None:
        """Counts the steps of a call; the first two with the same networks do not count, they
        compile, and are calls of their own.

        Args:
            first: The steps done before it, in all.
            last: The steps done so far.
        """
        if first == self._plan.config.gan_warmup_steps:  # the first with the discriminator
            self._steps = 0
        self._steps += last - first
        if self._steps == COMPILING_STEPS:
            self._since, self._apart = time.monotonic(), 0.0

    def count_apart(self, *, sample: float = 0.0, score: float = 0.0) -> None:
        """Counts seconds that went into drawing samples and into scoring, besides the steps."""
        self._apart += sample + score
        if sample:  # the shortest: the first one of a session compiles
            self._sample_seconds = min(sample, self._sample_seconds or sample)
        if score:
            self._score_seconds = min(score, self._score_seconds or score)

    def epochs(self, step: int) -> int | None:
        """Returns how many epochs fit, counted from the first ever; None while there is no news.

        Args:
            step: The steps done so far, in all.
        """
        now = time.monotonic()
        if not self._looks or self._steps < COMPILING_STEPS + _FEWEST_STEPS:
            return None
        if self.known:
            too_early = now - self._started < self._looks[0] * self._seconds
        else:
            too_early = now - self._since < min(_LONGEST_SECONDS, self._looks[0] * self._seconds)
        if too_early:
            return None
        self._looks.pop(0)
        per_step = (now - self._since - self._apart) / (self._steps - COMPILING_STEPS)
        left = self._seconds - (now - self._started)
        done = self._plan.schedule.epoch(step)
        warmup = self._plan.config.gan_warmup_steps
        per_judged_step = per_step * (_TIMES_LONGER if step < warmup else 1.0)

        def takes(epochs: int) -> float:
            last = self._plan.schedule.last_step(epochs)
            samples = samples_between(step, last) * self._sample_seconds
            scores = min(scored_epochs(done, epochs), (last - step) // METRICS_EVERY_STEPS)
            each = self._score_seconds or self._sample_seconds
            alone = max(0, min(last, warmup) - step)
            steps = alone * per_step + (last - step - alone) * per_judged_step
            return steps + samples + scores * each

        low, high = done, done + max(1, math.ceil(left / per_step)) + 1
        while high - low > 1:  # the largest number that fits lies in [low, high)
            middle = (low + high) // 2
            low, high = (middle, high) if takes(middle) <= left else (low, middle)
        return max(1, done + 1 if self._plan.schedule.last_step(low) <= step else low)
