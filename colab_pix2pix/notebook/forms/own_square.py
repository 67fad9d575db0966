"""A square of one's own, dragged with mouse, pen or finger over the drawing of the crops.

The page draws it and writes its numbers into the box of the option, as a person would type them:
that works in every front-end, and whoever has no mouse types them.
"""

from __future__ import annotations

import html

import ipywidgets as widgets

from ...config import SMALLEST_REGION

CSS = """
.cp-drawing { cursor: crosshair; touch-action: none; user-select: none; }
.cp-dragged { position: fixed; border: 2px solid #ffb020; box-shadow: 0 0 0 1px rgba(0,0,0,.6);
  background: rgba(255,176,32,.2); pointer-events: none; z-index: 1000; }
"""
# Of a page with several of these each has the script once: the first one that is there does it.
_SCRIPT = """this.remove();
if (!window.cpOwnSquare) {
  window.cpOwnSquare = true;
  const smallest = SMALLEST;
  let drag = null;
  const square = event => {
    const {box, x, y} = drag, clip = (value, most) => Math.min(Math.max(value, 0), most);
    const toX = clip(event.clientX - box.left, box.width);
    const toY = clip(event.clientY - box.top, box.height);
    const room = Math.min(toX < x ? x : box.width - x, toY < y ? y : box.height - y);
    const side = Math.min(Math.max(Math.abs(toX - x), Math.abs(toY - y)), room);
    return {left: toX < x ? x - side : x, top: toY < y ? y - side : y, side};
  };
  document.addEventListener('pointerdown', event => {
    const drawing = event.target.closest?.('.cp-drawing');
    const image = drawing && (drawing.matches('img') ? drawing : drawing.querySelector('img'));
    const input = image?.closest('.cp')?.querySelector('.cp-region input');
    if (!input || event.button) return;
    event.preventDefault();
    const box = image.getBoundingClientRect(), frame = document.createElement('div');
    frame.className = 'cp-dragged';
    drag = {box, input, frame, x: event.clientX - box.left, y: event.clientY - box.top};
  }, true);
  document.addEventListener('pointermove', event => {
    if (!drag) return;
    const {left, top, side} = square(event), {box, frame} = drag;
    document.body.append(frame);
    frame.style.left = `${box.left + left}px`;
    frame.style.top = `${box.top + top}px`;
    frame.style.width = frame.style.height = `${side}px`;
  }, true);
  const end = event => {
    if (!drag) return;
    const {left, top, side} = square(event), {box, frame, input} = drag;
    drag = null;
    frame.remove();
    const percent = (part, whole) => Math.round(1000 * part / whole) / 10;
    const share = percent(side, Math.min(box.width, box.height));
    if (event.type !== 'pointerup' || side < 8 || share < smallest) return;  // a mere click
    const corner = [percent(left, box.width), percent(top, box.height)];
    input.value = [...corner.map(number => Math.min(number, 99.9)), Math.min(share, 100)].join(',');
    for (const kind of ['input', 'change'])
      input.dispatchEvent(new Event(kind, {bubbles: true}));
  };
  document.addEventListener('dragstart', event => {
    if (event.target.closest?.('.cp-drawing')) event.preventDefault();
  }, true);
  document.addEventListener('pointerup', end, true);
  document.addEventListener('pointercancel', end, true);
}"""


def dragging() -> widgets.HTML:
    """Returns what lets a square be dragged over the drawing in the same form; shows nothing."""
    script = html.escape(_SCRIPT.replace("SMALLEST", str(SMALLEST_REGION)))
    image = f'<img alt="" src="data:," style="display:none" onerror="{script}">'
    return widgets.HTML(f"<style>{CSS}</style>{image}")
