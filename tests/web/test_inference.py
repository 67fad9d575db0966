"""What the page computes equals TensorFlow: the input it makes, and the frame the network gives."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf
from playwright.sync_api import Page, Playwright

from colab_pix2pix.config import Size, TrainConfig, sides
from colab_pix2pix.model import conditions
from support.pages import (
    FALSE_GRAPHICS,
    SIZE,
    Visit,
    Visiting,
    browser,
    from_page,
    identity_file,
    picture,
)

pytestmark = pytest.mark.slow


def config(**options: Any) -> TrainConfig:
    return TrainConfig(image_size=SIZE, base_filters=4).replace(**options)


@pytest.mark.parametrize("form", ["folder", "single"])
def test_its_pictures_are_those_of_keras(
    form: str, address: str, single: str, visiting: Visiting, generator: keras.Model
) -> None:
    page = visiting().open(address if form == "folder" else single)
    rgb = picture(SIZE, seed=3)
    input_image = conditions.make_input(conditions.encode_image(rgb[np.newaxis]), config())
    expected = generator(input_image, training=False).numpy().ravel()
    generated_image = from_page(page, "rgba => window.page.run(rgba)", rgb)
    assert np.ptp(expected) > 1
    assert np.abs(generated_image - expected).max() < 1e-4


def test_on_a_graphics_card_its_pictures_are_those_of_keras(
    address: str, playwright: Playwright, generator: keras.Model
) -> None:
    with browser(playwright, *FALSE_GRAPHICS) as launched:
        visit = Visit(launched)
        page = visit.open(address + "#backend=webgpu")
        assert page.evaluate("window.page.backend") == "webgpu"
        rgb = picture(SIZE, seed=4)
        input_image = conditions.make_input(conditions.encode_image(rgb[np.newaxis]), config())
        expected = generator(input_image, training=False).numpy().ravel()
        generated_image = from_page(page, "rgba => window.page.run(rgba)", rgb)
        assert np.abs(generated_image - expected).max() < 1e-4
        # Without being asked to, the page takes the processor itself: it is faster than this card.
        assert Visit(launched).open(address).evaluate("window.page.backend") == "wasm"
        assert visit.errors == []


def test_a_graphics_card_that_fails_is_left_alone(address: str, visiting: Visiting) -> None:
    visit = visiting(camera=None)
    visit.page.add_init_script(
        """Object.defineProperty(Navigator.prototype, 'gpu', { value: {
          requestAdapter: async () => ({ info: {} }) } });"""
    )
    page = visit.open(address)
    visit.settle()
    assert page.evaluate("window.page.backend") == "wasm"
    assert any(".jspi." in url for url in visit.requests)  # it was tried


SIZES_AND_FACTORS = [(64, 24.0), (128, 8.0), (256, 24.0), (256, 2.5), (256, 1.0)]


SIZES_AND_FACTORS += [(128, 102.4), (256, 64.0), (512, 12.0), (64, 5.0), (96, 24.0), (1024, 24.0)]
OBLONG = [("512x288", 24.0), ("96x128", 24.0), ("64x256", 4.05), ("128x96", 1.0)]


@pytest.mark.parametrize("channels", [1, 3])
def test_blurring_equals_tensorflow(address: str, visiting: Visiting, channels: int) -> None:
    visit = visiting(camera=None)
    page = visit.open(address)
    for size, factor in [*SIZES_AND_FACTORS, *OBLONG]:
        options = config(image_size=size, blur_factor=factor, input_channels=channels)
        open_identity(visit, options)
        page.get_by_label("Blur").fill("7")  # after another blur: nothing of before is left
        assert difference(page, options.replace(blur_factor=7.0), noise(size)) < 1e-5, size
        page.get_by_role("button", name="Reset").click()
        assert difference(page, options, noise(size, seed=3)) < 1e-5, (size, factor)


@pytest.mark.parametrize(
    ("condition", "channels"), [("edges", 1), ("grey", 1), ("paired", 3), ("paired", 1)]
)
def test_other_inputs_equal_tensorflow(
    address: str, visiting: Visiting, condition: str, channels: int
) -> None:
    visit = visiting(camera=None)
    page = visit.open(address)
    for size in (64, 256, "128x64", "64x96"):
        options = config(image_size=size, condition=condition, input_channels=channels)
        open_identity(visit, options)
        assert difference(page, options, noise(size)) < 1e-5
        assert difference(page, options, picture(size)) < 1e-5


def noise(size: Size, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 256, (*sides(size).shape, 3), np.uint8)


def open_identity(visit: Visit, options: TrainConfig) -> None:
    """Puts a model into the page whose input is made with these options."""
    name = f"{options.image_size} pixels, {options.condition}, {options.blur_factor}"
    metadata = {"condition": options.condition, "blur_factor": options.blur_factor}
    content = identity_file(options.image_size, options.channels_fed, name=name, **metadata)
    visit.drop("identity.onnx", content)
    visit.page.wait_for_function("name => window.page.model.name === name", arg=name)


def difference(page: Page, options: TrainConfig, rgb: np.ndarray) -> float:
    """How far the page's input is from TensorFlow's at the worst pixel."""
    expected = conditions.make_input(conditions.encode_image(rgb[np.newaxis]), options)
    input_image = from_page(page, "rgba => window.page.makeInput(rgba)", rgb)
    return float(np.abs(input_image - tf.reshape(expected, [-1]).numpy()).max())
