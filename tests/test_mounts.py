"""Which mount a path lies on, however it leads there; and what is done while one hangs."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from colab_pix2pix import mounts
from colab_pix2pix.dataset import choices
from colab_pix2pix.dataset.manifest import Dataset
from colab_pix2pix.errors import DriveError, VideoError
from colab_pix2pix.events import Event, Note
from colab_pix2pix.images import read_image
from colab_pix2pix.project import Project
from colab_pix2pix.storage import colab, drive, slots
from colab_pix2pix.storage.checkpoints import CheckpointWriter
from colab_pix2pix.storage.restore import read_run_state, status, verify
from colab_pix2pix.workflows.apply import apply
from colab_pix2pix.workflows.pipeline import train
from support import CHECKOUT, drivefs, videos
from support.discs import discs
from support.fake_trainer import FAST, state_at
from support.networks import SMALLEST

MISSING = drivefs.missing()
needs_fuse = pytest.mark.skipif(bool(MISSING), reason=f"needs FUSE: {MISSING}")
PATIENCE_SECONDS = 30.0


@pytest.fixture
def mount(tmp_path_factory: pytest.TempPathFactory) -> Iterator[drivefs.Drive]:
    home = tmp_path_factory.mktemp("m")
    with drivefs.Drive(home, home / "a drive für 🌻") as mount:
        yield mount


def links_into(folder: Path, tmp_path: Path) -> dict[str, Path]:
    """Returns paths to a folder on Drive that do not look like it."""
    for name, target in {
        "link": folder,
        "link to a link": tmp_path / "link",
        "link to the mount": folder.parents[1],
        "a relative link": Path(os.path.relpath(folder, tmp_path)),
    }.items():
        (tmp_path / name).symlink_to(target)
    (tmp_path / "folder").mkdir()
    return {
        "a link": tmp_path / "link" / "run",
        "the link itself": tmp_path / "link",
        "two links": tmp_path / "link to a link" / "run",
        "a link to the mount": tmp_path / "link to the mount" / folder.parent.name / "run",
        "a relative link": tmp_path / "a relative link" / "run",
        "dots on the way": tmp_path / "folder" / ".." / "link" / "run" / ".." / "x",
        "dots behind a link": tmp_path / "link" / ".." / "run",
    }


@needs_fuse
@pytest.mark.parametrize("where", ["MyDrive", "Shareddrives"])
def test_a_link_into_drive_is_drive_and_no_call_touches_it(
    mount: drivefs.Drive, tmp_path: Path, where: str
) -> None:
    (mount.mount_point / where / "deep").mkdir(parents=True)
    paths = links_into(mount.mount_point / where / "deep", tmp_path)
    mount.fail("*", "hang")
    answers: dict[str, bool] = {}
    thread = threading.Thread(
        target=lambda: answers.update({name: drive.is_drive(p) for name, p in paths.items()}),
        daemon=True,
    )
    thread.start()
    thread.join(PATIENCE_SECONDS)
    assert answers == dict.fromkeys(paths, True)
    assert not drive.is_drive(tmp_path / "link" / ".." / ".." / ".." / "..")
    assert not drive.is_drive(tmp_path / "folder")


def test_the_innermost_and_latest_mount_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    lines = [
        "overlay / overlay rw 0 0",
        "drive /d/drive fuse.drive rw 0 0",
        "drive /bound\\040to\\040Drive fuse.drive rw 0 0",
        "/dev/sda /d/drive/MyDrive/local ext4 rw 0 0",
        "drive /d/été\\134🌻 fuse.drive rw 0 0",
        "drive /d/gone fuse.drive rw 0 0",
        "tmpfs /d/gone tmpfs rw 0 0",
        "host:/x /nfs nfs4 rw 0 0",
    ]
    monkeypatch.setattr(Path, "read_text", lambda self, **_: "\n".join(lines) + "\n")
    kinds = {
        "/d/drive": "fuse.drive",
        "/d/drives/x": "overlay",
        "/bound to Drive/run": "fuse.drive",
        "/d/drive/MyDrive/local/run": "ext4",
        "/d/été\\🌻/run": "fuse.drive",
        "/d/gone/run": "tmpfs",
        "/nfs/run": "nfs4",
    }
    assert {path: mounts.locate(Path(path)).kind for path in kinds} == kinds
    assert mounts.locate(Path("/nfs/run")).may_hang
    assert not mounts.locate(Path("/d/gone/run")).may_hang


@needs_fuse
def test_a_run_behind_a_link_is_as_safe_as_on_drive_itself(
    mount: drivefs.Drive, tmp_path: Path
) -> None:
    (tmp_path / "projects").symlink_to(mount.my_drive)
    project = Project(tmp_path / "projects" / "run")
    assert project.work == Project(mount.my_drive / "run").work
    for number in range(2):
        mount.order("set", paused=number == 1)
        with CheckpointWriter(
            project, read_run_state(project).generations, save_every_seconds=0.0, timing=FAST
        ) as writer:
            writer.save(state_at(number), {"step": number, "epochs_done": 0, "options": {}})
            writer.settle()
            assert writer.safety.on_drive
            assert writer.staging_dir != project
            if number == 0:
                list(writer.wait_until_safe())
            else:
                deadline = time.monotonic() + PATIENCE_SECONDS
                while writer.safety.uploading_step is None:
                    assert time.monotonic() < deadline
                    time.sleep(0.01)
    assert status(project)["line"].startswith("Safe on Drive: step 0 (")
    mount.order("set", paused=False)
    state = mount.wait_until_uploaded()
    assert (state["trash"], state["renames"]) == ([], 0)


def test_a_link_to_a_drive_that_is_not_mounted_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLAB_RELEASE_TAG", "release-colab")
    monkeypatch.setattr(colab, "MOUNT_POINT", tmp_path / "content" / "drive")
    (tmp_path / "projects").symlink_to(tmp_path / "content" / "drive" / "MyDrive")
    with pytest.raises(DriveError, match="not mounted"):
        status(tmp_path / "projects" / "run")
    assert not (tmp_path / "content").exists()


@needs_fuse
def test_the_home_of_all_projects_may_be_a_link_into_drive(
    mount: drivefs.Drive, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "projects").symlink_to(mount.my_drive)
    monkeypatch.setenv("COLAB_PIX2PIX_HOME", str(tmp_path / "projects"))
    assert drive.is_drive(Project.named("Blüten im Mai", colab.project_root()).path)
    mount.unmount()
    assert not drive.is_drive(colab.project_root())
    mount.mount()


COMMANDS = {
    "status": ("status", "{run}"),
    "verify": ("verify", "{run}"),
    "apply": ("apply", "{run}", "{drive}/in.png", "{here}/out.png"),
    "export": ("export", "{run}", "{here}/out"),
    "export to Drive": ("export", "{here}", "{drive}/out"),
    "frames": ("frames", "{drive}/clip.mp4", "{here}/crops"),
    "frames to Drive": ("frames", "{here}/clip.mp4", "{drive}/crops"),
    "report": ("report", "{run}"),
    "train": ("train", "{here}", "{run}"),
    "train on Drive": ("train", "{drive}/crops", "{here}/run"),
    "train through a link": ("train", "{here}", "{here}/link/run"),
}


@needs_fuse
@pytest.mark.parametrize("name", COMMANDS)
def test_a_command_says_that_drive_does_not_answer_and_hears_ctrl_c(
    mount: drivefs.Drive, tmp_path: Path, crops: Dataset, name: str
) -> None:
    (crops.directory / "link").symlink_to(mount.my_drive)
    places = {"drive": mount.my_drive, "run": mount.my_drive / "run", "here": crops.directory}
    arguments = [argument.format(**places) for argument in COMMANDS[name]]
    mount.fail("*", "hang")
    process = subprocess.Popen(
        [sys.executable, "-m", "colab_pix2pix", *arguments],
        stderr=subprocess.PIPE,
        text=True,
        cwd=tmp_path,
        env=dict(os.environ, PYTHONPATH=str(CHECKOUT), CUDA_VISIBLE_DEVICES="-1"),
    )
    assert process.stderr is not None
    with process, process.stderr:
        line = process.stderr.readline()
        assert line == "! Google Drive does not answer; waiting, Ctrl-C gives up.\n"
        process.send_signal(signal.SIGINT)
        # While the mount still hangs: nothing of the process stays behind in it.
        assert process.wait(PATIENCE_SECONDS) == 130
        assert "Interrupted" in process.stderr.read()


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mounts, "WORD_AFTER_SECONDS", 0.2)
    monkeypatch.setattr(mounts, "PATIENCE_SECONDS", 1.0)


def take_over(project: Project, on_event: Callable[[Event], None]) -> None:
    with CheckpointWriter(project, on_event=on_event):
        raise AssertionError("it has begun")


JOBS: dict[str, tuple[str, Callable[[Project, Callable[[Event], None]], object]]] = {
    "every call": ("*", lambda project, told: status(project, on_event=told)),
    "reading": ("read", lambda project, told: status(project, on_event=told)),
    "reading a slot": ("read slot", lambda project, told: verify(project, on_event=told)),
    "attributes": ("getxattr", lambda project, told: read_run_state(project, told)),
    "writing": ("write", take_over),
}


@needs_fuse
@pytest.mark.parametrize("name", JOBS)
def test_a_job_gives_up_when_nothing_answers(
    mount: drivefs.Drive, impatient: None, name: str
) -> None:
    project = Project(mount.my_drive / "run")
    with CheckpointWriter(project, save_every_seconds=0.0, timing=FAST) as writer:
        writer.save(state_at(1), {"step": 1, "epochs_done": 0, "options": {}})
        writer.settle()
        list(writer.wait_until_safe())
    op, job = JOBS[name]
    before = mount.wait_until_uploaded()["files"]
    mount.die_and_remount()
    mount.fail(op.split()[0], "hang", match="slot-*" if "slot" in op else "*")
    told: list[Event] = []
    with pytest.raises(DriveError, match=r"Google Drive has not answered for 1 s.*Mount Drive"):
        job(project, told.append)
    assert [event.message for event in told if isinstance(event, Note)] == [
        "Google Drive does not answer; waiting, Ctrl-C gives up."
    ]
    assert mount.order("state")["files"] == before


@needs_fuse
def test_a_slow_mount_is_waited_for_as_long_as_it_comes_forward(
    mount: drivefs.Drive, impatient: None
) -> None:
    (mount.my_drive / "file").write_bytes(b"x")

    def call(beat: Callable[[], None]) -> str:
        for _ in range(30):
            time.sleep(0.05)
            beat()
        return threading.current_thread().name

    told: list[Event] = []
    assert mounts.ask(mount.my_drive / "file", call, on_event=told.append) == "mount"
    assert told == []


def test_a_disk_of_this_machine_is_touched_by_the_caller_itself(tmp_path: Path) -> None:
    here = threading.current_thread
    assert mounts.ask(tmp_path, lambda beat: here()) is here()
    mounts.require_answer(tmp_path, tmp_path / "nothing")


def test_side_by_side_the_first_error_is_raised() -> None:
    def fail(message: str) -> int:
        raise ValueError(message)

    assert mounts.each([lambda: 1, lambda: 2]) == [1, 2]
    with pytest.raises(ValueError, match="first"):
        mounts.each([lambda: 1, lambda: fail("first"), lambda: fail("second")])


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run of one step, on this machine's disk."""
    folder = tmp_path_factory.mktemp("trained")
    config = SMALLEST.replace(batch_size=10)
    return train(discs(folder / "crops"), folder / "run", config).project.path


@needs_fuse
@pytest.mark.parametrize("output", ["made", "made.mp4", "made.png"])
def test_apply_gives_up_on_a_mount_that_hangs_in_the_middle_of_its_output(
    mount: drivefs.Drive, trained: Path, tmp_path: Path, impatient: None, output: str
) -> None:
    crops = trained.parent / "crops"
    source = {"made": crops, "made.png": crops / "disc-00.png"}.get(output)
    source = source or videos.scene(tmp_path / "clip.mp4", seconds=1)
    mount.fail("write", "hang", match="*made*" if output != "made" else "*disc-07*")
    told: list[Event] = []
    with pytest.raises(DriveError, match=r"Google Drive has not answered for 1 s"):
        apply(trained, source, mount.my_drive / output, mode="inference", on_event=told.append)
    notes = [event.message for event in told if isinstance(event, Note)]
    assert "Google Drive does not answer; waiting, Ctrl-C gives up." in notes
    mount.heal()
    assert not (mount.my_drive / "made.mp4").exists()
    made = apply(trained, source, mount.my_drive / output, mode="inference", on_event=told.append)
    assert len(made) == (12 if output == "made" else 1)
    pictures = [path for path in made if path.suffix != ".mp4"]
    assert all(read_image(path).image.size == (64, 64) for path in pictures)  # raises where torn
    assert all(path.stat().st_size > 500 for path in made if path not in pictures)
    if output == "made":
        notes = [event.message for event in told if isinstance(event, Note)]
        assert re.search(r"[78] of 12 pictures were made before", str(notes))


@needs_fuse
def test_apply_reads_a_video_on_a_mount_as_a_copy_and_names_it_as_it_is(
    mount: drivefs.Drive, trained: Path, tmp_path: Path, impatient: None
) -> None:
    source = mount.my_drive / "größer.mp4"
    source.write_bytes(b"no video" * 99)
    with pytest.raises(VideoError, match=re.escape(str(source))):
        apply(trained, source, tmp_path / "made.mp4", mode="inference")
    videos.scene(tmp_path / "clip.mp4", seconds=1)
    source.write_bytes((tmp_path / "clip.mp4").read_bytes())
    apply(trained, source, tmp_path / "made.mp4", mode="inference")
    (tmp_path / "made.mp4").unlink()
    mount.die_and_remount()
    source.write_bytes((tmp_path / "clip.mp4").read_bytes())
    mount.fail("read", "hang", skip=1, match="gr*")
    with pytest.raises(DriveError, match="has not answered"):
        apply(trained, source, tmp_path / "made.mp4", mode="inference")
    assert list(tmp_path.glob("made*")) == []


@needs_fuse
def test_a_choice_while_drive_is_unmounted_makes_no_look_alike(
    mount: drivefs.Drive, crops: Dataset
) -> None:
    project = Project(mount.my_drive / "run")
    slots.remember_here(project, "an id", on_drive=True)
    choices.keep(project, crops)
    mount.unmount()
    with pytest.raises(DriveError, match="not mounted"):
        choices.keep(project, crops)
    assert list(mount.mount_point.iterdir()) == []
