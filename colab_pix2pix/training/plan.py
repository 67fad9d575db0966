"""What a call of `train` has to do: start, go on, or nothing. No TensorFlow is needed to know."""

from __future__ import annotations

import dataclasses
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .. import wording
from ..config import MAX_WARMUP_STEPS, TrainConfig
from ..dataset.manifest import Dataset
from ..errors import IncompatibleRunError, ProjectError
from ..events import OnEvent, ignore
from ..filenames import typed_path
from ..hub.fetch import weights_path
from ..languages import N_, _, ngettext
from ..model.trained import saved_options
from ..model.weights import weight_files
from ..options import options
from ..project import Project
from ..storage import restore, session
from ..storage.os_errors import UNCHANGED, translate_os_errors
from ..storage.slots import Generation
from .data import Schedule, split_crops
from .tracking.tracker import require_library

_UNKNOWN_EPOCHS = 10**6
_AS_THE_TEACHER = ("condition", "blur_factor", "channels_fed", "image_size", "output_size")


@dataclass(frozen=True, kw_only=True)
class Plan:
    """What is to be trained, from where to where.

    Attributes:
        dataset: The crops.
        dataset_sha256: Their hash, taken once: a save must not have to look at every file again.
        project: Where the run lies.
        config: Its options.
        batch_size_is_found: True: it is what fits, not what the user said.
        schedule: Which pictures each step looks at.
        found: The saved generations, newest first; empty for a new run.
        start_from: The weights that a new run starts from; None for those of chance.
        first_step: The step to begin with.
        last_step: The step to end before.
        notes: What the user should know of changes since the last session.
    """

    dataset: Dataset
    dataset_sha256: str
    project: Project
    config: TrainConfig
    batch_size_is_found: bool
    schedule: Schedule
    found: tuple[Generation, ...]
    start_from: Path | None
    first_step: int
    last_step: int
    notes: tuple[str, ...]

    @property
    def finished(self) -> bool:
        """True when there is nothing left to train."""
        return self.first_step >= self.last_step

    def learning_rate_share(self, step: int) -> float:
        """Returns the share of the learning rates that a step takes: 1, then in a line to 0."""
        falling = self.last_step * (1.0 - self.config.decay_from)
        return min(1.0, (self.last_step - step) / falling) if falling else 1.0

    def with_batch_size(self, size: int) -> Plan:
        """Returns the plan with the batch size that fits, from its first step on."""
        first = self.first_step
        schedule = dataclasses.replace(
            self.schedule,
            batch_size=size,
            origin_step=first,
            origin_samples=self.schedule.samples_seen(first),
        )
        config = self.config.replace(batch_size=size)
        last_step = schedule.last_step(_epochs(config))
        return dataclasses.replace(self, config=config, schedule=schedule, last_step=last_step)


def make_plan(
    dataset: Dataset, project: Project, config: TrainConfig | None, on_event: OnEvent = ignore
) -> Plan:
    """Returns what is left to do. Nothing is written.

    Args:
        dataset: The crops.
        project: A run folder, new or used.
        config: The options, or None for those that the project has stored.
        on_event: Told a `Note` when Drive does not answer.

    Raises:
        DatasetError: no picture is kept or one is missing; or they are pairs and the condition is
            another, or the other way round.
        IncompatibleRunError: the run was made with other options.
        CheckpointError: the run has slots, and none of them is valid.
    """
    _check_folder(dataset, project)
    with translate_os_errors(project.path, why=UNCHANGED):
        config = config or project.recall(TrainConfig)
    _check_teacher(config, project)
    require_library(config.track)
    learned, _held_out = split_crops(dataset, config)
    state = restore.read_run_state(project, on_event)
    found = state.generations
    manifest = found[0].manifest if found else None
    start_from = _start(config, on_event) if not found else None
    batch_size_is_found = not config.batch_size
    if manifest and batch_size_is_found:
        before = TrainConfig.from_dict(manifest["options"])
        config = config.replace(batch_size=before.batch_size)
    size = config.batch_size or 1  # 0 in a new run: found out later, with TensorFlow
    fresh = Schedule(pictures=len(learned), batch_size=size, seed=config.seed)
    notes = list(state.notes)
    if found and (message := session.lost_progress(project, found[0])):
        notes.append(message)
    notes += _check_options(project, config, manifest["options"]) if manifest else []
    if not found and state.checks:
        notes.append(_("The very first save was cut off, so nothing is saved yet: starting anew."))
    schedule = _continued(fresh, manifest) if manifest else fresh
    dataset_sha256 = dataset.sha256
    if manifest and manifest["dataset_sha256"] != dataset_sha256:
        notes.append(_("The crops have changed since the last save: going on with the new ones."))
    first_step, last_step = found[0].step if found else 0, schedule.last_step(_epochs(config))
    if first_step < min(config.gan_warmup_steps, last_step):
        notes += _on_pixels_alone(config.gan_warmup_steps, last_step)
    return Plan(
        dataset=dataset,
        dataset_sha256=dataset_sha256,
        project=project,
        config=config,
        batch_size_is_found=batch_size_is_found,
        schedule=schedule,
        found=found,
        start_from=start_from,
        first_step=first_step,
        last_step=last_step,
        notes=tuple(notes),
    )


def _on_pixels_alone(warmup: int, last_step: int) -> list[str]:
    """Returns what to know of the steps before the discriminator; nothing where it never comes."""
    if warmup == MAX_WARMUP_STEPS:
        return []
    words = (
        N_(
            "Its first {n} steps learn from the pixels alone, which leaves pictures soft; then a"
            " second network judges them, too."
        )
        if warmup < last_step
        else N_(
            "This training ends before step {n}, from which on a second network would judge the"
            " pictures: they stay soft."
        )
    )
    return [_(words, n=wording.count(warmup))]


def _epochs(config: TrainConfig) -> int:
    """Returns how many epochs to do; with `minutes` the session finds out by itself."""
    return _UNKNOWN_EPOCHS if config.minutes else config.epochs


def _check_folder(dataset: Dataset, project: Project) -> None:
    if os.path.isfile(project.path):
        raise ProjectError(
            _("{path} is a file.", path=project.path),
            why=_("Expected a folder to keep the run in, new or made by an earlier run."),
            fix=_("Choose another name."),
        )
    if os.path.realpath(project.path) == os.path.realpath(dataset.directory):
        raise ProjectError(
            _("The run folder and the dataset folder are the same: {path}.", path=project.path),
            why=_("Expected a folder of its own for the run."),
            fix=_("Choose another run folder."),
        )


def _start(config: TrainConfig, on_event: OnEvent) -> Path | None:
    """Returns where the weights of `init_from` lie on this machine, which are there then."""
    if not config.init_from:
        return None
    path = weights_path(config.init_from, "init_from", on_event=on_event)
    if not (path.is_file() or path.is_dir() or weight_files.checkpoint_prefix(path)):
        words = (
            N_("init_from: there is what is neither a file nor a folder at {path}.")
            if path.exists()
            else N_("init_from: there is nothing at {path}.")
        )
        raise ProjectError(
            _(words, path=repr(config.init_from)),
            why=_(
                "Expected a run folder, hub:owner/name, or a generator: a .h5, .keras or"
                " .safetensors file, a TensorFlow checkpoint or SavedModel."
            ),
            fix=_("Look for a typing error, or leave it empty."),
        )
    return path


def _check_teacher(config: TrainConfig, project: Project) -> None:
    """Refuses a teacher that is not there, or looks at other inputs than this run would."""
    if not config.teacher:
        return
    run = Project(typed_path(config.teacher, "teacher"))
    if os.path.realpath(run.path) == os.path.realpath(project.path):
        raise IncompatibleRunError(
            _("teacher: {path} is the run itself.", path=run.path),
            why=_("Expected another run, one that is trained."),
            fix=_("Choose a new folder for what imitates it."),
        )
    known = saved_options(run)
    for name in _AS_THE_TEACHER:
        now, before = getattr(config, name), getattr(known, name)
        if now != before:
            option = "input_channels" if name == "channels_fed" else name
            raise IncompatibleRunError(
                _(
                    "teacher: {path} was trained with {option} = {before}; received {now}.",
                    path=run.path,
                    option=option,
                    before=before,
                    now=now,
                ),
                why=_(
                    "What imitates it has to see the same, and to make pictures of the same size."
                ),
                fix=_("Choose {option} = {before}.", option=option, before=before),
            )


def _check_options(project: Project, config: TrainConfig, stored: dict[str, Any]) -> list[str]:
    """Refuses what can't change in the middle of a run; returns notes on what may."""
    notes = []
    for name, about in options(config).items():
        now, before = getattr(config, name), stored.get(name, about.legacy)
        if before is None or now == before or about.on_resume == "free":
            continue
        if about.on_resume == "refuse":
            raise IncompatibleRunError(
                _(
                    "{path} was trained with {name} = {before}; received {name} = {now}.",
                    path=project.path,
                    name=name,
                    before=before,
                    now=now,
                ),
                why=_("This option can't change in the middle of a run."),
                fix=_(
                    "Train with {name} = {before} to go on, or choose another run folder.",
                    name=name,
                    before=before,
                ),
            )
        notes.append(_("{name} changes from {before} to {now}.", name=name, before=before, now=now))
    return notes


def _continued(fresh: Schedule, manifest: dict[str, Any]) -> Schedule:
    """Returns the saved schedule, or one that takes over from it where sizes have changed."""
    saved = Schedule.from_dict(manifest.get("schedule", {}))
    if (saved.pictures, saved.batch_size) == (fresh.pictures, fresh.batch_size):
        return saved
    step = int(manifest["step"])
    # Half of an epoch stays half of one, however many crops there are now.
    samples = saved.samples_seen(step) * fresh.pictures // saved.pictures
    return dataclasses.replace(fresh, origin_step=step, origin_samples=samples)


def nothing_to_do(epochs: int) -> str:
    """Returns the sentence that says that a run is complete."""
    return ngettext(
        "Nothing to do: {epochs} is complete. More epochs continue.",
        "Nothing to do: {epochs} are complete. More epochs continue.",
        epochs,
        epochs=wording.counted(epochs, "epoch"),
    )
