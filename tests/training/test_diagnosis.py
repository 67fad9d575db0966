"""What the curves say is said in plain words, and it is true of curves that are known."""

from __future__ import annotations

import dataclasses
import itertools
import subprocess
import sys
from collections.abc import Callable

import numpy as np
import pytest

from colab_pix2pix.events import Metrics
from colab_pix2pix.training.diagnosis import diagnose

Course = Callable[[float], tuple[float, float]]


def learning_slowly(step: float, total: int) -> tuple[float, float]:
    level = 0.05 + 0.4 * step**-0.22
    return level, 1.05 * level


def learning_fast(step: float, total: int) -> tuple[float, float]:
    level = 0.08 + 0.4 * np.exp(-3 * step / total)
    return level, 1.1 * level


def finished(step: float, total: int) -> tuple[float, float]:
    level = 0.08 + 0.4 * np.exp(-step / (0.04 * total))
    return level, 1.1 * level


def overfitting(step: float, total: int) -> tuple[float, float]:
    share = step / total
    training = 0.03 + 0.3 * np.exp(-share / 0.15) + 0.04 * (1 - share)
    return training, 0.09 + 0.3 * np.exp(-share / 0.06) + 0.06 * max(0.0, share - 0.25)


def held_out_steps(total: int, spacing: str) -> set[int]:
    if spacing == "even":
        every = max(1, total // 60)
        return set(range(every, total + 1, every))
    steps = [float(1)]
    while steps[-1] < total:
        steps.append(max(steps[-1] + 1, steps[-1] * 1.15))
    return {int(step) for step in steps[:-1]} | {total}


def curves(
    course: Callable[[float, int], tuple[float, float]],
    total: int = 5000,
    *,
    noise: float = 0.05,
    seed: int = 0,
    spacing: str = "growing",
) -> list[Metrics]:
    """Returns a made history; held-out L1, a mean over many crops, is half as noisy."""
    random = np.random.default_rng(seed)
    measured = held_out_steps(total, spacing)
    rows = []
    for step in sorted(measured | set(range(20, total + 1, 20))):
        training, held_out = course(step, total)
        jitter = np.exp(random.normal(0, noise, 4) * [3, 1, 3, 0.5])
        rows.append(
            Metrics(
                step=step,
                epoch=step // 50,
                generator_gan_loss=1.2 * jitter[0],
                generator_l1_loss=training * jitter[1],
                discriminator_loss=0.5 * jitter[2],
                held_out_l1_loss=held_out * jitter[3] if step in measured else None,
            )
        )
    return rows


CASES = [
    (learning_slowly, "learning"),
    (learning_fast, "learning"),
    (finished, "finished improving"),
    (overfitting, "overfitting"),
]


@pytest.mark.parametrize("spacing", ["growing", "even"])
@pytest.mark.parametrize("total", [600, 5000, 50_000])
@pytest.mark.parametrize(("course", "state"), CASES)
def test_clean_curves_are_judged_as_what_they_are(
    course: Course, state: str, total: int, spacing: str
) -> None:
    verdict = diagnose(curves(course, total, noise=0.0, spacing=spacing))
    assert verdict.state == state, verdict.sentence
    assert verdict.sentence.startswith(state.capitalize() + ":")


@pytest.mark.parametrize("spacing", ["growing", "even"])
@pytest.mark.parametrize("total", [600, 5000])
@pytest.mark.parametrize(("course", "state"), CASES)
def test_noisy_curves_are_judged_so_nine_times_out_of_ten(
    course: Course, state: str, total: int, spacing: str
) -> None:
    states = [
        diagnose(curves(course, total, noise=0.06, seed=seed, spacing=spacing)).state
        for seed in range(20)
    ]
    assert states.count(state) >= 18, states
    assert "broken" not in states


def test_a_few_steps_are_too_few_to_tell() -> None:
    for count in range(8):
        verdict = diagnose(curves(finished, 2000)[:count])
        assert verdict.state == "starting", verdict.sentence
    assert "0 steps" in diagnose([]).sentence


def test_the_first_steps_are_never_called_finished() -> None:
    assert diagnose(curves(finished, 300, noise=0.03)).state == "learning"
    assert diagnose(curves(lambda step, total: (0.4, 0.4), 300, noise=0.03)).state == "starting"
    assert diagnose(curves(lambda step, total: (0.4, 0.4), 3000)).state == "finished improving"


def test_without_held_out_crops_the_training_crops_decide() -> None:
    rows = [dataclasses.replace(r, held_out_l1_loss=None) for r in curves(finished)]
    verdict = diagnose(rows)
    assert verdict.state == "finished improving"
    assert "training crops" in verdict.sentence


@pytest.mark.parametrize("bad", [np.nan, np.inf])
@pytest.mark.parametrize("loss", ["generator_l1_loss", "discriminator_loss", "held_out_l1_loss"])
def test_a_loss_that_is_no_number_is_broken(bad: float, loss: str) -> None:
    rows = curves(learning_fast)
    rows[-3:] = [dataclasses.replace(row, **{loss: bad}) for row in rows[-3:]]
    verdict = diagnose(rows)
    assert verdict.state == "broken"
    assert f"step {rows[-1].step}" in verdict.sentence
    assert f"step {rows[-4].step}" in verdict.sentence
    assert diagnose([dataclasses.replace(rows[0], **{loss: bad})]).state == "broken"


@pytest.mark.parametrize("total", [800, 20_000])
@pytest.mark.parametrize("seed", range(5))
def test_an_l1_that_explodes_after_having_been_good_is_broken(total: int, seed: int) -> None:
    rows = curves(learning_fast, total, seed=seed)
    last = rows[-12:]
    rows[-12:] = [dataclasses.replace(row, generator_l1_loss=0.6) for row in last]
    verdict = diagnose(rows)
    assert verdict.state == "broken", verdict.sentence
    assert "0.600" in verdict.sentence


def test_one_wild_value_is_not_an_explosion() -> None:
    rows = curves(learning_fast)
    rows[-1] = dataclasses.replace(rows[-1], generator_l1_loss=0.9)
    assert diagnose(rows).state == "learning"


def collapsing(rows: list[Metrics], *, rising: bool) -> list[Metrics]:
    start = len(rows) // 2
    return [
        row
        if index < start
        else dataclasses.replace(
            row,
            discriminator_loss=0.004 * row.discriminator_loss,
            generator_gan_loss=(5 + 10 * (index - start) / start if rising else 5)
            * row.generator_gan_loss,
        )
        for index, row in enumerate(rows)
    ]


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("course", [learning_fast, finished])
def test_a_discriminator_that_wins_for_good_is_broken(course: Course, seed: int) -> None:
    verdict = diagnose(collapsing(curves(course, seed=seed), rising=True))
    assert verdict.state == "broken", verdict.sentence
    assert "discriminator" in verdict.sentence


def test_a_strong_discriminator_alone_is_not_broken() -> None:
    assert diagnose(collapsing(curves(learning_fast), rising=False)).state == "learning"
    rows = curves(learning_fast)
    rows[-3:] = [dataclasses.replace(row, discriminator_loss=0.001) for row in rows[-3:]]
    assert diagnose(rows).state == "learning"


def test_the_sentence_of_overfitting_names_the_best_step_and_both_curves() -> None:
    sentence = diagnose(curves(overfitting, noise=0.0, spacing="even")).sentence
    step = int(sentence.split("near step ")[1].split()[0])
    assert 1000 < step < 2000  # it was made with its best near 1300
    assert sentence.count("0.") == 4


def test_worse_on_both_kinds_of_crops_is_not_overfitting() -> None:
    def worse(step: float, total: int) -> tuple[float, float]:
        level = overfitting(step, total)[1]
        return level, level

    assert diagnose(curves(worse)).state == "finished improving"


def test_verdicts_along_one_run_come_in_order() -> None:
    rows = curves(overfitting, 4000, noise=0.02, spacing="even")
    states = [diagnose(rows[:count]).state for count in range(1, len(rows) + 1)]
    order = [state for state, _ in itertools.groupby(states)]
    assert order[0] == "starting"
    assert order[1] == "learning"
    assert order[-1] == "overfitting"
    assert "broken" not in order


@pytest.mark.parametrize("total", [120, 500, 5000])
@pytest.mark.parametrize("noise", [0.02, 0.2, 0.6])
def test_no_verdict_contradicts_itself_whatever_the_curve(total: int, noise: float) -> None:
    """Curves that fall, rise, turn, swing, as with a learning rate that is far too large."""
    random = np.random.default_rng(total)
    seen = set()
    for seed in range(40):
        bends = random.normal(0, 0.6, 3)
        waves = random.uniform(0, 0.4), random.uniform(1, 9)

        def course(
            step: float, total: int, bends: np.ndarray = bends, waves: tuple[float, float] = waves
        ) -> tuple[float, float]:
            share = step / total
            level = np.exp(bends @ [share, share**2, np.sqrt(share)])
            level *= 1 + waves[0] * np.sin(waves[1] * 6 * share)
            return 0.2 * level, 0.22 * level

        verdict = diagnose(curves(course, total, noise=noise, seed=seed))
        seen.add(verdict.state)
        praised = "More steps are worth it" in verdict.sentence
        assert not (praised and ("larger" in verdict.sentence or "grows" in verdict.sentence))
        assert praised <= ("% smaller" in verdict.sentence), verdict.sentence
        assert praised <= (verdict.state == "learning")
        assert (verdict.state == "finished improving") <= ("swings" not in verdict.sentence)
    assert len(seen) > 1


def test_a_very_long_history_is_judged_like_a_short_one() -> None:
    assert diagnose(curves(finished, 1_000_000, noise=0.03)).state == "finished improving"


def test_no_tensorflow_is_loaded_for_a_verdict() -> None:
    code = "import sys, colab_pix2pix.training.diagnosis; print('tensorflow' in sys.modules)"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "False"
