"""The page of a small model as a folder and as a single file, and visitors to it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import keras
import pytest
from PIL import Image
from playwright.sync_api import Browser, Playwright, sync_playwright

from colab_pix2pix.web.building import write_page, write_single_page
from support.pages import FALSE_CAMERA, SIZE, Visit, Visiting, as_file, browser, lively, picture
from support.servers import Server, serving


@pytest.fixture(scope="session")
def generator() -> keras.Model:
    return lively(image_size=SIZE, base_filters=4)


@pytest.fixture(scope="session")
def model(generator: keras.Model) -> bytes:
    return as_file(generator)


@pytest.fixture(scope="session")
def sample(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    path = tmp_path_factory.mktemp("sample") / "sample.jpg"
    Image.fromarray(picture(128)).save(path)
    return path.read_bytes()


@pytest.fixture(scope="session")
def folder(model: bytes, sample: bytes, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_page(tmp_path_factory.mktemp("page"), model, title="Clouds", sample=sample).parent


@pytest.fixture(scope="module")
def served(folder: Path) -> Iterator[Server]:
    with serving(folder) as server:
        yield server


@pytest.fixture(scope="session")
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
    for visitor in visits:
        visitor.close()
    assert [error for visitor in visits for error in visitor.errors] == []


@pytest.fixture
def address(served: Server) -> str:
    return served.link("index.html").replace("127.0.0.1", "localhost")
