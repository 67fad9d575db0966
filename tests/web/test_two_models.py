"""Two models in one page: one, the other, or a mix of both."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Page, expect

from colab_pix2pix.web.building import write_page
from support.pages import SIZE, Visit, Visiting, identity_file
from support.servers import serving

pytestmark = pytest.mark.slow

#: Counts what each worker is asked to run, in `window.runs`.
COUNT_RUNS = """const Plain = Worker; window.runs = []; window.workers = [];
  window.Worker = class extends Plain {
    constructor(...given) {
      super(...given); this.place = runs.push(0) - 1; workers.push(this); }
    postMessage(message, ...more) {
      if (message.method === 'run') runs[this.place]++;
      super.postMessage(message, ...more); } };"""


def grey(light: float, name: str, size: int = SIZE, channels: int = 1) -> bytes:
    """Returns a model that always makes the same grey, in [-1, 1]."""
    options = {"condition": "paired", "factor": 0.0, "offset": light, "name": name}
    return identity_file(size, channels, **options)


def test_a_slider_mixes_the_pictures_of_two_models(address: str, visiting: Visiting) -> None:
    visit = visiting(camera=None)
    visit.page.add_init_script(COUNT_RUNS)
    page = opened(visit, address, grey(-0.5, "dark"))
    expect(page.get_by_label("Mix of the two models")).to_be_hidden()
    add_second(page, grey(0.7, "light"))
    assert light(visit) == pytest.approx(0.1, abs=0.01)
    expect(page.locator("#model-label")).to_contain_text("dark")
    expect(page.locator("#model-label")).to_contain_text("light")
    page.get_by_label("Mix of the two models").fill("0.25")
    assert light(visit) == pytest.approx(-0.2, abs=0.01)
    before = page.evaluate("runs.slice(-2)")
    choose(page, "1 · dark")
    assert light(visit) == pytest.approx(-0.5, abs=0.01)
    choose(page, "2 · light")
    assert light(visit) == pytest.approx(0.7, abs=0.01)
    # A model that has no share is not asked for anything.
    assert page.evaluate("runs.slice(-2)") == [before[0] + 1, before[1] + 1]
    assert page.evaluate("window.page.model.name") == "light"
    page.get_by_role("button", name="Remove the second").click()
    assert light(visit) == pytest.approx(-0.5, abs=0.01)
    expect(page.get_by_label("Mix of the two models")).to_be_hidden()
    assert page.evaluate("document.activeElement.id") == "second-model"


def test_both_see_the_same_frame_whatever_their_sizes_and_kinds(
    address: str, visiting: Visiting
) -> None:
    visit = visiting(camera=None)
    page = opened(visit, address, identity_file(32, 3, condition="paired", name="colours"))
    visit.drop("flags.png", quadrants(), "image/png")
    page.wait_for_function("document.querySelector('#source img').alt === 'flags.png'")
    visit.settle()
    add_second(page, identity_file(SIZE, 1, condition="edges", name="lines"))
    mixed = visit.pixels("output").astype(int)
    assert mixed.shape == (SIZE, SIZE, 4)  # as large as the larger
    alone = []
    for name in ("1 · colours", "2 · lines"):
        choose(page, name)
        visit.settle()
        alone.append(visit.pixels("output").astype(int))
    colours = np.kron(alone[0], np.ones((2, 2, 1)))
    assert alone[1].shape == (SIZE, SIZE, 4)
    assert np.abs(mixed - (colours + alone[1]) / 2)[..., :3].mean() < 8
    assert np.abs(mixed - alone[1])[..., :3].mean() > 20
    assert np.ptp(alone[0][..., 0] - alone[0][..., 2]) > 50
    assert np.abs(alone[1][..., 0] - alone[1][..., 2]).max() == 0


def test_smoothing_and_blur_work_for_both(address: str, visiting: Visiting) -> None:
    visit = visiting(camera=None)
    page = opened(visit, address, grey(-0.5, "dark"))
    visit.drop("light.onnx", identity_file(SIZE, 1, name="blurred"))
    page.wait_for_function("window.page.model.name === 'blurred'")
    add_second(page, identity_file(SIZE, 1, blur_factor=8.0, name="less blurred"))
    choose(page, "2 · less blurred")
    visit.settle()
    own = visit.pixels("input").astype(int)
    page.get_by_label("Blur").fill("2")
    visit.settle()
    assert np.abs(visit.pixels("input") - own).max() > 20
    page.get_by_label("Smoothing").fill("0.5")
    page.get_by_label("Mix of the two models").fill("0.5")
    visit.settle()
    assert np.abs(visit.pixels("output").astype(int) - visit.pixels("input")).max() <= 2


def test_the_meter_is_about_the_model_that_is_shown(address: str, visiting: Visiting) -> None:
    visit = visiting(camera=None)
    page = opened(visit, address, identity_file(32, 1, condition="grey", name="copies"))
    add_second(page, identity_file(SIZE, 1, condition="grey", factor=0.0, offset=2, name="same"))
    meter = page.get_by_role("meter", name="How well it follows")
    for name, words in [
        ("1 · copies", "follows the picture well"),
        ("2 · same", "hardly follows the picture"),
        ("1 · copies", "follows the picture well"),
    ]:
        choose(page, name)
        expect(meter).to_have_attribute("aria-valuetext", words)


def test_a_broken_second_model_changes_nothing(address: str, visiting: Visiting) -> None:
    visit = visiting(camera=None)
    page = opened(visit, address, grey(-0.5, "dark"))
    with page.expect_file_chooser() as chooser:
        page.get_by_role("button", name="Add a second model").click()
    chooser.value.set_files({"name": "b.onnx", "mimeType": "", "buffer": b"no model at all"})
    assert "is no model" in visit.notice()
    expect(page.get_by_label("Mix of the two models")).to_be_hidden()
    assert light(visit) == pytest.approx(-0.5, abs=0.01)


def test_the_second_is_opened_again_when_its_worker_dies(address: str, visiting: Visiting) -> None:
    visit = visiting()
    visit.page.add_init_script(COUNT_RUNS)
    page = opened(visit, address + "#source=camera", grey(-0.5, "dark"))
    add_second(page, grey(0.7, "light"))
    count = page.evaluate("workers.length")
    page.evaluate(
        "workers.at(-1).dispatchEvent(new ErrorEvent('error', { message: 'out of memory' })),"
        "workers.at(-1).terminate()"
    )
    page.wait_for_function(f"workers.length === {count + 1}")
    visit.wait_for_frames(5)
    assert np.abs(visit.pixels("output")[..., 0] / 127.5 - 1 - 0.1).max() < 0.02


def test_a_second_model_beside_the_page_is_named_in_the_address(
    tmp_path: Path, sample: bytes, visiting: Visiting
) -> None:
    folder = write_page(tmp_path, grey(-0.5, "dark"), title="Clouds", sample=sample).parent
    (folder / "second.onnx").write_bytes(grey(0.7, "light"))
    with serving(folder) as server:
        visit = visiting(camera=None)
        link = server.link("index.html").replace("127.0.0.1", "localhost")
        page = visit.open(link + "?second=second.onnx&mix=0.75")
        assert light(visit) == pytest.approx(0.4, abs=0.01)
        page.wait_for_function("location.hash.includes('second=second.onnx')")
        page.reload()
        page.wait_for_function("window.page?.started")
        assert light(visit) == pytest.approx(0.4, abs=0.01)
        other = visiting(camera=None)
        other.open(link + "?second=" + "https://example.org/other.onnx")
        assert "no second model" in other.notice()
        assert light(other) == pytest.approx(-0.5, abs=0.01)
        assert not [url for url in other.requests if "example.org/o" in url and url[:5] == "https"]
        missing = visiting(camera=None)
        missing.open(link + "?second=missing.onnx")
        assert "missing.onnx could not be loaded" in missing.notice()
        assert light(missing) == pytest.approx(-0.5, abs=0.01)
        missing.errors.clear()  # the browser says it too


def test_it_works_in_a_single_file_and_fits_a_phone(single: str, visiting: Visiting) -> None:
    phone = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}
    visit = visiting(camera=None, **phone)
    page = opened(visit, single, grey(-0.5, "a model whose name is rather long for a button"))
    add_second(page, grey(0.7, "another one with a name that does not end soon either"))
    assert light(visit) == pytest.approx(0.1, abs=0.01)
    assert page.evaluate("document.documentElement.scrollWidth") <= 390


def quadrants() -> bytes:
    """Returns a picture of four colours, as PNG."""
    colours = np.uint8([[[220, 30, 30], [30, 200, 30]], [[30, 30, 210], [240, 240, 240]]])
    file = io.BytesIO()
    Image.fromarray(colours.repeat(64, 0).repeat(64, 1)).save(file, "png")
    return file.getvalue()


def opened(visit: Visit, address: str, first: bytes) -> Page:
    page = visit.open(address)
    before = page.evaluate("window.page.model.name")
    visit.drop("first.onnx", first)
    page.wait_for_function("before => window.page.model.name !== before", arg=before)
    return page


def add_second(page: Page, content: bytes) -> None:
    with page.expect_file_chooser() as chooser:
        page.get_by_role("button", name="Add a second model").click()
    chooser.value.set_files({"name": "second.onnx", "mimeType": "", "buffer": content})
    expect(page.get_by_label("Mix of the two models")).to_be_visible()
    frames = page.evaluate("window.page.frames")
    page.wait_for_function(f"window.page.frames > {frames} || window.page.mix === 0.5")
    page.wait_for_timeout(400)


def choose(page: Page, name: str) -> None:
    page.get_by_role("button", name=name).click()
    page.wait_for_timeout(300)


def light(visit: Visit) -> float:
    """Returns how light the result is when nothing changes any more, in [-1, 1]."""
    visit.settle()
    return float(visit.pixels("output")[..., 0].mean() / 127.5 - 1)
