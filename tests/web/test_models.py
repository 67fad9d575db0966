"""Models in the page: another one is dropped, one fails, one is too slow, one has dropout."""

from __future__ import annotations

import os
import re

import keras
import numpy as np
import onnx
import pytest
from playwright.sync_api import expect

from colab_pix2pix.model import conditions
from support.pages import Visiting, as_file, from_page, lively, picture

pytestmark = pytest.mark.slow


def test_without_webassembly_the_page_says_what_to_do(address: str, visiting: Visiting) -> None:
    visit = visiting()
    visit.page.add_init_script("delete globalThis.WebAssembly")
    visit.open(address + "#source=camera")
    assert "no WebAssembly" in visit.notice() and "current Chrome" in visit.notice()
    assert visit.page.evaluate("window.page.source") == "camera"


def test_another_model_can_be_dropped(
    address: str, visiting: Visiting, generator: keras.Model
) -> None:
    visit = visiting()
    page = visit.open(address)
    other = lively(image_size=32, base_filters=4, input_channels=3, output_channels=3, seed=5)
    visit.drop("other.onnx", as_file(other, condition="paired", name="colours"))
    page.wait_for_function("window.page.model.name === 'colours'")
    rgb = picture(32)
    expected = other(conditions.encode_image(rgb[np.newaxis]), training=False).numpy().ravel()
    generated_image = from_page(page, "rgba => window.page.run(rgba)", rgb)
    assert np.abs(generated_image - expected).max() < 1e-4
    visit.wait_for_frames(2)
    assert visit.pixels("output").shape == (32, 32, 4)
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
    for content, message in [
        (b"Dear diary, this is no model.", "is no model"),
        (b"", "is no model"),
        (os.urandom(5000), "is no model"),
        (model[:-1000], "is no model"),
        (foreign.SerializeToString(), "of another program"),
        (later.SerializeToString(), "later version"),
    ]:
        visit.drop("dropped.onnx", content)
        assert message in visit.notice()
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
    before = visit.pixels("output")
    visit.wait_for_frames(2)
    assert np.abs(visit.pixels("output").astype(int) - before).max() > 1
    page.get_by_label("Keep chance still").check()
    visit.settle()
    kept = visit.pixels("output")
    page.get_by_label("Mirror").check()
    visit.settle()
    page.get_by_label("Mirror").uncheck()
    visit.settle()
    assert np.array_equal(visit.pixels("output"), kept)


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
          setTimeout(() => plain.call(this, message, ...more), 600); }; // a slow device"""
    )
    visit.open(address + "#source=camera")
    notice = re.search(r"([\d.]+) seconds for a picture.*smaller", visit.notice())
    assert notice and float(notice[1]) >= 0.6
    visit.wait_for_frames(2)
