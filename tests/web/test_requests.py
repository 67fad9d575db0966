"""What the page asks the network for: nothing in a single file, its own server in a folder."""

from __future__ import annotations

from pathlib import Path

import pytest

from colab_pix2pix.web.page_server import PageServer
from support.pages import Visiting
from support.servers import Server

pytestmark = pytest.mark.slow


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


def test_the_server_of_the_notebook_gives_the_page_all_it_needs(
    folder: Path, visiting: Visiting
) -> None:
    """Its scripts, its worker and its service worker are asked for without a foreign origin."""
    with PageServer(folder).start() as server:
        visit = visiting()
        cores = "Object.defineProperty(Navigator.prototype, 'hardwareConcurrency', { value: 4 })"
        visit.page.add_init_script(cores)
        page = visit.open(server.address)
        assert page.evaluate("crossOriginIsolated")
        visit.wait_for_frames(1)
