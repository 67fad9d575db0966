"""Milliseconds per frame in a browser, on one thread: the web page against TensorFlow.js.

    python benchmarks/web.py [--turns 5] [--base-filters 4 8 64] [--seconds 10]

Both run the same untrained 256-pixel generators in headless Chromium, and both answers are compared
with Keras' first. Ours is the exported page (onnxruntime-web, WebAssembly), from a frame's bytes
to the network's output. TensorFlow.js 4.22, its last release, runs its WebAssembly backend on an
input that is ready; it is fetched with npm for the occasion. The order changes from turn to turn;
medians are compared. Then comes how long the page takes to make a model input out of a frame's
bytes (less than 3 ms is wanted: it stands between camera and network), and last its frames per
second on a false camera, drawing included.
"""

from __future__ import annotations

import argparse
import contextlib
import functools
import http.server
import json
import shutil
import statistics
import subprocess
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import keras
import numpy as np
from playwright.sync_api import Browser, Page, sync_playwright

from colab_pix2pix.model.networks import build_generator
from colab_pix2pix.model.onnx_export import to_onnx
from colab_pix2pix.web.building import write_page

SIZE = 256
RIVALS = ("@tensorflow/tfjs@4.22.0", "@tensorflow/tfjs-backend-wasm@4.22.0")
CHROMIUM_OPTIONS = ["--no-sandbox", "--use-fake-device-for-media-stream"]
CHROMIUM_OPTIONS += ["--use-fake-ui-for-media-stream"]
#: Evaluates code several times, its last value is `window.output`; returns milliseconds of each.
TIMED_RUNS = """async ([count, code]) => { const times = [];
  for (let n = 0; n < count; n++) {
    const started = performance.now();
    window.output = await eval(code);
    times.push(performance.now() - started);
  }
  return times; }"""
MAKE_INPUT = "page.makeInput(window.rgba)"
OUR_RUN = "page.run(window.rgba)"
THEIR_RUN = "predict(window.input)"
INPUT_RUNS = 40


def main() -> None:
    """Prints a line for each width of the network."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--turns", type=int, default=5)
    parser.add_argument("--base-filters", type=int, nargs="+", default=[4, 8, 64])
    parser.add_argument("--seconds", type=float, default=10, help="on the false camera")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name, sync_playwright() as playwright:
        fetch_rivals(Path(name))
        with serving(Path(name)) as address:
            browser = playwright.chromium.launch(executable_path=chromium(), args=CHROMIUM_OPTIONS)
            for base_filters in options.base_filters:
                generator = build_generator(image_size=SIZE, base_filters=base_filters, plain=True)
                folder = Path(name) / str(base_filters)
                prepare(generator, folder)
                result = compare(browser, f"{address}/{folder.name}", generator, options)
                million = generator.count_params() / 1e6
                print(f"base_filters {base_filters:2} ({million:.1f} M): {result}", flush=True)
            browser.close()


def compare(browser: Browser, address: str, generator: keras.Model, options: Any) -> str:
    """Returns what was measured on one generator, in words."""
    # Without its service worker the page is not isolated: one thread.
    context = browser.new_context(service_workers="block")
    ours, theirs = context.new_page(), context.new_page()
    ours.goto(f"{address}/index.html#source=picture&backend=wasm")
    ours.wait_for_function("window.page?.started")
    assert ours.evaluate("page.threads") == 1
    theirs.goto(f"{address}/rival.html")
    theirs.wait_for_function("window.ready", timeout=120_000)
    check(ours, theirs, generator)
    times = {ours: [], theirs: []}  # type: dict[Page, list[float]]
    for turn in range(options.turns):
        order = [ours, theirs] if turn % 2 else [theirs, ours]
        for page in order:
            runs = [3, OUR_RUN] if page is ours else [2, THEIR_RUN]
            times[page] += page.evaluate(TIMED_RUNS, runs)[1:]
    input_ms = min(ours.evaluate(TIMED_RUNS, [INPUT_RUNS, MAKE_INPUT]))
    own, rival = statistics.median(times[ours]), statistics.median(times[theirs])
    theirs.close()
    ours.goto("about:blank")
    ours.goto(f"{address}/index.html#source=camera&backend=wasm")
    ours.wait_for_function("window.page?.started && window.page.frames > 3")
    speed, rate = run_on_camera(ours, options.seconds)
    context.close()
    return (
        f"ours {own:.1f} ms, TensorFlow.js {rival:.1f} ms: {rival / own:.1f} times;"
        f" making an input {input_ms:.1f} ms;"
        f" false camera: {rate:.1f} frames/s (preparing {speed['preparing']:.1f} ms,"
        f" the network {speed['computing']:.1f} ms)"
    )


def run_on_camera(page: Page, seconds: float) -> tuple[dict[str, float], float]:
    """Returns the page's own running means, and frames per second by the clock."""
    before = page.evaluate("[page.frames, performance.now()]")
    page.wait_for_timeout(seconds * 1000)
    after = page.evaluate("[page.frames, performance.now()]")
    rate = (after[0] - before[0]) / (after[1] - before[1]) * 1000
    return page.evaluate("({...page.speed})"), rate


def check(ours: Page, theirs: Page, generator: keras.Model) -> None:
    """Makes both pages ready to run, and sees that both give Keras' output."""
    pixels = np.random.default_rng(0).integers(0, 256, (16, 16, 3)).repeat(16, 0).repeat(16, 1)
    rgba = np.concatenate([pixels, np.full((SIZE, SIZE, 1), 255)], axis=2).ravel()
    ours.evaluate("rgba => { window.rgba = new Uint8ClampedArray(rgba); }", rgba.tolist())
    values = ours.evaluate(f"Array.from({MAKE_INPUT})")
    theirs.evaluate("values => { window.input = new Float32Array(values); }", values)
    input_image = np.asarray(values, np.float32).reshape(1, SIZE, SIZE, 1)
    expected = np.asarray(generator(input_image, training=False)).ravel()
    for page, run in ((ours, OUR_RUN), (theirs, THEIR_RUN)):
        page.evaluate(TIMED_RUNS, [1, run])
        output = np.asarray(page.evaluate("Array.from(window.output)"), np.float32)
        difference = np.abs(output - expected).max()
        assert difference < 1e-3, f"{run}: {difference}"


def prepare(generator: keras.Model, folder: Path) -> None:
    """Writes the page of a generator, and the same for TensorFlow.js."""
    facts = {
        "version": 1,
        "name": "benchmark",
        "condition": "blurred-grey",
        "blur_factor": 24.0,
        "image_size": SIZE,
        "output_size": SIZE,
        "input_channels": 1,
        "mode": "inference",
        "dropout": 0.5,
        "weights": "float32",
        "step": 0,
    }
    write_page(folder, to_onnx(generator, metadata=facts).SerializeToString(), title="benchmark")
    layers, weights = [], []
    names = {id(layer.output): layer.name for layer in generator.layers}
    for layer in generator.layers[1:]:
        inputs = layer.input if isinstance(layer.input, list) else [layer.input]
        arrays = layer.get_weights()
        weights += [array.ravel() for array in arrays]
        config = {k: v for k, v in layer.get_config().items() if isinstance(v, (int, float, str))}
        shapes = [list(array.shape) for array in arrays]
        layers.append(
            {
                "kind": type(layer).__name__,
                "config": config | {"strides": list(getattr(layer, "strides", [1, 1]))},
                "inputs": [names[id(tensor)] for tensor in inputs],
                "shapes": shapes,
            }
        )
    (folder / "layers.json").write_text(json.dumps({"size": SIZE, "layers": layers}))
    (folder / "weights.bin").write_bytes(np.concatenate(weights).astype("<f4").tobytes())
    shutil.copyfile(Path(__file__).with_name("web_rival.html"), folder / "rival.html")


def fetch_rivals(folder: Path) -> None:
    """Puts TensorFlow.js into a folder `rival`."""
    (folder / "rival").mkdir()
    for package in RIVALS:
        packed = subprocess.run(
            ["npm", "pack", "--silent", package], cwd=folder, check=True, capture_output=True
        )
        shutil.unpack_archive(folder / packed.stdout.decode().split()[-1], folder / "unpacked")
        for file in (folder / "unpacked/package/dist").glob("*"):
            if file.name.endswith((".min.js", ".wasm")):
                shutil.copyfile(file, folder / "rival" / file.name)
        shutil.rmtree(folder / "unpacked")


@contextlib.contextmanager
def serving(folder: Path) -> Iterator[str]:
    """Serves a folder on a free port; gives its address."""

    class Quiet(http.server.SimpleHTTPRequestHandler):
        def log_message(self, format: str, *arguments: Any) -> None:
            pass

    handler = functools.partial(Quiet, directory=folder)
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


def chromium() -> str:
    """Returns the path of this machine's Chromium."""
    found = shutil.which("chromium") or shutil.which("chromium-browser")
    if not found:
        raise SystemExit("This needs Chromium: on Debian, apt install chromium.")
    return found


if __name__ == "__main__":
    main()
