"""Training as planned by `resume.py`, and what it has come to; `loop.py` does the steps."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from ..events import Note, OnEvent, Safety
from ..project import Project
from .plan import Plan
from .trainer import Loop


@dataclass(frozen=True, kw_only=True)
class TrainingResult:
    """What a call of `train` has come to.

    Attributes:
        project: The run's folder and the paths in it.
        step: Steps done in all.
        total_steps: Steps that the asked epochs take.
        epochs_done: Complete epochs.
        started_at_step: Where this call began: 0, or the saved step that it went on from.
        interrupted: True when it was stopped before the end.
        safety: What of it a fresh machine could restore; None when there was nothing to do.
    """

    project: Project
    step: int
    total_steps: int
    epochs_done: int
    started_at_step: int
    interrupted: bool
    safety: Safety | None = None


def carry_out(plan: Plan, on_event: OnEvent, *, keep_crops: Callable[[], None]) -> TrainingResult:
    """Trains as planned; see `pipeline.train`.

    Args:
        plan: What to do.
        on_event: Told what happens.
        keep_crops: Called before the first step, by the process that writes, once nothing can be
            refused any more: brings the crops into the project.
    """
    for note in plan.notes:
        on_event(Note(message=note))
    if plan.finished:
        done = plan.schedule.epoch(plan.first_step)
        on_event(Note(message=f"Nothing to do: {done} epochs are complete. More epochs continue."))
        return _result(plan, plan.first_step)
    loop = Loop(plan, on_event, keep_crops)
    safety = loop.run()
    return _result(loop.plan, loop.step, safety)


def _result(plan: Plan, step: int, safety: Safety | None = None) -> TrainingResult:
    return TrainingResult(
        project=plan.project,
        step=step,
        total_steps=plan.last_step,
        epochs_done=plan.schedule.epoch(step),
        started_at_step=plan.first_step,
        interrupted=step < plan.last_step,
        safety=safety,
    )
