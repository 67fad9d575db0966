"""Moving through a video: a bar, play and stop, one frame on or back."""

from __future__ import annotations

from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import Page, expect

from support.pages import SIZE, Visit, Visiting, identity_file
from support.videos import counting, lavfi, number_of

pytestmark = pytest.mark.slow

FRAMES = 50


@pytest.fixture(scope="module")
def film(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("film") / "film.webm"
    return counting(path, "-c:v", "libvpx", "-b:v", "1M", frames=FRAMES)


def test_the_bar_leads_to_any_frame(address: str, visiting: Visiting, film: Path) -> None:
    visit = visiting(camera=None)
    page = opened(visit, address, film)
    stop(page)
    for number in (31, 4, FRAMES - 1, 0, 12):
        page.get_by_label("Place in the video").fill(f"{(number + 0.5) / 25:.2f}")
        wait_for_number(visit, number)
    expect(page.locator("#place")).to_have_text("0:00.5 / 0:02.0")
    assert page.get_by_label("Place in the video").get_attribute("aria-valuetext") == (
        "0:00.5 of 0:02.0"
    )
    page.wait_for_timeout(1500)  # nobody sets it going again
    assert shown(visit) == 12
    play(page)
    visit.wait_for_frames(5)
    assert shown(visit) > 12


def test_dragging_the_bar_ends_where_the_mouse_does(
    address: str, visiting: Visiting, film: Path
) -> None:
    visit = visiting(camera=None)
    page = opened(visit, address, film)
    stop(page)
    box = page.get_by_label("Place in the video").bounding_box()
    assert box
    page.mouse.move(box["x"] + 10, box["y"] + box["height"] / 2)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] - 60, box["y"] + box["height"] / 2, steps=30)
    page.mouse.up()
    seconds = float(page.get_by_label("Place in the video").input_value())
    assert seconds > 1
    wait_for_number(visit, int(seconds * 25 + 1e-3))


@pytest.mark.parametrize("rate", ["25", "60", "uneven"])
def test_one_press_is_one_frame(
    address: str, visiting: Visiting, tmp_path: Path, rate: str
) -> None:
    visit = visiting(camera=None)
    output = ["-c:v", "libvpx", "-b:v", "1M"]
    filters = "setpts='(N+3*gte(N\\,20)+5*gte(N\\,22))/25/TB'" if rate == "uneven" else ""
    if filters:
        output += ["-fps_mode", "passthrough"]
    rate = "25" if filters else rate
    film = counting(tmp_path / "film.webm", *output, frames=FRAMES, rate=rate, filters=filters)
    page = opened(visit, address, film)
    visit.wait_for_frames(10)
    stop(page)
    page.get_by_label("Place in the video").fill(f"{18.5 / float(rate)}")
    wait_for_number(visit, 18)
    on = page.get_by_role("button", name="One frame on")
    back = page.get_by_role("button", name="One frame back")
    for button, expected in [*((on, n) for n in range(19, 26)), *((back, n) for n in (24, 23, 22))]:
        button.click()
        wait_for_number(visit, expected)
    page.get_by_label("Place in the video").focus()
    for key, expected in [("ArrowLeft", 21), ("ArrowLeft", 20), ("ArrowRight", 21)]:
        page.keyboard.press(key)
        wait_for_number(visit, expected)
    for key in ("ArrowRight", "ArrowRight", "ArrowLeft", "ArrowRight"):  # none waited for
        page.keyboard.press(key)
    wait_for_number(visit, 23)
    page.keyboard.press("Home")
    wait_for_number(visit, 0)
    back.click()  # before the first there is none
    visit.settle()
    assert shown(visit) == 0


def test_once_or_over_and_over(address: str, visiting: Visiting, film: Path) -> None:
    visit = visiting(camera=None)
    page = opened(visit, address, film)
    page.get_by_label("Over and over").uncheck()
    page.wait_for_function("document.querySelector('#source video').ended")
    wait_for_number(visit, FRAMES - 1)
    page.wait_for_timeout(1500)
    assert shown(visit) == FRAMES - 1
    play(page)
    page.wait_for_function("document.querySelector('#source video').currentTime < 1")
    page.get_by_label("Over and over").check()
    visit.wait_for_frames(FRAMES + 20)
    assert not page.evaluate("document.querySelector('#source video').paused")


def test_a_video_can_be_moved_while_the_page_is_paused(
    address: str, visiting: Visiting, film: Path
) -> None:
    visit = visiting(camera=None)
    page = opened(visit, address, film)
    page.get_by_role("button", name="Pause").click()
    page.get_by_label("Place in the video").fill("1.3")
    wait_for_number(visit, 32)
    page.wait_for_timeout(1500)
    assert shown(visit) == 32
    assert page.locator("#pause").get_attribute("aria-pressed") == "false"


def test_a_recording_that_does_not_say_how_long_it_is(
    address: str, visiting: Visiting, tmp_path: Path
) -> None:
    live = counting(tmp_path / "live.webm", "-c:v", "libvpx", "-live", "1", frames=FRAMES)
    visit = visiting(camera=None)
    page = opened(visit, address, live)
    stop(page)
    assert float(page.locator("#seek").get_attribute("max") or 0) == pytest.approx(2, abs=0.1)
    page.get_by_label("Place in the video").fill("1.1")
    wait_for_number(visit, 27)


def test_only_videos_have_the_bar_and_it_fits_a_phone(
    address: str, visiting: Visiting, tmp_path: Path
) -> None:
    phone = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}
    visit = visiting(camera=None, **phone)
    page = visit.open(address)
    expect(page.locator("#player")).to_be_hidden()
    wide = lavfi(tmp_path / "wide.webm", "testsrc=size=320x180:duration=1", "-c:v", "libvpx")
    visit.drop("wide.webm", wide.read_bytes(), "video/webm")
    expect(page.locator("#player")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    heights = "all => all.map(element => element.getBoundingClientRect().height)"
    controls = page.locator("#player :is(button, input[type=range], label)")
    assert min(controls.evaluate_all(heights)) >= 43.5
    page.get_by_role("button", name="Draw", exact=True).click()
    expect(page.locator("#player")).to_be_hidden()


def opened(visit: Visit, address: str, film: Path) -> Page:
    """Opens the page with a model that sees frames as they are, and a video."""
    page = visit.open(address)
    visit.drop("model.onnx", identity_file(SIZE, 1, condition="paired", name="as it is"))
    page.wait_for_function("window.page.model.name === 'as it is'")
    visit.drop(film.name, film.read_bytes(), "video/webm")
    page.wait_for_function("window.page.source === 'video'")
    return page


def stop(page: Page) -> None:
    page.get_by_role("button", name="Stop the video").click()


def play(page: Page) -> None:
    page.get_by_role("button", name="Play the video").click()


def shown(visit: Visit) -> int:
    """Returns which frame the network is shown."""
    return number_of(Image.fromarray(visit.pixels("input")).convert("RGB"))


def wait_for_number(visit: Visit, wanted: int) -> None:
    seen = []
    for _ in range(100):
        seen.append(shown(visit))
        if seen[-1] == wanted:
            return
        visit.page.wait_for_timeout(50)
    raise AssertionError(f"Frame {wanted} never came, but {seen[-5:]}.")
