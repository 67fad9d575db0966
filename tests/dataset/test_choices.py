"""What a person decides about crops outlives the machine, other options, and a stale object."""

from __future__ import annotations

import dataclasses
import json
import shutil
import threading
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from colab_pix2pix.config import CurateConfig, FramesConfig
from colab_pix2pix.dataset import choices, manifest
from colab_pix2pix.dataset.choices import ChoiceKeeper
from colab_pix2pix.dataset.curate import choose, mark, pack, split, unpack
from colab_pix2pix.dataset.extract import extract_frames
from colab_pix2pix.dataset.import_images import import_pictures
from colab_pix2pix.dataset.manifest import Dataset
from colab_pix2pix.events import Event, Note
from colab_pix2pix.project import Project
from colab_pix2pix.workflows.pipeline import cut_and_mark
from support import videos

TEN = FramesConfig(count=10, scale="-1:64", crops="centre")


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return videos.counting(tmp_path_factory.mktemp("clip") / "clip.mp4", "-g", "20", frames=90)


def notes(heard: list[Event]) -> str:
    return " ".join(event.message for event in heard if isinstance(event, Note))


def decided(dataset: Dataset) -> list[tuple[str, str, str, tuple[str, ...]]]:
    return [(crop.file, crop.choice, crop.split, crop.marks) for crop in dataset.crops]


def test_a_stale_object_does_not_take_back_what_was_decided_since(crops: Dataset) -> None:
    first = choose(crops, crops.crops[0].file, "reject")
    second = choose(crops, crops.crops[1].file, "reject")
    assert [crop.choice for crop in second.crops[:3]] == ["reject", "reject", ""]
    for stale in (crops, first):
        assert [c.choice for c in mark(stale).crops[:2]] == ["reject", "reject"]
        assert [c.choice for c in split(stale).crops[:2]] == ["reject", "reject"]
    assert manifest.read(crops.directory).crops[0].choice == "reject"


@pytest.mark.parametrize(
    "names",
    [
        ["a.png", "sub/a.png", "sub/deep/b.png"],
        ["1:2.png", "x/1:2.png"],
        ["train/a.png", "test/a.png"],
    ],
)
def test_choices_of_pictures_in_sub_folders_come_back_after_packing(
    tmp_path: Path, names: list[str]
) -> None:
    folder = tmp_path / "pictures"
    for index, name in enumerate(names):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        Image.new("RGB", (16, 16), (90 * index, 0, 0)).save(folder / name)
    project = Project(tmp_path / "run")
    dataset = manifest.read(folder)
    project.path.mkdir()
    zipped = pack(dataset, project.dataset_zip)
    rejected = choose(dataset, names[-1], "reject")
    choices.keep(project, rejected)
    elsewhere = unpack(zipped, tmp_path / "another machine")
    back, changed = choices.restore(project, elsewhere)
    assert changed == 1
    assert [c.choice for c in back.crops] == [c.choice for c in rejected.crops]
    assert choices.lacking(project, project, rejected, there=back) == 0
    # And what is decided there comes back here.
    choices.keep(project, choose(back, back.crops[0].file, "reject"))
    here, _ = choices.restore(project, rejected)
    assert {c.file for c in here.crops if c.choice == "reject"} == {here.crops[0].file, names[-1]}


def test_choices_kept_by_an_earlier_version_under_names_with_folders_are_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "pictures"
    (folder / "sub").mkdir(parents=True)
    for name in ("a.png", "sub/b.png"):
        Image.new("RGB", (16, 16)).save(folder / name)
    dataset = manifest.read(folder)
    project = Project(tmp_path / "run")
    with monkeypatch.context() as before:
        before.setattr(choices, "packed_name", lambda name: name)
        choices.keep(project, choose(dataset, "sub/b.png", "reject"))
    assert '"sub/b.png"' in project.choices_file.read_text()
    elsewhere = unpack(pack(dataset, tmp_path / "dataset.zip"), tmp_path / "there")
    back, changed = choices.restore(project, elsewhere)
    assert changed == 1 and back.crops[1].choice == "reject"


def test_choices_at_one_time_in_several_threads_are_all_kept(crops: Dataset) -> None:
    jobs = [
        threading.Thread(target=choose, args=(crops, crop.file, "reject")) for crop in crops.crops
    ]
    for job in jobs:
        job.start()
    for job in jobs:
        job.join()
    assert not manifest.read(crops.directory).kept


def test_what_is_the_same_already_is_not_written_again(crops: Dataset) -> None:
    chosen = choose(crops, crops.crops[0].file, "reject")
    before = (crops.directory / "manifest.json").stat().st_mtime_ns
    assert choose(chosen, crops.crops[0].file, "reject") == chosen
    assert (crops.directory / "manifest.json").stat().st_mtime_ns == before


def test_a_changed_object_that_is_not_stale_is_what_counts(crops: Dataset) -> None:
    mine = crops.replace(tuple(dataclasses.replace(c, choice="keep") for c in crops.crops))
    chosen = choose(mine, crops.crops[0].file, "reject")
    assert [crop.choice for crop in chosen.crops[:2]] == ["reject", "keep"]
    assert manifest.read(crops.directory) == chosen


def test_another_count_keeps_choices_for_the_same_moments_and_says_what_is_lost(
    clip: Path, tmp_path: Path
) -> None:
    dataset = extract_frames(clip, tmp_path / "crops", TEN)
    chosen = choose(dataset, [crop.file for crop in dataset.crops[:6]], "reject")
    chosen = choose(chosen, chosen.crops[8].file, "keep")
    heard: list[Event] = []
    more = TEN.replace(count=90)
    every = extract_frames(clip, tmp_path / "crops", more, on_event=heard.append)
    assert "7 of 7 choices by hand stay." in notes(heard)
    rejected = {crop.time for crop in chosen.crops if crop.choice == "reject"}
    assert {crop.time for crop in every.crops if crop.choice == "reject"} == rejected
    assert [c.time for c in every.crops if c.choice == "keep"] == [chosen.crops[8].time]
    heard.clear()
    few = extract_frames(clip, tmp_path / "crops", TEN.replace(count=3), on_event=heard.append)
    kept = [crop for crop in few.crops if crop.choice]
    assert f"{len(kept)} of 7 choices by hand stay; the other {7 - len(kept)} were" in notes(heard)


def test_the_command_line_keeps_rejections_when_crops_are_cut_again(
    clip: Path, tmp_path: Path
) -> None:
    rules = CurateConfig()
    dataset = cut_and_mark([clip], tmp_path / "crops", TEN, rules)
    choose(dataset, dataset.crops[2].file, "reject")
    again = cut_and_mark([clip], tmp_path / "crops", TEN.replace(count=90), rules)
    assert [c.time for c in again.crops if c.choice == "reject"] == [dataset.crops[2].time]


def test_of_ones_own_pictures_the_same_picture_keeps_its_choice(tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    for number in range(9):
        Image.new("RGB", (64, 64), (20 * number, 90, 9)).save(tmp_path / "mine" / f"{number}.png")
    config = FramesConfig(count=9, scale="-1:64", crops="centre", image_format="png")
    dataset = import_pictures(tmp_path / "mine", tmp_path / "crops", config)
    rejected = dataset.crops[4]
    colour = Image.open(dataset.directory / rejected.file).getpixel((9, 9))
    choose(dataset, rejected.file, "reject")
    fewer = import_pictures(tmp_path / "mine", tmp_path / "crops", config.replace(count=3))
    found = [Image.open(fewer.directory / c.file).getpixel((9, 9)) for c in fewer.crops if c.choice]
    assert found == [colour]


def test_a_project_brings_the_gallery_back_when_crops_are_cut_again(
    clip: Path, tmp_path: Path
) -> None:
    project = Project(tmp_path / "project")
    dataset = split(mark(extract_frames(clip, tmp_path / "crops", TEN)), CurateConfig(seed=3))
    dataset = choose(dataset, [crop.file for crop in dataset.crops[1:4]], "reject")
    choices.keep(project, dataset)
    shutil.rmtree(tmp_path / "crops")
    cut = extract_frames(clip, tmp_path / "elsewhere", TEN)
    again, changed = choices.restore(project, cut)
    assert decided(again) == decided(dataset) and changed
    other = extract_frames(clip, tmp_path / "other", TEN.replace(count=90))
    by_moment, _ = choices.restore(project, other)
    rejected = [crop.time for crop in by_moment.crops if crop.choice == "reject"]
    assert rejected == [crop.time for crop in dataset.crops[1:4]]


def test_each_set_of_sources_has_choices_of_its_own(clip: Path, tmp_path: Path) -> None:
    project = Project(tmp_path / "project")
    second = videos.scene(tmp_path / "scene.mp4", seconds=2, size="128x96")
    datasets = [
        choose(dataset, dataset.crops[index].file, "reject")
        for index, video in enumerate((clip, second))
        if (dataset := extract_frames(video, tmp_path / f"crops-{index}", TEN))
    ]
    for dataset in datasets:
        choices.keep(project, dataset)
    for index, dataset in enumerate(datasets):
        fresh = dataclasses.replace(dataset, revision=0, crops=tuple(
            dataclasses.replace(crop, choice="") for crop in dataset.crops
        ))  # fmt: skip
        again, changed = choices.restore(project, fresh)
        assert changed == 1 and again.crops[index].choice == "reject"


def test_the_newest_decision_counts_and_the_older_one_does_not_come_back(
    crops: Dataset, tmp_path: Path
) -> None:
    project = Project(tmp_path / "project")
    chosen = choose(crops, crops.crops[0].file, "reject")
    choices.keep(project, chosen)
    kept = choose(chosen, crops.crops[0].file, "")
    assert choices.restore(project, kept) == (kept, 0)
    choices.keep(project, kept)
    assert choices.restore(project, crops)[0].crops[0].choice == ""


def test_the_same_again_writes_nothing(crops: Dataset, tmp_path: Path) -> None:
    project = Project(tmp_path / "project")
    choices.keep(project, crops)
    before = project.choices_file.stat().st_mtime_ns
    choices.keep(project, crops)
    assert project.choices_file.stat().st_mtime_ns == before


def test_choices_reach_the_project_from_a_thread_and_a_failure_is_told_and_mended(
    crops: Dataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(choices, "_RETRY_SECONDS", 0.01)
    project, keeper = Project(tmp_path / "project"), ChoiceKeeper(Project(tmp_path / "project"))
    project.path.write_text("a file is in the way")
    keeper.offer(choose(crops, crops.crops[0].file, "reject"))
    assert not keeper.wait(0.2)
    assert str(project.path) in keeper.trouble
    project.path.unlink()
    assert keeper.wait() and not keeper.trouble
    assert choices.restore(project, crops)[0].crops[0].choice == "reject"


quick = settings(max_examples=80, deadline=None)
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=9) | st.dictionaries(st.text(max_size=9), inner, max_size=3)
    ),
    max_leaves=8,
)


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> tuple[Project, Dataset, bytes]:
    folder = tmp_path_factory.mktemp("kept")
    Image.new("RGB", (16, 16)).save(folder / "a.png")
    dataset = manifest.read(folder)
    project = Project(folder / "project")
    chosen = choose(dataset, "a.png", "reject")
    choices.keep(project, chosen)
    return project, dataset, project.choices_file.read_bytes()


@quick
@given(json_values, st.sampled_from(["datasets", "format", "record", "crops", "row", "cell"]))
def test_whatever_stands_in_the_file_is_read_or_counts_as_none(
    kept: tuple[Project, Dataset, bytes], value: object, where: str
) -> None:
    project, dataset, good = kept
    content = json.loads(good)
    (name,) = content["datasets"]
    record = content["datasets"][name]
    if where in content:
        content[where] = value
    elif where == "record":
        content["datasets"][name] = value
    elif where == "crops":
        record["crops"] = value
    elif where == "row":
        record["crops"][0] = value
    else:
        record["crops"][0][hash(str(value)) % 8] = value
    project.choices_file.write_text(json.dumps(content))
    again, _ = choices.restore(project, dataset)
    assert {crop.choice for crop in again.crops} <= {"", "keep", "reject"}
    choices.keep(project, choose(again, "a.png", "keep"))
    fresh, _ = choices.restore(project, dataset)
    assert fresh.crops[0].choice == "keep"


@quick
@given(st.data())
def test_a_torn_file_counts_as_none(
    kept: tuple[Project, Dataset, bytes], data: st.DataObject
) -> None:
    project, dataset, good = kept
    project.choices_file.write_bytes(good[: data.draw(st.integers(0, len(good) - 3))])
    project.earlier_choices_file.unlink(missing_ok=True)
    assert choices.restore(project, dataset) == (dataset, 0)


def test_an_archive_of_before_is_still_the_same_dataset(crops: Dataset, tmp_path: Path) -> None:
    assert "revision" not in manifest.to_dict(crops), "a manifest nobody has changed stays as it is"
    chosen = choose(crops, crops.crops[0].file, "reject")
    from colab_pix2pix.dataset.archive import is_packed, pack

    assert is_packed(chosen, pack(chosen, tmp_path / "dataset.zip"))
    back = unpack(tmp_path / "dataset.zip", tmp_path / "back")
    assert back.revision == chosen.revision


@pytest.mark.parametrize("share", [0.0, 0.2, 0.5, 0.9])
def test_a_write_of_choices_that_is_cut_off_leaves_those_before(
    crops: Dataset, tmp_path: Path, share: float
) -> None:
    project = Project(tmp_path / "run")
    first = choose(crops, [crop.file for crop in crops.crops[:3]], "reject")
    choices.keep(project, first)
    before = project.choices_file.read_bytes()
    choices.keep(project, choose(first, [crop.file for crop in crops.crops[:9]], "keep"))
    after = project.choices_file.read_bytes()
    cut = int(len(after) * share)
    project.choices_file.write_bytes(after[:cut] + before[cut:])  # the old text, or a mixture
    restored, _ = choices.restore(project, manifest.Dataset(crops.directory, crops.crops))
    assert [crop.choice for crop in restored.crops] == [crop.choice for crop in first.crops]


def test_two_galleries_that_write_at_once_leave_what_was_decided_last(
    crops: Dataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    project, begun, go = Project(tmp_path / "run"), threading.Event(), threading.Event()
    keep = choices.keep

    def slow(project: Project, dataset: Dataset) -> None:
        if not begun.is_set():
            begun.set()
            go.wait(5)
        keep(project, dataset)

    monkeypatch.setattr(choices, "keep", slow)
    first, second = ChoiceKeeper(project), ChoiceKeeper(project)
    older = choose(crops, crops.crops[0].file, "reject")
    first.offer(older)
    assert begun.wait(5)
    newer = choose(older, crops.crops[1].file, "reject")
    second.offer(newer)
    threading.Timer(0.3, go.set).start()
    assert first.wait() and second.wait()
    assert choices.restore(project, Dataset(crops.directory, crops.crops))[0].crops == newer.crops
