"""What the browser tests do with a notebook: run cells, wait, look, take pictures."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from playwright.sync_api import Locator

from support.frontends import FrontEnd

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


def wait_for(condition: Callable[[], Any], what: str, seconds: float = 60) -> Any:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if value := condition():
            return value
        time.sleep(0.1)
    raise TimeoutError(f"Waited {seconds} s for {what}.")


def shoot(part: Locator, name: str, front_end: FrontEnd) -> None:
    """Takes a picture of a part of the page, where $SCREENSHOTS names a folder for them."""
    if folder := os.environ.get("SCREENSHOTS"):
        part.first.scroll_into_view_if_needed()
        front_end.page.wait_for_timeout(300)
        path = Path(folder) / f"{name}-{front_end.kind}.jpg"
        path.parent.mkdir(parents=True, exist_ok=True)
        for quality in (72, 60, 48):
            part.first.screenshot(path=str(path), type="jpeg", quality=quality)
            if path.stat().st_size < 120_000:
                return


def ours(console: list[str]) -> list[str]:
    """Returns the lines of the browser's console that the package could have caused.

    Without internet the badge does not load; the front-ends have warnings of their own.
    """
    theirs = ("Failed to load resource", "jupyter-notebook:find-and-replace", "control comm")
    theirs += ("jupyter.widget.control", "No available adapters")  # Chromium's, without a GPU
    return [line for line in console if not any(words in line for words in theirs)]


def cell_with(notebook: dict[str, Any], code: str) -> int:
    (found,) = [i for i, c in enumerate(notebook["cells"]) if code in "".join(c["source"])]
    return found


def run_up_to(front_end: FrontEnd, notebook: dict[str, Any], code: str) -> None:
    """Runs the code cells that have not been run, up to the one with some code, and waits."""
    last, counts = cell_with(notebook, code), front_end.counts()
    cells = [i for i, cell in enumerate(notebook["cells"]) if cell["cell_type"] == "code"]
    for index, count in zip(cells, counts, strict=True):
        if count is None and index <= last:
            front_end.run_cell(index)
    front_end.wait_until_run(cells.index(last) + 1)
