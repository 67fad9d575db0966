"""A run on a mounted Drive: what is told, what is read, what is left alone, when to let go."""

from __future__ import annotations

import json
import os
import shutil
import sys
import time
import types
from pathlib import Path

import pytest

from colab_pix2pix.config import TrainConfig
from colab_pix2pix.errors import CheckpointError, DriveError
from colab_pix2pix.events import Note, Safety
from colab_pix2pix.project import Project
from colab_pix2pix.storage import colab, session, slots, status_line, transfer
from colab_pix2pix.storage.checkpoints import CheckpointWriter
from colab_pix2pix.storage.restore import read_run_state, status, verify
from colab_pix2pix.storage.transfer import put
from colab_pix2pix.workflows.release import release_runtime
from support import drivefs
from support.fake_trainer import FAST, is_right, state_at
from support.machines import Report, Row

PROBE = Path(__file__).parents[2] / "notebooks" / "drive_probe.ipynb"
MISSING = drivefs.missing()
needs_fuse = pytest.mark.skipif(bool(MISSING), reason=f"needs FUSE: {MISSING}")


@pytest.fixture
def project(mount: drivefs.Drive) -> Project:
    return Project(mount.my_drive / "run")


def save(project: Project, *steps: int, wait: bool = True) -> list[object]:
    """Lets a session save at some steps; returns what it has told."""
    found = read_run_state(project).generations
    writer = CheckpointWriter(project, found, save_every_seconds=0.0, timing=FAST)
    told: list[object] = []
    for step in steps:
        writer.save(state_at(step), {"step": step, "epochs_done": 0, "options": {}})
        writer.settle()
        if wait:
            told += writer.wait_until_safe()
        else:
            time.sleep(0.3)
    told += writer.news()
    writer.close()
    return told


def new_machine(mount: drivefs.Drive) -> None:
    mount.die_and_remount()
    shutil.rmtree(os.environ["XDG_CACHE_HOME"], ignore_errors=True)


@needs_fuse
def test_two_slots_on_drive_are_confirmed_in_turn(mount: drivefs.Drive, project: Project) -> None:
    told = save(project, 10, 20, 30)
    assert [e.safe_step for e in told if isinstance(e, Safety)][-1] == 30
    new_machine(mount)
    found = read_run_state(project).generations
    assert [(g.step, g.path.name, g.durability) for g in found] == [
        (30, "slot-a.npz", "confirmed"),
        (20, "slot-b.npz", "confirmed"),
    ]
    assert is_right(found[0].file, 30)
    assert not found[0].file.is_relative_to(mount.mount_point)


@needs_fuse
def test_a_pending_upload_is_never_written_over(mount: drivefs.Drive, project: Project) -> None:
    save(project, 10)
    mount.order("set", paused=True)
    save(project, 20, wait=False)
    state = status(project)
    assert (state["step"], state["confirmed"]["step"]) == (20, 10)
    assert state["line"].startswith("Safe on Drive: step 10 (")
    save(project, 30, wait=False)
    assert status(project)["line"].endswith("uploading step 20 · step 30 on this machine only")
    new_machine(mount)
    assert status(project)["step"] == 10


@needs_fuse
def test_what_was_found_stays_as_it_is_while_an_older_session_goes_on(
    mount: drivefs.Drive, project: Project
) -> None:
    mount.order("set", paused=True)
    save(project, 10, wait=False)
    older = CheckpointWriter(
        project, read_run_state(project).generations, save_every_seconds=0.0, timing=FAST
    )
    with older:
        older.save(state_at(20), {"step": 20, "epochs_done": 0, "options": {}})
        older.settle()
        found = read_run_state(project).generations
        assert found[0].step == 20 and found[0].path == slots.working_copy(project)
        older.save(state_at(30), {"step": 30, "epochs_done": 0, "options": {}})
        older.settle()
        assert is_right(found[0].file, 20)


def flip(content: bytearray) -> None:
    content[len(content) // 2] ^= 1


def zero_page(content: bytearray) -> None:
    content[8192:12288] = bytes(4096)


DAMAGES = {
    "a flipped byte": flip,
    "a page of zeros": zero_page,
    "a truncated file": lambda content: content.__delitem__(slice(40_000, None)),
    "an empty file": lambda content: content.clear(),
}


@needs_fuse
@pytest.mark.parametrize("name", DAMAGES)
def test_a_damaged_slot_is_told_and_the_other_one_goes_on(
    mount: drivefs.Drive, project: Project, report: Report, name: str
) -> None:
    def damage(slot: Path) -> None:
        content = bytearray(slot.read_bytes())
        DAMAGES[name](content)
        slot.write_bytes(content)

    save(project, 10, 20)
    new_machine(mount)
    damage(project.slots[1])
    found = read_run_state(project)
    assert found.generations[0].step == 10 and is_right(found.generations[0].file, 10)
    assert "slot-b.npz" in found.notes[0] and "Going on from step 10" in found.notes[0]
    checked = {Path(slot["path"]).name: slot["check"] for slot in verify(project)["slots"]}
    assert checked["slot-a.npz"] == "whole" != checked["slot-b.npz"]
    damage(project.slots[0])
    before = [slot.read_bytes() for slot in project.slots]
    with pytest.raises(CheckpointError, match=r"slot-a\.npz.*slot-b\.npz.*fresh start would lose"):
        read_run_state(project)
    assert [slot.read_bytes() for slot in project.slots] == before
    report(Row(f"{name}; then both slots", runs=2, restored=1, steps_lost=10))


@needs_fuse
def test_copies_that_drive_has_made_are_looked_at_and_left_alone(
    mount: drivefs.Drive, project: Project, report: Report
) -> None:
    save(project, 10, 20)
    shutil.copyfile(project.slots[1], project.path / "slot-b (1).npz")
    copy = (project.path / "slot-b (1).npz").read_bytes()
    project.slots[1].write_bytes(b"")
    shutil.copyfile(project.session_file, project.path / "session (1).json")
    new_machine_is_ready(mount)
    found = read_run_state(project)
    assert found.generations[0].step == 20
    assert "slot-b (1).npz" in found.notes[-1]
    save(project, 30, 40)
    assert (project.path / "slot-b (1).npz").read_bytes() == copy
    assert read_run_state(project).generations[0].step == 40
    report(Row('"name (1)" duplicates', runs=1, restored=1))


def new_machine_is_ready(mount: drivefs.Drive) -> None:
    mount.wait_until_uploaded()
    new_machine(mount)


@needs_fuse
def test_an_id_of_the_cloud_proves_nothing_while_the_file_is_uncommitted(
    mount: drivefs.Drive, project: Project, report: Report
) -> None:
    save(project, 10, 20)
    mount.order("set", paused=True)
    save(project, 30, wait=False)
    slot = project.slots[0]
    assert not os.getxattr(slot, "user.drive.id").startswith(b"local-")
    assert status(project)["confirmed"]["step"] == 20
    report(Row("an id of the cloud, but uncommitted", runs=1, restored=1))


@needs_fuse
def test_the_checksum_alone_confirms_where_drive_says_no_more(
    mount: drivefs.Drive, project: Project
) -> None:
    mount.order("set", attributes="md5-only")
    save(project, 10)
    assert status(project)["confirmed"]["step"] == 10


@needs_fuse
@pytest.mark.parametrize("torn", [b"", b'{"format": 1, "run_'])
def test_a_torn_project_file_is_read_from_a_slot(project: Project, torn: bytes) -> None:
    save(project, 10)
    before = project.settings()
    save(project, 20)
    project.settings_file.write_bytes(torn)
    assert project.settings()["run_id"] == before["run_id"]
    assert read_run_state(project).generations[0].step == 20


@needs_fuse
def test_settings_are_written_in_place_and_never_shorter(
    mount: drivefs.Drive, project: Project
) -> None:
    save(project, 10)
    size = project.settings_file.stat().st_size
    session.begin(project)
    project.remember(run_id="short")
    assert project.settings()["run_id"] == "short"
    assert project.settings_file.stat().st_size >= size
    state = mount.wait_until_uploaded()
    assert (state["trash"], state["renames"]) == ([], 0)


@needs_fuse
def test_a_folder_is_overwritten_in_place_on_drive(mount: drivefs.Drive, tmp_path: Path) -> None:
    source, target = tmp_path / "source", mount.my_drive / "exports"
    (source / "web").mkdir(parents=True)
    for text in ("old", "old", "newer", "new"):
        for name in ("model", "web/index.html", "card"):
            (source / name).write_text(f"{name} {text}")
        transfer.put_folder(source, target, last=("web/index.html", "card"))
        for name in ("model", "web/index.html", "card"):
            assert (target / name).read_text() == f"{name} {text}"
        assert len(list(target.iterdir())) == 3
    state = mount.wait_until_uploaded()
    assert (state["trash"], state["renames"]) == ([], 0)


@needs_fuse
def test_other_files_go_to_drive_whole_and_once(mount: drivefs.Drive, tmp_path: Path) -> None:
    (tmp_path / "crops.zip").write_bytes(b"crops" * 1000)
    target = mount.my_drive / "dataset.zip"
    for _ in range(3):
        put(tmp_path / "crops.zip", target)
    (tmp_path / "crops.zip").write_bytes(b"less")
    put(tmp_path / "crops.zip", target)
    assert target.read_bytes() == b"less"
    when = target.stat().st_mtime_ns
    put(tmp_path / "crops.zip", target)
    assert target.stat().st_mtime_ns == when
    state = mount.wait_until_uploaded()
    assert (state["trash"], state["renames"]) == ([], 0)


@needs_fuse
def test_pictures_that_were_staged_come_to_drive(mount: drivefs.Drive, project: Project) -> None:
    writer = CheckpointWriter(project, save_every_seconds=0.0, timing=FAST)
    picture = writer.staging_dir.samples / "step-00000001.jpg"
    picture.write_bytes(b"a picture")
    writer.keep(picture)
    assert not picture.is_relative_to(mount.mount_point)
    list(writer.wait_until_safe())
    writer.close()
    new_machine_is_ready(mount)
    assert (project.samples / picture.name).read_bytes() == b"a picture"
    writer = CheckpointWriter(project, save_every_seconds=0.0, timing=FAST)
    assert (writer.staging_dir.samples / picture.name).read_bytes() == b"a picture"
    writer.close()


@needs_fuse
def test_the_probe_notebook_tells_what_the_mount_does(
    mount: drivefs.Drive, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("COLAB_RELEASE_TAG", "release-colab")
    monkeypatch.setattr(colab, "MOUNT_POINT", mount.mount_point)
    mount.order("set", bandwidth=4e6)
    cells = json.loads(PROBE.read_text(encoding="utf-8"))["cells"]
    names: dict[str, object] = {}
    for cell in cells:
        if cell["cell_type"] == "code":
            code = "".join(cell["source"]).replace("every_seconds = 1.0", "every_seconds = 0.02")
            exec(code.replace("megabytes = 20", "megabytes = 1"), names)
    report = str(names["report"])
    assert capsys.readouterr().out == report + "\n"
    assert "known as a Drive mount: True (fuse.drive)" in report
    assert "id: local, md5: none" in report or "id: of the cloud, md5: another" in report
    assert report.count("md5: ours, uncommitted: 0") >= 3
    state = mount.wait_until_uploaded()
    assert state["trash"] == []


@needs_fuse
def test_options_that_become_known_late_are_stored_without_a_claim(
    mount: drivefs.Drive, project: Project
) -> None:
    writer = CheckpointWriter(project, save_every_seconds=0.0, timing=FAST)
    writer.remember(TrainConfig(epochs=7))
    list(writer.wait_until_safe())
    assert "run_id" not in project.settings(), "nothing is confirmed yet"
    writer.save(state_at(10), {"step": 10, "epochs_done": 0, "options": {}})
    writer.settle()
    list(writer.wait_until_safe())
    writer.remember(TrainConfig(epochs=8))
    list(writer.wait_until_safe())
    writer.close()
    new_machine_is_ready(mount)
    assert project.recall(TrainConfig).epochs == 8
    assert project.settings()["safe_slots"] == ["slot-a.npz"]


class Runtime:
    """Stands in for google.colab, which exists in Colab only."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.calls: list[str] = []
        colab = types.ModuleType("google.colab")
        colab.drive = types.SimpleNamespace(flush_and_unmount=lambda: self.calls.append("flush"))
        colab.runtime = types.SimpleNamespace(unassign=lambda: self.calls.append("unassign"))
        monkeypatch.setitem(sys.modules, "google", types.ModuleType("google"))
        monkeypatch.setitem(sys.modules, "google.colab", colab)
        monkeypatch.setenv("COLAB_RELEASE_TAG", "release-colab")


@needs_fuse
def test_a_runtime_is_released_only_when_all_is_confirmed_or_when_told_twice(
    mount: drivefs.Drive, project: Project, monkeypatch: pytest.MonkeyPatch, report: Report
) -> None:
    runtime = Runtime(monkeypatch)
    save(project, 10)
    mount.wait_until_uploaded()
    mount.order("set", paused=True)
    save(project, 20, wait=False)
    with pytest.raises(DriveError, match=r"Not released: step 20, .*slot-b\.npz would be lost"):
        release_runtime(project)
    assert runtime.calls == []
    release_runtime(project, even_if_lost=True)
    assert runtime.calls == ["flush", "unassign"]
    mount.order("set", paused=False)
    mount.wait_until_uploaded()
    release_runtime(project)
    assert runtime.calls == ["flush", "unassign"] * 2
    report(Row("release while something is uncommitted", runs=1, restored=1))


def test_a_runtime_without_drive_is_not_released(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    runtime = Runtime(monkeypatch)
    with pytest.raises(DriveError, match="no Google Drive"):
        release_runtime(tmp_path)
    assert runtime.calls == []


def test_a_drive_that_was_never_mounted_is_refused_and_no_look_alike_is_made(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, report: Report
) -> None:
    monkeypatch.setenv("COLAB_RELEASE_TAG", "release-colab")
    monkeypatch.setattr(colab, "MOUNT_POINT", tmp_path / "content" / "drive")
    project = Project(tmp_path / "content" / "drive" / "MyDrive" / "run")
    for call in (read_run_state, CheckpointWriter, status):
        with pytest.raises(DriveError, match="not mounted"):
            call(project)
    assert not (tmp_path / "content").exists()
    report(Row("Drive was never mounted", runs=1))


@pytest.mark.parametrize(
    ("safety", "line"),
    [
        (Safety(on_drive=False), "Nothing is saved yet"),
        (Safety(on_drive=False, safe_step=7, safe_time=90), "Saved: step 7 (10 s ago)"),
        (
            Safety(
                on_drive=True,
                safe_step=12000,
                safe_time=-80,
                uploading_step=12600,
                uploading_since=59,
                upload_seconds=100,
                local_step=12600,
            ),
            "Safe on Drive: step 12 000 (3 min ago) · uploading step 12 600 (about 41 %)",
        ),
        (
            Safety(on_drive=True, written_step=5, written_time=100, local_step=9),
            "Written to Drive, not confirmed: step 5 (0 s ago) · step 9 on this machine only",
        ),
        (
            Safety(on_drive=True, uploading_step=5, uploading_since=88, trouble="Drive: full"),
            "Nothing is on Drive yet · uploading step 5 (for 12 s) · Drive: full",
        ),
    ],
)
def test_the_line_says_safe_only_of_what_is(safety: Safety, line: str) -> None:
    assert status_line.line(safety, 100, 100) == line


def test_verify_tells_each_slot_and_fails_for_a_damaged_one(
    tmp_path: Path, command: object
) -> None:
    project = Project(tmp_path / "run")
    told = save(project, 10, 20)
    assert not [event for event in told if isinstance(event, Note)]
    whole = command("verify", project.path)
    assert whole.returncode == 0
    assert "slot-b.npz   generation 2, step 20, confirmed: whole" in whole.stdout
    project.slots[0].write_bytes(b"")
    damaged = command("verify", project.path, "--json")
    assert damaged.returncode == 1
    slots = json.loads(damaged.stdout)["slots"]
    assert [slot["check"] == "whole" for slot in slots] == [False, True]
    shown = command("status", project.path)
    assert shown.stdout.startswith("Saved: step 20 (")
    assert "Going on from step 20" in shown.stdout
