"""A picture in large, and two of its kind over each other with a slider between them.

All of it runs in the page: it answers while a cell runs, and when the kernel is gone. In Colab an
output is a page of its own, so the large picture stands below the small one, and over nothing.
"""

from __future__ import annotations

import html
from collections.abc import Sequence

import ipywidgets as widgets

from ..languages import _

CSS = """
.cp-large { outline: none; margin: 10px 0 4px; max-width: 512px; }
.cp-large[hidden] { display: none; }
.cp-stage { position: relative; width: 100%; aspect-ratio: 1; overflow: hidden; border-radius: 6px;
  background: rgba(128,128,128,.2); --cut: 50%; }
.cp .cp-stage canvas, .cp .cp-stage img { position: absolute; inset: 0; width: 100%; height: 100%;
  margin: 0; border-radius: 0; object-fit: cover; }
.cp-stage .cp-over { clip-path: inset(0 0 0 var(--cut)); }
.cp-stage::after { content: ""; position: absolute; top: 0; bottom: 0; left: var(--cut); width: 2px;
  margin-left: -1px; background: #fff; box-shadow: 0 0 4px #000; pointer-events: none; }
.cp-stage input { position: absolute; inset: 0; width: 100%; height: 100%; margin: 0; opacity: 0;
  cursor: ew-resize; touch-action: pan-y; }
.cp-stage:has(input:focus-visible) { outline: 2px solid #3b82c4; }
.cp-stage span { position: absolute; bottom: 8px; padding: 1px 7px; border-radius: 9px;
  background: rgba(0,0,0,.6); color: #fff; font-size: 12px; pointer-events: none; }
.cp-stage .cp-left { left: 8px; }
.cp-stage .cp-right { right: 8px; }
.cp-large-row { display: flex; flex-wrap: wrap; align-items: center; gap: 6px; margin-top: 6px; }
.cp-large-row button, .cp-large-row select { font: inherit; font-size: 13px; color: inherit;
  min-height: 32px; min-width: 36px; padding: 2px 10px; border-radius: 6px; cursor: pointer;
  background: rgba(128,128,128,.15); border: 1px solid rgba(128,128,128,.4); }
.cp-large-row select option { color: #000; background: #fff; }
.cp-large-row button:disabled { opacity: .4; cursor: default; }
.cp-large-row button[data-do=close] { margin-left: auto; }
.cp .cp-sample, .cp .cp-made { cursor: zoom-in; }
"""

#: What moves the slider over two pictures.
_CUT = (
    '<input type="range" min="0" max="100" value="50" aria-label="SEEN"'
    " oninput=\"this.parentNode.style.setProperty('--cut', this.value + '%')\">"
)

# One listener for the whole page, however many panels there are, and however often they are drawn
# again. A picture is a sheet of pictures: of samples a column for each crop, its rows the layers;
# of a strip (what was made of a picture) its columns are the layers. They are squares, unless a
# class of the image names their sides: cp-sides-96x64.
_SCRIPT = """
if (!window.cpLarge) {
  window.cpLarge = true;
  const SIZES = Array.from({length: 64}, (_, n) => 16 * (n + 1)), GAP = 4, STRIP_GAP = 8;
  const partsOf = (view, image) => {
    const width = image.naturalWidth, height = image.naturalHeight;
    if (view.dataset.kind === 'strip') {
      const step = (width + STRIP_GAP) / JSON.parse(view.dataset.names).length;
      return {count: 1, part: (layer) => [layer * step, 0, step - STRIP_GAP, height]};
    }
    const classes = `${image.className} ${image.parentNode.className}`;
    const known = classes.match(/cp-sides-(\\d+)x(\\d+)/), sizes = known ? [+known[2]] : SIZES;
    const ratio = known ? known[1] / known[2] : 1;
    let best = null;
    for (const size of sizes) for (let count = 1; count <= 12; count++) {
      const down = 3 * (size + GAP) + GAP, across = count * (ratio * size + GAP) + GAP;
      const off = Math.abs(width - across * height / down) + Math.abs(1 - height / down);
      if (!best || off < best.off) best = {off, size, count, scale: height / down};
    }
    const {size, scale} = best, gap = GAP * scale;
    return {count: best.count, part: (layer, item) =>
      [gap + item * (ratio * size + GAP) * scale, gap + layer * (size + GAP) * scale,
        ratio * size * scale, size * scale]};
  };
  const imagesOf = view => [...view.closest('.cp').querySelectorAll(view.dataset.of)]
    .filter(image => image.naturalWidth && image.offsetWidth);
  const itemsOf = view => imagesOf(view).flatMap(image => {
    const parts = partsOf(view, image);
    return Array.from({length: parts.count}, (_, item) => ({image, item, parts}));
  });
  const show = (view, index) => {
    const items = itemsOf(view), last = items.length - 1;
    if (last < 0) return;
    index = Math.min(Math.max(index, 0), last);
    view.dataset.index = index;
    const {image, item, parts} = items[index];
    const names = JSON.parse(view.dataset.names), pair = view.querySelector('select').value;
    ['under', 'over'].forEach((place, at) => {
      const layer = Number(pair[at]), canvas = view.querySelector('.cp-' + place);
      const [left, top, width, height] = parts.part(layer, item);
      canvas.width = Math.max(1, Math.round(width));
      canvas.height = Math.max(1, Math.round(height));
      canvas.parentNode.style.aspectRatio = width / height;
      canvas.getContext('2d').drawImage(
        image, left, top, width, height, 0, 0, canvas.width, canvas.height);
      view.querySelector(at ? '.cp-right' : '.cp-left').textContent = names[layer];
    });
    view.querySelector('[data-do=back]').disabled = index === 0;
    view.querySelector('[data-do=next]').disabled = index === last;
    const place = view.dataset.place.replace('{n}', index + 1).replace('{count}', last + 1);
    view.querySelector('.cp-which').textContent = place;
  };
  const turn = (view, by) => show(view, Number(view.dataset.index) + by);
  const viewOf = image => [...(image.closest('.cp')?.querySelectorAll('.cp-large') || [])]
    .find(view => image.matches(view.dataset.of));
  document.addEventListener('click', event => {
    const target = event.target, button = target.closest?.('.cp-large button');
    if (button) {
      const view = button.closest('.cp-large'), act = button.dataset.do;
      if (act === 'close') view.hidden = true; else turn(view, act === 'next' ? 1 : -1);
      return;
    }
    const view = target.matches?.('img') && viewOf(target);
    if (!view) return;
    const parts = partsOf(view, target), box = target.getBoundingClientRect();
    const column = Math.floor((event.clientX - box.left) / box.width * parts.count);
    const first = itemsOf(view).findIndex(each => each.image === target);
    view.hidden = false;
    show(view, first + Math.min(Math.max(column, 0), parts.count - 1));
    view.focus({preventScroll: true});
    view.scrollIntoView({block: 'nearest'});
  });
  document.addEventListener('change', event => {
    const view = event.target.closest?.('.cp-large');
    if (view) turn(view, 0);
  });
  document.addEventListener('load', event => {
    const view = event.target.matches?.('img') && viewOf(event.target);
    if (view && !view.hidden) turn(view, 0);
  }, true);
  document.addEventListener('keydown', event => {
    const view = event.target.closest?.('.cp-large');
    const act = {ArrowLeft: -1, ArrowRight: 1, Escape: 0}[event.key];
    if (!view || act === undefined) return;
    event.stopPropagation();
    if (act && event.target.matches('input, select')) return;
    event.preventDefault();
    if (act) turn(view, act); else view.hidden = true;
  }, true);
}"""


def _cut() -> str:
    return _CUT.replace("SEEN", html.escape(_("How much of each picture is seen")))


def stage(under: str, over: str, left: str, right: str, *, ratio: float = 1.0) -> str:
    """Returns one picture over another, with a slider that stands at its left end.

    Args:
        under: The URL of the picture that the slider uncovers.
        over: The URL of the other, which is seen at first.
        left: What the one under it is.
        right: What the one above is.
        ratio: Of their width to their height.
    """
    names = f'<span class="cp-left">{html.escape(left)}</span>'
    names += f'<span class="cp-right">{html.escape(right)}</span>'
    images = f'<img class="cp-under" alt="" src="{under}"><img class="cp-over" alt="" src="{over}">'
    cut = _cut().replace('value="50"', 'value="0"')
    look = f"--cut: 0%; aspect-ratio: {ratio:.4f}"
    return f'<div class="cp-stage" style="{look}">{images}{names}{cut}</div>'


def large_view(of: str, layers: Sequence[str], *, strip: bool = False) -> widgets.HTML:
    """Returns what shows a part of a picture in large, once it is clicked; hidden until then.

    Two of the layers lie over each other, with a slider between them; a menu chooses which. Arrow
    keys and buttons lead through all of them, Escape closes it.

    Args:
        of: The CSS class of the image widgets, which stand in the same panel.
        layers: What can be compared. Of a sample grid its rows, else pictures side by side.
        strip: True where an image is one strip of pictures, False where it is a sample grid.
    """
    pairs = [(a, b) for a in range(len(layers)) for b in range(a + 1, len(layers))]
    pairs.sort(key=lambda pair: -pair[1])  # with what was made, first
    options = "".join(
        f'<option value="{a}{b}">{html.escape(f"{layers[a]} | {layers[b]}")}</option>'
        for a, b in pairs
    )
    names = html.escape("[" + ", ".join(f'"{name}"' for name in layers) + "]")
    kind = "strip" if strip else "grid"
    place = html.escape(_("{n} of {count}"))
    said = {
        "back": html.escape(_("Previous")),
        "next": html.escape(_("Next")),
        "compared": html.escape(_("What is compared")),
        "close": html.escape(_("Close")),
    }
    content = (
        f'<img alt="" src="data:," style="display:none" onerror="{html.escape(_SCRIPT)}">'
        f'<div class="cp-large" hidden tabindex="-1" data-of="img.{of}, .{of} img"'
        f' data-kind="{kind}"'
        f' data-names="{names}" data-index="0" data-place="{place}">'
        f'<div class="cp-stage"><canvas class="cp-under"></canvas><canvas class="cp-over"></canvas>'
        f'<span class="cp-left"></span><span class="cp-right"></span>{_cut()}</div>'
        f'<div class="cp-large-row"><button data-do="back" aria-label="{said["back"]}">‹</button>'
        '<span class="cp-which"></span>'
        f'<button data-do="next" aria-label="{said["next"]}">›</button>'
        f'<select aria-label="{said["compared"]}">{options}</select>'
        f'<button data-do="close">{said["close"]}</button></div></div>'
    )
    return widgets.HTML(f"<style>{CSS}</style>{content}").add_class("cp-large-place")
