"""The page in other programs: the result alone, with nothing around it, set up by its address."""

from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Page, Playwright, expect

from support.pages import Visit, Visiting, browser

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("form", ["folder", "single"])
def test_the_result_stands_alone_on_nothing(
    form: str, scheme: str, address: str, single: str, visiting: Visiting
) -> None:
    visit = visiting(color_scheme=scheme, viewport={"width": 800, "height": 450})
    link = address if form == "folder" else single
    page = visit.open(link + "?output=only&background=transparent&source=picture")
    visit.settle()
    page.wait_for_timeout(700)  # it fades in
    seen = shot(page)
    assert seen.shape == (450, 800, 4)
    assert np.ptp(seen[:, 180:620, 3]) == 0 and seen[0, 180, 3] == 255
    assert seen[:, :175, 3].max() == 0 and seen[:, 625:, 3].max() == 0
    box = page.locator("#output").bounding_box()
    assert box == {"x": 175, "y": 0, "width": 450, "height": 450}
    expect(page.locator("#source")).to_be_hidden()


@pytest.mark.parametrize(
    ("background", "expected"),
    [("", [0, 0, 0, 255]), ("lime", [0, 255, 0, 255]), ("no-colour", [0, 0, 0, 255])],
)
def test_any_colour_can_lie_around_it(
    address: str, visiting: Visiting, background: str, expected: list[int]
) -> None:
    visit = visiting(viewport={"width": 800, "height": 450})
    page = visit.open(f"{address}?output=only&source=picture&background={background}")
    visit.settle()
    assert shot(page)[200, 50].tolist() == expected
    page.keyboard.press("Escape")  # where somebody looks into it, the whole page is behind it
    expect(page.locator("h1")).to_be_visible()
    assert shot(page)[200, 5].tolist() not in ([0, 0, 0, 255], [0, 255, 0, 255])


def test_the_address_sets_it_up_and_what_is_set_moves_behind_the_hash(
    address: str, visiting: Visiting
) -> None:
    visit = visiting()
    page = visit.open(address + "?output=only&blur=4&contrast=1.5&mirror=1&source=picture&key=7")
    visit.settle()
    assert page.evaluate("window.page.source") == "picture"  # although there is a camera
    values = [page.locator(f"#{name}").input_value() for name in ("blur", "contrast")]
    assert values == ["4", "1.5"] and page.locator("#mirror").is_checked()
    page.wait_for_function("location.search === '?key=7' && location.hash.includes('contrast=1.5')")
    first = visit.pixels("input")
    page.reload()
    page.wait_for_function("window.page?.started")
    visit.settle()
    assert np.array_equal(visit.pixels("input"), first)
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Reset").click()
    page.wait_for_function("!location.hash.includes('contrast')")
    page.reload()
    page.wait_for_function("window.page?.started")
    assert page.locator("#contrast").input_value() == "1"
    expect(page.locator("h1")).to_be_visible()


def test_a_slider_that_is_dragged_does_not_flood_the_address(
    address: str, visiting: Visiting
) -> None:
    visit = visiting(camera=None)
    page = visit.open(address)
    visit.settle()
    writes = page.evaluate(
        """async () => { let writes = 0; const plain = history.replaceState;
          history.replaceState = function (...given) { writes++; plain.apply(this, given); };
          const slider = document.getElementById('contrast');
          for (let n = 0; n < 300; n++) { slider.value = n / 150;
            slider.dispatchEvent(new Event('input')); }
          await new Promise(resolve => setTimeout(resolve, 400)); return writes; }"""
    )
    assert writes == 1 and "contrast=2" in page.url


def test_an_exhibition_without_a_camera_asks_for_one_again_after_a_reload(
    single: str, playwright: Playwright
) -> None:
    with browser(playwright) as without:
        visit = Visit(without)
        page = visit.open(single + "#exhibition")
        assert "no camera" in visit.notice()
        visit.settle()
        assert page.evaluate("window.page.source") == "picture"
        assert "source" not in page.url
        page.reload()
        page.wait_for_function("window.page?.started")
        assert "no camera" in visit.notice()
        assert visit.errors == []


def test_a_message_does_not_stay_in_another_programs_picture(
    address: str, visiting: Visiting
) -> None:
    visit = visiting(camera=False)
    page = visit.open(address + "?output=only")
    assert "refused" in visit.notice()
    page.evaluate("document.getAnimations().forEach(animation => animation.finish())")
    expect(page.locator("#notice p")).to_be_hidden()
    visit.drop("notes.txt", b"Buy milk.", "text/plain")  # a later one is seen again
    expect(page.locator("#notice p")).to_contain_text("notes.txt")
    expect(page.locator("#notice p")).to_be_visible()


def shot(page: Page) -> np.ndarray:
    """Returns what is seen, with its transparency: uint8 `(height, width, 4)`."""
    with Image.open(io.BytesIO(page.screenshot(omit_background=True))) as image:
        return np.asarray(image.convert("RGBA"))
