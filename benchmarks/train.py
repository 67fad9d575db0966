"""How fast a training step is, beside the TensorFlow tutorial's and a plain PyTorch one.

    python benchmarks/train.py [--turns 6] [--batch 1 4] [--cases tutorial-64 ours-64 …]

Each case is a process of its own with its own memory. All cases of one batch size are started one
after the other, then take turns of a few steps, so that a busy moment of the machine meets all of
them; medians are compared. The speed of a plain matrix product is measured in the same turns. With
--epochs, a whole training of this package follows, with its scores, samples and saves.
"""

from __future__ import annotations

import argparse
import importlib.util
import itertools
import json
import os
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image
from train_baselines import SIZE, Steps, torch_step, tutorial_step

from colab_pix2pix.model.tf_logging import silence_stderr

TORCH = ("torch", "torchcompile", "torchgraph")
CASES = [
    "tutorial-64",
    *(f"{way}-64" for way in TORCH),
    *(f"{kind}-{width}" for kind in ("ours", "xla") for width in (64, 16, 8)),
]
_ON_GPU = shutil.which("nvidia-smi") is not None
MATRIX = "matrix-8192" if _ON_GPU else "matrix-2048"
PICTURES = 48
STEPS_A_TURN = 20 if _ON_GPU else 2  # 20 are a call of the training


def main() -> None:
    """Measures and prints, or is one of the measured processes."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--turns", type=int, default=6, help=f"of {STEPS_A_TURN} steps, each case")
    parser.add_argument("--batch", type=int, nargs="+", default=[1, 4], help="batch sizes")
    parser.add_argument("--cases", nargs="+", choices=CASES, default=CASES)
    parser.add_argument("--epochs", type=int, default=0, help="of a whole training at width 64")
    parser.add_argument("--worker", nargs=3, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.worker:
        case, batch_size, folder = given.worker
        work(case, int(batch_size), Path(folder))
        return
    cases = list(given.cases)
    if importlib.util.find_spec("torch") is None:
        print("torch is not installed: its cases are left out.")
        cases = [case for case in cases if case.partition("-")[0] not in TORCH]
    with tempfile.TemporaryDirectory() as name:
        make_pictures(Path(name))
        for batch_size in given.batch:
            report(batch_size, measure(cases, batch_size, given.turns, Path(name)))
            if given.epochs:
                print(whole_training(Path(name), batch_size, given.epochs))


def make_pictures(folder: Path) -> None:
    """Writes soft random pictures for our loader, and the tutorial's pairs of the same."""
    random = np.random.default_rng(0)
    (folder / "crops").mkdir()
    for index in range(PICTURES):
        coarse = Image.fromarray(random.integers(0, 256, (24, 24, 3), np.uint8))
        picture = coarse.resize((333, 333), Image.Resampling.BICUBIC)
        picture.save(folder / "crops" / f"{index:03d}.jpg", quality=95)
        small = np.asarray(picture.resize((SIZE, SIZE)))
        pair = np.concatenate([small, small.mean(2, keepdims=True).repeat(3, 2)], axis=1)
        Image.fromarray(pair.astype(np.uint8)).save(folder / f"pair-{index:03d}.jpg", quality=95)


def measure(cases: list[str], batch_size: int, turns: int, folder: Path) -> dict[str, Any]:
    """Returns what each case says of itself, and the seconds of its steps, in turns."""
    workers: dict[str, subprocess.Popen[str]] = {}
    results: dict[str, Any] = {}
    try:
        for case in (MATRIX, *cases):
            workers[case] = start(case, batch_size, folder)
            results[case] = answer(workers[case])
        for _ in range(turns):
            for case, worker in workers.items():
                seconds = ask(worker, STEPS_A_TURN)["seconds"]
                results[case].setdefault("seconds", []).append(seconds)
        for case, worker in workers.items():
            results[case] |= ask(worker, 0)
    finally:
        for worker in workers.values():
            worker.kill()
            worker.wait()
    return results


def start(case: str, batch_size: int, folder: Path) -> subprocess.Popen[str]:
    """Returns a process that answers with one line of JSON to each number of steps."""
    command = [sys.executable, __file__, "--worker", case, str(batch_size), str(folder)]
    quiet = dict(os.environ, TF_CPP_MIN_LOG_LEVEL="3")
    pipe = subprocess.PIPE
    return subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True, bufsize=1, env=quiet)


def ask(worker: subprocess.Popen[str], steps: int) -> dict[str, Any]:
    """Has a process do some steps; 0 ends it."""
    assert worker.stdin is not None
    worker.stdin.write(f"{steps}\n")
    return answer(worker)


def answer(worker: subprocess.Popen[str]) -> dict[str, Any]:
    """Returns the next line of a process."""
    assert worker.stdout is not None
    if line := worker.stdout.readline():
        said: dict[str, Any] = json.loads(line)
        return said
    raise SystemExit(f"A measured process ended with {worker.wait()}; its reason stands above.")


def work(case: str, batch_size: int, folder: Path) -> None:
    """Is a measured process: tells its first step, then does as many as it is asked for."""
    kind, _, width = case.partition("-")
    rival = {"flops": step_flops(64, 64, 3)}
    make: dict[str, Callable[[], tuple[dict[str, Any], Steps]]] = {
        "ours": lambda: ours(folder, batch_size, int(width), compiled=False),
        "xla": lambda: ours(folder, batch_size, int(width), compiled=True),
        "tutorial": lambda: (rival | {"format": "float32"}, tutorial_step(folder, batch_size)),
        "matrix": lambda: matrix(int(width)),
    }
    for way in TORCH:
        make[way] = lambda: (rival | {"format": "bfloat16"}, torch_step(batch_size, kind))
    with silence_stderr():
        started = time.perf_counter()
        facts, steps = make[kind]()
        steps(1)
        first = time.perf_counter() - started
        steps(STEPS_A_TURN)  # some are still settling
    print(json.dumps(facts | {"first_step": first}), flush=True)
    while (count := int(sys.stdin.readline() or 0)) > 0:
        print(json.dumps({"seconds": timed(steps, count)}), flush=True)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    print(json.dumps({"peak_bytes": peak}), flush=True)


def timed(steps: Steps, count: int) -> Any:
    """Returns the seconds of a step of so many, or what is measured by itself."""
    started = time.perf_counter()
    own = steps(count)
    return own or (time.perf_counter() - started) / count


def ours(
    folder: Path, batch_size: int, base_filters: int, *, compiled: bool
) -> tuple[dict[str, Any], Steps]:
    """This package's step, fed as its loop feeds it; compiled by XLA or not."""
    from colab_pix2pix.config import TrainConfig
    from colab_pix2pix.dataset import manifest
    from colab_pix2pix.model import distributed
    from colab_pix2pix.model.pix2pix import Pix2Pix
    from colab_pix2pix.model.step_programs import PHASES
    from colab_pix2pix.training.data import Schedule, load_pictures

    precision = distributed.precision("auto")
    config = TrainConfig(
        batch_size=batch_size, base_filters=base_filters, precision=precision, gan_warmup_steps=0
    )
    pictures = load_pictures(manifest.read(folder / "crops"), config)
    schedule = Schedule(pictures=len(pictures.train), batch_size=batch_size, seed=config.seed)
    model = Pix2Pix(config, compiled=PHASES if compiled else ())
    model.learn_from(pictures.train, resident=compiled)
    narrow = next(la.filters for la in model.discriminator.layers if hasattr(la, "filters"))
    numbers = iter(range(10**9))

    def steps(count: int) -> None:
        now = list(itertools.islice(numbers, count))
        indices = np.stack([schedule.indices(step) for step in now])
        np.asarray(model.train(indices, now[0], rate_shares=[1.0] * count))

    return {"flops": step_flops(base_filters, narrow, 1), "format": precision}, steps


def whole_training(folder: Path, batch_size: int, epochs: int) -> str:
    """Returns a line about the pace of the second half of `train`, all that it does included."""
    from colab_pix2pix.config import TrainConfig
    from colab_pix2pix.dataset import manifest
    from colab_pix2pix.events import Event, TrainingProgress
    from colab_pix2pix.workflows.pipeline import train

    seen: list[tuple[float, float]] = []

    def listen(event: Event) -> None:
        if isinstance(event, TrainingProgress):
            seen.append((time.perf_counter(), event.done))

    compiled = "on" if _ON_GPU else "off"
    config = TrainConfig(
        batch_size=batch_size, epochs=epochs, gan_warmup_steps=20, compiled=compiled
    )
    with silence_stderr():
        train(
            manifest.read(folder / "crops"), folder / f"run-{batch_size}", config, on_event=listen
        )
    (began, first), (ended, last) = seen[len(seen) // 2], seen[-1]
    pace = (last - first) * batch_size / (ended - began)
    return f"train, steps {first:.0f} to {last:.0f}, compiled {compiled}: {pace:.2f} images/s"


def matrix(size: int) -> tuple[dict[str, Any], Any]:
    """A product of two square matrices in each number format: the most that can be had."""
    import tensorflow as tf

    sides = {name: tf.random.normal((size, size)) for name in ("float32", "bfloat16")}
    sides = {name: tf.cast(side, name) for name, side in sides.items()}

    def products(count: int) -> dict[str, float]:
        seconds = {}
        for name, side in sides.items():
            started = time.perf_counter()
            for _ in range(count):
                product = tf.matmul(side, side)
            tf.cast(product[0, 0], tf.float32).numpy()
            seconds[name] = (time.perf_counter() - started) / count
        return seconds

    return {"flops": 2 * size**3}, products


def step_flops(base_filters: int, judge_filters: int, input_channels: int) -> float:
    """Returns the multiplications and additions of the convolutions of one step on one picture.

    The generator runs once forward and twice that backward; the discriminator runs on two pictures:
    forward (2), its own gradients (4), and the way back to the generator (1).
    """
    most = 8 * base_filters
    widths = [min(base_filters * 2**level, most) for level in range(8)]
    generator, before = 0, input_channels
    for level, width in enumerate(widths):
        generator += before * width * (SIZE >> (level + 1)) ** 2
        before = width
    for level in reversed(range(7)):
        generator += before * widths[level] * (SIZE >> (level + 2)) ** 2
        before = 2 * widths[level]
    generator += before * 3 * (SIZE >> 1) ** 2
    narrow = [input_channels + 3, *(min(judge_filters * 2**level, most) for level in range(4)), 1]
    sides = (128, 64, 32, 31, 30)
    discriminator = sum(narrow[i] * narrow[i + 1] * side**2 for i, side in enumerate(sides))
    return float(2 * 16 * (3 * generator + 7 * discriminator))


def report(batch_size: int, results: dict[str, Any]) -> None:
    """Prints the table of one batch size."""
    matrices = results.pop(MATRIX)
    peak = {
        name: matrices["flops"] / statistics.median(turn[name] for turn in matrices["seconds"])
        for name in ("float32", "bfloat16")
    }
    speeds = {c: batch_size / statistics.median(r["seconds"]) for c, r in results.items()}
    print(f"\n256×256, batch {batch_size}; a matrix product makes ", end="")
    print(", ".join(f"{rate / 1e9:.0f} GFLOP/s in {name}" for name, rate in peak.items()))
    print("| case        | format   | images/s | × tutorial | first step | memory  | of the peak |")
    print("|-------------|----------|----------|------------|------------|---------|-------------|")
    for case, result in results.items():
        against = f"{speeds[case] / speeds['tutorial-64']:.2f}" if "tutorial-64" in speeds else ""
        share = speeds[case] * result["flops"] / peak[result["format"]]
        print(
            f"| {case:11} | {result['format']:8} | {speeds[case]:8.2f} | {against:>10} |"
            f" {result['first_step']:8.1f} s | {result['peak_bytes'] / 2**30:4.1f} GB |"
            f" {share:11.0%} |"
        )


if __name__ == "__main__":
    main()
