"""What each option is good for: the score on held-out crops after equal processor time.

    python benchmarks/quality.py [--seconds 60] [--seeds 3] [--image-size 64] [--rows default …]

Every row is the default with one change, trained on crops of the sample video. A run is a process
of its own with one thread; it is stopped after as many seconds of its own processor time, counted
from its first step on (the building of the network is not counted), so that a busy machine makes a
run longer and not worse. Its score is the mean of those in the last tenth of the time. The row with
a falling learning rate has to know its end beforehand: it gets as many steps as the default had.
"""

from __future__ import annotations

import argparse
import contextlib
import fcntl
import json
import os
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import colab_pix2pix as p2p
from colab_pix2pix.config import TrainConfig
from colab_pix2pix.events import Event, Metrics
from colab_pix2pix.model.tf_logging import silence_stderr

Result = dict[str, Any]

#: What differs from the default.
ROWS: dict[str, dict[str, Any]] = {
    "default": {},
    "without flip": {"flip": False},
    "without zoom": {"max_zoom": 1.0},
    "without brightness, contrast": {"brightness": 0.0, "contrast": 0.0},
    "without dropout": {"dropout": 0.0},
    "float32": {"precision": "float32"},
    "decay_from 0.5": {"decay_from": 0.5},
    "ema 0.999": {"ema": 0.999},
    "spectral_norm": {"spectral_norm": True},
    "gan_loss least-squares": {"gan_loss": "least-squares"},
    "gan_loss hinge": {"gan_loss": "hinge"},
    "feature_matching 10": {"feature_matching": 10.0},
    "upsampling resize": {"upsampling": "resize"},
    "normalization instance": {"normalization": "instance"},
    "discriminator_filters 16": {"discriminator_filters": 16},
    "discriminator_filters 32": {"discriminator_filters": 32},
    "discriminator_filters 64": {"discriminator_filters": 64},
}
_DECAYED = "decay_from 0.5"
_COUNTED = 0.9  # scores after this share of the time


def main() -> None:
    """Measures and prints, or is one of the measured processes."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seconds", type=float, default=60, help="processor time of each run")
    parser.add_argument("--seeds", type=int, default=3, help="runs of each row")
    parser.add_argument("--image-size", type=int, default=64)
    parser.add_argument("--crops", type=int, default=300)
    parser.add_argument("--jobs", type=int, default=os.cpu_count(), help="runs side by side")
    parser.add_argument("--rows", nargs="+", choices=ROWS, default=list(ROWS))
    parser.add_argument("--lock", type=Path, help="a file to lock while runs are under way")
    parser.add_argument(
        "--log", type=Path, help="a file of results; runs that it has are not repeated"
    )
    parser.add_argument("--worker", nargs=4, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.worker:
        crops, run_dir, seconds, options = given.worker
        result = work(Path(crops), Path(run_dir), float(seconds), json.loads(options))
        print(json.dumps(result))
        return
    rows = ["default", *(row for row in given.rows if row not in ("default", _DECAYED))]
    rows += [_DECAYED] if _DECAYED in given.rows else []
    with tempfile.TemporaryDirectory() as name:
        crops = make_crops(Path(name), given.crops, given.image_size)
        print(f"\n{given.image_size} pixels, {given.crops} crops, {given.seconds:g} s each\n")
        print("|                              | held-out L1   | held-out SSIM | steps | seeds |")
        print("|------------------------------|---------------|---------------|-------|-------|")
        for row, results in measure(rows, crops, given):
            print(line(row, results), flush=True)


def measure(
    rows: list[str], crops: Path, given: argparse.Namespace
) -> Iterator[tuple[str, list[Result]]]:
    """Runs all rows with one seed after the other; gives a row when its last seed is done.

    So a machine that grows slower or faster meanwhile meets all rows.
    """
    results = {row: read_log(given.log, row) for row in rows}
    for seed in range(given.seeds):
        todo = list(rows)
        while todo:
            group = todo[: given.jobs]
            if "default" in group and _DECAYED in group:  # which waits for its steps
                group.remove(_DECAYED)
            del todo[: len(group)]
            missing = [row for row in group if seed not in results[row]]
            with locked(given.lock if missing else None):
                for row, result in run_together(missing, seed, crops, results, given):
                    results[row][seed] = result
                    note(given.log, {"row": row, "seed": seed} | result)
            if seed == given.seeds - 1:
                yield from ((row, list(results[row].values())) for row in group)


def make_crops(folder: Path, count: int, image_size: int) -> Path:
    """Cuts the sample video into crops; a fifth of them is held out, in blocks of time."""
    config = p2p.FramesConfig(count=count, scale=f"-1:{round(1.4 * image_size)}")
    crops = p2p.extract_frames(p2p.sample_video(), folder / "crops", config)
    p2p.split(p2p.mark(crops))
    return folder / "crops"


@contextlib.contextmanager
def locked(path: Path | None) -> Iterator[None]:
    """Holds a file's lock, as flock(1) does, so that others who want the machine get their turn."""
    if path is None:
        yield
        return
    with open(path, "a") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def run_together(
    rows: list[str],
    seed: int,
    crops: Path,
    results: dict[str, dict[int, Result]],
    given: argparse.Namespace,
) -> Iterator[tuple[str, Result]]:
    """Runs some rows side by side and gives what each says of itself."""
    workers = {}
    for row in rows:
        config = TrainConfig(
            image_size=given.image_size, base_filters=8, epochs=100_000, seed=seed, **ROWS[row]
        )
        seconds = given.seconds
        if row == _DECAYED:
            config = config.replace(epochs=round(results["default"][seed]["epochs"]))
            seconds *= 2  # it ends by itself
        run_dir = crops.parent / f"{row}-{seed}".replace(" ", "-")
        worker = ["--worker", str(crops), str(run_dir), str(seconds), json.dumps(config.to_dict())]
        quiet = dict(os.environ, TF_CPP_MIN_LOG_LEVEL="3")
        workers[row] = subprocess.Popen(
            [sys.executable, __file__, *worker], stdout=subprocess.PIPE, text=True, env=quiet
        )
    for row, worker_process in workers.items():
        output, _ = worker_process.communicate()
        if worker_process.returncode:
            raise SystemExit(f"{row!r} ended with {worker_process.returncode}; see above.")
        yield row, json.loads(output.splitlines()[-1])


def work(crops: Path, run_dir: Path, seconds: float, options: dict[str, Any]) -> Result:
    """Is a measured process: trains until its processor time is over."""
    with silence_stderr():
        import tensorflow as tf
    tf.config.threading.set_intra_op_parallelism_threads(1)
    tf.config.threading.set_inter_op_parallelism_threads(1)
    scores: list[tuple[float, Metrics]] = []
    started: list[float] = []
    stopped: list[float] = []

    def listen(event: Event) -> None:
        if not isinstance(event, Metrics):
            return
        now = time.process_time()
        if not started:
            started.append(now)
        spent = now - started[0]
        if event.held_out_l1_loss is not None and spent <= seconds:
            scores.append((spent, event))
        if spent >= seconds and not stopped:
            stopped.append(spent)
            os.kill(os.getpid(), signal.SIGINT)

    config = TrainConfig.from_dict(options)
    result = p2p.train(crops, run_dir, config, on_event=listen)
    end = min(seconds, scores[-1][0])
    last = [event for spent, event in scores if spent >= _COUNTED * end]
    return {
        "l1": statistics.mean(event.held_out_l1_loss for event in last),
        "ssim": statistics.mean(event.held_out_ssim for event in last),
        "steps": last[-1].step,
        "epochs": last[-1].step * config.epochs / result.total_steps,
        "scores": len(last),
        "seconds": round(end, 1),
    }


def line(row: str, results: list[Result]) -> str:
    """Returns a row of the table: the median of the seeds, and half of how far they lie apart."""

    def cell(key: str) -> str:
        values = [result[key] for result in results]
        spread = f" ±{(max(values) - min(values)) / 2:.3f}" if len(values) > 1 else ""
        return f"{statistics.median(values):.3f}{spread}"

    steps = statistics.median(result["steps"] for result in results)
    scores = f"{cell('l1'):13} | {cell('ssim'):13}"
    return f"| {row:28} | {scores} | {steps:5.0f} | {len(results):5} |"


def read_log(log: Path | None, row: str) -> dict[int, Result]:
    """Returns the results of a row that an earlier call has noted, by seed."""
    if log is None or not log.exists():
        return {}
    noted = [json.loads(entry) for entry in log.read_text(encoding="utf-8").splitlines()]
    return {result["seed"]: result for result in noted if result["row"] == row}


def note(log: Path | None, result: Result) -> None:
    """Adds a line of JSON to the log."""
    if log:
        with open(log, "a", encoding="utf-8") as file:
            file.write(json.dumps(result) + "\n")


if __name__ == "__main__":
    main()
