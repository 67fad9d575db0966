"""The small model of a project: where it is kept, whether it counts, and how it compares."""

from __future__ import annotations

import ipywidgets as widgets
from PIL import Image

from .. import wording
from ..config import SmallConfig
from ..events import Note, OnEvent
from ..languages import N_, _
from ..project import Project
from ..workflows.reporting.beside_large import Comparison, in_words
from . import inline_images, style
from .large_view import large_view

_SIDE = 256
_LAYERS = (N_("what it sees"), N_("the model"), N_("the small model"), N_("the real picture"))


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
        missing = _(
            "The small model is not made yet: run the cell *Make it small* first. Until then the"
            " model itself is taken."
        )
        on_event(Note(message=missing, level="warning"))
        return project
    taken = _(
        "The small model is taken (at most {count} weights), as its form says.",
        count=wording.count(config.parameters),
    )
    on_event(Note(message=taken))
    return small


def comparison_view(found: Comparison, project: Project) -> widgets.VBox:
    """Returns what the model and the small one make of a few crops, and how they differ in words.

    Args:
        found: What `compare` has returned.
        project: Of the model itself.
    """
    rows = [style.style_sheet(), widgets.HTML(style.title(_("The small model"), project.path.name))]
    rows += [widgets.HTML(style.line(words)).add_class("cp-compared") for words in in_words(found)]
    caption = _(
        "What it sees, the model, the small model, and the real picture. A click shows them large."
    )
    rows.append(widgets.HTML(style.line(caption, "help")))
    for pictures in found.pictures:
        size = inline_images.fitted(Image.fromarray(pictures[-1]).size, _SIDE)
        resized = [
            Image.fromarray(picture).resize(size, Image.Resampling.BICUBIC) for picture in pictures
        ]
        strip = inline_images.jpeg_bytes(inline_images.strip(resized), 85)
        image = widgets.Image(value=strip, format="jpeg", layout={"max_width": "100%"})
        rows.append(image.add_class("cp-made"))
    rows.append(large_view("cp-made", tuple(map(_, _LAYERS)), strip=True))
    taken = _("The live page and what is shared take it from now on, as long as the tick is set.")
    rows.append(widgets.HTML(style.line(taken, "good")))
    return widgets.VBox(rows).add_class("cp").add_class("cp-panel").add_class("cp-small")
