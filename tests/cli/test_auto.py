"""`auto`, as a person meets it: on a real terminal, and with answers from a file."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from conftest import Command
from support import videos
from support.terminals import Dialogue


def clip(path: Path) -> Path:
    """Makes a video of four seconds in which much changes."""
    return videos.lavfi(path, "mandelbrot=size=320x180:rate=10", "-t", "4", "-pix_fmt", "yuv420p")


def settings(folder: Path) -> dict[str, dict[str, object]]:
    kept: dict[str, dict[str, object]] = json.loads((folder / "project/project.json").read_text())
    return kept


def test_each_answer_is_checked_when_it_is_given_and_kept_for_the_next_time(
    tmp_path: Path,
) -> None:
    clip(tmp_path / "clip.mp4")
    (tmp_path / "notes.txt").write_text("no video")
    with Dialogue(["auto"], tmp_path) as first:
        first.answer("Name of the project [my-first-model]", "../up")
        assert "name: received '../up'" in first.answer("Name of the project", "flowers")
        first.answer("Video link or path [sample]", "clop.mp4")
        assert "There is no file 'clop.mp4'" in first.answer("Video link or path", "notes.txt")
        assert "notes.txt" in first.answer("Video link or path", "https://youtu.be/abc")
        assert "is not complete" in first.answer("Video link or path", "clip.mp4")
        found = first.answer("Number of crops [1000]", "zero")
        assert "Found: clip.mp4, 4 s long, 320×180 pixels." in found
        assert "count: received 'zero'" in first.answer("Number of crops", "24")
        first.answer("How fine [quick]", "brillant")
        assert "Expected one of quick" in first.answer("How fine", "browser")
        first.answer("Image size in pixels [", "100")
        assert "image_size: received 100" in first.answer("Image size in pixels", "64")
        first.answer("Epochs", "3")
        crops = first.answer("Train on them [yes]", "perhaps")
        assert "24 crops" in crops and "an estimate, from what is usual" in crops
        sheet = next(line for line in crops.splitlines() if "all at a glance" in line).split()[-1]
        assert Path(sheet).is_file() and Path(sheet).is_relative_to(tmp_path.resolve())
        assert "Expected yes or no" in first.answer("Train on them", "n")
        status, said = first.end()
    assert status == 0 and "Nothing is trained" in said and "the name flowers" in said
    assert not list((tmp_path / "flowers").rglob("slot-*"))
    kept = settings(tmp_path / "flowers")
    assert (kept["video"]["source"], kept["frames"]["count"]) == ("clip.mp4", 24)
    with Dialogue(["auto"], tmp_path) as second:
        second.answer("Name of the project [flowers]", "")
        second.answer("Video link or path [clip.mp4]", "")
        second.answer("Number of crops [24]", "")
        second.answer("How fine [own]", "")
        second.answer("Image size in pixels [64]", "")
        second.answer("Epochs [3]", "")
        second.answer("Train on them [yes]", "no")
        assert second.end()[0] == 0


def tiny_run(folder: Path) -> None:
    """Answers all but how long, as an earlier call has kept it."""
    clip(folder / "clip.mp4")
    network = {"image_size": 64, "base_filters": 4, "depth": 3, "patch_layers": 1}
    options = network | {"batch_size": 4, "epochs": 1, "seed": 1}
    content = {"format": 1, "video": {"source": "clip.mp4"}, "frames": {"count": 12}}
    (folder / "flowers" / "project").mkdir(parents=True)
    (folder / "flowers" / "project" / "project.json").write_text(
        json.dumps(content | {"train": options})
    )


@pytest.mark.slow
def test_who_says_yes_gets_a_model_and_is_asked_less_the_next_time(tmp_path: Path) -> None:
    tiny_run(tmp_path)
    with Dialogue(["auto"], tmp_path) as first:
        for question in ("Name of", "Video", "Number", "How fine", "Image size", "Epochs [1]"):
            first.answer(question, "")
        first.answer("Train on them", "yes")
        status, said = first.end()
    assert status == 0 and "Trained: 1 epoch, step 2, in" in said
    with Dialogue(["auto", "--yes"], tmp_path) as second:
        for question in ("Name of", "Video", "Number"):
            second.answer(question, "")
        asked = second.answer("Epochs [1]", "2")
        assert "only its length can change" in asked and "How fine" not in asked
        status, said = second.end()
    assert status == 0 and "Trained: 2 epochs" in said
    assert "from the last run on this machine" in said and "Train on them" not in said


@pytest.mark.slow
def test_answers_from_a_file_are_not_stopped_at_the_crops(command: Command, tmp_path: Path) -> None:
    tiny_run(tmp_path)
    done = command("auto", input="\n" * 6, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "Train on them" not in done.stdout
    assert (tmp_path / "flowers" / "project" / "slot-a.npz").is_file()
    assert (tmp_path / "flowers" / "contact-sheet.jpg").is_file()


def test_auto_without_answers_says_what_to_do(command: Command, tmp_path: Path) -> None:
    done = command("auto", input="", cwd=tmp_path)
    assert done.returncode == 1
    assert "Use the commands download, frames and train in a script" in done.stderr
    assert list(tmp_path.iterdir()) == [tmp_path / "home"]
