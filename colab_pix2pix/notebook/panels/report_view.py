"""A report in a cell: to look at, and to take away.

It travels in the value of a widget, so that nothing of it is stored in the notebook, and needs no
server of this machine: a notebook that runs with nobody there must not wait for one.
"""

from __future__ import annotations

from pathlib import Path

import ipywidgets as widgets

from ... import wording
from ...languages import _
from .. import style
from . import downloads

_HEIGHT = 720  # pixels


def report_view(path: Path) -> widgets.VBox:
    """Returns what a report's file holds, ready to be shown.

    Args:
        path: What `p2p.report` has written.
    """
    page = path.read_text(encoding="utf-8")
    frame = (
        f'<iframe class="cp-report-page" sandbox srcdoc="{style.escape(page)}"'
        f' style="width: 100%; height: {_HEIGHT}px; border: 0"></iframe>'
    )
    file = wording.path_in_words(path)
    where = _("To keep: {file} opens with a double click, anywhere.", file=file)
    rows = [
        style.style_sheet(),
        widgets.HTML(style.title(_("How good it is"), path.parent.name)),
        widgets.HTML(frame),
        downloads.offer(path, _("Download it")),
        widgets.HTML(style.line(where, "good")),
    ]
    return widgets.VBox(rows).add_class("cp").add_class("cp-panel").add_class("cp-report")
