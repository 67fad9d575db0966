"""Whatever is typed or pasted into a box is taken as it is meant, or a sentence says why not."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import ipywidgets as widgets
import pytest

from colab_pix2pix.config import FramesConfig, PicturesConfig, VideoConfig
from colab_pix2pix.errors import OptionError, Pix2PixError
from colab_pix2pix.notebook import crop_cache, image_folder
from colab_pix2pix.notebook.forms import (
    FramesForm,
    ProjectForm,
    TrainForm,
    UseForm,
    VideoForm,
)
from colab_pix2pix.project import Project
from support import videos
from support.wrong_things import LINKS, TEXTS, lay_out

RAW = ("Details for a bug report", "Traceback", "Errno", "object at 0x")
FORMS: dict[str, Callable[[Project], Any]] = {
    "video": lambda project: VideoForm(project),
    "frames": lambda project: FramesForm(project=project),
    "train": lambda project: TrainForm(project=project),
}


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Project:
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    return Project(tmp_path / "projects" / "roses")


def wrong_things(tmp_path: Path) -> list[str]:
    desk = tmp_path / "desk"
    desk.mkdir()
    return [*TEXTS, *LINKS, *map(str, lay_out(desk))]


def text_boxes(form: Any) -> dict[str, widgets.Text]:
    fields = form.fields | getattr(form, "of_pictures", {})
    return {name: f.box for name, f in fields.items() if isinstance(f.box, widgets.Text)}


def shown(form: Any) -> str:
    fields = form.fields | getattr(form, "of_pictures", {})
    texts = [form.errors.value, *(field.message.value for field in fields.values())]
    return " ".join([*texts, form.preview.value if isinstance(form, VideoForm) else ""])


@pytest.mark.slow
@pytest.mark.parametrize("name", FORMS)
def test_a_box_for_text_bears_anything(name: str, project: Project, tmp_path: Path) -> None:
    form = FORMS[name](project)
    things, wrong = wrong_things(tmp_path), []
    boxes = text_boxes(form)
    assert boxes or name == "train"
    for option, box in boxes.items():
        for thing in things:
            box.value = thing
            if any(word in shown(form) for word in RAW):
                wrong.append(f"{option} {thing!r}: {shown(form)[:200]}")
            try:
                assert form.config is not None
            except OptionError as error:
                assert error.why, thing
        box.value = ""
    assert wrong == []


@pytest.mark.slow
def test_a_look_at_anything_is_a_look_or_a_sentence(project: Project, tmp_path: Path) -> None:
    form, wrong = VideoForm(project), []
    for thing in wrong_things(tmp_path):
        form.fields["source"].box.value = thing
        form.preview_button.click()
        if any(word in shown(form) for word in RAW):
            wrong.append(f"{thing!r}: {shown(form)[:300]}")
        assert form.preview.value or form.errors.value
    assert wrong == []


@pytest.mark.slow
def test_what_a_form_accepts_is_cut_or_refused_in_words(project: Project, tmp_path: Path) -> None:
    """The frames form looks at the video; fetching opens it."""
    things = [thing for thing in wrong_things(tmp_path) if "://" not in thing]
    for thing in things:
        try:
            config = VideoConfig(source=thing)
            project.remember(config)
            form = FramesForm(project=project)
            assert not any(word in form.errors.value for word in RAW), thing
            crop_cache.of_source(project, config)
            video = crop_cache.fetch(project, config, on_event=lambda event: None)
            crop_cache.cut(project, video, FramesConfig(count=1), on_event=lambda event: None)
        except Pix2PixError as error:
            assert error.why or error.fix, thing


def test_the_name_of_a_project_bears_anything(tmp_path: Path) -> None:
    form = ProjectForm(tmp_path / "projects")
    for thing in wrong_things(tmp_path):
        form.name.value = thing
        assert not any(word in form.errors.value for word in RAW), thing
        try:
            assert form.project.path.parent == tmp_path / "projects"
        except OptionError as error:
            assert error.why and form.message.value, thing
    assert not (tmp_path / "projects").exists()


def test_the_box_of_what_it_shall_see_bears_anything(tmp_path: Path) -> None:
    form = UseForm()
    for thing in wrong_things(tmp_path):
        form.source.value = thing
        try:
            assert form.path is None or isinstance(form.path, Path)
        except OptionError as error:
            assert error.why, thing


PASTED = ["{}", " {} ", '"{}"', "'{}'", "\u201c{}\u201d", ' "{}" \n', "\u200b{}\ufeff", "\t'{}'"]


@pytest.mark.parametrize("pasted", PASTED)
def test_blanks_and_quotes_around_a_pasted_text_are_taken_off(
    project: Project, tmp_path: Path, pasted: str
) -> None:
    clip = videos.scene(tmp_path / "my clip.mp4", seconds=0.2)
    (tmp_path / "pictures").mkdir()
    video, use = VideoForm(project), UseForm()
    video.fields["source"].box.value = pasted.format(clip)
    assert video.config.source == str(clip)
    assert not video.fields["source"].message.value and not video.errors.value
    video.fields["cookies"].box.value = pasted.format("cookies.txt")
    assert video.config.cookies == "cookies.txt"
    video.fields["source"].box.value = pasted.format(tmp_path / "pictures")
    assert video.pairs.row.layout.display == "flex", "it is seen that this is a folder"
    link = "https://example.org/a.mp4?id=3"
    video.fields["source"].box.value = pasted.format(link)
    assert video.config.source == link
    use.source.value = pasted.format(clip)
    assert use.path == clip
    name = ProjectForm(tmp_path / "projects")
    name.name.value = pasted.format("my roses")
    assert name.project.path == tmp_path / "projects" / "my roses"


@pytest.mark.parametrize("path", ["~nosuchuser/x.mp4", "~nosuchuser", "'~nosuchuser/pictures'"])
def test_a_home_folder_of_nobody_is_told(project: Project, path: str) -> None:
    form = VideoForm(project)
    form.fields["source"].box.value = path
    assert "There is no user &#x27;nosuchuser" in form.fields["source"].message.value or (
        "There is no user 'nosuchuser" in form.fields["source"].message.value
    )
    assert image_folder.problem_with(path, PicturesConfig())
    form.preview_button.click()
    assert "nosuchuser" in form.errors.value and "bug report" not in form.errors.value
    use = UseForm()
    use.source.value = path
    with pytest.raises(OptionError, match="nosuchuser"):
        _ = use.path
