"""Files to take away: a click saves one on the user's own computer."""

from __future__ import annotations

import base64
import mimetypes
from pathlib import Path

import ipywidgets as widgets

from ... import wording
from ...languages import _
from ...storage import colab
from .. import style
from ..error_panel import ErrorPanel

#: A link that holds more would make the page slow.
MOST_BYTES = 12_000_000


def offer(file: Path, words: str) -> widgets.Widget:
    """Returns what saves a file at a click: in Colab a button, elsewhere a link that holds it.

    Where a file is too large for a link, a sentence says where it lies.

    Args:
        file: It stays where it is.
        words: What the click does.
    """
    if colab.in_colab():
        return _button(file, words)
    size = file.stat().st_size
    if size <= MOST_BYTES:
        return widgets.HTML(link(file.read_bytes(), file.name, words))
    where = f"{wording.path_in_words(file)}, {wording.bytes_in_words(size)}"
    return widgets.HTML(
        style.line(_("Too large to be saved from here: {place}", place=where), "help")
    )


def link(content: bytes, name: str, words: str) -> str:
    """Returns a link that holds a file and saves it under a name, whatever serves the page."""
    kind = mimetypes.guess_type(name)[0] or "application/octet-stream"
    address = f"data:{kind};base64,{base64.b64encode(content).decode()}"
    download = f'download="{style.escape(name)}" href="{address}"'
    return f'<a class="cp-download" {download}>{style.escape(words)}</a>'


def _button(file: Path, words: str) -> widgets.VBox:
    errors = ErrorPanel()
    button = widgets.Button(description=words, icon="download", layout={"width": "auto"})
    button.on_click(errors.guard(lambda clicked: colab.download(file)))
    return widgets.VBox([button.add_class("cp-download"), errors])
