"""What the page computes equals TensorFlow: the input it makes, and the frame the network gives."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf
from playwright.sync_api import Playwright

from colab_pix2pix.config import TrainConfig
from colab_pix2pix.model import conditions
from support.pages import FALSE_GRAPHICS, SIZE, Visit, Visiting, browser, from_page, picture

pytestmark = pytest.mark.slow


def config(**options: Any) -> TrainConfig:
    return TrainConfig(image_size=SIZE, base_filters=4).replace(**options)


@pytest.mark.parametrize("form", ["folder", "single"])
def test_its_pictures_are_those_of_keras(
    form: str, address: str, single: str, visiting: Visiting, generator: keras.Model
) -> None:
    page = visiting().open(address if form == "folder" else single)
    shown = picture(SIZE, seed=3)
    fed = conditions.make_input(conditions.encode_image(shown[np.newaxis]), config())
    expected = generator(fed, training=False).numpy().ravel()
    found = from_page(page, "bytes => window.page.run(bytes)", shown)
    assert np.ptp(expected) > 1
    assert np.abs(found - expected).max() < 1e-4


def test_on_a_graphics_card_its_pictures_are_those_of_keras(
    address: str, playwright: Playwright, generator: keras.Model
) -> None:
    with browser(playwright, *FALSE_GRAPHICS) as launched:
        visit = Visit(launched)
        page = visit.open(address + "#backend=webgpu")
        assert page.evaluate("window.page.backend") == "webgpu"
        shown = picture(SIZE, seed=4)
        fed = conditions.make_input(conditions.encode_image(shown[np.newaxis]), config())
        expected = generator(fed, training=False).numpy().ravel()
        found = from_page(page, "bytes => window.page.run(bytes)", shown)
        assert np.abs(found - expected).max() < 1e-4
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


SIZES_AND_FACTORS += [(128, 102.4), (256, 64.0), (512, 12.0), (64, 5.0)]


@pytest.mark.parametrize("channels", [1, 3])
def test_blurring_equals_tensorflow(address: str, visiting: Visiting, channels: int) -> None:
    page = visiting().open(address)
    for size, factor in SIZES_AND_FACTORS:
        options = config(image_size=size, blur_factor=factor, input_channels=channels)
        assert difference(page, options, noise(size, seed=size)) < 1e-5, (size, factor)


@pytest.mark.parametrize(
    ("condition", "channels"), [("edges", 1), ("grey", 1), ("paired", 3), ("paired", 1)]
)
def test_other_inputs_equal_tensorflow(
    address: str, visiting: Visiting, condition: str, channels: int
) -> None:
    page = visiting().open(address)
    for size in (64, 256):
        options = config(image_size=size, condition=condition, input_channels=channels)
        assert difference(page, options, noise(size)) < 1e-5
        assert difference(page, options, picture(size)) < 1e-5


def noise(size: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 256, (size, size, 3), np.uint8)


def difference(page: Any, options: TrainConfig, shown: np.ndarray) -> float:
    """How far the page's input is from TensorFlow's at the worst pixel."""
    expected = conditions.make_input(conditions.encode_image(shown[np.newaxis]), options)
    about = {
        "condition": options.condition,
        "blur_factor": options.blur_factor,
        "image_size": options.image_size,
        "input_channels": options.channels_fed,
    }
    code = """async (bytes, about) => {
      const { Condition } = await import(new URL('js/model/condition.js', document.baseURI));
      const condition = new Condition({ ...about, blur_factor: 7 });
      const input = new Float32Array(about.image_size ** 2 * about.input_channels);
      condition.make(bytes, input); // twice, and after another blur: nothing of before is left
      condition.blurFactor = about.blur_factor;
      return condition.make(bytes, input); }"""
    found = from_page(page, code, shown, about)
    return float(np.abs(found - tf.reshape(expected, [-1]).numpy()).max())


def test_an_input_takes_less_than_3_ms(address: str, visiting: Visiting) -> None:
    page = visiting().open(address + "#source=draw")
    best = page.evaluate(
        """async () => {
          const { Condition } = await import(new URL('js/model/condition.js', document.baseURI));
          const { drawSquare, toRgba } = await import(new URL('js/pixels.js', document.baseURI));
          const about = { condition: 'blurred-grey', blur_factor: 24, image_size: 256,
            input_channels: 1 };
          const condition = new Condition(about), input = new Float32Array(256 * 256);
          const canvas = Object.assign(document.createElement('canvas'), { width: 256 });
          canvas.height = 256;
          const context = canvas.getContext('2d', { willReadFrequently: true });
          const source = document.querySelector('#source canvas');
          const times = Array.from({ length: 40 }, () => {
            const started = performance.now();
            drawSquare(context, source, true);
            const { data } = context.getImageData(0, 0, 256, 256);
            condition.make(data, input);
            return performance.now() - started; });
          return Math.min(...times); }"""
    )
    assert best < 3
