"""A trained generator out of a run folder."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ..config import TrainConfig
from ..errors import CheckpointError
from ..project import Project
from ..storage import restore
from ..storage.npz import read_arrays
from .tf_logging import silence_stderr

if TYPE_CHECKING:
    import keras

    from ..storage.slots import Generation


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

    @property
    def name(self) -> str:
        """Tells this saved state from all others."""
        manifest = self.generation.manifest
        return f"run {manifest['run_id']}, generation {self.generation.number}"


def load_trained(project: Project, generation: str = "last") -> Trained:
    """Returns the generator of a saved state.

    Args:
        project: The run.
        generation: "last"; "best" for the smallest held-out L1 among the saved states; or the
            number of a generation, see `colab-pix2pix verify`.

    Raises:
        CheckpointError: the run has nothing saved, or not this generation.
    """
    found = restore.generations(project) if project.path.is_dir() else []
    if not found:
        raise CheckpointError(
            f"{project.path} holds no trained model yet.",
            why="Expected a run that was saved at least once.",
            fix="Train first: colab-pix2pix train DATASET_DIR RUN_DIR.",
        )
    chosen = _choose(found, generation)
    config = TrainConfig.from_dict(chosen.manifest["options"])
    with silence_stderr():
        from .pix2pix import build_generator, named

    generator = build_generator(config.replace(precision="float32"), plain=True)
    part = "averaged_generator" if config.ema else "generator"
    variables = named(part, generator.variables)
    shapes = {name: (tuple(v.shape), v.dtype) for name, v in variables.items()}
    arrays = read_arrays(chosen.file, shapes, prefix=f"{part}/")
    for name, variable in variables.items():
        variable.assign(arrays[name])
    return Trained(generator, config, chosen)


def _choose(found: list[Generation], wanted: str) -> Generation:
    if wanted == "last":
        return found[0]
    if wanted == "best":
        return min(found, key=_held_out_l1)
    for one in found:
        if wanted == str(one.number):
            return one
    numbers = ", ".join(str(one.number) for one in found)
    raise CheckpointError(
        f"generation: received {wanted!r}.",
        why=f"Expected last, best, or one of those that are saved: {numbers}.",
        fix="A run keeps its two newest states; keep_milestone keeps more.",
    )


def _held_out_l1(generation: Generation) -> float:
    """Returns the last measure on held-out crops before a state was saved."""
    from ..events import last_scored, unpack_history

    last = last_scored(unpack_history(generation.manifest["history"]))
    return float("inf") if last is None else last.held_out_l1_loss or 0.0
