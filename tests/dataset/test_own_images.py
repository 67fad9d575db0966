"""Folders and zips as people have them: bad files, sub-folders, mixed shapes, odd archives."""

from __future__ import annotations

import shutil
import subprocess
import zipfile
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from colab_pix2pix.cli import main
from colab_pix2pix.config import FramesConfig, PicturesConfig, VideoConfig
from colab_pix2pix.dataset import manifest
from colab_pix2pix.dataset.curate import choose, pack, split, unpack
from colab_pix2pix.dataset.extract import extract_frames
from colab_pix2pix.dataset.import_images import import_pictures
from colab_pix2pix.dataset.manifest import Dataset
from colab_pix2pix.dataset.own_images.image_sources import find_images
from colab_pix2pix.downloader.download import sample_video
from colab_pix2pix.errors import DatasetError, OptionError
from colab_pix2pix.events import Event, Note
from support import videos

SMALL = FramesConfig(scale="-1:64", image_format="png")


def picture(path: Path, size: tuple[int, int] = (64, 64), seed: int = 0) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    noise = np.random.default_rng(seed).integers(0, 255, (*size[::-1], 3), np.uint8)
    Image.fromarray(noise).save(path)
    return path


def notes(heard: list[Event]) -> str:
    return "\n".join(event.message for event in heard if isinstance(event, Note))


def zipped(folder: Path, path: Path, method: int = zipfile.ZIP_DEFLATED) -> Path:
    with zipfile.ZipFile(path, "w", method) as archive:
        for file in sorted(folder.rglob("*")):
            if file.is_file():
                archive.write(file, str(file.relative_to(folder)))
    return path


@pytest.fixture
def thirty(tmp_path: Path) -> Path:
    """Thirty pictures, of which one is cut off, one empty and one a web page."""
    folder = tmp_path / "mine"
    for number in range(30):
        picture(folder / f"{number:02}.jpg", seed=number)
    (folder / "03.jpg").write_bytes((folder / "03.jpg").read_bytes()[:1500])
    (folder / "07.jpg").write_bytes(b"")
    (folder / "20.jpg").write_text("<!doctype html><html>404</html>")
    return folder


@pytest.mark.parametrize("packed", [False, True], ids=["folder", "zip"])
def test_bad_pictures_are_left_out_and_listed(thirty: Path, tmp_path: Path, packed: bool) -> None:
    source = zipped(thirty, tmp_path / "mine.zip") if packed else thirty
    heard: list[Event] = []
    dataset = import_pictures(source, tmp_path / "crops", SMALL, on_event=heard.append)
    assert len(dataset.crops) == 27
    assert "3 of 30 pictures are left out: " in notes(heard)
    for name, why in (("03", "truncated"), ("07", "empty"), ("20", "web page")):
        assert f"{source}/{name}.jpg (" in notes(heard) and why in notes(heard)
    assert "<_io" not in notes(heard)
    (known,) = manifest.read(dataset.directory).sources.values()
    assert {Path(name).name for name in known["left_out"]} == {"03.jpg", "07.jpg", "20.jpg"}


def test_others_take_the_place_of_bad_pictures(thirty: Path, tmp_path: Path) -> None:
    dataset = import_pictures(thirty, tmp_path / "crops", SMALL.replace(count=27))
    assert len(dataset.crops) == 27
    assert len(list(dataset.directory.glob("*.png"))) == 27


def test_strict_stops_at_the_first_bad_picture(
    thirty: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(DatasetError, match=r"07\.jpg can't be read as a picture"):
        import_pictures(thirty, tmp_path / "crops", SMALL, PicturesConfig(strict=True))
    assert main.main(["import", str(thirty), str(tmp_path / "crops"), "--strict"]) == 1
    assert "can't be read as a picture" in capsys.readouterr().err
    assert not (tmp_path / "crops").exists()


def test_where_all_are_bad_the_error_names_the_first_five(tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    for number in range(8):
        (tmp_path / "mine" / f"{number}.jpg").write_text("no picture")
    with pytest.raises(DatasetError, match="Not one of 8 pictures") as error:
        import_pictures(tmp_path / "mine", tmp_path / "crops", SMALL)
    assert "4.jpg" in str(error.value) and "5.jpg" not in str(error.value)
    assert "and 3 more" in str(error.value)
    assert not (tmp_path / "crops").exists()


def test_sub_folders_of_a_folder_and_of_a_zip_are_the_same(tmp_path: Path) -> None:
    folder = tmp_path / "mine"
    for number, name in enumerate(("a.jpg", "deep/b.png", "deep/er/c.tif", "x.jpg/d.png")):
        picture(folder / name, seed=number)
    (folder / "._a.jpg").write_bytes(b"x")
    (folder / "__MACOSX").mkdir()
    (folder / "__MACOSX" / "a.jpg").write_bytes(b"x")
    archive = zipped(folder, tmp_path / "mine.zip")
    (folder / "gone.jpg").symlink_to(tmp_path / "nothing")
    heard: list[Event] = []
    loose = import_pictures(folder, tmp_path / "a", SMALL, on_event=heard.append)
    packed = import_pictures(archive, tmp_path / "b", SMALL)
    assert len(loose.crops) == len(packed.crops) == 4
    for one, other in zip(loose.crops, packed.crops, strict=True):
        first, second = loose.directory / one.file, packed.directory / other.file
        assert first.read_bytes() == second.read_bytes()
    assert "gone.jpg (it is a link that leads nowhere)" in notes(heard)
    assert "x.jpg (it is a folder)" in notes(heard)


def sized(folder: Path, sizes: list[tuple[int, int]]) -> Path:
    for number, size in enumerate(sizes):
        picture(folder / f"{number:02}.png", size, number)
    return folder


@pytest.mark.parametrize(
    ("sizes", "count", "crops", "pictures"),
    [
        ([(192, 128)] + 19 * [(128, 128)], 30, 21, 20),
        (19 * [(128, 128)] + [(192, 128)], 30, 21, 20),
        ([(192, 128)] + 19 * [(128, 128)], 10, 10, 9),
        (10 * [(192, 128)] + 10 * [(128, 128)], 20, 20, 13),
        (20 * [(192, 128)], 20, 20, 10),
    ],
)
def test_the_count_means_crops_over_all_pictures(
    sizes: list[tuple[int, int]], count: int, crops: int, pictures: int, tmp_path: Path
) -> None:
    heard: list[Event] = []
    config = SMALL.replace(count=count)
    dataset = import_pictures(
        sized(tmp_path / "mine", sizes), tmp_path / "crops", config, on_event=heard.append
    )
    assert len(dataset.crops) == crops == len(list(dataset.directory.glob("*.png")))
    assert len({crop.time for crop in dataset.crops}) in (pictures, pictures + 1, pictures - 1)
    assert ("20 pictures give 21 crops" in notes(heard)) == (crops < count)


def test_ready_made_splits_stay(tmp_path: Path) -> None:
    for number in range(12):
        side = ("train", "val", "test")[number // 5]
        picture(tmp_path / "mine" / side / f"{number:02}.png", seed=number)
    dataset = split(import_pictures(tmp_path / "mine", tmp_path / "crops", SMALL))
    # In the order of names: test (2), train (5), val (5).
    assert [crop.split for crop in dataset.crops] == 2 * ["test"] + 5 * ["train"] + 5 * ["test"]
    loose = manifest.read(tmp_path / "mine")
    assert [crop.split for crop in loose.crops] == [crop.split for crop in dataset.crops]


def test_a_plain_folder_with_sub_folders_is_a_dataset_that_can_be_packed(tmp_path: Path) -> None:
    folder = tmp_path / "mine"
    names = ["a.png", "sub/a.png", "sub/deep/b.png", "with:colon.png"]
    for number, name in enumerate(names):
        picture(folder / name, seed=number)
    dataset = manifest.read(folder)
    assert [crop.file for crop in dataset.crops] == names
    archive = pack(dataset, tmp_path / "dataset.zip")
    written = archive.stat().st_mtime_ns
    assert pack(dataset, archive).stat().st_mtime_ns == written
    back = unpack(archive, tmp_path / "back")
    assert back.sha256 == dataset.sha256
    for one, other in zip(dataset.crops, back.crops, strict=True):
        assert (folder / one.file).read_bytes() == (back.directory / other.file).read_bytes()
    manifest.write(dataset)
    assert manifest.read(folder) == dataset


def test_transparency_and_levels_are_told_once_and_chosen(tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    for number in range(3):
        image = Image.new("RGBA", (64, 64), (10, 200, 30, 0))
        image.save(tmp_path / "mine" / f"{number}.png")
    ramp = np.tile(np.linspace(0, 4095, 64).astype(np.uint16), (64, 1))
    Image.fromarray(ramp).save(tmp_path / "mine" / "deep.png")
    heard: list[Event] = []
    reading = PicturesConfig(background="#0000ff", levels="0,8191")
    source = tmp_path / "mine"
    dataset = import_pictures(source, tmp_path / "a", SMALL, reading, on_event=heard.append)
    made = [np.asarray(Image.open(dataset.directory / c.file))[0, 63] for c in dataset.crops]
    assert [pixel.tolist() for pixel in made] == 3 * [[0, 0, 255]] + [[127, 127, 127]]
    assert notes(heard).count("3 are transparent: #0000ff shows through") == 1
    assert notes(heard).count("1 have more than 8 bits: each is taken of 0 to 8191") == 1
    again = import_pictures(source, tmp_path / "a", SMALL)
    made = [np.asarray(Image.open(again.directory / c.file))[0, 63] for c in again.crops]
    assert [pixel.tolist() for pixel in made] == 4 * [[255, 255, 255]]


@pytest.mark.parametrize(
    "values", [{"levels": "5"}, {"levels": "9,3"}, {"levels": "3,3"}, {"background": "pink?"}]
)
def test_wrong_options_are_refused(values: dict[str, str]) -> None:
    with pytest.raises(OptionError, match=next(iter(values))):
        PicturesConfig(**values)  # type: ignore[arg-type]


def colours_of(dataset: Dataset) -> set[tuple[int, ...]]:
    found: set[tuple[int, ...]] = set()
    for crop in dataset.crops:
        pixels = np.asarray(Image.open(dataset.directory / crop.file).convert("RGB"))
        found |= set(map(tuple, pixels.reshape(-1, 3).tolist()))
    return found


def test_label_maps_keep_their_colours(tmp_path: Path) -> None:
    labels = np.random.default_rng(1).integers(0, 3, (30, 40))
    palette = np.array([(200, 0, 0), (0, 200, 0), (0, 0, 200)], np.uint8)
    (tmp_path / "mine").mkdir()
    Image.fromarray(palette[labels]).save(tmp_path / "mine" / "a.png")
    config = FramesConfig(scale="-1:77")
    exact = import_pictures(tmp_path / "mine", tmp_path / "a", config, PicturesConfig(nearest=True))
    assert colours_of(exact) == {(200, 0, 0), (0, 200, 0), (0, 0, 200)}
    assert len(colours_of(import_pictures(tmp_path / "mine", tmp_path / "b", config))) > 50


def encrypted(path: Path) -> Path:
    """Sets the flags of a zip as an encrypted one has them."""
    content = bytearray(path.read_bytes())
    for mark, flags in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        at = content.find(mark)
        while at >= 0:
            content[at + flags] |= 1
            at = content.find(mark, at + 4)
    path.write_bytes(content)
    return path


def packed_by(path: Path, method: int) -> Path:
    """Sets the method of all members."""
    content = bytearray(path.read_bytes())
    for mark, place in ((b"PK\x03\x04", 8), (b"PK\x01\x02", 10)):
        at = content.find(mark)
        while at >= 0:
            content[at + place] = method
            at = content.find(mark, at + 4)
    path.write_bytes(content)
    return path


def odd_zip(kind: str, folder: Path) -> Path:
    path = zipped(folder, folder.parent / f"{kind}.zip")
    if kind == "encrypted":
        return encrypted(path)
    if kind in ("deflate64", "ppmd"):
        return packed_by(path, {"deflate64": 9, "ppmd": 98}[kind])
    if kind == "cut off":
        path.write_bytes(path.read_bytes()[:-200])
    elif kind == "pptx":
        with zipfile.ZipFile(path, "a") as archive:
            archive.writestr("[Content_Types].xml", "<x/>")
    elif kind == "video":
        shutil.copy(sample_video(), path)
    elif kind == "rar":
        path.write_bytes(b"Rar!\x1a\x07\x01\x00" + bytes(99))
    return path


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        ("deflate64", "packed by a method that can't be read here: Deflate64"),
        ("ppmd", "packed by a method that can't be read here: PPMd"),
        ("encrypted", "is encrypted. It needs a password"),
        ("cut off", "is a damaged zip, or cut off"),
        ("pptx", "is a document of an office program"),
        ("video", "is a video. Expected a folder or a zip. Cut it with `colab-pix2pix frames`"),
        ("rar", "is a RAR archive"),
    ],
)
def test_an_odd_zip_is_one_sentence(kind: str, words: str, tmp_path: Path) -> None:
    for number in range(3):
        picture(tmp_path / "mine" / f"{number}.png", seed=number)
    path = odd_zip(kind, tmp_path / "mine")
    with pytest.raises(DatasetError) as error:
        import_pictures(path, tmp_path / "crops", SMALL)
    assert words in str(error.value) and str(path) in str(error.value)
    assert not (tmp_path / "crops").exists()


def test_a_damaged_member_is_left_out(tmp_path: Path) -> None:
    for number in range(3):
        picture(tmp_path / "mine" / f"{number}.png", seed=number)
    path = zipped(tmp_path / "mine", tmp_path / "mine.zip")
    content = bytearray(path.read_bytes())
    middle = content.find(b"PK\x03\x04", 10) + 4000
    content[middle : middle + 400] = bytes(400)
    path.write_bytes(content)
    heard: list[Event] = []
    dataset = import_pictures(path, tmp_path / "crops", SMALL, on_event=heard.append)
    assert len(dataset.crops) == 2
    assert f"1 of 3 pictures is left out: {path}/1.png (" in notes(heard)


@pytest.mark.parametrize("name", ["slides.pptx", "stored.zip"])
def test_a_zip_is_no_video(name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "in").mkdir()
    shutil.copy(sample_video(), tmp_path / "in" / "clip.mp4")
    path = zipped(tmp_path / "in", tmp_path / name, zipfile.ZIP_STORED)
    assert main.main(["frames", str(path), str(tmp_path / "crops")]) == 1
    assert "a zip archive" in capsys.readouterr().err
    assert not (tmp_path / "crops").exists()


def test_names_of_windows_in_a_zip_are_folders(tmp_path: Path) -> None:
    file = picture(tmp_path / "a.png")
    with zipfile.ZipFile(tmp_path / "mine.zip", "w") as archive:
        archive.write(file, "top\\sub\\a.png")
        archive.write(file, "__MACOSX\\a.png")
    (found,) = find_images(tmp_path / "mine.zip")
    assert found.relative.parts == ("top", "sub", "a.png")
    assert found.read().image.size == (64, 64)


def test_a_pipe_in_a_folder_stops_nothing(tmp_path: Path) -> None:
    picture(tmp_path / "mine" / "a.png")
    subprocess.run(["mkfifo", str(tmp_path / "mine" / "b.png")], check=True)
    assert len(import_pictures(tmp_path / "mine", tmp_path / "crops", SMALL).crops) == 1


def test_names_that_are_no_text_are_names_all_the_same(tmp_path: Path) -> None:
    """As a zip of Windows leaves them on Linux: a byte that is no UTF-8."""
    folder = tmp_path / "\udcfcbungen"
    (folder / "\udce4").mkdir(parents=True)
    Image.new("RGB", (32, 32), "red").save(tmp_path / "a.png")
    for name in ("\udcff.png", "\udce4/b.png"):
        shutil.copy(tmp_path / "a.png", folder / name)
    imported = import_pictures(folder, tmp_path / "imported", FramesConfig(count=2, scale="-1:32"))
    assert manifest.read(imported.directory) == imported and len(imported.crops) == 2
    loose = choose(manifest.read(folder), "\udcff.png", "reject")
    assert [crop.choice for crop in manifest.read(folder).crops] == ["", "reject"]
    again = unpack(pack(loose, tmp_path / "dataset.zip"), tmp_path / "again")
    assert [crop.file for crop in again.crops] == ["%E4%2Fb.png", "%FF.png"]
    assert again.sha256 == loose.sha256
    video = videos.scene(tmp_path / "plain.mp4", seconds=0.3).rename(tmp_path / "\udcff.mp4")
    crops = extract_frames(video, tmp_path / "crops", FramesConfig(count=2, scale="-1:32"))
    assert crops.sources["video"]["file"] == "\ufffd.mp4"
    assert VideoConfig(source=str(video)).source == str(video)
    with pytest.raises(OptionError, match="half a character"):
        VideoConfig(source="\ud800.mp4")
