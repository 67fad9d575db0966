"""A browser with a false camera, and the web page in it; models to put into the page."""

from __future__ import annotations

import base64
import contextlib
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import keras
import numpy as np
import onnx
from playwright.sync_api import Browser, BrowserContext, Page, Playwright

from colab_pix2pix.config import Sides, Size, sides
from colab_pix2pix.model.networks import build_generator
from colab_pix2pix.model.onnx_export import to_onnx
from colab_pix2pix.workflows.exporting.model_card import size_facts
from support.frontends import chromium

_OPTIONS = ["--no-sandbox", "--no-first-run", "--disable-sync", "--disable-background-networking"]
_OPTIONS += ["--disable-component-update", "--autoplay-policy=no-user-gesture-required"]
FALSE_CAMERA = ["--use-fake-device-for-media-stream"]
#: A graphics card that the processor imitates.
FALSE_GRAPHICS = ["--enable-unsafe-webgpu", "--use-webgpu-adapter=swiftshader"]
FALSE_GRAPHICS += ["--enable-features=Vulkan"]
#: Pixels of the model that most tests put into the page.
SIZE = 64


@contextlib.contextmanager
def browser(playwright: Playwright, *options: str) -> Iterator[Browser]:
    """A headless Chromium with some options, ended with the block."""
    launched = playwright.chromium.launch(executable_path=chromium(), args=[*_OPTIONS, *options])
    yield launched
    launched.close()


class Visit:
    """One visitor: a browser's window of its own, what it was told and what it asked for."""

    def __init__(self, browser: Browser, *, camera: bool | None = True, **options: Any) -> None:
        """`camera`: True allows it, False refuses it, None asks."""
        options = {"viewport": {"width": 1280, "height": 860}} | options
        self.context: BrowserContext = browser.new_context(**options)
        self.context.set_default_timeout(20_000)
        if camera:
            self.context.grant_permissions(["camera"])
        self.page: Page = self.context.new_page()
        if camera is False:
            session = self.context.new_cdp_session(self.page)
            session.send(
                "Browser.setPermission",
                {"permission": {"name": "camera"}, "setting": "denied"},
            )
        self.errors: list[str] = []
        self.requests: list[str] = []
        self.page.on("console", self._collect_error)
        self.page.on("pageerror", lambda error: self.errors.append(str(error)))
        self.page.on("request", lambda request: self.requests.append(request.url))

    def _collect_error(self, message: Any) -> None:
        if message.type == "error":
            self.errors.append(message.text)

    def open(self, address: str) -> Page:
        """Opens the page and waits until it is ready."""
        self.page.goto(address)
        # It may load itself once more (`isolation.js`), which ends a promise that is waited for.
        self.page.wait_for_function("window.page?.started")
        return self.page

    def wait_for_frames(self, count: int = 3) -> None:
        """Waits until so many more frames were made."""
        frames = self.page.evaluate("window.page.frames")
        self.page.wait_for_function(f"window.page.frames >= {frames + count}")

    def settle(self) -> None:
        """Waits until nothing changes any more: the source stands still, and was worked on."""
        for _ in range(80):
            frames = self.page.evaluate("window.page.frames")
            self.page.wait_for_timeout(250)
            if frames and self.page.evaluate("window.page.frames") == frames:
                return
        raise TimeoutError(f"The page still works, or never did: {frames} frames.")

    def pixels(self, name: str) -> np.ndarray:
        """Returns what a canvas shows: uint8 `(height, width, 4)`."""
        width, height, text = self.page.evaluate(
            """name => { const canvas = document.getElementById(name);
              const { width, height } = canvas;
              const { data } = canvas.getContext('2d').getImageData(0, 0, width, height);
              return [width, height, btoa(data.reduce((s, b) => s + String.fromCharCode(b), ''))];
            }""",
            name,
        )
        return np.frombuffer(base64.b64decode(text), np.uint8).reshape(height, width, 4)

    def drop(self, name: str, content: bytes, kind: str = "") -> None:
        """Drops a file onto the page, as a mouse does."""
        files = self.page.evaluate_handle(
            """([name, text, kind]) => { const files = new DataTransfer();
              const bytes = Uint8Array.from(atob(text), letter => letter.charCodeAt(0));
              files.items.add(new File([bytes], name, { type: kind })); return files; }""",
            [name, base64.b64encode(content).decode(), kind],
        )
        for event in ("dragenter", "dragover", "drop"):
            self.page.dispatch_event("body", event, {"dataTransfer": files})

    def notice(self) -> str:
        """Waits for a message; returns its text."""
        self.page.locator("#notice p").wait_for()
        return self.page.locator("#notice p").inner_text()

    def close(self) -> None:
        self.context.close()


#: Makes a `Visit` out of its options.
Visiting = Callable[..., Visit]


def lively(*, seed: int = 0, **options: Any) -> keras.Model:
    """Returns an untrained generator whose pictures differ clearly for inputs that do."""
    generator = build_generator(plain=True, **options)
    random = np.random.default_rng(seed)
    for variable in generator.trainable_variables:
        if variable.name == "kernel":
            fan_in = np.prod(variable.shape[:2]) * variable.shape[2]
            variable.assign(random.normal(0, np.sqrt(1.5 / fan_in), variable.shape))
    return generator


def as_file(generator: keras.Model, *, dropout: bool = False, **metadata: Any) -> bytes:
    """Returns a generator as the ONNX file that `export` makes of it."""
    _, height, width, channels = generator.inputs[0].shape
    made = Sides(*generator.outputs[0].shape[2:0:-1])
    facts = _metadata(Sides(width, height), channels, made) | {"name": "lively"} | metadata
    if dropout:
        facts["mode"] = "paper"
    content: bytes = to_onnx(generator, dropout=dropout, metadata=facts).SerializeToString()
    return content


def identity_file(
    size: Size, channels: int, *, factor: float = 1.0, offset: float = 0.0, **metadata: Any
) -> bytes:
    """Returns a model file whose output is its input times a factor, plus an offset, in RGB."""
    helper, floats = onnx.helper, onnx.TensorProto.FLOAT
    shape = sides(size).shape
    graph = helper.make_graph(
        [
            helper.make_node("Mul", ["input_image", "factor"], ["scaled"]),
            helper.make_node("Add", ["scaled", "offset"], ["moved"]),
            helper.make_node("Concat", ["moved"] * (3 // channels), ["generated_image"], axis=3),
        ],
        "identity",
        [helper.make_tensor_value_info("input_image", floats, [1, *shape, channels])],
        [helper.make_tensor_value_info("generated_image", floats, [1, *shape, 3])],
        [
            helper.make_tensor("factor", floats, [], [factor]),
            helper.make_tensor("offset", floats, [], [offset]),
        ],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    facts = _metadata(size, channels) | metadata
    helper.set_model_props(model, {"colab_pix2pix": json.dumps(facts)})
    content: bytes = model.SerializeToString()
    return content


def _metadata(size: Size, channels: int, made: Size | None = None) -> dict[str, Any]:
    """Returns what an exported model says of itself."""
    return {
        "version": 1,
        "name": "identity",
        "condition": "blurred-grey",
        "blur_factor": 24.0,
        **size_facts(size, made or size),
        "input_channels": channels,
        "mode": "inference",
        "dropout": 0.5,
        "weights": "float32",
        "step": 7,
    }


def picture(size: Size, seed: int = 0) -> np.ndarray:
    """Returns coarse coloured noise: uint8 `(height, width, 3)`."""
    random = np.random.default_rng(seed)
    height, width = sides(size).shape
    coarse = random.integers(0, 256, (height // 4, width // 4, 3), np.uint8)
    return coarse.repeat(4, 0).repeat(4, 1)


def from_page(page: Page, code: str, rgb: np.ndarray, *more: Any) -> np.ndarray:
    """Runs `(rgba, ...more) => floats` in the page; returns them as float32."""
    alpha = np.full((*rgb.shape[:2], 1), 255, np.uint8)
    bytes_of = np.concatenate([rgb, alpha], axis=2).tobytes()
    text = page.evaluate(
        f"""async ([text, ...more]) => {{
          const bytes = Uint8ClampedArray.from(atob(text), letter => letter.charCodeAt(0));
          const floats = await ({code})(bytes, ...more);
          const raw = new Uint8Array(floats.buffer), parts = [];
          for (let at = 0; at < raw.length; at += 8192)
            parts.push(String.fromCharCode(...raw.subarray(at, at + 8192)));
          return btoa(parts.join('')); }}""",
        [base64.b64encode(bytes_of).decode(), *more],
    )
    return np.frombuffer(base64.b64decode(text), np.float32)


def memory_of(browser: Browser) -> int:
    """Returns the bytes that the browser's pages hold, their workers and WebAssembly included.

    Not the pictures that they share with the browser: without a graphics card a pool of about
    400 MB fills within half a minute for any page with a camera, and stays.
    """
    import psutil

    session = browser.new_browser_cdp_session()
    processes = session.send("SystemInfo.getProcessInfo")["processInfo"]
    session.detach()
    pages = [process["id"] for process in processes if process["type"] == "renderer"]
    memory = [psutil.Process(number).memory_info() for number in pages]
    return sum(info.rss - info.shared for info in memory)


def save_screenshot(page: Page, path: Path) -> None:
    """Saves a JPEG of what is seen, below 150 kB."""
    path.parent.mkdir(parents=True, exist_ok=True)
    for quality in (85, 72, 60, 45):
        page.screenshot(path=str(path), type="jpeg", quality=quality)
        if path.stat().st_size < 150_000:
            return
