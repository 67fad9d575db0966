"""The notebook as a person sees it, in both front-ends: forms, gallery, training, an interrupt.

Screenshots of each step are left in pytest's temporary folder.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from frontends import CHECKOUT, FrontEnd
from playwright.sync_api import Locator, Page
from test_notebook import standin_python

from colab_pix2pix import manifest
from colab_pix2pix.config import FramesConfig, TrainConfig
from colab_pix2pix.project import Project

pytestmark = pytest.mark.slow
TRAINING = TrainConfig(image_size=64, base_filters=4, epochs=500, save_every_seconds=2)


@pytest.fixture(params=["colab", "lab"])
def front_end(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[FrontEnd]:
    python = standin_python() if request.param == "colab" else sys.executable
    with FrontEnd(request.param, python, tmp_path / "front-end") as opened:
        yield opened


@pytest.fixture
def notebook() -> dict[str, Any]:
    path = CHECKOUT / "notebooks" / "colab_pix2pix.ipynb"
    content: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return content


def wait_for(condition: Callable[[], Any], what: str, seconds: float = 60) -> Any:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if value := condition():
            return value
        time.sleep(0.1)
    raise TimeoutError(f"Waited {seconds} s for {what}.")


def wait_for_speed(page: Page) -> None:
    """Waits until the panel shows that steps are being done."""
    words = page.locator(".cp-training .cp-progress")
    wait_for(lambda: "steps per second" in words.inner_text(), "the speed of training")


def shoot(page: Page, part: Locator, path: Path) -> None:
    """Takes a picture of the page with a part of it in sight."""
    part.first.scroll_into_view_if_needed()
    page.screenshot(path=str(path))


def ours(console: list[str]) -> list[str]:
    """Returns the lines of the browser's console that the package could have caused.

    Without internet the badge does not load; the front-ends have warnings of their own.
    """
    theirs = ("Failed to load resource", "jupyter-notebook:find-and-replace", "control comm")
    theirs += ("jupyter.widget.control",)
    return [line for line in console if not any(words in line for words in theirs)]


def cell_with(notebook: dict[str, Any], code: str) -> int:
    (found,) = [i for i, c in enumerate(notebook["cells"]) if code in "".join(c["source"])]
    return found


def test_from_the_first_form_to_a_resumed_training(
    front_end: FrontEnd, notebook: dict[str, Any], tmp_path: Path
) -> None:
    project = Project(front_end.home / "projects" / "my-first-model")
    project.remember(FramesConfig(count=40), TRAINING)
    page = front_end.open(notebook)
    look, train = cell_with(notebook, "look_at_crops"), cell_with(notebook, "steps.train(")

    # The forms and the gallery.
    for index in range(look + 1):
        if notebook["cells"][index]["cell_type"] == "code":
            front_end.run_cell(index)
    front_end.wait_until_run(8)
    assert page.locator(".cp-form-frames .cp-count input").input_value() == "40"
    page.locator(".cp-thumb:visible").nth(39).wait_for()

    # A wrong number is explained beside its box at once, and not stored.
    count = page.locator(".cp-form-frames .cp-count input")
    count.fill("0")
    count.press("Enter")
    page.locator(".cp-wrong").wait_for()
    assert "Expected a whole number from 1" in page.locator(".cp-wrong").inner_text()
    count.fill("40")
    count.press("Enter")
    page.locator(".cp-wrong").wait_for(state="detached")

    # The crops are drawn on a frame, anew when an option moves them.
    drawing = page.locator("img.cp-drawing, .cp-drawing img")
    drawn = drawing.first.get_attribute("src")
    page.locator(".cp-form-frames .cp-crops select").select_option("centre")
    wait_for(lambda: drawing.first.get_attribute("src") != drawn, "another drawing")
    page.locator(".cp-form-frames .cp-crops select").select_option("sides")
    shoot(page, page.locator(".cp-form-frames"), tmp_path / f"frames-{front_end.kind}.png")

    # Three clicks reject three crops, saved at once.
    (file,) = _manifests(front_end)
    kept = [crop.file for crop in manifest.read(file.parent).kept]
    thumbs = page.locator(".cp-thumb:visible:not(.mod-active)")
    for _ in range(3):
        before = thumbs.count()
        thumbs.first.click()
        wait_for(lambda before=before: thumbs.count() == before - 1, "the click to show")
    wait_for(lambda: len(manifest.read(file.parent).kept) == len(kept) - 3, "the clicks on disk")
    page.locator(".cp-gallery .cp-undo").click()
    wait_for(lambda: len(manifest.read(file.parent).kept) == len(kept) - 2, "the undo on disk")
    shoot(page, page.locator(".cp-gallery"), tmp_path / f"gallery-{front_end.kind}.png")

    # Training shows its progress and its pictures, and stops at the interrupt button.
    front_end.run_cell(cell_with(notebook, "TrainForm("))
    front_end.run_cell(train)
    picture = page.locator(".cp-training img.cp-sample, .cp-training .cp-sample img")
    picture.first.wait_for(timeout=90_000)
    first = picture.first.get_attribute("src")
    wait_for(lambda: picture.first.get_attribute("src") != first, "a newer picture")
    wait_for_speed(page)
    shoot(page, page.locator(".cp-training"), tmp_path / f"training-{front_end.kind}.png")
    front_end.interrupt()
    stopped = page.get_by_text("everything is saved: run this cell again to go on.")
    stopped.first.wait_for()
    shoot(page, page.locator(".cp-training"), tmp_path / f"stopped-{front_end.kind}.png")
    assert "Traceback" not in page.locator("body").inner_text()

    # The same cell again goes on.
    step = int(stopped.first.inner_text().split("after step ")[1].split(" ")[0])
    front_end.run_cell(train)
    page.get_by_text(f"training goes on at step {step}.").first.wait_for(timeout=90_000)
    wait_for_speed(page)
    front_end.interrupt()
    stopped.first.wait_for(timeout=60_000)
    front_end.run_cell(cell_with(notebook, "show_result"))
    page.locator(".cp-result video").wait_for()
    page.locator(".cp-result .cp-steps").wait_for()
    shoot(page, page.locator(".cp-result"), tmp_path / f"result-{front_end.kind}.png")

    assert len(front_end.saved()) < 1_000_000
    assert ours(front_end.console) == []


def _manifests(front_end: FrontEnd) -> list[Path]:
    return list((front_end.home / "cache").glob("colab-pix2pix/projects/*/crops/*/manifest.json"))
