"""The notebook as a person sees it, in both front-ends: forms, gallery, training, an interrupt.

With $SCREENSHOTS set to a folder, pictures of every step are left there (the README's are from
`SCREENSHOTS=docs/screenshots`).
"""

from __future__ import annotations

import json
import os
import shutil
import time
import zipfile
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page

from colab_pix2pix.config import FramesConfig, SmallConfig, TrainConfig
from colab_pix2pix.dataset import curate, manifest
from colab_pix2pix.downloader.download import sample_video
from colab_pix2pix.downloader.preview import preview
from colab_pix2pix.project import Project
from support.browsing import (
    GALLERY,
    cell_with,
    relevant_lines,
    run_up_to,
    shoot,
    slide_to,
    step_shown,
    turn_to_page,
    wait_for_page,
    wait_for_speed,
)
from support.frontends import FrontEnd
from support.servers import serving, write_page
from support.waiting import wait_for

pytestmark = pytest.mark.slow
TRAINING = TrainConfig(
    image_size=64,
    base_filters=8,
    batch_size=2,
    learning_rate=5e-4,
    epochs=500,
    save_every_seconds=2,
)


def fill(page: Page, box: str, text: str) -> None:
    field = page.locator(f"{box} input, {box} textarea")
    field.fill(text)
    field.press("Enter")


def drag_a_square(page: Page) -> None:
    """Drags a square over the drawing of the crops, and takes it back by its button."""
    image = page.locator("img.cp-drawing, .cp-drawing img").first
    region = page.locator(".cp-form-frames .cp-region input")
    drawn = image.get_attribute("src")
    wait_for(lambda: image.evaluate("image => image.complete && image.height > 99"), "the drawing")
    # What is above may still grow or shrink, and a square is drawn where the picture was.
    image.scroll_into_view_if_needed()
    places: list[Any] = [None]
    wait_for(lambda: places.append(image.bounding_box()) or places[-1] == places[-2], "its place")
    box = places[-1]
    page.mouse.move(box["x"] + 0.25 * box["width"], box["y"] + 0.1 * box["height"])
    page.mouse.down()
    page.mouse.move(box["x"] + 0.3 * box["width"], box["y"] + 0.7 * box["height"], steps=3)
    page.mouse.up()
    wait_for(lambda: region.input_value(), "the numbers")
    assert [round(float(n)) for n in region.input_value().split(",")] == [25, 10, 60]
    wait_for(lambda: image.get_attribute("src") != drawn, "the square in the drawing")
    drawn = image.get_attribute("src")
    page.locator(".cp-no-region").click()
    wait_for(lambda: image.get_attribute("src") != drawn, "the drawing as it was")
    assert region.input_value() == "" and not page.locator(".cp-no-region").is_visible()


def move_a_handle(page: Page) -> None:
    """Moves the first handle of the film strip and back, which stands exactly below the frames."""
    film = page.locator(".cp-strip-film img").bounding_box()
    track = page.locator(".cp-strip .noUi-base, .cp-strip .ui-slider").first.bounding_box()
    assert film and track
    assert abs(film["x"] - track["x"]) < 2 and abs(film["width"] - track["width"]) < 2
    handle = page.locator(".cp-strip .noUi-handle, .cp-strip .ui-slider-handle").first
    said = page.locator(".cp-strip figcaption").first
    start = page.locator(".cp-form-frames .cp-start input")
    assert said.inner_text() == "begins at 0"
    handle.press("ArrowRight")
    wait_for(lambda: said.inner_text() != "begins at 0", "the frame at the handle")
    assert said.inner_text() == f"begins at {start.input_value()}"
    handle.press("ArrowLeft")
    wait_for(lambda: said.inner_text() == "begins at 0", "the begin")
    assert start.input_value() == ""


def test_from_a_link_to_a_resumed_training(front_end: FrontEnd, notebook: dict[str, Any]) -> None:
    project = Project(front_end.home / "projects" / "my-first-model")
    project.remember(FramesConfig(count=40), TRAINING)
    page = front_end.open(notebook)
    train = cell_with(notebook, "steps.train(")

    # A link is looked at, then fetched; a wrong one is explained in the form.
    run_up_to(front_end, notebook, "choose_video(")
    shoot(page.locator(".cp-machine"), "1-machine", front_end)
    shoot(page.locator(".cp-form-project"), "2-project", front_end)
    site = front_end.home / f"site-{time.time_ns()}"
    site.mkdir()
    shutil.copy(sample_video(), site / "clip.mp4")
    (site / "frame.jpg").write_bytes(preview("").thumbnail)
    with serving(site) as server:
        link = write_page(site, server, "frame.jpg", title="A garden in spring")
        # A file of this computer comes in pieces, and its path stands in the box.
        film = site / "garden.mp4"
        film.write_bytes(7 * sample_video().read_bytes())
        page.locator(".cp-form-video .cp-drop input").set_input_files(film)
        source = page.locator(".cp-form-video .cp-source textarea")
        wait_for(lambda: source.input_value().endswith(film.name), "the upload")
        assert Path(source.input_value()).read_bytes() == film.read_bytes()

        fill(page, ".cp-form-video .cp-source", server.link("gone.mp4"))
        page.locator(".cp-look").click()
        page.locator(".cp-form-video .cp-error").wait_for()
        assert "404" in page.locator(".cp-form-video .cp-error").inner_text()
        shoot(page.locator(".cp-form-video"), "error", front_end)
        fill(page, ".cp-form-video .cp-source", link)
        page.locator(".cp-look").click()
        page.locator(".cp-found").get_by_text("A garden in spring").wait_for()
        page.locator(".cp-found img").wait_for()
        assert page.locator(".cp-form-video .cp-error").count() == 0
        shoot(page.locator(".cp-form-video"), "3-video", front_end)
        run_up_to(front_end, notebook, "get_video(")
    assert any(path == "/clip.mp4" for _, path, _ in server.requests)
    page.get_by_text("A_garden_in_spring.mp4, 1.1 MB").wait_for()

    # A wrong number is explained beside its box at once, and not stored.
    run_up_to(front_end, notebook, "choose_crops(")
    count = page.locator(".cp-form-frames .cp-count input")
    assert count.input_value() == "40"
    fill(page, ".cp-form-frames .cp-count", "0")
    page.locator(".cp-wrong").wait_for()
    assert "Expected a whole number from 1" in page.locator(".cp-wrong").inner_text()
    fill(page, ".cp-form-frames .cp-count", "40")
    page.locator(".cp-wrong").wait_for(state="detached")

    # The crops are drawn on a frame, anew when an option moves them.
    drawing = page.locator("img.cp-drawing, .cp-drawing img")
    drawn = drawing.first.get_attribute("src")
    page.locator(".cp-form-frames .cp-crops select").select_option("centre")
    wait_for(lambda: drawing.first.get_attribute("src") != drawn, "another drawing")
    drawn = drawing.first.get_attribute("src")
    page.locator(".cp-form-frames .cp-crops select").select_option("sides")
    wait_for(lambda: drawing.first.get_attribute("src") != drawn, "the first drawing")
    shoot(page.locator(".cp-form-frames"), "4-crops", front_end)
    drag_a_square(page)
    move_a_handle(page)

    # Clicks reject crops, saved at once.
    run_up_to(front_end, notebook, "look_at_crops(")
    page.locator(".cp-thumb:visible").nth(39).wait_for()
    (file,) = _manifests(front_end)
    before = {crop.file for crop in manifest.read(file.parent).kept}
    thumbs = page.locator(".cp-thumb:visible:not(.mod-active)")
    for _ in range(4):
        left = thumbs.count()
        thumbs.first.click()
        wait_for(lambda left=left: thumbs.count() == left - 1, "the click to show")
    page.locator(".cp-gallery .cp-undo").click()
    wait_for(lambda: len(manifest.read(file.parent).kept) == len(before) - 3, "the undo on disk")
    rejected = before - {crop.file for crop in manifest.read(file.parent).kept}
    shoot(page.locator(".cp-gallery"), "5-gallery", front_end)

    # Training shows its progress and its pictures.
    run_up_to(front_end, notebook, "choose_training(")
    assert "an estimate" in page.locator(".cp-form-train .cp-time").inner_text()
    shoot(page.locator(".cp-form-train"), "6-train", front_end)
    front_end.run_cell(train)
    picture = page.locator(".cp-training img.cp-sample, .cp-training .cp-sample img")
    picture.first.wait_for(timeout=90_000)
    first = picture.first.get_attribute("src")
    wait_for(lambda: picture.first.get_attribute("src") != first, "a newer picture")
    wait_for_speed(page)

    # What was rejected is not in the training set.
    packed = curate.unpack(project.dataset_zip, front_end.home / "cache" / "looked-at")
    assert len(rejected) == 3 and rejected.isdisjoint(crop.file for crop in packed.kept)

    # It stops at the interrupt button, and the same cell again goes on.
    front_end.interrupt()
    stopped = page.get_by_text("everything is saved: run this cell again to go on.")
    stopped.first.wait_for()
    assert "Traceback" not in page.locator("body").inner_text()
    shoot(page.locator(".cp-training"), "7-stopped", front_end)
    step = int(stopped.first.inner_text().split("after step ")[1].split(" ")[0])
    kept = [crop for crop in packed.kept if crop.split == "train"]
    assert slot_manifest(project)["schedule"]["pictures"] == len(kept)
    front_end.run_cell(train)
    page.get_by_text(f"training goes on at step {step}.").first.wait_for(timeout=90_000)
    wait_for_speed(page)
    drawn = len(list(project.samples.glob("*.jpg")))
    if "SCREENSHOTS" in os.environ:
        page.wait_for_timeout(40_000)  # pictures of a model that has learned something

    # The slider leads to earlier pictures while steps go on, and stays there.
    caption = page.locator(".cp-training .cp-caption")
    slide_to(page, 0.0)
    wait_for(lambda: "Step 0." in caption.inner_text(), "the first picture")
    page.wait_for_timeout(500)  # a picture's bytes are put in place a moment after its caption
    before, oldest = step_shown(page), picture.first.get_attribute("src")
    wait_for(lambda: len(list(project.samples.glob("*.jpg"))) > drawn, "another sample")
    wait_for(lambda: step_shown(page) > before + 5, "training to go on")
    assert picture.first.get_attribute("src") == oldest
    slide_to(page, 1.0)
    wait_for(lambda: "Step 0." not in caption.inner_text(), "the newest picture")
    shoot(page.locator(".cp-training"), "8-training", front_end)

    # The Stop button ends it as politely as the interrupt does; cells that wait are given up.
    front_end.run_cell(cell_with(notebook, "show_result"))
    page.locator(".cp-training .cp-stop").click()
    stopped.first.wait_for(timeout=60_000)
    assert not page.locator(".cp-training .cp-stop").is_visible()
    assert slot_manifest(project)["step"] > step
    page.wait_for_timeout(500)
    assert page.locator(".cp-result").count() == 0

    # The result, and the model on an own picture.
    front_end.run_cell(cell_with(notebook, "show_result"))
    page.locator(".cp-result video").wait_for()
    page.locator(".cp-result .cp-steps").wait_for()
    shoot(page.locator(".cp-result"), "9-result", front_end)

    # How good it is, as a page within the page.
    front_end.run_cell(cell_with(notebook, "steps.report("))
    page.locator("iframe.cp-report-page").wait_for(timeout=90_000)
    inside = page.frame_locator("iframe.cp-report-page")
    inside.locator("table td").first.wait_for()
    assert inside.locator("h2").first.inner_text() == "Scores"
    shoot(page.locator(".cp-report"), "12-report", front_end)

    front_end.run_cell(cell_with(notebook, "choose_picture("))
    page.locator(".cp-form-use .cp-picture input").wait_for()
    fill(page, ".cp-form-use .cp-picture", str(file.parent / sorted(rejected)[0]))
    front_end.run_cell(cell_with(notebook, "steps.use("))
    page.locator(".cp-use a.cp-download").wait_for(timeout=60_000)
    shoot(page.locator(".cp-use"), "10-use", front_end)
    page.locator(".cp-use a.cp-download").scroll_into_view_if_needed()
    page.wait_for_timeout(500)  # a click right after scrolling hits the report, where it was before
    with page.expect_download() as download:
        page.locator(".cp-use a.cp-download").click()
    with zipfile.ZipFile(download.value.path()) as archive:
        assert archive.namelist() == [f"{Path(sorted(rejected)[0]).stem}.png"]

    # The tick for a small model is kept at once; until that is made, the page says what it takes.
    front_end.run_cell(cell_with(notebook, "choose_small("))
    page.locator(".cp-form-small .cp-wanted input").check()
    wait_for(lambda: project.recall(SmallConfig).wanted, "the tick in the project")

    # The model live in its page, here without a camera: it begins with a picture.
    front_end.run_cell(cell_with(notebook, "try_live("))
    page.locator("iframe.cp-live").wait_for(timeout=90_000)
    page.get_by_text("The small model is not made yet").first.wait_for()
    page.locator("iframe.cp-live").scroll_into_view_if_needed()  # what nobody sees draws nothing
    inside = page.frame_locator("iframe.cp-live")
    inside.locator("canvas#output").wait_for()
    frame = page.locator("iframe.cp-live").element_handle().content_frame()
    frame.wait_for_function("window.page?.frames > 0")
    page.wait_for_timeout(500)
    shoot(page.locator(".cp-try"), "11-live", front_end)
    assert (project.path / "exports" / "web.html").stat().st_size < 20_000_000

    assert len(front_end.saved()) < 1_000_000
    assert relevant_lines(front_end.console) == []


def slot_manifest(project: Project) -> dict[str, Any]:
    """Returns what the newest state says of itself."""
    manifests = []
    for slot in filter(Path.exists, project.slots):
        with zipfile.ZipFile(slot) as archive:
            manifests.append(json.loads(archive.read("manifest.json")))
    return max(manifests, key=lambda manifest: manifest["generation"])


def test_after_a_reload_in_the_middle_of_training_the_panel_is_there_again_and_goes_on(
    front_end: FrontEnd, notebook: dict[str, Any]
) -> None:
    project = Project(front_end.home / "projects" / "my-first-model")
    project.remember(FramesConfig(count=24), TRAINING)
    page = front_end.open(notebook)
    run_up_to(front_end, notebook, "choose_training(")
    front_end.run_cell(cell_with(notebook, "steps.train("))
    wait_for_speed(page)
    front_end.saved()  # what notebooks do by themselves every two minutes
    front_end.reload()
    panel = page.locator(".cp-training")
    panel.first.wait_for(timeout=60_000)
    before = wait_for(lambda: max(0, step_shown(page)), "the progress")
    wait_for(lambda: step_shown(page) > before + 5, "training to go on")
    page.locator(".cp-training img.cp-sample, .cp-training .cp-sample img").first.wait_for()
    plot, lines = (page.locator(f".cp-training .cp-plot{inner}").first for inner in ("", " svg"))
    lines.wait_for(state="attached")
    heights = [place.bounding_box()["height"] for place in (plot, lines)]
    assert abs(heights[0] - heights[1]) < 3  # pages have rules of their own for what is drawn
    shoot(panel, "reloaded", front_end)
    page.locator(".cp-training .cp-stop").click()
    page.locator(".cp-training .cp-stop").wait_for(state="hidden")
    step = wait_for(lambda: slot_manifest(project)["step"], "the state")
    wait_for(lambda: step_shown(page) == step, "the step that was reached")


FAILING = """
import colab_pix2pix as p2p
from colab_pix2pix.notebook import steps
project = p2p.Project(p2p.project_root() / "failing"); form = p2p.forms.VideoForm(); form
"""


def test_a_cell_that_fails_says_what_why_and_what_to_do(front_end: FrontEnd) -> None:
    page = front_end.open([FAILING, "steps.get_video(project, form)"])
    front_end.run_cell(0)
    front_end.wait_until_run(1)
    fill(page, ".cp-form-video .cp-source", "/nowhere/clip.mp4")
    front_end.run_cell(1)
    output = page.locator(".jp-OutputArea, .output_wrapper").nth(1)
    output.get_by_text("/nowhere/clip.mp4").wait_for()
    text = " ".join(output.inner_text().split())
    what, why = "There is no file '/nowhere/clip.mp4'.", "Expected a link that begins with https://"
    assert what in text and why in text and "Check the spelling" in text
    assert "Traceback" not in text and "DownloadError" not in text
    shoot(output, "failed", front_end)


def test_a_thousand_crops_are_turned_and_rejected(front_end: FrontEnd) -> None:
    page = front_end.open([GALLERY, "p2p.Gallery(dataset)", "p2p.Gallery(dataset, page_size=400)"])
    front_end.run_cell(0)
    front_end.wait_until_run(1)
    front_end.run_cell(1)
    wait_for_page(page, 1)
    for number in range(2, 7):
        turn_to_page(page, number)

    page.locator(".cp-thumb:visible").nth(5).click()
    page.get_by_text("decided by you 1").wait_for()
    work = front_end.home / "work" / "many"
    by_hand = [c for c in manifest.read(work).crops if c.choice == "reject"]
    assert [c.file for c in by_hand] == ["245.jpg"]
    fill(page, ".cp-numbers", "3, 7-9")
    page.locator(".cp-reject-these").click()
    wait_for(lambda: len(manifest.read(work).kept) == 895, "the numbers on disk")

    # Marked ones are rejected already; those that were kept by hand go at once, and come back.
    marked = page.locator(".cp-reject-dark")
    assert marked.inner_text() == "100 dark: rejected" and marked.is_disabled()
    page.locator(".cp-view select").select_option("dark (100)")
    page.locator(".cp-keep-all").click()
    wait_for(lambda: marked.inner_text() == "Reject 100 dark", "the count")
    marked.click()
    wait_for(lambda: len(manifest.read(work).kept) == 895, "the dark ones on disk")
    page.locator(".cp-undo").click()
    wait_for(lambda: len(manifest.read(work).kept) == 995, "the undo on disk")
    page.locator(".cp-pictures select").select_option("what the network sees")
    page.get_by_text("Page 1 of 3").first.wait_for()
    page.locator(".cp-view select").select_option("all crops (1000)")
    page.get_by_text("Page 1 of 21").first.wait_for()
    shoot(page.locator(".cp-gallery"), "gallery-blurred", front_end)

    front_end.run_cell(2)
    page.locator(".cp-gallery").nth(1).locator(".cp-thumb:visible").nth(399).wait_for()
    assert relevant_lines(front_end.console) == []


def _manifests(front_end: FrontEnd) -> list[Path]:
    return list((front_end.home / "cache").glob("colab-pix2pix/projects/*/crops/*/manifest.json"))
