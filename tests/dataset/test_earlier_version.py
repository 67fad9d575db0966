"""A dataset that an earlier version cut, marked, split and packed is the same dataset today.

`fixtures/dataset-559d60d.zip` was packed by the version of that commit, the last one before the
package's modules moved into folders: eight crops of 64 pixels of a generated video whose last
second is black, marked, with one crop rejected by hand, and split.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from PIL import Image

from colab_pix2pix.config import FramesConfig
from colab_pix2pix.dataset import manifest
from colab_pix2pix.dataset.archive import is_packed
from colab_pix2pix.dataset.curate import mark, split, unpack
from colab_pix2pix.dataset.manifest import Dataset

ARCHIVE = Path(__file__).parents[1] / "fixtures" / "dataset-559d60d.zip"


@pytest.fixture
def earlier(tmp_path: Path) -> Dataset:
    return unpack(ARCHIVE, tmp_path / "crops")


def test_its_crops_and_their_places_are_known(earlier: Dataset) -> None:
    names = [f"clip-{number:06d}-{side}.jpg" for number in range(4) for side in ("left", "right")]
    assert [crop.file for crop in earlier.crops] == names
    assert [crop.time for crop in earlier.crops] == [0.5, 0.5, 1.5, 1.5, 2.5, 2.5, 3.5, 3.5]
    assert {crop.side: crop.box for crop in earlier.crops} == {
        "left": (0, 0, 64, 64),
        "right": (64, 0, 64, 64),
    }
    for crop in earlier.crops:
        with Image.open(earlier.directory / crop.file) as image:
            assert image.size == (64, 64)


def test_its_marks_choices_and_split_are_kept(earlier: Dataset) -> None:
    assert [crop.marks for crop in earlier.crops] == [()] * 6 + [("dark",)] * 2
    assert [crop.choice for crop in earlier.crops] == ["", "", "reject", "", "", "", "", ""]
    assert [crop.split for crop in earlier.crops] == ["train"] * 4 + ["test"] * 2 + ["train"] * 2
    assert [earlier.crops.index(crop) for crop in earlier.kept] == [0, 1, 3, 4, 5]


def test_its_source_and_its_options_are_known(earlier: Dataset) -> None:
    source = earlier.sources["clip"]
    assert source["sha256"] == "12b5724b9072ecfd56e965b844aea90a1f49d1ca35c1fca24efdffe3a2ea07e8"
    assert (source["file"], source["duration_seconds"]) == ("clip.mp4", 4.0)
    options = FramesConfig.from_dict(source["options"])
    assert options == FramesConfig(count=8, scale="128:64")


def test_a_run_on_it_goes_on_and_it_is_not_packed_again(earlier: Dataset) -> None:
    assert earlier.sha256 == "8732f9a48c350e9f48c260d72078e6aa7e53d6f8a60e0f4af43eb39b8077c465"
    assert is_packed(earlier, ARCHIVE)
    manifest.write(earlier)
    assert manifest.read(earlier.directory) == earlier


def test_marking_and_splitting_it_anew_gives_the_same(earlier: Dataset) -> None:
    again = split(mark(earlier))
    assert again == earlier
