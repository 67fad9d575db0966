"""How many steps are taken in one call, and when the step is compiled."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from types import SimpleNamespace

import pytest

from colab_pix2pix.config import MAX_WARMUP_STEPS, TrainConfig
from colab_pix2pix.dataset.manifest import Dataset
from colab_pix2pix.project import Project
from colab_pix2pix.training import progress
from colab_pix2pix.training.devices.compiling import in_words, phases_to_compile
from colab_pix2pix.training.plan import Plan, make_plan
from colab_pix2pix.training.progress import (
    METRICS_EVERY_STEPS,
    Pace,
    is_sample_step,
    scored_epochs,
)
from support.clock import Clock

CONFIG = TrainConfig(image_size=64, base_filters=4, epochs=90, batch_size=4, gan_warmup_steps=50)


def calls(plan: Plan, monkeypatch: pytest.MonkeyPatch, step_seconds: float) -> list[range]:
    """Returns the steps of each call of a whole training whose steps take so long."""
    clock = Clock()
    monkeypatch.setattr(progress, "time", clock)
    found, step, watch = [], plan.first_step, Pace(plan, one_by_one=False)
    while step < plan.last_step:
        end = watch.next_stop(step, plan)
        with watch.measured(end - step):
            clock.now += step_seconds * (end - step)
        found.append(range(step, end))
        step = end
    return found


def plan_of(crops: Dataset, tmp_path: Path, config: TrainConfig) -> Plan:
    return make_plan(crops, Project(tmp_path / "run"), config)


@pytest.mark.parametrize("step_seconds", [0.001, 0.02, 3.0])
def test_each_call_ends_where_something_is_to_be_done(
    crops: Dataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step_seconds: float
) -> None:
    config = CONFIG.replace(save_each_epoch=True)
    plan = plan_of(crops, tmp_path, config)
    found = calls(plan, monkeypatch, step_seconds)
    assert [step for call in found for step in call] == list(range(plan.last_step))
    ends = {call.stop for call in found}
    epoch = plan.schedule.epoch
    for done in range(1, plan.last_step + 1):
        measured = done % METRICS_EVERY_STEPS == 0 or is_sample_step(done)
        if measured or epoch(done) > epoch(done - 1) or done == config.gan_warmup_steps:
            assert done in ends
    assert {0, 1, 50, 51} <= {call.start for call in found if len(call) == 1}  # they compile
    assert all(len(call) == 1 or len(call) * step_seconds <= 0.25 for call in found)


def test_quick_steps_are_taken_many_at_a_time(
    crops: Dataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plan = plan_of(crops, tmp_path, CONFIG.replace(epochs=400))
    found = calls(plan, monkeypatch, 0.001)
    assert max(map(len, found)) == METRICS_EVERY_STEPS
    assert len(found) < plan.last_step / 8


def test_devices_that_share_a_batch_agree_on_single_steps(crops: Dataset, tmp_path: Path) -> None:
    plan = plan_of(crops, tmp_path, CONFIG)
    watch = Pace(plan, one_by_one=True)
    for step in range(20):
        with watch.measured(1):
            assert watch.next_stop(step, plan) == step + 1


@pytest.mark.parametrize(
    ("options", "on_gpu", "phases"),
    [
        ({"epochs": 3000}, False, ()),  # XLA is slower on CPUs
        ({"epochs": 3000}, True, ("both",)),  # the generator is alone for 50 steps only
        ({"epochs": 3000, "gan_warmup_steps": 4000}, True, ("alone", "both")),
        ({"epochs": 90}, True, ()),  # over before it would pay
        ({"minutes": 1.0}, True, ()),
        ({"minutes": 20.0}, True, ("both",)),
        ({"compiled": "on", "epochs": 1}, False, ("alone", "both")),
        ({"compiled": "off", "epochs": 3000}, True, ()),
    ],
)
def test_a_step_is_compiled_where_that_pays(
    crops: Dataset, tmp_path: Path, options: dict[str, object], on_gpu: bool, phases: tuple[str]
) -> None:
    plan = plan_of(crops, tmp_path, CONFIG.replace(**options))
    assert phases_to_compile(plan, on_gpu=on_gpu) == phases


@pytest.mark.parametrize("before", ["no", "after the warm-up", "from the first step"])
def test_a_run_that_goes_on_is_compiled_as_before(
    crops: Dataset, tmp_path: Path, before: str
) -> None:
    plan = plan_of(crops, tmp_path, CONFIG.replace(epochs=3000))
    saved = SimpleNamespace(manifest={"made_with": {"compiled": before}})
    resumed = dataclasses.replace(plan, found=[saved], config=plan.config.replace(minutes=0.5))
    assert in_words(phases_to_compile(resumed, on_gpu=True)) == before
    assert phases_to_compile(resumed, on_gpu=False) == ()


def test_later_epochs_are_scored_less_often() -> None:
    assert scored_epochs(0, 49) == 49
    assert scored_epochs(49, 100) == 25  # 50, 52 … 98
    assert scored_epochs(99, 102) == 1
    assert scored_epochs(1000, 1049) in (2, 3)


@pytest.mark.parametrize(
    ("epochs", "warmup", "said"),
    [
        (90, 50, "Its first 50 steps learn from the pixels alone"),
        (2, 1000, "This training ends before step 1 000"),
        (90, 0, ""),
        (90, MAX_WARMUP_STEPS, ""),  # a small model that imitates another one
    ],
)
def test_a_plan_says_that_pictures_are_soft_before_the_second_network_judges_them(
    crops: Dataset, tmp_path: Path, epochs: int, warmup: int, said: str
) -> None:
    plan = plan_of(crops, tmp_path, CONFIG.replace(epochs=epochs, gan_warmup_steps=warmup))
    assert bool(plan.notes) == bool(said)
    assert said in " ".join(plan.notes)
