"""Two slots take turns; a damaged one is noticed; nothing is silently started anew."""

from __future__ import annotations

import errno
import json
import os
import threading
import time
import zipfile
from pathlib import Path

import numpy as np
import pytest

from colab_pix2pix.config import FramesConfig, TrainConfig, VideoConfig
from colab_pix2pix.errors import CheckpointError, IncompatibleRunError, ProjectError
from colab_pix2pix.events import Note, Saved
from colab_pix2pix.project import Project
from colab_pix2pix.storage import colab, drive, npz
from colab_pix2pix.storage.checkpoints import CheckpointWriter
from colab_pix2pix.storage.os_errors import UNCHANGED, translate_os_errors
from colab_pix2pix.storage.restore import generations, keep_milestone, status

STATE = {"generator/000-kernel": np.arange(6, dtype=np.float32).reshape(2, 3)}
SHAPES = {"generator/000-kernel": ((2, 3), "float32")}


def metadata(step: int) -> dict[str, object]:
    return {"step": step, "epochs_done": step // 10, "options": {"epochs": 3}}


def saved(writer: CheckpointWriter, step: int) -> list[object]:
    writer.save({name: array + step for name, array in STATE.items()}, metadata(step))
    for event in writer.wait_until_safe():
        assert event
    writer.settle()
    return [event for event in writer.news() if isinstance(event, Saved | Note)]


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return Project(tmp_path / "run")


def test_only_an_error_before_the_first_change_says_that_nothing_was_changed(
    tmp_path: Path,
) -> None:
    def message(**more: str) -> str:
        with pytest.raises(ProjectError) as raised, translate_os_errors(tmp_path, **more):
            raise OSError(errno.ENOSPC, "No space left on device")
        return str(raised.value)

    assert "Nothing was changed" not in message()
    assert "Nothing was changed." in message(why=UNCHANGED)
    assert "it is full" in message()


def test_two_slots_take_turns(project: Project) -> None:
    writer = CheckpointWriter(project)
    for step in (10, 20, 30):
        (event,) = saved(writer, step)
        assert isinstance(event, Saved) and event.confirmed and event.step == step
    assert [(g.step, g.path.name) for g in generations(project)] == [
        (30, "slot-a.npz"),
        (20, "slot-b.npz"),
    ]
    assert {p.name for p in project.path.iterdir()} == {
        "slot-a.npz",
        "slot-b.npz",
        "project.json",
        "session.json",
    }


@pytest.mark.parametrize("stored_by", ["this version", "an earlier one"])
def test_no_password_of_a_link_gets_into_a_state(project: Project, stored_by: str) -> None:
    """The settings travel with each state, for when `project.json` is torn."""
    link = "https://me:SECRET@example.org/clip.mp4?token=SECRET"
    if stored_by == "this version":
        project.remember(VideoConfig(source=link))
    else:
        project.path.mkdir()
        settings = {"format": 1, "video": VideoConfig().to_dict() | {"source": link}}
        project.settings_file.write_text(json.dumps(settings))
    writer = CheckpointWriter(project, configs=[TrainConfig()])
    for step in (10, 20):
        saved(writer, step)
    for path in project.path.rglob("*"):
        assert b"SECRET" not in path.read_bytes()
    project.settings_file.write_text("{")
    assert project.recall(VideoConfig).source == "https://example.org/clip.mp4"


def test_a_new_session_goes_on_in_the_other_slot_of_the_same_run(project: Project) -> None:
    saved(CheckpointWriter(project), 10)
    found = generations(project)
    (event,) = saved(CheckpointWriter(project, found), 20)
    assert isinstance(event, Saved)
    assert (event.generation, event.path.name) == (2, "slot-b.npz")
    assert len({g.manifest["run_id"] for g in generations(project)}) == 1


def test_what_is_read_is_what_was_written(project: Project) -> None:
    saved(CheckpointWriter(project), 10)
    arrays = npz.read_arrays(project.slots[0], SHAPES)
    assert np.array_equal(arrays["generator/000-kernel"], STATE["generator/000-kernel"] + 10)
    with np.load(project.slots[0]) as file:  # plain NumPy reads it too
        assert np.array_equal(file["generator/000-kernel"], arrays["generator/000-kernel"])


def damage(path: Path, how: str) -> None:
    content = bytearray(path.read_bytes())
    if how == "one flipped byte":
        content[content.index(np.float32(13).tobytes())] ^= 1
    elif how == "truncated":
        del content[len(content) // 2 :]
    elif how == "empty":
        content.clear()
    elif how == "zeros":
        content[:] = bytes(len(content))
    path.write_bytes(content)


DAMAGES = ["one flipped byte", "truncated", "empty", "zeros"]


@pytest.mark.parametrize("how", DAMAGES)
def test_a_damaged_slot_is_passed_over_for_the_older_one(project: Project, how: str) -> None:
    writer = CheckpointWriter(project)
    saved(writer, 20)
    saved(writer, 10)
    damage(project.slots[1], how)
    assert [g.step for g in generations(project)] == [20]


@pytest.mark.parametrize("how", DAMAGES)
def test_without_any_good_slot_it_stops_and_touches_nothing(project: Project, how: str) -> None:
    saved(CheckpointWriter(project), 10)
    damage(project.slots[0], how)
    before = project.slots[0].read_bytes()
    with pytest.raises(CheckpointError, match="no checkpoint that can be read"):
        generations(project)
    assert project.slots[0].read_bytes() == before


def test_a_torn_slot_without_a_project_file_may_be_a_lost_run_and_stops(project: Project) -> None:
    project.path.mkdir()
    project.slots[0].write_bytes(b"torn")
    with pytest.raises(CheckpointError, match="no checkpoint that can be read"):
        generations(project)


def test_a_run_whose_slots_are_gone_is_not_started_anew(project: Project) -> None:
    saved(CheckpointWriter(project), 10)
    project.slots[0].unlink()
    with pytest.raises(CheckpointError, match="fresh start would lose the run"):
        status(project)


@pytest.mark.parametrize("left", [None, b"", b'{"format": 1, "run_'])
def test_without_a_whole_project_file_the_newest_whole_slot_knows_the_settings(
    project: Project, left: bytes | None
) -> None:
    writer = CheckpointWriter(project, configs=[TrainConfig(epochs=7)])
    saved(writer, 10)
    writer.remember(TrainConfig(epochs=8))
    saved(writer, 20)
    run_id = project.settings()["run_id"]
    project.settings_file.unlink()
    if left is not None:
        project.settings_file.write_bytes(left)
    assert project.settings()["run_id"] == run_id
    assert project.recall(TrainConfig).epochs == 8
    damage(project.slots[1], "truncated")
    assert project.recall(TrainConfig).epochs == 7
    project.remember(FramesConfig(count=5))
    assert project.recall(TrainConfig).epochs == 7, "what is written holds what was known"


@pytest.mark.parametrize(
    ("expected", "named"),
    [
        ({}, "'generator/000-kernel' is not expected"),
        (SHAPES | {"generator/001-bias": ((3,), "float32")}, "'generator/001-bias' is missing"),
        ({"generator/000-kernel": ((3, 2), "float32")}, r"float32\(2, 3\)"),
        ({"generator/000-kernel": ((2, 3), "float64")}, r"float32\(2, 3\)"),
    ],
)
def test_a_state_of_another_network_is_refused_by_name(
    project: Project, expected: npz.Shapes, named: str
) -> None:
    saved(CheckpointWriter(project), 10)
    with pytest.raises(IncompatibleRunError, match=named):
        npz.read_arrays(project.slots[0], expected)


def rewritten(path: Path, **changes: object) -> None:
    """Writes a slot again with another manifest."""
    arrays = npz.read_arrays(path, SHAPES)
    manifest = npz.read_manifest(path) | changes
    npz.write(path, arrays, {name: value for name, value in manifest.items() if value is not None})


def test_a_state_of_an_older_format_is_read_and_goes_on(project: Project) -> None:
    saved(CheckpointWriter(project), 10)
    rewritten(project.slots[0], format=1, session_number=None, settings=None)
    (found,) = generations(project)
    assert (found.step, found.order) == (10, (0, 1))
    saved(CheckpointWriter(project, [found]), 20)
    assert [g.step for g in generations(project)] == [20, 10]


@pytest.mark.parametrize("found", [3, "2", None, 0])
def test_a_state_of_a_newer_or_strange_format_is_refused(project: Project, found: object) -> None:
    saved(CheckpointWriter(project), 10)
    rewritten(project.slots[0], format=found)
    with pytest.raises(CheckpointError, match="format"):
        generations(project)


def test_a_file_that_states_more_content_than_it_has_is_refused(project: Project) -> None:
    saved(CheckpointWriter(project), 10)
    content = bytearray(project.slots[0].read_bytes())
    entry = content.index(b"PK\x01\x02")  # the first entry of the directory: sizes at 20 and 24
    content[entry + 20 : entry + 28] = (1 << 31).to_bytes(4, "little") * 2
    project.slots[0].write_bytes(content)
    with pytest.raises(CheckpointError):
        npz.read_manifest(project.slots[0])


def test_a_milestone_is_kept_beside_the_slots(project: Project) -> None:
    writer = CheckpointWriter(project)
    saved(writer, 10)
    kept = keep_milestone(project)
    for step in (20, 30):
        saved(writer, step)
    assert kept == project.path / "milestones" / "step-00000010.npz"
    assert npz.read_manifest(kept)["step"] == 10
    assert [g.step for g in generations(project)] == [30, 20]


def test_a_pickle_in_a_slot_is_never_run(project: Project, tmp_path: Path) -> None:
    class Bomb:
        def __reduce__(self) -> tuple[object, ...]:
            return Path.touch, (tmp_path / "exploded",)

    project.path.mkdir()
    np.savez(project.slots[0], allow_pickle=True, **{"generator/000-kernel": np.array([Bomb()])})
    with pytest.raises(CheckpointError):
        generations(project)
    with pytest.raises(CheckpointError):
        npz.read_arrays(project.slots[0], SHAPES)
    assert not (tmp_path / "exploded").exists()


def test_a_compressed_bomb_is_refused_unread(project: Project) -> None:
    project.path.mkdir()
    with zipfile.ZipFile(project.slots[0], "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("generator/000-kernel.npy", bytes(50_000_000))
    with pytest.raises(CheckpointError, match="compressed"):
        npz.read_manifest(project.slots[0])


def test_a_save_that_fails_is_a_warning_now_and_an_error_at_the_end(project: Project) -> None:
    writer = CheckpointWriter(project)
    project.slots[0].mkdir()  # in the way
    writer.save(STATE, metadata(10))
    with pytest.raises(CheckpointError, match="could not be saved"):
        writer.close()
    (event,) = writer.news()
    assert isinstance(event, Note) and event.level == "warning"


def test_status_tells_what_a_resume_would_start_from(project: Project) -> None:
    started = time.time()
    saved(CheckpointWriter(project), 25)
    state = json.loads(json.dumps(status(project)))
    assert (state["step"], state["epochs_done"], state["options"]) == (25, 2, {"epochs": 3})
    assert (state["saved"]["generation"], state["saved"]["step"]) == (1, 25)
    assert 0 <= state["saved"]["seconds_ago"] <= time.time() - started + 0.1  # it is rounded
    assert state["confirmed"] == state["saved"]  # a plain disk confirms by itself


def test_status_of_a_folder_without_a_run_is_nothing(tmp_path: Path) -> None:
    state = status(tmp_path)
    assert (state["step"], state["saved"], state["confirmed"]) == (None, None, None)


def test_status_of_no_folder_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(ProjectError, match="no such folder"):
        status(tmp_path / "nothing")


def test_a_drive_mount_is_known_by_the_list_of_mounts(monkeypatch: pytest.MonkeyPatch) -> None:
    mounts = "drive /content/drive fuse.drive rw 0 0\nfoo /content/my\\040disk ext4 rw 0 0\n"
    monkeypatch.setattr(Path, "read_text", lambda self, **_: mounts)
    assert drive.is_drive(Path("/content/drive/MyDrive/x"))
    assert not drive.is_drive(Path("/content/drives/x"))
    assert not drive.is_drive(Path("/content/my disk"))


def test_in_colab_without_drive_no_look_alike_folder_is_named(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("COLAB_RELEASE_TAG", "release-colab")
    with pytest.raises(drive.DriveError, match="not mounted"):
        colab.project_root()


def test_saving_does_not_hold_the_loop_up(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    state = {f"generator/{i:03d}-kernel": np.ones((512, 1024), np.float32) for i in range(24)}
    disk_answers, write = threading.Event(), npz.write

    def write_slowly(*arguments: object) -> None:
        assert disk_answers.wait(30)
        write(*arguments)

    monkeypatch.setattr(npz, "write", write_slowly)
    writer = CheckpointWriter(project)
    writer.save(state, metadata(1))
    assert writer.busy and not project.slots[0].exists(), "it has waited for the disk"
    disk_answers.set()
    writer.close()
    assert os.path.getsize(project.slots[0]) > 48e6


def test_a_block_ends_the_session_whatever_happens_in_it(project: Project) -> None:
    threads = set(threading.enumerate())
    with pytest.raises(KeyboardInterrupt), CheckpointWriter(project) as writer:
        writer.save(STATE, metadata(10))
        raise KeyboardInterrupt
    assert set(threading.enumerate()) == threads
    assert json.loads(project.session_file.read_text())["ended"]
    assert [g.step for g in generations(project)] == [10]
