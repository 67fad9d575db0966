"""The web page of a trained model in a cell: try it with the camera.

The page is exported to this machine's own disk and served by the kernel, so that nothing of it is
stored in the notebook. Pictures go nowhere: the network runs in the browser.
"""

from __future__ import annotations

from pathlib import Path

import ipywidgets as widgets

from ... import languages, wording
from ...events import OnEvent
from ...languages import _
from ...project import Project
from ...storage import colab
from ...web.page_server import PageServer
from ...workflows.export import export
from ...workflows.sharing.serve import page_folder
from .. import style

_LARGEST_FILE = 40e6  # bytes of a network whose page is worth having as one file
_HEIGHT = 700  # pixels
_servers: dict[Path, PageServer] = {}


def live_view(project: Project, *, on_event: OnEvent) -> widgets.VBox:
    """Returns the page of a project's newest model, ready to be shown; keeps a file of it.

    Args:
        project: It must have been saved once. Where the network is not too large, the page is also
            written to `exports/web.html` in its folder: one file that opens with a double click.
        on_event: Told what is written.

    Raises:
        CheckpointError: nothing is trained yet.
    """
    folder = page_folder(project, on_event=on_event)
    address = f"{_serve(folder)}{_language()}"
    allow = "camera; fullscreen; autoplay; clipboard-write; screen-wake-lock"
    frame = (
        f'<iframe class="cp-live" src="{style.escape(address)}" allow="{allow}"'
        f' style="width: 100%; height: {_HEIGHT}px; border: 0"></iframe>'
    )
    link = f'<a class="cp-live-link" target="_blank" href="{style.escape(address)}">'
    link += _("Open it in a window of its own</a>, for full screen and more speed.")
    lines = [
        style.title(_("Try it with your camera"), project.path.name),
        f'<div class="cp-text">{link}</div>',
    ]
    if (folder / "model.onnx").stat().st_size < _LARGEST_FILE:
        export(project, project.path / "exports", ["web"], single_file=True, on_event=on_event)
        file = wording.path_in_words(project.path / "exports" / "web.html")
        keep = _("To keep: {file} opens with a double click, anywhere.", file=file)
        lines.append(style.line(keep, "good"))
    rows = [style.style_sheet(), widgets.HTML("".join(lines)), widgets.HTML(frame)]
    return widgets.VBox(rows).add_class("cp").add_class("cp-panel").add_class("cp-try")


def _language() -> str:
    """Returns what makes the page speak as the notebook does; English is left to the browser."""
    code = languages.current()
    return "" if code == "en" else f"#lang={code}"


def _serve(folder: Path) -> str:
    """Serves a folder for as long as the kernel lives; returns the address for the browser."""
    if folder not in _servers:
        _servers[folder] = PageServer(folder).start()
    server = _servers[folder]
    address = colab.port_address(server.server_port)
    server.allow(address)
    return address.rstrip("/") + server.path
