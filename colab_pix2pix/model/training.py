"""The resumable training loop."""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from .. import events, manifest
from ..config import TrainConfig
from ..errors import TrainingError
from ..events import Metrics, Note, OnEvent, Resumed, Safety, Sample
from ..manifest import Dataset
from ..project import Project
from ..storage.checkpoints import CheckpointWriter
from ..storage.npz import read_arrays
from . import reports
from .dataset import Pictures, load_pictures
from .interrupt import interruptible
from .pace import Pace
from .quiet import quiet_start
from .resume import Plan, make_plan
from .verdict import judge

if TYPE_CHECKING:
    from .evaluation import HeldOut, Score
    from .pix2pix import Pix2Pix

_METRICS_EVERY_STEPS = 20
_SAMPLE_SPACING = 1.15


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
    plan = make_plan(dataset, project, config)
    for note in plan.notes:
        on_event(Note(message=note))
    if plan.finished:
        done = plan.schedule.epoch(plan.first_step)
        on_event(Note(message=f"Nothing to do: {done} epochs are complete. More epochs continue."))
        return _result(plan, plan.first_step, interrupted=False)
    return _Session(plan, on_event).run()


def _result(
    plan: Plan, step: int, *, interrupted: bool, safety: Safety | None = None
) -> TrainingResult:
    return TrainingResult(
        project=plan.project,
        step=step,
        total_steps=plan.last_step,
        epochs_done=plan.schedule.epoch(step),
        started_at_step=plan.first_step,
        interrupted=interrupted,
        safety=safety,
    )


class _Session:
    """One call of `train`: from the first step of a plan to its last, or to an interruption."""

    def __init__(self, plan: Plan, on_event: OnEvent) -> None:
        self.plan, self.on_event = plan, on_event
        self.step = plan.first_step
        self.pictures = load_pictures(plan.dataset, plan.config, on_event)
        self.model, self.held_out, self.facts = _build_model(plan.config, self.pictures)
        self.history: list[Metrics] = []
        self.losses: list[Any] = []
        if plan.found:
            self._restore()
        elif plan.config.init_from:
            self.model.start_from(Path(plan.config.init_from))
        self.writer = CheckpointWriter(
            plan.project,
            plan.found,
            configs=[plan.config],
            save_every_seconds=plan.config.save_every_seconds,
        )
        variables = self.model.variables()
        sizes = (int(np.prod(v.shape)) * v.value.dtype.size for v in variables.values())
        self.writer.need(sum(sizes))
        self.desk = self.writer.desk
        from .host_copy import HostCopy  # TensorFlow is loaded by now

        self.copy = HostCopy(variables)
        self.saved_step = self.step if plan.found else -1

    def run(self) -> TrainingResult:
        try:
            return self._run()
        finally:
            self.writer.stop()

    def _run(self) -> TrainingResult:
        plan = self.plan
        progress = Pace(plan, self.on_event)
        next_save = time.monotonic() + plan.config.save_every_seconds
        with interruptible() as interrupted:
            if self.step == 0:
                self._sample()
            while self.step < plan.last_step and not interrupted():
                self._train_one_step()
                progress.tell(self.step)
                if time.monotonic() >= next_save and not self.writer.busy:
                    self._save()
                    next_save = time.monotonic() + plan.config.save_every_seconds
                self._pass_on_news()
            self._finish()
            stopped = self.step < plan.last_step
            return _result(plan, self.step, interrupted=stopped, safety=self.writer.safety)

    def _train_one_step(self) -> None:
        indices = self.plan.schedule.indices(self.step)
        pictures = self.pictures.train[indices]
        share = _rate_share(self.plan, self.step)
        self.losses.append(self.model.train_on(pictures, self.step, rate_share=share))
        self.step += 1
        if _is_sample_step(self.step) or self.step == self.plan.last_step:
            self._measure(self._sample())
        elif self.step % _METRICS_EVERY_STEPS == 0:
            epoch = self.plan.schedule.epoch
            complete = epoch(self.step) > epoch(max(0, self.step - _METRICS_EVERY_STEPS))
            self._measure(self.held_out.score() if complete else None)

    def _measure(self, score: Score | None) -> None:
        """Adds a line to the history: the mean losses since the last line, and the score."""
        losses = self._checked_losses()
        gan, l1, judge = losses.mean(axis=0)
        self.losses.clear()
        row = Metrics(
            step=self.step,
            epoch=self.plan.schedule.epoch(self.step),
            generator_gan_loss=float(gan),
            generator_l1_loss=float(l1),
            discriminator_loss=float(judge),
            held_out_l1_loss=score.l1 if score else None,
            held_out_ssim=score.ssim if score else None,
        )
        self.history.append(row)
        self.on_event(row)

    def _checked_losses(self) -> np.ndarray:
        """Returns the losses since the last line of the history: `(steps, 3)`.

        Raises:
            TrainingError: one of them is not a number any more.
        """
        losses = np.array([np.asarray(loss) for loss in self.losses], np.float64)
        if np.isfinite(losses).all():
            return losses
        good = f"step {self.saved_step}" if self.saved_step > 0 else "the beginning"
        raise TrainingError(
            f"Training broke shortly before step {self.step}: the losses are no numbers any more.",
            why="The step width is too large, or the number format too coarse, for this run.",
            fix=f"Nothing broken was saved: the same command goes on from {good}, with a smaller"
            " learning_rate or with precision float32.",
        )

    def _sample(self) -> Score:
        """Draws the sample grid; returns the score on held-out crops."""
        grid, score = self.held_out.draw()
        path = reports.write_sample(self.desk, self.step, grid)
        self.writer.keep(path)
        self.on_event(Sample(step=self.step, path=path))
        return score

    def _save(self) -> None:
        if self.step == self.saved_step:
            return
        self._checked_losses()
        self.writer.settle()  # an earlier copy of the state goes before there is another
        self.writer.save(self.copy.take(), self._manifest())
        self.saved_step = self.step

    def _manifest(self) -> dict[str, Any]:
        schedule = self.plan.schedule
        return {
            "step": self.step,
            "epochs_done": schedule.epoch(self.step),
            "samples_seen": schedule.samples_seen(self.step),
            "schedule": vars(schedule),
            "options": self.plan.config.to_dict(),
            "dataset_sha256": self.plan.dataset_sha256,
            "history": reports.pack_history(self.history),
            # The sums behind the next line of the history, so that a resume does not change it.
            "unmeasured": [np.asarray(loss).tolist() for loss in self.losses],
            "made_with": self.facts,
        }

    def _restore(self) -> None:
        newest = self.plan.found[0]
        shapes = {n: (tuple(v.shape), v.dtype) for n, v in self.model.variables().items()}
        self.model.restore(read_arrays(newest.file, shapes))
        self.history = reports.unpack_history(newest.manifest["history"])
        self.losses = [np.array(loss) for loss in newest.manifest["unmeasured"]]
        self.on_event(Resumed(step=newest.step, generation=newest.number))
        for name, before in newest.manifest["made_with"].items():
            if (now := self.facts.get(name)) != before:
                changed = f"{name} was {before} and is {now} now: results may differ a little."
                self.on_event(Note(message=changed))

    def _pass_on_news(self) -> None:
        self.writer.reached(self.step)
        for event in self.writer.news():
            self.on_event(event)

    def _finish(self) -> None:
        """Saves, draws what is left to look at, and waits until all of it is safe."""
        self._save()
        try:
            self.writer.settle()
        finally:
            self._pass_on_news()
        made = [reports.write_metrics(self.desk, self.history)]
        if self.history:
            made.append(reports.write_losses(self.desk, self.history))
            self.on_event(Note(message=judge(self.history).sentence))
        made.append(reports.write_timelapse(self.desk, self.step))
        for path in made:
            self.writer.keep(path)
        for event in self.writer.wait_until_safe():
            self.on_event(event)
        self.writer.close()


def _build_model(
    config: TrainConfig, pictures: Pictures
) -> tuple[Pix2Pix, HeldOut, dict[str, str]]:
    # TensorFlow takes seconds to load: only now, when nothing can be refused any more.
    with quiet_start():
        from . import device
        from .evaluation import HeldOut
        from .pix2pix import Pix2Pix

        facts = device.describe()
        precision = device.precision(config.precision)
    model = Pix2Pix(config.replace(precision=precision))
    return model, HeldOut(model, pictures.held_out), facts | {"precision": precision}


def _rate_share(plan: Plan, step: int) -> float:
    """Returns the share of the learning rates that a step takes: 1, then in a line down to 0."""
    falling = plan.last_step * (1.0 - plan.config.decay_from)
    return min(1.0, (plan.last_step - step) / falling) if falling else 1.0


def _is_sample_step(step: int) -> bool:
    """Returns True at steps 15 % apart: pictures change most at the beginning of training."""
    steps = [1, 2, 4, 8, 16]
    while steps[-1] < step:
        steps.append(round(steps[-1] * _SAMPLE_SPACING))
    return step in steps
