"""A trained generator, on a picture, a folder of pictures, or the frames of a video."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import numpy as np
from PIL import Image

from .. import events
from ..errors import DatasetError
from ..events import OnEvent, Progress
from ..files import replacing
from ..manifest import IMAGE_SUFFIXES
from ..project import Project
from .dataset import read_square, resize_pictures
from .loading import load_trained

Picture = np.ndarray


def apply_to_pictures(
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
    trained = load_trained(project)
    import tensorflow as tf

    from . import conditions

    generator, config = trained.generator, trained.config

    @tf.function(reduce_retracing=True)  # type: ignore[untyped-decorator]
    def compiled(pictures: tf.Tensor) -> tf.Tensor:
        input_image = conditions.make_input(conditions.encode_image(pictures), config)
        return conditions.decode_image(generator(input_image, training=False))

    def generate(pictures: Picture) -> Picture:
        made: Picture = compiled(pictures).numpy()
        return made

    return generate, config.image_size


def apply_to_frames(
    generate: Callable[[Picture], Picture],
    blocks: Iterable[Picture],
    *,
    smooth: float = 0.0,
    side_by_side: bool = False,
) -> Iterator[Picture]:
    """Gives what a generator makes of the frames of a video, one after another.

    Args:
        generate: From `load_generator`.
        blocks: uint8 `(count, size, size, 3)` each.
        smooth: The share of the frame before that stays, 0 to 0.95, against flicker.
        side_by_side: True puts the frame itself on the left.

    Returns:
        uint8 `(height, width, 3)` each.
    """
    before: np.ndarray | None = None
    for block in blocks:
        for frame, made in zip(block, generate(block), strict=True):
            now = made.astype(np.float32)
            before = now if before is None else smooth * before + (1.0 - smooth) * now
            made = np.rint(before).astype(np.uint8)
            if side_by_side:
                made = np.concatenate([*resize_pictures(frame[None], len(made)), made], axis=1)
            yield made


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
