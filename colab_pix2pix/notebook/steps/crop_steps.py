"""The steps from a video to crops: choose it, get it, cut it up, look at what came out."""

from __future__ import annotations

from pathlib import Path

from IPython.display import display

from ... import wording
from ...config import VideoConfig
from ...dataset import manifest
from ...dataset.counts import counts_in_words
from ...dataset.manifest import Dataset
from ...events import Note
from ...languages import _
from ...project import Project
from .. import crop_cache, kernel_state, language_choice, several_videos
from ..forms import FramesForm, VideoForm, file_upload
from ..gallery.gallery import Gallery
from ..several_videos import SeveralVideos
from .opening import displayed_line, given_or_open, shown, stoppable

Video = Path | SeveralVideos | None


def choose_video(project: Project | None = None) -> VideoForm:
    """Returns the form for the video, to be shown."""
    return shown("video_form", VideoForm(given_or_open(project)))


def get_video(project: Project | None = None, form: VideoForm | None = None) -> Video:
    """Fetches the video that a form names; returns its file.

    Returns:
        A folder or a zip where the form names one: images stay where they are. Of several lines,
        all videos that could be had. None when the project already has the crops, so that nothing
        is fetched.

    Raises:
        DownloadError: it can't be fetched.
        DatasetError: the folder or the zip has no images, or they are no pairs.
        UploadError: an upload was asked for, and no file was chosen.
    """
    project = given_or_open(project)
    form = form or kernel_state.current.get("video_form") or VideoForm(project)
    line = displayed_line(project)
    stopped = _("Stopped: run this cell again to fetch the video.")
    with kernel_state.current.making("video"), stoppable(stopped):
        config = _config_after_upload(project, form)
        project.remember(config, form.pictures_config)
        language_choice.keep(project)
        crop_cache.remember_for_session(project, config)
        crop_cache.recover(project, on_event=line)
        if crop_cache.of_source(project, config):
            line(Note(message=_("The project has crops of this: it is not fetched again.")))
            video = None
        else:
            video = crop_cache.fetch(project, config, on_event=line)
            line(Note(message=_describe_source(video, config)))
        kernel_state.current.keep("video", video)
    return video


def choose_crops(project: Project | None = None) -> FramesForm:
    """Returns the form for the crops, to be shown; gets the video where that is not done yet."""
    project = given_or_open(project)
    return shown("frames_form", FramesForm(project, _video_of(project)))


def cut_crops(
    project: Project | None = None, video: Video = None, form: FramesForm | None = None
) -> Dataset:
    """Cuts crops out of the video, marks bad ones and holds some out for testing.

    Crops that were cut with the same options before are taken as they are, with every choice that
    was made on them.

    Args:
        project: Where the options are kept.
        video: What `get_video` has returned; without a project, it is got where it is needed.
        form: How to cut.

    Raises:
        VideoError: the video can't be read.
        DatasetError: an image can't be read.
    """
    if project is None:
        project = given_or_open()
        video = _video_of(project)
    project = given_or_open(project)
    form = form or kernel_state.current.get("frames_form") or FramesForm(project)
    line = displayed_line(project)
    stopped = _("Stopped: run this cell again to cut the crops.")
    with kernel_state.current.making("crops"), stoppable(stopped):
        config = form.config
        project.remember(config)
        dataset = crop_cache.cut(project, video, config, on_event=line)
        kernel_state.current.keep("crops", dataset)
    line(Note(message=counts_in_words(dataset)))
    return dataset


def look_at_crops(dataset: Dataset | None = None, project: Project | None = None) -> Gallery:
    """Shows the crops; returns the gallery, whose `dataset` is the state after the last click.

    Args:
        dataset: What `cut_crops` has returned; they are cut where that is not done yet.
        project: Where every choice is kept within seconds, so that it outlives this machine.
    """
    if dataset is None:
        project = given_or_open(project)
        dataset = crops_of(project)
    gallery = Gallery(dataset, project=project)
    display(gallery)
    if project is not None:
        kernel_state.current.use(project)
        kernel_state.current.keep("gallery", gallery)
    return gallery


def _video_of(project: Project) -> Video:
    video: Video = (
        kernel_state.current.get("video") if "video" in kernel_state.current else get_video(project)
    )
    return video


def crops_of(project: Project) -> Dataset:
    """Returns the crops of a project as their folder has them; cuts them where none were cut."""
    if "crops" not in kernel_state.current:
        return cut_crops(project, _video_of(project))
    return manifest.newest(kernel_state.current.get("crops"))


def dataset_of(project: Project, gallery: Gallery | Dataset | None) -> Dataset:
    if gallery is None:
        return crops_of(project)
    return gallery.dataset if isinstance(gallery, Gallery) else gallery


def _config_after_upload(project: Project, form: VideoForm) -> VideoConfig:
    """Returns what the form says, once a file that is to be uploaded is here."""
    if form.upload.value:
        video = file_upload.upload(project.work / "uploads")
        form.value = {"source": str(video)}
        form.upload.value = False  # the cell run again takes the same file
    return form.config


def _describe_source(video: Path | SeveralVideos, config: VideoConfig) -> str:
    if isinstance(video, SeveralVideos):
        return several_videos.described(video)
    if video.is_dir():
        return _("The pictures in {name} are taken from where they are.", name=video.name)
    size = wording.bytes_in_words(video.stat().st_size)
    if not config.source:
        return _(
            "No video is chosen, so the sample is taken: a short time-lapse, {size}.", size=size
        )
    return f"{video.name}, {size}"
