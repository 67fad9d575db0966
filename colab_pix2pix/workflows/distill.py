"""A small model out of a large one, for phones and single-file pages."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from .. import mounts
from ..config import MAX_WARMUP_STEPS, FramesConfig, TrainConfig, sides
from ..dataset import archive, manifest
from ..dataset.builder import Source, add_sources
from ..dataset.counts import learned_and_held_out
from ..dataset.extract import extract_frames
from ..dataset.import_images import import_pictures
from ..dataset.manifest import Crop, Dataset
from ..errors import CheckpointError, OptionError
from ..events import Note, OnEvent, ignore
from ..files import link_or_copy
from ..languages import _
from ..model.tf_logging import silence_stderr
from ..model.trained import saved_options
from ..options import checks_input
from ..project import Project
from .pipeline import train

if TYPE_CHECKING:
    from ..training.trainer import TrainingResult

_NARROWEST = 4  # filters of the first layer
_CROPS_OF_EACH = 300
#: Of its loss, for a new small run: nearer to real pictures than imitation alone, a little softer.
_TEACHER_SHARE = 0.75
_UNLABELLED = "unlabelled"  # in the manifest: a source that the large model has not seen


@checks_input()
def distill(
    run_dir: Project | Path | str,
    small_dir: Project | Path | str,
    *,
    parameters: int = 1_000_000,
    frames: Sequence[Path | str] = (),
    epochs: int = 0,
    minutes: float = 0.0,
    on_event: OnEvent = ignore,
) -> TrainingResult:
    """Trains a small model that imitates a trained one; goes on where an earlier call ended.

    The small model is a run like any other, with `teacher` among its options: it is saved, resumed,
    exported and reported as all are. It learns what the large model makes of the inputs
    and, for a quarter of its loss, the real pictures, without a discriminator: there is one right
    answer. The crops come out of the large run's archive, held-out ones stay held out.

    Args:
        run_dir: The project folder of the trained model; the state that was chosen by eye counts,
            else the newest one.
        small_dir: The project folder of the small one: new, or of an earlier call.
        parameters: How many weights the small generator has at most.
        frames: More material that needs no label, since the large model says what the answer is:
            videos, or folders and zips of pictures. 300 crops of each are learned from.
            What the model was trained on is left out: some of it is held out.
        epochs: How often to look at each crop; 0: as often as the large model did.
        minutes: How long to train; 0: by epochs.
        on_event: Called with the events of `train`.

    Raises:
        CheckpointError: the large run has nothing saved.
        DatasetError: it has no crops, or `frames` can't be read.
        OptionError: `parameters` is fewer than the smallest network has.

    Example:
        >>> distill("runs/flowers", "runs/flowers-small", minutes=20)  # doctest: +SKIP
    """
    run, small = (
        each if isinstance(each, Project) else Project(Path(each)) for each in (run_dir, small_dir)
    )
    mounts.require_answer(run.path, small.path, *map(Path, frames), on_event=on_event)
    config = small_options(saved_options(run), run, parameters)
    config = config.replace(
        epochs=epochs or config.epochs, minutes=minutes, teacher_share=_teacher_share(small)
    )
    dataset = _crops(run, small, config, frames, on_event)
    on_event(
        Note(
            message=_(
                "The small network is {width} filters wide.",
                width=config.base_filters,
            )
        )
    )
    return train(dataset, small, config, on_event=on_event)


def small_options(options: TrainConfig, run: Project, parameters: int) -> TrainConfig:
    """Returns the options of the widest network that has at most so many weights.

    Args:
        options: Of the large run.
        run: Its folder, which the small one takes as its teacher.
        parameters: The most weights of the generator.

    Raises:
        OptionError: the narrowest network has more.
    """
    small = options.replace(
        teacher=str(run.path.absolute()),
        init_from="",
        max_filters=0,
        learning_rate=0.0,
        dropout=0.0,
        gan_warmup_steps=MAX_WARMUP_STEPS,  # the discriminator never has its say
    )
    low, high = _NARROWEST, options.base_filters  # the widest that fits is in between
    if (least := count_parameters(small.replace(base_filters=low))) > parameters:
        raise OptionError(
            _("{name}: received {value}.", name="parameters", value=parameters),
            why=_(
                "The narrowest network for {size} pixels has {least}.",
                size=options.image_size,
                least=least,
            ),
            fix=_("Expected {least} or more.", least=least),
        )
    while low < high:
        middle = (low + high + 1) // 2
        fits = count_parameters(small.replace(base_filters=middle)) <= parameters
        low, high = (middle, high) if fits else (low, middle - 1)
    return small.replace(base_filters=low)


def _teacher_share(small: Project) -> float:
    """Returns what a small run that has begun goes on with, else what a new one gets."""
    try:
        return saved_options(small).teacher_share
    except CheckpointError:
        return _TEACHER_SHARE


def count_parameters(config: TrainConfig) -> int:
    """Returns how many weights the generator of these options has."""
    with silence_stderr():
        from ..model.build import build_generator

    return int(build_generator(config.replace(precision="float32"), plain=True).count_params())


def _crops(
    run: Project, small: Project, config: TrainConfig, frames: Sequence[Path | str], tell: OnEvent
) -> Dataset:
    """Returns the crops of the large run and of what else is to be learned from."""
    if frames and config.condition == "paired":
        raise OptionError(
            _("frames: received {file} for a model of pairs.", file=frames[0]),
            why=_("Its inputs are pictures of their own kind, which are not cut out of videos."),
            fix=_("Leave it out."),
        )
    folder = small.crops / "of-the-teacher"
    if not (folder / "manifest.json").exists():
        _keep_split(archive.unpack(run.dataset_zip, folder))
    own = {
        known.get("sha256")
        for known in manifest.read(folder).sources.values()
        if not known.get(_UNLABELLED)
    }
    shape = ":".join(map(str, sides(config.image_size)))
    more, how = small.crops / "frames", FramesConfig(count=_CROPS_OF_EACH, shape=shape)
    for source in map(Path, frames):
        if source.is_dir() or source.suffix.lower() == ".zip":
            import_pictures(source, more, how, on_event=tell)
        else:
            extract_frames(source, more, how, on_event=tell)
    found = manifest.read(more) if frames else Dataset(more, ())
    for key, known in found.sources.items():
        if known["sha256"] in own:  # some of its crops are held out
            tell(
                Note(
                    message=_(
                        "{file} is left out: the model was trained on it.", file=known["file"]
                    )
                )
            )
        else:
            linked = Source(key, known | {_UNLABELLED: True}, partial(_link, found, key))
            add_sources(folder, [linked], on_event=tell)
    return manifest.read(folder)


def _keep_split(dataset: Dataset) -> None:
    """Writes down what is held out, which the place among the crops may have told alone."""
    _learned, held_out = learned_and_held_out(dataset)
    files = {crop.file for crop in held_out}
    sides: dict[bool, Literal["train", "test"]] = {True: "test", False: "train"}
    manifest.update(
        dataset, lambda crop: dataclasses.replace(crop, split=sides[crop.file in files])
    )


def _link(found: Dataset, key: str, folder: Path, new_key: str) -> list[Crop]:
    """Brings the crops of one source into another dataset's folder, all to be learned from."""
    crops = []
    for crop in found.crops:
        if crop.source == key and crop.kept:
            file = crop.file.replace(key, new_key, 1)
            link_or_copy(found.directory / crop.file, folder / file)
            crops.append(dataclasses.replace(crop, file=file, source=new_key, split="train"))
    return crops
