"""The resumable training loop: from the first step of a plan to its last, or to an interruption."""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np

from .. import wording
from ..events import Note, OnEvent, Safety, Sample
from ..languages import _
from ..project import Project
from . import artifacts
from .diagnosis import diagnose
from .history import History
from .interrupt import interruptible
from .plan import Plan
from .progress import METRICS_EVERY_STEPS, Pace, ProgressReporter, is_sample_step, scored_epochs

if TYPE_CHECKING:
    from ..model.distributed import DeviceGroup
    from ..model.pix2pix import Pix2Pix
    from ..storage.checkpoints import CheckpointWriter
    from .evaluation import HeldOut, Score
    from .snapshot import Snapshot
    from .tensorboard import EventFile
    from .time_budget import TimeBudget

Result = TypeVar("Result")


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


@dataclass(frozen=True, kw_only=True)
class Recorders:
    """What writes and draws: only the chief of several processes has it.

    Attributes:
        writer: Saves states, and brings files to the project.
        snapshot: Copies the model's variables between two steps.
        held_out: Scores and draws held-out crops.
        curves: The metrics for TensorBoard.
    """

    writer: CheckpointWriter
    snapshot: Snapshot
    held_out: HeldOut
    curves: EventFile


class Trainer:
    """Takes the steps of a plan; `fit.prepare` makes one that is ready to run.

    Args:
        plan: What to do.
        model: The networks, restored, with the pictures that they learn from.
        history: The metrics so far.
        devices: What trains together.
        device_info: Device and library versions, for a checkpoint's manifest.
        recorders: What writes and draws; None where another process is the chief.
        budget: Fits the epochs into the user's minutes; None where epochs are given.
        on_event: Told what happens.

    Attributes:
        plan: What to do; `minutes` becomes epochs as soon as the speed is measured.
        step: The steps done so far, in all.
    """

    def __init__(
        self,
        plan: Plan,
        model: Pix2Pix,
        history: History,
        devices: DeviceGroup,
        device_info: dict[str, str],
        *,
        recorders: Recorders | None,
        budget: TimeBudget | None,
        on_event: OnEvent,
    ) -> None:
        self.plan, self.model, self.history = plan, model, history
        self.step = plan.first_step
        self._devices, self._device_info = devices, device_info
        self._recorders, self._budget, self._on_event = recorders, budget, on_event
        self._pace = Pace(plan, one_by_one=devices.size > 1)
        self._saved_step = plan.first_step if plan.found else -1

    def run(self) -> None:
        """Trains, saves, draws, and waits until all of it is safe.

        Raises:
            TrainingError: the losses are no numbers any more, or the device has too little memory.
            CheckpointError: a state could not be written.
            TakenOverError: another session goes on with this run.
        """
        progress = ProgressReporter(self.plan, self._on_event)
        recorders = self._recorders
        next_save = time.monotonic() + self.plan.config.save_every_seconds
        with interruptible() as interrupted:
            if recorders and self.plan.found:
                self._on_event(recorders.writer.safety)
            if recorders and (self.step == 0 or self._sample_is_torn(recorders)):
                self._sample(recorders)
            while self.step < self.plan.last_step and not self._devices.any(interrupted()):
                self._take_steps()
                known = self._budget is None or self._budget.known
                progress.report(self.step, self.plan.last_step if known else None)
                if not recorders:
                    continue
                due = time.monotonic() >= next_save and not recorders.writer.busy
                if due or (self.plan.config.save_each_epoch and self._epoch_has_ended()):
                    self._save(recorders)
                    next_save = time.monotonic() + self.plan.config.save_every_seconds
                self._pass_on_news(recorders.writer)
                self._fit_into_minutes(recorders.writer)
            if recorders:
                self._finish(recorders)

    def result(self) -> TrainingResult:
        """Returns how far it has come, and what of that is safe."""
        safety = self._recorders.writer.safety if self._recorders else None
        return result_at(self.plan, self.step, safety)

    def _take_steps(self) -> None:
        """Takes the steps up to the next event, in one call."""
        first, last = self.step, self._pace.next_stop(self.step, self.plan)
        numbers = np.stack([self.plan.schedule.indices(step) for step in range(first, last)])
        shares = [self.plan.learning_rate_share(step) for step in range(first, last)]
        with self._pace.measured(last - first):
            self.history.add(np.asarray(self.model.train(numbers, first, rate_shares=shares)))
        self.step = last
        if self._budget:
            self._budget.count_steps(first, last)
        recorders = self._recorders
        if is_sample_step(last) or last == self.plan.last_step:
            sample = self._timed("sample", lambda: self._sample(recorders)) if recorders else None
            self._record_metrics(sample)
        elif last % METRICS_EVERY_STEPS == 0:
            epoch = self.plan.schedule.epoch
            scored = (
                recorders if scored_epochs(epoch(last - METRICS_EVERY_STEPS), epoch(last)) else None
            )
            self._record_metrics(self._timed("score", scored.held_out.score) if scored else None)

    def _epoch_has_ended(self) -> bool:
        epoch = self.plan.schedule.epoch
        return epoch(self.step) > epoch(self.step - 1)

    def _timed(self, kind: str, work: Callable[[], Result]) -> Result:
        started = time.monotonic()
        result = work()
        if self._budget:
            self._budget.count_apart(**{kind: time.monotonic() - started})
        return result

    def _record_metrics(self, score: Score | None) -> None:
        epoch = self.plan.schedule.epoch(self.step)
        metrics = self.history.close_line(self.step, epoch, score, self._saved_step)
        if self._recorders:
            self._recorders.curves.add(metrics)
        self._on_event(metrics)

    def _sample(self, recorders: Recorders) -> Score:
        """Draws the sample grid; returns the score on held-out crops."""
        grid, score = recorders.held_out.draw()
        size = self.plan.config.made_size
        make = partial(artifacts.write_sample, step=self.step, grid=grid, size=size)
        if path := recorders.writer.side_file(make):
            self._on_event(Sample(step=self.step, path=path))
        return score

    def _sample_is_torn(self, recorders: Recorders) -> bool:
        """Returns whether the sample of the saved state is half written: it is drawn again."""
        path = recorders.writer.staging_dir.sample_file(self.step)
        return path.exists() and artifacts.read_sample(path) is None

    def _save(self, recorders: Recorders) -> None:
        if self.step == self._saved_step:
            return
        writer = recorders.writer
        self.history.checked(self.step, self._saved_step)
        writer.settle()  # an earlier copy of the state goes before there is another
        writer.save(recorders.snapshot.take(), self._manifest())
        self._saved_step = self.step
        writer.side_file(partial(artifacts.write_metrics, history=self.history.lines))

    def _manifest(self) -> dict[str, Any]:
        schedule = self.plan.schedule
        return {
            "step": self.step,
            "epochs_done": schedule.epoch(self.step),
            "schedule": vars(schedule),
            "options": self.plan.config.to_dict(),
            "dataset_sha256": self.plan.dataset_sha256,
            "made_with": self._device_info,
        } | self.history.packed()

    def _pass_on_news(self, writer: CheckpointWriter) -> None:
        writer.reached(self.step)
        for event in writer.news():
            self._on_event(event)

    def _finish(self, recorders: Recorders) -> None:
        """Saves, draws what is left to look at, and waits until all of it is safe.

        What can't be drawn is told; it keeps nobody from waiting for the state.
        """
        writer, lines = recorders.writer, self.history.lines
        self._save(recorders)
        try:
            writer.settle()
        finally:
            self._pass_on_news(writer)
        writer.side_file(partial(artifacts.write_metrics, history=lines))
        writer.side_file(lambda folder: recorders.curves.close())
        if lines:
            writer.side_file(partial(artifacts.write_losses, history=lines))
            self._on_event(diagnose(lines))
        writer.side_file(partial(artifacts.write_timelapse, last_step=self.step))
        self._pass_on_news(writer)
        for event in writer.wait_until_safe():
            self._on_event(event)
        writer.close()

    def _fit_into_minutes(self, writer: CheckpointWriter) -> None:
        """Sets the epochs once the first steps have told how many fit."""
        if self._budget is None:
            return
        if (epochs := self._budget.epochs(self.step)) is None:
            return
        last_step = self.plan.schedule.last_step(epochs)
        if last_step == self.plan.last_step:
            return
        config = self.plan.config.replace(epochs=epochs)
        self.plan = dataclasses.replace(self.plan, config=config, last_step=last_step)
        writer.remember(config)
        message = _(
            "{time} are enough for {epochs}, up to step {step}.",
            time=wording.seconds_in_words(config.minutes * 60),
            epochs=wording.counted(epochs, "epoch"),
            step=wording.count(last_step),
        )
        self._on_event(Note(message=message))


def result_at(plan: Plan, step: int, safety: Safety | None = None) -> TrainingResult:
    """Returns what a plan has come to at a step."""
    return TrainingResult(
        project=plan.project,
        step=step,
        total_steps=plan.last_step,
        epochs_done=plan.schedule.epoch(step),
        started_at_step=plan.first_step,
        interrupted=step < plan.last_step,
        safety=safety,
    )
