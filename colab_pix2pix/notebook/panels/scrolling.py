"""Brings what moves into view: after *Run all*, JupyterLab stands at the last cell, far below."""

from __future__ import annotations

import ipywidgets as widgets

# Runs when the page makes the widget. The page is kept there for the first seconds, because what is
# above still grows, and later when the panel itself grows: JupyterLab then holds the cell below in
# its place. A person's wheel, click or key ends that, and so does the next panel; where somebody is
# typing, or sees the panel already, nothing moves. In Colab an output is a page of its own, and
# Colab itself follows the cell that runs.
_SCRIPT = """let ticks = 0, top = 0, height = 0;
const seen = at => at >= 30 && at <= innerHeight * 0.8;
const timer = setInterval(() => {
  const panel = this.closest('.cp'), box = panel && panel.getBoundingClientRect();
  if (!box || !box.height || !this.closest('.jp-Cell, .cell')) return ++ticks > 99 && stop();
  if (!height) window.cpFollowed = document.activeElement?.closest('.cp') ? null : this;
  if (window.cpFollowed !== this) return stop();
  const grown = box.height !== height && seen(top);
  height = box.height;
  panel.style.scrollMarginTop = '100px';
  if ((++ticks < 30 || grown) && !seen(box.top)) panel.scrollIntoView({block: 'start'});
  top = panel.getBoundingClientRect().top;
}, 200);
const stop = () => clearInterval(timer);
for (const kind of ['wheel', 'pointerdown', 'keydown', 'touchmove'])
  addEventListener(kind, stop, {once: true, capture: true, passive: true});
"""


def into_view() -> widgets.HTML:
    """Returns an invisible widget: the cell that shows it comes into view, once, if it is not."""
    image = f'<img alt="" src="data:," style="display:none" onerror="{_SCRIPT}">'
    return widgets.HTML(image, layout={"display": "none"}).add_class("cp-into-view")
