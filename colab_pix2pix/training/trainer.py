"""The resumable training loop: one call of `train`, from its first step to its last."""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from ..events import Note, OnEvent, Resumed, Safety, Sample, ignore
from ..model.tf_logging import quiet_start
from ..storage import npz
from ..storage.checkpoints import CheckpointWriter
from . import artifacts
from .data import load_pictures
from .diagnosis import judge
from .history import History
from .interrupt import interruptible
from .plan import Plan
from .progress import METRICS_EVERY_STEPS, Pace, is_sample_step

if TYPE_CHECKING:
    from .evaluation import Score


class Loop:
    """One call of `train`: from the first step of a plan to its last, or to an interruption.

    Where several machines train together, each has one of these. Only the chief draws, saves,
    writes and speaks.

    Args:
        plan: What to do.
        on_event: Told what happens.
        keep_crops: Called before anything is written; see `training.carry_out`.

    Attributes:
        plan: What to do; `minutes` and `batch_size=0` are filled in as soon as they are measured.
        step: The steps done so far, in all.
    """

    def __init__(self, plan: Plan, on_event: OnEvent, keep_crops: Callable[[], None]) -> None:
        started = time.monotonic()
        reader = ThreadPoolExecutor(1)  # reads while TensorFlow loads
        self.saved = reader.submit(npz.load, plan.found[0].file) if plan.found else None
        self.pictures = load_pictures(plan.dataset, plan.config, on_event)
        # TensorFlow takes seconds to load: only now, when nothing can be refused any more.
        with quiet_start():
            from ..model import device
            from ..model.distributed import gather_team
            from .time_budget import Budget

            self.team = gather_team()
            self.facts = device.describe()
            self.facts["precision"] = device.precision(plan.config.precision)
        self.chief = self.team.chief
        self.on_event = on_event if self.chief else ignore
        self.step, self.saved_step = plan.first_step, plan.first_step if plan.found else -1
        self.team.check(plan.config)
        self.plan = plan = self._with_batch_size(plan)
        self.team.check(plan.config)
        minutes = plan.config.minutes
        self.budget = Budget(minutes, plan, started) if minutes else None
        self.history = History()
        self._build()
        if plan.found:
            self._restore()
        elif plan.config.init_from:
            self.model.start_from(Path(plan.config.init_from))
        if self.chief:
            keep_crops()
            self._begin_writing()

    def run(self) -> Safety | None:
        """Trains; returns what of it would survive this machine, None where another one saves."""
        if not self.chief:
            self._train()
            return None
        with self.writer:
            try:
                self._train()
            finally:
                self.curves.close()
            return self.writer.safety

    def _train(self) -> None:
        pace = Pace(self.plan, self.on_event)
        next_save = time.monotonic() + self.plan.config.save_every_seconds
        with interruptible() as interrupted:
            if self.step == 0 and self.chief:
                self._sample()
            while self.step < self.plan.last_step and not self.team.any(interrupted()):
                self._train_one_step()
                known = self.budget is None or self.budget.known
                pace.tell(self.step, self.plan.last_step if known else None)
                if not self.chief:
                    continue
                due = time.monotonic() >= next_save and not self.writer.busy
                if due or (self.plan.config.save_each_epoch and self._epoch_has_ended()):
                    self._save()
                    next_save = time.monotonic() + self.plan.config.save_every_seconds
                self._pass_on_news()
                self._fit_into_minutes()
            if self.chief:
                self._finish()

    def _train_one_step(self) -> None:
        pictures = self.pictures.train[self.plan.schedule.indices(self.step)]
        share = _rate_share(self.plan, self.step)
        self.history.add(self.model.train_on(pictures, self.step, rate_share=share))
        self.step += 1
        if is_sample_step(self.step) or self.step == self.plan.last_step:
            self._close_line(self._timed("sample", self._sample) if self.chief else None)
        elif self.step % METRICS_EVERY_STEPS == 0:
            epoch = self.plan.schedule.epoch
            complete = epoch(self.step) > epoch(max(0, self.step - METRICS_EVERY_STEPS))
            scored = complete and self.chief
            self._close_line(self._timed("score", self.held_out.score) if scored else None)

    def _epoch_has_ended(self) -> bool:
        epoch = self.plan.schedule.epoch
        return epoch(self.step) > epoch(self.step - 1)

    def _timed(self, kind: str, work: Any) -> Score:
        started = time.monotonic()
        score: Score = work()
        if self.budget:
            self.budget.count_apart(**{kind: time.monotonic() - started})
        return score

    def _close_line(self, score: Score | None) -> None:
        epoch = self.plan.schedule.epoch(self.step)
        line = self.history.close_line(self.step, epoch, score, self.saved_step)
        if self.chief:
            self.curves.add(line)
        self.on_event(line)

    def _sample(self) -> Score:
        """Draws the sample grid; returns the score on held-out crops."""
        grid, score = self.held_out.draw()
        path = artifacts.write_sample(self.staging_dir, self.step, grid)
        self.writer.keep(path)
        self.on_event(Sample(step=self.step, path=path))
        return score

    def _save(self) -> None:
        if self.step == self.saved_step:
            return
        self.history.checked(self.step, self.saved_step)
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
            "made_with": self.facts,
        } | self.history.packed()

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
        lines = self.history.lines
        made = [artifacts.write_metrics(self.staging_dir, lines), self.curves.close()]
        if lines:
            made.append(artifacts.write_losses(self.staging_dir, lines))
            self.on_event(Note(message=judge(lines).sentence))
        made.append(artifacts.write_timelapse(self.staging_dir, self.step))
        for path in made:
            self.writer.keep(path)
        for event in self.writer.wait_until_safe():
            self.on_event(event)
        self.writer.close()

    def _build(self) -> None:
        from ..model.pix2pix import Pix2Pix

        config = self.plan.config.replace(precision=self.facts["precision"])
        self.model = Pix2Pix(config, self.team)

    def _restore(self) -> None:
        newest = self.plan.found[0]
        shapes = {n: (tuple(v.shape), v.dtype) for n, v in self.model.variables().items()}
        arrays = self.saved.result() if self.saved else {}
        self.saved = None  # the memory is free again once the model has a copy
        npz.check_fit(newest.file, arrays, shapes)
        self.model.restore(arrays)
        self.history.unpack(newest.manifest)
        self.on_event(Resumed(step=newest.step, generation=newest.number))
        for name, before in newest.manifest["made_with"].items():
            if (now := self.facts.get(name)) != before:
                changed = f"{name} was {before} and is {now} now: results may differ a little."
                self.on_event(Note(message=changed))

    def _begin_writing(self) -> None:
        from .evaluation import HeldOut
        from .snapshot import HostCopy
        from .tensorboard import EventFile

        plan, variables = self.plan, self.model.variables()
        self.writer = CheckpointWriter(
            plan.project,
            plan.found,
            configs=[plan.config],
            save_every_seconds=plan.config.save_every_seconds,
        )
        sizes = (int(np.prod(v.shape)) * v.value.dtype.size for v in variables.values())
        self.writer.need(sum(sizes))
        self.copy = HostCopy(variables)
        self.held_out = HeldOut(self.model, self.pictures.held_out)
        self.staging_dir = self.writer.staging_dir
        self.curves = EventFile(self.staging_dir.logs, self.history.lines)

    def _with_batch_size(self, plan: Plan) -> Plan:
        if plan.config.batch_size:
            return plan
        from .batch_size_finder import fit_batch

        config = plan.config.replace(precision=self.facts["precision"])
        size = fit_batch(config, self.pictures.train)
        self.on_event(Note(message=f"{size} crops at a time fit into memory."))
        return plan.with_batch_size(size)

    def _fit_into_minutes(self) -> None:
        """Sets the epochs once the first steps have told how many fit."""
        if self.budget is None:
            return
        self.budget.count_step()
        if (epochs := self.budget.epochs(self.step)) is None:
            return
        last_step = self.plan.schedule.last_step(epochs)
        if last_step == self.plan.last_step:
            return
        config = self.plan.config.replace(epochs=epochs)
        self.plan = dataclasses.replace(self.plan, config=config, last_step=last_step)
        self.writer.remember(config)
        words = (
            f"{config.minutes:g} minutes are enough for {epochs} epochs, up to step {last_step}."
        )
        self.on_event(Note(message=words))


def _rate_share(plan: Plan, step: int) -> float:
    """Returns the share of the learning rates that a step takes: 1, then in a line down to 0."""
    falling = plan.last_step * (1.0 - plan.config.decay_from)
    return min(1.0, (plan.last_step - step) / falling) if falling else 1.0
