"""How good the pictures are: this package, changed options and two opponents, in equal time.

    python benchmarks/quality.py [--videos bikes bunny] [--rows default …] [--seconds 120] …

A row is `default`, or `NAME:OPTION=VALUE,OPTION=VALUE` with options of `TrainConfig` (`seconds` as
well: another time for this row). Every run is a process of its own; only its training steps are
timed. What is logged in --out is not run again, so a long table can be made in pieces.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from quality_data import find_video, make_crops, sha256
from quality_table import tables

import colab_pix2pix
from colab_pix2pix.config import TrainConfig

Task = dict[str, Any]
_WORKER = Path(__file__).with_name("quality_worker.py")
_CODE = ("model/*.py", "training/data.py")  # what a result of ours depends on, besides options
_NOT_IN_KEY = ("row", "crops", "foreign")  # names and paths


def main() -> None:
    """Runs what is missing, and prints the tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--videos", nargs="+", default=["bikes", "bunny"], help="names or files")
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
    given.out.mkdir(parents=True, exist_ok=True)
    tasks = make_tasks(given)
    log = given.out / "log.jsonl"
    if not given.table_only:
        run_missing(tasks, log, given)
    print(tables(results_of(tasks, read_log(log), given)))


def make_tasks(given: argparse.Namespace) -> list[Task]:
    """Returns all runs of the table: a seed of all videos and rows after the other."""
    videos = {name: find_video(name) for name in given.videos}
    crops = {
        name: make_crops(video, given.out / "crops", count=given.crops, image_size=given.image_size)
        for name, video in videos.items()
    }
    if len(crops) == 1:  # others must be foreign to it
        growth = make_crops(
            find_video("growth"),
            given.out / "crops",
            count=given.crops,
            image_size=given.image_size,
        )
        crops |= {"growth": growth}
    code = code_hash()
    tasks = []
    for seed in range(given.seeds):
        for name, video in videos.items():
            foreign = [folder for other, folder in crops.items() if other != name]
            for row in given.rows:
                config, changed = read_row(row, given, seed)
                task = {
                    "row": row.partition(":")[0],
                    "video": name,
                    "video_sha256": sha256(video),
                    "crops": str(crops[name]),
                    "foreign": [str(folder) for folder in foreign],
                    "data": [crops[name].name, *(folder.name for folder in foreign)],
                    "config": config.to_dict(),
                    "seconds": changed.get("seconds", given.seconds),
                    "seed": seed,
                    "threads": given.threads,
                    "jobs": given.jobs,
                    "clock": given.clock,
                    "code": code,
                }
                tasks.append(task)
    return tasks


def read_row(row: str, given: argparse.Namespace, seed: int) -> tuple[TrainConfig, dict[str, Any]]:
    """Returns the options of a row such as `name:ema=0.999,dropout=0`, and what is no option."""
    _, _, text = row.partition(":")
    pairs = [pair.partition("=") for pair in text.split(",") if pair]
    changes = {name.strip().replace("-", "_"): _value(value) for name, _, value in pairs}
    other = {name: changes.pop(name) for name in ("seconds",) if name in changes}
    known = {
        "image_size": given.image_size,
        "base_filters": given.base_filters,
        "minutes": other.get("seconds", given.seconds) / 60,
        "seed": seed,
    }
    return TrainConfig(**known | changes), other  # from_dict would give the defaults of old runs


def _value(text: str) -> Any:
    try:
        return json.loads(text.strip().lower() if text.strip() in ("True", "False") else text)
    except json.JSONDecodeError:
        return text.strip()


def code_hash() -> str:
    """Returns a hash of the files that a result of ours depends on."""
    package = Path(colab_pix2pix.__file__).parent
    files = sorted(path for pattern in _CODE for path in package.glob(pattern))
    return hashlib.sha256(b"".join(path.read_bytes() for path in files)).hexdigest()[:12]


def key(task: Task, *, any_code: bool = False) -> str:
    """Returns what tells a run from others: everything that its result depends on."""
    left_out = (*_NOT_IN_KEY, "code") if any_code else _NOT_IN_KEY
    return json.dumps({k: v for k, v in task.items() if k not in left_out}, sort_keys=True)


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


def run_missing(tasks: list[Task], log: Path, given: argparse.Namespace) -> None:
    """Runs what is not logged, some side by side, and logs each as soon as it is done."""
    done = {key(result["task"], any_code=given.any_code) for result in read_log(log)}
    missing = {key(task, any_code=given.any_code): task for task in tasks}
    todo = [task for k, task in missing.items() if k not in done]
    print(f"{len(tasks) - len(todo)} runs are logged, {len(todo)} to do.", flush=True)
    with ThreadPoolExecutor(given.jobs) as pool:
        for task, result in zip(todo, pool.map(run, todo), strict=True):
            with open(log, "a", encoding="utf-8") as file:
                file.write(json.dumps({"task": task} | result) + "\n")
            last = {k: v for k, v in result["scores"][-1].items() if k not in ("share", "mode")}
            print(f"{task['row']} {task['video']} seed {task['seed']}: {last}", flush=True)


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
