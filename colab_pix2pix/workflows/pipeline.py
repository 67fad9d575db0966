"""The steps of the main job, as notebook, command line, demo and Python users take them."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from .. import events, mounts
from ..config import CurateConfig, FramesConfig, PicturesConfig, TrainConfig
from ..dataset import manifest
from ..dataset.manifest import Dataset
from ..errors import DatasetError
from ..events import OnEvent
from ..languages import _
from ..mounts import require_apart
from ..options import checks_input
from ..project import Project
from ..storage.os_errors import translate_os_errors

if TYPE_CHECKING:
    from ..dataset.import_images import Direction
    from ..storage.checkpoints import CheckpointWriter
    from ..training.trainer import TrainingResult


def cut_and_mark(
    videos: Sequence[Path],
    directory: Path,
    frames: FramesConfig,
    rules: CurateConfig,
    *,
    weights: Sequence[float] = (),
    scheduler: str = "",
    on_event: OnEvent = events.ignore,
) -> Dataset:
    """Returns the crops of videos, bad ones marked and some held out for testing.

    Args:
        videos: The video files; each gives as many crops as asked for.
        directory: The dataset folder to write.
        frames: How to cut.
        rules: What is marked, and how much is held out.
        weights: Where given, the videos share the number of crops by them; see `extract_many`.
        scheduler: Address of a dask scheduler whose workers cut several videos side by side; ""
            cuts them on this machine.
        on_event: Called with Progress and Note events.

    Raises:
        VideoError: the video can't be read.
        DatasetError: the folder holds other things.
    """
    from ..dataset import curate
    from ..dataset.extract import extract_frames, extract_many

    mounts.require_answer(*videos, directory, on_event=on_event)
    if len(videos) == 1 and not scheduler and not weights:
        dataset = extract_frames(videos[0], directory, frames, on_event=on_event)
    else:
        dataset = extract_many(
            videos, directory, frames, weights=weights, scheduler=scheduler, on_event=on_event
        )
    return curate.split(curate.mark(dataset, rules, on_event=on_event), rules)


def import_and_mark(
    sources: Sequence[Path],
    directory: Path,
    frames: FramesConfig,
    rules: CurateConfig,
    reading: PicturesConfig = PicturesConfig(),
    *,
    on_event: OnEvent = events.ignore,
) -> Dataset:
    """Returns the crops of one's own pictures, bad ones marked and some held out for testing.

    Args:
        sources: Folders or zips of pictures; each gives as many crops as asked for.
        directory: The dataset folder to write.
        frames: How to cut.
        rules: What is marked, and how much is held out.
        reading: How pictures are read that leave a choice, and whether a bad one ends the work.
        on_event: Called with Progress and Note events.

    Raises:
        DatasetError: there are no pictures, none can't be read, or the folder holds other things.
    """
    from ..dataset import curate
    from ..dataset.import_images import import_pictures

    mounts.require_answer(*sources, directory, on_event=on_event)
    for source in sources:
        dataset = import_pictures(source, directory, frames, reading, on_event=on_event)
    return curate.split(curate.mark(dataset, rules, on_event=on_event), rules)


def import_and_split(
    sources: Sequence[Path],
    directory: Path,
    rules: CurateConfig,
    *,
    direction: Direction,
    size: int | str,
    reading: PicturesConfig = PicturesConfig(),
    on_event: OnEvent = events.ignore,
) -> Dataset:
    """Returns pairs of pictures as a dataset, some held out for testing.

    None is marked as bad: a dark or repeated picture may well be one that is meant.

    Args:
        sources: One folder or zip of pictures side by side; or two folders, A and B.
        directory: The dataset folder to write.
        rules: How much is held out.
        direction: "AtoB" or "BtoA".
        size: Width and height that both get, in pixels.
        reading: How pictures are read that leave a choice, and whether a bad one ends the work.
        on_event: Called with Progress and Note events.

    Raises:
        DatasetError: as `import_pairs`, or there are more than two sources.
    """
    from ..dataset import curate
    from ..dataset.import_images import import_pairs

    if len(sources) > 2:
        raise DatasetError(
            _("Received {n} sources of pairs.", n=len(sources)),
            why=_("Expected one with both pictures side by side, or two folders, A and B."),
            fix=_("Call it once for each source: a dataset folder takes several."),
        )
    mounts.require_answer(*sources, directory, on_event=on_event)
    pairs = sources[0] if len(sources) == 1 else (sources[0], sources[1])
    dataset = import_pairs(
        pairs, directory, direction=direction, size=size, reading=reading, on_event=on_event
    )
    return curate.split(dataset, rules)


@checks_input()
def train(
    dataset: Dataset | Path | str,
    run_dir: Project | Path | str,
    config: TrainConfig | None = None,
    *,
    strict: bool = False,
    on_event: OnEvent = events.ignore,
) -> TrainingResult:
    """Trains pix2pix on a folder of crops; goes on by itself where an earlier call ended.

    Before the first step the crops are packed into the project, so that it is whole without them;
    what can be refused is refused before anything is written. SIGINT and
    SIGTERM end the training after the current step, with everything saved; a second one raises
    KeyboardInterrupt at once.

    Args:
        dataset: A dataset or its folder; choices that its manifest has and a dataset does not are
            taken from there, and where it has none, those that the project keeps.
        run_dir: The project folder: new, or of the run to go on with.
        config: The options; None takes those stored in the project folder.
        strict: Of a plain folder of pictures: True stops at one that can't be read. Else it is left
            out, and named in a note.
        on_event: Called with Progress, Metrics, Sample, Saved, Resumed and Note events.

    Returns:
        How far it came. After the last step of the last epoch nothing is left to do: the same call
        again returns at once.

    Raises:
        OptionError: the project folder is the folder of the crops, or lies in it.
        DatasetError: the crops can't be used.
        IncompatibleRunError: the run was made with other options; nothing is changed.
        TrainingError: the losses broke, or the device has too little memory; what was saved stays.
        CheckpointError: no saved state is valid, or the last one could not be written.
        DriveError: the project folder can't be written.

    Example:
        >>> result = train("crops", "runs/flowers", TrainConfig(epochs=50))  # doctest: +SKIP
    """
    from ..dataset import choices
    from ..dataset.counts import counts_in_words
    from ..dataset.own_images.readable_crops import without_unreadable
    from ..training.fit import fit
    from ..training.plan import make_plan

    project = run_dir if isinstance(run_dir, Project) else Project(Path(run_dir))
    folder = dataset.directory if isinstance(dataset, Dataset) else Path(dataset)
    mounts.require_answer(folder, project.path, on_event=on_event)
    dataset = manifest.newest(dataset) if isinstance(dataset, Dataset) else manifest.read(dataset)
    require_apart(project.path, dataset.directory, may_contain=True)
    dataset = without_unreadable(dataset, strict=strict, on_event=on_event)
    if not any(crop.choice for crop in dataset.crops):
        dataset, changed = choices.restore(project, dataset)
        if changed:
            on_event(events.Note(message=choices.came_back(project, changed)))
    plan = make_plan(dataset, project, config, on_event)
    on_event(events.Note(message=counts_in_words(dataset)))
    return fit(
        plan,
        on_event,
        keep_crops=partial(keep_crops, dataset, project, on_event),
        crops_are_kept=partial(_are_kept, dataset, project, on_event),
    )


def _are_kept(dataset: Dataset, project: Project, on_event: OnEvent) -> bool:
    """Returns whether the project holds the crops, and what was decided about them."""
    from ..dataset import archive, choices

    def look(beat: mounts.Beat) -> bool:
        return choices.are_kept(project, dataset) and archive.is_packed(
            dataset, project.dataset_zip
        )

    with translate_os_errors(project.path):
        return mounts.ask(project.path, look, on_event=on_event)


def keep_crops(
    dataset: Dataset, project: Project, on_event: OnEvent, writer: CheckpointWriter
) -> None:
    """Brings choices and crops into a project; for Google Drive on this machine's disk first.

    Args:
        dataset: The crops.
        project: Where they belong.
        on_event: Told a `Note` when Drive does not answer.
        writer: Of the session that works on the project.

    Raises:
        DriveError, ProjectError: the project's folder does not answer.
    """
    from ..dataset import archive, choices

    def is_packed(beat: mounts.Beat) -> bool:
        return archive.is_packed(dataset, project.dataset_zip)

    with translate_os_errors(project.path):
        # First the choices: they are small, and there whatever happens next.
        mounts.ask(project.path, lambda beat: choices.keep(project, dataset), on_event=on_event)
        if not mounts.ask(project.path, is_packed, on_event=on_event):
            writer.side_file(lambda folder: archive.pack(dataset, folder.dataset_zip))
