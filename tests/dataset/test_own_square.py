"""An own square instead of the usual crops: where it lies, how large its crops are, what stays."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from colab_pix2pix.config import FramesConfig
from colab_pix2pix.dataset import curate
from colab_pix2pix.dataset.crop_geometry import own_box
from colab_pix2pix.dataset.extract import extract_frames
from colab_pix2pix.dataset.import_images import import_pictures
from colab_pix2pix.errors import OptionError
from support import videos

_DISC = "geq=lum='if(lt(hypot(X-120,Y-60),20),220,40)':cb=128:cr=128"


def _is_the_disc(path: Path, side: int) -> bool:
    with Image.open(path) as image:
        grey = np.asarray(image.convert("L"), float)
    corners = [grey[y, x] for y in (2, -3) for x in (2, -3)]
    middle = grey[side // 2, side // 2]
    edge = grey[side // 2, round(side * 0.9)]
    return grey.shape == (side, side) and middle > 190 and max(corners) < 70 and edge > 150


@pytest.mark.parametrize("ratio", ["1", "2"])
def test_crops_of_a_video_are_the_own_square_at_the_usual_size(tmp_path: Path, ratio: str) -> None:
    graph = f"color=size=160x96:rate=25:duration=1,format=yuv420p,{_DISC},setsar={ratio}"
    video = videos.lavfi(tmp_path / "disc.mp4", graph)
    # The square around the disc: 40 of 96 pixels high, and of squares that are twice as wide.
    width = 160 * int(ratio)
    region = f"{(120 * int(ratio) - 20) / width * 100:.3f},{40 / 96 * 100:.3f},{40 / 96 * 100:.3f}"
    config = FramesConfig(count=3, scale="-1:64", region=region)
    crops = extract_frames(video, tmp_path / "crops", config)
    assert [(crop.side, crop.box[2:]) for crop in crops.crops] == 3 * [("own", (40, 40))]
    assert crops.crops[0].box[:2] == (120 * int(ratio) - 20, 40)
    if ratio == "1":
        assert all(_is_the_disc(crops.directory / crop.file, 64) for crop in crops.crops)


def test_crops_of_pictures_are_the_own_square_of_each(tmp_path: Path) -> None:
    folder = tmp_path / "pictures"
    folder.mkdir()
    for number, (width, height) in enumerate([(160, 96), (320, 192), (96, 160)]):
        y, x = np.ogrid[:height, :width]
        disc = np.hypot(x - 0.75 * width, y - 0.625 * height) < min(width, height) * 20 / 96
        Image.fromarray(np.where(disc, 220, 40).astype(np.uint8)).save(folder / f"{number}.png")
    crops = import_pictures(
        folder, tmp_path / "a", FramesConfig(count=9, scale="-1:64", region="62.5,41.667,41.667")
    ).crops
    assert [crop.box for crop in crops[:2]] == [(100, 40, 40, 40), (200, 80, 80, 80)]
    assert all(_is_the_disc(tmp_path / "a" / crop.file, 64) for crop in crops[:2])


@pytest.mark.parametrize("region", ["99,99,50", "0,0,100", "33.3,99.9,2"])
@pytest.mark.parametrize("size", [(640, 360), (36, 64), (3, 500)])
def test_it_always_lies_within_the_frame(region: str, size: tuple[int, int]) -> None:
    left, top, width, height = own_box(FramesConfig(region=region), *size)
    assert left >= 0 and top >= 0 and width == height > 0
    assert left + width <= size[0] and top + height <= size[1]
    for shape in ("16:9", "2:3"):
        config = FramesConfig(region=region, shape=shape)
        left, top, width, height = own_box(config, *size)
        assert left >= 0 and top >= 0 and left + width <= size[0] and top + height <= size[1]
        across, down = map(int, shape.split(":"))
        assert abs(width * down - height * across) <= max(across, down)  # a pixel at most


@pytest.mark.parametrize("region", ["1,2", "100,0,50", "0,0,1.9", "0,0,101", "-1,0,50", "a,b,c"])
def test_other_numbers_are_refused_in_its_words(region: str) -> None:
    with pytest.raises(OptionError, match="left, top and size in percent such as 25,10,60"):
        FramesConfig(region=region)


def test_what_was_stored_before_there_was_one_is_the_same_as_none() -> None:
    assert "region" not in FramesConfig().to_dict()
    own = FramesConfig(region="25,10,60")
    assert FramesConfig.from_dict(own.to_dict()) == own


def test_choices_stay_with_the_square_that_they_were_about(tmp_path: Path) -> None:
    video = videos.scene(tmp_path / "a.mp4", seconds=1)
    config = FramesConfig(count=2, region="0,0,50")
    first = extract_frames(video, tmp_path / "crops", config)
    curate.choose(first, [crop.file for crop in first.crops], "reject")
    same = extract_frames(video, tmp_path / "crops", config.replace(image_format="png"))
    assert [crop.choice for crop in same.crops] == ["reject", "reject"]
    other = extract_frames(video, tmp_path / "crops", config.replace(region="50,50,50"))
    assert [crop.choice for crop in other.crops] == ["", ""]
