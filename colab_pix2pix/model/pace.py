"""How fast training goes, and how long it still takes."""

from __future__ import annotations

import time

from ..events import OnEvent, Progress
from .resume import Plan

_PROGRESS_SECONDS = 0.5


class Pace:
    """Tells how far the training is, at most twice a second."""

    def __init__(self, plan: Plan, on_event: OnEvent) -> None:
        self.plan, self.on_event = plan, on_event
        self.started = self.told = time.monotonic()
        self.first_step = plan.first_step

    def tell(self, step: int) -> None:
        now = time.monotonic()
        if step == self.plan.first_step + 1:  # the first step compiles the network: not a usual one
            self.started, self.first_step = now, step
        elif now - self.told >= _PROGRESS_SECONDS or step == self.plan.last_step:
            per_second = (step - self.first_step) / max(now - self.started, 1e-9)
            self.told = now
            self.on_event(
                Progress(
                    job="train",
                    done=step,
                    total=self.plan.last_step,
                    unit="steps",
                    per_second=per_second,
                    seconds_left=(self.plan.last_step - step) / per_second,
                )
            )
