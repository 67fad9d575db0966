"""Files of the user's own computer, for the notebook.

In Colab its own dialogue takes them, large ones too; the upload button of ipywidgets breaks the
connection above a megabyte. Elsewhere the file list of Jupyter does it, and a path is typed.
"""

from __future__ import annotations

from pathlib import Path

import ipywidgets as widgets

from ...errors import Pix2PixError
from ...storage import colab

_ELSEWHERE = "A file of your own: drag it into Jupyter's list of files, then type its name here."
_IN_COLAB = (
    "A file on your Drive: find it in the list of files at the left, under drive/MyDrive, choose"
    " Copy path in its menu, and paste that here."
)


class UploadError(Pix2PixError):
    """Nothing was uploaded."""


def help_text() -> str:
    """Returns how a file of this computer gets to where the notebook runs."""
    return _IN_COLAB if colab.in_colab() else _ELSEWHERE


def checkbox() -> widgets.Checkbox:
    """Returns a box to ask for an upload by the next cell; it is hidden outside Colab."""
    box = widgets.Checkbox(
        description="Upload from this computer when the next cell runs",
        layout={"width": "auto", "display": "flex" if colab.in_colab() else "none"},
        style={"description_width": "0px"},
    )
    return box.add_class("cp-box").add_class("cp-upload")


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
            "No file was uploaded.",
            fix="Run the cell again and choose one, or take the tick from the upload box above.",
        )
    return files[0] if len(files) == 1 else target
