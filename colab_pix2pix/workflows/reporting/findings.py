"""What a report tells: gathered from a project's folder alone, whatever of it is still there."""

from __future__ import annotations

import zipfile
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from ...config import CurateConfig, FramesConfig, TrainConfig
from ...errors import CheckpointError, DatasetError, OptionError, ProjectError
from ...events import Metrics, OnEvent, Verdict
from ...languages import _
from ...options import Config, options
from ...project import Project
from ...storage.slots import Generation
from .. import held_out
from ..exporting import model_card
from .measuring import Pictures, measure_states
from .states import SavedState, find_states, history_of


@dataclass(frozen=True)
class ChangedOption:
    """An option that is not at its default."""

    name: str
    value: object
    default: object
    help: str


@dataclass
class Findings:
    """All that a report tells of a run.

    Attributes:
        name: Of the project.
        states: The saved states that can be read, newest first.
        history: The metrics of the run, oldest first.
        verdict: How its training goes.
        condition: What the network is fed; "" where nobody knows.
        changed: The options that are not at their defaults.
        sources: What was learned from, a line each; [] where nobody knows.
        pictures: What was measured on held-out crops; None where that was impossible.
        sample: The newest sample grid as uint8 RGB, for where nothing could be measured.
        notes: What is missing, a sentence each.
    """

    name: str
    states: list[SavedState]
    history: list[Metrics]
    verdict: Verdict
    condition: str = ""
    changed: list[ChangedOption] = field(default_factory=list)
    sources: list[str] = field(default_factory=list)
    pictures: Pictures | None = None
    sample: np.ndarray | None = None
    notes: list[str] = field(default_factory=list)


def gather(project: Project, generation: str, on_event: OnEvent) -> Findings:
    """Reads a run's folder and measures its saved states.

    Args:
        project: The run.
        generation: Which state's pictures are shown, as in `load_trained`.
        on_event: Told `Progress` in pictures.

    Raises:
        CheckpointError: nothing is trained; or not this generation.
        DriveError: Drive is not mounted, does not answer, or is another account's.
    """
    from ...model.trained import choose_state, chosen_step, nothing_trained
    from ...training.artifacts import read_metrics
    from ...training.diagnosis import diagnose

    states, notes = find_states(project) if project.path.is_dir() else ([], [])
    # The table goes on where the newest state was lost.
    history = max(history_of(states), read_metrics(project), key=_last_step)
    if not states and not history:
        raise _none_readable(project, notes) if notes else nothing_trained(project)
    found = Findings(project.path.resolve().name, states, history, diagnose(history), notes=notes)
    generations = [state.generation for state in states]
    if generations:
        chosen = chosen_step(project)
        shown = choose_state(generations, generation, chosen=chosen, on_event=on_event)
        generations = [shown, *(one for one in generations if one is not shown)]
    else:
        found.notes.append(_("No saved state can be read: what it makes can't be shown."))
    found.sources = _sources(project)
    config = _config_of(project, generations, found.notes)
    if config is not None:
        found.condition = config.condition
        found.changed = _changed(config, *_stored_configs(project))
        found.pictures = _measured(project, generations, config, found.notes, on_event)
    if found.pictures is None:
        found.sample = _newest_sample(project)
    found.notes = [note.replace(f"{project.path}/", "") for note in found.notes]
    return found


def _last_step(history: Sequence[Metrics]) -> int:
    return history[-1].step if history else -1


def _none_readable(project: Project, notes: Sequence[str]) -> CheckpointError:
    return CheckpointError(
        " ".join(
            [_("No saved state of the run in {path} can be read.", path=project.path), *notes]
        ),
        why=_("Expected a whole slot or milestone, or at least metrics.csv."),
        fix=_("Look in the Drive trash or a backup for an older slot file and put it back."),
    )


def _config_of(
    project: Project, generations: Sequence[Generation], notes: list[str]
) -> TrainConfig | None:
    """Returns the options of a run; None, and a note, where nobody can tell them."""
    try:
        if generations:
            return TrainConfig.from_dict(generations[0].manifest["options"])
        return project.recall(TrainConfig)
    except (OptionError, ProjectError) as error:
        notes.append(_("The options can't be told: {why}", why=error.what))
        return None


def _stored_configs(project: Project) -> list[Config]:
    """Returns how crops were cut and marked, where `project.json` tells it."""
    try:
        stored = project.settings()
        kinds: list[type[Config]] = [FramesConfig, CurateConfig]
        return [kind.from_dict(stored[kind.section]) for kind in kinds if kind.section in stored]
    except (OptionError, ProjectError):
        return []


def _changed(*configs: Config) -> list[ChangedOption]:
    """Returns the options that differ from their defaults, in the order of declaration."""
    changed = []
    for config in configs:
        defaults = type(config)()
        for name, about in options(config).items():
            value, default = getattr(config, name), getattr(defaults, name)
            if value != default and about.stored:
                changed.append(ChangedOption(name, value, default, about.help))
    return changed


def _sources(project: Project) -> list[str]:
    try:
        return model_card.sources(project)
    except (OSError, ValueError, KeyError, TypeError, AttributeError, zipfile.BadZipFile):
        return []  # whoever unpacks the archive says so


def _measured(
    project: Project,
    generations: Sequence[Generation],
    config: TrainConfig,
    notes: list[str],
    on_event: OnEvent,
) -> Pictures | None:
    """Returns what the states make of the held-out crops; None, and a note, where they can't."""
    if not generations:
        return None
    try:
        with held_out.unpacked(project) as dataset:
            pictures = measure_states(project, dataset, generations, config, on_event)
    except DatasetError as error:
        notes.append(_("Nothing could be measured on crops: {why}", why=error.what))
        return None
    notes += pictures.notes
    return pictures if pictures.measured else None


def _newest_sample(project: Project) -> np.ndarray | None:
    """Returns the newest sample grid that can be read, as uint8 RGB."""
    from ...training.artifacts import newest_sample, read_sample

    path = newest_sample(project)
    return read_sample(path) if path else None
