"""Files of the user's own computer, for the notebook.

In Colab its own dialogue takes them, large ones too. Elsewhere the form has a place to drop them.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import ipywidgets as widgets

from ...filenames import IMAGE_SUFFIXES
from ...languages import N_, _
from ...project import Project
from ...storage import colab
from ..error_panel import ErrorPanel
from .drop_zone import DropZone, UploadError

_ELSEWHERE = N_(
    "A file of this machine: type its path here. One of your own computer: drop it below."
)
_IN_COLAB = N_(
    "A file on your Drive: find it in the list of files at the left, under drive/MyDrive, choose"
    " Copy path in its menu, and paste that here."
)


def help_text() -> str:
    """Returns how a file of this computer gets to where the notebook runs."""
    return _(_IN_COLAB) if colab.in_colab() else _(_ELSEWHERE)


def checkbox() -> widgets.Checkbox:
    """Returns a box to ask for an upload by the next cell; it is hidden outside Colab."""
    box = widgets.Checkbox(
        description=_("Upload from this computer when the next cell runs"),
        layout={"width": "auto", "display": "flex" if colab.in_colab() else "none"},
        style={"description_width": "0px"},
    )
    return box.add_class("cp-box").add_class("cp-upload")


def zone(
    project: Project | None, choose: Callable[[str], None], errors: ErrorPanel
) -> widgets.Widget:
    """Returns where files of the user's own computer can be dropped; nothing in Colab.

    Args:
        project: Whose folder on this machine's own disk they are put into.
        choose: Called with what stands for them in the box of a form: the folder of pictures, else
            a path a line.
        errors: Shows what has gone wrong.
    """
    if colab.in_colab():
        return widgets.VBox(layout={"display": "none"})

    def taken(paths: list[Path]) -> None:
        pictures = all(path.suffix.lower() in IMAGE_SUFFIXES for path in paths)
        several = pictures and len(paths) > 1
        choose(str(paths[0].parent) if several else "\n".join(map(str, paths)))

    work = project.work if project is not None else Path.cwd()
    return DropZone(work / "uploads", taken, errors)


def upload(folder: Path) -> Path:
    """Shows Colab's dialogue below the running cell; returns the file that was chosen.

    Args:
        folder: Where the file is put; several get a folder of their own there.

    Returns:
        The file, or the folder of several.

    Raises:
        UploadError: no file was chosen.
    """
    number = len(list(folder.iterdir())) if folder.exists() else 0
    while (target := folder / f"upload-{number}").exists():
        number += 1
    files = colab.upload(target)
    if not files:
        raise UploadError(
            _("No file was uploaded."),
            fix=_("Run the cell again and choose one, or take the tick from the upload box above."),
        )
    return files[0] if len(files) == 1 else target
