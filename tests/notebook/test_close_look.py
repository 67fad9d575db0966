"""A crop of the gallery in large: opened by a click that rejects nothing, turned page by page."""

from __future__ import annotations

import base64
import io
import re
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from colab_pix2pix.config import TrainConfig
from colab_pix2pix.dataset import manifest
from colab_pix2pix.dataset.manifest import Crop, Dataset
from colab_pix2pix.notebook.gallery.gallery import Gallery


@pytest.fixture
def gallery(crops: Dataset) -> Gallery:
    gallery = Gallery(crops, page_size=5)
    gallery.close_look.looking.value = True
    return gallery


def pictures(gallery: Gallery) -> list[np.ndarray]:
    """Returns what the network sees, and the crop."""
    urls = re.findall(r'src="data:image/jpeg;base64,([^"]+)"', gallery.close_look.picture.value)
    opened = [Image.open(io.BytesIO(base64.b64decode(url))).convert("RGB") for url in urls]
    return [np.asarray(picture, int) for picture in opened]


def test_a_click_while_looking_shows_the_crop_and_rejects_nothing(gallery: Gallery) -> None:
    look, kept = gallery.close_look, len(gallery.dataset.kept)
    assert look.layout.display == "none"
    gallery.buttons[2].value = True
    assert look.layout.display == "flex" and not gallery.buttons[2].value
    assert len(gallery.dataset.kept) == kept and gallery.undo.disabled
    seen, real = pictures(gallery)
    assert real.shape == seen.shape == (512, 512, 3)
    with Image.open(gallery.dataset.directory / "disc-02.png") as whole:
        large = np.asarray(whole.convert("RGB").resize((512, 512), Image.Resampling.LANCZOS), int)
    assert np.abs(real - large).mean() < 4
    assert np.abs(seen[..., 0] - seen[..., 2]).max() < 6, "grey"
    assert "Crop 3" in look.caption.value

    look.looking.value = False
    assert look.layout.display == "none"
    gallery.buttons[2].value = True
    assert len(gallery.dataset.kept) == kept - 1, "a click rejects again"


def test_it_turns_from_the_first_to_the_last_over_all_pages_of_the_filter(gallery: Gallery) -> None:
    look = gallery.close_look
    gallery.buttons[0].value = True
    assert look.back.disabled and not look.next.disabled
    seen = ["Crop 1"]
    while not look.next.disabled:
        look.next.click()
        seen.append(re.findall(r"Crop \d+", look.caption.value)[0])
    assert seen == [f"Crop {n}" for n in range(1, len(gallery.dataset.crops) + 1)]
    look.next.click()
    look.back.click()
    assert "Crop 11" in look.caption.value
    gallery.filter.value = "held out for testing"
    assert look.back.disabled and not look.next.disabled, "held out are 11 and 12"


def test_it_rejects_and_keeps_what_it_shows(gallery: Gallery) -> None:
    look = gallery.close_look
    gallery.buttons[1].value = True
    drawn = look.picture.value
    look.reject.click()
    assert gallery.dataset.crops[1].choice == "reject" and "rejected" in look.caption.value
    assert (gallery.buttons[1].value, look.reject.description) == (True, "Keep it")
    look.reject.click()
    assert gallery.dataset.crops[1].kept and look.reject.description == "Reject it"
    gallery.undo.click()
    assert look.reject.description == "Keep it"
    assert look.picture.value is drawn, "not drawn again"


def test_it_shows_the_partner_of_a_pair_and_the_edges_of_a_drawing(tmp_path: Path) -> None:
    for name, colour in (("a", (250, 0, 0)), ("b", (0, 0, 250))):
        Image.new("RGB", (40, 40), colour).save(tmp_path / f"{name}.png")
    pair = Dataset(tmp_path, (Crop(file="a.png", input_file="b.png"),))
    manifest.write(pair)
    gallery = Gallery(pair, config=TrainConfig(condition="paired"))
    gallery.close_look.looking.value = True
    gallery.buttons[0].value = True
    seen, real = pictures(gallery)
    assert seen[200, 200, 2] > 240 and real[200, 200, 0] > 240


def test_a_crop_that_can_not_be_read_is_told(gallery: Gallery) -> None:
    (gallery.dataset.directory / "disc-03.png").write_bytes(b"torn")
    gallery.buttons[3].value = True
    assert "disc-03.png" in gallery.errors.value


def test_it_may_be_used_while_a_training_runs(gallery: Gallery) -> None:
    assert set(gallery.close_look.buttons) <= set(gallery.clickable)
