"""Files dropped into a form: put together from pieces, and nothing half-written stays."""

from __future__ import annotations

import base64
import os
import shutil
from pathlib import Path
from urllib.parse import quote

import pytest

from colab_pix2pix.config import VideoConfig
from colab_pix2pix.notebook.forms import UseForm, VideoForm, drop_zone
from colab_pix2pix.notebook.forms.drop_zone import DropZone
from colab_pix2pix.project import Project


class Browser:
    """Sends files as the script of the page does."""

    def __init__(self, zone: DropZone) -> None:
        self.zone = zone

    def piece(self, key: str, at: int | str, size: int, name: str, content: bytes) -> str:
        """Sends a piece; returns how far the kernel says that it is."""
        data = base64.b64encode(content).decode()
        self.zone.pieces.value = f"{key}|{at}|{size}|{quote(name)}|{data}"
        assert f'data-key="{key}"' in self.zone.state.value
        return self.zone.state.value.split('data-at="')[1].split('"')[0]

    def drop(self, key: str, **files: bytes) -> None:
        for index, (name, content) in enumerate(files.items()):
            name = name.replace("__", ".")
            for at in range(0, len(content), 1000):
                end = self.piece(f"{key}-{index}", at, len(content), name, content[at : at + 1000])
                assert end == str(min(at + 1000, len(content)))
        self.zone.pieces.value = ""


def files_in(folder: Path) -> list[str]:
    return sorted(p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file())


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return Project(tmp_path / "p")


def zone_of(form: VideoForm | UseForm) -> DropZone:
    (zone,) = [child for child in form.children if isinstance(child, DropZone)]
    return zone


def test_a_video_in_pieces_is_the_same_video_and_stands_in_the_box(project: Project) -> None:
    form, film = VideoForm(project), os.urandom(4321)
    Browser(zone_of(form)).drop("a", **{"Mein Film__MP4": film})
    path = Path(form.config.source)
    assert path.read_bytes() == film and path.name == "Mein_Film.mp4"
    assert project.recall(VideoConfig).source == str(path)
    assert files_in(project.work / "uploads") == ["upload-0/Mein_Film.mp4"]


def test_several_files_are_a_line_each_and_pictures_are_a_folder(project: Project) -> None:
    form = VideoForm(project)
    browser = Browser(zone_of(form))
    browser.drop("a", one__mp4=b"1" * 1500, two__mp4=b"2")
    lines = form.config.source.splitlines()
    assert [Path(line).name for line in lines] == ["one.mp4", "two.mp4"]
    browser.drop("b", one__jpg=b"1", two__png=b"2")
    assert form.config.source == str(project.work / "uploads" / "upload-1")
    assert len(files_in(project.work / "uploads")) == 4
    use = UseForm(project)
    Browser(zone_of(use)).drop("c", hand__jpg=b"1")
    assert use.path is not None and use.path.name == "hand.jpg"


def test_names_lead_nowhere_else_and_equal_ones_stay_apart(project: Project) -> None:
    form = VideoForm(project)
    browser = Browser(zone_of(form))
    browser.drop("a", **{"../../../etc/x__mp4": b"1"})
    browser.piece("b-0", 0, 1, "x.mp4", b"1")
    browser.piece("b-1", 0, 1, "x.mp4", b"2")
    assert files_in(project.work / "uploads") == [
        "upload-0/x.mp4",
        "upload-1/x-2.mp4",
        "upload-1/x.mp4",
    ]


@pytest.mark.parametrize("at", [0, 2000, 999])
def test_a_missing_or_repeated_piece_ends_it_and_leaves_nothing(project: Project, at: int) -> None:
    form = VideoForm(project)
    browser = Browser(zone_of(form))
    assert browser.piece("a-0", 0, 3000, "x.mp4", b"1" * 1000) == "1000"
    other = "b-0" if at == 0 else "a-0"
    end = browser.piece(other, at or 1000, 3000, "x.mp4", b"1" * 1000)
    assert end == "failed" and "A piece of x.mp4 is missing" in form.errors.value
    if at:
        assert files_in(project.work / "uploads") == []
    assert form.config.source == ""
    browser.drop("c", x__mp4=b"1")
    assert form.errors.value == "" and form.config.source.endswith("x.mp4")
    assert [name for name in files_in(project.work) if name.endswith(".part")] == []


def test_stop_a_full_disk_and_an_empty_file_leave_nothing(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    form = VideoForm(project)
    browser = Browser(zone_of(form))
    browser.piece("a-0", 0, 3000, "x.mp4", b"1" * 1000)
    assert browser.piece("a-0", "stop", 0, "x.mp4", b"") == "failed"
    assert "Stopped" in browser.zone.state.value and form.errors.value == ""
    assert browser.piece("b-0", 0, 0, "x.mp4", b"") == "failed" and "is empty" in form.errors.value
    with monkeypatch.context() as patch:
        patch.setattr(drop_zone, "free_space", lambda folder: (folder, 2000))
        assert browser.piece("c-0", 0, 3000, "x.mp4", b"1") == "failed"
    assert "left and x.mp4 has" in form.errors.value
    browser.piece("d-0", 0, 3000, "x.mp4", b"1" * 1000)
    shutil.rmtree(project.work / "uploads")
    browser.zone.pieces.value = "d-0|1000|3000|x.mp4|no base64!"
    assert (
        "can&#x27;t be written" in form.errors.value
        and 'data-at="failed"' in browser.zone.state.value
    )
    assert form.config.source == "" and not list((project.work).rglob("upload-*"))
