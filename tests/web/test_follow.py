"""The meter beside the output: does what the network makes follow what it is shown."""

from __future__ import annotations

import io
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Locator, Page, expect

from colab_pix2pix.config import TrainConfig
from colab_pix2pix.model import conditions
from colab_pix2pix.training import diagnosis
from colab_pix2pix.training.evaluation import follow_error
from colab_pix2pix.web import building
from support.pages import SIZE, Visit, Visiting, as_file, from_page, identity_file, lively, picture

pytestmark = pytest.mark.slow

WELL = "follows the picture well"
PARTLY = "follows the picture partly"
HARDLY = "hardly follows the picture"
#: As a picture's brightness: from dark to light, and stripes that a blur takes away.
RISING = np.tile(np.linspace(20, 235, 128, dtype=np.uint8)[:, np.newaxis], (1, 128))
STRIPES = np.tile(np.repeat(np.uint8([60, 180]), 8), (128, 8))
#: Collects each reading of the meter in `window.readings`.
WATCH = """() => { window.readings = [];
  const meter = document.getElementById('follow-meter');
  new MutationObserver(() => window.readings.push(meter.getAttribute('aria-valuetext')))
    .observe(meter, { attributeFilter: ['aria-valuetext'] }); }"""


def test_its_numbers_are_those_of_the_verdict() -> None:
    script = Path(building.__file__).parent / "page/js/interface/follow_meter.js"
    numbers = dict(re.findall(r"^const ([A-Z]+) = ([\d.]+);", script.read_text(), re.MULTILINE))
    assert float(numbers["FOLLOWS"]) == diagnosis.FOLLOWS
    assert float(numbers["DEAF"]) == diagnosis.DEAF


MODELS: list[dict[str, Any]] = [
    {},
    {"condition": "grey"},
    {"input_channels": 3},
    {"output_size": 32},
    {"image_size": 128, "output_size": 32, "input_channels": 3},
    {"blur_factor": 5.0},
    {"image_size": "96x64"},
    {"image_size": "128x192", "output_size": "64x96", "input_channels": 3},
]


def test_what_it_measures_is_what_training_measures(address: str, visiting: Visiting) -> None:
    visit = visiting(camera=None)
    page = visit.open(address)
    for options in MODELS:
        config = TrainConfig(image_size=SIZE, base_filters=4).replace(**options)
        generator = lively(
            image_size=config.image_size,
            base_filters=4,
            input_channels=config.channels_fed,
            output_channels=3,
            output_size=config.output_size or None,
        )
        metadata = {"condition": config.condition, "blur_factor": config.blur_factor}
        put(visit, as_file(generator, **metadata))
        rgb = picture(config.image_size, seed=3)
        input_image = conditions.make_input(conditions.encode_image(rgb[np.newaxis]), config)
        expected = follow_error(input_image, generator(input_image, training=False), config)
        assert expected > 0.01
        assert abs(measured(page, rgb) - expected) < 2e-3, options


def test_a_model_that_copies_its_input_follows(address: str, visiting: Visiting) -> None:
    visit = visiting(camera=None)
    page = opened(visit, address)
    put(visit, identity_file(SIZE, 1, name="copies"))
    expect(reading(page)).to_have_attribute("aria-valuetext", WELL)
    assert share(page) > 75
    expect(page.get_by_text(WELL)).to_be_visible()


def test_a_model_that_always_makes_the_same_picture_does_not_follow(
    address: str, visiting: Visiting
) -> None:
    visit = visiting(camera=None)
    page = opened(visit, address)
    put(visit, identity_file(SIZE, 1, name="same", factor=0.0, offset=0.9))
    expect(reading(page)).to_have_attribute("aria-valuetext", HARDLY)
    assert share(page) == 0
    expect(page.get_by_text(HARDLY)).to_be_visible()


def test_a_model_with_a_light_of_its_own_follows_partly(address: str, visiting: Visiting) -> None:
    visit = visiting(camera=None)
    page = opened(visit, address)
    put(visit, identity_file(SIZE, 1, name="brighter", offset=0.08))
    expect(reading(page)).to_have_attribute("aria-valuetext", PARTLY)


@pytest.mark.parametrize("label", ["Contrast", "Blur"])
def test_it_compares_with_what_the_network_was_given(
    address: str, visiting: Visiting, label: str
) -> None:
    """A changed input is the input: a model that copies it follows."""
    visit = visiting(camera=None)
    page = opened(visit, address, STRIPES)
    put(visit, identity_file(SIZE, 1, name="copies", condition="blurred-grey"))
    expect(reading(page)).to_have_attribute("aria-valuetext", WELL)
    page.evaluate(WATCH)
    page.get_by_label(label).fill({"Contrast": "0.3", "Blur": "1"}[label])
    page.wait_for_function("window.readings.length > 0")
    assert set(page.evaluate("window.readings")) == {WELL}


def test_smoothing_is_not_blamed_on_the_network(address: str, visiting: Visiting) -> None:
    visit = visiting(camera=None)
    page = opened(visit, address + "#smooth=0.95", flat(255))
    put(visit, identity_file(SIZE, 1, name="copies"))
    visit.settle()
    page.wait_for_timeout(600)  # the first frame of what comes next is measured
    page.evaluate(WATCH)
    show(visit, flat(0))
    page.wait_for_function("window.readings.length > 0")
    assert visit.pixels("output").mean() > 100  # it still shows much of what was before
    visit.settle()
    assert set(page.evaluate("window.readings")) == {WELL}


def test_the_last_frame_counts_however_quickly_it_came(address: str, visiting: Visiting) -> None:
    visit = visiting(camera=None)
    page = opened(visit, address, flat(128))
    put(visit, identity_file(SIZE, 1, name="grey", factor=0.0))
    expect(reading(page)).to_have_attribute("aria-valuetext", WELL)
    show(visit, flat(255))
    expect(reading(page)).to_have_attribute("aria-valuetext", HARDLY)
    show(visit, flat(128))  # within the time in which nothing is measured
    visit.settle()
    expect(reading(page)).to_have_attribute("aria-valuetext", WELL)


def test_it_is_measured_a_few_times_a_second_at_most(address: str, visiting: Visiting) -> None:
    visit = visiting()
    page = visit.open(address + "#source=camera")
    visit.wait_for_frames(3)
    page.evaluate(WATCH)
    before = page.evaluate("[performance.now(), window.page.frames]")
    visit.wait_for_frames(60)
    after, count = page.evaluate(
        "[[performance.now(), window.page.frames], window.readings.length]"
    )
    assert 1 <= count <= (after[0] - before[0]) / 500 + 1
    assert after[1] - before[1] >= 60


def test_where_nothing_can_be_said_nothing_is(address: str, visiting: Visiting) -> None:
    visit = visiting(camera=None)
    page = opened(visit, address)
    expect(reading(page)).to_be_visible()
    for condition, channels in (("edges", 1), ("paired", 3), ("paired", 1)):
        put(visit, identity_file(SIZE, channels, name="mute", condition=condition))
        visit.settle()
        expect(page.locator("#follow")).to_be_hidden()
        put(visit, identity_file(SIZE, 1, name="copies", condition="grey"))
        expect(reading(page)).to_have_attribute("aria-valuetext", WELL)
        expect(page.locator("#follow")).to_be_visible()


def test_an_exhibition_shows_and_computes_none_of_it(address: str, visiting: Visiting) -> None:
    visit = visiting()
    page = visit.open(address + "#exhibition")
    visit.wait_for_frames(3)
    page.evaluate(WATCH)
    visit.wait_for_frames(60)
    expect(page.locator("#follow")).to_be_hidden()
    assert page.evaluate("window.readings") == []
    page.keyboard.press("Escape")
    expect(page.locator("#follow")).to_be_visible()
    page.get_by_role("button", name="Full screen").click()
    expect(page.locator("#follow")).to_be_hidden()


WIDTHS = [360, 420, 720, 1280]


@pytest.mark.parametrize("source", ["picture", "draw"])
def test_it_has_room_and_nothing_moves_when_its_words_change(
    address: str, visiting: Visiting, source: str
) -> None:
    visit = visiting(camera=None)
    page = visit.open(f"{address}#source={source}")
    boxes: dict[int, list[object]] = {width: [] for width in WIDTHS}
    for offset, words in ((0.0, WELL), (0.09, PARTLY), (2.0, HARDLY)):
        put(visit, identity_file(SIZE, 1, condition="grey", offset=-offset))
        expect(reading(page)).to_have_attribute("aria-valuetext", words)
        for width in WIDTHS:
            page.set_viewport_size({"width": width, "height": 860})
            page.evaluate("new Promise(requestAnimationFrame)")
            places = (reading(page), page.locator("#stage"), page.locator("main"))
            boxes[width].append([place.bounding_box() for place in places])
            assert page.evaluate("document.documentElement.scrollWidth") <= width
            tile = page.locator("#tile-output").bounding_box()
            text = page.locator("#follow-words").bounding_box()
            assert tile and text
            assert tile["x"] <= text["x"]
            assert text["x"] + text["width"] <= tile["x"] + tile["width"]
    for first, *others in boxes.values():
        assert others == [first, first]


def reading(page: Page) -> Locator:
    return page.get_by_role("meter", name="How well it follows")


def share(page: Page) -> int:
    return int(reading(page).get_attribute("aria-valuenow") or "-1")


def measured(page: Page, rgb: np.ndarray) -> float:
    code = "async rgba => new Float32Array([await window.page.follow(rgba)])"
    return float(from_page(page, code, rgb)[0])


def opened(visit: Visit, address: str, light: np.ndarray = RISING) -> Page:
    page = visit.open(address)
    show(visit, light)
    return page


def flat(light: int) -> np.ndarray:
    return np.full((128, 128), light, np.uint8)


def show(visit: Visit, light: np.ndarray) -> None:
    """Drops a grey picture onto the page."""
    file = io.BytesIO()
    Image.fromarray(light).save(file, "png")
    before = visit.page.evaluate("document.querySelector('#source img')?.src")
    visit.drop("light.png", file.getvalue(), "image/png")
    changed = "before => document.querySelector('#source img')?.src !== before"
    visit.page.wait_for_function(changed, arg=before)


def put(visit: Visit, content: bytes) -> None:
    """Drops a model onto the page, and waits until it has made a picture."""
    before = visit.page.evaluate_handle(
        "({ model: window.page.model, frames: window.page.frames })"
    )
    visit.drop("model.onnx", content)
    visit.page.wait_for_function(
        "before => window.page.model !== before.model && window.page.frames > before.frames",
        arg=before,
    )
