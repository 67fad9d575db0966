"""A crop of one's own, dragged with mouse, pen or finger over the drawing of the crops.

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
  const crop = event => {
    const {box, x, y, across, down} = drag;
    const clip = (value, most) => Math.min(Math.max(value, 0), most);
    const toX = clip(event.clientX - box.left, box.width);
    const toY = clip(event.clientY - box.top, box.height);
    const [isLeft, isUp] = [toX < x, toY < y];
    const roomAcross = (isLeft ? x : box.width - x) / across;
    const room = Math.min(roomAcross, (isUp ? y : box.height - y) / down);
    const moved = Math.max(Math.abs(toX - x) / across, Math.abs(toY - y) / down);
    const share = Math.min(moved, room), width = share * across, height = share * down;
    return {left: isLeft ? x - width : x, top: isUp ? y - height : y, width, height, share};
  };
  document.addEventListener('pointerdown', event => {
    const drawing = event.target.closest?.('.cp-drawing');
    const image = drawing && (drawing.matches('img') ? drawing : drawing.querySelector('img'));
    const input = image?.closest('.cp')?.querySelector('.cp-region input');
    if (!input || event.button) return;
    event.preventDefault();
    const box = image.getBoundingClientRect(), frame = document.createElement('div');
    frame.className = 'cp-dragged';
    const shape = image.closest('.cp').querySelector('.cp-shape input')?.value ?? '';
    const [wide, high] = shape.match(/[1-9]\\d*/g) ?? [], ratio = wide / high || 1;
    const across = Math.min(box.width, box.height * ratio), down = across / ratio;
    const x = event.clientX - box.left, y = event.clientY - box.top;
    drag = {box, input, frame, x, y, across, down};
  }, true);
  document.addEventListener('pointermove', event => {
    if (!drag) return;
    const {left, top, width, height} = crop(event), {box, frame} = drag;
    document.body.append(frame);
    frame.style.left = `${box.left + left}px`;
    frame.style.top = `${box.top + top}px`;
    frame.style.width = `${width}px`;
    frame.style.height = `${height}px`;
  }, true);
  const end = event => {
    if (!drag) return;
    const {left, top, width, height, share} = crop(event), {box, frame, input} = drag;
    drag = null;
    frame.remove();
    const percent = (part, whole) => Math.round(1000 * part / whole) / 10;
    const size = percent(share, 1), isClick = Math.min(width, height) < 8 || size < smallest;
    if (event.type !== 'pointerup' || isClick) return;
    const corner = [percent(left, box.width), percent(top, box.height)];
    input.value = [...corner.map(number => Math.min(number, 99.9)), Math.min(size, 100)].join(',');
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
    """Returns what lets a crop be dragged over the drawing in the same form; shows nothing."""
    script = html.escape(_SCRIPT.replace("SMALLEST", str(SMALLEST_REGION)))
    image = f'<img alt="" src="data:," style="display:none" onerror="{script}">'
    return widgets.HTML(f"<style>{CSS}</style>{image}")
