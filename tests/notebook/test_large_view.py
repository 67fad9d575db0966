"""Large pictures and the slider between them, in a bare page without any kernel."""

from __future__ import annotations

import base64
import io
from collections.abc import Iterator

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Browser, Page, sync_playwright

from colab_pix2pix.config import Size, sides
from colab_pix2pix.notebook import inline_images
from colab_pix2pix.notebook.inline_images import jpeg_bytes
from colab_pix2pix.notebook.large_view import large_view
from colab_pix2pix.training.artifacts import sample_grid
from support import pages

LAYERS = ("what it sees", "what was there", "what it makes")
#: Red tells the layer, green the crop.
RED, GREEN = (40, 120, 200), 35


def grid(count: int, size: Size) -> Image.Image:
    shape = (*sides(size).shape, 3)
    rows = [np.stack([np.full(shape, (red, GREEN * n, 128)) for n in range(count)]) for red in RED]
    return Image.fromarray(sample_grid([row.astype(np.uint8) for row in rows]))


def strip(width: int = 256, height: int = 256) -> Image.Image:
    colours = [(red, 0, 128) for red in RED]
    return inline_images.strip([Image.new("RGB", (width, height), colour) for colour in colours])


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright, pages.browser(playwright) as launched:
        yield launched


def open_bare(
    browser: Browser, *images: Image.Image, as_strip: bool = False, size: str = ""
) -> Page:
    """Opens a page with a panel as a front-end draws it, without any kernel."""
    named = f"cp-sample cp-sides-{size}" if size else "cp-sample"
    shown = "".join(
        f'<img class="{named}" src="data:image/jpeg;base64,'
        f'{base64.b64encode(jpeg_bytes(image, 95)).decode()}"><br>'
        for image in images
    )
    page = browser.new_page(viewport={"width": 1000, "height": 900})
    view = large_view("cp-sample", LAYERS, strip=as_strip).value
    page.set_content(f'<style>img {{ max-width: 100% }}</style><div class="cp">{shown}{view}</div>')
    page.wait_for_function("window.cpLarge")
    page.set_default_timeout(5000)
    return page


def click_at(page: Page, across: float, down: float, image: int = 0) -> None:
    box = page.locator("img.cp-sample").nth(image).bounding_box()
    assert box is not None
    page.mouse.click(box["x"] + across * box["width"], box["y"] + down * box["height"])
    page.locator(".cp-large").wait_for()


def colours(page: Page) -> list[tuple[int, int]]:
    """Returns red and green of the picture below the slider's left and of the one to its right."""
    stage = page.locator(".cp-stage")
    picture = Image.open(io.BytesIO(stage.screenshot())).convert("RGB")
    middle = picture.height // 3
    spots = [picture.getpixel((int(picture.width * share), middle)) for share in (0.25, 0.75)]
    return [(spot[0], spot[1]) for spot in spots]


def near(found: list[tuple[int, int]], *expected: tuple[int, int]) -> bool:
    return bool(np.abs(np.array(found) - np.array(expected)).max() < 8)


@pytest.mark.parametrize(("count", "size"), [(6, 64), (4, 256), (3, 96), (1, 64), (6, 32)])
def test_a_click_on_a_crop_shows_that_crop(browser: Browser, count: int, size: int) -> None:
    page = open_bare(browser, grid(count, size))
    for crop in {0, count - 1}:
        click_at(page, (crop + 0.5) / count, 0.9)
        assert near(colours(page), (RED[0], GREEN * crop), (RED[2], GREEN * crop))
        assert page.locator(".cp-which").inner_text() == f"{crop + 1} of {count}"
        box = page.locator(".cp-stage").bounding_box()
        assert box is not None and box["width"] == box["height"] >= 256
    page.close()


@pytest.mark.parametrize(("count", "size"), [(6, "512x288"), (4, "64x96"), (1, "96x64")])
def test_oblong_crops_are_shown_in_their_proportions(
    browser: Browser, count: int, size: str
) -> None:
    whole = grid(count, size)
    width = min(1600, whole.width)
    shrunk = whole.resize((width, round(whole.height * width / whole.width)))
    page = open_bare(browser, shrunk, size=size)
    for crop in {0, count - 1}:
        click_at(page, (crop + 0.5) / count, 0.9)
        assert near(colours(page), (RED[0], GREEN * crop), (RED[2], GREEN * crop))
        assert page.locator(".cp-which").inner_text() == f"{crop + 1} of {count}"
        stage = Image.open(io.BytesIO(page.locator(".cp-stage").screenshot())).convert("RGB")
        assert abs(stage.width / stage.height - sides(size).width / sides(size).height) < 0.02
        edges = np.asarray(stage, int)[10:30, [12, -13], 1]
        assert np.abs(edges - GREEN * crop).max() < 10, "nothing of the gap, nor of a neighbour"
    page.close()


def test_strips_of_oblong_pictures_are_told_apart(browser: Browser) -> None:
    page = open_bare(browser, strip(256, 144), as_strip=True)
    click_at(page, 0.5, 0.5)
    assert near(colours(page), (RED[0], 0), (RED[2], 0))
    box = page.locator(".cp-stage").bounding_box()
    assert box is not None and abs(box["width"] / box["height"] - 256 / 144) < 0.02
    page.close()


def test_a_grid_that_was_shrunk_is_cut_in_the_right_places(browser: Browser) -> None:
    whole = grid(6, 512)
    page = open_bare(browser, whole.resize((1600, round(whole.height * 1600 / whole.width))))
    for crop in range(6):
        click_at(page, (crop + 0.5) / 6, 0.5)
        stage = Image.open(io.BytesIO(page.locator(".cp-stage").screenshot())).convert("RGB")
        edges = np.asarray(stage, int)[10:30, [12, -13], 1]
        assert np.abs(edges - GREEN * crop).max() < 10, "nothing of the gap, nor of a neighbour"
    page.close()


def test_the_slider_and_the_menu_compare_any_two(browser: Browser) -> None:
    page = open_bare(browser, grid(6, 64))
    click_at(page, 0.3, 0.1)
    labels = [page.locator(f".cp-{side}").inner_text() for side in ("left", "right")]
    assert labels == ["what it sees", "what it makes"]
    for cut, both in {"100": (RED[0], RED[0]), "0": (RED[2], RED[2])}.items():
        page.locator(".cp-stage input").fill(cut)
        assert near(colours(page), *((red, GREEN) for red in both))
    page.locator(".cp-stage input").fill("50")
    for pair in ("01", "12", "02"):
        page.locator(".cp-large select").select_option(pair)
        left, right = RED[int(pair[0])], RED[int(pair[1])]
        assert near(colours(page), (left, GREEN), (right, GREEN))
    page.close()


def test_buttons_and_keys_lead_to_both_ends(browser: Browser) -> None:
    page = open_bare(browser, grid(3, 64))
    click_at(page, 0.5, 0.5)
    which = page.locator(".cp-which")
    back, forth = page.locator("[data-do=back]"), page.locator("[data-do=next]")
    page.keyboard.press("ArrowRight")
    assert which.inner_text() == "3 of 3" and forth.is_disabled()
    page.keyboard.press("ArrowRight")
    assert which.inner_text() == "3 of 3"
    back.click()
    back.click()
    assert which.inner_text() == "1 of 3" and back.is_disabled() and forth.is_enabled()
    page.locator(".cp-stage input").focus()
    page.keyboard.press("ArrowRight")
    assert which.inner_text() == "1 of 3", "on the slider, an arrow moves the slider"
    page.keyboard.press("Escape")
    page.locator(".cp-large").wait_for(state="hidden")
    page.close()


def test_a_newer_sample_takes_the_place_of_the_one_that_is_looked_at(browser: Browser) -> None:
    page = open_bare(browser, grid(3, 64))
    click_at(page, 0.9, 0.5)
    newer = base64.b64encode(jpeg_bytes(Image.new("RGB", (208, 208), (250, 10, 0)), 95)).decode()
    page.evaluate(
        "source => { document.querySelector('img.cp-sample').src = source; }",
        f"data:image/jpeg;base64,{newer}",
    )
    page.wait_for_function(
        "document.querySelector('.cp-over').getContext('2d').getImageData(9, 9, 1, 1).data[0] > 240"
    )
    assert page.locator(".cp-which").inner_text() == "3 of 3"
    page.close()


def test_strips_are_paged_through_one_after_the_other(browser: Browser) -> None:
    page = open_bare(browser, strip(), strip(), as_strip=True)
    click_at(page, 0.9, 0.5, image=1)
    assert page.locator(".cp-which").inner_text() == "2 of 2"
    assert near(colours(page), (RED[0], 0), (RED[2], 0))
    page.keyboard.press("ArrowLeft")
    assert page.locator(".cp-which").inner_text() == "1 of 2"
    page.close()
