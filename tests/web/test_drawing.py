"""Drawing: what can be taken back, pens that suit the model, a picture to begin with."""

from __future__ import annotations

import base64
import io

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Page, expect

from colab_pix2pix.config import TrainConfig
from colab_pix2pix.model import conditions
from support.pages import SIZE, Visit, Visiting, identity_file
from support.sheets import line, move, sheet, stylus, swipe

pytestmark = pytest.mark.slow

#: Pastes a picture as Ctrl-V does, which a browser without a head has no clipboard for.
PASTE = """([text, kind]) => { const files = new DataTransfer();
  const bytes = Uint8Array.from(atob(text), letter => letter.charCodeAt(0));
  files.items.add(new File([bytes], 'image.png', { type: kind }));
  document.body.dispatchEvent(new ClipboardEvent('paste',
    { clipboardData: files, bubbles: true, cancelable: true })); }"""


def test_each_line_can_be_taken_back_and_drawn_again(address: str, visiting: Visiting) -> None:
    page = opened(visiting(camera=None), address)
    sheets = [sheet(page)]
    for number in range(3):
        line(page, (0.1, 0.2 + 0.2 * number), (0.9, 0.3 + 0.2 * number))
        sheets.append(sheet(page))
    page.get_by_role("button", name="New sheet").click()
    sheets.append(sheet(page))
    assert np.array_equal(sheets[-1], sheets[0])
    for expected in sheets[-2::-1]:
        page.get_by_role("button", name="Undo").click()
        assert np.array_equal(sheet(page), expected)
    assert page.locator("#undo").get_attribute("aria-disabled") == "true"
    page.keyboard.press("Enter")  # nothing is left, and nothing happens
    for expected in sheets[1:]:
        page.get_by_role("button", name="Redo").click()
        assert np.array_equal(sheet(page), expected)
    assert page.locator("#redo").get_attribute("aria-disabled") == "true"


def test_the_usual_keys_take_lines_back(address: str, visiting: Visiting) -> None:
    visit = visiting(camera=None)
    page = opened(visit, address)
    empty = sheet(page)
    line(page, (0.2, 0.2), (0.8, 0.8))
    drawn = sheet(page)
    for key, expected in [
        ("Control+z", empty),
        ("Control+Shift+Z", drawn),
        ("Meta+z", empty),
        ("Control+y", drawn),
    ]:
        page.keyboard.press(key)
        assert np.array_equal(sheet(page), expected), key
    page.keyboard.press("Control+z")
    line(page, (0.8, 0.2), (0.2, 0.8))
    other = sheet(page)
    page.keyboard.press("Control+y")  # what was taken back is gone: something else was drawn
    assert np.array_equal(sheet(page), other)
    visit.settle()


def test_keys_that_belong_to_a_text_leave_the_drawing_alone(
    address: str, visiting: Visiting
) -> None:
    page = opened(visiting(camera=None), address)
    line(page, (0.2, 0.2), (0.8, 0.8))
    drawn = sheet(page)
    page.get_by_text("Control from outside").click()
    page.get_by_label("OSC from").fill("ws://one")
    page.keyboard.press("Control+z")
    assert np.array_equal(sheet(page), drawn)
    page.get_by_label("Thickness").focus()  # a slider has nothing to take back
    page.keyboard.press("Control+z")
    assert sheet(page).min() == 255


def test_a_line_that_is_taken_back_while_it_is_drawn_stays_away(
    address: str, visiting: Visiting
) -> None:
    page = opened(visiting(camera=None), address)
    empty = sheet(page)
    move(page, 0.2, 0.2)
    page.mouse.down()
    move(page, 0.5, 0.5)
    page.keyboard.press("Control+z")
    move(page, 0.8, 0.2)
    page.mouse.up()
    assert np.array_equal(sheet(page), empty)


def test_many_lines_are_drawn_and_the_last_of_them_can_be_taken_back(
    address: str, visiting: Visiting
) -> None:
    page = opened(visiting(camera=None), address)
    empty = sheet(page)
    for number in range(70):
        x = 0.05 + 0.9 * number / 70
        line(page, (x, 0.1), (x, 0.9), steps=1)
    for _ in range(60):
        page.get_by_role("button", name="Undo").click()
    left = sheet(page)
    assert not np.array_equal(left, empty)
    dark = (left[256, :, 0] < 128).nonzero()[0]
    assert dark.min() < 40 and dark.max() < 150  # the ten oldest stay


def test_the_eraser_leaves_white_paper(address: str, visiting: Visiting) -> None:
    page = opened(visiting(camera=None), address)
    empty = sheet(page)
    line(page, (0.3, 0.5), (0.7, 0.5))
    page.get_by_role("button", name="Eraser").click()
    page.get_by_label("Thickness").fill("96")
    line(page, (0.1, 0.5), (0.9, 0.5))
    assert np.array_equal(sheet(page), empty)
    page.get_by_role("radio", name="black", exact=True).click()
    assert page.locator("#eraser").get_attribute("aria-pressed") == "false"
    line(page, (0.3, 0.5), (0.7, 0.5))
    assert not np.array_equal(sheet(page), empty)


def test_a_pen_is_as_thick_as_the_edges_of_training(address: str, visiting: Visiting) -> None:
    visit = visiting(camera=None)
    page = opened(visit, address)
    step = np.full((1, SIZE, SIZE, 3), -1, np.float32)
    step[:, SIZE // 2 :] = 1
    options = TrainConfig(image_size=SIZE, base_filters=4, condition="edges")
    edges = conditions.make_input(step, options).numpy()[0, :, SIZE // 2, 0]
    put(visit, condition="edges", name="edges")
    page.get_by_role("button", name="Draw").click()
    line(page, (0.1, 0.5), (0.9, 0.5))
    visit.settle()
    drawn = visit.pixels("input")[:, SIZE // 2, 0] / 127.5 - 1
    assert drawn.min() < -0.99 and edges.min() == -1
    assert np.sum(1 - drawn) == pytest.approx(np.sum(1 - edges), rel=0.1)
    assert names(page) == ["black", "dark grey", "light grey"]


def test_the_pens_are_those_that_the_model_can_see(address: str, visiting: Visiting) -> None:
    visit = visiting(camera=None)
    page = opened(visit, address)
    put(visit, condition="blurred-grey", blur_factor=24.0, name="blurred")
    assert width(page) == round(512 / 11)  # a pixel of the picture that the blur leaves
    assert names(page) == ["black", "dark grey", "grey", "light grey", "white"]
    expect(page.get_by_label("Other", exact=True)).to_be_hidden()
    page.get_by_label("Thickness").fill("70")
    put(visit, condition="blurred-grey", blur_factor=24.0, name="twin")
    assert width(page) == 70  # what the visitor has chosen stays where it suits as well
    put(visit, channels=3, condition="paired", name="colours")
    assert width(page) == 16 and "blue" in names(page)
    page.get_by_label("Other", exact=True).fill("#ff00ff")
    line(page, (0.2, 0.5), (0.8, 0.5))
    assert list(sheet(page)[256, 256]) == [255, 0, 255, 255]


def test_a_stylus_draws_thicker_the_harder_it_is_pressed(address: str, visiting: Visiting) -> None:
    page = opened(visiting(camera=None), address)
    thickness = [stylus(page, y, pressure) for y, pressure in ((0.2, 0.1), (0.5, 0.5), (0.8, 0.9))]
    normal = width(page)
    assert thickness == pytest.approx([0.2 * normal, normal, 1.8 * normal], abs=2.5)


def test_a_finger_draws_and_does_not_scroll(address: str, visiting: Visiting) -> None:
    phone = {"viewport": {"width": 390, "height": 500}, "has_touch": True, "is_mobile": True}
    visit = visiting(camera=None, **phone)
    page = opened(visit, address)
    empty = sheet(page)
    assert page.evaluate("document.documentElement.scrollHeight > innerHeight + 200")
    box = page.locator("#source canvas").bounding_box()
    assert box
    swipe(visit, box["x"] + 100, box["y"] + 300, -200)
    assert page.evaluate("scrollY") == 0
    assert not np.array_equal(sheet(page), empty)
    swipe(visit, 5, 450, -200)  # beside the sheet it scrolls
    page.wait_for_function("scrollY > 100")


def test_the_picture_before_can_be_drawn_on(address: str, visiting: Visiting) -> None:
    visit = visiting(camera=None)
    page = visit.open(address + "#mirror=1")
    visit.settle()
    before = visit.pixels("input")
    page.get_by_role("button", name="Draw").click()
    page.get_by_label("Mirror").uncheck()
    page.get_by_role("button", name="Start from an example").click()
    visit.settle()
    assert np.abs(visit.pixels("input").astype(int) - before).max() <= 12
    assert np.ptp(visit.pixels("input")[..., 0]) > 40
    page.get_by_role("button", name="Undo").click()
    assert sheet(page).min() == 255


@pytest.mark.parametrize("form", ["folder", "single"])
def test_a_page_that_begins_with_drawing_has_its_sample_to_draw_on(
    form: str, address: str, single: str, visiting: Visiting
) -> None:
    page = opened(visiting(camera=None), address if form == "folder" else single)
    page.get_by_role("button", name="Start from an example").click()
    assert np.ptp(sheet(page)[..., :3]) > 100


def test_for_a_model_of_edges_the_picture_becomes_lines(address: str, visiting: Visiting) -> None:
    visit = visiting(camera=None)
    page = visit.open(address)
    put(visit, condition="edges", name="edges")
    visit.settle()
    seen = visit.pixels("input")
    assert (seen[..., 0] < 128).mean() > 0.02
    page.get_by_role("button", name="Draw").click()
    page.get_by_role("button", name="Start from an example").click()
    visit.settle()
    assert np.abs(visit.pixels("input").astype(int) - seen).mean() < 6


def test_a_picture_is_pasted(address: str, visiting: Visiting) -> None:
    visit = visiting(camera=None)
    page = visit.open(address)
    paste(page, flat(200))
    page.wait_for_function("document.querySelector('#source img')?.naturalWidth === 40")
    visit.settle()
    assert np.abs(visit.pixels("input")[..., :3].astype(int) - 200).max() <= 1


def test_what_is_pasted_or_dropped_while_drawing_comes_onto_the_sheet(
    address: str, visiting: Visiting
) -> None:
    visit = visiting(camera=None)
    page = opened(visit, address)
    paste(page, flat(90))
    expect(page.locator("#undo")).to_have_attribute("aria-disabled", "false")
    assert list(sheet(page)[256, 256]) == [90, 90, 90, 255]
    visit.drop("grey.png", flat(160), "image/png")
    page.wait_for_function(f"({PIXEL})() === 160")
    assert page.evaluate("window.page.source") == "draw"
    page.get_by_role("button", name="Undo").click()
    assert list(sheet(page)[256, 256]) == [90, 90, 90, 255]
    visit.drop("broken.png", b"no picture", "image/png")
    assert "broken.png is no picture" in visit.notice()
    with page.expect_file_chooser() as chooser:  # the button asks for another source, as ever
        page.get_by_role("button", name="Picture", exact=True).click()
    chooser.value.set_files({"name": "a.png", "mimeType": "image/png", "buffer": flat(10)})
    page.wait_for_function("window.page.source === 'picture'")


PIXEL = """() => document.querySelector('#source canvas').getContext('2d')
  .getImageData(256, 256, 1, 1).data[0]"""


def opened(visit: Visit, address: str) -> Page:
    page = visit.open(address + "#source=draw")
    page.wait_for_function("document.querySelector('#colours input')")
    return page


def put(visit: Visit, *, channels: int = 1, **metadata: object) -> None:
    """Drops a model onto the page, and waits until it is there."""
    visit.drop("model.onnx", identity_file(SIZE, channels, **metadata))
    visit.page.wait_for_function("name => window.page.model.name === name", arg=metadata["name"])


def names(page: Page) -> list[str]:
    labels = "inputs => inputs.map(input => input.getAttribute('aria-label'))"
    found: list[str] = page.locator("#colours input").evaluate_all(labels)
    return found


def width(page: Page) -> float:
    return float(page.get_by_label("Thickness").input_value())


def flat(light: int) -> bytes:
    file = io.BytesIO()
    Image.new("RGB", (40, 40), (light, light, light)).save(file, "png")
    return file.getvalue()


def paste(page: Page, content: bytes) -> None:
    page.evaluate(PASTE, [base64.b64encode(content).decode(), "image/png"])
