"""Which pictures a folder holds: the same for all commands, without what programs left there."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from colab_pix2pix.images import list_folder

LITTER = (
    *("._IMG_0000.jpg", ".hidden.png", ".DS_Store", "Thumbs.db", "notes.txt", ".trash/a.jpg"),
    *("__MACOSX/._a.jpg", "__MACOSX/a.jpg", "@eaDir/a.jpg", "sub/._b.jpg"),
    *(".ipynb_checkpoints/a-checkpoint.jpg", "desktop.ini"),
)


def touch(folder: Path, *names: str) -> None:
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(b"x")


def test_sub_folders_count_and_litter_does_not(tmp_path: Path) -> None:
    touch(tmp_path, "b.JPG", "sub/a.png", "sub/deep/c.tif", *LITTER)
    found = [str(path.relative_to(tmp_path)) for path in list_folder(tmp_path).files]
    assert found == ["b.JPG", "sub/a.png", "sub/deep/c.tif"]


def test_what_only_bears_the_name_of_a_picture_is_passed_over(tmp_path: Path) -> None:
    touch(tmp_path, "good.jpg", "x.jpg/inside.png")
    (tmp_path / "a.jpg").symlink_to(tmp_path / "nothing")
    os.mkfifo(tmp_path / "pipe.jpg")
    (tmp_path / "round.jpg").symlink_to(tmp_path / "round.jpg")
    (tmp_path / "back").symlink_to(tmp_path)
    listing = list_folder(tmp_path)
    assert [path.name for path in listing.files] == ["good.jpg", "inside.png"]
    assert {path.name: why for path, why in listing.passed_over} == {
        "a.jpg": "it is a link that leads nowhere",
        "round.jpg": "it is a link that leads nowhere",
        "pipe.jpg": "it is no file",
        "x.jpg": "it is a folder",
    }


def test_links_to_pictures_and_folders_are_followed(tmp_path: Path) -> None:
    touch(tmp_path / "elsewhere", "a.jpg")
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "link").symlink_to(tmp_path / "elsewhere")
    (tmp_path / "mine" / "b.jpg").symlink_to(tmp_path / "elsewhere" / "a.jpg")
    names = [path.name for path in list_folder(tmp_path / "mine").files]
    assert names == ["b.jpg", "a.jpg"]


def test_a_folder_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        list_folder(tmp_path / "no")
