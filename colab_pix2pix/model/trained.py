"""A trained generator out of a run folder."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from .. import mounts, wording
from ..config import ChosenConfig, TrainConfig
from ..errors import CheckpointError, ProjectError
from ..events import Note, OnEvent, ignore
from ..filenames import shown
from ..languages import _
from ..project import Project
from ..storage import restore
from ..storage.npz import read_arrays
from .tf_logging import silence_stderr

if TYPE_CHECKING:
    import keras

    from ..storage.slots import Generation

#: The generation that is taken where none is named.
CHOSEN = "chosen"


@dataclass(frozen=True)
class Trained:
    """A generator and where it comes from.

    Attributes:
        generator: The averaged one where the run keeps a running mean; made of Keras' own layers,
            in float32.
        config: The options that it was trained with.
        generation: The saved state.
    """

    generator: keras.Model
    config: TrainConfig
    generation: Generation

    def generate(self, input_image: Any) -> Any:
        """Returns generated images of input images, both in [−1, 1], without dropout."""
        return self.generator(input_image, training=False)

    @property
    def name(self) -> str:
        """Tells this saved state from all others."""
        return name_of(self.generation)


def name_of(state: Generation) -> str:
    """Returns what tells a saved state from all others."""
    return f"run {state.manifest['run_id']}, generation {state.number}"


def load_trained(
    project: Project, generation: str = "last", *, on_event: OnEvent = ignore
) -> Trained:
    """Returns the generator of a saved state; see `find_state`."""
    return load_state(find_state(project, generation, on_event=on_event))


def find_state(
    project: Project, generation: str = "last", *, on_event: OnEvent = ignore
) -> Generation:
    """Returns a saved state of a run; loads no TensorFlow.

    Args:
        project: The run.
        generation: "chosen" for the one that was chosen by eye, or the last where none was; "last";
            "best" for the smallest held-out L1 among the saved states; or the number of a
            generation, see `colab-pix2pix verify`. The kept milestones count, too.
        on_event: Told a `Note` when Drive does not answer, and when a choice counts or is lost.

    Raises:
        CheckpointError: the run has nothing saved, or not this generation.
    """
    mounts.require_answer(project.path, on_event=on_event)
    chosen = chosen_step(project) if generation == CHOSEN and project.path.is_dir() else 0
    if generation == CHOSEN and not chosen:
        generation = "last"
    found = saved_states(project, milestones=generation != "last", on_event=on_event)
    return choose_state(found, generation, chosen=chosen, on_event=on_event)


def saved_states(
    project: Project, *, milestones: bool = True, on_event: OnEvent = ignore
) -> list[Generation]:
    """Returns the saved states of a run: those of its slots, newest first, then kept milestones.

    Raises:
        CheckpointError: the run has nothing saved.
    """
    mounts.require_answer(project.path, on_event=on_event)
    found = restore.generations(project, on_event) if project.path.is_dir() else []
    if not found:
        raise nothing_trained(project)
    if milestones:
        known = {state.number for state in found}
        run_id = found[0].manifest["run_id"]
        found += [
            check.generation
            for check in restore.check_milestones(project)
            if check.generation
            and check.generation.manifest["run_id"] == run_id
            and check.generation.number not in known
        ]
    return found


def chosen_step(project: Project) -> int:
    """Returns the step of the state that was chosen by eye; 0 for the newest.

    A torn `project.json` costs the choice that it held, not the model.
    """
    try:
        return project.recall(ChosenConfig).step
    except ProjectError:
        return 0


def saved_options(project: Project, *, on_event: OnEvent = ignore) -> TrainConfig:
    """Returns the options of a run's last saved state. No TensorFlow is needed to know.

    Raises:
        CheckpointError: nothing is saved there.
    """
    newest = saved_states(project, milestones=False, on_event=on_event)[0]
    return TrainConfig.from_dict(newest.manifest["options"])


def nothing_trained(project: Project) -> CheckpointError:
    """Returns the error for a folder in which nothing was ever saved."""
    return CheckpointError(
        _("{path} holds no trained model yet.", path=project.path),
        why=_("Expected a run that was saved at least once."),
        fix=_("Train first: colab-pix2pix train DATASET_DIR RUN_DIR."),
    )


def load_state(state: Generation) -> Trained:
    """Returns the generator of a saved state that was found in a run's folder.

    Raises:
        OptionError: a newer version has saved it, with options that are not known here.
        CheckpointError: what it holds is no generator with its options.
    """
    config = TrainConfig.from_dict(state.manifest["options"])
    with silence_stderr():
        from .build import build_generator
        from .pix2pix import named

    generator = build_generator(config.replace(precision="float32"), plain=True)
    part = "averaged_generator" if config.ema else "generator"
    variables = named(part, generator.variables)
    shapes = {name: (tuple(v.shape), v.dtype) for name, v in variables.items()}
    arrays = read_arrays(state.file, shapes, prefix=f"{part}/", name=state.path)
    for name, variable in variables.items():
        variable.assign(arrays[name])
    return Trained(generator, config, state)


def choose_state(
    found: Sequence[Generation], wanted: str, *, chosen: int = 0, on_event: OnEvent = ignore
) -> Generation:
    """Returns one of the saved states, newest first, as `find_state` names it.

    Args:
        found: At least one.
        wanted: As in `find_state`.
        chosen: The step that was chosen by eye; 0 where none was.
        on_event: Told a `Note` when that counts, or is lost.

    Raises:
        CheckpointError: there is none of this number.
    """
    if wanted == CHOSEN:
        by_eye = next((one for one in found if one.step == chosen), None)
        step = wording.count(chosen)
        if by_eye:
            on_event(Note(message=_("Step {step} is taken: it was chosen by eye.", step=step)))
        elif chosen:
            lost = _(
                "Step {step}, which was chosen by eye, is lost: the newest is taken.", step=step
            )
            on_event(Note(message=lost, level="warning"))
        return by_eye or found[0]
    if wanted == "last":
        return found[0]
    if wanted == "best":
        return min(found, key=_held_out_l1)
    for one in found:
        if wanted == str(one.number):
            return one
    numbers = ", ".join(str(one.number) for one in found)
    raise CheckpointError(
        _("{name}: received {value}.", name="generation", value=shown(wanted)),
        why=_(
            "Expected chosen, last, best, or one of those that are saved: {numbers}.",
            numbers=numbers,
        ),
        fix=_("A run keeps its two newest states; keep_milestone keeps more."),
    )


def _held_out_l1(generation: Generation) -> float:
    """Returns the last measure on held-out crops before a state was saved."""
    from ..events import last_scored, unpack_history

    last = last_scored(unpack_history(generation.manifest["history"]))
    return float("inf") if last is None else last.held_out_l1_loss or 0.0
