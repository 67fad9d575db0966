"""The film strip of the crop form: frames over a video, and its handles bound to the two boxes."""

from __future__ import annotations

import base64
import io
import re
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from colab_pix2pix.config import FramesConfig, VideoConfig
from colab_pix2pix.downloader.download import download
from colab_pix2pix.downloader.preview import VideoPreview
from colab_pix2pix.notebook.forms import FramesForm, VideoForm, video_form
from colab_pix2pix.notebook.forms.film_strip import FilmStrip
from colab_pix2pix.notebook.forms.two_handles import TwoHandles, as_typed
from colab_pix2pix.project import Project
from support import videos

_KEYS = ("-g", "10", "-sc_threshold", "0")  # every tenth frame


def pictures(html: str) -> list[Image.Image]:
    urls = re.findall(r'src="data:image/jpeg;base64,([^"]+)"', html)
    return [Image.open(io.BytesIO(base64.b64decode(url))) for url in urls]


def strip_of(form: FramesForm) -> FilmStrip:
    assert form.strip is not None and form.errors.value == ""
    return form.strip


def shown_at_ends(strip: FilmStrip) -> list[int]:
    return [videos.number_of(picture) for picture in pictures(strip.ends.value)]


@pytest.fixture(scope="module")
def three_seconds(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("strip") / "short.mp4"
    return videos.counting(path, "-g", "250", frames=75)  # one key frame


def test_a_handle_sets_its_box_alone_and_a_box_its_handle(
    tmp_path: Path, three_seconds: Path
) -> None:
    project = Project(tmp_path / "p")
    project.remember(FramesConfig(start="0.44"))
    form = FramesForm(project, three_seconds)
    strip = strip_of(form)
    assert strip.slider.max == 3 and strip.slider.value == (0.4, 3.0)
    assert shown_at_ends(strip) == [11, 74]
    strip.slider.value = (0.4, 2.0)
    assert (form.config.start, form.config.end) == ("0.44", "2")  # what was typed stays exact
    assert project.recall(FramesConfig).end == "2" and shown_at_ends(strip) == [11, 49]
    form.value = {"start": "1", "end": ""}
    assert strip.slider.value == (1.0, 3.0) and shown_at_ends(strip) == [25, 74]
    strip.slider.value = (0.0, 3.0)
    assert (form.config.start, form.config.end) == ("", "")


def test_nothing_between_the_handles_is_said_and_nothing_impossible_moves_them(
    three_seconds: Path,
) -> None:
    form = FramesForm(video=three_seconds)
    strip = strip_of(form)
    strip.slider.value = (2.0, 2.0)
    assert "Expected a part of short.mp4" in form.errors.value
    form.fields["start"].value, form.fields["end"].value = "2.5", "1"
    assert strip.slider.value == (2.0, 2.0) and "Begin earlier" in form.errors.value
    form.value = {"start": "", "end": "99"}
    assert strip.slider.value == (0.0, 3.0) and form.errors.value == ""


def test_a_part_that_the_video_does_not_have_is_told_at_once(
    tmp_path: Path, three_seconds: Path
) -> None:
    project = Project(tmp_path / "p")
    project.remember(FramesConfig(start="5"))
    form = FramesForm(project, three_seconds)
    assert "Begin earlier" in form.errors.value and form.strip is not None
    form.strip.slider.value = (1.0, 3.0)
    assert form.config.start == "1" and form.errors.value == "" and form.drawing.value


def test_the_strip_shows_frames_in_their_order(three_seconds: Path) -> None:
    strip = strip_of(FramesForm(video=three_seconds))
    (film,) = pictures(strip.children[1].value)
    tiles = [film.crop((left, 0, left + 80, 60)) for left in range(0, film.width, 80)]
    numbers = [videos.number_of(tile) for tile in tiles]
    assert len(numbers) == 12 and numbers == sorted(numbers)
    assert numbers[0] < 7 and numbers[-1] > 67


def test_of_three_hours_only_key_frames_are_read(tmp_path: Path) -> None:
    video = videos.counting(tmp_path / "long.mp4", *_KEYS, frames=1080, rate="1/10")
    form = FramesForm(video=video)
    strip = strip_of(form)
    assert strip.slider.max == 10_800 and strip.slider.step == 10
    (film,) = pictures(strip.children[1].value)
    numbers = [videos.number_of(film.crop((x, 0, x + 80, 60))) for x in range(0, 960, 80)]
    assert all(number % 10 == 0 for number in numbers) and len(set(numbers)) == 12
    strip.slider.value = (3600.0, 9000.0)
    assert (form.config.start, form.config.end) == ("1:00:00", "2:30:00")
    assert shown_at_ends(strip) == [360, 899]


def test_of_a_part_that_was_asked_for_it_shows_that_part(
    tmp_path: Path, three_seconds: Path
) -> None:
    video = download(three_seconds, tmp_path, VideoConfig(start="1", end="2"))
    form = FramesForm(video=video)
    strip = strip_of(form)
    assert strip.slider.max == 1 and shown_at_ends(strip) == [25, 49]
    strip.slider.value = (0.2, 1.0)
    assert form.config.start == "0.2" and shown_at_ends(strip) == [30, 49]


def test_a_moment_is_typed_as_it_is_read() -> None:
    for seconds in np.arange(0, 4000, 0.7):
        typed = as_typed(float(seconds))
        assert FramesConfig(start=typed).start == typed


def looked_at(form: VideoForm) -> TwoHandles | None:
    return form.strip


def test_what_was_looked_at_has_a_strip_before_it_is_fetched(
    tmp_path: Path, three_seconds: Path
) -> None:
    project = Project(tmp_path / "p")
    form = VideoForm(project)
    form.value = {"source": str(three_seconds), "start": "1"}
    assert looked_at(form) is None
    form.preview_button.click()
    strip = looked_at(form)
    assert strip is not None and form.errors.value == ""
    assert strip.slider.value == (1.0, 3.0)
    assert [videos.number_of(one) for one in pictures(strip.ends.value)] == [25, 74]
    strip.slider.value = (1.0, 2.0)
    assert form.config.end == "2" and project.recall(VideoConfig).end == "2"
    form.value = {"end": "1:30"}
    assert strip.slider.value == (1.0, 3.0)
    form.value = {"source": str(tmp_path)}
    assert looked_at(form) is None, "it is another one's"


def test_a_link_has_a_strip_where_its_site_has_frames(monkeypatch: pytest.MonkeyPatch) -> None:
    frames = tuple(Image.new("RGB", (48, 27), (20 * n, 0, 0)) for n in range(12))
    of_link = VideoPreview(title="clouds", duration_seconds=7200.0, frames=frames)
    monkeypatch.setattr(video_form, "preview", lambda source, config: of_link)
    form = VideoForm()
    form.value = {"source": "https://example.org/clouds"}
    form.preview_button.click()
    strip = looked_at(form)
    assert strip is not None and "once the video is fetched" not in form.preview.value
    film, said = strip.children[1].value, strip.ends.value
    (shown,) = pictures(film)
    reds = [int(np.asarray(shown)[30, 80 * n + 40, 0]) for n in range(12)]
    assert reds == pytest.approx([20 * n for n in range(12)], abs=6)
    assert "begins at 0" in said and "stops at 2:00:00" in said and pictures(said) == []
    strip.slider.value = (600.0, 1800.0)
    assert (form.config.start, form.config.end) == ("10:00", "30:00")
    assert "begins at 10:00" in strip.ends.value and "20 min" in strip.ends.value
    without = VideoPreview(title="clouds", duration_seconds=7200.0)
    monkeypatch.setattr(video_form, "preview", lambda source, config: without)
    form.preview_button.click()
    assert looked_at(form) is None and "once the video is fetched" in form.preview.value
