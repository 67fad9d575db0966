"""A trained generator, on a picture or a folder of pictures."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
from PIL import Image

from .. import events
from ..config import TrainConfig
from ..errors import CheckpointError, DatasetError
from ..events import OnEvent, Progress
from ..files import replacing
from ..manifest import IMAGE_SUFFIXES
from ..project import Project
from ..storage import checkpoints
from ..storage.npz import read_arrays
from .dataset import read_square
from .quiet import quiet_start

Picture = np.ndarray


def apply(
    run_dir: Project | Path | str,
    source: Path | str,
    target: Path | str,
    *,
    on_event: OnEvent = events.ignore,
) -> list[Path]:
    """Runs the trained generator over the centre square of pictures.

    Each picture is made grey and blurred as in training, then turned back into a picture; a model
    that has learned from pairs gets it as it is.

    Args:
        run_dir: A run that has been saved at least once.
        source: A picture file or a folder of pictures.
        target: The picture to write, or the folder where `source` is one (made when missing).
        on_event: Called with Progress events.

    Returns:
        The pictures written.

    Raises:
        CheckpointError: the run has nothing saved yet.
        DatasetError: there is no picture at `source`.
    """
    project = run_dir if isinstance(run_dir, Project) else Project(Path(run_dir))
    pairs = _pairs(Path(source), Path(target))
    generate, size = load_generator(project)
    for done, (picture, result) in enumerate(pairs, 1):
        made = generate(read_square(picture, size)[np.newaxis])[0]
        result.parent.mkdir(parents=True, exist_ok=True)
        with replacing(result) as part:
            Image.fromarray(made).save(part, quality=95)
        on_event(Progress(job="apply", done=done, total=len(pairs), unit="pictures"))
    return [result for _, result in pairs]


def load_generator(project: Project) -> tuple[Callable[[Picture], Picture], int]:
    """Returns a run's generator and its picture size in pixels.

    The generator takes uint8 pictures `(batch, size, size, 3)` as a camera sees them, makes its own
    input of them as in training, and returns uint8 pictures.

    Raises:
        CheckpointError: the run has nothing saved yet.
    """
    found = checkpoints.generations(project) if project.path.is_dir() else []
    if not found:
        raise CheckpointError(
            f"{project.path} holds no trained model yet.",
            why="Expected a run that was saved at least once.",
            fix="Train first: colab-pix2pix train DATASET_DIR RUN_DIR.",
        )
    config = TrainConfig.from_dict(found[0].manifest["options"])
    with quiet_start():
        from . import conditions
        from .pix2pix import build_generator, named

    generator = build_generator(config.replace(precision="float32"))
    part = "averaged_generator" if config.ema else "generator"
    variables = named(part, generator.variables)
    shapes = {name: (tuple(v.shape), v.dtype) for name, v in variables.items()}
    arrays = read_arrays(found[0].file, shapes, prefix=f"{part}/")
    for name, variable in variables.items():
        variable.assign(arrays[name])

    def generate(pictures: Picture) -> Picture:
        target_image = conditions.encode_image(pictures)
        input_image = conditions.make_input(target_image, config)
        made: Picture = conditions.decode_image(generator(input_image, training=False)).numpy()
        return made

    return generate, config.image_size


def _pairs(source: Path, target: Path) -> list[tuple[Path, Path]]:
    if source.is_dir():
        found = sorted(p for p in source.iterdir() if p.suffix.lower() in IMAGE_SUFFIXES)
        pairs = [(path, target / f"{path.stem}.png") for path in found]
    else:
        pairs = [(source, target)] if source.is_file() else []
    if not pairs:
        raise DatasetError(
            f"There is no picture at {source}.",
            why=f"Expected a picture file or a folder of pictures ({', '.join(IMAGE_SUFFIXES)}).",
            fix="Look for a typing error.",
        )
    return pairs
