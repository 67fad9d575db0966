"""The sample slider while pictures come faster than a click travels, in both front-ends."""

from __future__ import annotations

import pytest

from support.browsing import slide_to
from support.frontends import FrontEnd
from support.waiting import wait_for

#: A panel that gets ten pictures a second, as at the begin of a training on a fast machine.
FAST_PICTURES = """
import time, numpy as np, colab_pix2pix as p2p
from IPython.display import display
from pathlib import Path
from colab_pix2pix.events import Sample
from colab_pix2pix.notebook.panels.training_panel import TrainingPanel
from colab_pix2pix.training import artifacts
project = p2p.Project(Path("fast"))
grid = np.random.default_rng(0).integers(0, 255, (192, 384, 3)).astype(np.uint8)
display(panel := TrainingPanel())
for step in range(100_000):
    panel(Sample(step=step, path=artifacts.write_sample(project, step, grid)))
    time.sleep(0.1)
"""


@pytest.mark.slow
def test_every_click_at_the_left_end_shows_the_first_picture(front_end: FrontEnd) -> None:
    page = front_end.open([FAST_PICTURES])
    front_end.run_cell(0)
    caption = page.locator(".cp-training .cp-caption")
    page.locator(".cp-training .cp-steps").wait_for()
    for wait in (0, 40, 110, 160):  # between two pictures, wherever that falls
        page.wait_for_timeout(300 + wait)
        before = caption.inner_text()
        wait_for(lambda before=before: caption.inner_text() != before, "a newer picture")
        slide_to(page, 0.0)
        wait_for(lambda: caption.inner_text().startswith("Step 0."), "the first picture", 5)
        page.wait_for_timeout(300)
        assert caption.inner_text().startswith("Step 0."), "it stays"
        slide_to(page, 1.0)
    front_end.interrupt()
