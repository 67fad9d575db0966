"""Brings what moves into view: after *Run all*, JupyterLab stands at the last cell, far below."""

from __future__ import annotations

import ipywidgets as widgets

# Runs when the page makes the widget. For the first seconds the page is kept there, because what is
# above still grows; a person's wheel, click or key ends that, and where somebody is typing, or sees
# the panel already, nothing moves. In Colab an output is a page of its own, and Colab itself follows
# the cell that runs.
_SCRIPT = """let ticks = 0, found = false;
const timer = setInterval(() => {
  const panel = this.closest('.cp'), box = panel && panel.getBoundingClientRect();
  if (++ticks > 60) clearInterval(timer);
  if (!box || !box.height || !this.closest('.jp-Cell, .cell')) return;
  if (!found && document.activeElement && document.activeElement.closest('.cp')) return stop();
  found = true;
  panel.style.scrollMarginTop = '100px';
  if (box.top < 30 || box.top > innerHeight * 0.8) panel.scrollIntoView({block: 'start'});
}, 200);
const stop = () => clearInterval(timer);
for (const kind of ['wheel', 'pointerdown', 'keydown', 'touchmove'])
  addEventListener(kind, stop, {once: true, capture: true, passive: true});
"""


def into_view() -> widgets.HTML:
    """Returns an invisible widget: the cell that shows it comes into view, once, if it is not."""
    image = f'<img alt="" src="data:," style="display:none" onerror="{_SCRIPT}">'
    return widgets.HTML(image, layout={"display": "none"}).add_class("cp-into-view")
