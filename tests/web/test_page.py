"""The web page in Chromium with a false camera: a green wall with a disc that turns.

With $SCREENSHOTS set to a folder, pictures are left there; $PAGE_RUN names a run to show in them.
With $PAGE_SECONDS the memory is watched for so long (`make longtest`: ten minutes).
"""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import imageio_ffmpeg
import keras
import numpy as np
import onnx
import pytest
import tensorflow as tf
from PIL import Image
from playwright.sync_api import Browser, Playwright, expect, sync_playwright

from colab_pix2pix.config import TrainConfig
from colab_pix2pix.download.download import sample_video
from colab_pix2pix.model import conditions
from colab_pix2pix.web.building import write_page, write_single_page
from support.pages import (
    FALSE_CAMERA,
    FALSE_GRAPHICS,
    Visit,
    as_file,
    browser,
    from_page,
    lively,
    memory_of,
    picture,
    save_screenshot,
)
from support.servers import Server, serving

pytestmark = pytest.mark.slow
SIZE = 64
Visiting = Callable[..., Visit]


@pytest.fixture(scope="module")
def generator() -> keras.Model:
    return lively(image_size=SIZE, base_filters=4)


@pytest.fixture(scope="module")
def model(generator: keras.Model) -> bytes:
    return as_file(generator)


@pytest.fixture(scope="module")
def sample(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    path = tmp_path_factory.mktemp("sample") / "sample.jpg"
    Image.fromarray(picture(128)).save(path)
    return path.read_bytes()


@pytest.fixture(scope="module")
def folder(model: bytes, sample: bytes, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_page(tmp_path_factory.mktemp("page"), model, title="Clouds", sample=sample).parent


@pytest.fixture(scope="module")
def served(folder: Path) -> Iterator[Server]:
    with serving(folder) as server:
        yield server


@pytest.fixture(scope="module")
def single(model: bytes, sample: bytes, tmp_path_factory: pytest.TempPathFactory) -> str:
    path = tmp_path_factory.mktemp("single") / "clouds.html"
    return write_single_page(path, model, title="Clouds", sample=sample).as_uri()


@pytest.fixture(scope="module")
def playwright() -> Iterator[Playwright]:
    with sync_playwright() as started:
        yield started


@pytest.fixture(scope="module")
def chromium_with_camera(playwright: Playwright) -> Iterator[Browser]:
    with browser(playwright, *FALSE_CAMERA) as launched:
        yield launched


@pytest.fixture
def visiting(chromium_with_camera: Browser) -> Iterator[Visiting]:
    """Makes visitors; at the end none may have seen an error in the console."""
    visits: list[Visit] = []

    def visit(**options: Any) -> Visit:
        visits.append(Visit(chromium_with_camera, **options))
        return visits[-1]

    yield visit
    for made in visits:
        made.close()
    assert [error for made in visits for error in made.errors] == []


@pytest.fixture
def address(served: Server) -> str:
    return served.link("index.html").replace("127.0.0.1", "localhost")


def config(**options: Any) -> TrainConfig:
    return TrainConfig(image_size=SIZE, base_filters=4).replace(**options)


@pytest.mark.parametrize("form", ["folder", "single"])
def test_the_camera_is_seen_and_the_result_moves(
    form: str, address: str, single: str, visiting: Visiting
) -> None:
    visit = visiting(camera=None)
    page = visit.open(address if form == "folder" else single)
    assert page.evaluate("window.page.source") == "picture"  # asks for nothing by itself
    visit.context.grant_permissions(["camera"])
    page.get_by_role("button", name="Camera").click()
    page.wait_for_function("window.page.source === 'camera'")
    visit.wait_for_frames(3)
    before = visit.pixels("seen"), visit.pixels("result")
    visit.wait_for_frames(20)
    after = visit.pixels("seen"), visit.pixels("result")
    for one, other in zip(before, after, strict=True):
        assert one.shape == (SIZE, SIZE, 4)
        assert np.abs(one.astype(int) - other).max() > 20
    assert page.get_by_role("button", name="Camera").get_attribute("aria-pressed") == "true"
    assert page.evaluate("document.querySelector('#source video').videoWidth") > 0


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


def test_a_single_file_asks_for_nothing(single: str, visiting: Visiting) -> None:
    visit = visiting()
    visit.context.set_offline(True)
    visit.open(single + "#source=camera")
    visit.wait_for_frames(5)
    assert {url.split(":")[0] for url in visit.requests} <= {"file", "blob", "data"}
    assert len([url for url in visit.requests if url.startswith("file:")]) == 1


def test_a_folder_asks_its_own_server_only(
    address: str, served: Server, visiting: Visiting
) -> None:
    visit = visiting()
    visit.open(address)
    visit.wait_for_frames(1)
    own = address.removesuffix("/index.html")
    assert all(url.startswith((own, "blob:", "data:")) for url in visit.requests)


def test_threads_work_on_a_server_that_knows_nothing_of_them(
    address: str, visiting: Visiting
) -> None:
    visit = visiting()
    cores = "Object.defineProperty(Navigator.prototype, 'hardwareConcurrency', { value: 4 })"
    visit.page.add_init_script(cores)
    page = visit.open(address)
    assert page.evaluate("crossOriginIsolated")
    assert page.evaluate("window.page.threads") == 2
    assert visit.requests.count(address) == 2  # loaded once more, and never again
    page.reload()
    page.wait_for_function("window.page?.started")
    assert visit.requests.count(address) == 3


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
        assert np.array_equal(np.asarray(saved.convert("RGBA")), visit.pixels("result"))


def test_a_refused_camera_is_explained_and_the_rest_works(address: str, visiting: Visiting) -> None:
    visit = visiting(camera=False)
    page = visit.open(address)
    page.get_by_role("button", name="Camera").click()
    assert "refused" in visit.notice() and "Allow it" in visit.notice()
    assert page.evaluate("window.page.source") == "picture"
    page.get_by_role("button", name="Draw").click()
    visit.settle()
    assert page.locator("#notice p").count() == 0


def test_no_camera_is_explained_and_the_rest_works(single: str, playwright: Playwright) -> None:
    with browser(playwright) as without:
        visit = Visit(without)
        visit.open(single + "#source=camera")
        assert "no camera" in visit.notice()
        visit.settle()
        assert visit.page.evaluate("window.page.source") == "picture"
        assert visit.errors == []


def test_without_webassembly_the_page_says_what_to_do(address: str, visiting: Visiting) -> None:
    visit = visiting()
    visit.page.add_init_script("delete globalThis.WebAssembly")
    visit.open(address + "#source=camera")
    assert "no WebAssembly" in visit.notice() and "current Chrome" in visit.notice()
    assert visit.page.evaluate("window.page.source") == "camera"


def test_drawing_changes_the_result(address: str, visiting: Visiting) -> None:
    visit = visiting()
    page = visit.open(address)
    page.get_by_role("button", name="Draw").click()
    visit.settle()
    empty = visit.pixels("result")
    box = page.locator("#source canvas").bounding_box()
    assert box
    page.mouse.move(box["x"] + 90, box["y"] + 90)
    page.mouse.down()
    page.mouse.move(box["x"] + 260, box["y"] + 240, steps=8)
    page.mouse.up()
    visit.settle()
    drawn = visit.pixels("result")
    assert np.abs(drawn.astype(int) - empty).max() > 20
    page.get_by_role("button", name="New sheet").click()
    visit.settle()
    assert np.array_equal(visit.pixels("result"), empty)


def test_a_drawing_can_be_made_with_the_keyboard(address: str, visiting: Visiting) -> None:
    visit = visiting()
    page = visit.open(address + "#source=draw")
    empty = visit.pixels("seen")
    page.locator("#source canvas").focus()
    for key in ["ArrowUp", *["Shift+ArrowRight"] * 8]:
        page.keyboard.press(key)
    visit.settle()
    drawn = visit.pixels("seen")
    assert drawn.min() < empty.min() - 20
    page.keyboard.press("Delete")
    visit.settle()
    assert np.array_equal(visit.pixels("seen"), empty)


def test_nothing_is_computed_where_nothing_changes(address: str, visiting: Visiting) -> None:
    page = visiting(camera=None).open(address)
    page.wait_for_function("window.page.frames > 0")
    page.wait_for_timeout(300)
    before = page.evaluate("window.page.frames")
    page.wait_for_timeout(500)
    assert page.evaluate("window.page.frames") == before


def test_a_picture_and_a_video_can_be_chosen(
    address: str, visiting: Visiting, tmp_path: Path
) -> None:
    visit = visiting(camera=None)
    page = visit.open(address)
    chosen = tmp_path / "wide.png"
    wide = np.zeros((100, 300, 3), np.uint8)
    wide[:, 100:200] = 255  # the centre square is white, what lies beside it black
    Image.fromarray(wide).save(chosen)
    with page.expect_file_chooser() as chooser:
        page.get_by_role("button", name="Picture").click()
    chooser.value.set_files(chosen)
    page.wait_for_function("document.querySelector('#source img')?.naturalWidth === 300")
    visit.settle()
    assert visit.pixels("seen").min() > 250

    film = tmp_path / "film.webm"
    command = [
        imageio_ffmpeg.get_ffmpeg_exe(),
        "-loglevel",
        "error",
        "-i",
        str(sample_video()),
        "-t",
        "2",
    ]
    subprocess.run([*command, "-an", "-s", "320x180", str(film)], check=True)
    with page.expect_file_chooser() as chooser:
        page.get_by_role("button", name="Video").click()
    chooser.value.set_files(film)
    page.wait_for_function("window.page.source === 'video'")
    visit.wait_for_frames(5)
    before = visit.pixels("result")
    page.get_by_role("button", name="Pause").click()
    page.wait_for_timeout(300)
    still = page.evaluate("window.page.frames")
    page.wait_for_timeout(300)
    assert page.evaluate("window.page.frames") == still
    page.get_by_role("button", name="Pause").click()
    visit.wait_for_frames(20)  # also beyond its end: it begins again
    assert not np.array_equal(visit.pixels("result"), before)

    visit.drop("broken.mp4", b"nothing of a video", "video/mp4")
    assert "broken.mp4 is no video that this browser plays" in visit.notice()
    visit.drop("broken.png", b"nothing of a picture", "image/png")
    page.get_by_text("broken.png is no picture").wait_for()
    assert page.evaluate("window.page.source") == "video"


def test_another_model_can_be_dropped(
    address: str, visiting: Visiting, generator: keras.Model
) -> None:
    visit = visiting()
    page = visit.open(address)
    other = lively(image_size=32, base_filters=4, input_channels=3, output_channels=3, seed=5)
    visit.drop("other.onnx", as_file(other, condition="paired", name="colours"))
    page.wait_for_function("window.page.model.name === 'colours'")
    shown = picture(32)
    expected = other(conditions.encode_image(shown[np.newaxis]), training=False).numpy().ravel()
    found = from_page(page, "bytes => window.page.run(bytes)", shown)
    assert np.abs(found - expected).max() < 1e-4
    visit.wait_for_frames(2)
    assert visit.pixels("result").shape == (32, 32, 4)
    expect(page.get_by_label("Blur")).to_be_hidden()


def test_a_file_that_is_no_model_of_ours_changes_nothing(
    address: str, visiting: Visiting, model: bytes
) -> None:
    visit = visiting()
    page = visit.open(address)
    foreign = onnx.load_from_string(model)
    del foreign.metadata_props[:]
    later = onnx.load_from_string(model)
    onnx.helper.set_model_props(later, {"colab_pix2pix": '{"version": 2}'})
    for content, words in [
        (b"Dear diary, this is no model.", "is no model"),
        (b"", "is no model"),
        (os.urandom(5000), "is no model"),
        (model[:-1000], "is no model"),
        (foreign.SerializeToString(), "of another program"),
        (later.SerializeToString(), "later version"),
    ]:
        visit.drop("dropped.onnx", content)
        assert words in visit.notice()
        page.get_by_role("button", name="Close this message").click()
    visit.drop("notes.txt", b"Buy milk.", "text/plain")
    assert "notes.txt is nothing that this page opens" in visit.notice()
    visit.wait_for_frames(3)  # the old one goes on
    assert page.evaluate("window.page.model.name") == "lively"


def test_a_model_whose_graph_does_not_run_is_refused(
    address: str, visiting: Visiting, model: bytes
) -> None:
    visit = visiting()
    visit.open(address)
    broken = onnx.load_from_string(model)
    broken.graph.node[3].op_type = "Nonsense"
    visit.drop("broken.onnx", broken.SerializeToString())
    assert "does not run here" in visit.notice() and "smaller model" in visit.notice()
    visit.wait_for_frames(3)
    visit.errors.clear()  # the runtime says it too


def test_in_paper_mode_chance_is_new_each_time_unless_kept_still(
    address: str, visiting: Visiting, generator: keras.Model
) -> None:
    visit = visiting(camera=None)
    page = visit.open(address)
    visit.drop("paper.onnx", as_file(generator, dropout=True, name="paper"))
    page.wait_for_function("window.page.model.name === 'paper'")
    visit.wait_for_frames(2)
    before = visit.pixels("result")
    visit.wait_for_frames(2)
    assert np.abs(visit.pixels("result").astype(int) - before).max() > 1
    page.get_by_label("Keep chance still").check()
    visit.settle()
    kept = visit.pixels("result")
    page.get_by_label("Mirror").check()
    visit.settle()
    page.get_by_label("Mirror").uncheck()
    visit.settle()
    assert np.array_equal(visit.pixels("result"), kept)


def test_settings_work_and_stay_in_the_address(address: str, visiting: Visiting) -> None:
    visit = visiting(camera=None)
    page = visit.open(address)
    visit.settle()
    plain = visit.pixels("seen").astype(int)

    def seen_after(label: str, value: str) -> np.ndarray:
        page.get_by_label(label).fill(value)
        visit.settle()
        return visit.pixels("seen").astype(int)

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
    sharp = visit.pixels("seen")
    assert "blur=4" in page.url and "mirror=1" in page.url
    page.reload()
    page.wait_for_function("window.page?.started")
    visit.settle()
    assert np.array_equal(visit.pixels("seen"), sharp)
    page.get_by_role("button", name="Reset").click()
    visit.settle()
    assert np.array_equal(visit.pixels("seen"), plain)


def test_smoothing_blends_with_the_pictures_before(address: str, visiting: Visiting) -> None:
    visit = visiting()
    page = visit.open(address + "#source=draw&smooth=0.9")
    visit.settle()
    before = visit.pixels("result").astype(int)
    box = page.locator("#source canvas").bounding_box()
    assert box
    made = page.evaluate("window.page.frames")
    page.mouse.click(box["x"] + 200, box["y"] + 200)
    page.wait_for_function(f"window.page.frames > {made}")
    visit.settle()
    after = visit.pixels("result").astype(int)
    assert page.evaluate("window.page.frames") - made >= 30  # it goes on until it has settled
    page.get_by_label("Smoothing").fill("0")
    visit.settle()
    exact = visit.pixels("result").astype(int)
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
    box = page.locator("#result").bounding_box()
    assert box and box["height"] == 860
    page.mouse.dblclick(600, 400)  # visitors can't leave it
    expect(page.locator("h1")).to_be_hidden()
    page.keyboard.press("Escape")
    expect(page.locator("h1")).to_be_visible()
    page.get_by_role("button", name="Full screen").click()
    expect(page.locator("h1")).to_be_hidden()
    page.mouse.dblclick(600, 400)
    expect(page.locator("h1")).to_be_visible()


def test_a_camera_that_was_lost_comes_back_by_itself(address: str, visiting: Visiting) -> None:
    visit = visiting()
    page = visit.open(address + "#exhibition")
    visit.wait_for_frames(3)
    page.evaluate("document.querySelector('#source video').srcObject.getTracks()[0].stop()")
    page.wait_for_timeout(300)
    visit.wait_for_frames(10)
    page.evaluate("document.querySelector('#source video').pause()")
    page.wait_for_timeout(300)
    visit.wait_for_frames(10)


def test_a_worker_that_dies_is_replaced(address: str, visiting: Visiting) -> None:
    visit = visiting()
    visit.page.add_init_script(
        """const Plain = Worker; window.workers = [];
        window.Worker = class extends Plain {
          constructor(...given) { super(...given); window.workers.push(this); } };"""
    )
    page = visit.open(address + "#source=camera")
    visit.wait_for_frames(3)
    page.evaluate(
        "workers[0].dispatchEvent(new ErrorEvent('error', { message: 'out of memory' })),"
        "workers[0].terminate()"
    )
    visit.wait_for_frames(5)
    assert page.evaluate("workers.length") == 2


def test_a_model_that_is_too_slow_here_is_said_to_be(address: str, visiting: Visiting) -> None:
    visit = visiting()
    visit.page.add_init_script(
        """const plain = Worker.prototype.postMessage;
        Worker.prototype.postMessage = function (message, ...more) {
          const wait = message.name === 'run' ? 600 : 0; // a slow device
          setTimeout(() => plain.call(this, message, ...more), wait); };"""
    )
    visit.open(address + "#source=camera")
    assert "0.6 seconds for a picture" in visit.notice() and "smaller" in visit.notice()
    visit.wait_for_frames(2)


def test_every_control_has_a_name_and_is_reached_by_keyboard(
    address: str, visiting: Visiting
) -> None:
    page = visiting().open(address + "#source=draw")
    reached = []
    for _ in range(60):
        page.keyboard.press("Tab")
        found = page.evaluate(
            "[document.activeElement.id || document.activeElement.dataset.source || "
            "document.activeElement.localName, document.activeElement.matches(':focus-visible')]"
        )
        if found[0] == "body" or found[0] in reached:
            break
        assert found[1], f"{found[0]} does not show that it has the focus"
        reached.append(found[0])
    wanted = {"canvas", "camera", "picture", "video", "draw", "pause", "save", "record", "full"}
    wanted |= {"blur", "contrast", "smooth", "mirror", "show-all", "speed", "reset", "other-model"}
    assert wanted | {"clear", "pen-width"} <= set(reached)
    nameless = page.evaluate(
        """() => [...document.querySelectorAll('button, input:not([type=file]), select, canvas')]
          .filter(part => part.offsetParent && !part.getAttribute('aria-label')
            && !part.labels?.length && !part.textContent.trim()).map(part => part.outerHTML)"""
    )
    assert nameless == []


CONTRAST = """() => { const channels = colour => colour.match(/[\\d.]+/g).map(Number);
  const light = colour => { const [r, g, b] = channels(colour).map(v => v / 255)
    .map(v => v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
    return 0.2126 * r + 0.7152 * g + 0.0722 * b; };
  const behind = part => { for (; part; part = part.parentElement) {
    const colour = getComputedStyle(part).backgroundColor;
    if (channels(colour)[3] !== 0) return colour; } };
  return [...document.querySelectorAll('h1, p, button, label, output, figcaption')]
    .filter(part => part.offsetParent && part.textContent.trim()).map(part => {
      const pair = [light(getComputedStyle(part).color), light(behind(part))].sort((a, b) => b - a);
      return [part.textContent.trim(), (pair[0] + 0.05) / (pair[1] + 0.05)]; })
    .filter(([words, ratio]) => !(ratio >= 4.5)); }"""


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
        small = page.evaluate(
            """() => [...document.querySelectorAll(
              'button, .tick, select, input[type=range], #colours input')]
              .filter(part => part.offsetParent).map(part => [part.outerHTML.slice(0, 80),
                part.getBoundingClientRect()])
              .filter(([name, box]) => box.height < 43.5 || box.width < 43.5)"""
        )
        assert small == []


def test_memory_stays_flat(address: str, visiting: Visiting, chromium_with_camera: Browser) -> None:
    seconds = float(os.environ.get("PAGE_SECONDS", "8"))
    visit = visiting()
    page = visit.open(address + "#source=camera&smooth=0.5")
    visit.wait_for_frames(100)
    before = settled_memory(visit, chromium_with_camera)
    end = time.monotonic() + seconds
    made = page.evaluate("window.page.frames")
    while time.monotonic() < end:
        page.wait_for_timeout(1000)
    assert page.evaluate("window.page.frames") - made > 5 * seconds
    grown = settled_memory(visit, chromium_with_camera) - before
    assert grown < 12e6, f"{grown / 1e6:.1f} MB more after {seconds:.0f} s"


def settled_memory(visit: Visit, browser: Browser) -> int:
    """Returns the smallest of a few looks, after what is garbage was collected."""
    session = visit.context.new_cdp_session(visit.page)
    looks = []
    for _ in range(5):
        session.send("HeapProfiler.collectGarbage")
        looks.append(memory_of(browser))
        visit.page.wait_for_timeout(300)
    session.detach()
    return min(looks)


def test_screenshots(address: str, visiting: Visiting, tmp_path: Path) -> None:
    target = Path(os.environ.get("SCREENSHOTS") or tmp_path)
    if run := os.environ.get("PAGE_RUN"):
        address = trained_page(Path(run), tmp_path)
    visit = visiting(viewport={"width": 1280, "height": 800}, device_scale_factor=1)
    visit.open(address + "#source=picture")
    visit.settle()
    visit.page.wait_for_timeout(600)
    save_screenshot(visit.page, target / "page.jpg")
    phone = visiting(viewport={"width": 390, "height": 844}, color_scheme="dark", is_mobile=True)
    phone.open(address + "#source=picture")
    phone.settle()
    phone.page.wait_for_timeout(600)
    save_screenshot(phone.page, target / "page-phone.jpg")
    for name in ("page.jpg", "page-phone.jpg"):
        assert (target / name).stat().st_size < 150_000


def trained_page(run: Path, folder: Path) -> str:
    """Returns the address of a single page with a trained model."""
    from colab_pix2pix.dataset.archive import unpack
    from colab_pix2pix.model.trained import load_trained
    from colab_pix2pix.project import Project

    trained = load_trained(Project(run))
    pictures = unpack(Project(run).dataset_zip, folder / "crops")
    held_out = [pictures.directory / crop.file for crop in pictures.kept if crop.split == "test"]
    brightest = max(held_out, key=lambda path: np.asarray(Image.open(path)).mean())
    sample = brightest.read_bytes()
    blur = {"blur_factor": trained.config.blur_factor, "condition": trained.config.condition}
    model = as_file(trained.generator, name="", **blur)
    path = write_single_page(folder / "meadow.html", model, title="A meadow", sample=sample)
    return path.as_uri()
