"""What lies beside the slots may be torn, and is made again; it never stops the work."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import imageio_ffmpeg
import numpy as np
import pytest
from matplotlib.figure import Figure
from matplotlib.text import Text

from colab_pix2pix.config import sides
from colab_pix2pix.dataset import curate, manifest
from colab_pix2pix.dataset.archive import is_packed, unpack
from colab_pix2pix.dataset.manifest import Dataset
from colab_pix2pix.errors import CheckpointError
from colab_pix2pix.events import Event, Metrics, Note, Resumed, Safety
from colab_pix2pix.model.trained import load_trained
from colab_pix2pix.project import Project, sample_step
from colab_pix2pix.storage.checkpoints import CheckpointWriter
from colab_pix2pix.storage.restore import keep_milestone, status
from colab_pix2pix.training.artifacts import (
    newest_sample,
    read_metrics,
    read_sample,
    sample_grid,
    size_of_pictures,
    split_grid,
    write_losses,
    write_sample,
    write_timelapse,
)
from colab_pix2pix.workflows.apply import apply
from colab_pix2pix.workflows.export import export
from colab_pix2pix.workflows.pipeline import train
from support.networks import SMALLEST

TINY = SMALLEST.replace(epochs=2, decay_from=1.0)
MORE = TINY.replace(epochs=4)


def notes(heard: list[Event], level: str = "") -> str:
    found = [event for event in heard if isinstance(event, Note)]
    return " ".join(event.message for event in found if level in ("", event.level))


def empty(path: Path) -> None:
    path.write_bytes(b"")


def cut_off(path: Path) -> None:
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def flip_a_bit(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[-30] ^= 16
    path.write_bytes(content)


def forget(path: Path) -> None:
    path.unlink()


@pytest.fixture
def run(crops: Dataset, tmp_path: Path) -> Project:
    """A run of two epochs, which took 5 steps."""
    return train(crops, tmp_path / "run", TINY).project


@pytest.mark.parametrize("harm", [empty, cut_off, flip_a_bit, forget])
def test_whatever_is_torn_beside_the_slots_training_goes_on_and_makes_it_again(
    crops: Dataset, run: Project, harm: Callable[[Path], None]
) -> None:
    spared = {*run.slots, run.settings_file if harm is flip_a_bit else None}  # another name: fine
    for path in sorted(run.path.rglob("*")):
        if path.is_file() and path not in spared:
            harm(path)
    heard: list[Event] = []
    result = train(crops, run, MORE, on_event=heard.append)
    assert (result.started_at_step, result.step) == (5, 10)
    assert notes(heard, "warning") == ""
    assert is_packed(crops, run.dataset_zip)
    assert json.loads(run.choices_file.read_bytes())
    assert read_metrics(run)[-1].step == 10
    assert sample_step(newest_sample(run) or run.path) == 10
    if harm is not forget:  # drawn again from the state that the run went on from
        assert read_sample(run.sample_file(5)) is not None
    video = imageio_ffmpeg.read_frames(run.timelapse)
    assert next(video)["size"] == read_sample(run.sample_file(10)).shape[1::-1]


@pytest.mark.parametrize("harm", [empty, cut_off, flip_a_bit, forget])
def test_a_finished_run_whose_archive_is_torn_packs_it_again(
    crops: Dataset, run: Project, harm: Callable[[Path], None]
) -> None:
    harm(run.dataset_zip)
    train(crops, run, TINY)
    assert is_packed(crops, run.dataset_zip)


@pytest.mark.parametrize("harm", [empty, flip_a_bit])
def test_the_model_is_used_and_exported_though_the_crops_are_torn(
    crops: Dataset, run: Project, tmp_path: Path, harm: Callable[[Path], None]
) -> None:
    harm(run.dataset_zip)
    for sample in run.sample_files():
        harm(sample) if harm is empty else None
    heard: list[Event] = []
    made = apply(run, crops.directory / crops.crops[0].file, tmp_path / "made.png")
    paths = export(run, tmp_path / "out", ["h5"], on_event=heard.append)
    assert made[0].stat().st_size and (tmp_path / "out" / "generator.h5") in paths
    assert "Made-up pictures are taken to compare on." in notes(heard, "warning")
    assert str(run.dataset_zip) in notes(heard) and "/crops" not in notes(heard)
    card = (tmp_path / "out" / "model-card.md").read_text()
    assert ("nothing is known any more" in card) == (harm is empty)
    assert ("sample.jpg" in card) == (harm is not empty)


@pytest.mark.parametrize(
    "name",
    [
        "colab_pix2pix.training.artifacts.write_losses",
        "colab_pix2pix.training.artifacts.write_timelapse",
        "tensorflow.io.TFRecordWriter.close",
    ],
)
def test_what_can_not_be_drawn_keeps_nobody_from_waiting_for_the_state(
    crops: Dataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    def fail(*arguments: Any, **options: Any) -> None:
        raise OSError(28, "No space left on device")

    heard: list[Event] = []

    def wait(writer: CheckpointWriter) -> Iterator[Event]:
        yield Note(message="It waits until all is safe.")

    monkeypatch.setattr(CheckpointWriter, "wait_until_safe", wait)
    with monkeypatch.context() as patch:
        patch.setattr(name, fail)
        result = train(crops, tmp_path / "run", TINY, on_event=heard.append)
    assert result.safety and result.safety.safe_step == result.step == 5
    assert "left out until there is room again" in notes(heard, "warning")
    assert isinstance(heard[-1], Note) and "It waits" in heard[-1].message
    assert json.loads(result.project.session_file.read_text())["ended"]
    assert status(result.project)["step"] == 5


def test_rejecting_half_of_the_crops_half_way_goes_on_with_what_is_left(
    crops: Dataset, run: Project
) -> None:
    rejected = [crop.file for crop in crops.crops[:5]]
    curate.choose(crops, rejected, "reject")
    heard: list[Event] = []
    result = train(crops, run, MORE, on_event=heard.append)
    # Ten crops took 2.5 steps an epoch, and five take 1.25.
    assert (result.started_at_step, result.step, result.epochs_done) == (5, 8, 4)
    assert "The crops have changed" in notes(heard)
    assert "Nothing to do" not in notes(heard)


def test_a_dataset_that_has_become_larger_goes_on_in_the_same_epoch(
    crops: Dataset, tmp_path: Path
) -> None:
    few = curate.choose(crops, [crop.file for crop in crops.crops[:5]], "reject")
    run = train(few, tmp_path / "run", TINY).project
    curate.choose(crops, [crop.file for crop in crops.crops[:5]], "")
    result = train(crops, run, MORE)
    assert (result.started_at_step, result.epochs_done) == (3, 4)


def test_a_sample_grid_of_another_shape_or_torn_does_not_spoil_the_time_lapse(
    tmp_path: Path,
) -> None:
    project = Project(tmp_path)
    for step, height in ((0, 40), (1, 60), (2, 20), (3, 40)):
        write_sample(project, step, np.full((height, 64, 3), 60 * step, np.uint8))
    empty(project.sample_file(1))
    frames = imageio_ffmpeg.read_frames(write_timelapse(project, 3))
    assert next(frames)["size"] == (64, 40)
    brightness = [int(np.frombuffer(frame, np.uint8)[0]) for frame in frames]
    expected = [0, 120, 180] + [180] * 12
    assert all(abs(a - b) < 9 for a, b in zip(brightness, expected, strict=True))


def test_training_and_the_archive_take_the_choices_on_disk_not_those_of_a_stale_object(
    crops: Dataset, tmp_path: Path
) -> None:
    curate.choose(crops, crops.crops[0].file, "reject")
    run = train(crops, tmp_path / "run", TINY).project
    assert unpack(run.dataset_zip, tmp_path / "out").crops[0].choice == "reject"
    assert manifest.read(crops.directory).crops[0].choice == "reject"


def test_choices_come_back_from_the_run_when_the_crops_folder_is_made_anew(
    crops: Dataset, tmp_path: Path
) -> None:
    fresh = (crops.directory / "manifest.json").read_bytes()
    curate.choose(crops, [crop.file for crop in crops.crops[:5]], "reject")
    run = train(crops, tmp_path / "run", TINY).project
    (crops.directory / "manifest.json").write_bytes(fresh)
    empty(run.dataset_zip)
    heard: list[Event] = []
    train(crops.directory, run, MORE, on_event=heard.append)
    assert "What was decided about 5 crops came back from choices.json." in notes(heard)
    packed = unpack(run.dataset_zip, tmp_path / "out")
    assert [crop.choice for crop in packed.crops[:6]] == ["reject"] * 5 + [""]


def test_a_resumed_run_says_at_once_what_is_saved(crops: Dataset, run: Project) -> None:
    heard: list[Event] = []
    train(crops, run, MORE, on_event=heard.append)
    after = heard[next(i for i, event in enumerate(heard) if isinstance(event, Resumed)) :]
    first = next(event for event in after if isinstance(event, Safety))
    assert first.safe_step == 5


def test_a_run_that_goes_on_from_a_copy_of_a_slot_says_what_is_saved(
    crops: Dataset, run: Project
) -> None:
    (slot,) = [slot for slot in run.slots if slot.exists()]
    slot.rename(run.path / "slot-a (1).npz")
    heard: list[Event] = []
    train(crops, run, MORE, on_event=heard.append)
    first = next(event for event in heard if isinstance(event, Safety))
    assert first.safe_step == 5


def test_a_kept_milestone_can_be_asked_for_by_its_generation(crops: Dataset, run: Project) -> None:
    keep_milestone(run)
    for epochs in (4, 6):
        train(crops, run, TINY.replace(epochs=epochs))
    assert [slot["generation"] for slot in status(run)["slots"]] == [3, 2]
    assert load_trained(run, "1").generation.step == 5
    with pytest.raises(CheckpointError, match="keep_milestone"):
        load_trained(run, "9")
    shutil.rmtree(run.path / "milestones")
    with pytest.raises(CheckpointError, match="those that are saved: 3, 2"):
        load_trained(run, "1")


@pytest.mark.parametrize(
    ("count", "size"),
    [
        (1, 64),
        (6, 64),
        (4, 256),
        (5, 32),
        (6, "96x64"),
        (1, "64x96"),
        (4, "512x288"),
        (6, "32x320"),
    ],
)
def test_the_pictures_of_a_grid_are_found_again(
    tmp_path: Path, count: int, size: int | str
) -> None:
    shape = (3, count, *sides(size).shape, 3)
    pictures = np.random.default_rng(0).integers(0, 256, shape, np.uint8)
    grid = sample_grid(list(pictures))
    path = write_sample(Project(tmp_path), 1, grid, size)
    assert np.array_equal(split_grid(grid, size_of_pictures(path)), pictures)


def test_a_torn_sample_counts_as_one_of_squares(tmp_path: Path) -> None:
    path = write_sample(Project(tmp_path), 1, np.zeros((8, 8, 3), np.uint8), "96x64")
    assert size_of_pictures(path) == (96, 64)
    path.write_bytes(path.read_bytes()[:20])
    assert size_of_pictures(path) == (1, 1)


def test_the_curves_are_named_in_words(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    drawn: list[str] = []
    save = Figure.savefig

    def listening(figure: Figure, *args: object, **kwargs: object) -> None:
        save(figure, *args, **kwargs)
        drawn.extend(text.get_text() for text in figure.findobj(Text))

    monkeypatch.setattr(Figure, "savefig", listening)
    losses = {"generator_gan_loss": 1.0, "generator_l1_loss": 0.5, "discriminator_loss": 0.7}
    history = [Metrics(step=step, epoch=1, **losses) for step in (1, 2)]
    write_losses(Project(tmp_path), history)
    assert "difference to the real crops" in drawn and "how often they pass as real" in drawn
    assert not [text for text in drawn if "_loss" in text or "log-loss" in text]
