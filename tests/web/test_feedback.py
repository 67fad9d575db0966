"""The feedback loop: what was made becomes a part of what is seen next."""

from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Page, expect

from support.pages import SIZE, Visit, Visiting, identity_file

pytestmark = pytest.mark.slow

OFFSET = 0.1  # how much lighter the model makes what it sees, of [-1, 1]


def test_the_last_picture_is_mixed_into_the_next_input(address: str, visiting: Visiting) -> None:
    visit = visiting(camera=None)
    page = opened(visit, address, flat(100))
    once = 100 + 127.5 * OFFSET
    assert visit.pixels("output")[..., 0].mean() == pytest.approx(once, abs=1)
    page.get_by_label("Feedback loop").check()
    visit.wait_for_frames(40)
    again = 100 + 127.5 * OFFSET / (1 - 0.5)  # where a half of it adds nothing any more
    assert visit.pixels("output")[..., 0].mean() == pytest.approx(again, abs=2)
    page.get_by_label("Feedback", exact=True).fill("0.75")
    visit.wait_for_frames(60)
    again = 100 + 127.5 * OFFSET / (1 - 0.75)
    assert visit.pixels("output")[..., 0].mean() == pytest.approx(again, abs=3)
    page.get_by_label("Feedback loop").uncheck()
    visit.settle()  # nothing is computed any more
    assert visit.pixels("output")[..., 0].mean() == pytest.approx(once, abs=1)
    expect(page.get_by_label("Feedback", exact=True)).to_be_hidden()


@pytest.mark.parametrize(("zoom", "grows"), [(1.05, True), (0.95, False)])
def test_it_grows_or_shrinks_on_the_way(
    address: str, visiting: Visiting, zoom: float, grows: bool
) -> None:
    square = np.full((SIZE, SIZE), 20, np.uint8)
    square[24:40, 24:40] = 120
    visit = visiting(camera=None)
    page = opened(visit, address, square)
    page.get_by_label("Feedback loop").check()
    page.get_by_label("Feedback", exact=True).fill("0.85")
    page.get_by_label("Zoom").fill(str(zoom))
    visit.wait_for_frames(40)
    seen = visit.pixels("output")[..., 0].astype(int)
    beside, inside = seen[22, 32], seen[25, 32]
    flat_area = seen[4, 4]
    assert (beside > flat_area + 10) == grows
    assert (inside < seen[32, 32] - 10) == (not grows)


def test_a_pause_holds_it_and_the_address_brings_it_back(address: str, visiting: Visiting) -> None:
    visit = visiting(camera=None)
    page = visit.open(address + "#source=picture&feedback=0.4&zoom=1.05")
    assert page.get_by_label("Feedback loop").is_checked()
    assert page.get_by_label("Feedback", exact=True).input_value() == "0.4"
    visit.wait_for_frames(10)
    page.get_by_role("button", name="Pause").click()
    visit.settle()
    page.get_by_role("button", name="Pause").click()
    visit.wait_for_frames(10)
    page.get_by_role("button", name="Reset").click()
    visit.settle()
    page.wait_for_function("!location.hash.includes('feedback')")
    assert not page.get_by_label("Feedback loop").is_checked()


def test_lines_that_are_drawn_stay_lines(address: str, visiting: Visiting) -> None:
    """The picture becomes edges on the way back, the drawing does not become edges of edges."""
    visit = visiting(camera=None)
    page = visit.open(address + "#source=draw&feedback=0.5")
    visit.drop("edges.onnx", identity_file(SIZE, 1, condition="edges", factor=0.0, name="edges"))
    page.wait_for_function("window.page.model.name === 'edges'")
    box = page.locator("#source canvas").bounding_box()
    assert box
    page.mouse.move(box["x"] + 20, box["y"] + box["height"] / 2)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] - 20, box["y"] + box["height"] / 2, steps=5)
    page.mouse.up()
    visit.wait_for_frames(5)
    column = visit.pixels("input")[:, SIZE // 2, 0]
    assert abs(column.min() - 128) < 12  # a half is the black line, a half a picture without edges
    assert 1 <= (column < 240).sum() <= 3


def opened(visit: Visit, address: str, light: np.ndarray) -> Page:
    """Opens the page with a model that makes things lighter, and a grey picture."""
    page = visit.open(address)
    content = identity_file(SIZE, 1, condition="paired", offset=OFFSET, name="lighter")
    visit.drop("model.onnx", content)
    page.wait_for_function("window.page.model.name === 'lighter'")
    file = io.BytesIO()
    Image.fromarray(light).save(file, "png")
    visit.drop("light.png", file.getvalue(), "image/png")
    page.wait_for_function("document.querySelector('#source img').alt === 'light.png'")
    visit.settle()
    return page


def flat(light: int) -> np.ndarray:
    return np.full((SIZE, SIZE), light, np.uint8)
