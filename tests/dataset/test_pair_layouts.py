"""Pairs are recognised by how they lie, or refused with what was seen and what would work."""

from __future__ import annotations

import unicodedata
import zipfile
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from colab_pix2pix.cli import main
from colab_pix2pix.config import CurateConfig, PicturesConfig
from colab_pix2pix.dataset.import_images import import_pairs
from colab_pix2pix.dataset.manifest import Dataset
from colab_pix2pix.errors import DatasetError
from colab_pix2pix.events import Event, Note
from colab_pix2pix.workflows.pipeline import import_and_split

RED, BLUE = (200, 30, 20), (20, 40, 210)


def plain(path: Path, colour: tuple[int, int, int], size: tuple[int, int] = (40, 40)) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("RGB", size, colour).save(path)


def wide(path: Path, size: tuple[int, int] = (80, 40)) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    both = Image.new("RGB", size, RED)
    both.paste(BLUE, (size[0] // 2, 0, *size))
    both.save(path)


def layout(folder: Path, kind: str) -> Path:
    """Writes pairs, A red and B blue, in one of the layouts that people have."""
    for number in range(6):
        split = "train" if number < 4 else "test"
        for side, colour in (("A", RED), ("B", BLUE)):
            name = {
                "A/B": f"{side}/{number}.png",
                "A and B below a folder": f"facades/{side}/{number}.png",
                "small letters": f"{side.lower()}/{number}.png",
                "trainA": f"{split}{side}/{number}.png",
                "train_a": f"{split}_{side.lower()}/{number}.png",
                "A/train": f"{side}/{split}/{number}.png",
                "train/A": f"{split}/{side}/{number}.png",
                "1_A": f"{number}_{side}.png",
                "1-a": f"some name-{number}-{side.lower()}.png",
                "train/1_A": f"{split}/{number}_{side}.png",
                "A/1_A": f"{side}/{number}_{side}.png",
            }.get(kind)
            if name:
                plain(folder / name, colour)
        if kind == "wide":
            wide(folder / f"{number}.png")
        if kind == "train/wide":
            wide(folder / split / f"{number}.png", (81, 40))
    return folder


def packed(folder: Path) -> Path:
    path = folder.with_suffix(".zip")
    with zipfile.ZipFile(path, "w") as archive:
        for file in sorted(folder.rglob("*.png")):
            archive.write(file, str(file.relative_to(folder)))
        archive.writestr("__MACOSX/A/._0.png", "x")
    return path


def colours(dataset: Dataset) -> Counter[tuple[str, str]]:
    """Returns how often the input and the target of a pair are red and blue."""

    def name(file: str) -> str:
        pixel = np.asarray(Image.open(dataset.directory / file).convert("RGB"))
        assert np.ptp(pixel.reshape(-1, 3), axis=0).max() < 3, "one half of a picture"
        return "red" if pixel[9, 9, 0] > 100 else "blue"

    return Counter((name(crop.input_file), name(crop.file)) for crop in dataset.crops)


SPLIT = ("trainA", "train_a", "A/train", "train/A", "train/1_A", "train/wide")
KINDS = ("A/B", "A and B below a folder", "small letters", "1_A", "1-a", "A/1_A", "wide", *SPLIT)


@pytest.mark.parametrize("in_zip", [False, True], ids=["folder", "zip"])
@pytest.mark.parametrize("kind", KINDS)
def test_a_layout_is_recognised(kind: str, in_zip: bool, tmp_path: Path) -> None:
    source = layout(tmp_path / "mine", kind)
    source = packed(source) if in_zip else source
    rules = CurateConfig()
    dataset = import_and_split([source], tmp_path / "crops", rules, direction="AtoB", size=32)
    assert colours(dataset) == {("red", "blue"): 6}
    if kind in SPLIT:
        held_out = sorted(crop.time for crop in dataset.crops if crop.split == "test")
        assert len(held_out) == 2
        assert next(iter(dataset.sources.values()))["ready_made_split"] is True
    else:
        assert {crop.split for crop in dataset.crops} == {"train", "test"}


def test_a_split_stays_with_its_pictures(tmp_path: Path) -> None:
    for number, side in enumerate(("train", "train", "val", "test")):
        path = tmp_path / "mine" / side / f"{number}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.new("RGB", (80, 40), (60 * number, 0, 0)).save(path)
    rules = CurateConfig(test_fraction=0.5)
    source = [tmp_path / "mine"]
    dataset = import_and_split(source, tmp_path / "crops", rules, direction="AtoB", size=32)
    found = {}
    for crop in dataset.crops:
        red = np.asarray(Image.open(dataset.directory / crop.file))[0, 0, 0]
        found[int(red) // 60] = crop.split
    assert found == {0: "train", 1: "train", 2: "test", 3: "test"}


@pytest.mark.parametrize("kind", ["squares", "input and target", "A and loose", "one wrong"])
def test_anything_else_is_refused_with_what_was_seen(kind: str, tmp_path: Path) -> None:
    folder = tmp_path / "mine"
    for number in range(3):
        if kind == "squares":
            plain(folder / f"{number}.png", RED)
        elif kind == "input and target":
            plain(folder / "input" / f"{number}.png", RED)
            plain(folder / "target" / f"{number}.png", BLUE)
        elif kind == "A and loose":
            plain(folder / "A" / f"{number}.png", RED)
            plain(folder / "B" / f"{number}.png", BLUE)
            plain(folder / f"{number}.png", BLUE)
        else:
            wide(folder / f"{number}.png", (60, 40) if number == 2 else (80, 40))
    with pytest.raises(DatasetError, match="in no known layout of pairs") as error:
        import_pairs(folder, tmp_path / "crops")
    seen = {
        "squares": "3 of 3 pictures are not twice as wide as high: 0.png is 40×40",
        "input and target": "holds 6 pictures (3 in input, 3 in target)",
        "A and loose": "0.png lies in none of them",
        "one wrong": "1 of 3 pictures are not twice as wide as high: 2.png is 60×40",
    }
    assert seen[kind] in str(error.value)
    assert "`import --pairs A B DIR`" in str(error.value)
    assert not (tmp_path / "crops").exists()


def test_the_user_may_say_that_pictures_are_pairs(tmp_path: Path) -> None:
    for number in range(3):
        wide(tmp_path / "mine" / f"{number}.png", (60, 40))
    arguments = ["import", "--pairs", "--side-by-side", str(tmp_path / "mine")]
    assert main.main([*arguments, str(tmp_path / "crops")]) == 0
    sides = PicturesConfig(side_by_side=True)
    dataset = import_pairs(tmp_path / "mine", tmp_path / "more", size=32, reading=sides)
    assert colours(dataset) == {("red", "blue"): 3}


def test_a_name_is_the_same_however_its_accents_are_written(tmp_path: Path) -> None:
    decomposed = unicodedata.normalize("NFD", "Übung")
    composed = unicodedata.normalize("NFC", "Übung")
    plain(tmp_path / "mine" / "A" / f"{decomposed}.png", RED)
    plain(tmp_path / "mine" / "B" / f"{composed}.png", BLUE)
    assert colours(import_pairs(tmp_path / "mine", tmp_path / "crops")) == {("red", "blue"): 1}
    both = tmp_path / "mine" / "A", tmp_path / "mine" / "B"
    assert colours(import_pairs(both, tmp_path / "more")) == {("red", "blue"): 1}


def test_missing_partners_are_named(tmp_path: Path) -> None:
    for number in range(8):
        plain(tmp_path / "mine" / "A" / f"{number}.png", RED)
    plain(tmp_path / "mine" / "B" / "7.png", BLUE)
    with pytest.raises(DatasetError, match="do not match: 0, 1, 2, 3, 4 and 2 more"):
        import_pairs(tmp_path / "mine", tmp_path / "crops")


def test_partners_of_other_shapes_are_told(tmp_path: Path) -> None:
    for number in range(3):
        plain(tmp_path / "mine" / "A" / f"{number}.png", RED, (128, 96))
        size = (96, 128) if number == 1 else (256, 192)
        plain(tmp_path / "mine" / "B" / f"{number}.png", BLUE, size)
    heard: list[Event] = []
    import_pairs(tmp_path / "mine", tmp_path / "crops", on_event=heard.append)
    (note,) = [event for event in heard if isinstance(event, Note)]
    assert "partners of 1 of 3 pairs differ in shape" in note.message
    assert "1.png 128×96 and 96×128" in note.message and note.level == "warning"


def test_a_pair_with_a_bad_picture_is_left_out(tmp_path: Path) -> None:
    source = layout(tmp_path / "mine", "A/B")
    (source / "B" / "2.png").write_bytes(b"")
    heard: list[Event] = []
    dataset = import_pairs(source, tmp_path / "crops", on_event=heard.append)
    assert colours(dataset) == {("red", "blue"): 5}
    assert "1 of 6 pictures is left out" in str(heard) and "it is empty" in str(heard)
    with pytest.raises(DatasetError, match="it is empty"):
        import_pairs(source, tmp_path / "more", reading=PicturesConfig(strict=True))


def test_label_maps_beside_photos_keep_their_colours(tmp_path: Path) -> None:
    random = np.random.default_rng(1)
    palette = np.array([(200, 0, 0), (0, 200, 0), (0, 0, 200)], np.uint8)
    labels = palette[random.integers(0, 3, (50, 50))]
    photo = random.integers(0, 255, (50, 50, 3), np.uint8)
    (tmp_path / "mine").mkdir()
    Image.fromarray(np.concatenate([labels, photo], axis=1)).save(tmp_path / "mine" / "a.png")
    heard: list[Event] = []
    reading = PicturesConfig(nearest=True)
    dataset = import_pairs(
        tmp_path / "mine", tmp_path / "crops", size=77, reading=reading, on_event=heard.append
    )
    made = np.asarray(Image.open(dataset.directory / dataset.crops[0].input_file))
    assert {*map(tuple, made.reshape(-1, 3).tolist())} == {*map(tuple, palette.tolist())}
    assert "1 of at most 256 colours keep them; 1 of more are scaled smoothly" in str(heard)
