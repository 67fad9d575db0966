"""Several links or paths in the form: each is fetched in turn, and one that fails is named."""

from __future__ import annotations

import shutil
from collections import Counter
from pathlib import Path

import pytest

from colab_pix2pix.config import FramesConfig, VideoConfig
from colab_pix2pix.errors import DownloadError
from colab_pix2pix.events import Event, Note, Progress
from colab_pix2pix.notebook import crop_cache
from colab_pix2pix.notebook.forms import FramesForm, VideoForm
from colab_pix2pix.notebook.several_videos import SeveralVideos
from colab_pix2pix.project import Project
from support import videos
from support.servers import serving

COUNT = FramesConfig(count=24, scale="-1:64")


@pytest.fixture
def site(tmp_path: Path) -> Path:
    folder = tmp_path / "site"
    folder.mkdir()
    videos.scene(folder / "garden.mp4", seconds=2)
    videos.counting(folder / "clock.mp4", frames=60)
    return folder


def test_links_are_fetched_in_turn_and_one_that_fails_is_named_and_left_out(
    tmp_path: Path, site: Path
) -> None:
    project, events = Project(tmp_path / "p"), list[Event]()
    with serving(site) as server:
        lines = [server.link(name) for name in ("garden.mp4", "gone.mp4", "clock.mp4")]
        config = VideoConfig(source=f"{lines[0]}\n{lines[1]}\n{lines[2]} * 2")
        project.remember(config)
        found = crop_cache.fetch(project, config, on_event=events.append)
        assert isinstance(found, SeveralVideos) and found.weights == (1, 2)
        assert [path.name for path in found.paths] == ["garden.mp4", "clock.mp4"]
        notes = [event.message for event in events if isinstance(event, Note)]
        assert notes[0] == f"Video 1 of 3: {lines[0]}"
        assert any(note.startswith(f"{lines[1]} is left out.") for note in notes)
        assert "1 of 3 videos are left out" in notes[-1]
        assert any(isinstance(event, Progress) for event in events)
        dataset = crop_cache.cut(project, found, COUNT, on_event=events.append)
        assert crop_cache.of_source(project, config) is None  # one is still to be fetched
        with pytest.raises(DownloadError):
            none = config.replace(source=f"{lines[1]}\n{server.link('neither.mp4')}")
            crop_cache.fetch(project, none, on_event=events.append)
    counts = Counter(dataset.sources[crop.source]["link"] for crop in dataset.crops)
    assert counts == {lines[0]: 8, lines[2]: 16}
    tested = {crop.source for crop in dataset.crops if crop.split == "test"}
    assert tested <= dataset.sources.keys() and len(tested) >= 1


def test_a_later_session_takes_the_crops_as_they_are(tmp_path: Path, site: Path) -> None:
    project, events = Project(tmp_path / "p"), list[Event]()
    with serving(site) as server:
        names = ("garden.mp4", "clock.mp4")
        config = VideoConfig(source="\n".join(server.link(name) for name in names))
        project.remember(config)
        found = crop_cache.fetch(project, config, on_event=events.append)
        first = crop_cache.cut(project, found, COUNT, on_event=events.append)
    shutil.rmtree(project.work / "video")
    assert crop_cache.cut(project, None, COUNT, on_event=events.append) == first
    heavier = config.replace(source=config.source + " * 3")
    project.remember(heavier)
    assert crop_cache.of_source(project, heavier) == first  # but not made so: they are cut again
    with serving(site) as server, pytest.raises(DownloadError):
        crop_cache.cut(project, None, COUNT, on_event=events.append)


def test_the_form_takes_a_line_for_each_and_says_which_can_not_be_used(
    tmp_path: Path, site: Path
) -> None:
    project = Project(tmp_path / "p")
    form = VideoForm(project)
    garden, clock = site / "garden.mp4", site / "clock.mp4"
    form.value = {"source": f"{garden}\n{clock} * 2\n"}
    assert form.valid and form.fields["source"].message.value == ""
    assert project.recall(VideoConfig).source == f"{garden}\n{clock} * 2"
    form.preview_button.click()
    assert form.preview.value.count("<img") == 2 and form.errors.value == ""
    form.value = {"source": f"{garden}\n/nowhere.mp4"}
    assert "/nowhere.mp4: There is no such file" in form.fields["source"].message.value
    form.preview_button.click()
    assert form.preview.value.count("<img") == 1 and "nowhere.mp4" in form.preview.value
    form.value = {"source": f"{garden}\n{tmp_path}"}
    assert "Pictures can&#x27;t be taken together" in form.fields["source"].message.value
    form.fields["source"].value = f"{garden} * 0"
    assert "above 0" in form.fields["source"].message.value


def test_one_line_with_a_weight_is_that_one_video(tmp_path: Path, site: Path) -> None:
    project = Project(tmp_path / "p")
    config = VideoConfig(source=f"{site / 'garden.mp4'} * 2\n")
    video = crop_cache.fetch(project, config, on_event=lambda event: None)
    assert isinstance(video, Path) and video.name == "garden.mp4"


def test_the_form_for_crops_shows_the_first_of_several(site: Path) -> None:
    both = SeveralVideos((site / "garden.mp4", site / "clock.mp4"), (1.0, 1.0))
    form = FramesForm(video=both)
    assert form.strip is not None and form.strip.slider.max == 2 and form.drawing.value
