"""Marks, choices, held-out crops, the archive and the contact sheet."""

from __future__ import annotations

import dataclasses
import io
import json
import shutil
import zipfile
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFilter

from colab_pix2pix.config import CurateConfig, FramesConfig
from colab_pix2pix.dataset import manifest
from colab_pix2pix.dataset.curate import choose, contact_sheet, mark, pack, split, unpack
from colab_pix2pix.dataset.extract import extract_frames
from colab_pix2pix.dataset.manifest import Crop, Dataset
from colab_pix2pix.downloader.download import sample_video
from colab_pix2pix.errors import DatasetError, OptionError
from colab_pix2pix.events import Note


def leaves(seed: int, size: int = 128) -> Image.Image:
    """A sharp picture of random patches, another one for each seed."""
    coarse = np.random.default_rng(seed).integers(0, 256, (12, 12, 3), np.uint8)
    return Image.fromarray(coarse).resize((size, size), Image.Resampling.NEAREST)


@pytest.fixture
def dataset(tmp_path: Path) -> Dataset:
    """20 crops of 10 frames; 2 is dark, 4 is out of focus, 6 and 8 repeat 0."""
    folder = tmp_path / "mine"
    folder.mkdir()
    crops = []
    for number in range(10):
        for index, side in enumerate(("left", "right")):
            picture = leaves(0 if number in (6, 8) else number + 100 * index)
            if number in (6, 8):
                picture = leaves(100 * index).point(lambda value: min(255, value + 2))
            elif number == 2:
                picture = picture.point(lambda value: value // 20)
            elif number == 4:
                picture = picture.filter(ImageFilter.GaussianBlur(9))
            file = f"clip-{number:06d}-{side}.png"
            picture.save(folder / file)
            crops.append(Crop(file=file, source="clip", time=number / 2, side=side))
    dataset = Dataset(folder, tuple(crops), {"clip": {"file": "clip.mp4"}})
    manifest.write(dataset)
    return dataset


def by_number(dataset: Dataset) -> dict[int, tuple[str, ...]]:
    return {int(crop.time * 2): crop.marks for crop in dataset.crops if crop.side == "left"}


def test_dark_blurred_and_repeated_crops_are_marked_and_nothing_is_deleted(
    dataset: Dataset,
) -> None:
    events: list[object] = []
    marked = mark(dataset, on_event=events.append)
    expected = {n: () for n in range(10)} | {
        2: ("dark",), 4: ("blurred",), 6: ("duplicate",), 8: ("duplicate",),
    }  # fmt: skip
    assert by_number(marked) == expected
    assert len(marked.kept) == 12
    assert manifest.read(dataset.directory) == marked
    assert all((dataset.directory / crop.file).exists() for crop in dataset.crops)
    assert any(isinstance(event, Note) and "12 of 20" in event.message for event in events)


def test_choices_by_hand_outweigh_marks_and_survive_a_second_run(dataset: Dataset) -> None:
    dark, sharp = "clip-000002-left.png", "clip-000001-left.png"
    chosen = choose(mark(dataset), dark, "keep")
    chosen = choose(chosen, [sharp], "reject")
    again = mark(manifest.read(dataset.directory))
    kept = {crop.file for crop in again.kept}
    assert dark in kept
    assert sharp not in kept
    assert dark not in {crop.file for crop in choose(again, [dark], "").kept}


def test_a_choice_for_an_unknown_crop_or_of_an_unknown_kind_is_refused(dataset: Dataset) -> None:
    with pytest.raises(DatasetError, match="no crop 'x'"):
        choose(dataset, ["x"], "keep")
    with pytest.raises(OptionError, match="'maybe'"):
        choose(dataset, [], "maybe")  # type: ignore[arg-type]


def test_a_damaged_crop_is_named(dataset: Dataset) -> None:
    (dataset.directory / dataset.crops[3].file).write_bytes(b"broken")
    with pytest.raises(DatasetError, match=dataset.crops[3].file):
        mark(dataset)


def test_the_samples_night_focus_loss_and_standstill_are_found(tmp_path: Path) -> None:
    dataset = extract_frames(sample_video(), tmp_path / "crops", FramesConfig(count=100))
    marked = mark(dataset)
    assert 0.5 * len(marked.crops) < len(marked.kept) < 0.95 * len(marked.crops)
    assert {name for crop in marked.crops for name in crop.marks} == {
        "dark",
        "blurred",
        "duplicate",
    }


def test_a_title_card_is_marked_and_a_foggy_scene_is_not(tmp_path: Path) -> None:
    card = Image.new("RGB", (256, 256), (40, 60, 120))
    writing = ImageDraw.Draw(card)
    for line in range(4):
        writing.text((30, 60 + 30 * line), "Spring in the garden, 2020", fill="white")
    fog = Image.linear_gradient("L").resize((256, 256)).point(lambda value: 120 + value // 5)
    fog.paste(leaves(3).convert("L"), (64, 128))
    for name, picture in (("card", card), ("fog", fog), ("leaves", leaves(1))):
        picture.convert("RGB").save(tmp_path / f"{name}.jpg", quality=95)
    crops = tuple(Crop(file=f"{name}.jpg", source="clip") for name in ("card", "fog", "leaves"))
    video = Dataset(tmp_path, crops, {"clip": {"file": "clip.mp4", "duration_seconds": 3.0}})
    assert [crop.marks for crop in mark(video).crops] == [("title-card",), (), ()]
    folder = shutil.copytree(tmp_path, tmp_path / "drawings")
    (folder / "manifest.json").unlink()
    drawings = Dataset(folder, crops, {"clip": {"file": "drawings"}})
    assert [crop.marks for crop in mark(drawings).crops] == [(), (), ()]


@pytest.mark.parametrize("seed", range(4))
def test_both_crops_of_a_frame_and_its_block_fall_on_one_side(dataset: Dataset, seed: int) -> None:
    sides = split(dataset, CurateConfig(seed=seed))
    by_time: dict[float, set[str]] = {}
    for crop in sides.crops:
        by_time.setdefault(crop.time, set()).add(crop.split)
    assert all(len(found) == 1 for found in by_time.values())
    assert sum(crop.split == "test" for crop in sides.kept) == 4
    assert split(dataset, CurateConfig(seed=seed)) == sides
    assert manifest.read(dataset.directory) == sides


def test_another_seed_holds_out_other_crops(dataset: Dataset) -> None:
    held = {
        tuple(c.file for c in split(dataset, CurateConfig(seed=s)).crops if c.split == "test")
        for s in range(8)
    }
    assert len(held) > 1


@pytest.mark.parametrize("frames", range(1, 8))
def test_small_datasets_keep_crops_on_both_sides(dataset: Dataset, frames: int) -> None:
    few = dataset.replace(dataset.crops[: 2 * frames])
    sides = split(few, CurateConfig(test_fraction=0.05))
    test = sum(crop.split == "test" for crop in sides.kept)
    assert test < len(sides.kept)
    assert (test >= 1) or frames < 3


def test_no_fraction_holds_out_nothing(dataset: Dataset) -> None:
    sides = split(dataset, CurateConfig(test_fraction=0.0))
    assert {crop.split for crop in sides.crops} == {"train"}


def test_rejected_crops_do_not_count_towards_the_fraction(dataset: Dataset) -> None:
    files = [crop.file for crop in dataset.crops if crop.time < 2.5]
    sides = split(choose(dataset, files, "reject"), CurateConfig(test_fraction=0.2))
    assert sum(crop.split == "test" for crop in sides.kept) == 2


def test_a_packed_dataset_comes_back_as_it_was(dataset: Dataset, tmp_path: Path) -> None:
    marked = split(mark(dataset))
    path = pack(marked, tmp_path / "drive" / "dataset.zip")
    with zipfile.ZipFile(path) as archive:
        assert {info.compress_type for info in archive.infolist()} == {zipfile.ZIP_STORED}
    back = unpack(path, tmp_path / "back")
    assert back.crops == marked.crops
    assert back.sources == marked.sources
    for crop in back.crops:
        first, second = (folder / crop.file for folder in (marked.directory, back.directory))
        assert first.read_bytes() == second.read_bytes()


def test_an_archive_is_written_again_only_when_something_changed(
    dataset: Dataset, tmp_path: Path
) -> None:
    path = pack(dataset, tmp_path / "dataset.zip")
    before = path.stat().st_ino, path.stat().st_mtime_ns
    pack(dataset, path)
    assert (path.stat().st_ino, path.stat().st_mtime_ns) == before
    pack(choose(dataset, dataset.crops[0].file, "reject"), path)
    assert (path.stat().st_ino, path.stat().st_mtime_ns) != before
    with zipfile.ZipFile(path) as archive:
        assert json.loads(archive.read("manifest.json"))["crops"][0]["choice"] == "reject"


def test_unpacking_twice_is_quick_and_never_overwrites(dataset: Dataset, tmp_path: Path) -> None:
    path = pack(dataset, tmp_path / "dataset.zip")
    back = unpack(path, tmp_path / "back")
    assert unpack(path, tmp_path / "back") == back
    choose(back, back.crops[0].file, "reject")
    with pytest.raises(DatasetError, match="never overwrites"):
        unpack(path, tmp_path / "back")
    assert manifest.read(tmp_path / "back").crops[0].choice == "reject"


def edited(path: Path, changes: dict[str, bytes | None]) -> Path:
    """Writes the archive again with other members; returns the new file."""
    with zipfile.ZipFile(path) as archive:
        members = {name: archive.read(name) for name in archive.namelist()} | changes
    new = path.with_name("edited.zip")
    with zipfile.ZipFile(new, "w") as archive:
        for name, content in members.items():
            if content is not None:
                archive.writestr(name, content)
    return new


@pytest.mark.parametrize(
    "name", ["../evil.jpg", "/etc/evil.jpg", "a/../../evil", "..", "C:evil", "a\\evil", "sub/x.jpg"]
)
def test_an_archive_that_leaves_the_folder_is_refused(
    dataset: Dataset, tmp_path: Path, name: str
) -> None:
    path = edited(pack(dataset, tmp_path / "dataset.zip"), {name: b"evil"})
    with pytest.raises(DatasetError, match="leave the folder"):
        unpack(path, tmp_path / "back")
    assert not (tmp_path / "back").exists()
    assert not list(tmp_path.rglob("*evil*"))


def test_a_manifest_that_leaves_the_folder_is_refused(dataset: Dataset, tmp_path: Path) -> None:
    crops = (dataclasses.replace(dataset.crops[0], file="../../secret"),)
    manifest.write(dataset.replace(crops))
    content = (dataset.directory / "manifest.json").read_bytes()
    manifest.write(dataset)
    path = edited(pack(dataset, tmp_path / "dataset.zip"), {"manifest.json": content})
    with pytest.raises(DatasetError):
        unpack(path, tmp_path / "back")
    assert not (tmp_path / "back").exists()


def test_a_bomb_is_refused(dataset: Dataset, tmp_path: Path) -> None:
    path = pack(dataset, tmp_path / "dataset.zip")
    with zipfile.ZipFile(path, "a", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("bomb.jpg", bytes(300 << 20))
    assert path.stat().st_size < 2 << 20
    with pytest.raises(DatasetError, match="would grow"):
        unpack(path, tmp_path / "back")


def test_a_changed_picture_is_noticed(dataset: Dataset, tmp_path: Path) -> None:
    other = io.BytesIO()
    leaves(77).save(other, "PNG")
    path = pack(dataset, tmp_path / "dataset.zip")
    path = edited(path, {dataset.crops[5].file: other.getvalue()})
    with pytest.raises(DatasetError, match="checksum"):
        unpack(path, tmp_path / "back")
    assert not (tmp_path / "back").exists()


@pytest.mark.parametrize("damage", ["cut", "flipped", "empty", "text", "missing", "loose"])
def test_a_damaged_archive_leaves_nothing_behind(
    dataset: Dataset, tmp_path: Path, damage: str
) -> None:
    path = pack(dataset, tmp_path / "dataset.zip")
    content = bytearray(path.read_bytes())
    if damage == "flipped":
        content[len(content) // 2] ^= 0xFF
    content = {"cut": content[: len(content) // 2], "empty": b"", "text": b"hello"}.get(
        damage, content
    )
    path.write_bytes(content)
    if damage == "loose":
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr("a.txt", "a")
    if damage == "missing":
        path.unlink()
    with pytest.raises(DatasetError):
        unpack(path, tmp_path / "back")
    assert not (tmp_path / "back").exists()


def test_a_missing_crop_is_not_packed_over(dataset: Dataset, tmp_path: Path) -> None:
    path = pack(dataset, tmp_path / "dataset.zip")
    before = path.read_bytes()
    (dataset.directory / dataset.crops[0].file).unlink()
    with pytest.raises(DatasetError, match="missing"):
        pack(dataset, path)
    assert path.read_bytes() == before


def test_the_contact_sheet_shows_kept_crops_in_colour_and_rejected_ones_in_grey(
    dataset: Dataset, tmp_path: Path
) -> None:
    path = contact_sheet(mark(dataset), tmp_path / "sheet.png", columns=5, rows=4, size=64)
    sheet = np.asarray(Image.open(path).convert("RGB"), int)
    assert sheet.shape[1] == 2 * 20 + 5 * 64 + 4 * 6

    def colour(index: int) -> float:
        down, across = divmod(index, 5)
        top, left = 20 + down * 70, 20 + across * 70
        tile = sheet[top + 4 : top + 20, left + 4 : left + 60]
        return float(np.ptp(tile, axis=2).mean())

    assert colour(0) > 40
    assert colour(12) < 4


def test_an_empty_dataset_has_no_sheet(tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match="no crops"):
        contact_sheet(Dataset(tmp_path, ()), tmp_path / "sheet.png")
