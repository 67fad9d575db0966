"""What looks alike to the eye is close: a picture moved, mirrored, nearer, in other light."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageEnhance

from colab_pix2pix.dataset import likeness
from colab_pix2pix.dataset.quality import perceptual_hash
from support import videos

SOURCES = (
    "mandelbrot=size=320x240", "testsrc2=size=320x240", "cellauto=size=320x240:rule=110",
    "gradients=size=320x240:seed=4:n=5", "gradients=size=320x240:seed=9:n=3:type=spiral",
    "sierpinski=size=320x240",
)  # fmt: skip


def part(picture: Image.Image, right: float = 0.0, zoom: float = 1.3) -> Image.Image:
    side = 240 / zoom
    left, top = 160 - side / 2 + right * side, 120 - side / 2
    return picture.crop((round(left), round(top), round(left + side), round(top + side)))


CHANGES: dict[str, Callable[[Image.Image], Image.Image]] = {
    "moved": lambda picture: part(picture, right=0.08),
    "nearer": lambda picture: part(picture, zoom=1.6),
    "mirrored": lambda picture: part(picture.transpose(Image.Transpose.FLIP_LEFT_RIGHT)),
    "dark": lambda picture: ImageEnhance.Brightness(part(picture)).enhance(0.7),
    "bright": lambda picture: ImageEnhance.Brightness(part(picture)).enhance(1.3),
    "small": lambda picture: part(picture).resize((64, 64)),
}


@pytest.fixture(scope="module")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> list[Image.Image]:
    folder = tmp_path_factory.mktemp("sources")
    made = []
    for number, source in enumerate(SOURCES):
        output = ("-ss", "2", "-frames:v", "1", "-update", "1")
        made.append(Image.open(videos.lavfi(folder / f"{number}.png", source, *output)))
    return [picture.convert("RGB") for picture in made]


@pytest.mark.parametrize("change", CHANGES)
def test_a_changed_picture_is_closer_than_any_other(
    pictures: list[Image.Image], change: str, tmp_path: Path
) -> None:
    paths = []
    for number, picture in enumerate(pictures):
        for name, shown in (("plain", part(picture)), ("changed", CHANGES[change](picture))):
            paths.append(tmp_path / f"{number}-{name}.png")
            shown.save(paths[-1])
    found = likeness.describe(paths)
    for index in range(len(paths)):
        distances = likeness.distances(found, index)
        assert distances[index] == 0
        closest = np.argsort(distances)[:2] // 2
        assert set(closest) == {index // 2}, paths[index].name


def test_the_mirror_image_of_a_picture_is_the_same(pictures: list[Image.Image]) -> None:
    for plain in pictures:
        mirrored = plain.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
        both = np.stack([likeness.descriptor(plain), likeness.descriptor(mirrored)])
        assert likeness.distances(both, 0)[1] < 0.02
        assert np.abs(both[0, 1] - both[1, 0]).sum() < 0.02


def test_a_perceptual_hash_does_not_know_a_picture_in_a_mirror(
    pictures: list[Image.Image],
) -> None:
    """Why there is another likeness beside the one that finds duplicates."""
    plain = perceptual_hash(part(pictures[0]).convert("L"))
    mirrored = perceptual_hash(CHANGES["mirrored"](pictures[0]).convert("L"))
    assert (plain ^ mirrored).bit_count() > 12


def test_plain_pictures_of_other_colours_are_not_alike(tmp_path: Path) -> None:
    paths = [tmp_path / f"{colour}.png" for colour in ("red", "darkred", "blue", "black")]
    for path in paths:
        Image.new("RGB", (80, 80), path.stem).save(path)
    distances = likeness.distances(likeness.describe(paths), 0)
    assert distances[0] == 0 and distances[1] == min(distances[1:])
    assert distances[2] > 0.4
