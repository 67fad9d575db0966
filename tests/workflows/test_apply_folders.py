"""A trained model on folders as people have them, and training on them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from colab_pix2pix.cli import main
from colab_pix2pix.config import VideoConfig
from colab_pix2pix.dataset import manifest
from colab_pix2pix.dataset.manifest import Dataset
from colab_pix2pix.downloader.download import download_all, sample_video
from colab_pix2pix.errors import DatasetError
from colab_pix2pix.events import Event, Note
from colab_pix2pix.project import Project
from colab_pix2pix.video.probe import probe
from colab_pix2pix.workflows.apply import apply
from colab_pix2pix.workflows.pipeline import train
from support.networks import SMALLEST

OPTIONS = SMALLEST.replace(gan_warmup_steps=0)


def mixed_folder(folder: Path) -> Path:
    """Writes six good pictures, two bad ones, and what programs leave behind."""
    for number, name in enumerate(("a.png", "b.tif", "sub/a.png", "sub/c.bmp", "d.gif", "e.jp2")):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        noise = np.random.default_rng(number).integers(0, 255, (64, 64, 3), np.uint8)
        Image.fromarray(noise).save(folder / name)
    (folder / "bad.jpg").write_bytes(b"")
    (folder / "page.jpg").write_text("<html>404</html>")
    (folder / "._a.png").write_bytes(b"x")
    (folder / "Thumbs.db").write_bytes(b"x")
    (folder / "gone.png").symlink_to(folder / "nothing")
    return folder


def notes(heard: list[Event]) -> str:
    return "\n".join(event.message for event in heard if isinstance(event, Note))


@pytest.fixture(scope="module")
def mixed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return mixed_folder(tmp_path_factory.mktemp("mixed") / "mine")


@pytest.fixture(scope="module")
def heard() -> list[Event]:
    return []


@pytest.fixture(scope="module")
def run(mixed: Path, heard: list[Event], tmp_path_factory: pytest.TempPathFactory) -> Project:
    path = tmp_path_factory.mktemp("runs") / "run"
    return train(mixed, path, OPTIONS, on_event=heard.append).project


def test_training_leaves_out_what_it_can_not_read(run: Project, heard: list[Event]) -> None:
    assert "3 of 9 pictures are left out: " in notes(heard)
    for text in ("gone.png (it is a link that", "bad.jpg (it is empty", "page.jpg (it is a web"):
        assert text in notes(heard)
    assert run.dataset_zip.is_file()


def test_strict_training_stops_before_anything_is_written(mixed: Path, tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match=r"bad\.jpg can't be read as a picture"):
        train(mixed, tmp_path / "run", OPTIONS, strict=True)
    assert not (tmp_path / "run").exists()


def test_applying_mirrors_sub_folders_and_leaves_out_the_bad(
    run: Project, mixed: Path, tmp_path: Path
) -> None:
    told: list[Event] = []
    made = apply(run, mixed, tmp_path / "made", mode="inference", on_event=told.append)
    names = [str(path.relative_to(tmp_path / "made")) for path in made]
    assert names == ["a.png", "b.png", "d.png", "e.png", "sub/a.png", "sub/c.png"]
    assert all(Image.open(path).size == (64, 64) for path in made)
    assert "2 of 8 pictures are left out: " in notes(told)
    assert f"{mixed}/bad.jpg (it is empty (0 bytes))" in notes(told)


def test_one_picture_of_another_kind_is_read(run: Project, mixed: Path, tmp_path: Path) -> None:
    arguments = ["apply", str(run.path), str(mixed / "b.tif"), str(tmp_path / "o.png")]
    assert main.main([*arguments, "--mode", "inference"]) == 0
    assert Image.open(tmp_path / "o.png").size == (64, 64)


def test_strict_applying_and_nothing_but_bad_pictures_are_errors(
    run: Project, mixed: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = ["apply", str(run.path), str(mixed), str(tmp_path / "made"), "--strict"]
    assert main.main([*arguments, "--mode", "inference"]) == 1
    assert "bad.jpg can't be read as a picture" in capsys.readouterr().err
    (tmp_path / "bad").mkdir()
    (tmp_path / "bad" / "a.jpg").write_bytes(b"")
    with pytest.raises(DatasetError, match="The one picture can't be used"):
        apply(run, tmp_path / "bad", tmp_path / "more", mode="inference")
    assert not (tmp_path / "more").exists()


def test_a_gif_is_a_picture_or_a_video_by_what_is_to_be_written(
    run: Project, tmp_path: Path
) -> None:
    first, *rest = (Image.new("RGB", (64, 64), (60 * n, 0, 99)) for n in range(4))
    first.save(tmp_path / "a.gif", save_all=True, append_images=rest, duration=100)
    (picture,) = apply(run, tmp_path / "a.gif", tmp_path / "a.png", mode="inference")
    assert Image.open(picture).size == (64, 64)
    (video,) = apply(run, tmp_path / "a.gif", tmp_path / "a.mp4", mode="inference")
    assert (probe(video).width, probe(video).codec) == (64, "h264")


def test_what_macos_leaves_takes_no_place_of_the_limit(tmp_path: Path) -> None:
    folder = tmp_path / "videos"
    (folder / "sub").mkdir(parents=True)
    (folder / "._clip.mp4").write_bytes(b"x")
    (folder / "sub" / "clip.mp4").write_bytes(sample_video().read_bytes())
    found = download_all([folder], tmp_path / "out", VideoConfig(limit=1))
    assert [path.name for path in found] == ["clip.mp4"]


def test_a_crop_of_ones_own_dataset_that_is_damaged_is_no_accident(
    crops: Dataset, tmp_path: Path
) -> None:
    (crops.directory / crops.crops[2].file).write_bytes(b"")
    manifest.write(crops)
    with pytest.raises(DatasetError, match="can't be read as a picture"):
        train(crops, tmp_path / "run", OPTIONS)
