"""Many steps in one call, and steps that XLA compiles: the same as one step after another."""

from __future__ import annotations

import itertools
import os
import subprocess
import sys
from collections.abc import Collection
from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf

from colab_pix2pix.config import TrainConfig
from colab_pix2pix.model.pix2pix import Pix2Pix
from colab_pix2pix.model.step_programs import LONGEST_LOOP, PHASES, StepPrograms

CONFIG = TrainConfig(
    image_size=64,
    base_filters=4,
    depth=3,
    patch_layers=1,
    precision="float32",
    gan_warmup_steps=4,
    decay_from=0.0,
)
PICTURES = np.random.default_rng(0).integers(0, 256, (9, 80, 80, 3), np.uint8)
STEPS = 10
NUMBERS = np.random.default_rng(1).integers(0, len(PICTURES), (STEPS, 2))


def trained(model: Pix2Pix, calls: list[int], *, resident: bool = True) -> np.ndarray:
    """Takes the steps between the numbers of `calls`; returns all losses."""
    model.learn_from(PICTURES, resident=resident)
    losses = []
    for first, last in itertools.pairwise(calls):
        shares = [1 - step / 20 for step in range(first, last)]
        losses.append(model.train(NUMBERS[first:last], first, rate_shares=shares).numpy())
    return np.concatenate(losses)


def state(model: Pix2Pix) -> dict[str, bytes]:
    return {name: v.numpy().tobytes() for name, v in model.variables().items()}


@pytest.fixture(scope="module")
def one_by_one() -> tuple[Pix2Pix, np.ndarray]:
    model = Pix2Pix(CONFIG)
    return model, trained(model, list(range(STEPS + 1)))


def test_any_number_of_steps_in_a_call_gives_the_same_bytes(
    one_by_one: tuple[Pix2Pix, np.ndarray],
) -> None:
    model = Pix2Pix(CONFIG)
    losses = trained(model, [0, 1, 4, 5, 10], resident=True)
    assert np.array_equal(losses, one_by_one[1])
    assert state(model) == state(one_by_one[0])


def small_steps(compiled: Collection[str]) -> np.ndarray:
    """Returns the losses of small steps, more of them than a compiled loop has room for."""
    config = CONFIG.replace(gan_warmup_steps=0, learning_rate=CONFIG.step_width / 100)
    model = Pix2Pix(config, compiled=compiled)
    model.learn_from(PICTURES, resident=True)
    numbers = np.concatenate([NUMBERS] * 4)
    assert len(numbers) > LONGEST_LOOP
    return model.train(numbers, 0, rate_shares=[1.0] * len(numbers)).numpy()


def compile_and_train(file: Path) -> None:
    """Trains with XLA, once through and once in two halves, and writes what came of it.

    A process of its own: XLA is told before it loads to keep a copy of each program.
    """
    notes: list[str] = []
    model = Pix2Pix(CONFIG, compiled=PHASES, on_note=notes.append)
    losses = trained(model, [0, 4])
    halfway = {name: np.array(v.numpy()) for name, v in model.variables().items()}
    losses = np.concatenate([losses, trained(model, list(range(4, STEPS + 1)))])
    resumed = Pix2Pix(CONFIG, compiled=PHASES)
    resumed.restore(halfway)
    again = trained(resumed, [4, STEPS])
    equal = state(resumed) == state(model)
    small = small_steps(PHASES)
    sent = trained(Pix2Pix(CONFIG, compiled=PHASES[:1]), [0, 1, 4], resident=False)
    np.savez(file, losses=losses, again=again, equal=equal, small=small, sent=sent, notes=notes)


@pytest.mark.slow
def test_a_compiled_step_learns_the_same_and_gives_the_same_bytes_each_time(
    one_by_one: tuple[Pix2Pix, np.ndarray], tmp_path: Path
) -> None:
    programs, file = tmp_path / "programs", tmp_path / "results.npz"
    environment = dict(
        os.environ,
        XLA_FLAGS=f"--xla_dump_to={programs} --xla_dump_hlo_as_text",
        PYTHONPATH=os.pathsep.join([str(Path(__file__).parent), *sys.path]),
    )
    code = f"import sys, pathlib, {Path(__file__).stem} as it"
    code += "; it.compile_and_train(pathlib.Path(sys.argv[1]))"
    subprocess.run([sys.executable, "-c", code, str(file)], env=environment, check=True)
    with np.load(file) as found:
        # Rounding differs, and Adam's first steps divide a gradient by its own size.
        assert np.allclose(found["losses"][:5], one_by_one[1][:5], rtol=1e-4, atol=1e-5)
        assert np.allclose(found["losses"], one_by_one[1], rtol=0.02)
        assert np.allclose(found["small"], small_steps(()), rtol=1e-5, atol=1e-5)
        assert np.array_equal(found["again"], found["losses"][4:])
        assert np.allclose(found["sent"], found["losses"][:4], rtol=1e-4, atol=1e-5)
        assert found["equal"]
        assert ["was compiled" in note for note in found["notes"]] == [True] * len(PHASES)
    # Both phases, the run that goes on in the second one, the small steps, and those whose pictures
    # are sent: one program each.
    assert len(list(programs.glob("*before_optimizations.txt"))) == 5


def test_what_can_not_be_compiled_runs_as_it_is_and_says_so() -> None:
    notes: list[str] = []
    forgotten: list[str] = []
    taken = tf.Variable(0, dtype=tf.int64)

    def forget() -> bool:
        assert not forgotten, "what is kept may be undeletable, or be kept anew by each try"
        forgotten.append("all")
        return True

    def step(pictures: tf.Tensor, number: tf.Tensor, judged: bool) -> tf.Tensor:
        taken.assign_add(number)
        length = tf.strings.length(tf.strings.as_string(pictures[0, 0, 0, 0]))  # no XLA has it
        return tf.cast(tf.stack([length, length, length]), tf.float32)

    programs = StepPrograms(
        step, lambda rates: None, compiled=PHASES, looped=True, on_note=notes.append, forget=forget
    )
    programs.learn_from(PICTURES, resident=True)
    rates = np.zeros((3, 2), np.float32)
    losses = programs.take_numbers(NUMBERS[:3], 5, rates, "both")
    expected = [len(str(PICTURES[number, 0, 0, 0])) for number in NUMBERS[:3, 0]]
    assert losses.numpy()[:, 0].tolist() == expected
    assert taken.numpy() == 5 + 6 + 7
    assert forgotten and len(notes) == 1 and "it runs as it is" in notes[0]
    programs.take_numbers(NUMBERS[:3], 8, rates, "both")
    assert len(notes) == 1


def test_a_kept_program_that_can_not_be_read_is_deleted_and_made_anew() -> None:
    notes: list[str] = []
    torn = ["torn"]

    def step(pictures: tf.Tensor, number: tf.Tensor, judged: bool) -> tf.Tensor:
        if torn:
            raise tf.errors.OutOfRangeError(None, None, "Read less bytes than requested")
        return tf.zeros(3)

    def forget() -> bool:
        return bool(torn.pop()) if torn else False

    programs = StepPrograms(
        step, lambda rates: None, compiled=PHASES, looped=True, on_note=notes.append, forget=forget
    )
    programs.learn_from(PICTURES, resident=True)
    programs.take_numbers(NUMBERS[:3], 5, np.zeros((3, 2), np.float32), "both")
    assert len(notes) == 1 and "was compiled" in notes[0]
