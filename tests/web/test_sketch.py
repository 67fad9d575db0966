"""A model in a sketch of p5.js, the real one: what is drawn becomes a picture."""

from __future__ import annotations

import base64
import re
import tarfile
from pathlib import Path

import keras
import numpy as np
import pytest
from playwright.sync_api import Route

from colab_pix2pix.config import TrainConfig
from colab_pix2pix.model import conditions
from support import CHECKOUT
from support.pages import SIZE, Visit, Visiting, as_file, lively, picture
from support.servers import Server

pytestmark = pytest.mark.slow
CONFIG = TrainConfig(image_size=SIZE, base_filters=4)


def p5(version: str) -> bytes:
    """Returns p5.js as npm has it; see `tests/fixtures/README.md`."""
    with tarfile.open(CHECKOUT / "tests" / "fixtures" / "p5.tar.xz") as archive:
        file = archive.extractfile(f"p5-{version}.min.js")
        assert file is not None
        return file.read()


def asked_for(folder: Path) -> str:
    """Returns the version of p5 that the sketch's page asks for."""
    (version,) = re.findall(r"npm/p5@([\d.]+)/lib/p5.min.js", (folder / "sketch.html").read_text())
    return str(version)


def documented() -> list[str]:
    """Returns the sketches of the documentation."""
    text = (CHECKOUT / "docs" / "guide" / "sketch.md").read_text(encoding="utf-8")
    return re.findall(r"^```js\n(.*?)^```", text, re.MULTILINE | re.DOTALL)


def right_half(visit: Visit) -> np.ndarray:
    """Returns what the sketch shows of the model's pictures: uint8 `(256, 256, 4)`."""
    text = visit.page.evaluate(
        """() => { const shown = get(256, 0, 256, 256); shown.loadPixels();
          return btoa(Array.from(shown.pixels, b => String.fromCharCode(b)).join('')); }"""
    )
    return np.frombuffer(base64.b64decode(text), np.uint8).reshape(256, 256, 4)


@pytest.mark.parametrize("version", ["1.11.13", "2.3.4"])
def test_what_is_drawn_in_a_sketch_becomes_a_picture(
    version: str, folder: Path, served: Server, visiting: Visiting, generator: keras.Model
) -> None:
    visit, elsewhere = visiting(), list[str]()

    def answer(route: Route) -> None:
        elsewhere.append(route.request.url)
        route.fulfill(body=p5(version), content_type="text/javascript")

    page = visit.page
    page.route(lambda url: "127.0.0.1" not in url and url.startswith("http"), answer)
    page.goto(served.link("sketch.html"))
    page.wait_for_function("model?.frames > 1")
    assert elsewhere == [f"https://cdn.jsdelivr.net/npm/p5@{asked_for(folder)}/lib/p5.min.js"]
    assert asked_for(folder) == "2.3.4"

    # Exactly what the network makes of what it is shown.
    rgb = picture(SIZE, seed=3)
    rgba = np.concatenate([rgb, np.full((SIZE, SIZE, 1), 255, np.uint8)], axis=2)
    made = page.evaluate(
        """async ([text, size]) => {
          const shown = createImage(size, size);
          const bytes = Uint8ClampedArray.from(atob(text), letter => letter.charCodeAt(0));
          shown.drawingContext.putImageData(new ImageData(bytes, size, size), 0, 0);
          const made = await model.make(shown); made.loadPixels();
          return [made.width, made.height, Array.from(made.pixels)]; }""",
        [base64.b64encode(rgba.tobytes()).decode(), SIZE],
    )
    expected = generator(
        conditions.make_input(conditions.encode_image(rgb[np.newaxis]), CONFIG), training=False
    )
    pixels = np.array(made[2], np.uint8).reshape(SIZE, SIZE, 4)
    assert made[:2] == [SIZE, SIZE] and np.ptp(pixels[..., :3]) > 100
    difference = pixels[..., :3].astype(int) - conditions.decode_image(expected).numpy()[0]
    assert np.abs(difference).max() <= 1

    # A line on the sheet changes what the sketch shows, and so does the camera.
    before = right_half(visit)
    assert before[..., :3].std() > 5 and (before[..., 3] == 255).all()
    box = page.locator("canvas").first.bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + 30, box["y"] + 60)
    page.mouse.down()
    page.mouse.move(box["x"] + 220, box["y"] + 200, steps=8)
    page.mouse.up()
    frames = page.evaluate("model.frames")
    page.wait_for_function(f"model.frames > {frames + 3}")
    drawn = right_half(visit)
    assert np.abs(drawn.astype(int) - before).max() > 20
    page.keyboard.press("c")
    page.wait_for_function("camera && camera.elt.videoWidth > 0")
    frames = page.evaluate("model.frames")
    page.wait_for_function(f"model.frames > {frames + 3}")
    assert np.abs(right_half(visit).astype(int) - drawn).max() > 20

    # Pictures of a model that makes no squares.
    wide = as_file(lively(image_size="96x64", base_filters=4))
    page.route("**/wide.onnx", lambda route: route.fulfill(body=wide))
    sizes = page.evaluate(
        """async () => {
          const wide = await loadPix2Pix('wide.onnx'), made = await wide.make(sheet);
          return [wide.width, wide.height, wide.size, made.width, made.height]; }"""
    )
    assert sizes == [96, 64, 96, 96, 64]

    # What can't be seen, or is no model, is said in a sentence.
    words = "e => e.message"
    sight = page.evaluate(f"Promise.resolve().then(() => model.see(7)).catch({words})")
    assert sight.startswith("The model can't see 7. Give it a camera, a video")
    missing = page.evaluate(f"loadPix2Pix('sketch.html').catch({words})")
    assert missing.startswith("This file is no model. Choose a file that ends in .onnx")
    # A closed model makes no more; a sketch that still draws goes on with its last picture.
    page.evaluate("model.see(sheet); model.close()")
    page.wait_for_function(f"frameCount > {page.evaluate('frameCount')} + 5")
    ended = "Promise.resolve().then(() => model.make(sheet))"
    assert page.evaluate(f"{ended}.catch({words})") == "the model was closed"

    # The other sketch of the documentation.
    drawing, of_the_camera = documented()
    assert drawing == (folder / "sketch.js").read_text()
    page.route("**/sketch.js", lambda route: route.fulfill(body=of_the_camera))
    page.goto(served.link("sketch.html"))
    page.wait_for_function("model?.frames > 2")
    shown = right_half(visit)
    assert shown[..., :3].std() > 5 and (shown[..., 3] == 255).all()
