"""`verify` reads everything in a project, and makes again what can be made again."""

from __future__ import annotations

import dataclasses
import io
import json
import shlex
import shutil
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from colab_pix2pix.cli import main
from colab_pix2pix.dataset import choices, curate, manifest
from colab_pix2pix.dataset.manifest import Dataset
from colab_pix2pix.project import Project, projects
from colab_pix2pix.storage.restore import keep_milestone, status
from colab_pix2pix.training import artifacts
from colab_pix2pix.workflows.export import export
from colab_pix2pix.workflows.pipeline import train
from colab_pix2pix.workflows.verification import verify
from conftest import Command
from support import drivefs
from support.discs import discs
from support.networks import SMALLEST

MADE_AGAIN = ("project.json", "choices.json", "metrics.csv", "losses.png", "training.mp4")
MADE_AGAIN += ("dataset.zip", "samples/step-00000003.jpg")


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A folder with crops, one of them rejected, and a run of three steps on them."""
    folder = tmp_path_factory.mktemp("trained")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", str(folder / "cache"))
        crops = discs(folder / "crops")
        train(curate.choose(crops, crops.crops[0].file, "reject"), folder / "run", SMALLEST)
    yield folder


@pytest.fixture
def project(trained: Path, tmp_path: Path) -> Project:
    """The run, on a machine that has the crops too."""
    project = Project(tmp_path / "Blümchen 🌼" / "run")
    shutil.copytree(trained / "run", project.path)
    shutil.copytree(trained / "crops", project.crops / "cut")
    return project


def checks(project: Project, *, repair: bool = False) -> dict[str, str]:
    files = verify(project, repair=repair)["files"]
    return {
        Path(entry["path"]).relative_to(project.path).as_posix(): entry["check"] for entry in files
    }


def rejected(project: Project) -> int:
    """Returns how many crops a new machine would show as rejected."""
    dataset = manifest.read(project.crops / "cut")
    blank = dataset.replace(tuple(dataclasses.replace(c, choice="") for c in dataset.crops))
    restored, _ = choices.restore(project, dataclasses.replace(blank, revision=0))
    return sum(crop.choice == "reject" for crop in restored.crops)


def assert_same_picture(drawn: bytes, before: bytes) -> None:
    """A sample is drawn again in float32, whatever the run computes in: the eye sees no change."""
    again, once = (np.asarray(Image.open(io.BytesIO(each)), np.float32) for each in (drawn, before))
    assert again.shape == once.shape
    assert np.abs(again - once).mean() < 1.0


@pytest.mark.slow
def test_a_sample_is_drawn_again_without_the_chatter_of_tensorflow(
    project: Project, command: Command
) -> None:
    project.sample_file(3).write_bytes(b"torn")
    done = command("verify", project.path, "--repair")
    assert (done.returncode, done.stderr) == (0, "")
    assert "made again" in done.stdout


@pytest.mark.slow
def test_all_that_is_damaged_is_named_and_made_again(project: Project) -> None:
    assert set(MADE_AGAIN) < set(checks(project)) and verify(project)["ok"]
    before = {name: (project.path / name).read_bytes() for name in MADE_AGAIN}
    for name in MADE_AGAIN:
        for content in (before[name][: len(before[name]) // 2], b""):
            (project.path / name).write_bytes(content)
            found = checks(project)
            assert found.pop(name).startswith("damaged"), name
            assert set(found.values()) == {"whole"}
            assert checks(project, repair=True)[name] == "made again"
            assert verify(project)["ok"]
    assert (project.path / "metrics.csv").read_bytes() == before["metrics.csv"]
    assert_same_picture(project.sample_file(3).read_bytes(), before["samples/step-00000003.jpg"])
    for name in ("project.json", "choices.json"):
        assert json.loads((project.path / name).read_text()) == json.loads(before[name]), name
    assert status(project)["step"] == 3


@pytest.mark.slow
def test_what_can_not_be_made_again_is_set_aside_or_stays_and_is_named(
    project: Project, capsys: pytest.CaptureFixture[str]
) -> None:
    torn, milestone = project.sample_file(0), keep_milestone(project)
    half = torn.read_bytes()[:500]
    torn.write_bytes(half)
    assert main.main(["verify", str(project.path), "--repair"]) == 0
    out = capsys.readouterr().out
    assert "set aside as step-00000000.jpg.torn, for it can't be made again: No saved" in out
    assert (project.samples / "step-00000000.jpg.torn").read_bytes() == half
    assert main.main(["verify", str(project.path)]) == 0
    capsys.readouterr()
    milestone.write_bytes(milestone.read_bytes()[:500])
    shutil.rmtree(project.crops)
    project.dataset_zip.write_bytes(b"torn")
    assert main.main(["verify", str(project.path), "--repair"]) == 1
    out = capsys.readouterr().out
    assert f"{milestone.name} whole" not in out and milestone.name in out
    assert "It can't be made again: No crops are left to pack" in out
    assert project.dataset_zip.read_bytes() == b"torn"


@pytest.mark.slow
def test_choices_come_from_whatever_still_knows_them(project: Project) -> None:
    both = (project.choices_file, project.earlier_choices_file)
    manifest_file = project.crops / "cut" / "manifest.json"
    known = manifest_file.read_text()
    for path in both:
        path.write_bytes(b"{")
    assert checks(project, repair=True)["choices.json"] == "made again"
    assert rejected(project) == 1
    for path in both:
        choices.check(path)
    manifest_file.write_text("torn")
    for path in both:
        path.write_bytes(b"")
    assert checks(project, repair=True)["choices.json"] == "made again"
    manifest_file.write_text(known)
    assert rejected(project) == 1, "from the archive"
    shutil.rmtree(project.crops)
    for path in (*both, project.dataset_zip):
        path.write_bytes(b"")
    found = checks(project, repair=True)
    assert "Neither another copy nor crops tell" in found["choices.json"]
    assert not verify(project)["ok"]


@pytest.mark.slow
def test_settings_that_are_gone_come_from_a_state_and_the_project_is_listed_again(
    project: Project,
) -> None:
    known = project.settings_file.read_text()
    project.settings_file.unlink()
    assert projects(project.path.parent) == []
    assert checks(project)["project.json"] == "missing."
    assert checks(project, repair=True)["project.json"] == "made again"
    assert json.loads(project.settings_file.read_text()) == json.loads(known)
    assert projects(project.path.parent) == [project]
    project.settings_file.unlink()
    for slot in project.slots:
        if slot.exists():
            slot.write_bytes(b"torn")
    assert "can't be made again: No saved state holds a copy" in str(checks(project, repair=True))


@pytest.mark.slow
def test_a_sample_is_drawn_again_from_a_milestone_of_its_step(
    project: Project,
) -> None:
    keep_milestone(project)
    path = project.sample_file(3)
    before = artifacts.read_sample(path)
    train(project.crops / "cut", project, SMALLEST.replace(epochs=3))
    path.write_bytes(b"")
    assert checks(project, repair=True)["samples/step-00000003.jpg"] == "made again"
    after = artifacts.read_sample(path)
    assert before is not None and after is not None
    assert abs(before.astype(int) - after.astype(int)).max() <= 24, "the same picture, as a JPEG"
    assert np.mean(before != artifacts.read_sample(project.sample_file(9))) > 0.1


@pytest.mark.slow
def test_an_export_that_is_not_what_was_written_is_told_with_the_command_for_it(
    project: Project, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = project.exports / "for a friend"
    export(project, folder, ["keras"])
    export(project, folder, ["onnx"], weights="float16")
    assert checks(project)["exports/for a friend"] == "whole"
    for name, word in (
        ("generator.keras", "is not what was written"),
        ("model-card.md", "missing"),
    ):
        good = (folder / name).read_bytes()
        if word == "missing":
            (folder / name).unlink()
        else:
            (folder / name).write_bytes(good[: len(good) // 2])
        assert main.main(["verify", str(project.path), "--repair"]) == 1
        out = capsys.readouterr().out
        assert f"for a friend damaged: {name} {'is missing' if word == 'missing' else word}" in out
        (folder / name).write_bytes(good)
    (command,) = {line for line in out.split("to write it again: ")[1:]}
    first, second = command.strip().removesuffix(".").split(" and ")
    assert first.endswith("--format keras") and second.endswith("--format onnx --weights float16")
    (folder / "generator.keras").write_bytes(b"")
    assert main.main(shlex.split(first)[1:]) == 0
    assert checks(project)["exports/for a friend"] == "whole"


@pytest.mark.parametrize(
    "content",
    ["{", "[]", '{"format": 1, "md5": {"/dev/zero": ""}, "made_by": {}}',
     '{"format": 1, "md5": {"../../x": ""}, "made_by": {}}',
     '{"format": 1, "md5": {"a": 5}, "made_by": {}}'],
)  # fmt: skip
def test_a_list_of_an_export_that_is_torn_or_odd_is_damage_and_reads_nothing_else(
    tmp_path: Path, content: str
) -> None:
    folder = tmp_path / "run" / "exports"
    folder.mkdir(parents=True)
    (folder / "checksums.json").write_text(content)
    found = checks(Project(tmp_path / "run"))
    assert found["exports"].startswith("damaged: ")
    assert "colab-pix2pix export" in found["exports"]


@pytest.mark.slow
@pytest.mark.skipif(bool(drivefs.missing()), reason=f"needs FUSE: {drivefs.missing()}")
def test_what_is_made_again_on_drive_is_waited_for(
    crops: Dataset, mount: drivefs.Drive, fast: None
) -> None:
    project = Project(mount.my_drive / "run")
    train(crops, project, SMALLEST)
    for path in (project.metrics_csv, project.settings_file):
        path.write_bytes(path.read_bytes()[:20])
    mount.wait_until_uploaded()
    mount.order("set", delay=0.3)
    assert verify(project, repair=True)["ok"]
    assert mount.order("state")["pending"] == []
    assert project.settings()["safe_slots"]
