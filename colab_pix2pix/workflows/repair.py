"""What is damaged in a project and can be made again: of what, and how."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import partial
from pathlib import Path

from ..dataset import archive, choices, manifest
from ..dataset.manifest import Dataset
from ..errors import CheckpointError, DatasetError, ProjectError
from ..events import Metrics, unpack_history
from ..files import write_json
from ..languages import _
from ..model.tf_logging import silence_stderr
from ..project import Project, sample_step
from ..spacing import evenly_chosen
from ..storage import drive, restore, transfer
from ..training import artifacts
from . import held_out

_MEASURED = 32  # crops, as many as training takes
Maker = Callable[[Project], object]


def makers(project: Project) -> dict[Path, Maker]:
    """Returns for each file that may be made again what makes it in another folder.

    A maker raises an error of this package where it can't.
    """
    found: dict[Path, Maker] = {
        project.settings_file: partial(_write_settings, project),
        project.choices_file: partial(_write_choices, project, project.earlier_choices_file),
        project.earlier_choices_file: partial(_write_choices, project, project.choices_file),
        project.dataset_zip: partial(_write_crops, project),
        project.metrics_csv: lambda to: artifacts.write_metrics(to, _history(project)),
        project.losses_png: lambda to: artifacts.write_losses(to, _history(project)),
    }
    found |= {path: partial(_draw_sample, project, path) for path in project.sample_files()}
    return found | {project.timelapse: partial(_write_timelapse, project)}


def set_aside(path: Path) -> str:
    """Takes a torn sample out of the way; returns its new name, or "" where it is no sample."""
    if sample_step(path) < 0:
        return ""
    return path.rename(path.with_name(f"{path.name}.torn")).name


def _write_settings(project: Project, to: Project) -> None:
    settings = project.settings()  # where the file is torn, a slot's copy
    if not settings:
        raise ProjectError(_("No saved state holds a copy of the settings."))
    write_json(to.settings_file, settings)
    states = restore.generations(project) if drive.is_drive(project.path) else []
    safe = [state.path.name for state in states if state.durability == "confirmed"]
    to.remember(safe_slots=tuple(safe))


def _write_choices(project: Project, other: Path, to: Project) -> None:
    """Writes what was decided, as far as the other file and the crops know it."""
    with suppress(ValueError):  # else the crops alone tell it
        choices.check(other)
        transfer.fetch(other, to.choices_file)
    for dataset in _crops(project):
        choices.keep(to, choices.restore(to, dataset)[0])
    if not to.choices_file.exists():
        raise ProjectError(_("Neither another copy nor crops tell what was decided."))
    transfer.put(to.choices_file, to.earlier_choices_file)


def _crops(project: Project) -> Iterator[Dataset]:
    """Gives the crops on this machine, and those in the archive where it is whole."""
    with suppress(DatasetError):
        yield from manifest.read_all(project.crops)
    with suppress(DatasetError):
        with held_out.unpacked(project) as dataset:
            yield dataset


def _write_crops(project: Project, to: Project) -> None:
    here = manifest.read_all(project.crops)
    if not here:
        raise DatasetError(
            _("No crops are left to pack in {folder}.", folder=project.crops),
            fix=_(
                "Run the notebook's cells for the video and the crops again, or the"
                " commands frames and train."
            ),
        )
    archive.pack(here[0], to.dataset_zip)


def _history(project: Project) -> list[Metrics]:
    states = restore.generations(project)
    if not states:
        raise CheckpointError(_("No saved state is left that holds the numbers."))
    return unpack_history(states[0].manifest["history"])


def _write_timelapse(project: Project, to: Project) -> None:
    to.samples.mkdir()
    for path in project.sample_files():
        transfer.fetch(path, to.samples / path.name)
    steps = [sample_step(path) for path in to.sample_files()]
    artifacts.write_timelapse(to, max(steps, default=0))


def _draw_sample(project: Project, path: Path, to: Project) -> None:
    """Draws the sample of a state that is still there, of the crops in the archive.

    In float32, as all who use a state do: a run in another format has drawn it a little otherwise.
    """
    step = sample_step(path)
    states = list(restore.generations(project))
    states += [c.generation for c in restore.check_milestones(project) if c.generation]
    state = next((state for state in states if state.step == step), None)
    if state is None:
        raise CheckpointError(
            _("No saved state of step {step} is left to draw it from.", step=step)
        )
    with held_out.unpacked(project) as dataset:
        with silence_stderr():  # TensorFlow: only where there is something to draw
            from ..model.trained import load_state
            from ..training.data import decode_crops, sample_pictures, split_crops
            from ..training.evaluation import HeldOut

        trained = load_state(state)
        crops = evenly_chosen(split_crops(dataset, trained.config)[1], _MEASURED)
        pictures = decode_crops(dataset, crops, trained.config.image_size)
        samples = sample_pictures(dataset, project, trained.config)
        grid, _measures = HeldOut(trained, pictures, samples).draw()
    artifacts.write_sample(to, step, grid, trained.config.made_size)
