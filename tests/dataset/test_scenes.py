"""Scenes: where one begins, what keeps them, and that the split keeps them whole."""

from __future__ import annotations

import dataclasses
import json
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from colab_pix2pix.config import CurateConfig, FramesConfig
from colab_pix2pix.dataset import manifest
from colab_pix2pix.dataset.curate import mark, pack, split, unpack
from colab_pix2pix.dataset.extract import extract_frames
from colab_pix2pix.dataset.manifest import Crop, Dataset
from colab_pix2pix.downloader.download import sample_video
from colab_pix2pix.errors import DatasetError

SIDE = 96


def place(seed: int) -> np.ndarray:
    """A wide picture of patches, another one for each seed."""
    coarse = np.random.default_rng(seed).integers(0, 256, (6, 18, 3), np.uint8)
    wide = Image.fromarray(coarse).resize((4 * SIDE, SIDE), Image.Resampling.BICUBIC)
    return np.asarray(wide)


def shot(seed: int, count: int, step: int = 2) -> list[np.ndarray]:
    """A camera that moves over a place, with a little noise."""
    noise = np.random.default_rng(seed)
    cuts = (place(seed)[:, step * n : step * n + SIDE] for n in range(count))
    return [np.clip(c + noise.normal(0, 6, c.shape), 0, 255).astype(np.uint8) for c in cuts]


def video(folder: Path, frames: list[np.ndarray]) -> Dataset:
    """The crops of a video, one of a frame, a second apart."""
    folder.mkdir()
    for n, frame in enumerate(frames):
        Image.fromarray(frame).save(folder / f"clip-{n:03}.png")
    crops = tuple(
        Crop(file=f"clip-{n:03}.png", source="clip", time=float(n), side="centre")
        for n in range(len(frames))
    )
    known = {"clip": {"file": "clip.mp4", "duration_seconds": float(len(frames))}}
    dataset = Dataset(folder, crops, known)
    manifest.write(dataset)
    return dataset


def begins(dataset: Dataset) -> list[int]:
    """Returns the numbers of the frames with which another scene begins."""
    numbers = [crop.scene for crop in dataset.crops]
    return [n for n, (a, b) in enumerate(pairwise(numbers), 1) if a != b]


def test_hard_cuts_are_found_and_kept(tmp_path: Path) -> None:
    dataset = mark(video(tmp_path / "crops", shot(1, 10) + shot(2, 14) + shot(3, 9)))
    assert begins(dataset) == [10, 24]
    assert manifest.read(dataset.directory) == dataset
    assert unpack(pack(dataset, tmp_path / "d.zip"), tmp_path / "back").crops == dataset.crops


def test_a_title_card_between_two_scenes_is_one_cut(tmp_path: Path) -> None:
    card = np.full((SIDE, SIDE, 3), (40, 60, 120), np.uint8)
    frames = shot(1, 10) + [card] * 2 + shot(2, 10)
    assert begins(mark(video(tmp_path / "crops", frames))) == [12]


def test_a_flash_a_night_and_a_camera_that_moves_are_none(tmp_path: Path) -> None:
    frames = shot(1, 40, step=1)
    frames[8] = 255 - (255 - frames[8]) // 8
    frames[20:24] = [frame // 30 for frame in frames[20:24]]
    dataset = mark(video(tmp_path / "crops", frames))
    assert any(crop.marks == ("dark",) for crop in dataset.crops)
    assert begins(dataset) == []


def test_growth_is_one_scene_and_its_manifest_is_as_before(tmp_path: Path) -> None:
    config = FramesConfig(count=60, scale="-1:96")
    dataset = mark(extract_frames(sample_video(), tmp_path / "crops", config))
    assert begins(dataset) == []
    assert "scene" not in json.loads((dataset.directory / "manifest.json").read_text())["crops"][0]


def test_pictures_without_a_video_have_no_scenes(tmp_path: Path) -> None:
    dataset = video(tmp_path / "crops", shot(1, 8) + shot(2, 8))
    dataset = dataset.replace(tuple(dataclasses.replace(c, source="") for c in dataset.crops))
    assert begins(mark(dataclasses.replace(dataset, sources={}, revision=1))) == []


@pytest.mark.parametrize("scene", [-1, "2", 1.5, None])
def test_a_scene_that_makes_no_sense_is_refused(tmp_path: Path, scene: object) -> None:
    dataset = video(tmp_path / "crops", shot(1, 2))
    path = dataset.directory / "manifest.json"
    content = json.loads(path.read_text())
    content["crops"][0]["scene"] = scene
    path.write_text(json.dumps(content))
    with pytest.raises(DatasetError, match="makes no sense"):
        manifest.read(dataset.directory)


def with_scenes(folder: Path, lengths: list[int]) -> Dataset:
    """Crops of scenes of so many frames; their pictures do not matter."""
    dataset = video(folder, [np.zeros((4, 4, 3), np.uint8)] * sum(lengths))
    scenes = np.repeat(np.arange(len(lengths)), lengths)
    crops = zip(dataset.crops, scenes, strict=True)
    dataset = dataset.replace(tuple(dataclasses.replace(c, scene=int(n)) for c, n in crops))
    manifest.write(dataset)
    return dataset


def sides(dataset: Dataset) -> dict[int, set[str]]:
    found: dict[int, set[str]] = {}
    for crop in dataset.crops:
        found.setdefault(crop.scene, set()).add(crop.split)
    return found


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("lengths", [[7, 13, 8, 11, 9, 5, 12, 10, 14, 11], [10] * 5])
def test_the_split_cuts_through_no_scene(tmp_path: Path, lengths: list[int], seed: int) -> None:
    dataset = split(with_scenes(tmp_path / "crops", lengths), CurateConfig(seed=seed))
    assert all(len(found) == 1 for found in sides(dataset).values())
    share = sum(crop.split == "test" for crop in dataset.crops) / len(dataset.crops)
    assert 0.15 <= share <= 0.25


@pytest.mark.parametrize("seed", range(5))
def test_only_long_scenes_are_cut_where_whole_ones_do_not_fit(tmp_path: Path, seed: int) -> None:
    dataset = split(with_scenes(tmp_path / "crops", [48, 4, 48]), CurateConfig(seed=seed))
    assert len(sides(dataset)[1]) == 1
    share = sum(crop.split == "test" for crop in dataset.crops) / len(dataset.crops)
    assert 0.15 <= share <= 0.25


@pytest.mark.parametrize("lengths", [[30], [10, 20]])
def test_few_scenes_are_split_by_time_as_ever(tmp_path: Path, lengths: list[int]) -> None:
    dataset = with_scenes(tmp_path / "crops", lengths)
    plain = tuple(dataclasses.replace(crop, scene=0) for crop in dataset.crops)
    expected = [crop.split for crop in split(dataset).crops]
    manifest.write(dataset.replace(plain))
    assert [crop.split for crop in split(dataset.replace(plain)).crops] == expected


def test_what_was_split_before_scenes_were_found_keeps_its_split(tmp_path: Path) -> None:
    frames = shot(1, 13) + shot(2, 12) + shot(3, 15)
    dataset = mark(video(tmp_path / "crops", frames))
    plain = tuple(dataclasses.replace(crop, scene=0) for crop in dataset.crops)
    manifest.write(dataset.replace(plain))
    before = split(dataset.replace(plain))
    assert any(crop.split == "test" for crop in before.crops)
    after = split(mark(before))
    assert begins(after) == [13, 25]
    assert [crop.split for crop in after.crops] == [crop.split for crop in before.crops]
    assert after.sha256 == before.sha256
