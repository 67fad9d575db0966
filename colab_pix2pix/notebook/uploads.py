"""Files of the user's own computer, for the notebook.

In Colab its own dialogue takes them, large ones too; the upload button of ipywidgets breaks the
connection above a megabyte. Elsewhere the file list of Jupyter does it, and a path is typed.
"""

from __future__ import annotations

from pathlib import Path

import ipywidgets as widgets

from ..errors import Pix2PixError
from ..storage import drive

ELSEWHERE = "A file of your own: drag it into Jupyter's list of files, then type its name here."


class UploadError(Pix2PixError):
    """Nothing was uploaded."""


def box() -> widgets.Checkbox:
    """Returns a box to ask for an upload by the next cell; it is hidden outside Colab."""
    found = widgets.Checkbox(
        description="Upload a file from this computer when the next cell runs",
        layout={"width": "auto", "display": "flex" if drive.in_colab() else "none"},
        style={"description_width": "0px"},
    )
    return found.add_class("cp-box").add_class("cp-upload")


def ask(folder: Path) -> Path:
    """Shows Colab's dialogue below the running cell; returns the file that was chosen.

    Args:
        folder: Where the file is put.

    Raises:
        UploadError: no file was chosen.
    """
    files = drive.upload(folder)
    if not files:
        raise UploadError(
            "No file was uploaded.",
            fix="Run the cell again and choose one, or take the tick from the upload box above.",
        )
    return files[0]
