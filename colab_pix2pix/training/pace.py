"""How many steps are taken in one call, so that nobody waits for what comes between them."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager

from .plan import Plan
from .progress import METRICS_EVERY_STEPS, is_sample_step

#: The first steps of a kind, which build their program: calls of their own.
COMPILING_STEPS = 2
_LONGEST_CALL_SECONDS = 0.25  # Stop, a save that is due, and progress wait for the end of a call


class Pace:
    """Finds where a call has to end: what the steps do is the same wherever that is.

    Args:
        plan: What is trained; its first step is the first of this session.
        one_by_one: True where several devices train together: they have to agree on each call.
    """

    def __init__(self, plan: Plan, *, one_by_one: bool) -> None:
        self._one_by_one = one_by_one
        warmup = plan.config.gan_warmup_steps
        begins = (plan.first_step, max(plan.first_step, warmup))
        self._compiling = {begin + n for begin in begins for n in range(COMPILING_STEPS)}
        self._step_seconds = _LONGEST_CALL_SECONDS

    def next_stop(self, step: int, plan: Plan) -> int:
        """Returns the step before which the call has to end.

        Args:
            step: The steps done so far: fewer than `plan.last_step`.
            plan: The plan as it stands now.
        """
        if self._one_by_one or step in self._compiling:
            return step + 1
        longest = max(1, int(_LONGEST_CALL_SECONDS / self._step_seconds))
        last = min(step + longest, plan.last_step)
        return next((n for n in range(step + 1, last) if self._stops_at(n, plan)), last)

    def _stops_at(self, step: int, plan: Plan) -> bool:
        """Returns whether something is to be done once `step` steps are done."""
        epoch = plan.schedule.epoch
        ends_epoch = plan.config.save_each_epoch and epoch(step) > epoch(step - 1)
        measured = step % METRICS_EVERY_STEPS == 0 or is_sample_step(step)
        return measured or ends_epoch or step in self._compiling

    @contextmanager
    def measured(self, steps: int) -> Iterator[None]:
        """Measures a call of so many steps."""
        started = time.monotonic()
        yield
        self._step_seconds = max(1e-6, (time.monotonic() - started) / steps)
