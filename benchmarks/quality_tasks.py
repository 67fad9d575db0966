"""The runs of `quality.py`: from rows, videos and seeds to tasks, each told from the others."""

from __future__ import annotations

import hashlib
import json
import re
import shutil
import subprocess
from argparse import Namespace
from pathlib import Path
from typing import Any

from quality_data import find_video, make_crops, sha256

import colab_pix2pix
from colab_pix2pix.config import TrainConfig

Task = dict[str, Any]
OPPONENTS = ("ancestor", "paper")
_PACKAGE = Path(colab_pix2pix.__file__).parent
_HERE = Path(__file__).parent
#: What a result depends on besides the options: of the package, and of an opponent.
_CODE = [*_PACKAGE.glob("model/*.py"), _PACKAGE / "training" / "data.py"]
_OPPONENT_CODE = [_HERE / "quality_opponents.py", _HERE / "train_baselines.py"]
_FOREIGN = ("growth", "bikes")  # where a single video is measured: the first that it is not
_NOT_IN_KEY = (
    "row",
    "crops",
    "foreign",
    "options",
    "strip",
    "weights",
)  # names, paths, and what `config` has, too


def make_tasks(given: Namespace) -> list[Task]:
    """Returns all runs of the table: a seed of all videos and rows after the other."""
    sizes = {"count": given.crops, "image_size": given.image_size}
    videos = list(given.videos)
    if len(videos) == 1:
        videos.append(next(name for name in _FOREIGN if name not in videos))
    files = {name: find_video(name, given.out / "videos") for name in videos}
    crops = {name: make_crops(file, given.out / "crops", **sizes) for name, file in files.items()}
    code = {False: _hash(_CODE), True: _hash(_OPPONENT_CODE)}
    rows = [read_row(row, given) for row in given.rows]
    names = [row["row"] for row in rows]
    if twice := {name for name in names if names.count(name) > 1}:
        raise SystemExit(f"Received several rows {', '.join(twice)}. Expected a name for each.")
    device = gpu_name()
    tasks = []
    for seed in range(given.seeds):
        for name in given.videos:
            foreign = [folder for other, folder in crops.items() if other != name]
            of_run = {
                "video": name,
                "video_sha256": sha256(files[name]),
                "crops": str(crops[name]),
                "foreign": [str(folder) for folder in foreign],
                "data": [crops[name].name, *(folder.name for folder in foreign)],
                "seed": seed,
                "threads": given.threads,
                "jobs": given.jobs,
                "clock": given.clock,
                "device": device,
            }
            for row in rows:
                config = row["config"] | {"seed": seed}
                code_of_row = code[bool(row["opponent"])]
                task = of_run | row | {"config": config, "code": code_of_row}
                tasks.append(task | {"strip": str(_strip(task, given.out))})
    return tasks


def _strip(task: Task, out: Path) -> Path:
    """Returns where the pictures of a run lie; `quality_worker` puts its test mode behind it."""
    name = re.sub(r"[^\w-]+", "-", f"{Path(task['video']).stem}-{task['row']}-{task['seed']}")
    return out / "strips" / f"{name}-{hashlib.sha256(key(task).encode()).hexdigest()[:8]}"


def read_row(row: str, given: Namespace) -> Task:
    """Returns what a row such as `name:ema=0.999,dropout=0` says: options, time, opponent."""
    name, _, text = row.partition(":")
    pairs = [pair.partition("=") for pair in text.split(",") if pair]
    changes = {key.strip().replace("-", "_"): _value(value) for key, _, value in pairs}
    seconds = float(changes.pop("seconds", given.seconds))
    sizes = {"image_size": given.image_size, "base_filters": given.base_filters}
    options = sizes | changes
    opponent = name if name in OPPONENTS else ""
    if opponent and set(options) != set(sizes):
        raise SystemExit(
            f"Received {row!r}. Expected base_filters and seconds at most: it is fixed."
        )
    # Not by from_dict: what is missing there is taken for an older run, not for a default.
    config = TrainConfig(minutes=seconds / 60, **options).to_dict()
    return {
        "row": name,
        "opponent": opponent,
        "config": options if opponent else config,
        "options": options,
        "seconds": seconds,
    }


def gpu_name() -> str:
    """Returns what the GPU is called, or "" where there is none."""
    asked = ["nvidia-smi", "--query-gpu=name", "--format=csv,noheader"]
    if not shutil.which(asked[0]):
        return ""
    return subprocess.run(asked, capture_output=True, text=True).stdout.strip()


def _value(text: str) -> Any:
    text = text.strip()
    try:
        return json.loads(text.lower() if text in ("True", "False") else text)
    except json.JSONDecodeError:
        return text


def _hash(files: list[Path]) -> str:
    return hashlib.sha256(b"".join(file.read_bytes() for file in sorted(files))).hexdigest()[:12]


def key(task: Task, *, any_code: bool = False) -> str:
    """Returns what tells a run from others: everything that its result depends on.

    Args:
        task: The run.
        any_code: Whether results of other code count, too, and those of other defaults.
    """
    counted = {k: v for k, v in task.items() if k not in _NOT_IN_KEY and v != ""}
    if any_code:
        del counted["code"]
        counted["config"] = task.get("options", task["config"])
    return json.dumps(counted, sort_keys=True)
