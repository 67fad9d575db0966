"""How many epochs fit into the minutes that a user has."""

from __future__ import annotations

import math
import time

from .pace import METRICS_EVERY_STEPS, samples_between
from .resume import Plan

_SHARE = 0.1  # of the time is spent on measuring, at most
_LONGEST_SECONDS = 20.0
_FEWEST_STEPS = 8


class Budget:
    """Measures the first steps of a session, then tells how many epochs fit.

    Args:
        minutes: How long the session may take, from now on.
        plan: What it trains.
    """

    def __init__(self, minutes: float, plan: Plan) -> None:
        self._seconds, self._plan = minutes * 60, plan
        self._started = time.monotonic()
        self._since = 0.0
        self._steps = 0
        self._apart = 0.0
        self._sample_seconds = 0.0
        self._score_seconds = 0.0

    def count_step(self) -> None:
        """Counts a step; the first two of a session do not count, they compile."""
        self._steps += 1
        if self._steps == 2:
            self._since, self._apart = time.monotonic(), 0.0

    def count_apart(self, *, sample: float = 0.0, score: float = 0.0) -> None:
        """Counts seconds that went into drawing samples and into scoring, besides the steps."""
        self._apart += sample + score
        if sample:  # the shortest: the first one of a session compiles
            self._sample_seconds = min(sample, self._sample_seconds or sample)
        if score:
            self._score_seconds = min(score, self._score_seconds or score)

    def epochs(self, step: int) -> int | None:
        """Returns how many epochs fit, counted from the first one ever; None before it knows.

        Args:
            step: The steps done so far, in all.
        """
        now = time.monotonic()
        enough = self._steps >= 2 + _FEWEST_STEPS
        if not enough or now - self._since < min(_LONGEST_SECONDS, _SHARE * self._seconds):
            return None
        per_step = (now - self._since - self._apart) / (self._steps - 2)
        left = self._seconds - (now - self._started)
        done = self._plan.schedule.epoch(step)

        def takes(epochs: int) -> float:
            last = self._plan.schedule.last_step(epochs)
            samples = samples_between(step, last) * self._sample_seconds
            scores = min(epochs - done, (last - step) // METRICS_EVERY_STEPS)
            each = self._score_seconds or self._sample_seconds
            return (last - step) * per_step + samples + scores * each

        low, high = done, done + max(1, math.ceil(left / per_step)) + 1
        while high - low > 1:  # the largest number that fits lies in [low, high)
            middle = (low + high) // 2
            low, high = (middle, high) if takes(middle) <= left else (low, middle)
        return max(1, done + 1 if self._plan.schedule.last_step(low) <= step else low)
