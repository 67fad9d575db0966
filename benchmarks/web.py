"""Milliseconds per picture in a browser, on one thread: the web page against TensorFlow.js.

    python benchmarks/web.py [--turns 5] [--base-filters 4 8 64] [--seconds 10]

Both run the same untrained 256-pixel generators in headless Chromium, and both answers are compared
with Keras' first. Ours is the exported page (onnxruntime-web, WebAssembly), from a picture's bytes
to the network's answer. TensorFlow.js 4.22, its last release, runs its WebAssembly backend on an
input that is ready; it is fetched with npm for the occasion. The order changes from turn to turn;
medians are compared. Last come the page's pictures per second on a false camera, drawing included.
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
OPTIONS = ["--no-sandbox", "--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream"]
#: Runs the network some times on what is in `window.input`; returns milliseconds for each run.
RUNS = """async ([times, run]) => { const took = [];
  for (let n = 0; n < times; n++) {
    const began = performance.now();
    window.made = await eval(run);
    took.push(performance.now() - began);
  }
  return took; }"""
OURS = "page.run(window.picture)"
THEIRS = "predict(window.input)"


def main() -> None:
    """Prints a line for each width of the network."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--turns", type=int, default=5)
    parser.add_argument("--base-filters", type=int, nargs="+", default=[4, 8, 64])
    parser.add_argument("--seconds", type=float, default=10, help="on the false camera")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as name, sync_playwright() as playwright:
        fetch_rivals(Path(name))
        with serving(Path(name)) as address:
            browser = playwright.chromium.launch(executable_path=chromium(), args=OPTIONS)
            for base_filters in given.base_filters:
                generator = build_generator(image_size=SIZE, base_filters=base_filters, plain=True)
                folder = Path(name) / str(base_filters)
                prepare(generator, folder)
                words = compare(browser, f"{address}/{folder.name}", generator, given)
                million = generator.count_params() / 1e6
                print(f"base_filters {base_filters:2} ({million:.1f} M): {words}", flush=True)
            browser.close()


def compare(browser: Browser, address: str, generator: keras.Model, given: Any) -> str:
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
    for turn in range(given.turns):
        order = [ours, theirs] if turn % 2 else [theirs, ours]
        for page in order:
            runs = [3, OURS] if page is ours else [2, THEIRS]
            times[page] += page.evaluate(RUNS, runs)[1:]
    own, rival = statistics.median(times[ours]), statistics.median(times[theirs])
    theirs.close()
    ours.goto("about:blank")
    ours.goto(f"{address}/index.html#source=camera&backend=wasm")
    ours.wait_for_function("window.page?.started && window.page.frames > 3")
    speed, rate = on_camera(ours, given.seconds)
    context.close()
    return (
        f"ours {own:.1f} ms, TensorFlow.js {rival:.1f} ms: {rival / own:.1f} times;"
        f" false camera: {rate:.1f} pictures/s (making the input {speed['preparing']:.1f} ms,"
        f" the network {speed['computing']:.1f} ms)"
    )


def on_camera(page: Page, seconds: float) -> tuple[dict[str, float], float]:
    """Returns the page's own running means, and pictures per second by the clock."""
    before = page.evaluate("[page.frames, performance.now()]")
    page.wait_for_timeout(seconds * 1000)
    after = page.evaluate("[page.frames, performance.now()]")
    rate = (after[0] - before[0]) / (after[1] - before[1]) * 1000
    return page.evaluate("({...page.speed})"), rate


def check(ours: Page, theirs: Page, generator: keras.Model) -> None:
    """Makes both pages ready to run, and sees that both give Keras' picture."""
    pixels = np.random.default_rng(0).integers(0, 256, (16, 16, 3)).repeat(16, 0).repeat(16, 1)
    rgba = np.concatenate([pixels, np.full((SIZE, SIZE, 1), 255)], axis=2).ravel()
    ours.evaluate("rgba => { window.picture = new Uint8ClampedArray(rgba); }", rgba.tolist())
    fed = ours.evaluate("Array.from(page.makeInput(window.picture))")
    theirs.evaluate("values => { window.input = new Float32Array(values); }", fed)
    image = np.asarray(fed, np.float32).reshape(1, SIZE, SIZE, 1)
    expected = np.asarray(generator(image, training=False)).ravel()
    for page, run in ((ours, OURS), (theirs, THEIRS)):
        page.evaluate(RUNS, [1, run])
        made = np.asarray(page.evaluate("Array.from(window.made)"), np.float32)
        assert np.abs(made - expected).max() < 1e-3, f"{run}: {np.abs(made - expected).max()}"


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
        given = layer.input if isinstance(layer.input, list) else [layer.input]
        arrays = layer.get_weights()
        weights += [array.ravel() for array in arrays]
        config = {k: v for k, v in layer.get_config().items() if isinstance(v, (int, float, str))}
        shapes = [list(array.shape) for array in arrays]
        layers.append(
            {
                "kind": type(layer).__name__,
                "config": config | {"strides": list(getattr(layer, "strides", [1, 1]))},
                "inputs": [names[id(tensor)] for tensor in given],
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
