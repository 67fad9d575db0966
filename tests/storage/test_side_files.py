"""Crops, samples and tables on a mounted Drive: they count once Drive has confirmed them."""

from __future__ import annotations

import re
import shutil
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from colab_pix2pix.cli import main
from colab_pix2pix.dataset.manifest import Dataset
from colab_pix2pix.errors import DriveError, Pix2PixError
from colab_pix2pix.events import Event, Note, Safety
from colab_pix2pix.project import Project
from colab_pix2pix.storage import side_files, status_line, transfer
from colab_pix2pix.storage.checkpoints import CheckpointWriter
from colab_pix2pix.storage.restore import read_run_state, status
from colab_pix2pix.workflows.export import export
from colab_pix2pix.workflows.pipeline import train
from colab_pix2pix.workflows.release import release_runtime
from support import drivefs
from support.fake_trainer import FAST, state_at
from support.networks import FLAGS, SMALLEST
from support.waiting import wait_for

MISSING = drivefs.missing()
pytestmark = pytest.mark.skipif(bool(MISSING), reason=f"needs FUSE: {MISSING}")
PATIENCE_SECONDS = 30.0


@pytest.fixture
def project(mount: drivefs.Drive) -> Project:
    return Project(mount.my_drive / "run")


def session(project: Project) -> CheckpointWriter:
    found = read_run_state(project).generations
    return CheckpointWriter(project, found, save_every_seconds=0.0, timing=FAST)


def make(name: str, size: int) -> Callable[[Project], Path]:
    """Returns what writes a file of some size into a folder."""

    def write(folder: Project) -> Path:
        path = folder.path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(name.encode() * (size // len(name)))
        return path

    return write


def is_full(path: Path) -> bool:
    return path.exists() and path.stat().st_size > 0


def save(writer: CheckpointWriter, step: int) -> None:
    writer.save(state_at(step), {"step": step, "epochs_done": 0, "options": {}})
    writer.settle()


def last_line(told: list[Event]) -> str:
    return status_line.line([event for event in told if isinstance(event, Safety)][-1])


def warnings(told: list[Event]) -> str:
    return "\n".join(e.message for e in told if isinstance(e, Note) and e.level == "warning")


def in_the_cloud(mount: drivefs.Drive, *paths: Path) -> bool:
    files = mount.order("state")["files"]
    cloud = {path: files.get(f"/{path.relative_to(mount.mount_point)}") for path in paths}
    return all(e and e["md5"] == transfer.md5(path) for path, e in cloud.items())


def test_the_end_waits_for_crops_samples_and_tables_and_the_line_says_so(
    mount: drivefs.Drive, project: Project
) -> None:
    mount.order("set", bandwidth=1e6)
    with session(project) as writer:
        for name in ("dataset.zip", "samples/step-00000001.jpg", "samples/step-00000002.jpg"):
            writer.side_file(make(name, 300_000))
        writer.side_file(make("metrics.csv", 300_000))
        save(writer, 10)
        told = list(writer.wait_until_safe())
        samples = [project.sample_file(step) for step in (1, 2)]
        assert in_the_cloud(mount, project.dataset_zip, project.metrics_csv, *samples)
    assert re.fullmatch(r"Safe on Drive: step 10 \(\d s ago\), crops, 2 samples", last_line(told))
    assert "Not everything" not in warnings(told)
    lines = [status_line.line(event) for event in told if isinstance(event, Safety)]
    assert any("not on Drive: crops" in line for line in lines)
    assert status(project)["line"].endswith("ago), crops, 2 samples")


def test_crops_that_do_not_fit_are_told_before_and_at_the_end(
    mount: drivefs.Drive, project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    mount.order("set", quota=300_000)
    with session(project) as writer:
        writer.side_file(make("dataset.zip", 400_000))
        writer.need(80_000, side_bytes=10_000)
        writer.side_file(make("samples/step-00000001.jpg", 1000))
        save(writer, 10)
        told = list(writer.wait_until_safe())
    assert re.search(r"two states, crops and samples of this run need 57\d\.\d kB", warnings(told))
    assert "Drive can't be written: it is full" in warnings(told)
    assert "Not everything is on Drive" in warnings(told)
    line = last_line(told)
    assert line.startswith("Safe on Drive: step 10 (") and ", 1 sample · " in line
    assert " · not on Drive: crops" in line
    assert "not on Drive: crops" in status(project)["line"]
    monkeypatch.setattr("colab_pix2pix.storage.colab.flush_and_release", lambda: None)
    mount.wait_until_uploaded()
    with pytest.raises(DriveError, match=r"Not released: dataset\.zip would be lost"):
        release_runtime(project)
    mount.order("set", quota=10**9)  # the user makes room, and calls the same again
    with session(project) as writer:
        writer.side_file(make("dataset.zip", 400_000))
        told = list(writer.wait_until_safe())
    assert last_line(told).endswith(", crops, 1 sample")
    release_runtime(project)


def test_a_quota_that_is_nearly_used_up_is_told(mount: drivefs.Drive, project: Project) -> None:
    mount.order("set", quota=500_000)
    with session(project) as writer:
        writer.side_file(make("dataset.zip", 200_000))
        writer.need(100_000)
        told = list(writer.wait_until_safe())
    assert "nearly used up" in warnings(told)


def test_what_is_pending_counts_as_used(mount: drivefs.Drive, project: Project) -> None:
    mount.order("set", quota=500_000, paused=True)
    with session(project) as writer:
        for number in range(3):
            writer.side_file(make(f"samples/step-{number:08d}.jpg", 200_000))
        wait_for(
            lambda: "it is full" in writer.safety.trouble, seconds=PATIENCE_SECONDS, pause=0.005
        )
    assert not project.sample_file(2).exists()


def test_what_an_earlier_session_has_left_on_its_way_is_waited_for(
    mount: drivefs.Drive, project: Project
) -> None:
    mount.order("set", paused=True)
    with session(project) as writer:
        writer.side_file(make("samples/step-00000001.jpg", 1000))
        wait_for(lambda: is_full(project.sample_file(1)), seconds=PATIENCE_SECONDS, pause=0.005)
    with session(project) as writer:
        for _ in range(3):
            time.sleep(0.1)
            assert writer.safety.missing_files.endswith("1 sample")
        mount.order("set", paused=False)
        told = list(writer.wait_until_safe())
        assert in_the_cloud(mount, project.sample_file(1))
    assert last_line(told).endswith("not on Drive: crops"), "there are none"


def test_a_mount_that_has_forgotten_a_file_gets_it_again(
    mount: drivefs.Drive, project: Project
) -> None:
    mount.order("set", paused=True)
    with session(project) as writer:
        writer.side_file(make("dataset.zip", 50_000))
        wait_for(lambda: project.dataset_zip.exists(), seconds=PATIENCE_SECONDS, pause=0.005)
        mount.die_and_remount()  # what was not uploaded is gone
        told = list(writer.wait_until_safe())
        assert in_the_cloud(mount, project.dataset_zip)
    assert "crops" not in last_line(told).partition("not on Drive")[2]


def test_an_entry_without_content_is_not_called_safe(
    mount: drivefs.Drive, project: Project
) -> None:
    with session(project) as writer:
        save(writer, 10)
        list(writer.wait_until_safe())
    project.samples.mkdir()
    for path in (project.dataset_zip, project.sample_file(1)):
        path.touch()
    mount.wait_until_uploaded()
    mount.die_and_remount()
    assert status(project)["line"].endswith("not on Drive: crops")
    with session(project) as writer:
        save(writer, 20)
        told = list(writer.wait_until_safe())
    known = [event for event in told if isinstance(event, Safety)]
    assert known and not any("sample" in e.safe_files + e.missing_files for e in known)


@pytest.mark.slow
def test_a_training_whose_crops_are_missing_does_not_end_as_if_all_were_well(
    mount: drivefs.Drive,
    project: Project,
    crops: Dataset,
    fast: None,
    capsys: pytest.CaptureFixture[str],
) -> None:
    words = ["train", str(crops.directory), str(project.path), *FLAGS]
    mount.fail("write", "EDQUOT", match="dataset.zip")
    assert main.main(words) == 1
    said = capsys.readouterr()
    assert "not on Drive: crops" in said.out.splitlines()[-1]
    assert "Not everything is on Drive" in said.err
    mount.heal()
    assert main.main(words) == 0, "the same again waits for the rest"
    assert "Nothing to do" in (said := capsys.readouterr()).err
    assert said.out.splitlines()[-1].startswith("Safe on Drive: step ")
    assert ", crops, " in said.out and "not on Drive" not in said.out
    shutil.rmtree(crops.directory)
    mount.die_and_remount()
    export(project, mount.my_drive / "out")


@pytest.mark.slow
def test_an_export_waits_until_drive_has_it(
    mount: drivefs.Drive, crops: Dataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    project = train(crops, tmp_path / "run", SMALLEST).project
    mount.order("set", bandwidth=5e5)
    told: list[Event] = []
    paths = export(project, mount.my_drive / "out", on_event=told.append)
    assert in_the_cloud(mount, *paths)
    notes = [event.message for event in told if isinstance(event, Note)]
    assert notes[-1] == f"Safe on Drive: {len(paths)} files."
    mount.order("set", quota=1000)
    with pytest.raises(Pix2PixError, match="it is full"):
        export(project, mount.my_drive / "another")
    assert not (mount.my_drive / "another").exists()
    mount.order("set", quota=10**9, paused=True)
    monkeypatch.setattr(side_files.wait_until_confirmed, "__kwdefaults__", {"patience_seconds": 0})
    with pytest.raises(DriveError, match=r"Not on Drive yet: .*generator\.keras"):
        export(project, mount.my_drive / "another")
