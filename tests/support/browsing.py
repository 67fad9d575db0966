"""What the browser tests do with a notebook: run cells, wait, look, take pictures."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Any

from playwright.sync_api import Locator, Page

from support.frontends import FrontEnd
from support.waiting import wait_for

#: Makes a gallery of a thousand crops.
GALLERY = """
import numpy as np, colab_pix2pix as p2p
from pathlib import Path
from PIL import Image
folder = Path("many"); folder.mkdir()
for n in range(1000):
    colours = np.random.default_rng(n).integers(0, 256, (4, 4, 3), np.uint8)
    Image.fromarray(colours).resize((256, 256)).save(folder / f"{n:03d}.jpg")
from colab_pix2pix.dataset import manifest
names = [f.name for f in sorted(folder.iterdir())]
crops = [manifest.Crop(file=n, marks=("dark",) if n[2] == "4" else ()) for n in names]
dataset = manifest.Dataset(folder, tuple(crops)); manifest.write(dataset)
p2p.Gallery  # its module is loaded, as it is after the first form
"""


#: True when a page of that gallery is there: it tells its number, and shows other pictures.
_PAGE_SHOWN = """number => { const thumbs = [...document.querySelectorAll('.cp-thumb')];
  return document.querySelector('.cp-place')?.innerText.includes(`Page ${number} of 21`)
    && thumbs[0].innerText.startsWith(String(number * 48 - 47)) && thumbs.length >= 48
    && thumbs.every(thumb => getComputedStyle(thumb).backgroundImage.includes('base64'))
    && window.lastPicture != getComputedStyle(thumbs[47]).backgroundImage; }"""
_REMEMBER_PICTURE = """() => { window.lastPicture =
  getComputedStyle(document.querySelectorAll('.cp-thumb')[47]).backgroundImage; }"""


def wait_for_page(page: Page, number: int) -> None:
    """Waits until a page of the gallery of a thousand crops is there, counted from 1."""
    page.wait_for_function(_PAGE_SHOWN, arg=number, polling=10)


def turn_to_page(page: Page, number: int) -> None:
    """Turns to the next page of the gallery, which is `number`, and waits for it."""
    page.evaluate(_REMEMBER_PICTURE)
    page.locator(".cp-next").first.evaluate("button => button.click()")
    wait_for_page(page, number)


def shoot(element: Locator, name: str, front_end: FrontEnd) -> None:
    """Takes a screenshot of an element of the page, where $SCREENSHOTS names a folder."""
    if folder := os.environ.get("SCREENSHOTS"):
        front_end.page.set_viewport_size({**front_end.size, "height": 2400})  # no panel is taller
        element.first.scroll_into_view_if_needed()
        front_end.page.wait_for_timeout(300)
        path = Path(folder) / f"{name}-{front_end.kind}.jpg"
        path.parent.mkdir(parents=True, exist_ok=True)
        for quality in (72, 60, 48):
            element.first.screenshot(path=str(path), type="jpeg", quality=quality)
            if path.stat().st_size < 120_000:
                break
        front_end.page.set_viewport_size(front_end.size)


def relevant_lines(console: list[str]) -> list[str]:
    """Returns the lines of the browser's console that the package could have caused.

    Without internet the badge does not load; the front-ends have warnings of their own.
    """
    ignored = ("Failed to load resource", "jupyter-notebook:find-and-replace", "control comm")
    ignored += ("jupyter.widget.control", "No available adapters")  # Chromium's, without a GPU
    return [line for line in console if not any(text in line for text in ignored)]


def cell_with(notebook: dict[str, Any], code: str) -> int:
    (index,) = [i for i, c in enumerate(notebook["cells"]) if code in "".join(c["source"])]
    return index


def run_up_to(front_end: FrontEnd, notebook: dict[str, Any], code: str) -> None:
    """Runs the code cells that have not been run, up to the one with some code, and waits."""
    last, counts = cell_with(notebook, code), front_end.counts()
    cells = [i for i, cell in enumerate(notebook["cells"]) if cell["cell_type"] == "code"]
    for index, count in zip(cells, counts, strict=True):
        if count is None and index <= last:
            front_end.run_cell(index)
    front_end.wait_until_run(cells.index(last) + 1)


def wait_for_speed(page: Page) -> None:
    """Waits until the panel shows that steps are being done."""
    progress = page.locator(".cp-training .cp-progress")
    wait_for(lambda: "crops per second" in progress.inner_text(), "the speed of training")


def step_shown(page: Page) -> int:
    """Returns the step that the panel tells."""
    progress = page.locator(".cp-training .cp-progress").first.inner_text()
    match = re.search(r"([0-9]+) of [0-9]+ steps", progress)
    return int(match[1]) if match else -1


def slide_to(page: Page, share: float) -> None:
    """Clicks on the slider of the training panel, at its left end for 0, at its right for 1."""
    track = page.locator(".cp-training .cp-steps").locator(".noUi-base, .ui-slider").first
    box = track.bounding_box()
    assert box is not None
    # The panel grows line by line: this waits until the slider stands still under the pointer.
    track.click(position={"x": 1 + share * (box["width"] - 3), "y": box["height"] / 2})
