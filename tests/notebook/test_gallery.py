"""The gallery, without a kernel: what a click does and what is shown."""

from __future__ import annotations

import base64
import dataclasses
import io
import re
import shutil
from pathlib import Path

import ipywidgets as widgets
import numpy as np
import pytest
from PIL import Image

import colab_pix2pix as p2p
from colab_pix2pix.config import TrainConfig
from colab_pix2pix.dataset import manifest
from colab_pix2pix.dataset.manifest import Crop, Dataset
from colab_pix2pix.images import blurred_grey_input, network_input
from colab_pix2pix.notebook.gallery import thumbnails
from colab_pix2pix.notebook.gallery.gallery import Gallery
from colab_pix2pix.notebook.gallery.selection import parse_numbers


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


def shown_images(gallery: Gallery) -> list[np.ndarray]:
    """Returns the pictures of a page as the style sheet holds them."""
    contents = re.findall(r"base64,([^)]*)", gallery.thumbnails.value)
    return [np.asarray(Image.open(io.BytesIO(base64.b64decode(c)))) for c in contents]


def visible_buttons(gallery: Gallery) -> list[widgets.ToggleButton]:
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
    assert gallery.buttons[1].description == "2 dark, duplicate"
    gallery.buttons[1].value = False
    assert on_disk(marked)[1].kept


def test_all_that_the_menu_shows_can_be_kept_or_rejected_on_every_page(marked: Dataset) -> None:
    gallery = Gallery(marked, page_size=3)
    gallery.filter.value = "dark"
    assert gallery.keep_all.description == "Keep all 2"
    gallery.keep_all.click()
    assert all(crop.kept for crop in on_disk(marked))
    gallery.filter.value = "all crops"
    gallery.reject_all.click()
    assert not any(crop.kept for crop in on_disk(marked))
    assert all(button.value for button in gallery.buttons)


def test_each_mark_that_occurs_has_a_button_that_rejects_those_that_are_kept(
    marked: Dataset,
) -> None:
    gallery = Gallery(marked)
    buttons = gallery.mark_buttons.buttons
    assert list(buttons) == ["dark", "duplicate"]
    assert buttons["dark"].description == "2 dark: rejected" and buttons["dark"].disabled
    gallery.keep_all.click()
    assert buttons["dark"].description == "Reject 2 dark" and not buttons["dark"].disabled
    assert buttons["duplicate"].description == "Reject 1 duplicate"
    gallery.buttons[0].value = True
    assert buttons["dark"].description == "Reject 1 dark"
    buttons["dark"].click()
    assert [crop.kept for crop in on_disk(marked)[:3]] == [False, False, True]
    assert gallery.buttons[1].value, "the page shows it"
    assert buttons["duplicate"].disabled, "it was the same crop"
    gallery.undo.click()
    assert [crop.kept for crop in on_disk(marked)[:2]] == [False, True]
    assert buttons["duplicate"].description == "Reject 1 duplicate"


def test_without_marks_there_is_no_such_button(crops: Dataset) -> None:
    assert Gallery(crops).mark_buttons.children == ()


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
    before = gallery.thumbnails.value
    gallery.pictures.value = "input"
    assert gallery.thumbnails.value != before
    images = shown_images(gallery)
    assert [image.ndim for image in images] == [2] * 12
    gallery.pictures.value = ""
    assert gallery.thumbnails.value == before


@pytest.mark.parametrize(
    ("condition", "channels"),
    [
        ("edges", 0),
        ("grey", 0),
        ("blurred-grey", 0),
        ("blurred-grey", 3),
        ("paired", 0),
        ("paired", 1),
    ],
)
@pytest.mark.parametrize("size", [(96, 96), (64, 80), (9, 9)])
def test_what_the_network_sees_is_what_it_is_fed(
    condition: str, channels: int, size: tuple[int, int]
) -> None:
    from colab_pix2pix.model import conditions

    coarse = np.random.default_rng(0).integers(0, 256, (6, 6, 3), np.uint8)
    picture = Image.fromarray(coarse).resize(size)
    config = TrainConfig(condition=condition, input_channels=channels)
    ours = np.asarray(network_input(picture, config), int)
    given = conditions.encode_image(np.asarray(picture)[np.newaxis])
    theirs = conditions.decode_image(conditions.make_input(given, config)).numpy()[0]
    theirs = theirs[..., 0] if ours.ndim == 2 else theirs
    assert ours.shape == theirs.shape
    assert np.abs(ours - theirs).max() <= 1


@pytest.mark.parametrize("kind", ["input", "varied input"])
@pytest.mark.parametrize("condition", ["edges", "grey", "blurred-grey"])
def test_the_gallery_shows_what_a_project_feeds(crops: Dataset, condition: str, kind: str) -> None:
    config = TrainConfig(condition=condition, image_size=64, max_zoom=1.0, flip=False)
    crop = crops.crops[3]
    shown = np.asarray(thumbnails._thumbnail(crops, crop, kind, config), int)
    blurred = np.asarray(
        thumbnails._thumbnail(crops, crop, kind, config.replace(condition="blurred-grey")), int
    )
    assert shown.shape == (96, 96)
    assert (np.abs(shown - blurred).mean() > 2) == (condition != "blurred-grey")
    if condition == "edges":
        assert np.median(shown) > 180, "a drawing is white where nothing changes"


@pytest.mark.parametrize("light", ["both", "input"])
def test_the_light_of_crops_is_varied_as_training_does(crops: Dataset, light: str) -> None:
    config = TrainConfig(light_varies=light, brightness=0.5, max_zoom=1.0, flip=False)
    plain, varied, fed = (
        np.asarray(thumbnails._thumbnail(crops, crops.crops[3], kind, config).convert("L"), int)
        for kind in ("", "varied", "varied input")
    )
    assert (np.abs(plain - varied).mean() > 5) == (light == "both")
    assert abs(plain.mean() - fed.mean()) > 5


def test_of_a_pair_the_network_sees_the_partner(crops: Dataset) -> None:
    Image.new("RGB", (80, 80), (250, 10, 10)).save(crops.directory / "red.png")
    pairs = tuple(dataclasses.replace(crop, input_file="red.png") for crop in crops.crops)
    gallery = Gallery(crops.replace(pairs))
    gallery.pictures.value = "input"
    assert np.abs(np.subtract(shown_images(gallery)[3][9, 9], (250, 10, 10))).max() < 9


def test_the_blurred_picture_is_the_one_that_is_trained_on(crops: Dataset) -> None:
    from colab_pix2pix.model import conditions

    with Image.open(crops.directory / crops.crops[0].file) as picture:
        picture = picture.convert("RGB").resize((96, 96))
    ours = np.asarray(blurred_grey_input(picture, 24.0), float)
    target_image = conditions.encode_image(np.asarray(picture)[np.newaxis])
    theirs = conditions.decode_image(
        conditions.make_input(target_image, TrainConfig(blur_factor=24.0))
    )
    assert np.abs(ours - theirs.numpy()[0, :, :, 0]).max() <= 1


def test_the_blurred_picture_is_as_blurred_as_in_training_whatever_its_sides() -> None:
    from colab_pix2pix.model import conditions

    coarse = np.random.default_rng(0).integers(0, 256, (6, 6, 3), np.uint8)
    for size, blur_factor in (((96, 96), 8.0), ((128, 96), 8.0), ((96, 120), 100.0), ((9, 9), 2.0)):
        picture = Image.fromarray(coarse).resize(size)
        ours = np.asarray(blurred_grey_input(picture, blur_factor), int)
        target_image = conditions.encode_image(np.asarray(picture)[np.newaxis])
        config = TrainConfig(blur_factor=blur_factor)
        theirs = conditions.decode_image(conditions.make_input(target_image, config)).numpy()
        assert np.abs(ours - theirs[0, :, :, 0]).max() <= 1, size


@pytest.mark.parametrize("height", [80, 97])
def test_varied_pictures_are_those_of_training_for_the_same_chances(height: int) -> None:
    import tensorflow as tf

    from colab_pix2pix.model import conditions

    random, seed = np.random.default_rng(0), (3, 12)
    coarse = random.integers(0, 256, (6, 12, 12, 3), np.uint8)
    side = (height, height)
    many = np.stack([np.asarray(Image.fromarray(c).resize(side)) for c in coarse])
    theirs = conditions.augment_target(many, image_size=64, max_zoom=1.5, flip=True, seed=seed)
    draws = tf.random.stateless_uniform((6, 4), seed).numpy()
    assert len(set(draws[:, 3] < 0.5)) == 2, "mirrored ones and others"
    ours = np.stack([
        thumbnails.vary_target(picture, size=64, max_zoom=1.5, flip=True, draws=some)
        for picture, some in zip(many, draws, strict=True)
    ])  # fmt: skip
    assert np.abs(ours - conditions.decode_image(theirs).numpy().astype(int)).max() <= 1

    varied = conditions.augment_light(theirs, brightness=0.2, contrast=0.5, seed=seed)
    draws = tf.random.stateless_uniform((6, 2), seed, minval=-1.0).numpy()
    ours = np.stack([
        thumbnails.vary_input(picture, brightness=0.2, contrast=0.5, draws=some)
        for picture, some in zip(conditions.decode_image(theirs).numpy(), draws, strict=True)
    ])  # fmt: skip
    assert np.abs(ours - conditions.decode_image(varied).numpy().astype(int)).max() <= 2


def test_the_menu_of_pictures_shows_what_training_does_to_each_crop(crops: Dataset) -> None:
    gallery = Gallery(crops, config=TrainConfig(max_zoom=2.0, light_varies="input"))
    plain = shown_images(gallery)
    gallery.pictures.value = "varied"
    varied = shown_images(gallery)
    changes = [np.abs(a - b.astype(int)).mean() for a, b in zip(plain, varied, strict=True)]
    assert np.median(changes) > 5 and min(changes) > 0
    gallery.show_page(0)
    assert all(map(np.array_equal, varied, shown_images(gallery))), "turning back changes nothing"
    gallery.pictures.value = "varied input"
    inputs = shown_images(gallery)
    grey = [np.asarray(blurred_grey_input(Image.fromarray(p), 24.0), int) for p in varied]
    differences = [(f - g).mean() for f, g in zip(inputs, grey, strict=True)]
    assert len({round(d) for d in differences}) > 4, "each is as bright as chance has it"
    assert max(map(abs, differences)) < 0.2 * 255 + 3


@pytest.fixture
def twins(crops: Dataset) -> list[int]:
    """Makes some crops pictures of one thing: mirrored, moved and in other light."""
    checks = np.kron(np.indices((4, 4)).sum(0) % 2, np.ones((20, 20))) * 190
    changes = {2: checks, 5: np.roll(checks * 0.8, 3, 1), 9: checks[:, ::-1] + 30}
    for index, pixels in changes.items():
        Image.fromarray(pixels.astype(np.uint8)).save(crops.directory / crops.crops[index].file)
    return [*changes]


def test_those_like_the_crop_clicked_last_are_seen_and_then_rejected(
    crops: Dataset, twins: list[int]
) -> None:
    gallery = Gallery(crops)
    alike = gallery.alike
    assert alike.find.disabled, "nothing is clicked yet"
    assert alike.how_many.layout.display == alike.reject.layout.display == "none"
    gallery.buttons[5].value = True
    assert alike.find.description == "Find those like 6"
    alike.find.click()
    shown = [button.description for button in visible_buttons(gallery)]
    assert (shown[0], sorted(shown)) == ("6", ["10", "3", "6"]), "the closest first"
    assert [i for i, crop in enumerate(on_disk(crops)) if not crop.kept] == [5], "only shown yet"
    assert (alike.how_many.value, alike.how_many.max) == (3, 12)
    assert alike.reject.description == "Reject these 2"
    alike.reject.click()
    assert [i for i, crop in enumerate(on_disk(crops)) if not crop.kept] == twins
    assert alike.reject.disabled and [b.value for b in visible_buttons(gallery)] == [True] * 3
    gallery.undo.click()
    assert [i for i, crop in enumerate(on_disk(crops)) if not crop.kept] == [5]
    alike.leave.click()
    assert len(visible_buttons(gallery)) == 12 and alike.reject.layout.display == "none"


def test_a_slider_says_how_many_of_those_alike_are_shown(crops: Dataset, twins: list[int]) -> None:
    gallery = Gallery(crops, page_size=4)
    gallery.buttons[2].value = True
    gallery.alike.find.click()
    gallery.alike.how_many.value = 6
    assert gallery.pages == 2 and gallery.reject_all.description == "Reject all 6"
    closest = [crops.crops[i].file for i in twins]
    assert sorted(gallery.alike.files[:3]) == sorted(closest)
    gallery.alike.how_many.value = 1
    assert [button.description for button in visible_buttons(gallery)] == ["3"]
    assert gallery.alike.reject.disabled, "it is rejected already, and no other is shown"
    gallery.filter.value = "rejected"
    assert not gallery.alike.files and gallery.alike.how_many.layout.display == "none"
    assert [button.description for button in visible_buttons(gallery)] == ["3"]


def test_the_closest_is_shown_even_where_it_is_not_close(tmp_path: Path) -> None:
    rows = tuple(Crop(file=f"{name}.png") for name in ("red", "blue", "white"))
    for crop in rows:
        Image.new("RGB", (64, 64), crop.file[:-4]).save(tmp_path / crop.file)
    dataset = Dataset(tmp_path, rows)
    manifest.write(dataset)
    gallery = Gallery(dataset)
    gallery.buttons[1].value = True
    gallery.alike.find.click()
    assert gallery.alike.files[0] == "blue.png" and len(gallery.alike.files) == 2


def test_where_no_other_crop_is_kept_it_is_said(crops: Dataset) -> None:
    gallery = Gallery(crops)
    gallery.buttons[0].value = True
    gallery.reject_all.click()
    gallery.alike.find.click()
    assert "No other crop is kept" in gallery.alike.words.value
    assert gallery.alike.how_many.value == gallery.alike.how_many.max == 1


def test_crops_are_chosen_by_their_numbers_without_a_mouse(crops: Dataset) -> None:
    gallery = Gallery(crops, page_size=5)
    gallery.next.click()
    assert [button.description for button in visible_buttons(gallery)] == ["6", "7", "8", "9", "10"]
    gallery.by_number.numbers.value = "3, 7-9"
    gallery.by_number.reject.click()
    assert [i for i, crop in enumerate(on_disk(crops), 1) if not crop.kept] == [3, 7, 8, 9]
    assert gallery.buttons[1].value and gallery.by_number.numbers.value == ""
    gallery.by_number.numbers.value = "8"
    gallery.by_number.keep.click()
    assert [i for i, crop in enumerate(on_disk(crops), 1) if not crop.kept] == [3, 7, 9]


@pytest.mark.parametrize("text", ["", "13", "0", "3-", "9-7", "three", "1.5"])
def test_wrong_numbers_are_explained_and_change_nothing(crops: Dataset, text: str) -> None:
    gallery = Gallery(crops)
    gallery.by_number.numbers.value = text
    gallery.by_number.reject.click()
    assert "Expected numbers of crops from 1 to 12" in gallery.errors.value
    assert on_disk(crops) == crops.crops


@pytest.mark.parametrize(
    ("text", "numbers"), [("3,7-9", [3, 7, 8, 9]), (" 2 - 3 1 ", [1, 2, 3]), ("4,4 4", [4])]
)
def test_numbers_are_read_as_they_are_typed(text: str, numbers: list[int]) -> None:
    assert parse_numbers(text, 12) == numbers


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
    gallery.filter.value = "rejected"
    gallery.filter.value = "all crops"
    assert (marked.directory / "manifest.json").stat().st_mtime_ns == before


def test_pages_show_every_crop_once(crops: Dataset) -> None:
    gallery = Gallery(crops, page_size=5)
    assert gallery.pages == 3
    assert gallery.back.disabled and not gallery.next.disabled
    names = []
    for page in range(gallery.pages):
        gallery.show_page(page)
        names += [button.tooltip.split(",")[0] for button in visible_buttons(gallery)]
    assert names == [crop.file for crop in crops.crops]
    assert gallery.next.disabled
    assert "Page 3 of 3" in gallery.position.value
    gallery.show_page(99)
    assert "Page 3 of 3" in gallery.position.value


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
    for count in ("Kept <b>9 of 12</b>", "decided by you <b>1</b>"):
        assert count in gallery.counts.value
    labels = [label for label, _ in gallery.filter.options]
    assert "dark (2)" in labels and "duplicates (1)" in labels
    assert not any(label.startswith("blurred") for label in labels)


@pytest.mark.parametrize(("view", "count"), [("rejected", 2), ("kept", 10), ("duplicates", 1)])
def test_a_filter_shows_only_such_crops(marked: Dataset, view: str, count: int) -> None:
    gallery = Gallery(marked)
    gallery.filter.value = view
    assert len(visible_buttons(gallery)) == count


def test_an_empty_page_shows_no_picture_and_no_error(crops: Dataset) -> None:
    gallery = Gallery(crops)
    gallery.filter.value = "rejected"
    assert gallery.reject_all.disabled and gallery.keep_all.disabled
    assert visible_buttons(gallery) == []
    assert "Page 1 of 1" in gallery.position.value


def test_pictures_are_small_and_in_the_widget_itself(crops: Dataset) -> None:
    gallery = Gallery(crops)
    style = gallery.thumbnails.value
    assert style.count("data:image/jpeg;base64,") == 12
    assert len(style) < 12 * 6_000


def test_names_of_files_are_never_html(tmp_path: Path) -> None:
    name = "<img src=x onerror=alert(1)>.png"
    Image.new("RGB", (20, 20)).save(tmp_path / name)
    gallery = Gallery(manifest.read(tmp_path))
    texts = [gallery.thumbnails.value, gallery.counts.value, gallery.position.value]
    assert not any("<img" in text for text in texts)


def test_an_error_at_a_click_is_shown(crops: Dataset) -> None:
    gallery = Gallery(crops)
    shutil.rmtree(crops.directory)  # as when a disk goes away
    gallery.buttons[0].value = True
    assert f"{crops.directory}&#x27; can&#x27;t be used: No such file" in gallery.errors.value
    assert not gallery.buttons[0].value, "what is seen must be what is saved"


def test_a_listener_hears_of_each_click(crops: Dataset) -> None:
    states: list[Dataset] = []
    gallery = Gallery(crops, on_change=states.append)
    gallery.buttons[0].value = True
    assert states == [gallery.dataset]


def test_the_gallery_is_a_public_name() -> None:
    assert p2p.Gallery is Gallery
