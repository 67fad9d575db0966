"""The steps of the notebook without a notebook: what outlives a session, what is done only once."""

from __future__ import annotations

import base64
import html
import io
import re
import shutil
import sys
import types
import urllib.request
import zipfile
from pathlib import Path
from typing import Any

import ipywidgets as widgets
import numpy as np
import pytest
from PIL import Image

from colab_pix2pix import files
from colab_pix2pix.config import FramesConfig, TrainConfig, UseConfig, VideoConfig
from colab_pix2pix.dataset import choices, curate, manifest
from colab_pix2pix.dataset.manifest import Dataset
from colab_pix2pix.errors import CheckpointError, DatasetError, OptionError
from colab_pix2pix.events import Event, Note, ignore
from colab_pix2pix.notebook import crop_cache, machine, steps
from colab_pix2pix.notebook.forms import (
    FramesForm,
    ProjectForm,
    TrainForm,
    UseForm,
    VideoForm,
    file_upload,
)
from colab_pix2pix.notebook.panels import live_page, predictions
from colab_pix2pix.notebook.panels.report_view import report_view
from colab_pix2pix.notebook.steps import model_steps
from colab_pix2pix.project import Project
from colab_pix2pix.training.devices.try_out import Trial
from colab_pix2pix.workflows import time_estimate
from support import videos
from support.networks import SMALLEST
from support.servers import serving

FRAMES = FramesConfig(count=12)


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return Project(tmp_path / "projects" / "roses")


@pytest.mark.parametrize("found", [1, 8, 16])
def test_the_speed_of_a_run_counts_the_crops_that_fitted_into_memory(
    project: Project, crops: Dataset, monkeypatch: pytest.MonkeyPatch, found: int
) -> None:
    """Where the form says 0, a step has had `found` crops."""
    form = TrainForm(project=project, crops=crops)
    form.value = {"batch_size": 0}

    def train(dataset: Dataset, project: Project, config: TrainConfig, **options: object) -> object:
        assert config.batch_size == 0
        project.remember(config.replace(batch_size=found))
        return types.SimpleNamespace(interrupted=False, project=project)

    monkeypatch.setattr(model_steps.pipeline, "train", train)
    monkeypatch.setattr(model_steps.TrainingPanel, "steps_per_second", 2.0)
    monkeypatch.setattr(time_estimate, "gpu_name", lambda: "")
    steps.train(project, crops, form)
    estimate = time_estimate.estimate(form.config.replace(epochs=1), crops=100, device="")
    assert estimate.measured
    assert estimate.seconds == pytest.approx(100 / (2.0 * found))


@pytest.fixture
def clip(tmp_path: Path) -> Path:
    return videos.scene(tmp_path / "clip.mp4", "-b:v", "1M", seconds=2, size="320x180")


def cut(project: Project, source: str, frames: FramesConfig = FRAMES) -> Dataset:
    project.remember(VideoConfig(source=source))
    video = crop_cache.fetch(project, project.recall(VideoConfig), on_event=ignore)
    return crop_cache.cut(project, video, frames, on_event=ignore)


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

    events: list[Event] = []
    crop_cache.recover(project, on_event=events.append)
    assert any("12 crops came back" in e.message for e in events if isinstance(e, Note))
    again = cut(project, str(clip))
    assert again.crops == dataset.crops
    assert again.crops[3].choice == "reject"


@pytest.mark.parametrize("length", [0, 1000])
def test_a_torn_archive_costs_the_cutting_and_no_choice(
    project: Project, clip: Path, length: int
) -> None:
    dataset = cut(project, str(clip))
    gallery = steps.look_at_crops(dataset, project)
    gallery.buttons[2].value = gallery.buttons[5].value = True
    curate.pack(gallery.dataset, project.dataset_zip)
    assert gallery._keeper.wait()
    forget_this_machine()
    with open(project.dataset_zip, "r+b") as file:
        file.truncate(length)

    form = VideoForm(project)
    assert steps.get_video(project, form) is not None
    events: list[Event] = []
    crop_cache.recover(project, on_event=events.append)
    (note,) = events
    assert "dataset.zip can't be unpacked" in note.message and note.level == "warning"
    again = crop_cache.cut(project, clip, FRAMES, on_event=events.append)
    assert again.crops == gallery.dataset.crops
    assert "What was decided about 2 crops came back" in events[-1].message


def test_a_click_that_was_never_packed_is_seen_on_the_next_machine(
    project: Project, clip: Path
) -> None:
    dataset = cut(project, str(clip))
    curate.pack(dataset, project.dataset_zip)
    gallery = steps.look_at_crops(dataset, project)
    for button in gallery.buttons[:10]:
        button.value = True
    gallery.undo.click()
    assert gallery._keeper.wait()
    forget_this_machine()
    crop_cache.recover(project, on_event=ignore)
    again = cut(project, str(clip))
    assert [crop.choice for crop in again.crops[:11]] == ["reject"] * 9 + [""] * 2


def test_what_another_machine_decided_since_is_taken_over(project: Project, clip: Path) -> None:
    dataset = cut(project, str(clip))
    elsewhere = curate.choose(dataset, dataset.crops[0].file, "reject")
    choices.keep(project, elsewhere)
    manifest.write(dataset)  # as this machine has left it
    assert cut(project, str(clip)).crops == elsewhere.crops


def test_two_galleries_of_one_dataset_do_not_take_each_others_choices_back(
    project: Project, clip: Path
) -> None:
    dataset = cut(project, str(clip))
    first, second = (steps.look_at_crops(dataset, project) for _ in range(2))
    first.buttons[0].value = True
    second.buttons[1].value = True
    assert [crop.choice for crop in second.dataset.crops[:3]] == ["reject", "reject", ""]
    assert first._keeper.wait() and second._keeper.wait()
    fresh = dataset.replace(dataset.crops)
    assert choices.restore(project, fresh)[0].crops == second.dataset.crops


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
    dataset = cut(project, str(clip))
    dataset = curate.choose(dataset, dataset.crops[0].file, "reject")
    sample = cut(project, "")
    assert len(sample.crops) == 12
    assert len(sample.sources) == 1, "two videos must not be mixed by a change of mind"
    assert cut(project, str(clip)).crops == dataset.crops


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
        requests = len(server.requests)

        assert steps.get_video(project, VideoForm(project)) is None
        assert steps.cut_crops(project, None, _frames_form(project)).crops == dataset.crops
        assert len(server.requests) == requests

        other = _frames_form(project)
        other.value = {"count": 6}
        assert len(steps.cut_crops(project, None, other).crops) == 6
        assert len(server.requests) > requests, "other crops need the video again"


@pytest.mark.parametrize("kind", ["cookies", "password", "key"])
def test_what_is_private_is_used_when_crops_are_cut_again_and_never_stored(
    project: Project, clip: Path, tmp_path: Path, kind: str
) -> None:
    """In a later session the form has it again, the crops are there, and others are wanted."""
    jar = tmp_path / "cookies.txt"
    jar.write_text("127.0.0.1\tFALSE\t/\tFALSE\t0\tsession\tSECRET\n")
    with serving(clip.parent) as server:
        link = server.link("clip.mp4?token=SECRET" if kind == "key" else "clip.mp4")
        if kind == "password":
            link = link.replace("://", "://me:SECRET@")
        form = VideoForm(project)
        form.value = {"source": link, "cookies": str(jar) if kind == "cookies" else ""}
        assert ("is stored" in form.fields["source"].message.value) == (kind != "cookies")
        dataset = steps.cut_crops(project, steps.get_video(project, form), _frames_form(project))
        curate.pack(dataset, project.dataset_zip)
        forget_this_machine()
        crop_cache._typed.clear()

        stored = VideoForm(project)
        assert "SECRET" not in str(stored.value)
        assert steps.get_video(project, stored) is None, "the crops are in the project"
        later = VideoForm(project)
        later.value = form.value
        video = steps.get_video(project, later)
        server.cookies.clear()
        server.requests.clear()
        server.authorizations.clear()
        other = _frames_form(project)
        other.value = {"count": 6}
        shutil.rmtree(project.work / "video", ignore_errors=True)
        assert len(steps.cut_crops(project, None, other).crops) == 6
        used = {
            "cookies": server.cookies,
            "password": server.authorizations,
            "key": [path for _, path, _ in server.requests if "token=SECRET" in path],
        }
        assert used[kind]
        assert (video is None) == (kind != "key")
    for file in project.path.rglob("*"):
        assert not file.is_file() or b"SECRET" not in file.read_bytes()


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
    form.value = SMALLEST.replace(epochs=2, batch_size=2)
    first = steps.train(project, gallery, form)
    assert first.epochs_done == 2 and project.dataset_zip.exists()
    form.value = {"epochs": 3}
    second = steps.train(project, gallery, form)
    assert second.started_at_step == first.step
    done = f"Welcome back: all 3 epochs are done (roses, step {second.step})."
    assert steps.welcome(project) == f"{done} Set more of them to go on."
    steps.show_result(project)
    assert "the last run on this machine" in TrainForm(project, gallery).time_estimate.value

    path = steps.report(project)
    assert path == project.path / "report.html"
    page = report_view(path).children
    (frame,) = [w.value for w in page if "<iframe" in getattr(w, "value", "")]
    (shown,) = re.findall(r'srcdoc="([^"]+)"', frame)
    assert html.unescape(shown) == path.read_text()
    (link,) = [w.value for w in page if "cp-download" in getattr(w, "value", "")]
    assert base64.b64decode(link.split("base64,")[1].split('"')[0]) == path.read_bytes()

    form = UseForm()
    results = steps.use(project, gallery, form)
    assert 1 <= len(results) <= 4 and all(path.parent == project.path / "made" for path in results)
    photo = clip.parent / "my photo.jpeg"
    Image.effect_noise((90, 120), 60).convert("RGB").save(photo)
    form.source.value = str(photo)
    (prediction,) = steps.use(project, dataset, form)
    with Image.open(prediction) as picture:
        assert prediction.name == "my photo.png" and picture.size == (64, 64)
    view = predictions.predictions_view([(photo, prediction)], project.recall(TrainConfig))
    (strip,) = [w for w in view.children if "cp-made" in w._dom_classes]
    with Image.open(io.BytesIO(strip.value)) as pictures:
        assert pictures.size == (3 * 256 + 16, 256), "picture, what is seen of it, result"
    form.source.value = str(clip)
    ((source, result),) = predictions.predict(project, form.path, dataset, on_event=ignore)
    assert source == clip and result == project.path / "made" / "clip.mp4"
    watched = predictions.predictions_view([(source, result)], TrainConfig(image_size=64))
    (player,) = [w for w in watched.children if isinstance(w, widgets.Video)]
    assert b"ftyp" in bytes(player.value[:16])
    (link,) = [w.value for w in view.children if "cp-download" in getattr(w, "value", "")]
    packed = base64.b64decode(link.split("base64,")[1].split('"')[0])
    with zipfile.ZipFile(io.BytesIO(packed)) as archive:
        assert archive.read("my photo.png") == prediction.read_bytes()

    page = live_page.live_view(project, on_event=ignore)
    (frame,) = [w.value for w in page.children if "<iframe" in getattr(w, "value", "")]
    (address,) = re.findall(r'src="([^"]+)"', frame)
    for name in ("", "model.onnx", "runtime/ort.wasm.bundle.min.mjs"):
        with urllib.request.urlopen(address + name, timeout=10) as answer:
            assert answer.status == 200 and len(answer.read()) > 1000
    assert b"<html" in (project.path / "exports" / "web.html").read_bytes()[:200]


def test_what_the_form_says_of_videos_and_pictures_is_done_and_kept(
    project: Project, crops: Dataset, clip: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[dict[str, Any]] = []

    def apply(project: Project, source: Path, target: Path, **options: Any) -> list[Path]:
        asked.append(options)
        target.parent.mkdir(parents=True, exist_ok=True)
        return [Path(shutil.copy(source, target))]

    monkeypatch.setattr("colab_pix2pix.workflows.apply.apply", apply)
    form = UseForm(project)
    form.source.value = str(clip)
    assert form.value == {"whole": False, "side_by_side": True, "smooth": 0.0}
    steps.use(project, crops, form)
    form.value = {"whole": True, "side_by_side": False, "smooth": 0.5}
    second = shutil.copy(clip, clip.with_name("second.mp4"))
    form.source.value = str(second)
    (made,) = steps.use(project, crops, form)
    assert made == project.path / "made" / "second.mp4"
    for options in asked:
        options.pop("on_event")(Note(message="told while it works"))
    assert asked == [
        {"whole": False, "side_by_side": True, "smooth": 0.0},
        {"whole": True, "side_by_side": False, "smooth": 0.5},
    ]
    assert UseForm(project).config.smooth == 0.5, "kept with the project"
    form.value = {"smooth": 1.5}
    assert not form.valid
    with pytest.raises(OptionError, match=r"smooth: received 1\.5"):
        steps.use(project, crops, form)
    picture = crops.directory / "disc-00.png"
    predictions.predict(project, picture, crops, UseConfig(whole=True), on_event=ignore)
    assert asked[-1]["whole"] is True

    for beside, words in ((True, "Left: your video."), (False, "makes of your video")):
        how = UseConfig(side_by_side=beside)
        view = predictions.predictions_view([(clip, made)], TrainConfig(), how=how)
        texts = [row.value for row in view.children if isinstance(row, widgets.HTML)]
        assert any(words in text for text in texts)


def test_using_a_model_that_is_not_trained_says_so(project: Project, clip: Path) -> None:
    with pytest.raises(CheckpointError, match="no trained model yet"):
        steps.use(project, cut(project, str(clip)), UseForm())
    with pytest.raises(CheckpointError, match="no trained model yet"):
        steps.report(project)


@pytest.fixture
def colab_files(monkeypatch: pytest.MonkeyPatch) -> dict[str, bytes]:
    """The upload dialogue of Colab: whoever fills this dictionary chooses these files."""
    chosen: dict[str, bytes] = {}

    def upload(target_dir: str = "") -> dict[str, bytes]:
        for name, content in chosen.items():
            (Path(target_dir) / name).write_bytes(content)
        return {f"{target_dir}/{name}": content for name, content in chosen.items()}

    module = types.ModuleType("google.colab.files")
    module.upload = upload
    package = types.ModuleType("google.colab")
    package.files = module
    monkeypatch.setitem(sys.modules, "google.colab", package)
    monkeypatch.setitem(sys.modules, "google.colab.files", module)
    return chosen


def test_a_video_is_uploaded_by_the_cell_and_stays_the_projects_video(
    project: Project, clip: Path, colab_files: dict[str, bytes]
) -> None:
    colab_files["mine.mp4"] = clip.read_bytes()
    form = VideoForm(project)
    form.upload.value = True
    video = steps.get_video(project, form)
    assert video is not None and video.read_bytes() == clip.read_bytes()
    assert project.recall(VideoConfig).source.endswith("/mine.mp4")
    colab_files.clear()
    assert steps.get_video(project, form) == video, "run again, it asks for nothing"


def test_several_uploaded_pictures_are_a_folder(
    project: Project, tmp_path: Path, colab_files: dict[str, bytes]
) -> None:
    for path in sorted(write_images(tmp_path / "mine").iterdir()):
        colab_files[path.name] = path.read_bytes()
    form = VideoForm(project)
    form.upload.value = True
    folder = steps.get_video(project, form)
    assert folder is not None and sorted(p.name for p in folder.iterdir()) == sorted(colab_files)
    assert steps.get_video(project, form) == folder
    assert len(steps.cut_crops(project, folder, FramesForm(project, folder)).crops) == 12


def test_an_upload_without_a_file_is_explained(
    project: Project, colab_files: dict[str, bytes]
) -> None:
    form = VideoForm(project)
    form.upload.value = True
    with pytest.raises(file_upload.UploadError, match="No file was uploaded"):
        steps.get_video(project, form)


def write_images(folder: Path, size: tuple[int, int] = (160, 96), count: int = 6) -> Path:
    """Writes pictures of noise, no two alike, so that none is marked as bad."""
    folder.mkdir(parents=True)
    for number in range(count):
        noise = np.random.default_rng(number).integers(0, 256, (4, 6, 3), np.uint8)
        Image.fromarray(noise).resize(size, Image.Resampling.NEAREST).save(
            folder / f"my {number}.jpg"
        )
    return folder


def zipped(folder: Path) -> Path:
    """Packs a folder as people do, and removes it."""
    path = Path(shutil.make_archive(str(folder), "zip", folder))
    shutil.rmtree(folder)
    return path


def fetch_and_cut(project: Project, source: Path, pairs: str = "no") -> Dataset:
    """Goes through the forms and the steps with a source, as in the notebook."""
    form = VideoForm(project)
    form.value = {"source": str(source)}
    form.pairs.box.value = pairs
    path = steps.get_video(project, form)
    return steps.cut_crops(project, path, FramesForm(project, path))


def test_a_folder_of_pictures_is_cut_from_where_it_lies_and_comes_back_without_it(
    project: Project, tmp_path: Path
) -> None:
    folder = write_images(tmp_path / "roses v.1")
    dataset = fetch_and_cut(project, folder)
    assert [crop.side for crop in dataset.crops[:2]] == ["left", "right"]
    assert len(dataset.kept) == 12 and {c.split for c in dataset.crops} == {"train", "test"}
    assert not (project.work / "video").exists(), "nothing is copied but the crops"
    dataset = curate.choose(dataset, dataset.crops[0].file, "reject")
    assert fetch_and_cut(project, folder).crops == dataset.crops, "choices stay"

    curate.pack(dataset, project.dataset_zip)
    forget_this_machine()
    shutil.rmtree(folder)
    source = VideoForm(project)
    assert source.value["source"] == str(folder)
    again = steps.get_video(project, source)
    assert again is None
    assert steps.cut_crops(project, None, FramesForm(project)).crops == dataset.crops


@pytest.mark.parametrize("packed", [False, True], ids=["folder", "zip"])
@pytest.mark.parametrize("kind", ["side by side", "A and B"])
def test_pairs_are_learned_as_pairs_and_come_back_on_a_new_machine(
    project: Project, tmp_path: Path, kind: str, packed: bool
) -> None:
    source = tmp_path / "facades"
    if kind == "side by side":
        write_images(source, size=(128, 64))
    else:
        write_images(source / "A", size=(64, 64))
        write_images(source / "B", size=(64, 64))
    source = zipped(source) if packed else source
    dataset = fetch_and_cut(project, source, pairs="BtoA")
    assert len(dataset.crops) == 6 and all(crop.input_file for crop in dataset.crops)
    (metadata,) = dataset.sources.values()
    assert metadata["options"] == {"direction": "BtoA", "size": 256}
    form = TrainForm(project, dataset)
    assert (form.config.condition, form.preset.value) == ("paired", "quick")
    form.preset.value = "best"
    assert form.config.condition == "paired"

    curate.pack(dataset, project.dataset_zip)
    forget_this_machine()
    shutil.rmtree(source, ignore_errors=True)
    source.unlink(missing_ok=True)
    assert steps.get_video(project, VideoForm(project)) is None
    frames = FramesForm(project)
    assert steps.cut_crops(project, None, frames).crops == dataset.crops
    frames.value = {"scale": "-1:128"}
    with pytest.raises(DatasetError, match="neither a folder nor a zip"):
        steps.cut_crops(project, None, frames)


def test_two_folders_a_and_b_are_never_taken_for_loose_pictures(
    project: Project, tmp_path: Path
) -> None:
    write_images(tmp_path / "both" / "A")
    write_images(tmp_path / "both" / "B")
    with pytest.raises(DatasetError, match="Choose in the form which one is made from the other"):
        fetch_and_cut(project, tmp_path / "both")


def test_a_video_after_pairs_is_learned_as_a_video(project: Project, tmp_path: Path) -> None:
    pairs = fetch_and_cut(project, write_images(tmp_path / "pairs", size=(128, 64)), pairs="AtoB")
    TrainForm(project, pairs).remember()
    form = VideoForm(project)
    form.value = {"source": ""}
    crops_of_sample = cut(project, "")
    assert TrainForm(project, crops_of_sample).config.condition == "blurred-grey"
    assert "left" in {crop.side for crop in crops_of_sample.crops}


def test_an_uploaded_video_is_not_asked_for_again_on_a_new_machine(
    project: Project, clip: Path, colab_files: dict[str, bytes]
) -> None:
    colab_files["my clip.mp4"] = clip.read_bytes()
    form = VideoForm(project)
    form.upload.value = True
    video = steps.get_video(project, form)
    dataset = steps.cut_crops(project, video, _frames_form(project))
    curate.pack(dataset, project.dataset_zip)
    forget_this_machine()
    assert steps.get_video(project, VideoForm(project)) is None
    assert steps.cut_crops(project, None, _frames_form(project)).crops == dataset.crops


def test_looking_at_a_link_tells_its_size_and_fetches_only_the_head(
    project: Project, clip: Path
) -> None:
    with serving(clip.parent) as server:
        form = VideoForm(project)
        form.value = {"source": server.link("clip.mp4")}
        form.preview_button.click()
        assert "clip" in form.preview.value
        form.value = {"source": server.link("gone.mp4")}
        form.preview_button.click()
        assert form.preview.value == "" and "404" in form.errors.value


def test_an_interrupt_is_one_friendly_line(
    project: Project, clip: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(*args: object, **options: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(crop_cache, "cut", interrupted)
    with pytest.raises(steps.Stopped) as stopped:
        steps.cut_crops(project, clip, _frames_form(project))
    assert stopped.value._render_traceback_() == ["Stopped: run this cell again to cut the crops."]


def test_the_set_up_tells_versions_disk_and_what_no_gpu_means(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    text = machine.report().children[1].value
    for expected in ("colab_pix2pix", "TensorFlow", "Free disk", "No GPU here"):
        assert expected in text
    assert re.search(r"quick about \d+ min, best about \d+ \w+, .*paper about \d+ \w+", text)
    assert "Change runtime type" not in text and "Drive" not in text
    monkeypatch.setenv("COLAB_RELEASE_TAG", "release")
    assert "Runtime > Change runtime type > T4 GPU" in machine.report().children[1].value.replace(
        "&gt;", ">"
    )


def test_the_set_up_names_the_gpu(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    program = tmp_path / "nvidia-smi"
    program.write_text("#!/bin/sh\necho 'Tesla <T4>'\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/bin:/usr/bin")
    works = Trial(gpu="Tesla <T4>", usable=True, precision="float16")
    monkeypatch.setattr(time_estimate, "try_out", lambda config: works)
    assert "GPU: Tesla &lt;T4&gt;." in machine.report().children[1].value
    assert time_estimate.gpu_name() == "Tesla <T4>"


def test_a_driver_that_does_not_answer_is_no_gpu(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    program = tmp_path / "nvidia-smi"
    program.write_text("#!/bin/sh\necho 'no driver'; exit 9\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/bin:/usr/bin")
    assert time_estimate.gpu_name() == ""


def _frames_form(project: Project | None) -> FramesForm:
    form = FramesForm(project)
    form.value = FRAMES
    return form
