"""A run can be killed at any moment; it goes on by itself, to the same weights."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import imageio_ffmpeg
import numpy as np
import pytest
from PIL import Image

from colab_pix2pix.config import TrainConfig
from colab_pix2pix.dataset import manifest
from colab_pix2pix.dataset.manifest import Dataset
from colab_pix2pix.errors import DatasetError, IncompatibleRunError, ProjectError, TrainingError
from colab_pix2pix.events import Event, Metrics, Note, Progress, Resumed, Saved
from colab_pix2pix.options import as_flags
from colab_pix2pix.project import Project
from colab_pix2pix.storage import npz
from colab_pix2pix.storage.restore import status
from colab_pix2pix.workflows.apply import apply
from colab_pix2pix.workflows.pipeline import train
from support.networks import SMALLEST

# With dropout, which draws; and a step width that does not depend on how many epochs there will be.
TINY = SMALLEST.replace(
    epochs=6, dropout=0.5, decay_from=1.0, light_varies="input", gan_warmup_steps=0
)


def arrays(slot: Path) -> dict[str, bytes]:
    with np.load(slot) as file:
        return {name: file[name].tobytes() for name in file.files if name != "manifest.json"}


def newest_slot(project: Project) -> Path:
    return Path(status(project)["slots"][0]["path"])


def test_training_leaves_samples_curves_a_time_lapse_and_a_checkpoint(
    crops: Dataset, tmp_path: Path
) -> None:
    heard: list[Event] = []
    result = train(crops, tmp_path / "run", TINY, on_event=heard.append)
    project = result.project

    assert (result.step, result.total_steps, result.epochs_done) == (15, 15, 6)
    assert not result.interrupted
    assert [event.step for event in heard if isinstance(event, Saved)] == [15]
    assert project.metrics_csv.read_text().count("\n") > 3
    assert Image.open(project.losses_png).width > 400
    grid = Image.open(sorted(project.samples.glob("*.jpg"))[-1])
    assert grid.size == (2 * 68 + 4, 3 * 68 + 4), "two crops are held out"
    video = imageio_ffmpeg.read_frames(project.timelapse)
    assert next(video)["size"] == grid.size
    assert len(list(video)) > 12
    metrics = [event for event in heard if isinstance(event, Metrics)]
    assert metrics[-1].held_out_l1_loss and -1 <= (metrics[-1].held_out_ssim or -2) <= 1
    losses = [event.generator_l1_loss for event in metrics]
    assert losses[-1] < losses[0]
    last = [e for e in heard if isinstance(e, Progress) and e.job == "train"][-1]
    assert (last.done, last.total, last.epoch, last.epochs) == (15, 15, 6, 6)
    assert last.per_second and last.crops_per_second == 4 * last.per_second


def test_the_same_call_again_does_nothing_and_says_so(crops: Dataset, tmp_path: Path) -> None:
    train(crops, tmp_path / "run", TINY.replace(epochs=2))
    before = {path: path.stat().st_mtime_ns for path in (tmp_path / "run").rglob("*")}
    heard: list[Event] = []
    result = train(crops, tmp_path / "run", TINY.replace(epochs=2), on_event=heard.append)
    assert result.started_at_step == result.step == 5
    assert {type(event) for event in heard} == {Note}
    assert "Nothing to do" in heard[-1].message
    assert {path: path.stat().st_mtime_ns for path in (tmp_path / "run").rglob("*")} == before


def test_more_epochs_continue_and_end_as_if_never_stopped(crops: Dataset, tmp_path: Path) -> None:
    train(crops, tmp_path / "in two", TINY.replace(epochs=3))
    heard: list[Event] = []
    second = train(crops, tmp_path / "in two", TINY, on_event=heard.append)
    whole = train(crops, tmp_path / "in one", TINY)
    assert [event.step for event in heard if isinstance(event, Resumed)] == [8]
    assert second.started_at_step == 8
    assert arrays(newest_slot(second.project)) == arrays(newest_slot(whole.project))


EVERYTHING = TINY.replace(
    **{"gan_loss": "hinge", "feature_matching": 1.0, "ema": 0.9, "clip_norm": 1.0},
    **{"decay_from": 0.5, "discriminator_learning_rate": 1e-4, "condition": "edges"},
    **{"normalization": "instance", "upsampling": "resize", "spectral_norm": True},
    **{"depth": 5, "output_size": 32, "patch_layers": 2, "flip": False, "precision": "bfloat16"},
    gan_warmup_steps=5,
)


@pytest.mark.parametrize(
    "config",
    [
        TINY.replace(depth=0, patch_layers=3),
        EVERYTHING,
        TINY.replace(gan_loss="least-squares", condition="grey"),
    ],
    ids=["the defaults", "everything on", "colouring"],
)
def test_an_interrupted_run_goes_on_to_the_same_bytes(
    crops: Dataset, tmp_path: Path, config: TrainConfig
) -> None:
    def interrupt(event: Event) -> None:
        if isinstance(event, Metrics) and event.step == 8:
            os.kill(os.getpid(), signal.SIGINT)

    first = train(crops, tmp_path / "in two", config, on_event=interrupt)
    assert first.interrupted and first.step == 8
    second = train(crops, tmp_path / "in two", config)
    assert second.started_at_step == 8 and not second.interrupted
    whole = train(crops, tmp_path / "in one", config)
    assert arrays(newest_slot(second.project)) == arrays(newest_slot(whole.project))
    assert second.project.metrics_csv.read_text() == whole.project.metrics_csv.read_text()
    made = apply(second.project, crops.directory, tmp_path / "made")
    assert Image.open(made[0]).width == (config.output_size or config.image_size)


def test_another_seed_gives_another_model(crops: Dataset, tmp_path: Path) -> None:
    one = train(crops, tmp_path / "one", TINY.replace(epochs=1))
    two = train(crops, tmp_path / "two", TINY.replace(epochs=1, seed=1))
    assert arrays(newest_slot(one.project)) != arrays(newest_slot(two.project))


@pytest.mark.parametrize("change", [{"image_size": 128}, {"base_filters": 8}, {"seed": 5}])
def test_a_run_made_with_other_options_is_refused_by_name(
    crops: Dataset, tmp_path: Path, change: dict[str, int]
) -> None:
    train(crops, tmp_path / "run", TINY.replace(epochs=1))
    before = {p: p.read_bytes() for p in (tmp_path / "run").rglob("*") if p.is_file()}
    with pytest.raises(IncompatibleRunError, match=next(iter(change))):
        train(crops, tmp_path / "run", TINY.replace(**change))
    assert {p: p.read_bytes() for p in (tmp_path / "run").rglob("*") if p.is_file()} == before


def test_another_batch_size_goes_on_with_a_note(crops: Dataset, tmp_path: Path) -> None:
    train(crops, tmp_path / "run", TINY.replace(epochs=2))
    heard: list[Event] = []
    result = train(crops, tmp_path / "run", TINY.replace(batch_size=2), on_event=heard.append)
    assert any("batch_size" in event.message for event in heard if isinstance(event, Note))
    assert (result.started_at_step, result.step, result.epochs_done) == (5, 25, 6)


def test_without_options_the_stored_ones_are_taken(crops: Dataset, tmp_path: Path) -> None:
    train(crops, tmp_path / "run", TINY.replace(epochs=1))
    assert Project(tmp_path / "run").recall(TrainConfig) == TINY.replace(epochs=1)
    assert train(crops, tmp_path / "run").epochs_done == 1


def test_a_folder_without_pictures_is_refused_and_nothing_is_written(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(DatasetError, match="no pictures"):
        train(tmp_path / "empty", tmp_path / "run", TINY)
    assert not (tmp_path / "run").exists()


def test_an_unreadable_picture_is_named(crops: Dataset, tmp_path: Path) -> None:
    (crops.directory / "disc-03.png").write_bytes(b"no picture")
    with pytest.raises(DatasetError, match=r"disc-03\.png"):
        train(crops, tmp_path / "run", TINY)
    assert not (tmp_path / "run").exists()


def test_a_file_in_place_of_the_run_folder_is_refused(crops: Dataset, tmp_path: Path) -> None:
    (tmp_path / "run").write_text("mine")
    with pytest.raises(ProjectError, match="is a file"):
        train(crops, tmp_path / "run", TINY)
    assert (tmp_path / "run").read_text() == "mine"


def test_a_kill_within_the_very_first_save_is_no_loss_and_is_said(
    crops: Dataset, tmp_path: Path
) -> None:
    project = Project(tmp_path / "run")
    project.remember(TINY.replace(epochs=1))
    project.slots[0].write_bytes(b"PK\x03\x04 torn")
    assert status(project)["step"] is None
    heard: list[Event] = []
    result = train(crops, project, TINY.replace(epochs=1), on_event=heard.append)
    assert result.started_at_step == 0
    assert any("first save was cut off" in e.message for e in heard if isinstance(e, Note))
    assert status(project)["step"] == 3


def test_a_new_run_starts_from_the_generator_of_another(crops: Dataset, tmp_path: Path) -> None:
    def generator(project: Project) -> dict[str, bytes]:
        every = arrays(newest_slot(project))
        return {n: v for n, v in every.items() if n.startswith("generator/") and "seed" not in n}

    first = train(crops, tmp_path / "first", TINY.replace(epochs=1)).project
    start = TINY.replace(epochs=1, seed=9, learning_rate=1e-7, init_from=str(first.path))
    second = train(crops, tmp_path / "second", start).project
    kernel = next(name for name in generator(first) if name.endswith("kernel"))
    before, after = (np.frombuffer(generator(p)[kernel], np.float32) for p in (first, second))
    assert np.abs(before - after).max() < 1e-5
    with pytest.raises(ProjectError, match="init_from: there is nothing"):
        train(crops, tmp_path / "third", TINY.replace(init_from=str(tmp_path / "nowhere")))
    assert not (tmp_path / "third").exists()
    endless = tmp_path / "weights.h5"
    endless.symlink_to("/dev/zero")
    with pytest.raises(ProjectError, match="init_from: there is what is neither a file nor"):
        train(crops, tmp_path / "third", TINY.replace(init_from=str(endless)))
    assert not (tmp_path / "third").exists()


def test_numbers_that_break_are_noticed_and_never_saved(crops: Dataset, tmp_path: Path) -> None:
    project = train(crops, tmp_path / "run", TINY.replace(epochs=1)).project
    slot = newest_slot(project)
    with np.load(slot) as file:
        state = {name: file[name] for name in file.files if name != npz.MANIFEST}
    name = next(n for n in state if n.startswith("generator/") and n.endswith("kernel"))
    state[name] = np.full_like(state[name], np.nan)
    npz.write(slot, state, npz.read_manifest(slot))
    before = slot.read_bytes()
    with pytest.raises(TrainingError, match="goes on from step 3, with a smaller learning_rate"):
        train(crops, project, TINY)
    assert slot.read_bytes() == before
    assert [p.name for p in project.path.glob("slot-*")] == [slot.name]


def test_rejected_crops_are_not_trained_on(crops: Dataset, tmp_path: Path) -> None:
    rejected = tuple(
        manifest.Crop(file=crop.file, split=crop.split, choice="reject" if index < 4 else "")
        for index, crop in enumerate(crops.crops)
    )
    result = train(crops.replace(rejected), tmp_path / "run", TINY)
    assert result.total_steps == 6 * 6 / 4


def start(crops: Dataset, run_dir: Path, epochs: int) -> subprocess.Popen[str]:
    flags = as_flags(TINY.replace(epochs=epochs, save_every_seconds=1))
    command = ["train", "--json", str(crops.directory), str(run_dir), *flags]
    return subprocess.Popen(
        [sys.executable, "-m", "colab_pix2pix", *command], stdout=subprocess.PIPE, text=True
    )


def follow_until(process: subprocess.Popen[str], kind: str) -> dict[str, object]:
    assert process.stdout is not None
    for line in process.stdout:
        if json.loads(line)["event"] == kind:
            return json.loads(line)
    raise AssertionError(f"The process ended before a {kind} event.")


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupt_ends_after_the_step_with_everything_saved(
    crops: Dataset, tmp_path: Path, number: signal.Signals
) -> None:
    process = start(crops, tmp_path / "run", epochs=10_000)
    follow_until(process, "Metrics")
    process.send_signal(number)
    output, _ = process.communicate(timeout=60)
    assert process.returncode == 130
    heard = [json.loads(line) for line in output.splitlines()]
    saved = [event["step"] for event in heard if event["event"] == "Saved"]
    assert status(tmp_path / "run")["step"] == saved[-1]
