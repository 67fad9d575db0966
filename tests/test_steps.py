"""The steps of the notebook without a notebook: what outlives a session, what is done only once."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
import videos
from servers import serving

from colab_pix2pix import files
from colab_pix2pix.config import FramesConfig, TrainConfig, VideoConfig
from colab_pix2pix.events import Event, Note, ignore
from colab_pix2pix.manifest import Dataset
from colab_pix2pix.notebook import crops, machine, steps
from colab_pix2pix.notebook.forms import FramesForm, ProjectForm, TrainForm, VideoForm
from colab_pix2pix.project import Project
from colab_pix2pix.video import curate

FRAMES = FramesConfig(count=12)


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return Project(tmp_path / "projects" / "roses")


@pytest.fixture
def clip(tmp_path: Path) -> Path:
    return videos.scene(tmp_path / "clip.mp4", "-b:v", "1M", seconds=2, size="320x180")


def cut(project: Project, source: str, frames: FramesConfig = FRAMES) -> Dataset:
    project.remember(VideoConfig(source=source))
    video = crops.fetch(project, project.recall(VideoConfig), on_event=ignore)
    return crops.cut(project, video, frames, on_event=ignore)


def forget_this_machine() -> None:
    """What happens to a Colab machine: all but the project folder is gone."""
    shutil.rmtree(files.cache_dir())


def test_the_crops_and_their_choices_come_back_on_a_new_machine(
    project: Project, clip: Path
) -> None:
    dataset = cut(project, str(clip))
    dataset = curate.choose(dataset, dataset.crops[3].file, "reject")
    curate.pack(dataset, project.dataset_zip)
    forget_this_machine()

    heard: list[Event] = []
    crops.recover(project, on_event=heard.append)
    assert any("12 crops came back" in e.message for e in heard if isinstance(e, Note))
    again = cut(project, str(clip))
    assert again.crops == dataset.crops
    assert again.crops[3].choice == "reject"


def test_cutting_again_with_the_same_options_keeps_choices_and_split(
    project: Project, clip: Path
) -> None:
    dataset = cut(project, str(clip))
    chosen = curate.choose(dataset, dataset.crops[0].file, "reject")
    assert cut(project, str(clip)).crops == chosen.crops
    assert {crop.split for crop in chosen.crops} == {"train", "test"}


def test_each_video_has_crops_of_its_own_and_they_wait_for_its_return(
    project: Project, clip: Path
) -> None:
    mine = cut(project, str(clip))
    mine = curate.choose(mine, mine.crops[0].file, "reject")
    sample = cut(project, "")
    assert len(sample.crops) == 12
    assert len(sample.sources) == 1, "two videos must not be mixed by a change of mind"
    assert cut(project, str(clip)).crops == mine.crops


def test_a_link_is_not_fetched_again_when_its_crops_are_in_the_project(
    project: Project, clip: Path
) -> None:
    with serving(clip.parent) as server:
        form = VideoForm(project)
        form.value = {"source": server.link("clip.mp4")}
        video = steps.get_video(project, form)
        assert video is not None
        dataset = steps.cut_crops(project, video, _frames_form(project))
        curate.pack(dataset, project.dataset_zip)
        forget_this_machine()
        asked = len(server.requests)

        assert steps.get_video(project, VideoForm(project)) is None
        assert steps.cut_crops(project, None, _frames_form(project)).crops == dataset.crops
        assert len(server.requests) == asked

        other = _frames_form(project)
        other.value = {"count": 6}
        assert len(steps.cut_crops(project, None, other).crops) == 6
        assert len(server.requests) > asked, "other crops need the video again"


def test_options_are_stored_in_the_project_when_a_step_takes_them(
    project: Project, clip: Path
) -> None:
    form = VideoForm()
    form.value = {"source": str(clip)}
    video = steps.get_video(project, form)
    steps.cut_crops(project, video, _frames_form(None))
    assert project.recall(VideoConfig).source == str(clip)
    assert project.recall(FramesConfig) == FRAMES


def test_opening_a_project_says_how_far_it_is(tmp_path: Path) -> None:
    form = ProjectForm(tmp_path)
    form.name.value = "roses"
    assert steps.welcome(steps.open_project(form)) == "A new project: roses."
    form.project.remember(FRAMES)
    assert steps.welcome(steps.open_project(form)) == "Welcome back: roses is not trained yet."


@pytest.mark.slow
def test_training_goes_from_gallery_to_result_and_goes_on(project: Project, clip: Path) -> None:
    dataset = cut(project, str(clip))
    gallery = steps.look_at_crops(dataset)
    gallery.buttons[0].value = True
    form = TrainForm(project)
    form.value = TrainConfig(image_size=64, base_filters=4, epochs=2, batch_size=2)
    first = steps.train(project, gallery, form)
    assert first.epochs_done == 2 and project.dataset_zip.exists()
    form.value = {"epochs": 3}
    second = steps.train(project, gallery, form)
    assert second.started_at_step == first.step
    assert steps.welcome(project) == (
        f"Welcome back: roses is at step {second.step}, 3 of 3 epochs are complete."
    )
    steps.show_result(project)


def test_an_interrupt_is_one_friendly_line(
    project: Project, clip: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(*args: object, **options: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(crops, "cut", interrupted)
    with pytest.raises(steps.Stopped) as stopped:
        steps.cut_crops(project, clip, _frames_form(project))
    assert stopped.value._render_traceback_() == ["Stopped: run this cell again to cut the crops."]


def test_the_set_up_tells_versions_disk_and_what_no_gpu_means(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    text = machine.report().children[1].value
    for words in ("colab_pix2pix", "TensorFlow", "Free disk", "No GPU here"):
        assert words in text


def test_the_set_up_names_the_gpu(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    program = tmp_path / "nvidia-smi"
    program.write_text("#!/bin/sh\necho 'Tesla <T4>'\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/bin:/usr/bin")
    assert "GPU: Tesla &lt;T4&gt;." in machine.report().children[1].value


def test_a_driver_that_does_not_answer_is_no_gpu(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    program = tmp_path / "nvidia-smi"
    program.write_text("#!/bin/sh\necho 'no driver'; exit 9\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/bin:/usr/bin")
    assert machine.gpu_name() == ""


def _frames_form(project: Project | None) -> FramesForm:
    form = FramesForm(project)
    form.value = FRAMES
    return form
