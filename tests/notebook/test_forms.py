"""Forms, without a kernel: what stands in the boxes, what they say, what comes back."""

from __future__ import annotations

import base64
import dataclasses
import io
import json
import re
import shutil
import subprocess
import sys
import warnings
from pathlib import Path

import ipywidgets as widgets
import pytest
from PIL import Image

import colab_pix2pix as p2p
from colab_pix2pix import files, options
from colab_pix2pix.config import (
    PRESETS,
    CurateConfig,
    FramesConfig,
    PicturesConfig,
    TrainConfig,
    VideoConfig,
)
from colab_pix2pix.dataset.manifest import Crop, Dataset
from colab_pix2pix.downloader.preview import VideoPreview
from colab_pix2pix.downloader.ytdlp import Format
from colab_pix2pix.errors import OptionError, ProjectError
from colab_pix2pix.notebook.error_panel import ErrorPanel
from colab_pix2pix.notebook.forms import (
    Form,
    FramesForm,
    ProjectForm,
    TrainForm,
    UseForm,
    VideoForm,
    video_form,
)
from colab_pix2pix.options import Config
from colab_pix2pix.project import Project
from colab_pix2pix.workflows import time_estimate
from support import videos

KINDS = [VideoConfig, PicturesConfig, FramesConfig, CurateConfig, TrainConfig]
CHANGED = [
    VideoConfig(source="https://example.org/a.mp4", height=720, cookies="cookies.txt"),
    FramesConfig(count=40, scale="256:-1", crops="centre"),
    CurateConfig(dark_below=0.5, duplicate_bits=0),
    TrainConfig(image_size=64, learning_rate=1e-5, save_every_seconds=7.5, precision="float32"),
]


@pytest.fixture(autouse=True)
def _nothing_typed_before(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ProjectForm, "typed_last", "")


def shown(widget: widgets.Widget) -> list[widgets.Widget]:
    """Returns a widget and everything inside it."""
    inside = [w for child in getattr(widget, "children", ()) for w in shown(child)]
    return [widget, *inside]


def with_class(widget: widgets.Widget, name: str) -> list[widgets.Widget]:
    return [w for w in shown(widget) if name in getattr(w, "_dom_classes", ())]


def box(form: widgets.Widget, name: str) -> widgets.Widget:
    (widget,) = with_class(form, f"cp-{name}")
    return widget


@pytest.mark.parametrize("config", CHANGED, ids=lambda c: type(c).__name__)
def test_a_form_and_json_carry_a_config_there_and_back(config: Config) -> None:
    form = Form(type(config)())
    form.value = config
    assert form.config == config
    assert type(config).from_dict(json.loads(json.dumps(form.value))) == config


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_every_option_has_a_box_with_its_label_and_its_help_in_sight(kind: type[Config]) -> None:
    form = Form(kind())
    texts = " ".join(w.value for w in shown(form) if isinstance(w, widgets.HTML))
    for name, spec in options.options(kind).items():
        assert box(form, name).description == (spec.label or name.replace("_", " ").capitalize())
        assert spec.help.replace("'", "&#x27;") in texts


def test_advanced_options_are_folded_away_until_asked_for() -> None:
    form = TrainForm()
    (folded,) = with_class(form, "cp-folded")
    (more,) = with_class(form, "cp-more")
    assert box(form, "learning_rate") in shown(folded)
    assert box(form, "minutes") not in shown(folded)
    assert folded.layout.display == "none"
    more.value = True
    assert folded.layout.display == "flex"
    more.value = False
    assert folded.layout.display == "none"


def test_what_is_folded_away_is_in_groups_with_a_sentence_each() -> None:
    form = TrainForm()
    (folded,) = with_class(form, "cp-folded")
    where: dict[str, str] = {}
    group = ""
    for row in folded.children:
        if isinstance(row, widgets.HTML):
            group = re.sub("<[^>]+>", " ", row.value).strip()
        else:
            names = [name for name, field in form.fields.items() if field.row is row]
            where |= dict.fromkeys(names, group)
    assert where["condition"].startswith("What it sees") and where["condition"].endswith(".")
    assert where["epochs"] == where["learning_rate"] != ""
    assert where["base_filters"] == where["depth"]
    assert where["save_every_seconds"].startswith("Saving")
    assert len(set(where.values())) == 4
    assert set(where) == set(options.options(TrainConfig)) - {"minutes"}


def test_a_wrong_value_is_explained_beside_its_box_at_once_and_only_there() -> None:
    form = FramesForm()
    box(form, "count").value = 0
    complaints = [w.value for w in with_class(form, "cp-message") if w.value]
    assert len(complaints) == 1
    assert "Expected a whole number from 1 to 100000" in complaints[0]
    with pytest.raises(OptionError, match="count: received 0"):
        _ = form.config
    box(form, "count").value = 12
    assert not any(w.value for w in with_class(form, "cp-message"))
    assert form.config.count == 12


def test_a_message_shows_what_was_typed_as_text_not_as_html() -> None:
    panel = ErrorPanel()
    panel.show(ProjectError("<img src=x onerror=alert(1)>", fix="<b>"))
    assert "<img" not in panel.value
    assert "&lt;img src=x onerror=alert(1)&gt;" in panel.value


def test_the_words_of_a_program_are_folded_away_below_the_plain_ones() -> None:
    panel = ErrorPanel()
    panel.show(ProjectError("It is private.", fix="Sign in.", details="yt-dlp: <Private>"))
    plain, folded = panel.value.split("<details")
    assert "It is private" in plain and "Sign in" in plain
    assert "yt-dlp: &lt;Private&gt;" in folded and "yt-dlp" not in plain


def test_blanks_around_a_pasted_link_are_left_out() -> None:
    form = VideoForm()
    box(form, "source").value = "  https://example.org/flowers.mp4\n"
    assert form.config.source == "https://example.org/flowers.mp4"


@pytest.mark.parametrize("values", [{"condition": "photo"}, {"epochs": "many"}, {"speed": 1}])
def test_setting_what_no_box_can_hold_is_refused_by_name(values: dict[str, object]) -> None:
    form = TrainForm()
    before = form.config
    with pytest.raises(OptionError, match=next(iter(values))):
        form.value = values
    assert form.config == before


def test_stored_options_come_back_in_the_next_session(tmp_path: Path) -> None:
    project = Project(tmp_path / "roses")
    first = FramesForm(project)
    assert not project.path.exists(), "showing a form must not write"
    box(first, "count").value = 77
    assert FramesForm(Project(tmp_path / "roses")).config == FramesConfig(count=77)


def test_a_path_to_cookies_is_used_and_never_stored(tmp_path: Path) -> None:
    project = Project(tmp_path / "roses")
    form = VideoForm(project)
    form.value = {"source": "https://example.org/a", "cookies": "cookies.txt"}
    assert form.config.cookies == "cookies.txt"
    assert "cookies" not in project.settings_file.read_text()


def test_a_wrong_value_is_not_stored(tmp_path: Path) -> None:
    project = Project(tmp_path / "roses")
    form = FramesForm(project)
    box(form, "count").value = 77
    box(form, "count").value = -1
    assert project.recall(FramesConfig).count == 77


def test_an_error_while_storing_is_shown_in_the_form(tmp_path: Path) -> None:
    project = Project(tmp_path / "roses")
    form = FramesForm(project)
    project.path.mkdir()
    project.settings_file.write_text("{damaged")
    box(form, "count").value = 5
    (panel,) = with_class(form, "cp-errors")
    assert "project.json" in panel.value
    assert "damaged" not in panel.value or "can&#x27;t be read" in panel.value


def test_training_starts_with_the_quick_preset() -> None:
    assert TrainForm().config == PRESETS["quick"].config


def test_the_crops_are_drawn_on_a_frame_and_again_when_an_option_moves_them() -> None:
    form = FramesForm(video=p2p.sample_video())
    first = form.drawing.value
    with Image.open(io.BytesIO(first)) as picture:
        assert picture.format == "JPEG"
        left, middle, right = (picture.getpixel((x, 3)) for x in (8, 280, 552))
    assert min(sum(left), sum(middle), sum(right)) > 60, "the two squares cover the frame"
    box(form, "count").value = 10
    assert form.drawing.value == first
    box(form, "crops").value = "centre"
    with Image.open(io.BytesIO(form.drawing.value)) as picture:
        dark, light = picture.getpixel((60, 150)), picture.getpixel((280, 150))
    with Image.open(io.BytesIO(first)) as picture:
        assert sum(dark) < sum(picture.getpixel((60, 150))) / 2, "what is not cut is dimmed"
        assert sum(light) == pytest.approx(sum(picture.getpixel((280, 150))), abs=30)


def test_a_video_that_cannot_be_drawn_is_explained_in_the_form(tmp_path: Path) -> None:
    form = FramesForm(video=tmp_path / "gone.mp4")
    (panel,) = with_class(form, "cp-errors")
    assert "There is no file" in panel.value
    assert form.drawing.layout.display == "none"


@pytest.mark.parametrize("name", list(PRESETS))
def test_a_preset_fills_the_boxes_and_is_named_until_one_is_changed(name: str) -> None:
    form = TrainForm()
    form.preset.value = name
    assert form.config == PRESETS[name].config
    box(form, "epochs").value += 1
    assert form.preset.value == ""
    assert form.config == dataclasses.replace(
        PRESETS[name].config, epochs=PRESETS[name].config.epochs + 1
    )
    box(form, "epochs").value -= 1
    assert form.preset.value == name


def test_a_preset_is_stored_whole(tmp_path: Path) -> None:
    project = Project(tmp_path / "roses")
    TrainForm(project).preset.value = "paper"
    assert project.recall(TrainConfig) == PRESETS["paper"].config
    assert TrainForm(project).preset.value == "paper"


def test_the_project_form_starts_with_a_name_and_gives_the_project(tmp_path: Path) -> None:
    form = ProjectForm(tmp_path)
    assert form.project == Project(tmp_path / "my-first-model")
    assert not (tmp_path / "my-first-model").exists()
    assert form.existing.layout.display == "none"


@pytest.mark.parametrize("name", ["", "../up", "a/b", " ", ".hidden"])
def test_a_name_that_no_folder_can_bear_is_explained_beside_the_box(
    tmp_path: Path, name: str
) -> None:
    form = ProjectForm(tmp_path)
    form.name.value = name
    assert "Expected up to 64 letters" in form.message.value
    with pytest.raises(OptionError):
        _ = form.project


def test_existing_projects_are_listed_and_can_be_gone_on_with(tmp_path: Path) -> None:
    for name in ("roses", "clouds"):
        Project(tmp_path / name).remember(FramesConfig())
    form = ProjectForm(tmp_path)
    names = [value for _, value in form.existing.options]
    assert sorted(names) == ["", "clouds", "roses"]
    form.existing.value = "roses"
    assert form.project == Project(tmp_path / "roses")
    form.name.value = "something new"
    assert form.existing.value == ""


def test_projects_are_listed_with_what_they_make_how_far_they_are_and_when(tmp_path: Path) -> None:
    for name in ("roses", "clouds"):
        Project(tmp_path / name).remember(FramesConfig())
    samples = tmp_path / "roses" / "samples"
    samples.mkdir()
    grid = Image.new("RGB", (120, 60), (200, 30, 30))
    grid.paste((20, 60, 220), (0, 40, 120, 60))  # the lowest row: what the network has made
    grid.save(samples / "step-00000120.jpg")
    html = ProjectForm(tmp_path).list.value
    assert "<b>roses</b>" in html and "step 120, used " in html
    assert "<b>clouds</b>" in html and "not trained yet, used " in html
    (content,) = re.findall(r"base64,([^\"]*)", html)
    with Image.open(io.BytesIO(base64.b64decode(content))) as row:
        assert row.width == 3 * row.height * 2
        assert row.getpixel((40, 10))[2] > 200
    (samples / "step-00000130.jpg").write_bytes(b"torn")
    assert "step 130, used " in ProjectForm(tmp_path).list.value


def test_looking_first_shows_what_a_path_leads_to_and_fetches_nothing(tmp_path: Path) -> None:
    clip = videos.scene(tmp_path / "<clip>.mp4", seconds=3)
    form = VideoForm()
    form.value = {"source": str(clip)}
    form.preview_button.click()
    for text in ("&lt;clip&gt;.mp4", "3 s", "160×96", "kB", "data:image/jpeg"):
        assert text in form.preview.value
    assert form.formats.layout.display == "none", "a file has one form only"
    form.value = {"source": ""}
    form.preview_button.click()
    assert "time-lapse.mp4" in form.preview.value


@pytest.fixture
def pictures(tmp_path: Path) -> Path:
    folder = tmp_path / "<mine>"
    folder.mkdir()
    for number in range(3):
        Image.new("RGB", (120, 60), (200, 30 * number, 20)).save(folder / f"{number}.png")
    return folder


def rows_in_sight(form: Form) -> set[str]:
    return {name for name, f in form.fields.items() if f.row.layout.display != "none"}


def test_looking_first_shows_how_many_pictures_a_folder_holds(pictures: Path) -> None:
    form = VideoForm()
    assert form.pairs.row.layout.display == "none"
    form.value = {"source": str(pictures)}
    assert form.pairs.row.layout.display == "flex"
    assert "start" not in rows_in_sight(form)
    form.preview_button.click()
    for text in ("&lt;mine&gt;", "Pictures <b>3</b>", "data:image/jpeg"):
        assert text in form.preview.value
    form.pairs.box.value = "AtoB"
    form.preview_button.click()
    assert "Pairs <b>3</b>" in form.preview.value
    form.value = {"source": ""}
    assert form.pairs.row.layout.display == "none" and "start" in rows_in_sight(form)


def test_a_path_that_can_not_be_used_is_explained_beside_the_box(
    pictures: Path, tmp_path: Path
) -> None:
    form = VideoForm()
    message = form.fields["source"].message
    form.value = {"source": str(tmp_path / "gone.mp4")}
    assert "There is no such file or folder on this machine." in message.value
    (tmp_path / "empty").mkdir()
    form.value = {"source": str(tmp_path / "empty")}
    assert "There are no pictures in" in message.value
    (tmp_path / "no.zip").write_text("no zip")
    form.value = {"source": str(tmp_path / "no.zip")}
    assert "neither a folder nor a zip" in message.value
    for name in "AB":
        shutil.copytree(pictures, tmp_path / "both" / name)
    form.value = {"source": str(tmp_path / "both")}
    assert "Choose in the form which one is made from the other." in message.value
    form.pairs.box.value = "AtoB"
    assert message.value == ""
    for good in (str(pictures), "https://example.org/a.mp4", ""):
        form.value = {"source": good}
        assert message.value == ""


def test_what_pictures_are_comes_back_in_the_next_session(pictures: Path, tmp_path: Path) -> None:
    project = Project(tmp_path / "roses")
    form = VideoForm(project)
    form.value = {"source": str(pictures)}
    form.pairs.box.value = "BtoA"
    assert VideoForm(project).pictures_config == PicturesConfig(pairs="BtoA")


def test_the_frames_form_shows_only_what_counts_for_pictures(
    pictures: Path, tmp_path: Path
) -> None:
    project = Project(tmp_path / "roses")
    project.remember(VideoConfig(source=str(pictures)))
    form = FramesForm(project, pictures)
    counting = {"count", "crops", "shape", "region", "random_seed", "image_format"}
    assert rows_in_sight(form) == counting
    with Image.open(io.BytesIO(form.drawing.value)) as picture:
        assert picture.size == (560, 280)
    first = form.drawing.value
    box(form, "crops").value = "centre"
    assert form.drawing.value != first
    project.remember(PicturesConfig(pairs="AtoB"))
    form = FramesForm(project, pictures)
    assert rows_in_sight(form) == {"shape"}
    assert form.drawing.layout.display == "none"
    texts = " ".join(w.value for w in shown(form) if isinstance(w, widgets.HTML))
    assert "Pairs are never cut" in texts


def test_a_size_is_chosen_by_a_plain_menu_and_typed_only_when_it_is_another() -> None:
    form = FramesForm()
    assert (form.size.value, form.config.scale) == ("-1:256", "-1:256")
    assert "scale" not in rows_in_sight(form)
    form.size.value = "-1:512"
    assert form.config.scale == "-1:512"
    form.size.value = ""
    assert "scale" in rows_in_sight(form) and form.config.scale == "-1:512"
    box(form, "scale").value = "-1:25"
    box(form, "scale").value = "-1:256"  # on the way to -1:2560
    assert "scale" in rows_in_sight(form)
    form = FramesForm()
    form.value = {"scale": "455:256"}
    assert form.size.value == "" and "scale" in rows_in_sight(form)
    form.value = {"scale": "-1:128"}
    assert form.config.scale == "-1:128"


def test_looking_at_nothing_is_explained_in_the_form(tmp_path: Path) -> None:
    form = VideoForm()
    for source in (str(tmp_path / "gone.mp4"), "ftp://example.org/a.mp4"):
        form.value = {"source": source}
        form.preview_button.click()
        (panel,) = with_class(form, "cp-errors")
        assert "cp-error" in panel.value and source in panel.value
        assert form.preview.value == ""


def test_the_forms_of_a_video_are_offered_and_the_chosen_one_is_taken(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    offered = (
        Format(id="140", width=0, height=0, codec="none", bytes=9, note="sound"),
        Format(id="18", width=640, height=360, codec="h264", bytes=4_500_000, note="360p"),
        Format(id="22", width=1280, height=720, codec="vp9", bytes=0, note="720p"),
    )
    video = VideoPreview(title="Roses", formats=offered)
    monkeypatch.setattr(video_form, "preview", lambda source, config: video)
    form = VideoForm(Project(tmp_path / "roses"))
    form.preview_button.click()
    assert form.formats.layout.display == "flex"
    labels = [label for label, _ in form.formats.options]
    assert labels[1:] == ["640×360, h264, 4.5 MB, format 18", "1280×720, vp9, format 22"]
    form.formats.value = "22"
    assert form.config.format == "22"
    assert Project(tmp_path / "roses").recall(VideoConfig).format == "22"
    form.preview_button.click()
    assert form.formats.value == "22", "looking again keeps the choice"


@pytest.mark.parametrize("form", [VideoForm, UseForm])
def test_the_upload_box_is_there_in_colab_alone(
    form: type, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("COLAB_RELEASE_TAG", raising=False)
    assert form().upload.layout.display == "none"
    monkeypatch.setenv("COLAB_RELEASE_TAG", "release")
    assert form().upload.layout.display == "flex"


def crops_for_training(count: int) -> Dataset:
    return Dataset(Path("crops"), tuple(Crop(file=f"{n}.jpg") for n in range(count)))


def test_each_preset_says_about_how_long_it_takes_here(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(time_estimate, "gpu_name", lambda: "")
    form = TrainForm(crops=crops_for_training(240))
    labels = dict((name, label) for label, name in form.preset.options)
    assert re.search(r"about \d+ min here", labels["quick"])
    assert re.search(r"about \d+ h here", labels["paper"])
    assert (
        "the 216 crops that it learns from, on a CPU: an estimate, from what is usual"
        in form.time_estimate.value
    )
    quick = form.time_estimate.value
    form.value = {"epochs": 24 * 600}
    assert form.time_estimate.value != quick and "h with" in form.time_estimate.value
    form.value = {"minutes": 90.0}
    assert "It will end after about 1 h 30 min" in form.time_estimate.value
    assert "here" not in str(TrainForm().preset.options), "without crops nobody can tell"


def test_the_first_view_asks_how_long_and_how_fine_and_the_rest_is_folded() -> None:
    form = TrainForm(crops=crops_for_training(240))
    (folded,) = with_class(form, "cp-folded")
    names = list(form.fields)
    assert names[0] == "minutes" and sorted(names) == sorted(options.options(TrainConfig))
    first = [name for name in names if box(form, name) not in shown(folded)]
    assert first == ["minutes"]
    form.value = {"minutes": 20.0}
    assert re.search(r"about 20 min: about \d+ passes over your crops", form.time_estimate.value)


def test_a_trained_project_is_offered_twenty_more_minutes(tmp_path: Path) -> None:
    project = Project(tmp_path)
    assert TrainForm(project).more_minutes.layout.display == "none"
    project.slots[0].write_bytes(b"a state")
    form = TrainForm(project)
    assert form.more_minutes.layout.display == ""
    form.more_minutes.click()
    assert form.config.minutes == 20 and not form.errors.value


def test_few_crops_are_told_which_preset_is_made_for_them() -> None:
    form = TrainForm(crops=crops_for_training(80))
    assert "72 crops are few: the preset few" in form.time_estimate.value
    form.preset.value = "few"
    assert "are few" not in form.time_estimate.value
    assert "are few" not in TrainForm(crops=crops_for_training(400)).time_estimate.value


def test_the_estimate_follows_the_last_run_on_this_machine() -> None:
    quick, paper = PRESETS["quick"].config, PRESETS["paper"].config
    time_estimate.record_speed(quick, steps_per_second=5.0, device="")
    estimate = time_estimate.estimate(quick, crops=100, device="")
    assert estimate.measured and estimate.seconds == pytest.approx(
        quick.epochs * 100 / (5.0 * quick.batch_size)
    )
    slow = time_estimate.estimate(paper, crops=100, device="")
    time_estimate.record_speed(quick, steps_per_second=10.0, device="")
    assert time_estimate.estimate(paper, crops=100, device="").seconds == pytest.approx(
        slow.seconds / 2
    )
    assert not time_estimate.estimate(paper, crops=100, device="Tesla T4").measured


def test_a_speed_without_a_batch_size_is_not_kept() -> None:
    config = TrainConfig(batch_size=0)
    with pytest.raises(OptionError, match="batch_size: received 0"):
        time_estimate.record_speed(config, steps_per_second=5.0, device="")
    assert not time_estimate.estimate(config, crops=100, device="").measured


def test_a_later_form_of_the_session_starts_with_the_name_typed_before(tmp_path: Path) -> None:
    Project(tmp_path / "roses").remember(FramesConfig())
    form = ProjectForm(tmp_path)
    assert form.name.value == "roses", "a new session goes on with the project used last"
    form.name.value = "tulips"
    assert ProjectForm(tmp_path).name.value == "tulips"


def test_the_root_is_where_the_environment_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLAB_PIX2PIX_HOME", str(tmp_path))
    assert ProjectForm().project == Project(tmp_path / "my-first-model")


def test_forms_use_only_names_that_both_ipywidgets_know(tmp_path: Path) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for kind in KINDS:
            Form(kind(), title="A title")
        ProjectForm(tmp_path)
        TrainForm(crops=crops_for_training(3))
        VideoForm()
        UseForm()


def test_a_form_loads_nothing_heavy(own_home: Path) -> None:
    code = """
import sys
import colab_pix2pix as p2p
p2p.forms.TrainForm(), p2p.steps
heavy = {"tensorflow", "keras", "yt_dlp", "matplotlib", "scipy"} & set(sys.modules)
assert not heavy, heavy
"""
    subprocess.run([sys.executable, "-c", code], check=True)


def test_forms_are_part_of_the_public_names() -> None:
    assert p2p.forms.VideoForm is VideoForm


@pytest.mark.parametrize(
    "content",
    [
        *("", "{", "[]", '{"": 1}', '{"": {}}', '{"": {"options": [], "crop_seconds": 1}}'),
        *('{"": {"options": {"image_size": 3}, "crop_seconds": "x"}}', '{"": {"options": {}}}'),
        '{"": {"crop_seconds": 1,'
        ' "options": {"image_size": 3, "base_filters": 1, "batch_size": 1}}}',
    ],
)
def test_a_torn_record_of_speeds_is_none(content: str) -> None:
    config = TrainConfig.preset("quick")
    by_the_table = time_estimate.estimate(config, crops=100, device="")
    time_estimate.record_speed(config, steps_per_second=5.0, device="")
    (files.cache_dir() / "speed.json").write_text(content)
    assert time_estimate.estimate(config, crops=100, device="") == by_the_table
    time_estimate.record_speed(config, steps_per_second=5.0, device="")
    assert time_estimate.estimate(config, crops=100, device="").measured
