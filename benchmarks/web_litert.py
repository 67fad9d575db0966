"""Milliseconds per picture in a browser: onnxruntime-web, which the page has, against LiteRT.js.

    python benchmarks/web_litert.py [--turns 5] [--base-filters 4 8] [--backends wasm webgpu]

Both run the same untrained 256-pixel generators in one Chromium, on one thread of the processor
and by WebGPU; both answers are compared with Keras' first. Ours is the exported page, from a
frame's bytes to the network's output. LiteRT.js runs the TensorFlow Lite file on an input that is
ready; it is fetched with npm for the occasion. The order changes from turn to turn; medians are
compared. Without a graphics card WebGPU is imitated by the processor (SwiftShader): that shows that
it runs, and says nothing of a real card.
"""

from __future__ import annotations

import argparse
import shutil
import statistics
import subprocess
import tempfile
from pathlib import Path
from typing import Any

import keras
import numpy as np
from playwright.sync_api import Browser, Page, sync_playwright

from colab_pix2pix.model.export_formats import ExportSpec, export_network
from colab_pix2pix.model.networks import build_generator
from web import OUR_RUN, SIZE, THEIR_RUN, TIMED_RUNS, check, chromium, prepare, serving

PACKAGES = {"core": "@litertjs/core@2.5.3", "utils": "@litertjs/wasm-utils@2.5.3"}
CHROMIUM_OPTIONS = ["--no-sandbox", "--enable-unsafe-webgpu", "--enable-features=Vulkan"]
IMITATED = "--use-webgpu-adapter=swiftshader"


def main() -> None:
    """Prints a line for each width of the network and each backend."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--turns", type=int, default=5)
    parser.add_argument("--base-filters", type=int, nargs="+", default=[4, 8])
    parser.add_argument("--backends", nargs="+", default=["wasm", "webgpu"])
    parser.add_argument("--card", action="store_true", help="take this machine's graphics card")
    options = parser.parse_args()
    arguments = CHROMIUM_OPTIONS + ([] if options.card else [IMITATED])
    with tempfile.TemporaryDirectory() as name, sync_playwright() as playwright:
        fetch_litert(Path(name))
        with serving(Path(name)) as address:
            browser = playwright.chromium.launch(executable_path=chromium(), args=arguments)
            for base_filters in options.base_filters:
                generator = build_generator(image_size=SIZE, base_filters=base_filters, plain=True)
                folder = Path(name) / str(base_filters)
                prepare(generator, folder)
                write_tflite(generator, folder)
                million = generator.count_params() / 1e6
                for backend in options.backends:
                    place = f"{address}/{folder.name}"
                    result = compare(browser, place, backend, generator, options.turns)
                    print(f"{million:.1f} M weights, {backend}: {result}", flush=True)
            browser.close()


def compare(
    browser: Browser, address: str, backend: str, generator: keras.Model, turns: int
) -> str:
    """Returns what was measured on one generator, in words."""
    # Without its service worker the page is not isolated: one thread.
    context = browser.new_context(service_workers="block")
    ours, theirs = context.new_page(), context.new_page()
    ours.goto(f"{address}/index.html#source=picture&backend={backend}")
    ours.wait_for_function("window.page?.started", timeout=120_000)
    assert ours.evaluate("[page.threads, page.backend]") == [1, backend]
    said: list[str] = []
    theirs.on("console", lambda message: said.append(message.text))
    theirs.goto(f"{address}/litert.html?accelerator={backend}&size={SIZE}")
    theirs.wait_for_function("window.ready", timeout=120_000)
    check(ours, theirs, generator)
    times: dict[Page, list[float]] = {ours: [], theirs: []}
    for turn in range(turns):
        for page in [ours, theirs] if turn % 2 else [theirs, ours]:
            runs: list[Any] = [4, OUR_RUN if page is ours else THEIR_RUN]
            times[page] += page.evaluate(TIMED_RUNS, runs)[1:]
    own, rival = (statistics.median(times[page]) for page in (ours, theirs))
    context.close()
    warned = [text for text in said if "fall" in text.lower()]
    return f"onnxruntime-web {own:.1f} ms, LiteRT.js {rival:.1f} ms: {rival / own:.2f} times" + (
        f" ({warned[0][:120]})" if warned else ""
    )


def write_tflite(generator: keras.Model, folder: Path) -> None:
    """Puts the generator as LiteRT.js reads it beside the page, and the page that runs it."""
    some = np.random.default_rng(1).uniform(-1, 1, (1, SIZE, SIZE, 1)).astype(np.float32)
    export_network(generator, folder / "model.tflite", ExportSpec(name="tflite"), some)
    shutil.copyfile(Path(__file__).with_name("web_litert.html"), folder / "litert.html")


def fetch_litert(folder: Path) -> None:
    """Puts LiteRT.js into a folder `litert`."""
    (folder / "rival").mkdir()  # the page for TensorFlow.js is written too, and not opened
    for name, package in PACKAGES.items():
        packed = subprocess.run(
            ["npm", "pack", "--silent", package], cwd=folder, check=True, capture_output=True
        )
        shutil.unpack_archive(folder / packed.stdout.decode().split()[-1], folder / name)
        shutil.copytree(folder / name / "package" / "dist", folder / "litert" / name)
    shutil.copytree(folder / "core" / "package" / "wasm", folder / "litert" / "wasm")


if __name__ == "__main__":
    main()
