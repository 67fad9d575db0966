"""Oblong crops and pictures in the notebook: nothing is squeezed, and nothing is cut off."""

from __future__ import annotations

import base64
import io
import re
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import sync_playwright

from colab_pix2pix.config import FramesConfig, TrainConfig, VideoConfig
from colab_pix2pix.dataset import manifest
from colab_pix2pix.notebook import crop_cache, inline_images
from colab_pix2pix.notebook.forms import FramesForm, TrainForm
from colab_pix2pix.notebook.forms.own_square import dragging
from colab_pix2pix.notebook.gallery import thumbnails
from colab_pix2pix.notebook.panels import choice_view, predictions
from colab_pix2pix.notebook.panels.samples import SampleView
from colab_pix2pix.project import Project
from colab_pix2pix.training.artifacts import sample_grid, write_sample
from support import pages, videos

WIDE = TrainConfig(image_size="96x64")


def pictures_in(html: str) -> list[Image.Image]:
    """Returns the pictures that a style sheet holds."""
    contents = re.findall(r"data:image/jpeg;base64,([\w+/=]+)", html)
    return [Image.open(io.BytesIO(base64.b64decode(content))) for content in contents]


@pytest.mark.parametrize("kind", [kind for _, kind in thumbnails.KINDS])
@pytest.mark.parametrize("condition", ["blurred-grey", "edges"])
def test_a_thumbnail_shows_all_of_a_crop(tmp_path: Path, kind: str, condition: str) -> None:
    for name, size in {"a.jpg": (144, 96), "b.png": (64, 96), "c.jpg": (96, 96)}.items():
        Image.effect_noise(size, 60).convert("RGB").save(tmp_path / name)
    dataset = manifest.read(tmp_path)
    config = WIDE.replace(condition=condition)
    sheet = thumbnails.page_style_sheet(dataset, dataset.crops, kind, config, "cp-x")
    assert [picture.size for picture in pictures_in(sheet)] == [(96, 64), (64, 96), (96, 96)]
    rules = sheet.split("}")
    assert ["contain" in rule for rule in rules[:3]] == [True, True, False]


def test_predictions_have_the_proportions_of_the_model(tmp_path: Path) -> None:
    Image.effect_noise((200, 100), 60).convert("RGB").save(tmp_path / "photo.png")
    Image.new("RGB", (96, 64), "red").save(tmp_path / "made.png")
    pair = (tmp_path / "photo.png", tmp_path / "made.png")
    view = predictions.predictions_view([pair], WIDE)
    (strip,) = [w for w in view.children if "cp-made" in w._dom_classes]
    with Image.open(io.BytesIO(strip.value)) as shown:
        assert shown.size == (3 * 256 + 16, 171)


def test_a_row_of_a_choice_is_as_high_as_its_pictures() -> None:
    rule = choice_view._rule("cp-row", 3 * [np.zeros((64, 96, 3), np.uint8)])
    assert [picture.size for picture in pictures_in(rule)] == [(3 * 166 - 6, 107)]
    assert "aspect-ratio: 492 / 107" in rule


def test_the_large_view_is_told_of_oblong_samples(tmp_path: Path) -> None:
    project, view = Project(tmp_path), SampleView()
    for step, size in ((1, "96x64"), (2, 64), (3, "64x96")):
        shape = (2, *map(int, reversed(str(size).split("x"))), 3)
        rows = 3 * [np.zeros(shape if len(shape) == 4 else (2, 64, 64, 3), np.uint8)]
        view.add(write_sample(project, step, sample_grid(rows), size))
        told = [name for name in view.image._dom_classes if name.startswith("cp-sides")]
        assert told == ([] if size == 64 else [f"cp-sides-{size}"])


def test_the_form_draws_crops_of_a_shape(tmp_path: Path) -> None:
    video = videos.lavfi(tmp_path / "white.mp4", "color=white:size=320x180:duration=1")
    form = FramesForm(video=video)
    form.value = {"shape": "9:16", "crops": "centre"}
    with Image.open(io.BytesIO(form.drawing.value)) as image:
        bright = np.asarray(image.convert("L")) > 200
    width, height = np.ptp(np.nonzero(bright)[1]), np.ptp(np.nonzero(bright)[0])
    assert width / height == pytest.approx(9 / 16, abs=0.03)
    form.fields["shape"].box.value = "16x9"
    assert "width:height such as 1:1" in form.fields["shape"].message.value


def test_pairs_get_the_shape_too(tmp_path: Path) -> None:
    project, (left, right) = Project(tmp_path / "p"), (tmp_path / "in" / "A", tmp_path / "in" / "B")
    for folder in (left, right):
        folder.mkdir(parents=True)
        Image.new("RGB", (64, 64), "white").save(folder / "1.png")
    project.remember(VideoConfig(source=str(left.parent)), crop_cache.PicturesConfig(pairs="AtoB"))
    config = FramesConfig(scale="-1:64", shape="3:2")
    assert crop_cache._options_of(project, config)["size"] == "96x64"
    assert crop_cache._options_of(project, config.replace(shape="1:1"))["size"] == 64


def test_a_size_is_typed_into_the_form() -> None:
    form = TrainForm()
    form.fields["image_size"].box.value = " 512x288 "
    assert form.valid and form.config.image_size == "512x288"
    form.fields["image_size"].box.value = "128"
    assert form.value["image_size"] == form.config.image_size == 128
    form.fields["image_size"].box.value = "500x288"
    assert not form.valid
    assert "a multiple of 32 from 64 to 1024" in form.fields["image_size"].message.value
    form.value = WIDE
    assert form.fields["image_size"].box.value == "96x64"


@pytest.mark.parametrize("shape", ["1:1", "16:9", "9:16", ""])
def test_an_own_crop_is_dragged_in_its_shape(shape: str) -> None:
    drawing = inline_images.data_url(Image.new("RGB", (400, 240)))
    body = (
        f'<div class="cp"><img class="cp-drawing" width="400" height="240" src="{drawing}">'
        '<div class="cp-region"><input></div>'
        f'<div class="cp-shape"><input value="{shape}"></div>{dragging().value}</div>'
    )
    across, down = (int(side) for side in (shape or "1:1").split(":"))
    largest = min(400, 240 * across / down)
    with sync_playwright() as playwright, pages.browser(playwright) as browser:
        page = browser.new_page()
        page.set_content(f"<style>body {{ margin: 0 }}</style>{body}")
        page.wait_for_function("window.cpOwnSquare")
        page.mouse.move(40, 24)
        page.mouse.down()
        page.mouse.move(140, 64)
        frame = page.locator(".cp-dragged").bounding_box()
        page.mouse.up()
        left, top, size = map(float, page.locator(".cp-region input").input_value().split(","))
        page.mouse.move(390, 230)
        page.mouse.down()
        page.mouse.move(20, 10)  # there is more room to one side than to the other
        page.mouse.up()
        last = list(map(float, page.locator(".cp-region input").input_value().split(",")))
    assert frame is not None
    assert frame["width"] / frame["height"] == pytest.approx(across / down, abs=0.1)
    assert (left, top) == (10, 10)
    assert size == pytest.approx(100 * max(100, 40 * across / down) / largest, abs=0.2)
    assert min(last) >= 0 and last[2] <= 100
