"""The steps with the model: train it, look at it, measure it, use it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from IPython.display import display

from ...config import TrainConfig
from ...dataset.manifest import Dataset
from ...events import Note
from ...languages import _
from ...project import Project
from ...storage import status_line
from ...workflows import pipeline, time_estimate
from .. import kernel_state, small_model
from ..forms import TrainForm, UseForm, file_upload
from ..gallery.gallery import Gallery
from ..panels import live_page, predictions
from ..panels.report_view import report_view
from ..panels.results import result_view
from ..panels.training_panel import TrainingPanel
from .crop_steps import crops_of, dataset_of
from .opening import Stopped, displayed_line, given_or_open, shown, stoppable

if TYPE_CHECKING:
    from ...training.trainer import TrainingResult


def choose_training(project: Project | None = None) -> TrainForm:
    """Returns the form for the training, to be shown; cuts crops where that is not done yet."""
    project = given_or_open(project)
    return shown("train_form", TrainForm(project, crops_of(project)))


def train(
    project: Project | None = None,
    gallery: Gallery | Dataset | None = None,
    form: TrainForm | None = None,
) -> TrainingResult:
    """Trains on the crops that are kept; goes on by itself where an earlier session ended.

    Args:
        project: Where crops, states and samples are kept.
        gallery: What `look_at_crops` has returned, or a dataset; crops are cut, or come back from
            the project, where that is not done yet.
        form: How to train.

    Raises:
        Stopped: the user has interrupted it; it says what is saved.
        IncompatibleRunError: the project was trained with other options before.
    """
    project = given_or_open(project)
    dataset = dataset_of(project, gallery)
    form = form or kernel_state.current.get("train_form") or TrainForm(project, dataset)
    panel = TrainingPanel(project, galleries=Gallery.shown())
    display(panel)
    with stoppable(_("Stopped. What was saved is safe: run this cell again to go on from there.")):
        try:
            ready = _("Getting ready: the first picture takes a few seconds.")
            panel(Note(message=ready))
            result = pipeline.train(dataset, project, form.config, on_event=panel)
        finally:
            panel.finish()
    if panel.steps_per_second:
        # Not the form's options: a batch size of 0 is filled in while training.
        used = result.project.recall(TrainConfig)
        time_estimate.record_speed(used, panel.steps_per_second, time_estimate.gpu_name())
    if result.interrupted:
        safety = _describe_safety(result)
        raise Stopped(
            _(
                "Stopped after step {step} of {count}, {safety}: run this cell again to go on.",
                step=result.step,
                count=result.total_steps,
                safety=safety,
            )
        )
    return result


def show_result(project: Project | None = None) -> None:
    """Shows the newest sample grid, the time-lapse of the training and the loss curves."""
    display(result_view(given_or_open(project)))


def report(project: Project | None = None) -> Path:
    """Shows how good the trained model is, in a page that is kept in the project; returns its file.

    Args:
        project: Its saved states are measured on crops that were held out.

    Raises:
        CheckpointError: nothing is trained yet.
    """
    from ...workflows.report import report as write_report

    project = given_or_open(project)
    line = displayed_line(project)
    with stoppable(_("Stopped: run this cell again for the report.")):
        measuring = _("Measuring it on pictures that it has never seen: up to a minute.")
        line(Note(message=measuring))
        path = write_report(project, on_event=line)
    display(report_view(path))
    return path


def choose_picture(project: Project | None = None) -> UseForm:
    """Returns the form for a picture or a video that the model shall see, to be shown."""
    return shown("use_form", UseForm(given_or_open(project)))


def use(
    project: Project | None = None,
    gallery: Gallery | Dataset | None = None,
    form: UseForm | None = None,
) -> list[Path]:
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
    project = given_or_open(project)
    form = form or kernel_state.current.get("use_form") or UseForm(project)
    dataset = dataset_of(project, gallery)
    line = displayed_line(project)
    with stoppable(_("Stopped: run this cell again to use the model.")):
        source = file_upload.upload(project.work / "uploads") if form.upload.value else form.path
        pairs = predictions.predict(project, source, dataset, form.config, on_event=line)
    trained = project.recall(TrainConfig)
    display(predictions.predictions_view(pairs, trained, project.path.name, form.config))
    return [result for source, result in pairs]


def try_live(project: Project | None = None) -> None:
    """Shows the page in which the trained model runs live: on a camera, an image, a drawing.

    Args:
        project: Its newest model is taken; the small one where that is wanted and made.

    Raises:
        CheckpointError: nothing is trained yet.
        DriveError: in Colab, its page gives no address for the machine.
    """
    project = given_or_open(project)
    line = displayed_line(project)
    with stoppable(_("Stopped: run this cell again to try the model.")):
        view = live_page.live_view(
            small_model.model_for_page(project, on_event=line), on_event=line
        )
    display(view)


def _describe_safety(result: TrainingResult) -> str:
    safety = result.safety
    if safety is None or (safety.safe_step == result.step and not safety.missing_files):
        return _("everything is saved")
    return status_line.line(safety)
