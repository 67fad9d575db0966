"""What is shared, in the notebook: to be looked at, and saved at a click, also in Colab."""

from __future__ import annotations

import base64
import sys
import types
from pathlib import Path
from typing import Any

import ipywidgets as widgets
import pytest
from PIL import Image

from colab_pix2pix.config import ShareConfig
from colab_pix2pix.notebook import steps
from colab_pix2pix.notebook.panels import downloads
from colab_pix2pix.notebook.panels.share_view import share_view
from colab_pix2pix.project import Project


@pytest.fixture
def files(tmp_path: Path) -> list[Path]:
    paths = [tmp_path / f"fog.{kind}" for kind in ("gif", "mp4", "png", "html")]
    for path in paths:
        path.write_bytes(path.name.encode())
    for path in (paths[0], paths[2]):
        Image.new("RGB", (8, 8)).save(path)
    return paths


@pytest.fixture
def downloaded(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """This is Colab; what it was asked to save."""
    asked: list[str] = []
    package, module = types.ModuleType("google.colab"), types.ModuleType("google.colab.files")
    package.files = module  # type: ignore[attr-defined]
    module.download = asked.append  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "google.colab", package)
    monkeypatch.setitem(sys.modules, "google.colab.files", module)
    monkeypatch.setenv("COLAB_RELEASE_TAG", "release-colab")
    return asked


def all_of(widget: widgets.Widget, kind: type) -> list[Any]:
    found = [widget] if isinstance(widget, kind) else []
    return found + [w for child in getattr(widget, "children", ()) for w in all_of(child, kind)]


def test_each_file_is_saved_by_a_link_of_its_own(files: list[Path]) -> None:
    view = share_view(files, "fog")
    links = [w.value for w in all_of(view, widgets.HTML) if "cp-download" in w.value]
    for path, link in zip(files, links, strict=True):
        assert f'download="{path.name}"' in link
        assert base64.b64decode(link.split("base64,")[1].split('"')[0]) == path.read_bytes()
    assert [w.value for w in all_of(view, widgets.Image)] == [files[0].read_bytes()]


def test_in_colab_each_file_has_a_button(files: list[Path], downloaded: list[str]) -> None:
    view = share_view(files)
    assert not [w for w in all_of(view, widgets.HTML) if "base64" in w.value]
    buttons = all_of(view, widgets.Button)
    assert [button.description for button in buttons] == [
        "Download the GIF",
        "Download the film",
        "Download the sheet",
        "Download the page",
    ]
    for button in buttons:
        button.click()
    assert downloaded == [str(path) for path in files]
    files[1].unlink()
    buttons[1].click()
    errors = "".join(w.value for w in all_of(view, widgets.HTML))
    assert "fog.mp4 is not there any more." in errors and "Run the cell again" in errors


def test_what_is_too_large_for_a_link_is_named(
    files: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(downloads, "MOST_BYTES", files[2].stat().st_size)
    files[0].write_bytes(files[0].read_bytes() + bytes(500))
    view = share_view(files)
    text = "".join(w.value for w in all_of(view, widgets.HTML))
    assert "Too large to be saved from here: " in text and text.count("cp-download") == 3
    assert [w.format for w in all_of(view, widgets.Image)] == ["png"]


def test_the_names_of_files_do_no_harm(tmp_path: Path) -> None:
    path = tmp_path / 'a"onclick="x.png'
    Image.new("RGB", (8, 8)).save(path)
    (link,) = [w.value for w in all_of(share_view([path]), widgets.HTML) if "base64" in w.value]
    assert "a&quot;onclick=&quot;x.png" in link


def test_what_was_typed_is_kept_with_the_project(tmp_path: Path) -> None:
    project = Project(tmp_path / "fog")
    steps.choose_sharing(project).value = {"signature": "by Ada"}
    assert project.recall(ShareConfig).signature == "by Ada"
    assert steps.choose_sharing(project).config.signature == "by Ada"
