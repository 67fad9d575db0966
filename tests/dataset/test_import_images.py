"""One's own pictures and pairs become datasets like a video's crops."""

from __future__ import annotations

import zipfile
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from colab_pix2pix.config import FramesConfig
from colab_pix2pix.dataset import manifest
from colab_pix2pix.dataset.curate import contact_sheet, pack, unpack
from colab_pix2pix.dataset.import_images import import_pairs, import_pictures
from colab_pix2pix.errors import DatasetError

RED, BLUE = (200, 30, 20), (20, 40, 210)


@pytest.fixture
def pictures(tmp_path: Path) -> Path:
    """Four pictures of four kinds; the png is turned by its EXIF data."""
    folder = tmp_path / "my pictures"
    folder.mkdir()
    Image.new("RGB", (160, 90), RED).save(folder / "a.jpg", quality=95)
    halves = Image.new("RGBA", (90, 60), BLUE)
    halves.paste(RED, (0, 0, 45, 60))
    exif = Image.Exif()
    exif[0x0112] = 6  # shown turned by 90 degrees: what was left is on top
    halves.save(folder / "b.png", exif=exif)
    Image.new("L", (64, 64), 90).save(folder / "c.webp")
    Image.new("P", (50, 80)).save(folder / "D.JPEG".replace("JPEG", "PNG"))
    (folder / "notes.txt").write_text("no picture")
    (folder / ".hidden.jpg").write_bytes(b"x")
    return folder


def colour(path: Path, position: tuple[int, int]) -> tuple[int, ...]:
    return Image.open(path).convert("RGB").getpixel(position)


def close(one: tuple[int, ...], other: tuple[int, ...]) -> bool:
    return int(np.abs(np.subtract(one, other)).max()) < 12


def test_a_folder_of_pictures_is_cut_like_frames(pictures: Path, tmp_path: Path) -> None:
    dataset = import_pictures(pictures, tmp_path / "crops", FramesConfig(scale="-1:64"))
    assert [crop.side for crop in dataset.crops][-3:] == ["bottom", "top", "centre"]
    assert {crop.side for crop in dataset.crops} == {"left", "right", "top", "bottom", "centre"}
    turned = [crop for crop in dataset.crops if crop.time == 2]
    tops = {crop.side: dataset.directory / crop.file for crop in turned}
    assert close(colour(tops["top"], (20, 5)), RED)
    assert close(colour(tops["bottom"], (20, -5 + Image.open(tops["bottom"]).height)), BLUE)
    assert manifest.read(dataset.directory) == dataset
    again = import_pictures(pictures, tmp_path / "crops", FramesConfig(scale="-1:64"))
    assert again == dataset


def test_a_zip_of_pictures_is_the_same_and_nothing_leaves_it(
    pictures: Path, tmp_path: Path
) -> None:
    path = tmp_path / "pictures.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for file in pictures.iterdir():
            archive.write(file, f"../../{file.name}")
        archive.writestr("__MACOSX/a.jpg", "x")
    loose = import_pictures(pictures, tmp_path / "a", FramesConfig(image_format="png"))
    zipped = import_pictures(path, tmp_path / "b", FramesConfig(image_format="png"))
    assert len(zipped.crops) == len(loose.crops)
    for one, other in zip(loose.crops, zipped.crops, strict=True):
        first, second = loose.directory / one.file, zipped.directory / other.file
        assert first.read_bytes() == second.read_bytes()
    assert {p.name for p in tmp_path.iterdir()} == {"a", "b", "home", "my pictures", "pictures.zip"}


def test_a_grey_picture_of_16_bits_keeps_its_shades(tmp_path: Path) -> None:
    (tmp_path / "scans").mkdir()
    ramp = np.linspace(0, 65_535, 64).astype(np.uint16)
    Image.fromarray(np.tile(ramp, (64, 1))).save(tmp_path / "scans" / "deep.png")
    config = FramesConfig(scale="-1:64", image_format="png")
    dataset = import_pictures(tmp_path / "scans", tmp_path / "crops", config)
    pixels = np.asarray(Image.open(dataset.directory / dataset.crops[0].file))
    assert np.abs(pixels[30, :, 1] - ramp / 257.0).max() <= 0.51


def test_not_more_crops_than_wanted_are_made(pictures: Path, tmp_path: Path) -> None:
    dataset = import_pictures(pictures, tmp_path / "crops", FramesConfig(count=3))
    assert len(dataset.crops) == 3
    assert len(list(dataset.directory.glob("*.jpg"))) == 3
    assert len({crop.time for crop in dataset.crops}) == 2


@pytest.mark.parametrize("kind", ["missing", "empty", "broken", "nozip"])
def test_what_holds_no_pictures_is_refused(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "mine"
    if kind == "nozip":
        path.write_text("no zip")
    elif kind != "missing":
        path.mkdir()
    if kind == "broken":
        (path / "broken.jpg").write_bytes(b"no picture")
    with pytest.raises(DatasetError):
        import_pictures(path, tmp_path / "crops")
    assert not (tmp_path / "crops").exists()


@pytest.mark.parametrize(
    ("direction", "given", "wanted"), [("AtoB", RED, BLUE), ("BtoA", BLUE, RED)]
)
def test_pairs_side_by_side_become_input_and_target(
    tmp_path: Path, direction: str, given: tuple[int, ...], wanted: tuple[int, ...]
) -> None:
    folder = tmp_path / "facades"
    folder.mkdir()
    for number in range(3):
        both = Image.new("RGB", (128, 64), RED)
        both.paste(BLUE, (64, 0, 128, 64))
        both.save(folder / f"{number}.png")
    dataset = import_pairs(folder, tmp_path / "crops", direction=direction, size=32)
    assert len(dataset.crops) == 3
    for crop in dataset.crops:
        assert close(colour(dataset.directory / crop.input_file, (16, 16)), given)
        assert close(colour(dataset.directory / crop.file, (16, 16)), wanted)
        assert Image.open(dataset.directory / crop.file).size == (32, 32)
    back = unpack(pack(dataset, tmp_path / "pairs.zip"), tmp_path / "back")
    assert back.crops == dataset.crops
    assert (back.directory / back.crops[0].input_file).is_file()


def test_pairs_in_two_folders_are_matched_by_name(tmp_path: Path) -> None:
    for name, paint in (("A", RED), ("B", BLUE)):
        (tmp_path / name).mkdir()
        for number in range(2):
            suffix = "png" if name == "A" else "jpg"
            Image.new("RGB", (40, 40), paint).save(tmp_path / name / f"{number}.{suffix}")
    both = tmp_path / "A", tmp_path / "B"
    dataset = import_pairs(both, tmp_path / "crops", size=32)
    assert close(colour(dataset.directory / dataset.crops[1].input_file, (9, 9)), RED)
    assert close(colour(dataset.directory / dataset.crops[1].file, (9, 9)), BLUE)
    (tmp_path / "B" / "1.jpg").rename(tmp_path / "B" / "other.jpg")
    with pytest.raises(DatasetError, match="do not match"):
        import_pairs(both, tmp_path / "more")


def test_a_sheet_can_show_what_the_network_gets(tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    for name in "abc":
        Image.new("RGB", (80, 80), RED).save(tmp_path / "mine" / f"{name}.png")
    dataset = import_pictures(tmp_path / "mine", tmp_path / "crops")
    path = contact_sheet(dataset, tmp_path / "sheet.png", columns=2, size=64, inputs=True)
    sheet = Image.open(path).convert("RGB")
    assert sheet.width == 2 * 20 + 2 * 128 + 6
    first, beside = sheet.getpixel((30, 30)), sheet.getpixel((20 + 64 + 30, 30))
    assert close(first, RED)
    assert max(beside) - min(beside) < 3
