"""How much sooner a training is there that starts from a model of another video.

    python benchmarks/fine_tuning.py [--videos bikes bunny] [--seconds 120] [--rows start …] …

Each video is trained on from nothing for --seconds, and then from the generator that each other
video has given, for a quarter of that: a training of its own, whose step width falls at its end.
So long is trained from nothing, too. A row is a name and what differs from the defaults in the
second training, as in `quality.py`; the first is always the defaults. The crops, the clock and the
scores are those of `quality.py`, too.
"""

from __future__ import annotations

import argparse
import hashlib
import re
from pathlib import Path

from quality import VIDEOS, read_log, results_of, run_missing
from quality_table import COLUMNS, Result, Scores, line, loss
from quality_tasks import Task, key, make_tasks, read_row

_NOTHING = "nothing"
_SCORES = ("l1", "ssim", "ms_ssim", "distance", "follow_own", "sharpness")
_COMPARED = ("l1", "ssim", "distance")


def main() -> None:
    """Runs what is missing, and prints the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--videos", nargs="+", default=["bikes", "bunny"], help=VIDEOS)
    parser.add_argument("--rows", nargs="+", default=["start"], help="of the second training")
    parser.add_argument("--seconds", type=float, default=120, help="of a start from nothing")
    parser.add_argument("--share", type=float, default=0.25, help="of it, for the others")
    parser.add_argument("--seeds", type=int, default=1)
    parser.add_argument("--image-size", type=int, default=64)
    parser.add_argument("--base-filters", type=int, default=16)
    parser.add_argument("--crops", type=int, default=400, help="of each video")
    parser.add_argument("--threads", type=int, default=1, help="of each run")
    parser.add_argument("--jobs", type=int, default=2, help="runs side by side")
    parser.add_argument("--clock", choices=("wall", "processor"), default="wall")
    parser.add_argument("--out", type=Path, default=Path("fine-tuning"), help="log, crops, weights")
    parser.add_argument("--any-code", action="store_true", help="take results of older code, too")
    given = parser.parse_args()
    if len(set(given.videos)) < 2:
        parser.error(f"Received one video, {given.videos[0]}. Expected two or more.")
    given.out.mkdir(parents=True, exist_ok=True)
    log = given.out / "log.jsonl"
    rows, given.rows = given.rows, [_NOTHING]
    origins = [task | {"weights": str(_weights(task, given))} for task in make_tasks(given)]
    run_missing(origins, log, given)
    started = []
    for task in origins:
        others = [each for each in origins if each["seed"] == task["seed"] and each is not task]
        started.append(short_run(task, None, _NOTHING, given))
        started += [short_run(task, origin, row, given) for row in rows for origin in others]
    run_missing(started, log, given)
    print(table(results_of(origins + started, read_log(log), given)))


def _weights(task: Task, given: argparse.Namespace) -> Path:
    """Returns where the generator of a run is kept."""
    name = hashlib.sha256(key(task, any_code=given.any_code).encode()).hexdigest()[:8]
    return given.out / "weights" / f"{Path(task['video']).stem}-{name}.weights.h5"


def short_run(task: Task, origin: Task | None, row: str, given: argparse.Namespace) -> Task:
    """Returns a run on the video of `task` in a share of its time.

    Args:
        task: A start from nothing.
        origin: What gives the generator to start from; None for nothing once more.
        row: The name, and the options that differ.
        given: The command line.
    """
    short = argparse.Namespace(**vars(given) | {"seconds": given.share * given.seconds})
    changed = read_row(row, short)
    more = {"seed": task["seed"]}
    if origin:
        more["init_from"] = origin["weights"]
        changed["row"] += f", from {Path(origin['video']).stem}"
    changed |= {"config": changed["config"] | more, "options": changed["options"] | more}
    strip = f"{task['strip']}-{re.sub(r'[^a-z0-9]+', '-', changed['row'].lower())}"
    return task | changed | {"weights": "", "strip": strip}


def table(results: list[Result]) -> str:
    """Returns the scores in Markdown, and their ratios to the end of the start from nothing.

    Below 1 is better than it; SSIM is turned into what is missing to 1.
    """
    headings = [COLUMNS[name].heading for name in _SCORES]
    ratios = [f"{COLUMNS[name].heading}, ratio" for name in _COMPARED]
    lines = [line(["", "seed", "seconds", *headings, *ratios, "steps"])]
    lines.append("|---" * (len(_SCORES) + len(_COMPARED) + 4) + "|")
    ends: dict[tuple[str, int], Scores] = {}
    for result in sorted(results, key=lambda each: (each["task"]["video"], each["task"]["seed"])):
        task, scores = result["task"], result["scores"][-1]
        end = ends.setdefault((task["video"], task["seed"]), scores)  # it was trained first
        cells = [f"{Path(task['video']).stem}: {task['row']}", str(task["seed"])]
        cells.append(f"{scores['seconds']:.0f}")
        for name in _SCORES:
            cells.append(f"{scores[name]:.{COLUMNS[name].digits}f}" if name in scores else "")
        for name in _COMPARED:
            own, other = loss(name, [scores]), loss(name, [end])
            cells.append(f"{own / other:.3f}" if own and other else "")
        lines.append(line([*cells, str(scores["step"])]))
    return "\n".join(lines)


if __name__ == "__main__":
    main()
