"""The page of a model whose pictures are no squares: what it shows, sees, draws and records."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Page, expect

from colab_pix2pix.web.building import write_page
from support.pages import Visiting, as_file, identity_file, lively, picture
from support.servers import serving

WIDE, TALL = "96x64", "64x96"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    sample = io.BytesIO()
    Image.fromarray(picture("192x64")).save(sample, "JPEG")
    model = as_file(lively(image_size=WIDE, base_filters=4))
    page = write_page(
        tmp_path_factory.mktemp("page"), model, title="Clouds", sample=sample.getvalue()
    )
    return page.parent


def shown_ratios(page: Page) -> list[float]:
    boxes = [tile.bounding_box() for tile in page.locator(".picture").all()]
    return [round(box["width"] / box["height"], 2) for box in boxes if box]


def size_of(page: Page, canvas: str) -> tuple[int, int]:
    width, height = page.locator(canvas).evaluate("canvas => [canvas.width, canvas.height]")
    return width, height


def test_pictures_keep_the_proportions_of_the_model(folder: Path, visiting: Visiting) -> None:
    with serving(folder) as server:
        visit = visiting(camera=None)
        page = visit.open(server.link("index.html").replace("127.0.0.1", "localhost"))
        visit.settle()
        assert shown_ratios(page) == [1.5, 1.5, 1.5]
        assert size_of(page, "#output") == size_of(page, "#input") == (96, 64)
        expect(page.locator("#model-label")).to_contain_text("96×64 px")

        page.get_by_role("button", name="Draw").click()
        assert size_of(page, "#source canvas") == (512, 341)
        sheet = page.locator("#source canvas").bounding_box()
        assert sheet is not None
        for x, y in ((0.1, 0.5), (0.9, 0.5)):  # at the left, then at the right end
            page.mouse.click(sheet["x"] + x * sheet["width"], sheet["y"] + y * sheet["height"])
        visit.settle()
        assert inked(page).any(axis=0)[[51, 461]].all()

        # A model that copies its input, in portrait: the sheet follows, and its middle is kept.
        visit.drop("tall.onnx", identity_file(TALL, 1, name="tall", blur_factor=1.0))
        page.wait_for_function("window.page.model.name === 'tall'")
        visit.settle()
        assert size_of(page, "#source canvas") == (341, 512)
        assert size_of(page, "#output") == (64, 96)
        assert shown_ratios(page) == [0.67, 0.67, 0.67]
        assert not inked(page).any()  # both ends were cut off
        sheet = page.locator("#source canvas").bounding_box()
        assert sheet is not None
        page.mouse.click(sheet["x"] + sheet["width"] / 2, sheet["y"] + 0.9 * sheet["height"])
        visit.settle()
        made = pixels(page, "#output").mean(-1)
        assert made[86, 32] < 100 < 250 < made[40, 32]

        # All three beside each other, in full screen: another address, another start.
        page.get_by_label("All three in full screen").check()
        page.evaluate("location.hash = '#exhibition&show=all'")
        page.wait_for_function("window.page?.model?.name !== 'tall' && window.page?.started")
        page.locator("html.exhibition").wait_for()
        visit.settle()
        assert shown_ratios(page) == [1.5, 1.5, 1.5]


def test_a_recording_has_them_too(folder: Path, visiting: Visiting, tmp_path: Path) -> None:
    with serving(folder) as server:
        visit = visiting(camera=None)
        page = visit.open(server.link("index.html").replace("127.0.0.1", "localhost"))
        visit.settle()
        page.get_by_role("button", name="Record").click()
        page.wait_for_timeout(1200)
        with page.expect_download() as download:
            page.get_by_role("button", name="Stop").click()
        video = tmp_path / download.value.suggested_filename
        download.value.save_as(video)
    from colab_pix2pix.video.probe import probe

    info = probe(video)
    assert (info.width, info.height) == (768, 512)


def pixels(page: Page, canvas: str) -> np.ndarray:
    width, height = size_of(page, canvas)
    values = page.locator(canvas).evaluate(
        "c => [...c.getContext('2d').getImageData(0, 0, c.width, c.height).data]"
    )
    return np.array(values, np.uint8).reshape(height, width, 4)[..., :3]


def inked(page: Page) -> np.ndarray:
    return pixels(page, "#source canvas").mean(-1) < 128
