"""The gallery, without a kernel: what a click does and what is shown."""

from __future__ import annotations

import base64
import dataclasses
import doctest
import importlib
import io
import re
from pathlib import Path

import ipywidgets as widgets
import numpy as np
import pytest
from PIL import Image

import colab_pix2pix as p2p
from colab_pix2pix import manifest
from colab_pix2pix.manifest import Crop, Dataset
from colab_pix2pix.notebook import pictures
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


def test_all_that_the_menu_shows_can_be_kept_or_rejected_on_every_page(marked: Dataset) -> None:
    gallery = Gallery(marked, page_size=3)
    gallery.view.value = "dark"
    assert gallery.keep_all.description == "Keep all 2"
    gallery.keep_all.click()
    assert all(crop.kept for crop in on_disk(marked))
    gallery.view.value = "all crops"
    gallery.reject_all.click()
    assert not any(crop.kept for crop in on_disk(marked))
    assert all(button.value for button in gallery.buttons)


def test_choices_can_be_undone_one_after_another(marked: Dataset) -> None:
    gallery = Gallery(marked)
    assert gallery.undo.disabled
    gallery.buttons[4].value = True
    gallery.buttons[0].value = False
    gallery.reject_all.click()
    gallery.undo.click()
    assert [c.choice for c in on_disk(marked)][:5] == ["keep", "", "", "", "reject"]
    assert gallery.buttons[4].value and not gallery.buttons[5].value
    gallery.undo.click()
    gallery.undo.click()
    assert on_disk(marked) == marked.crops
    assert gallery.undo.disabled


def test_what_the_network_sees_is_grey_and_blurred(crops: Dataset) -> None:
    gallery = Gallery(crops)
    before = gallery._pictures.value
    gallery.seen_by_network.value = True
    assert gallery._pictures.value != before
    addresses = re.findall(r"base64,([^)]*)", gallery._pictures.value)
    assert len(addresses) == 12
    with Image.open(io.BytesIO(base64.b64decode(addresses[0]))) as picture:
        assert picture.mode == "L"
    gallery.seen_by_network.value = False
    assert gallery._pictures.value == before


def test_of_a_pair_the_network_sees_the_partner(crops: Dataset) -> None:
    Image.new("RGB", (80, 80), (250, 10, 10)).save(crops.directory / "red.png")
    pairs = tuple(dataclasses.replace(crop, input_file="red.png") for crop in crops.crops)
    gallery = Gallery(crops.replace(pairs))
    gallery.seen_by_network.value = True
    addresses = re.findall(r"base64,([^)]*)", gallery._pictures.value)
    with Image.open(io.BytesIO(base64.b64decode(addresses[3]))) as picture:
        assert np.abs(np.subtract(picture.getpixel((9, 9)), (250, 10, 10))).max() < 9


def test_the_blurred_picture_is_nearly_the_one_that_is_trained_on(crops: Dataset) -> None:
    from colab_pix2pix.model import conditions

    with Image.open(crops.directory / crops.crops[0].file) as picture:
        picture = picture.convert("RGB").resize((96, 96))
    ours = np.asarray(pictures.blurred_grey(picture, 24.0), float)
    target_image = conditions.encode_image(np.asarray(picture)[np.newaxis])
    theirs = conditions.decode_image(conditions.blurred_grey(target_image, blur_factor=24.0))
    assert np.abs(ours - theirs.numpy()[0, :, :, 0]).mean() < 3


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
    gallery.view.value = "all crops"
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
    for part in ("Kept <b>9 of 12</b>", "decided by you <b>1</b>"):
        assert part in words
    labels = [label for label, _ in gallery.view.options]
    assert "dark (2)" in labels and "duplicates (1)" in labels
    assert not any(label.startswith("blurred") for label in labels)


@pytest.mark.parametrize(("view", "count"), [("rejected", 2), ("kept", 10), ("duplicates", 1)])
def test_a_view_shows_only_such_crops(marked: Dataset, view: str, count: int) -> None:
    gallery = Gallery(marked)
    gallery.view.value = view
    assert len(seen(gallery)) == count


def test_an_empty_view_shows_no_picture_and_no_error(crops: Dataset) -> None:
    gallery = Gallery(crops)
    gallery.view.value = "rejected"
    assert gallery.reject_all.disabled and gallery.keep_all.disabled
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


def test_an_error_at_a_click_is_shown(crops: Dataset) -> None:
    gallery = Gallery(crops)
    gallery._choices.dataset = crops.replace(crops.crops[1:])
    gallery.buttons[0].value = True
    assert "has no crop" in gallery._errors.value
    assert not gallery.buttons[0].value, "what is seen must be what is saved"


def test_a_listener_hears_of_each_click(crops: Dataset) -> None:
    heard: list[Dataset] = []
    gallery = Gallery(crops, on_change=heard.append)
    gallery.buttons[0].value = True
    assert heard == [gallery.dataset]


def test_the_example_of_the_docs_is_true(crops: Dataset) -> None:
    module = importlib.import_module("colab_pix2pix.notebook.gallery")
    failed, tried = doctest.testmod(module, extraglobs={"dataset": crops})
    assert tried and not failed


def test_the_gallery_is_a_public_name() -> None:
    assert p2p.Gallery is Gallery
