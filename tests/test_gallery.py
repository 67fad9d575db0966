"""The gallery, without a kernel: what a click does and what is shown."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import ipywidgets as widgets
import pytest
from PIL import Image

import colab_pix2pix as p2p
from colab_pix2pix import manifest
from colab_pix2pix.manifest import Crop, Dataset
from colab_pix2pix.notebook.gallery import Gallery


@pytest.fixture
def marked(crops: Dataset) -> Dataset:
    """Twelve crops of which the first is dark and the second dark and a duplicate."""
    marks = [("dark",), ("dark", "duplicate")] + [()] * 10
    dataset = crops.replace(
        tuple(dataclasses.replace(c, marks=m) for c, m in zip(crops.crops, marks, strict=True))
    )
    manifest.write(dataset)
    return dataset


def on_disk(dataset: Dataset) -> tuple[Crop, ...]:
    return manifest.read(dataset.directory).crops


def seen(gallery: Gallery) -> list[widgets.ToggleButton]:
    return [button for button in gallery.buttons if button.layout.display != "none"]


def test_a_click_rejects_and_another_keeps_again_saved_at_once(crops: Dataset) -> None:
    gallery = Gallery(crops)
    gallery.buttons[3].value = True
    assert [c.file for c in on_disk(crops) if not c.kept] == [crops.crops[3].file]
    assert gallery.dataset.crops == on_disk(crops)
    gallery.buttons[3].value = False
    assert all(c.kept for c in on_disk(crops))
    assert on_disk(crops)[3].choice == "keep"


def test_a_marked_crop_is_shown_as_rejected_and_a_click_keeps_it(marked: Dataset) -> None:
    gallery = Gallery(marked)
    assert [button.value for button in gallery.buttons][:3] == [True, True, False]
    assert gallery.buttons[1].description == "dark, duplicate"
    gallery.buttons[1].value = False
    assert on_disk(marked)[1].kept


def test_nothing_is_deleted(crops: Dataset) -> None:
    before = sorted(crops.directory.iterdir())
    gallery = Gallery(crops)
    for button in gallery.buttons:
        button.value = True
    assert sorted(crops.directory.iterdir()) == before
    assert not gallery.dataset.kept


def test_looking_changes_nothing_on_disk(marked: Dataset) -> None:
    before = (marked.directory / "manifest.json").stat().st_mtime_ns
    gallery = Gallery(marked, page_size=5)
    gallery.next.click()
    gallery.view.value = "rejected"
    gallery.view.value = "all"
    assert (marked.directory / "manifest.json").stat().st_mtime_ns == before


def test_pages_show_every_crop_once(crops: Dataset) -> None:
    gallery = Gallery(crops, page_size=5)
    assert gallery.pages == 3
    assert gallery.back.disabled and not gallery.next.disabled
    names = []
    for page in range(gallery.pages):
        gallery.show_page(page)
        names += [button.tooltip.split(",")[0] for button in seen(gallery)]
    assert names == [crop.file for crop in crops.crops]
    assert gallery.next.disabled
    assert "Page 3 of 3" in gallery.place.value
    gallery.show_page(99)
    assert "Page 3 of 3" in gallery.place.value


def test_a_click_on_a_later_page_means_the_crop_that_is_seen(crops: Dataset) -> None:
    gallery = Gallery(crops, page_size=5)
    gallery.next.click()
    gallery.buttons[2].value = True
    assert [c.file for c in on_disk(crops) if not c.kept] == [crops.crops[7].file]
    gallery.back.click()
    assert not gallery.buttons[2].value
    gallery.next.click()
    assert gallery.buttons[2].value


def test_counts_tell_what_is_kept_marked_and_decided(marked: Dataset) -> None:
    gallery = Gallery(marked)
    gallery.buttons[5].value = True
    words = gallery.counts.value
    for part in ("Kept <b>9 of 12</b>", "marked dark <b>2</b>", "decided by you <b>1</b>"):
        assert part in words


@pytest.mark.parametrize(("view", "count"), [("rejected", 2), ("kept", 10), ("duplicates", 1)])
def test_a_view_shows_only_such_crops(marked: Dataset, view: str, count: int) -> None:
    gallery = Gallery(marked)
    gallery.view.value = view
    assert len(seen(gallery)) == count


def test_an_empty_view_shows_no_picture_and_no_error(crops: Dataset) -> None:
    gallery = Gallery(crops)
    gallery.view.value = "dark"
    assert seen(gallery) == []
    assert "Page 1 of 1" in gallery.place.value


def test_pictures_are_small_and_in_the_widget_itself(crops: Dataset) -> None:
    gallery = Gallery(crops)
    style = gallery._pictures.value
    assert style.count("data:image/jpeg;base64,") == 12
    assert len(style) < 12 * 6_000


def test_names_of_files_are_never_html(tmp_path: Path) -> None:
    name = "<img src=x onerror=alert(1)>.png"
    Image.new("RGB", (20, 20)).save(tmp_path / name)
    gallery = Gallery(manifest.read(tmp_path))
    texts = [gallery._pictures.value, gallery.counts.value, gallery.place.value]
    assert not any("<img" in text for text in texts)


def test_an_error_at_a_click_is_shown(crops: Dataset, monkeypatch: pytest.MonkeyPatch) -> None:
    gallery = Gallery(crops)
    gallery.dataset = crops.replace(crops.crops[1:])
    gallery.buttons[0].value = True
    assert "has no crop" in gallery._errors.value


def test_a_listener_hears_of_each_click(crops: Dataset) -> None:
    heard: list[Dataset] = []
    gallery = Gallery(crops, on_change=heard.append)
    gallery.buttons[0].value = True
    assert heard == [gallery.dataset]


def test_the_gallery_is_a_public_name() -> None:
    assert p2p.Gallery is Gallery
