"""Where the page's frames come from: a camera, a picture, a video, a drawing."""

from __future__ import annotations

import subprocess
from pathlib import Path

import imageio_ffmpeg
import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Playwright

from colab_pix2pix.downloader.download import sample_video
from support.pages import SIZE, Visit, Visiting, browser
from support.waiting import wait_for

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("form", ["folder", "single"])
def test_the_camera_is_seen_and_the_result_moves(
    form: str, address: str, single: str, visiting: Visiting
) -> None:
    visit = visiting(camera=None)
    page = visit.open(address if form == "folder" else single)
    assert page.evaluate("window.page.source") == "picture"  # asks for nothing by itself
    visit.context.grant_permissions(["camera"])
    page.get_by_role("button", name="Camera").click()
    page.wait_for_function("window.page.source === 'camera'")
    visit.wait_for_frames(3)
    before = visit.pixels("input"), visit.pixels("output")
    assert all(one.shape == (SIZE, SIZE, 4) for one in before)

    def has_moved() -> bool:
        after = visit.pixels("input"), visit.pixels("output")
        pairs = zip(before, after, strict=True)
        return all(np.abs(one.astype(int) - other).max() > 20 for one, other in pairs)

    wait_for(has_moved, "another picture")
    assert page.get_by_role("button", name="Camera").get_attribute("aria-pressed") == "true"
    assert page.evaluate("document.querySelector('#source video').videoWidth") > 0


def test_a_refused_camera_is_explained_and_the_rest_works(address: str, visiting: Visiting) -> None:
    visit = visiting(camera=False)
    page = visit.open(address)
    page.get_by_role("button", name="Camera").click()
    assert "refused" in visit.notice() and "Allow it" in visit.notice()
    assert page.evaluate("window.page.source") == "picture"
    page.get_by_role("button", name="Draw").click()
    visit.settle()
    assert page.locator("#notice p").count() == 0


def test_no_camera_is_explained_and_the_rest_works(single: str, playwright: Playwright) -> None:
    with browser(playwright) as without:
        visit = Visit(without)
        visit.open(single + "#source=camera")
        assert "no camera" in visit.notice()
        visit.settle()
        assert visit.page.evaluate("window.page.source") == "picture"
        assert visit.errors == []


def test_a_camera_that_was_lost_comes_back_by_itself(address: str, visiting: Visiting) -> None:
    visit = visiting()
    page = visit.open(address + "#exhibition")
    visit.wait_for_frames(3)
    page.evaluate("document.querySelector('#source video').srcObject.getTracks()[0].stop()")
    page.wait_for_timeout(300)
    visit.wait_for_frames(10)
    page.evaluate("document.querySelector('#source video').pause()")
    page.wait_for_timeout(300)
    visit.wait_for_frames(10)


def test_drawing_changes_the_result(address: str, visiting: Visiting) -> None:
    visit = visiting()
    page = visit.open(address)
    page.get_by_role("button", name="Draw").click()
    visit.settle()
    empty = visit.pixels("output")
    box = page.locator("#source canvas").bounding_box()
    assert box
    page.mouse.move(box["x"] + 90, box["y"] + 90)
    page.mouse.down()
    page.mouse.move(box["x"] + 260, box["y"] + 240, steps=8)
    page.mouse.up()
    visit.settle()
    drawn = visit.pixels("output")
    assert np.abs(drawn.astype(int) - empty).max() > 20
    page.get_by_role("button", name="New sheet").click()
    visit.settle()
    assert np.array_equal(visit.pixels("output"), empty)


def test_a_drawing_can_be_made_with_the_keyboard(address: str, visiting: Visiting) -> None:
    visit = visiting()
    page = visit.open(address + "#source=draw")
    empty = visit.pixels("input")
    page.locator("#source canvas").focus()
    for key in ["ArrowUp", *["Shift+ArrowRight"] * 8]:
        page.keyboard.press(key)
    visit.settle()
    drawn = visit.pixels("input")
    assert drawn.min() < empty.min() - 20
    page.keyboard.press("Delete")
    visit.settle()
    assert np.array_equal(visit.pixels("input"), empty)


def test_nothing_is_computed_where_nothing_changes(address: str, visiting: Visiting) -> None:
    page = visiting(camera=None).open(address)
    page.wait_for_function("window.page.frames > 0")
    page.wait_for_timeout(300)
    before = page.evaluate("window.page.frames")
    page.wait_for_timeout(500)
    assert page.evaluate("window.page.frames") == before


def test_a_picture_and_a_video_can_be_chosen(
    address: str, visiting: Visiting, tmp_path: Path
) -> None:
    visit = visiting(camera=None)
    page = visit.open(address)
    chosen = tmp_path / "wide.png"
    wide = np.zeros((100, 300, 3), np.uint8)
    wide[:, 100:200] = 255  # the centre square is white, what lies beside it black
    Image.fromarray(wide).save(chosen)
    with page.expect_file_chooser() as chooser:
        page.get_by_role("button", name="Picture").click()
    chooser.value.set_files(chosen)
    page.wait_for_function("document.querySelector('#source img')?.naturalWidth === 300")
    visit.settle()
    assert visit.pixels("input").min() > 250

    film = tmp_path / "film.webm"
    command = [
        imageio_ffmpeg.get_ffmpeg_exe(),
        "-loglevel",
        "error",
        "-i",
        str(sample_video()),
        "-t",
        "2",
    ]
    subprocess.run([*command, "-an", "-s", "320x180", str(film)], check=True)
    with page.expect_file_chooser() as chooser:
        page.get_by_role("button", name="Video").click()
    chooser.value.set_files(film)
    page.wait_for_function("window.page.source === 'video'")
    visit.wait_for_frames(5)
    before = visit.pixels("output")
    page.get_by_role("button", name="Pause").click()
    page.wait_for_timeout(300)
    still = page.evaluate("window.page.frames")
    page.wait_for_timeout(300)
    assert page.evaluate("window.page.frames") == still
    page.get_by_role("button", name="Pause").click()
    visit.wait_for_frames(20)  # also beyond its end: it begins again
    assert not np.array_equal(visit.pixels("output"), before)

    visit.drop("broken.mp4", b"nothing of a video", "video/mp4")
    assert "broken.mp4 is no video that this browser plays" in visit.notice()
    visit.drop("broken.png", b"nothing of a picture", "image/png")
    page.get_by_text("broken.png is no picture").wait_for()
    assert page.evaluate("window.page.source") == "video"
