"""What only a page shows: Run all is followed, the newest sample is seen, clicks count."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import Page

from colab_pix2pix.config import FramesConfig, TrainConfig
from colab_pix2pix.dataset import manifest
from colab_pix2pix.project import Project, sample_step
from support.browsing import cell_with, relevant_lines, shoot, step_shown, wait_for_speed
from support.frontends import FrontEnd
from support.waiting import wait_for

pytestmark = pytest.mark.slow
TRAINING = TrainConfig(
    image_size=64,
    base_filters=4,
    batch_size=2,
    learning_rate=5e-4,
    epochs=2000,
    save_every_seconds=2,
)
_IN_VIEW = """() => { const box = document.querySelector('.cp-training .cp-progress')
  .getBoundingClientRect(); return box.top >= 0 && box.bottom <= innerHeight; }"""


def caption_step(page: Page) -> int:
    """Returns the step of the sample that the panel shows; -1 where none is shown."""
    words = page.locator(".cp-training .cp-caption").first.inner_text().split()
    return int(words[1].rstrip(".")) if words[:1] == ["Step"] else -1


def test_run_all_is_followed_clicks_count_meanwhile_and_one_cell_goes_on(
    front_end: FrontEnd, notebook: dict[str, Any]
) -> None:
    project = Project(front_end.home / "projects" / "my-first-model")
    project.remember(FramesConfig(count=24), TRAINING)
    page = front_end.open(notebook)
    front_end.run_all()
    page.locator(".cp-training").first.wait_for(timeout=120_000)
    wait_for_speed(page)

    # The page stands where something moves.
    wait_for(lambda: page.evaluate(_IN_VIEW), "the training to be in view")
    shoot(page.locator(".cp-training"), "run-all", front_end)

    # The picture that is shown is the newest, whatever the front-end sends back.
    wait_for(lambda: len(project.sample_files()) >= 7, "some samples")
    for _ in range(3):
        newest = sample_step(project.sample_files()[-1])
        wait_for(lambda newest=newest: caption_step(page) >= newest, "the newest sample")
        wait_for(
            lambda newest=newest: sample_step(project.sample_files()[-1]) > newest, "the next one"
        )

    # Clicks in the gallery are counted while steps go on, and the panel says what they mean.
    (folder,) = front_end.home.glob("cache/colab-pix2pix/projects/*/crops/*/manifest.json")
    assert "The training that runs now does not change" in page.locator(".cp-gallery").inner_text()
    counts, before = page.locator(".cp-gallery .cp-counts"), step_shown(page)
    kept = len(manifest.read(folder.parent).kept)
    page.locator(".cp-thumb:visible:not(.mod-active)").first.click()
    wait_for(lambda: f"Kept {kept - 1} of 24" in counts.inner_text(), "the click to count")
    assert len(manifest.read(folder.parent).kept) == kept - 1
    wait_for(lambda: step_shown(page) > before + 5, "training to go on")
    shoot(page.locator(".cp-gallery"), "gallery-in-training", front_end)
    page.locator(".cp-training .cp-stop").click()
    page.get_by_text("everything is saved: run this cell again to go on.").first.wait_for()
    hint = page.locator(".cp-gallery").first
    wait_for(lambda: "The training that runs" not in hint.inner_text(), "the hint to go")

    # A new kernel, and the play button of one cell.
    page = front_end.open(notebook)
    front_end.run_cell(cell_with(notebook, "steps.train("))
    page.get_by_text("Welcome back: training goes on at step").first.wait_for(timeout=90_000)
    wait_for_speed(page)
    assert "Nothing is saved yet" not in page.locator(".cp-training").inner_text()
    page.locator(".cp-training .cp-stop").click()
    page.get_by_text("everything is saved: run this cell again to go on.").first.wait_for()
    assert relevant_lines(front_end.console) == []
