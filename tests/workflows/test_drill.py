"""The crash drill says what a new machine would find, and a new machine then finds just that."""

from __future__ import annotations

import hashlib
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pytest

from colab_pix2pix.cli import main
from colab_pix2pix.dataset import choices, curate, manifest
from colab_pix2pix.dataset.manifest import Dataset
from colab_pix2pix.errors import ProjectError
from colab_pix2pix.events import Event, Resumed, from_json
from colab_pix2pix.options import as_flags
from colab_pix2pix.project import Project
from colab_pix2pix.storage.restore import keep_milestone
from colab_pix2pix.workflows.drill import drill
from colab_pix2pix.workflows.pipeline import train
from support import CHECKOUT, TESTS, drivefs
from support.networks import SMALLEST

needs_fuse = pytest.mark.skipif(bool(drivefs.missing()), reason=f"needs FUSE: {drivefs.missing()}")
TINY = SMALLEST.replace(epochs=2, gan_warmup_steps=0)
LONG = TINY.replace(epochs=4000, save_every_seconds=1)
NAME = "Blümchen 🌼 im Wind"


def everything(folder: Path) -> dict[str, tuple[str, int]]:
    """Returns content and time of all files in a folder."""
    files = [path for path in folder.rglob("*") if path.is_file()]
    return {
        str(path): (hashlib.sha256(path.read_bytes()).hexdigest(), path.stat().st_mtime_ns)
        for path in files
    }


def said(report: dict[str, object]) -> str:
    return "\n".join(map(str, report["lines"]))  # type: ignore[call-overload]


def reject(dataset: Dataset, *files: str) -> Dataset:
    return curate.choose(dataset, files, "reject")


@pytest.mark.slow
def test_a_drill_goes_one_step_further_in_a_copy_and_leaves_the_run_alone(
    crops: Dataset, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    project = train(crops, tmp_path / NAME, TINY).project
    keep_milestone(project)
    before = everything(tmp_path)
    assert main.main(["drill", str(project.path)]) == 0
    out = capsys.readouterr().out
    assert "would go on at step 5. Tried in a copy: 12 crops were there, step 6 was" in out
    assert "lives as long as that disk" in out
    assert out.splitlines()[-1] == "Nothing would be lost."
    assert everything(tmp_path) == before
    left = [path for path in Path(tempfile.gettempdir()).glob("colab-pix2pix-*") if is_mine(path)]
    assert left == []


def is_mine(path: Path) -> bool:
    return f"-{os.getpid()}-" in path.name


@pytest.mark.slow
def test_what_is_torn_on_a_disk_is_named_and_the_state_is_tried_without_crops(
    crops: Dataset, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    project = train(crops, tmp_path / "run", TINY).project
    project.dataset_zip.write_bytes(project.dataset_zip.read_bytes()[:1000])
    project.sample_file(5).write_bytes(b"")
    assert main.main(["drill", str(project.path), "--json"]) == 1
    report = json.loads(capsys.readouterr().out)
    assert (report["ok"], report["resumed"], report["step"]) == (False, True, 5)
    assert "soft colours stood in" in said(report)
    assert report["lost"][0].startswith("The crops: dataset.zip can't be read on a new machine.")
    assert report["lost"][1:] == ["1 sample."]
    for slot in project.slots:
        slot.write_bytes(slot.read_bytes()[:1000]) if slot.exists() else None
    report = drill(project)
    assert (report["ok"], report["resumed"], report["step"]) == (False, False, None)
    assert f"The run in {project.path} has no checkpoint that can be read" in said(report)


def test_a_drill_without_a_run_or_without_a_save_says_so(tmp_path: Path) -> None:
    with pytest.raises(ProjectError, match="no run folder"):
        drill(tmp_path / "nothing")
    (tmp_path / "empty").mkdir()
    report = drill(tmp_path / "empty")
    assert not report["ok"]
    assert "would begin anew" in said(report)


@pytest.mark.slow
@needs_fuse
def test_a_new_machine_finds_just_what_the_drill_has_said(
    crops: Dataset,
    mount: drivefs.Drive,
    tmp_path: Path,
    fast: None,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    project = Project(mount.my_drive / NAME)
    first = train(crops, project, TINY)
    report = drill(project)
    assert (report["ok"], report["step"], report["lost"]) == (True, first.step, [])
    mount.order("set", paused=True)
    killed_at = train_until_killed(crops, project, tmp_path)
    rejected = reject(manifest.read(crops.directory), crops.crops[0].file, crops.crops[1].file)
    choices.keep(project, rejected)
    before = everything(project.path)
    report = drill(project)
    assert everything(project.path) == before
    assert (report["ok"], report["resumed"], report["step"]) == (False, True, first.step)
    assert killed_at - first.step <= report["lost_steps"]
    assert f"{report['lost_steps']} steps of training since then." in report["lost"]
    assert "2 choices by hand about crops." in report["lost"]
    mount.die_and_remount()
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "another machine"))
    heard: list[Event] = []
    train(crops.directory, project, TINY.replace(epochs=3), on_event=heard.append)
    assert [event.step for event in heard if isinstance(event, Resumed)] == [report["step"]]


def train_until_killed(crops: Dataset, project: Project, tmp_path: Path) -> int:
    """Trains in a process of its own, kills it after two saves; returns the step that it saved."""
    command = [sys.executable, "-m", "support.real_trainer", "train", "--json"]
    command += [str(crops.directory), str(project.path), *as_flags(LONG)]
    path = os.pathsep.join([str(CHECKOUT), str(TESTS)])
    saved: list[int] = []
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, text=True, env=dict(os.environ, PYTHONPATH=path)
    ) as process:
        assert process.stdout is not None
        for line in process.stdout:
            event = from_json(line)
            saved += [event.step] if type(event).__name__ == "Saved" else []  # type: ignore[union-attr]
            if len(saved) == 2:
                break
        time.sleep(0.2)
        process.send_signal(signal.SIGKILL)
    return saved[-1]


@pytest.mark.slow
@needs_fuse
def test_crops_that_are_not_uploaded_are_lost_and_a_mount_that_tells_nothing_is_told(
    crops: Dataset, mount: drivefs.Drive, tmp_path: Path, fast: None
) -> None:
    project = Project(mount.my_drive / "run")
    mount.fail("write", "EDQUOT", match="dataset.zip")
    train(crops, project, TINY)
    report = drill(project)
    assert (report["ok"], report["resumed"]) == (False, True)
    assert report["lost"][0].startswith("The crops: dataset.zip is not there on a new machine.")
    mount.order("set", attributes="none")
    assert "does not tell what is uploaded" in said(drill(project))
