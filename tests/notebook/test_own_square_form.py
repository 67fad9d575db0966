"""A square of one's own in the form for crops: drawn, stored, and taken back by a button."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from colab_pix2pix.config import FramesConfig, VideoConfig
from colab_pix2pix.notebook.forms import FramesForm
from colab_pix2pix.project import Project
from support import videos


@pytest.fixture(params=["video", "pictures", "tall pictures"])
def source(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    if request.param == "video":
        return videos.lavfi(tmp_path / "white.mp4", "color=white:size=320x180:duration=1")
    folder = tmp_path / "white"
    folder.mkdir()
    size = (180, 320) if "tall" in request.param else (320, 180)
    Image.new("RGB", size, "white").save(folder / "1.png")
    return folder


def bright_box(form: FramesForm) -> list[float]:
    """Returns left, top and side of what is not dimmed, in percent as `region` has it."""
    with Image.open(io.BytesIO(form.drawing.value)) as image:
        bright = np.asarray(image.convert("L")) > 200
    height, width = bright.shape
    y, x = np.nonzero(bright)
    side = max(np.ptp(x), np.ptp(y)) / min(height, width)
    return [float(100 * share) for share in (x.min() / width, y.min() / height, side)]


def test_it_is_drawn_stored_and_taken_back(source: Path, tmp_path: Path) -> None:
    project = Project(tmp_path / "p")
    project.remember(VideoConfig(source=str(source)))
    form = FramesForm(project, source)
    before = form.drawing.value
    assert form.whole_frame.layout.display == "none"
    form.value = {"region": "40,20,50"}
    assert bright_box(form) == pytest.approx([40, 20, 50], abs=4)
    assert project.recall(FramesConfig).region == "40,20,50"
    assert form.whole_frame.layout.display == "flex"
    form.whole_frame.click()
    assert form.drawing.value == before and form.whole_frame.layout.display == "none"
    assert project.recall(FramesConfig).region == ""


def test_a_wrong_number_is_told_beside_the_box_and_changes_nothing(source: Path) -> None:
    form = FramesForm(video=source)
    before = form.drawing.value
    form.fields["region"].box.value = "40,20"
    assert "left, top and size in percent" in form.fields["region"].message.value
    assert form.drawing.value == before and not form.valid
