"""`verify` reads everything in a project, and makes again what can be made again."""

from __future__ import annotations

from pathlib import Path

import pytest

from colab_pix2pix.cli import main
from colab_pix2pix.config import TrainConfig
from colab_pix2pix.dataset import manifest
from colab_pix2pix.dataset.manifest import Dataset
from colab_pix2pix.files import link_or_copy
from colab_pix2pix.project import Project
from colab_pix2pix.storage.restore import keep_milestone
from colab_pix2pix.workflows.pipeline import train
from colab_pix2pix.workflows.verification import verify

TINY = TrainConfig(image_size=64, base_filters=4, epochs=1, batch_size=4)
MADE_AGAIN = ("metrics.csv", "losses.png", "training.mp4", "dataset.zip")


@pytest.mark.slow
def test_all_that_is_damaged_is_named_and_made_again_where_that_can_be(
    crops: Dataset, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    project = train(crops, tmp_path / "run", TINY).project
    milestone = keep_milestone(project)
    report = verify(project)
    assert report["ok"]
    names = {Path(entry["path"]).name for entry in report["files"]}
    assert {"project.json", "choices.json", milestone.name, *MADE_AGAIN} < names
    here = project.crops / "cut"
    here.mkdir(parents=True)
    for path in crops.directory.iterdir():
        link_or_copy(path, here / path.name)
    manifest.read(here)
    metrics = project.metrics_csv.read_bytes()
    for path in (project.path / name for name in (*MADE_AGAIN, "choices.json")):
        check_that_damage_is_found(project, path, stays=path.name == "choices.json")
    assert project.metrics_csv.read_bytes() == metrics
    for path in (project.samples / "step-00000000.jpg", milestone):
        path.write_bytes(path.read_bytes()[:500])
    assert main.main(["verify", str(project.path), "--repair"]) == 1
    assert capsys.readouterr().out.count("damaged") >= 2


def check_that_damage_is_found(project: Project, path: Path, *, stays: bool) -> None:
    good = path.read_bytes()
    path.write_bytes(good[: len(good) // 2])
    checks = {entry["path"]: entry["check"] for entry in verify(project)["files"]}
    assert checks.pop(str(path)).startswith("damaged")
    assert set(checks.values()) == {"whole"}
    report = verify(project, repair=True)
    assert report["ok"] is not stays, report
    if stays:
        path.write_bytes(good)
    assert verify(project)["ok"]
