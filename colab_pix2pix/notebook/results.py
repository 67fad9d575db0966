"""What a project has come to, read from its folder: no session has to be alive for it."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

import ipywidgets as widgets

from ..events import Metrics
from ..project import Project
from . import looks, pictures

#: A video above this size is not put into the page; its path is named instead.
LARGEST_VIDEO_BYTES = 8_000_000


def samples(project: Project) -> list[Path]:
    """Returns the sample grids that training has drawn, oldest first."""
    return sorted(project.samples.glob("step-*.jpg"))


def step_of(sample: Path) -> int:
    """Returns the step that a sample grid was drawn at.

    Example:
        >>> step_of(Path("samples/step-00000120.jpg"))
        120
    """
    return int(sample.stem.removeprefix("step-"))


def history(project: Project) -> list[Metrics]:
    """Returns the losses that training has written to `metrics.csv`; [] before the first."""
    if not project.metrics_csv.exists():
        return []
    with open(project.metrics_csv, newline="", encoding="utf-8") as file:
        return [_metrics(row) for row in csv.DictReader(file)]


def result_view(project: Project) -> widgets.VBox:
    """Returns the newest sample grid, the time-lapse of the training and the loss curves.

    What does not exist yet is left out; where nothing does, a sentence says what to do.
    """
    rows = [looks.style(), widgets.HTML(looks.line(f"Result of {project.path.name}", "title"))]
    if grids := samples(project):
        words = f"Step {step_of(grids[-1])}. {pictures.GRID_WORDS}"
        rows += _picture(pictures.jpeg(grids[-1]), "jpeg", words, "cp-sample")
    else:
        words = "Nothing is trained yet: run the training cell."
        rows.append(widgets.HTML(looks.line(words, "hint")))
    if project.timelapse.exists():
        rows += _timelapse(project)
    if measured := history(project):
        rows += _picture(pictures.loss_curves(measured), "png", "The losses.", "cp-curves")
    rows.append(widgets.HTML(looks.line(f"Everything is in {project.path}", "good")))
    view = widgets.VBox(rows)
    return view.add_class("cp").add_class("cp-panel").add_class("cp-result")


def _metrics(row: dict[str, str]) -> Metrics:
    values: dict[str, Any] = {name: float(text) if text else None for name, text in row.items()}
    return Metrics(**values | {name: int(row[name]) for name in ("step", "epoch")})


def _picture(content: bytes, kind: str, words: str, name: str) -> list[widgets.Widget]:
    image = widgets.Image(value=content, format=kind, layout={"max_width": "100%"})
    return [image.add_class(name), widgets.HTML(looks.line(words, "help"))]


def _timelapse(project: Project) -> list[widgets.Widget]:
    words = "The training as a time-lapse."
    if project.timelapse.stat().st_size > LARGEST_VIDEO_BYTES:
        return [widgets.HTML(looks.line(f"{words[:-1]}: {project.timelapse}"))]
    video = widgets.Video.from_file(
        str(project.timelapse), autoplay=False, loop=True, layout={"max_width": "100%"}
    )
    return [video.add_class("cp-timelapse"), widgets.HTML(looks.line(words, "help"))]
