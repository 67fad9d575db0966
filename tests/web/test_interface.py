"""What a visitor does with the page: settings, recordings, an exhibition, a phone, the keyboard."""

from __future__ import annotations

from pathlib import Path

import imageio_ffmpeg
import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import expect

from colab_pix2pix.languages import translations_of
from support.pages import SIZE, Visiting, identity_file
from support.videos import lavfi

pytestmark = pytest.mark.slow


def test_a_recording_plays(address: str, visiting: Visiting, tmp_path: Path) -> None:
    page = visiting().open(address + "#source=camera&show=all")
    page.get_by_role("button", name="Record").click()
    page.get_by_role("button", name="Stop").wait_for()
    page.wait_for_timeout(2000)
    with page.expect_download() as downloading:
        page.get_by_role("button", name="Stop").click()
    path = tmp_path / downloading.value.suggested_filename
    assert path.name.startswith("Clouds-") and path.suffix in (".mp4", ".webm")
    downloading.value.save_as(path)
    frames = imageio_ffmpeg.read_frames(path)
    assert next(frames)["size"] == (3 * 512, 512)
    assert len(list(frames)) > 20
    page.get_by_role("button", name="Record").wait_for()


def test_a_picture_is_saved(address: str, visiting: Visiting, tmp_path: Path) -> None:
    visit = visiting(camera=None)
    page = visit.open(address)
    visit.settle()
    with page.expect_download() as downloading:
        page.get_by_role("button", name="Save").click()
    downloading.value.save_as(tmp_path / "saved.png")
    with Image.open(tmp_path / "saved.png") as saved:
        assert np.array_equal(np.asarray(saved.convert("RGBA")), visit.pixels("output"))


def test_the_page_speaks_the_visitors_language(
    address: str, single: str, visiting: Visiting
) -> None:
    visit = visiting(camera=False, locale="ja-JP")
    page = visit.open(address)
    expect(page.get_by_role("button", name="保存")).to_be_visible()
    page.get_by_label("言語").select_option("de")  # and the page is loaded again
    expect(page.get_by_role("button", name="Speichern")).to_be_visible()
    page.wait_for_function("window.page?.started")
    assert "lang=de" in page.url and page.locator("html").get_attribute("lang") == "de"
    page.get_by_role("button", name="Kamera").click()
    expect(page.get_by_role("status").first).to_contain_text("Die Kamera darf nicht benutzt werden")
    page.locator("summary").click()
    shown = {line.strip() for line in page.locator("body").inner_text().splitlines()}
    german = translations_of("web/page")["de"]
    assert {words for words in shown if german.get(words, words) != words} == set()
    page = visit.open(f"{single}#lang=es")
    expect(page.get_by_role("button", name="Guardar")).to_be_visible()


def test_settings_work_and_stay_in_the_address(address: str, visiting: Visiting) -> None:
    visit = visiting(camera=None)
    page = visit.open(address)
    visit.settle()
    plain = visit.pixels("input").astype(int)

    def seen_after(label: str, value: str) -> np.ndarray:
        page.get_by_label(label).fill(value)
        visit.settle()
        return visit.pixels("input").astype(int)

    flat = seen_after("Contrast", "0")
    assert np.ptp(flat[..., 0]) == 0
    assert abs(flat[0, 0, 0] - plain[..., 0].mean()) <= 1
    assert np.ptp(seen_after("Contrast", "2")[..., 0]) > np.ptp(plain[..., 0])
    seen_after("Contrast", "1")
    assert (
        np.abs(np.diff(seen_after("Blur", "4")[..., 0])).max()
        > 3 * np.abs(np.diff(plain[..., 0])).max()
    )
    page.get_by_label("Mirror").check()
    visit.settle()
    sharp = visit.pixels("input")
    assert "blur=4" in page.url and "mirror=1" in page.url
    page.reload()
    page.wait_for_function("window.page?.started")
    visit.settle()
    assert np.array_equal(visit.pixels("input"), sharp)
    page.get_by_role("button", name="Reset").click()
    visit.settle()
    assert np.array_equal(visit.pixels("input"), plain)


def test_smoothing_blends_with_the_pictures_before(address: str, visiting: Visiting) -> None:
    visit = visiting()
    page = visit.open(address + "#source=draw&smooth=0.9")
    visit.settle()
    before = visit.pixels("output").astype(int)
    box = page.locator("#source canvas").bounding_box()
    assert box
    frames = page.evaluate("window.page.frames")
    page.mouse.click(box["x"] + 200, box["y"] + 200)
    page.wait_for_function(f"window.page.frames > {frames}")
    visit.settle()
    after = visit.pixels("output").astype(int)
    assert page.evaluate("window.page.frames") - frames >= 30  # it goes on until it has settled
    page.get_by_label("Smoothing").fill("0")
    visit.settle()
    exact = visit.pixels("output").astype(int)
    assert np.abs(after - exact).max() < 0.1 * np.abs(before - exact).max()


def test_an_exhibition_starts_by_itself_and_shows_pictures_only(
    address: str, visiting: Visiting
) -> None:
    visit = visiting()
    page = visit.open(address + "#exhibition")
    visit.wait_for_frames(3)
    assert page.evaluate("window.page.source") == "camera"
    assert (
        page.locator("button:visible, input:visible, h1:visible, figcaption:visible").count() == 0
    )
    box = page.locator("#output").bounding_box()
    assert box and box["height"] == 860
    page.mouse.dblclick(600, 400)  # visitors can't leave it
    expect(page.locator("h1")).to_be_hidden()
    page.keyboard.press("Escape")
    expect(page.locator("h1")).to_be_visible()
    page.get_by_role("button", name="Full screen").click()
    expect(page.locator("h1")).to_be_hidden()
    page.mouse.dblclick(600, 400)
    expect(page.locator("h1")).to_be_visible()


def test_every_control_has_a_name_and_is_reached_by_keyboard(
    address: str, visiting: Visiting
) -> None:
    page = visiting().open(address + "#source=draw")
    reached = []
    for _ in range(60):
        page.keyboard.press("Tab")
        name, shows_focus = page.evaluate(
            "[document.activeElement.id || document.activeElement.dataset.source || "
            "document.activeElement.localName, document.activeElement.matches(':focus-visible')]"
        )
        if name == "body" or name in reached:
            break
        assert shows_focus, f"{name} does not show that it has the focus"
        reached.append(name)
    wanted = {"canvas", "camera", "picture", "video", "draw", "pause", "save", "record", "full"}
    wanted |= {"blur", "contrast", "smooth", "mirror", "show-all", "speed", "reset", "other-model"}
    assert wanted | {"clear", "pen-width"} <= set(reached)
    assert page.evaluate(NAMELESS) == []


def test_every_part_that_can_be_opened_is_named_legible_and_fits_a_finger(
    address: str, visiting: Visiting, tmp_path: Path
) -> None:
    """A second model, feedback, a video or a drawing, MIDI and OSC: all at once, on a phone."""
    film = lavfi(tmp_path / "film.webm", "testsrc=size=64x64:duration=1", "-c:v", "libvpx")
    phone = {"viewport": {"width": 360, "height": 780}, "has_touch": True, "is_mobile": True}
    for scheme in ("light", "dark"):
        visit = visiting(camera=None, color_scheme=scheme, reduced_motion="reduce", **phone)
        page = visit.open(address + "#source=draw&feedback=0.5")
        with page.expect_file_chooser() as chooser:
            page.get_by_role("button", name="Add a second model").click()
        content = identity_file(SIZE, 3, name="a second one with a rather long name")
        chooser.value.set_files({"name": "b.onnx", "mimeType": "", "buffer": content})
        page.get_by_label("Mix of the two models").wait_for()
        page.get_by_text("Control from outside").click()
        for source in ("draw", "video"):
            if source == "video":
                visit.drop("film.webm", film.read_bytes(), "video/webm")
                page.get_by_label("Place in the video").wait_for()
            assert page.evaluate(NAMELESS) == []
            assert page.evaluate(SMALL) == []
            assert page.evaluate(CONTRAST) == []
            assert page.evaluate("document.documentElement.scrollWidth") <= 360


#: What has no name for a screen reader.
NAMELESS = """() => [...document.querySelectorAll(
    'button, input:not([type=file]), select, canvas, summary')]
  .filter(element => element.offsetParent && !element.getAttribute('aria-label')
    && !element.labels?.length && !element.textContent.trim())
  .map(element => element.outerHTML)"""
#: What a finger does not hit.
SMALL = """() => [...document.querySelectorAll('button, .tick, select, summary, '
    + 'input[type=range], input[type=text], input[type=color], #colours input')]
  .filter(element => element.offsetParent)
  .map(element => [element.outerHTML.slice(0, 80), element.getBoundingClientRect()])
  .filter(([name, box]) => box.height < 43.5 || box.width < 43.5)"""
CONTRAST = """() => { const channels = colour => colour.match(/[\\d.]+/g).map(Number);
  const light = colour => { const [r, g, b] = channels(colour).map(v => v / 255)
    .map(v => v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
    return 0.2126 * r + 0.7152 * g + 0.0722 * b; };
  const behind = element => { for (; element; element = element.parentElement) {
    const colour = getComputedStyle(element).backgroundColor;
    if (channels(colour)[3] !== 0) return colour; } };
  return [...document.querySelectorAll('h1, p, button, label, output, figcaption, summary')]
    .filter(element => element.offsetParent && element.textContent.trim()).map(element => {
      const colours = [getComputedStyle(element).color, behind(element)];
      const pair = colours.map(light).sort((a, b) => b - a);
      return [element.textContent.trim(), (pair[0] + 0.05) / (pair[1] + 0.05)]; })
    .filter(([text, ratio]) => !(ratio >= 4.5)); }"""


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_words_can_be_read_by_day_and_by_night(
    address: str, visiting: Visiting, scheme: str
) -> None:
    visit = visiting(color_scheme=scheme, camera=False)
    page = visit.open(address)
    page.get_by_role("button", name="Camera").click()
    visit.notice()
    assert page.evaluate(CONTRAST) == []


def test_it_fits_a_phone_in_portrait(address: str, visiting: Visiting) -> None:
    phone = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}
    visit = visiting(**phone, device_scale_factor=2)
    page = visit.open(address + "#source=camera")
    visit.wait_for_frames(2)
    for source in ("Camera", "Draw"):
        page.get_by_role("button", name=source).click()
        page.wait_for_timeout(300)
        assert page.evaluate("document.documentElement.scrollWidth") <= 390
        assert page.evaluate(SMALL) == []
