"""Brings what moves into view: after *Run all*, JupyterLab stands at the last cell, far below."""

from __future__ import annotations

import ipywidgets as widgets

# Runs when the page draws the widget. Where somebody is typing, or sees the cell already, nothing
# moves. In Colab an output is a page of its own, and Colab itself follows the cell that runs.
_SCRIPT = (
    "setTimeout(() => { const cell = this.closest('.jp-Cell, .cell');"
    " if (!cell || document.activeElement?.closest('.cp')) return;"
    " const panel = this.closest('.cp') || cell, box = panel.getBoundingClientRect();"
    " if (box.top < 60 || box.top > innerHeight * 0.8)"
    " cell.scrollIntoView({block: 'start'}); }, 100)"
)


def into_view() -> widgets.HTML:
    """Returns an invisible widget: the cell that shows it comes into view, once, if it is not."""
    image = f'<img alt="" src="data:," style="display:none" onerror="{_SCRIPT}">'
    return widgets.HTML(image, layout={"display": "none"}).add_class("cp-into-view")
