"""What is shown to others of a training: the film, the sheet, and a button for each file."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import ipywidgets as widgets

from ... import wording
from ...languages import N_, _
from .. import style
from . import downloads

_WORDS = {
    ".gif": (N_("The training as a GIF, for wherever pictures go"), N_("Download the GIF")),
    ".mp4": (N_("The same as a film, sharper and smaller"), N_("Download the film")),
    ".png": (N_("Pictures that it has not learned from"), N_("Download the sheet")),
    ".html": (
        N_("The model itself, live, in one file: a double click opens it"),
        N_("Download the page"),
    ),
}


def share_view(files: Sequence[Path], project: str = "") -> widgets.VBox:
    """Returns what `p2p.share` has written, to be looked at and taken away.

    Args:
        files: At least one.
        project: The name of the project.
    """
    rows = [style.style_sheet(), widgets.HTML(style.title(_("To show to others"), project))]
    pictures = [path for path in files if path.suffix in (".gif", ".png")]
    shown = [path for path in pictures if path.stat().st_size <= downloads.MOST_BYTES]
    if shown:
        rows.append(_picture(shown[0]))
    for path in files:
        words, action = _WORDS[path.suffix]
        size = wording.bytes_in_words(path.stat().st_size)
        rows.append(widgets.HTML(style.line(f"{_(words)}: {path.name}, {size}")))
        rows.append(downloads.offer(path, _(action)))
    rows.append(widgets.HTML(style.line(_where(files[0].parent), "good")))
    return widgets.VBox(rows).add_class("cp").add_class("cp-panel").add_class("cp-share")


def _picture(path: Path) -> widgets.Image:
    image = widgets.Image(
        value=path.read_bytes(),
        format=path.suffix[1:],
        layout={"max_width": "100%", "width": "420px"},
    )
    return image.add_class("cp-shared")


def _where(folder: Path) -> str:
    return _("All are in {folder}", folder=wording.path_in_words(folder))
