"""What a session finds out by itself: epochs for some minutes, a batch size, a number format."""

from __future__ import annotations

import csv
import itertools
from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf

from colab_pix2pix.config import TrainConfig
from colab_pix2pix.dataset.manifest import Dataset
from colab_pix2pix.errors import TrainingError
from colab_pix2pix.events import Event, Metrics, Note, Saved
from colab_pix2pix.model import distributed
from colab_pix2pix.model.pix2pix import Pix2Pix
from colab_pix2pix.project import Project
from colab_pix2pix.training import time_budget
from colab_pix2pix.training.batch_size_finder import largest_fitting
from colab_pix2pix.training.plan import make_plan
from colab_pix2pix.training.progress import METRICS_EVERY_STEPS, is_sample_step, samples_between
from colab_pix2pix.training.snapshot import Snapshot
from colab_pix2pix.workflows.pipeline import train
from support.clock import Clock
from support.networks import SMALLEST

TINY = SMALLEST.replace(epochs=6, gan_warmup_steps=0)


@pytest.mark.parametrize("slower", [1.0, 1.3], ids=["even", "slower after a while"])
@pytest.mark.parametrize("sample_seconds", [0.0, 0.5])
@pytest.mark.parametrize("warmup", [0, 100, 1500], ids="discriminator from step {}".format)
def test_training_takes_about_as_many_minutes_as_wished(
    crops: Dataset,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    slower: float,
    sample_seconds: float,
    warmup: int,
) -> None:
    clock, wished = Clock(), 60.0
    monkeypatch.setattr(time_budget, "time", clock)
    config = TINY.replace(minutes=wished / 60, gan_warmup_steps=warmup)
    plan = make_plan(crops, Project(tmp_path / "run"), config)
    budget = time_budget.TimeBudget(config.minutes, plan, clock.now)
    clock.now += 5.0  # pictures are decoded, TensorFlow is loaded
    step, last_step = 0, plan.last_step
    while step < last_step:
        step += 1
        compiling = step in (1, warmup + 1)
        usual = 0.011 if step <= warmup else 0.02
        clock.now += (4.0 if compiling else usual) * (slower if clock.now > 15 else 1.0)
        if is_sample_step(step):
            clock.now += sample_seconds
            budget.count_apart(sample=sample_seconds)
        elif step % METRICS_EVERY_STEPS == 0:  # an epoch has fewer steps: held-out crops are scored
            clock.now += sample_seconds
            budget.count_apart(score=sample_seconds)
        budget.count_steps(step - 1, step)
        if (epochs := budget.epochs(step)) is not None:
            last_step = plan.schedule.last_step(epochs)
    assert abs(clock.now - wished) < 0.15 * wished


@pytest.mark.slow
def test_minutes_set_the_epochs_and_a_later_call_knows_them(crops: Dataset, tmp_path: Path) -> None:
    notes: list[str] = []

    def listen(event: Event) -> None:
        notes.extend([event.message] if isinstance(event, Note) else [])

    project = Project(tmp_path / "run")
    result = train(crops, project, TINY.replace(minutes=0.2), on_event=listen)
    assert not result.interrupted
    assert any(f"are enough for {result.epochs_done} epochs" in note for note in notes)
    assert project.recall(TrainConfig).epochs == result.epochs_done
    again = train(crops, project)  # the minutes are spent, the epochs are known
    assert again.started_at_step == again.step == result.step


def test_minutes_too_short_for_one_epoch_train_one_and_go_on_later(
    crops: Dataset, tmp_path: Path
) -> None:
    first = train(crops, tmp_path / "run", TINY.replace(minutes=0.001))
    assert first.epochs_done >= 1 and not first.interrupted
    second = train(crops, tmp_path / "run", TINY.replace(minutes=0.001))
    assert second.started_at_step == first.step < second.step


def test_the_samples_of_a_stretch_are_counted_as_they_are_drawn() -> None:
    drawn = [step for step in range(1, 2000) if is_sample_step(step)]
    assert drawn[:8] == [1, 2, 4, 8, 16, 18, 21, 24]
    assert samples_between(0, 1999) == len(drawn)
    assert samples_between(16, 24) == 3
    assert all(b / a < 1.2 for a, b in itertools.pairwise(drawn[4:]))


def test_a_batch_size_of_0_is_filled_in_and_kept(crops: Dataset, tmp_path: Path) -> None:
    notes: list[str] = []

    def listen(event: Event) -> None:
        notes.extend([event.message] if isinstance(event, Note) else [])

    config = TINY.replace(batch_size=0, epochs=2)
    first = train(crops, tmp_path / "run", config, on_event=listen)
    assert "8 crops at a time fit into memory." in notes  # there are ten to train on
    assert first.project.recall(TrainConfig).batch_size == 8
    second = train(crops, tmp_path / "run", config.replace(epochs=3), on_event=listen)
    assert second.started_at_step == first.step == 3
    assert second.step == 4


def test_a_batch_grows_as_long_as_memory_lasts() -> None:
    def attempt(size: int) -> None:
        tried.append(size)
        if size > 4:
            raise TrainingError("full")

    def endless() -> int:
        return 10**15

    tried: list[int] = []
    assert largest_fitting(attempt, most=99, used_bytes=lambda: 0, free_bytes=endless) == 4
    assert tried == [1, 2, 4, 8]

    def used() -> int:  # 100 bytes more for each picture
        return 1000 + 100 * max(grown, default=0)

    grown: list[int] = []
    assert largest_fitting(grown.append, most=99, used_bytes=used, free_bytes=lambda: 450) == 4
    assert grown == [1, 2, 4]
    assert largest_fitting(tried.append, most=3, used_bytes=used, free_bytes=endless) == 2
    with pytest.raises(TrainingError):
        largest_fitting(lambda size: attempt(8), most=9, used_bytes=used, free_bytes=endless)


@pytest.mark.parametrize(
    ("capability", "number_format"),
    [((9, 0), "bfloat16"), ((8, 0), "bfloat16"), ((7, 5), "float16"), ((6, 1), "float32")],
)
def test_each_gpu_gets_the_number_format_that_it_computes_fast(
    capability: tuple[int, int], number_format: str
) -> None:
    assert distributed.of_gpu(capability) == number_format


def test_float16_learns_and_leaves_out_a_step_that_overflows() -> None:
    random = np.random.default_rng(0)
    pictures = random.integers(0, 256, (2, 80, 80, 3), np.uint8)
    models = {
        name: Pix2Pix(TINY.replace(precision=name, dropout=0.0, clip_norm=1.0))
        for name in ("float32", "float16")
    }
    losses = {
        name: [model.train_on(pictures, step).numpy() for step in range(4)]
        for name, model in models.items()
    }
    assert np.allclose(losses["float16"], losses["float32"], rtol=0.02)
    model = models["float16"]
    scale = next(v for n, v in model.variables().items() if n.endswith("dynamic_scale"))
    before = {
        n: v for n, v in Snapshot(model.variables()).take().items() if n.startswith("generator/")
    }
    scale.assign(1e38)
    assert np.isfinite(model.train_on(pictures, 4).numpy()).all()
    after = Snapshot(model.variables()).take()
    assert float(scale.numpy()) < 1e38
    kernels = [name for name in before if name.endswith("kernel")]
    assert kernels and all((before[name] == after[name]).all() for name in kernels)


def test_tensorboard_reads_the_same_curves_also_after_a_resume(
    crops: Dataset, tmp_path: Path
) -> None:
    lines: list[Metrics] = []

    def listen(event: Event) -> None:
        lines.extend([event] if isinstance(event, Metrics) else [])

    train(crops, tmp_path / "run", TINY.replace(epochs=3), on_event=listen)
    project = train(crops, tmp_path / "run", TINY, on_event=listen).project
    (file,) = project.logs.iterdir()
    curves: dict[str, list[tuple[int, float]]] = {}
    for record in tf.data.TFRecordDataset(str(file)):
        event = tf.compat.v1.Event.FromString(record.numpy())
        for value in event.summary.value:
            curves.setdefault(value.tag, []).append((event.step, value.simple_value))
    assert [step for step, _ in curves["generator_l1_loss"]] == [line.step for line in lines]
    assert [value for _, value in curves["generator_l1_loss"]] == pytest.approx(
        [line.generator_l1_loss for line in lines]
    )
    with open(project.metrics_csv, encoding="utf-8") as table:
        scored = [row for row in csv.DictReader(table) if row["held_out_ssim"]]
    assert [step for step, _ in curves["held_out_ssim"]] == [int(row["step"]) for row in scored]


def test_the_state_is_saved_at_the_end_of_each_epoch_when_wished(
    crops: Dataset, tmp_path: Path
) -> None:
    saved: list[int] = []

    def listen(event: Event) -> None:
        saved.extend([event.step] if isinstance(event, Saved) else [])

    train(crops, tmp_path / "run", TINY.replace(save_each_epoch=True, epochs=3), on_event=listen)
    assert saved == [3, 5, 8]  # of ten pictures, four a step
