"""How fast training goes, how long it still takes, and how many steps a call takes."""

from __future__ import annotations

import bisect
import time
from collections.abc import Iterator
from contextlib import contextmanager

from ..events import OnEvent, TrainingProgress
from .plan import Plan

#: How often a line of means is added to the history, besides at samples.
METRICS_EVERY_STEPS = 20
_EACH_SCORED_BEFORE = 50  # epochs
#: The first steps of a kind, which build their program: calls of their own.
COMPILING_STEPS = 2
_LONGEST_CALL_SECONDS = 0.25  # Stop, a save that is due, and progress wait for the end of a call
_PROGRESS_SECONDS = 0.5
_SAMPLE_SPACING = 1.15


class ProgressReporter:
    """Tells how far the training is, at most twice a second."""

    def __init__(self, plan: Plan, on_event: OnEvent) -> None:
        self.plan, self.on_event = plan, on_event
        self.started = self.reported = time.monotonic()
        self.first_step = plan.first_step

    def report(self, step: int, last_step: int | None) -> None:
        """Tells it, when it is time to.

        Args:
            step: The steps done so far.
            last_step: The step to end before, or None while nobody knows.
        """
        now = time.monotonic()
        if step == self.plan.first_step + 1:  # the first step compiles the network: not a usual one
            self.started, self.first_step = now, step
        elif now - self.reported >= _PROGRESS_SECONDS or step == last_step:
            self.reported = now
            self.on_event(self._progress(step, last_step, now))

    def _progress(self, step: int, last_step: int | None, now: float) -> TrainingProgress:
        per_second = (step - self.first_step) / max(now - self.started, 1e-9)
        schedule = self.plan.schedule
        epochs = schedule.epoch(last_step) if last_step is not None else None
        under_way = schedule.epoch(step) + 1
        return TrainingProgress(
            done=step,
            total=last_step,
            per_second=per_second,
            seconds_left=(last_step - step) / per_second if last_step is not None else None,
            crops_per_second=per_second * schedule.batch_size,
            epoch=min(under_way, epochs) if epochs is not None else under_way,
            epochs=epochs,
        )


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


def scored_epochs(first: int, last: int) -> int:
    """Returns how many epochs after `first`, up to `last`, end with a score of held-out crops.

    From the 50th on each second does, from the 100th on each third, and so on: less changes from
    one to the next.
    """
    ended = range(first + 1, last + 1)
    return sum(number % (1 + number // _EACH_SCORED_BEFORE) == 0 for number in ended)


def is_sample_step(step: int) -> bool:
    """Returns True at steps 15 % apart: pictures change most at the beginning of training."""
    return samples_between(step - 1, step) == 1


def samples_between(first: int, last: int) -> int:
    """Returns how many samples are drawn in the steps after `first`, up to `last`."""
    while _sample_steps[-1] <= last:
        _sample_steps.append(round(_sample_steps[-1] * _SAMPLE_SPACING))
    return bisect.bisect_right(_sample_steps, last) - bisect.bisect_right(_sample_steps, first)


_sample_steps = [1, 2, 4, 8, 16]
