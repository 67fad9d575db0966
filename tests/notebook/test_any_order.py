"""The cells of the notebook in any order, in one kernel or alone in a fresh one; two projects."""

from __future__ import annotations

import json
import threading
from pathlib import Path
from typing import Any

import pytest

from colab_pix2pix.config import FramesConfig, SmallConfig, VideoConfig
from colab_pix2pix.dataset import curate, manifest
from colab_pix2pix.dataset.manifest import Dataset
from colab_pix2pix.errors import CheckpointError, DatasetError, DownloadError
from colab_pix2pix.notebook import kernel_state, steps
from colab_pix2pix.notebook.forms import FramesForm, ProjectForm, VideoForm
from colab_pix2pix.notebook.gallery.gallery import Gallery
from colab_pix2pix.notebook.steps import (
    crop_steps,
    model_steps,
    opening,
    sharing_steps,
    small_steps,
)
from colab_pix2pix.project import Project
from support import CHECKOUT, videos
from support.networks import SMALLEST

NOTEBOOK = json.loads((CHECKOUT / "notebooks" / "colab_pix2pix.ipynb").read_text(encoding="utf-8"))
CELLS = {c["id"]: "".join(c["source"]) for c in NOTEBOOK["cells"] if c["cell_type"] == "code"}
TINY = SMALLEST.replace(epochs=2, batch_size=2)


@pytest.fixture(autouse=True)
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of all projects."""
    monkeypatch.setenv("COLAB_PIX2PIX_HOME", str(tmp_path / "projects"))
    return tmp_path / "projects"


@pytest.fixture(autouse=True)
def page(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """Everything that steps display, in order."""
    shown: list[Any] = []
    for module in (opening, crop_steps, model_steps, sharing_steps, small_steps):
        monkeypatch.setattr(module, "display", lambda *things: shown.extend(things))
    return shown


@pytest.fixture
def bikes(root: Path, tmp_path: Path) -> Project:
    """A project with a video of its own, which was opened once."""
    clip = videos.scene(tmp_path / "bikes.mp4", "-b:v", "1M", seconds=2, size="320x180")
    project = Project(root / "bikes")
    project.remember(VideoConfig(source=str(clip)), FramesConfig(count=12), TINY)
    return project


def new_kernel(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kernel_state, "current", kernel_state.KernelState())


def open_named(name: str) -> Project:
    """What a person does: types a name into the form, and runs the next cell."""
    form = steps.choose_project()
    form.name.value = name
    return steps.open_project()


def text_of(thing: Any) -> str:
    """Returns the text of a widget and of all in it."""
    own = str(getattr(thing, "value", ""))
    return own + "".join(map(text_of, getattr(thing, "children", ())))


def rejected(dataset: Dataset) -> list[int]:
    crops = manifest.read(dataset.directory).crops
    return [index for index, crop in enumerate(crops) if crop.choice == "reject"]


def run(cell: str, names: dict[str, Any] | None = None) -> None:
    exec(compile(CELLS[cell], cell, "exec"), {} if names is None else names)


# What was rejected stays, whatever is run again.


@pytest.mark.parametrize("again", ["look", "cut", "look twice", "cut and look", "cut in between"])
def test_rejections_are_never_lost_by_running_cells_again(bikes: Project, again: str) -> None:
    crops = steps.cut_crops()
    gallery = steps.look_at_crops(crops, bikes)
    for button in gallery.buttons[:4]:
        button.value = True
    if "cut" in again:
        steps.cut_crops()
    for _ in range(2 if again == "look twice" else 1):
        gallery = steps.look_at_crops(crops, bikes)  # the object as it was before the clicks
    assert [button.value for button in gallery.buttons[:5]] == [True] * 4 + [False]
    assert "Kept <b>8 of 12</b>" in gallery.counts.value
    gallery.buttons[4].value = True
    assert rejected(crops) == [0, 1, 2, 3, 4]
    assert gallery._keeper is not None and gallery._keeper.wait()
    kept = json.loads(bikes.choices_file.read_text())["datasets"].values()
    assert [sum(row[5] == "reject" for row in record["crops"]) for record in kept] == [5]


def test_what_the_project_keeps_is_never_what_a_stale_object_says(bikes: Project) -> None:
    crops = steps.cut_crops()
    gallery = steps.look_at_crops(crops, bikes)
    gallery.buttons[0].value = True
    assert gallery._keeper is not None and gallery._keeper.wait()
    again = Gallery(crops, project=bikes)
    assert again._keeper is not None and again._keeper.wait()
    (record,) = json.loads(bikes.choices_file.read_text())["datasets"].values()
    assert [row[5] for row in record["crops"][:2]] == ["reject", ""]


def test_two_galleries_in_a_page_show_the_same(bikes: Project) -> None:
    crops = steps.cut_crops()
    first, second = Gallery(crops), Gallery(crops, page_size=5)
    first.buttons[2].value = True
    assert second.buttons[2].value and "Kept <b>11 of 12</b>" in second.counts.value
    second.buttons[2].value = False
    assert not first.buttons[2].value
    assert rejected(crops) == []


def test_a_gallery_of_crops_that_were_cut_anew_says_so_and_writes_nothing(bikes: Project) -> None:
    crops = steps.cut_crops()
    gallery = Gallery(crops)
    bikes.remember(FramesConfig(count=8))
    kernel_state.current.keep("frames_form", FramesForm(bikes))
    fresh = steps.cut_crops()
    before = (fresh.directory / "manifest.json").read_bytes()
    for action in (gallery.reject_all.click, lambda: setattr(gallery.buttons[1], "value", True)):
        action()
        assert "have been cut again" in gallery.errors.value
        assert (fresh.directory / "manifest.json").read_bytes() == before
    assert len(manifest.read(fresh.directory).crops) == 8


def test_a_stale_object_never_brings_crops_back_that_were_cut_anew(bikes: Project) -> None:
    crops = steps.cut_crops()
    bikes.remember(FramesConfig(count=8))
    kernel_state.current.keep("frames_form", FramesForm(bikes))
    fresh = steps.cut_crops()
    for change in (curate.mark, curate.split):
        assert len(change(crops).crops) == 8
    gone = next(c.file for c in crops.crops if c.file not in {f.file for f in fresh.crops})
    with pytest.raises(DatasetError, match="has no crop"):
        curate.choose(crops, gone, "reject")
    assert manifest.read(fresh.directory).crops == manifest.newest(crops).crops


def test_some_of_the_crops_keep_to_themselves_and_know_what_was_decided(bikes: Project) -> None:
    crops = steps.cut_crops()
    some = crops.replace(crops.crops[:5])
    curate.choose(crops, crops.crops[1].file, "reject")
    assert [crop.choice for crop in manifest.newest(some).crops] == ["", "reject", "", "", ""]
    curate.choose(some, crops.crops[2].file, "reject")
    assert rejected(crops) == [1, 2]
    assert len(manifest.read(crops.directory).crops) == 12


# Each step belongs to the project that stands in the form.


def test_after_a_failed_step_the_other_projects_pictures_are_gone(
    bikes: Project, root: Path
) -> None:
    open_named("bikes")
    bikes_gallery = steps.look_at_crops()
    birds = Project(root / "vögel")
    birds.remember(VideoConfig(source="/nowhere/birds.mp4"))
    open_named("vögel")
    assert "This was of the project bikes" in text_of(bikes_gallery)
    assert bikes_gallery not in Gallery.shown()
    for step in (steps.cut_crops, steps.look_at_crops, steps.train, steps.choose_training):
        with pytest.raises(DownloadError, match=r"no file '/nowhere/birds\.mp4'"):
            step()
    assert "gallery" not in kernel_state.current and "crops" not in kernel_state.current
    assert rejected(bikes_gallery.dataset) == []


def test_a_failed_step_clears_what_came_after_it(bikes: Project, page: list[Any]) -> None:
    open_named("bikes")
    form = steps.choose_video()
    gallery, training = steps.look_at_crops(), steps.choose_training()
    form.value = {"source": "/nowhere/other.mp4"}
    with pytest.raises(DownloadError):
        steps.get_video()
    for panel in (gallery, training):
        assert "Run this cell again" in text_of(panel) and "cp-thumb" not in text_of(panel)
    with pytest.raises(DownloadError):
        steps.look_at_crops()
    assert not [thing for thing in page if isinstance(thing, Gallery) and thing is not gallery]


def test_the_same_step_again_leaves_the_panels_below_as_they_are(bikes: Project) -> None:
    open_named("bikes")
    gallery = steps.look_at_crops()
    steps.get_video()
    steps.cut_crops()
    assert kernel_state.current.get("gallery") is gallery and gallery in Gallery.shown()


def test_a_name_that_was_typed_and_not_opened_counts(bikes: Project) -> None:
    open_named("bikes")
    form = kernel_state.current.project_form
    assert form is not None
    form.name.value = "roses"
    assert steps.choose_video()._project == Project(bikes.path.parent / "roses")
    project = kernel_state.current.project
    assert project is not None and project.path.name == "roses"


def test_every_panel_names_its_project(bikes: Project, page: list[Any]) -> None:
    open_named("bikes")
    panels = [steps.choose_video(), steps.choose_crops(), steps.look_at_crops()]
    panels += [steps.choose_training(), steps.choose_picture(), steps.choose_sharing()]
    panels += [steps.choose_small()]
    steps.show_result()
    for panel in [*panels, *page]:
        assert "bikes" in text_of(panel), type(panel)


# Each cell alone in a fresh kernel.


@pytest.mark.parametrize("cell", [cell for cell in CELLS if cell not in ("train", "use-model")])
def test_each_cell_alone_does_what_is_needed_before_it(
    bikes: Project, cell: str, page: list[Any]
) -> None:
    needs_a_model = cell in ("report", "live", "share", "choose-state")
    if needs_a_model:
        with pytest.raises(CheckpointError, match="no trained model yet"):
            run(cell)
        return
    run(cell)
    if cell in ("frames", "look", "train-form"):
        assert "Welcome back: bikes is not trained yet." in text_of(page[0])
        assert len(manifest.read_all(bikes.crops)) == 1
    if cell == "frames":
        assert "12 crops: " in text_of(page[-1])


def test_each_cell_alone_and_without_any_project_begins_one(root: Path, page: list[Any]) -> None:
    run("video")
    assert "A new project: my-first-model." in text_of(page[0])
    assert "so the sample is taken: a short time-lapse" in text_of(page[1])


@pytest.mark.slow
def test_the_training_cell_alone_goes_on_with_the_nights_training(
    bikes: Project, monkeypatch: pytest.MonkeyPatch, page: list[Any]
) -> None:
    run("look")
    page[-1].buttons[0].value = True
    run("train")
    first = page[-1]
    assert "2 of 2" in first.text.value and "project bikes" in text_of(first)
    bikes.remember(TINY.replace(epochs=3))
    new_kernel(monkeypatch)
    page.clear()
    names: dict[str, Any] = {}
    run("train", names)
    assert names["result"].started_at_step == names["result"].total_steps * 2 // 3
    assert "Welcome back" in text_of(page[0]) and "training goes on at step" in text_of(page[-1])
    assert len(page[-1]._notes) > 1 and "Nothing is saved yet" not in text_of(page[-1])
    packed = curate.unpack(bikes.dataset_zip, bikes.work / "looked-at")
    assert [crop.choice for crop in packed.crops[:2]] == ["reject", ""]

    new_kernel(monkeypatch)
    bikes.remember(SmallConfig(wanted=True))
    for _ in range(2):
        run("make-small", names)
        assert names["small"].path.parent == bikes.path and "The small model" in text_of(page[-1])
    bikes.remember(SmallConfig(wanted=False))
    new_kernel(monkeypatch)
    for cell in ("use-model", "report", "result"):
        run(cell)
    for cell in CELLS:  # and all in one kernel, each twice
        if cell not in ("live", "report"):
            run(cell)
            run(cell)
    assert rejected(kernel_state.current.get("crops")) == [0]


def test_old_copies_of_the_notebook_still_run(bikes: Project) -> None:
    form = ProjectForm()
    project = steps.open_project(form)
    video = steps.get_video(project, VideoForm(project))
    crops = steps.cut_crops(project, video, FramesForm(project, video))
    gallery = steps.look_at_crops(crops, project)
    assert project == bikes and len(gallery.dataset.crops) == 12


def test_cutting_again_says_how_many_there_are(bikes: Project, page: list[Any]) -> None:
    for _ in range(2):
        steps.cut_crops()
        assert "12 crops: " in page[-1].notes.value and "learns from" in page[-1].notes.value


def test_clicks_from_a_cell_in_between_are_all_there(bikes: Project) -> None:
    gallery = steps.look_at_crops()
    jobs = [
        threading.Thread(target=curate.choose, args=(gallery.dataset, crop.file, "reject"))
        for crop in gallery.dataset.crops[:3]
    ]
    for job in jobs:
        job.start()
    for job in jobs:
        job.join()
    gallery.buttons[5].value = True
    assert rejected(gallery.dataset) == [0, 1, 2, 5]
