"""What a project has come to, read from its folder: no session has to be alive for it."""

from __future__ import annotations

from pathlib import Path

import ipywidgets as widgets

from ... import ffmpeg, wording
from ...errors import VideoError
from ...languages import _
from ...litter import temp_folder
from ...project import Project
from ...training.artifacts import read_metrics
from .. import style
from . import scrolling
from .samples import SampleView

VIDEO_PIXELS = 480


def result_view(project: Project) -> widgets.VBox:
    """Returns the newest sample grid, the time-lapse of the training and the loss curves.

    What does not exist yet is left out; where nothing does, a sentence says what to do.
    """
    rows = [
        style.style_sheet(),
        widgets.HTML(style.title(_("Result"), project.path.name)),
    ]
    if grids := project.sample_files():
        view = SampleView()
        view.offer(grids)
        rows.append(view)
    else:
        words = _("Nothing is trained yet: run the training cell.")
        rows.append(widgets.HTML(style.line(words, "hint")))
    if project.timelapse.exists():
        rows += _timelapse(project)
    if measured := read_metrics(project):
        from ...workflows.reporting.curves import curves  # matplotlib: not for the first form

        rows.append(widgets.HTML(curves(measured)).add_class("cp-curves"))
    folder = wording.path_in_words(project.path)
    rows.append(widgets.HTML(style.line(_("Everything is in {folder}", folder=folder), "good")))
    rows.append(scrolling.into_view())
    return widgets.VBox(rows).add_class("cp").add_class("cp-panel").add_class("cp-result")


def _timelapse(project: Project) -> list[widgets.Widget]:
    try:
        content = small_video(project.timelapse)
    except VideoError as error:
        again = _("The training cell makes it again once there are more steps to do.")
        torn = f"{error.what} {again}"
        return [widgets.HTML(style.line(torn, "hint"))]
    video = widgets.Video(
        value=content,
        format="mp4",
        autoplay=False,
        loop=True,
        layout={"max_width": "100%"},
    )
    words = _("The training as a time-lapse. In full size: {file}", file=project.timelapse.name)
    return [video.add_class("cp-timelapse"), widgets.HTML(style.line(words, "help"))]


#: How much of a video is shown in a notebook.
SMALL_VIDEO_SECONDS = 20


def small_video(path: Path) -> bytes:
    """Returns a video as an MP4 that a notebook can hold: at most 480 pixels wide, 20 seconds.

    Raises:
        VideoError: it can't be read.
    """
    with temp_folder() as folder:
        small = folder / "small.mp4"
        size = ["-vf", f"scale='min({VIDEO_PIXELS},iw)':-2", "-t", str(SMALL_VIDEO_SECONDS)]
        coding = ["-c:v", "libx264", "-crf", "30", "-pix_fmt", "yuv420p", "-movflags", "+faststart"]
        ffmpeg.run(["-i", str(path), *size, *coding, str(small)], what=f"shrinking {path.name}")
        return small.read_bytes()
