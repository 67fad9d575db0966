"""Pictures in large, in both front-ends."""

from __future__ import annotations

import pytest

from support.browsing import GALLERY, shoot
from support.frontends import FrontEnd

PANEL = """
import numpy as np
from pathlib import Path
from PIL import Image
from colab_pix2pix.project import Project
from colab_pix2pix.notebook.panels.results import result_view
from colab_pix2pix.training.artifacts import sample_grid, write_sample
x = np.linspace(0, 255, 128).astype(np.uint8)
one = np.stack(np.broadcast_arrays(x[:, None], x[None], np.uint8(90)), -1)
rows = [np.stack([np.roll(one, 20 * n, 0) for n in range(6)]) for k in (0, 1, 2)]
rows[0] = rows[0].mean(-1, keepdims=True).repeat(3, -1).astype(np.uint8)
rows[2] = rows[2][:, ::-1]
project = Project(Path("fog")); write_sample(project, 40, sample_grid(rows))
result_view(project)
"""


@pytest.mark.slow
def test_a_sample_is_seen_large_in_the_notebook_without_the_kernel(front_end: FrontEnd) -> None:
    page = front_end.open([PANEL, "import time; time.sleep(600)"])
    front_end.run_cell(0)
    front_end.wait_until_run(1)
    front_end.run_cell(1)  # nobody answers from here on
    image = page.locator("img.cp-sample, .cp-sample img").first
    image.scroll_into_view_if_needed()
    box = image.bounding_box()
    assert box is not None
    page.mouse.click(box["x"] + box["width"] * 0.75, box["y"] + box["height"] / 2)
    page.locator(".cp-large").wait_for()
    which = page.locator(".cp-which")
    assert which.inner_text() == "5 of 6"
    page.keyboard.press("ArrowLeft")
    page.locator("[data-do=back]").click()
    assert which.inner_text() == "3 of 6"
    page.locator(".cp-stage input").fill("30")
    assert page.locator(".cp-large").get_attribute("data-index") == "2"
    shoot(page.locator(".cp-result"), "large", front_end)
    front_end.interrupt()


@pytest.mark.slow
def test_a_crop_is_looked_at_closely_by_clicks_and_keys(front_end: FrontEnd) -> None:
    page = front_end.open([GALLERY, "p2p.Gallery(dataset)"])
    front_end.run_all()
    front_end.wait_until_run()
    page.locator(".cp-looking").click()
    page.locator(".cp-thumb").nth(1).click()
    look, caption = page.locator(".cp-close-look"), page.locator(".cp-look-caption")
    look.locator(".cp-stage").wait_for()
    box = look.locator(".cp-stage").bounding_box()
    assert box is not None and box["width"] == box["height"] >= 256
    caption.get_by_text("Crop 2,").wait_for()
    page.keyboard.press("ArrowRight")
    caption.get_by_text("Crop 3,").wait_for()
    page.wait_for_function("document.activeElement?.closest('.cp-close-look')")
    page.keyboard.press("ArrowRight")
    caption.get_by_text("Crop 4,").wait_for()
    look.locator(".cp-stage input").fill("40")
    shoot(page.locator(".cp-gallery"), "close-look", front_end)
    page.locator(".cp-counts").get_by_text("900 of 1000").wait_for()
    look.locator(".cp-look-close").click()
    look.wait_for(state="hidden")
