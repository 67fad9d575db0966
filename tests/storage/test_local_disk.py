"""A full disk of this machine costs samples first, then local copies, and never a training."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from colab_pix2pix import files
from colab_pix2pix.dataset.manifest import Dataset
from colab_pix2pix.errors import Pix2PixError, ProjectError
from colab_pix2pix.events import Event, Metrics, Note, Safety, Sample
from colab_pix2pix.project import Project
from colab_pix2pix.storage import session, slots
from colab_pix2pix.storage.checkpoints import CheckpointWriter
from colab_pix2pix.storage.restore import read_run_state, status, verify
from colab_pix2pix.workflows.pipeline import train
from support import drivefs
from support.fake_trainer import FAST, is_right, state_at
from support.networks import SMALLEST
from support.waiting import wait_for

MISSING = drivefs.missing()
pytestmark = pytest.mark.skipif(bool(MISSING), reason=f"needs FUSE: {MISSING}")
PATIENCE_SECONDS = 30.0
TINY = SMALLEST.replace(epochs=4, save_each_epoch=True)


@pytest.fixture
def disk(
    tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> Iterator[drivefs.Drive]:
    """The disk of this machine, with its cache folder."""
    home = tmp_path_factory.mktemp("k")
    with drivefs.Drive(home, home / "disk", kind="disk") as disk:
        monkeypatch.setenv("XDG_CACHE_HOME", str(disk.my_drive))
        yield disk


@pytest.fixture
def project(mount: drivefs.Drive) -> Project:
    return Project(mount.my_drive / "run")


def fill(disk: drivefs.Drive) -> None:
    disk.fail("write", "ENOSPC")
    disk.fail("create", "ENOSPC")


def save(writer: CheckpointWriter, step: int) -> list[Event]:
    writer.save(state_at(step), {"step": step, "epochs_done": 0, "options": {}})
    writer.settle()
    return list(writer.wait_until_safe())


def notes(told: list[Event]) -> str:
    return "\n".join(event.message for event in told if isinstance(event, Note))


def open_memory() -> int:
    folder = Path("/proc/self/fd")
    targets = []
    for number in os.listdir(folder):
        try:
            targets.append(os.readlink(folder / number))
        except FileNotFoundError:  # the one that lists the folder
            continue
    return sum("memfd:state" in target for target in targets)


def test_states_go_to_drive_from_memory_while_the_disk_is_full(
    mount: drivefs.Drive, disk: drivefs.Drive, project: Project
) -> None:
    with CheckpointWriter(project, save_every_seconds=0.0, timing=FAST) as writer:
        save(writer, 10)
        fill(disk)
        told = [*save(writer, 20), *save(writer, 30)]
        assert [e.safe_step for e in told if isinstance(e, Safety)][-1] == 30
        assert f"The disk of {disk.mount_point}" in notes(told)
        assert notes(told).count("states go to Google Drive from memory") == 1
        assert open_memory() == 1, "older ones are given back"
        disk.heal()
        told = save(writer, 40)
        assert "States are written to this machine's disk again." in notes(told)
        fill(disk)
        save(writer, 50)
        assert writer.safety.safe_step == 50
    deadline = time.monotonic() + PATIENCE_SECONDS
    while open_memory():  # its thread may end a little later
        assert time.monotonic() < deadline
        time.sleep(0.01)
    disk.heal()
    found = read_run_state(project).generations
    assert found[0].step == 50 and is_right(found[0].file, 50)
    assert not list(project.work.glob("*next*"))


def test_samples_are_given_up_before_a_state_is(
    disk: drivefs.Drive, project: Project, tmp_path: Path
) -> None:
    def make(folder: Project) -> Path:
        path = folder.path / "samples" / "step-00000001.jpg"
        path.write_bytes(b"a picture")
        return path

    with CheckpointWriter(project, save_every_seconds=0.0, timing=FAST) as writer:
        writer.need(100_000)
        disk.order("set", quota=90_000)
        assert writer.side_file(make) is None
        assert writer.side_file(make) is None
        assert "samples and tables are left out" in notes(writer.news())
        disk.order("set", quota=10**9)
        assert writer.side_file(make) is not None
        assert "written to this machine's disk again" in notes(writer.news())


@pytest.mark.slow
@pytest.mark.parametrize("where", ["on Drive", "on a disk"])
def test_a_full_disk_never_ends_a_training_and_freed_again_all_goes_on(
    mount: drivefs.Drive,
    disk: drivefs.Drive,
    crops: Dataset,
    monkeypatch: pytest.MonkeyPatch,
    where: str,
) -> None:
    monkeypatch.setattr("colab_pix2pix.storage.checkpoints.Timing", lambda: FAST)
    project = Project((mount.my_drive if where == "on Drive" else disk.my_drive) / "run")
    told: list[Event] = []

    def listen(event: Event) -> None:
        told.append(event)
        if isinstance(event, Sample) and event.step == 2:
            fill(disk)
        if isinstance(event, Metrics) and event.step == 8:
            disk.heal()

    result = train(crops, project, TINY.replace(epochs=8), on_event=listen)
    assert result.step == 20 and not result.interrupted
    samples = [event.step for event in told if isinstance(event, Sample)]
    assert 4 not in samples and 8 not in samples, "the disk was full"
    assert samples[-1] == 20
    assert "samples and tables are left out" in notes(told)
    assert project.metrics_csv.read_text().splitlines()[-1].startswith("20,")
    assert b"brain.Event" in (project.logs / "events.out.tfevents.pix2pix").read_bytes()
    assert status(project)["step"] == 20


def test_a_full_disk_is_not_blamed_on_what_lies_on_drive(
    mount: drivefs.Drive, disk: drivefs.Drive, project: Project
) -> None:
    with CheckpointWriter(project, save_every_seconds=0.0, timing=FAST) as writer:
        save(writer, 10)
    # The farewell is written by a thread of its own: a mount may hang.
    wait_for(lambda: files.read_json_if_whole(project.session_file)["ended"], "the farewell")
    before = mount.wait_until_uploaded()["files"]
    fill(disk)
    jobs: dict[str, Callable[[], object]] = {
        "status": lambda: status(project),
        "verify": lambda: verify(project),
        "resume": lambda: read_run_state(project),
    }
    for name, job in jobs.items():
        with pytest.raises(ProjectError, match="This machine's own disk can't take") as caught:
            job()
        assert "it is full" in str(caught.value), name
        assert "Make room on this machine" in str(caught.value)
        assert "other slot" not in str(caught.value) and "trash" not in str(caught.value)
    assert mount.order("state")["files"] == before
    disk.heal()
    assert status(project)["step"] == 10


def test_a_new_session_on_a_full_disk_names_that_disk(
    disk: drivefs.Drive, project: Project
) -> None:
    fill(disk)
    with pytest.raises(Pix2PixError, match="This machine's own disk can't take"):
        CheckpointWriter(project, timing=FAST)
    disk.heal()
    assert session.current(project) is None


def test_an_error_of_the_project_is_not_blamed_on_this_machine(
    mount: drivefs.Drive, disk: drivefs.Drive, project: Project
) -> None:
    with CheckpointWriter(project, save_every_seconds=0.0, timing=FAST) as writer:
        save(writer, 10)
        assert writer.safety.safe_step == 10
    mount.fail("read", "EIO", match="slot-*")
    with pytest.raises(Pix2PixError, match=r"slot-a\.npz can't be read") as caught:
        status(project)
    assert "This machine" not in str(caught.value)


def test_a_disk_that_gives_other_errors_is_told_as_before(
    disk: drivefs.Drive, project: Project
) -> None:
    with CheckpointWriter(project, save_every_seconds=0.0, timing=FAST) as writer:
        save(writer, 10)
        disk.fail("write", "EIO", match="scratch-*")
        told = save(writer, 20)
        assert "could not be saved: This machine's own disk" in notes(told)
        disk.heal()
        save(writer, 30)
        assert writer.safety.safe_step == 30
    assert slots.working_copy(project).exists()
