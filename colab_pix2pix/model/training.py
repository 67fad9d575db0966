"""Training: the public call. `resume.py` plans it, `session.py` carries it out."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from .. import events, manifest
from ..config import TrainConfig
from ..events import Note, OnEvent, Safety
from ..manifest import Dataset
from ..project import Project
from .resume import Plan, make_plan
from .session import Session


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


def train(
    dataset: Dataset | Path | str,
    run_dir: Project | Path | str,
    config: TrainConfig | None = None,
    *,
    on_event: OnEvent = events.ignore,
) -> TrainingResult:
    """Trains pix2pix on a folder of crops; goes on by itself where an earlier call ended.

    SIGINT and SIGTERM end the training after the current step, with everything saved; a second one
    raises KeyboardInterrupt at once.

    Args:
        dataset: A dataset or its folder.
        run_dir: The project folder: new, or of the run to go on with.
        config: The options; None takes those stored in the project folder.
        on_event: Called with Progress, Metrics, Sample, Saved, Resumed and Note events.

    Returns:
        How far it came. After the last step of the last epoch nothing is left to do: the same call
        again returns at once.

    Raises:
        DatasetError: the crops can't be used.
        IncompatibleRunError: the run was made with other options; nothing is changed.
        TrainingError: the losses broke, or the device has too little memory; what was saved stays.
        CheckpointError: no saved state is valid, or the last one could not be written.

    Example:
        >>> result = train("crops", "runs/flowers", TrainConfig(epochs=50))  # doctest: +SKIP
    """
    dataset = dataset if isinstance(dataset, Dataset) else manifest.read(dataset)
    project = run_dir if isinstance(run_dir, Project) else Project(Path(run_dir))
    return carry_out(make_plan(dataset, project, config), on_event)


def carry_out(plan: Plan, on_event: OnEvent) -> TrainingResult:
    """Trains as planned; see `train`."""
    for note in plan.notes:
        on_event(Note(message=note))
    if plan.finished:
        done = plan.schedule.epoch(plan.first_step)
        on_event(Note(message=f"Nothing to do: {done} epochs are complete. More epochs continue."))
        return _result(plan, plan.first_step)
    session = Session(plan, on_event)
    safety = session.run()
    return _result(session.plan, session.step, safety)


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
