"""What is read is never written over: outputs that are, contain or lie in an input are refused."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from colab_pix2pix.cli.main import main
from colab_pix2pix.config import FramesConfig
from colab_pix2pix.dataset.contact_sheet import contact_sheet
from colab_pix2pix.dataset.extract import extract_frames
from colab_pix2pix.dataset.import_images import import_pairs, import_pictures
from colab_pix2pix.dataset.manifest import Dataset, read
from colab_pix2pix.errors import OptionError
from colab_pix2pix.mounts import require_apart
from colab_pix2pix.workflows.apply import apply
from colab_pix2pix.workflows.export import export
from colab_pix2pix.workflows.pipeline import train
from colab_pix2pix.workflows.report import report
from support import videos


def everything_in(folder: Path) -> dict[str, bytes]:
    return {str(p.relative_to(folder)): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


@pytest.fixture
def desk(crops: Dataset, tmp_path: Path) -> Path:
    """Pictures, a video, a run that was never trained, and links to them."""
    desk = tmp_path / "my desk 🌻"
    for name in ("pics", "A", "B", "loose"):
        (desk / name).mkdir(parents=True)
        for index in range(3):
            file = crops.directory / crops.crops[index].file
            shutil.copy(file, desk / name / f"{index}.png")
    videos.scene(desk / "v.mp4", seconds=1)
    (desk / "run").mkdir()
    for name in ("slot-a.npz", "dataset.zip", "project.json"):
        (desk / "run" / name).write_text("{}")
    (desk / "to pics").symlink_to("pics")
    (desk / "to v.mp4").symlink_to("v.mp4")
    os.link(desk / "v.mp4", desk / "hard.mp4")
    (desk / "to run").symlink_to("run")
    (desk / "to slot.html").symlink_to("run/slot-a.npz")
    shutil.copytree(crops.directory, desk / "crops")
    (desk / "to crops").symlink_to("crops")
    return desk


def frames(video: Path, folder: Path) -> object:
    return extract_frames(video, folder, FramesConfig(count=2, scale="-1:64"))


CASES: dict[str, Callable[[Path], object]] = {
    "apply: the video itself": lambda d: apply(d / "run", d / "v.mp4", d / "v.mp4"),
    "apply: a link to the video": lambda d: apply(d / "run", d / "v.mp4", d / "to v.mp4"),
    "apply: from a link": lambda d: apply(d / "run", d / "to v.mp4", d / "v.mp4"),
    "apply: another name of it": lambda d: apply(d / "run", d / "v.mp4", d / "hard.mp4"),
    "apply: by way of dots": lambda d: apply(d / "run", d / "v.mp4", d / "run/../v.mp4"),
    "apply: a picture": lambda d: apply(d / "run", d / "A/0.png", d / "A/0.png"),
    "apply: a folder": lambda d: apply(d / "run", d / "pics", d / "pics"),
    "apply: a link to the folder": lambda d: apply(d / "run", d / "pics", d / "to pics"),
    "apply: inside": lambda d: apply(d / "run", d / "pics", d / "pics/made"),
    "apply: inside a link": lambda d: apply(d / "run", d / "pics", d / "to pics/a/b"),
    "apply: around": lambda d: apply(d / "run", d / "pics", d),
    "import: itself": lambda d: import_pictures(d / "pics", d / "pics"),
    "import: inside": lambda d: import_pictures(d / "pics", d / "pics/crops"),
    "import: around": lambda d: import_pictures(d / "pics", d),
    "import: a dataset": lambda d: import_pictures(d / "crops", d / "to crops"),
    "import: A": lambda d: import_pairs((d / "A", d / "B"), d / "A"),
    "import: in B": lambda d: import_pairs((d / "A", d / "B"), d / "B/pairs"),
    "import: side by side": lambda d: import_pairs(d / "A", d / "A"),
    "frames: around": lambda d: frames(d / "v.mp4", d),
    "export: the run": lambda d: export(d / "run", d / "run"),
    "export: a link to it": lambda d: export(d / "run", d / "to run"),
    "export: inside": lambda d: export(d / "run", d / "run/samples"),
    "export: around": lambda d: export(d / "to run", d),
    "report: a slot": lambda d: report(d / "run", d / "to slot.html"),
    "report: the samples": lambda d: report(d / "run", d / "run/samples/report.html"),
    "contact sheet: inside": lambda d: contact_sheet(read(d / "crops"), d / "to crops/sheet.jpg"),
    "train: itself": lambda d: train(read(d / "loose"), d / "loose"),
    "train: inside": lambda d: train(read(d / "loose"), d / "loose/run"),
}  # fmt: skip


@pytest.mark.parametrize("case", CASES)
def test_an_output_in_the_way_of_an_input_is_refused_and_nothing_changes(
    desk: Path, case: str
) -> None:
    before = everything_in(desk)
    with pytest.raises(OptionError, match=r"for the output, which (is|lies in|contains) the input"):
        CASES[case](desk)
    assert everything_in(desk) == before


def test_the_command_line_says_so_with_the_status_of_wrong_usage(
    desk: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    video = str(desk / "v.mp4")
    assert main(["apply", str(desk / "run"), video, video]) == 2
    assert "is the input" in capsys.readouterr().err


def test_what_lies_beside_is_allowed(desk: Path) -> None:
    require_apart(desk / "pics-made", desk / "pics")
    require_apart(desk / "run" / "exports" / "web", desk / "run", besides=desk / "run" / "exports")
    require_apart(desk / "new", desk / "missing")
    require_apart(desk, desk / "crops", may_contain=True)
    (desk / "exports").mkdir()
    (desk / "run" / "exports").symlink_to("../exports")
    require_apart(desk / "run" / "exports", desk / "run", besides=desk / "run" / "exports")
    assert len(import_pictures(desk / "pics", desk / "made", FramesConfig(scale="-1:64")).crops)


def test_a_folder_in_a_dataset_outlives_the_cutting_of_more(desk: Path) -> None:
    frames(desk / "v.mp4", desk / "dataset")
    (desk / "dataset" / "notes").mkdir()
    (desk / "dataset" / "notes" / "mine.txt").write_text("dear diary")
    (desk / "dataset" / "notes" / "link").symlink_to("mine.txt")
    extract_frames(desk / "v.mp4", desk / "dataset", FramesConfig(count=3, scale="-1:64"))
    assert (desk / "dataset" / "notes" / "link").read_text() == "dear diary"
