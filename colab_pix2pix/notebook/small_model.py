"""The small model of a project: where it is kept, whether it counts, and how it compares."""

from __future__ import annotations

import ipywidgets as widgets
from PIL import Image

from .. import wording
from ..config import SmallConfig
from ..events import Note, OnEvent
from ..project import Project
from ..workflows.reporting.beside_large import Comparison, in_words
from . import inline_images, style
from .large_view import large_view

_SIDE = 256
_LAYERS = ("what it sees", "the model", "the small model", "the real picture")


def small_project(project: Project, config: SmallConfig) -> Project:
    """Returns where a project keeps its small model: one for each size, in its own folder."""
    return Project(project.path / f"{project.path.name}-small-{config.parameters}")


def model_for_page(project: Project, *, on_event: OnEvent) -> Project:
    """Returns the run whose model the page and what is shared take: the small one where wanted.

    Args:
        project: The project, whose form *Make it small?* counts.
        on_event: Told a `Note` where the small model is taken, or is still to be made.
    """
    config = project.recall(SmallConfig)
    small = small_project(project, config)
    if not config.wanted:
        return project
    if not any(slot.exists() for slot in small.slots):
        missing = "The small model is not made yet: run the cell *Make it small* first."
        on_event(Note(message=f"{missing} Until then the model itself is taken.", level="warning"))
        return project
    at_most = f"at most {wording.count(config.parameters)} weights"
    on_event(Note(message=f"The small model is taken ({at_most}), as its form says."))
    return small


def comparison_view(found: Comparison, project: Project) -> widgets.VBox:
    """Returns what the model and the small one make of a few crops, and how they differ in words.

    Args:
        found: What `compare` has returned.
        project: Of the model itself.
    """
    rows = [style.style_sheet(), widgets.HTML(style.title("The small model", project.path.name))]
    rows += [widgets.HTML(style.line(words)).add_class("cp-compared") for words in in_words(found)]
    caption = f"{', '.join(_LAYERS[:-1])}, and {_LAYERS[-1]}. A click shows them large."
    rows.append(widgets.HTML(style.line(caption[0].upper() + caption[1:], "help")))
    for pictures in found.pictures:
        squares = [
            Image.fromarray(picture).resize((_SIDE, _SIDE), Image.Resampling.BICUBIC)
            for picture in pictures
        ]
        strip = inline_images.jpeg_bytes(inline_images.strip(squares), 85)
        image = widgets.Image(value=strip, format="jpeg", layout={"max_width": "100%"})
        rows.append(image.add_class("cp-made"))
    rows.append(large_view("cp-made", _LAYERS, strip=True))
    taken = "The live page and what is shared take it from now on, as long as the tick is set."
    rows.append(widgets.HTML(style.line(taken, "good")))
    return widgets.VBox(rows).add_class("cp").add_class("cp-panel").add_class("cp-small")
