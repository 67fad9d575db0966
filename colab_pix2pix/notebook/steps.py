"""The steps of the notebook, a function each: its cells stay short and hold no code to read.

A step shows its progress in the cell that runs it, and takes what an earlier session has left in
the project folder instead of doing it again.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from IPython.display import display

from .. import mounts, wording
from ..config import TrainConfig, VideoConfig
from ..dataset.manifest import Dataset
from ..errors import Pix2PixError
from ..events import Event, Note
from ..project import Project
from ..storage import colab, restore, status_line
from ..workflows import pipeline
from ..workflows.release import release_when_safe
from . import crop_cache, machine, time_estimate
from .forms import FramesForm, TrainForm, UseForm, VideoForm, file_upload
from .forms.project_form import ProjectForm
from .gallery.gallery import Gallery
from .panels import live_page, predictions
from .panels.report_view import report_view
from .panels.results import result_view
from .panels.training_panel import ProgressLine, TrainingPanel

if TYPE_CHECKING:
    from ..training.trainer import TrainingResult


class Stopped(Pix2PixError):
    """A step was interrupted: one friendly line in the cell, and "Run all" ends there."""


def set_up() -> None:
    """Shows versions, the GPU (or what it means that there is none) and the free disk."""
    display(machine.report())


def open_project(form: ProjectForm) -> Project:
    """Returns the project that a form names, and says how far it is.

    Raises:
        OptionError: the name can't be a folder's.
        DriveError: in Colab, Drive can't be reached.
        CheckpointError: the project has saved states, and none of them is valid.
    """
    project = form.project
    mounts.require_answer(project.path, on_event=_show_event)
    space = "".join(f" {name}: {value}." for name, value in machine.drive_space().items())
    _show_event(Note(message=welcome(project) + space))
    return project


def get_video(project: Project, form: VideoForm) -> Path | None:
    """Fetches the video that a form names; returns its file.

    Returns:
        A folder or a zip where the form names one: images stay where they are. None when the
        project already has the crops, so that nothing is fetched.

    Raises:
        DownloadError: it can't be fetched.
        DatasetError: the folder or the zip has no images, or they are no pairs.
        UploadError: an upload was asked for, and no file was chosen.
    """
    line = _displayed_line()
    with _stoppable("Stopped: run this cell again to fetch the video."):
        mounts.require_answer(project.path, on_event=line)
        config = _config_after_upload(project, form)
        project.remember(config, form.pictures_config)
        crop_cache.remember_for_session(project, config)
        crop_cache.recover(project, on_event=line)
        if crop_cache.of_source(project, config):
            line(Note(message="The project has crops of this: it is not fetched again."))
            return None
        video = crop_cache.fetch(project, config, on_event=line)
    line(Note(message=_describe_source(video)))
    return video


def cut_crops(project: Project, video: Path | None, form: FramesForm) -> Dataset:
    """Cuts crops out of the video, marks bad ones and holds some out for testing.

    Crops that were cut with the same options before are taken as they are, with every choice that
    was made on them.

    Args:
        project: Where the options are kept.
        video: What `get_video` has returned.
        form: How to cut.

    Raises:
        VideoError: the video can't be read.
        DatasetError: an image can't be read.
    """
    line = _displayed_line()
    with _stoppable("Stopped: run this cell again to cut the crops."):
        mounts.require_answer(project.path, on_event=line)
        project.remember(config := form.config)
        return crop_cache.cut(project, video, config, on_event=line)


def look_at_crops(dataset: Dataset, project: Project | None = None) -> Gallery:
    """Shows the crops; returns the gallery, whose `dataset` is the state after the last click.

    Args:
        dataset: What `cut_crops` has returned.
        project: Where every choice is kept within seconds, so that it outlives this machine.
    """
    gallery = Gallery(dataset, project=project)
    display(gallery)
    return gallery


def train(project: Project, gallery: Gallery | Dataset, form: TrainForm) -> TrainingResult:
    """Trains on the crops that are kept; goes on by itself where an earlier session ended.

    Args:
        project: Where crops, states and samples are kept.
        gallery: What `look_at_crops` has returned, or a dataset.
        form: How to train.

    Raises:
        Stopped: the user has interrupted it; it says what is saved.
        IncompatibleRunError: the project was trained with other options before.
    """
    dataset = gallery.dataset if isinstance(gallery, Gallery) else gallery
    mounts.require_answer(project.path, on_event=_show_event)
    panel = TrainingPanel(project)
    display(panel)
    with _stoppable("Stopped. What was saved is safe: run this cell again to go on from there."):
        try:
            panel(Note(message="Getting ready: the first picture takes a few seconds."))
            result = pipeline.train(dataset, project, form.config, on_event=panel)
        finally:
            panel.finish()
    if panel.steps_per_second:
        # Not the form's options: a batch size of 0 is filled in while training.
        used = result.project.recall(TrainConfig)
        time_estimate.record_speed(used, panel.steps_per_second, machine.gpu_name())
    if result.interrupted:
        safety = _describe_safety(result)
        raise Stopped(
            f"Stopped after step {result.step} of {result.total_steps}, {safety}:"
            " run this cell again to go on."
        )
    return result


def show_result(project: Project) -> None:
    """Shows the newest sample grid, the time-lapse of the training and the loss curves."""
    mounts.require_answer(project.path, on_event=_show_event)
    display(result_view(project))


def report(project: Project) -> Path:
    """Shows how good the trained model is, in a page that is kept in the project; returns its file.

    Args:
        project: Its saved states are measured on crops that were held out.

    Raises:
        CheckpointError: nothing is trained yet.
    """
    from ..workflows.report import report as write_report

    line = _displayed_line()
    with _stoppable("Stopped: run this cell again for the report."):
        line(Note(message="Measuring it on pictures that it has never seen: up to a minute."))
        path = write_report(project, on_event=line)
    display(report_view(path))
    return path


def use(project: Project, gallery: Gallery | Dataset, form: UseForm) -> list[Path]:
    """Shows predictions of the trained model; returns their files.

    Args:
        project: Its model is taken, and its folder `made` gets the results.
        gallery: What `look_at_crops` has returned, or a dataset: where the form names nothing,
            crops that were held out are taken.
        form: Which images, or which video.

    Raises:
        CheckpointError: nothing is trained yet.
        DatasetError: there is no such image.
        UploadError: an upload was asked for, and no file was chosen.
    """
    dataset = gallery.dataset if isinstance(gallery, Gallery) else gallery
    line = _displayed_line()
    with _stoppable("Stopped: run this cell again to use the model."):
        mounts.require_answer(project.path, on_event=line)
        source = file_upload.upload(project.work / "uploads") if form.upload.value else form.path
        pairs = predictions.predict(project, source, dataset, on_event=line)
    display(predictions.predictions_view(pairs, project.recall(TrainConfig)))
    return [result for _, result in pairs]


def try_live(project: Project) -> None:
    """Shows the page in which the trained model runs live: on a camera, an image, a drawing.

    Args:
        project: Its newest model is taken.

    Raises:
        CheckpointError: nothing is trained yet.
        DriveError: in Colab, its page gives no address for the machine.
    """
    line = _displayed_line()
    with _stoppable("Stopped: run this cell again to try the model."):
        line(Note(message="Writing the page: a few seconds."))
        view = live_page.live_view(project, on_event=line)
    display(view)


def give_back(project: Project, *, when_safe: bool) -> None:
    """Gives the Colab machine back once Drive has confirmed everything, if that is wanted.

    Args:
        project: What must be safe first.
        when_safe: False keeps the machine, and says how to give it back.

    Raises:
        DriveError: something would be lost; the machine is kept.
        Stopped: the user has interrupted the wait; the machine is kept.
    """
    line = _displayed_line()
    if not colab.in_colab():
        line(Note(message="This is no machine of Colab's: there is nothing to give back."))
        return
    if not when_safe:
        line(Note(message="The machine stays yours. To give it back, tick the box of this cell."))
        return
    with _stoppable("Stopped: the machine is still yours. Run this cell again to give it back."):
        release_when_safe(project, on_event=line)


def _config_after_upload(project: Project, form: VideoForm) -> VideoConfig:
    """Returns what the form says, once a file that is to be uploaded is here."""
    if form.upload.value:
        video = file_upload.upload(project.work / "uploads")
        form.value = {"source": str(video)}
        form.upload.value = False  # the cell run again takes the same file
    return form.config


def _describe_source(video: Path) -> str:
    if video.is_dir():
        return f"The pictures in {video.name} are taken from where they are."
    return f"{video.name}, {wording.bytes_in_words(video.stat().st_size)}"


def _describe_safety(result: TrainingResult) -> str:
    safety = result.safety
    if safety is None or (safety.safe_step == result.step and not safety.missing_files):
        return "everything is saved"
    return status_line.line(safety)


@contextmanager
def _stoppable(message: str) -> Iterator[None]:
    """Turns an interrupt into one friendly line."""
    try:
        yield
    except KeyboardInterrupt:
        raise Stopped(message) from None


def welcome(project: Project) -> str:
    """Returns what to say when a project is opened: that it is new, or how far it is.

    Raises:
        CheckpointError: the project has saved states, and none of them is valid.
    """
    if not project.settings_file.exists():
        return f"A new project: {project.path.name}."
    state = restore.status(project)
    if state["step"] is None:
        return f"Welcome back: {project.path.name} is not trained yet."
    epochs, done = state["options"].get("epochs", "?"), state["epochs_done"]
    position = f"({project.path.name}, step {wording.count(state['step'])})"
    if done == epochs:
        return f"Welcome back: all {epochs} epochs are done {position}. Set more of them to go on."
    return f"Welcome back: continue at epoch {done + 1} of {epochs} {position}."


def _displayed_line() -> ProgressLine:
    line = ProgressLine()
    display(line)
    return line


def _show_event(event: Event) -> None:
    _displayed_line()(event)
