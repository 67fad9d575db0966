"""`serve`: the page of a run, or of an export, in this machine's browser."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from colab_pix2pix.errors import CheckpointError, OptionError
from colab_pix2pix.events import Event, Note
from colab_pix2pix.project import Project
from colab_pix2pix.web import building
from colab_pix2pix.web.building import write_page, write_single_page
from colab_pix2pix.web.page_server import PageServer
from colab_pix2pix.workflows.pipeline import train
from colab_pix2pix.workflows.sharing import serve as serving
from colab_pix2pix.workflows.sharing.serve import serve
from support.discs import discs
from support.networks import SMALLEST
from support.waiting import wait_for


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    folder = tmp_path_factory.mktemp("trained")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", str(folder / "cache"))
        yield train(discs(folder / "crops"), folder / "run", SMALLEST).project.path


@pytest.fixture
def exported(tmp_path: Path) -> Path:
    """What `export --format web` leaves, with a model that no test runs."""
    return write_page(tmp_path / "exported" / "web", b"a model", title="Clouds").parent.parent


def get(server: PageServer, name: str = "") -> bytes:
    with urllib.request.urlopen(server.address + name, timeout=10) as answer:
        content: bytes = answer.read()
    return content


def said(heard: list[Event]) -> list[str]:
    return [event.message for event in heard if isinstance(event, Note)]


@pytest.mark.slow
def test_the_page_of_a_run_is_written_once_and_again_when_it_is_old(
    trained: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    project = Project(shutil.copytree(trained, tmp_path / "flowers"))
    heard: list[Event] = []
    with serve(project.path, on_event=heard.append) as server:
        assert b"<h1" in get(server) and b"flowers" in get(server)
        first = get(server, "model.onnx")
        assert len(first) > 10_000
    assert "Writing the page: a few seconds." in said(heard)
    assert not (project.path / "page").exists(), "the project stays as it is"

    heard.clear()
    with serve(str(project.path), on_event=heard.append) as server:
        assert get(server, "model.onnx") == first
    assert said(heard) == []

    # Another page (a newer version of the package), then another state of the run.
    monkeypatch.setattr(
        building,
        "_page_files",
        lambda files=building._page_files(): files | {"style.css": b"/* new */"},
    )
    with serve(project) as server:
        assert get(server, "style.css") == b"/* new */"
    train(discs(tmp_path / "crops"), project, SMALLEST.replace(epochs=2))
    with serve(project) as server:
        second = get(server, "model.onnx")
    assert second != first
    with serve(project, generation="1") as server:
        assert get(server, "model.onnx") == first
    with pytest.raises(CheckpointError, match="generation: received '77'"):
        serve(project, generation="77")


@pytest.mark.slow
def test_a_page_that_was_cut_off_is_written_again(trained: Path, tmp_path: Path) -> None:
    project = Project(shutil.copytree(trained, tmp_path / "flowers"))
    page = serving.page_folder(project)
    (page / "model.onnx").unlink()
    with serve(project) as server:
        assert len(get(server, "model.onnx")) > 10_000


@pytest.mark.parametrize("inside", ["", "web"])
def test_the_page_of_an_export_is_served_from_where_it_lies(exported: Path, inside: str) -> None:
    before = sorted(exported.rglob("*"))
    with serve(exported / inside) as server:
        assert get(server, "model.onnx") == b"a model"
    assert sorted(exported.rglob("*")) == before


@pytest.mark.parametrize("inside", ["", "web.html"])
def test_a_page_as_one_file_needs_no_server(tmp_path: Path, inside: str) -> None:
    write_single_page(tmp_path / "web.html", b"a model", title="Clouds")
    with pytest.raises(OptionError, match="opens with a double click"):
        serve(tmp_path / inside)


@pytest.mark.parametrize("kind", ["missing", "empty", "file"])
def test_what_is_no_run_is_refused(tmp_path: Path, kind: str) -> None:
    path = tmp_path / kind
    if kind == "empty":
        path.mkdir()
    elif kind == "file":
        path.write_text("notes")
    with pytest.raises(CheckpointError, match="holds no trained model yet"):
        serve(path)


def test_a_port_that_is_taken_is_told_before_anything_is_written(
    exported: Path, tmp_path: Path
) -> None:
    with serve(exported) as server, pytest.raises(OptionError, match="port: received"):
        serve(tmp_path / "run", port=server.server_port)


def test_the_command_opens_a_browser_and_ends_at_ctrl_c(exported: Path, tmp_path: Path) -> None:
    browser, opened = tmp_path / "browser", tmp_path / "opened"
    browser.write_text(f'#!/bin/sh\necho "$1" > {opened}\n')
    browser.chmod(0o755)
    with _command(exported, BROWSER=str(browser)) as process:
        assert process.stdout is not None
        address = process.stdout.readline().strip()
        with urllib.request.urlopen(address, timeout=10) as answer:
            assert b"Clouds" in answer.read()
        wait_for(lambda: opened.exists() and opened.read_text().strip() == address, "the browser")
        process.send_signal(signal.SIGINT)
        assert process.wait(20) == 0
        assert process.stdout.read() == ""


def test_no_browser_is_opened_where_none_is_wanted(exported: Path, tmp_path: Path) -> None:
    opened = tmp_path / "opened"
    with _command(exported, "--no-browser", BROWSER=f"touch {opened}") as process:
        assert process.stdout is not None and process.stderr is not None
        assert process.stdout.readline().startswith("http://127.0.0.1:")
        process.send_signal(signal.SIGINT)
        assert process.wait(20) == 0
        assert process.stderr.read().count("\n") == 1, "one line says how to end it"
    assert not opened.exists()


def _command(*words: object, **environment: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "colab_pix2pix", "serve", *map(str, words)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=os.environ | environment,
    )
