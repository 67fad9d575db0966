"""The gallery tells where a scene begins, and rejects one at a click."""

from __future__ import annotations

import dataclasses

import pytest

from colab_pix2pix.dataset import manifest
from colab_pix2pix.dataset.manifest import Dataset
from colab_pix2pix.notebook.gallery.gallery import Gallery


@pytest.fixture
def scenes(crops: Dataset) -> Dataset:
    """Twelve crops, 30 seconds apart: four of each of three scenes."""
    changed = (
        dataclasses.replace(crop, source="clip", time=30.0 * n, scene=n // 4)
        for n, crop in enumerate(crops.crops)
    )
    dataset = Dataset(crops.directory, tuple(changed), {"clip": {"file": "clip.mp4"}})
    manifest.write(dataset)
    return dataset


def lines(gallery: Gallery) -> dict[int, str]:
    """Returns what stands before which place of the page."""
    return {
        place: child.description
        for place, child in enumerate(gallery.page.children)
        if child in gallery.page.headings
    }


def test_a_line_stands_where_a_scene_begins(scenes: Dataset) -> None:
    gallery = Gallery(scenes)
    assert lines(gallery) == {
        0: "Scene 1, 0:00: reject this scene (4)",
        5: "Scene 2, 2:00: reject this scene (4)",
        10: "Scene 3, 4:00: reject this scene (4)",
    }
    assert set(gallery.page.headings) <= set(gallery.clickable)


def test_a_click_rejects_the_scene_on_all_pages_and_undo_brings_it_back(scenes: Dataset) -> None:
    gallery = Gallery(scenes, page_size=5)
    gallery.next.click()
    assert next(iter(lines(gallery).values())).startswith("Scene 2, 2:00")
    gallery.page.headings[0].click()
    stored = manifest.read(scenes.directory).crops
    assert [crop.scene for crop in stored if not crop.kept] == [1] * 4
    assert next(iter(lines(gallery).values())) == "Scene 2, 2:00: rejected"
    assert gallery.page.headings[0].disabled
    gallery.undo.click()
    assert manifest.read(scenes.directory).crops == scenes.crops
    assert not gallery.page.headings[0].disabled


def test_single_crops_count(scenes: Dataset) -> None:
    gallery = Gallery(scenes)
    gallery.buttons[5].value = True
    assert lines(gallery)[5] == "Scene 2, 2:00: reject this scene (3)"


def test_what_is_sorted_by_likeness_has_no_lines(scenes: Dataset) -> None:
    gallery = Gallery(scenes)
    gallery.buttons[0].value = True
    gallery.alike.find.click()
    assert lines(gallery) == {}
    gallery.alike.leave.click()
    assert len(lines(gallery)) == 3


def test_where_there_is_one_scene_nothing_is_added(crops: Dataset) -> None:
    gallery = Gallery(crops)
    assert gallery.page.headings == []
    assert list(gallery.page.children) == gallery.buttons


def test_with_several_videos_a_line_names_its_own(scenes: Dataset) -> None:
    first = (dataclasses.replace(crop, source="b") for crop in scenes.crops[:4])
    dataset = scenes.replace((*scenes.crops[4:], *first))
    manifest.write(dataset)
    assert list(lines(Gallery(dataset)).values()) == [
        "clip, scene 2, 2:00: reject this scene (4)",
        "clip, scene 3, 4:00: reject this scene (4)",
        "b, scene 1, 0:00: reject this scene (4)",
    ]


def test_a_line_names_each_of_several_videos_also_without_scenes(crops: Dataset) -> None:
    changed = (
        dataclasses.replace(crop, source="one" if n < 5 else "two", time=float(n))
        for n, crop in enumerate(crops.crops)
    )
    sources = {name: {"file": f"{name}.mp4"} for name in ("one", "two")}
    dataset = Dataset(crops.directory, tuple(changed), sources)
    manifest.write(dataset)
    assert lines(Gallery(dataset)) == {
        0: "one, scene 1, 0:00: reject this scene (5)",
        6: "two, scene 1, 0:05: reject this scene (7)",
    }
