"""Choosing a saved state by eye, in both front-ends."""

from __future__ import annotations

import pytest

from colab_pix2pix.config import ChosenConfig
from colab_pix2pix.project import Project
from support.browsing import shoot
from support.frontends import FrontEnd

TRAINED = """
import numpy as np, colab_pix2pix as p2p
from pathlib import Path
from PIL import Image
folder = Path("crops"); folder.mkdir()
for n in range(12):
    colours = np.random.default_rng(n).integers(0, 256, (4, 4, 3), np.uint8)
    Image.fromarray(colours).resize((80, 80)).save(folder / f"{n:02d}.png")
from colab_pix2pix.dataset import manifest
project = p2p.Project("fog")
for epochs in (1, 2):
    options = p2p.TrainConfig(
        image_size=64, base_filters=4, depth=3, patch_layers=1, epochs=epochs, batch_size=4
    )
    result = p2p.train(manifest.read(folder), project, options)
print("step", result.step)
"""


@pytest.mark.slow
def test_a_row_is_clicked_and_counts(front_end: FrontEnd) -> None:
    page = front_end.open([TRAINED, "p2p.steps.choose_state(project)"])
    front_end.run_all()
    front_end.wait_until_run()
    rows = page.locator(".cp-state:not([disabled])")
    rows.nth(1).wait_for()
    rows.first.click()
    page.locator(".cp-choice").get_by_text("counts from now on").wait_for()
    project = Project(front_end.home / "work" / "fog")
    assert project.recall(ChosenConfig).step > 0
    box = rows.first.bounding_box()
    assert box is not None and box["height"] > 60
    shoot(page.locator(".cp-choosing"), "choose", front_end)
    page.locator(".cp-newest").click()
    page.locator(".cp-choice").get_by_text("The newest state counts").wait_for()
    assert project.recall(ChosenConfig).step == 0
