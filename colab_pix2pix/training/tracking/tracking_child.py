"""The process behind `Tracker`: lines of JSON come in and go to a library, in its own time."""

from __future__ import annotations

import io
import json
import os
import signal
import sys
import time
from collections.abc import Callable
from threading import Thread
from typing import Any, NamedTuple

from ...events import JsonLines, Metrics, Note, Sample, from_json

#: What a library reads from the environment, and a person may keep among Colab's secrets.
SECRETS = {
    "wandb": ["WANDB_API_KEY"],
    "trackio": ["HF_TOKEN", "TRACKIO_WRITE_TOKEN"],
    "mlflow": ["MLFLOW_TRACKING_URI", "MLFLOW_TRACKING_TOKEN"],
}
_PROJECT = "colab_pix2pix"
Say = Callable[[str], None]


class Run(NamedTuple):
    """Takes numbers by their names, and the path of a picture, each with its step; and the end."""

    numbers: Callable[[dict[str, float], int], object]
    picture: Callable[[str, int], object]
    finish: Callable[[], object]


def _wandb(about: dict[str, Any], say: Say) -> Run:
    import wandb

    quiet = wandb.Settings(
        console="off", disable_code=True, disable_git=True, x_disable_stats=True, init_timeout=30
    )
    given = {"id": about["id"], "name": about["name"], "dir": about["folder"], "settings": quiet}
    try:
        run = wandb.init(project=_PROJECT, resume="allow", **given)
    except wandb.Error as error:  # no key, or no network
        say(f"wandb writes files, for it is offline ({str(error).splitlines()[0]})")
        run = wandb.init(project=_PROJECT, resume="allow", mode="offline", **given)
    run.config.update(about["config"], allow_val_change=True)
    run.define_metric("*", step_metric="step")
    all_sessions = f"{about['folder']}/wandb/offline-run-*-{run.id}"
    say(f"wandb: {run.url or f'`wandb sync {all_sessions}` sends what is written'}.")
    return Run(
        lambda values, step: run.log({**values, "step": step}),
        lambda path, step: run.log({"samples": wandb.Image(path), "step": step}),
        run.finish,
    )


def _trackio(about: dict[str, Any], say: Say) -> Run:
    import trackio

    quiet = {"embed": False, "auto_log_gpu": False, "auto_log_cpu": False}
    given = {"name": about["name"], "config": about["config"], "resume": "allow"}
    run = trackio.init(project=_PROJECT, **given, **quiet)
    where = os.environ.get("TRACKIO_SERVER_URL") or os.environ.get("TRACKIO_SPACE_ID")
    say(f"trackio: {where or f'`trackio show --project {_PROJECT}` shows it'}.")
    return Run(
        lambda values, step: run.log(values, step=step),
        lambda path, step: run.log({"samples": trackio.Image(path)}, step=step),
        trackio.finish,
    )


def _mlflow(about: dict[str, Any], say: Say) -> Run:
    os.environ.setdefault("MLFLOW_ALLOW_FILE_STORE", "true")
    os.environ.setdefault("MLFLOW_TRACKING_URI", f"file://{about['folder']}/mlruns")
    import mlflow

    mlflow.set_experiment(_PROJECT)
    same = f"tags.run_id = '{about['id']}'"
    known = mlflow.search_runs(filter_string=same, output_format="list")
    if known:
        mlflow.start_run(known[0].info.run_id)
    else:
        mlflow.start_run(run_name=about["name"], tags={"run_id": about["id"]})
        mlflow.log_params(about["config"])
    say(f"mlflow: it goes to {mlflow.get_tracking_uri()}")
    return Run(
        lambda values, step: mlflow.log_metrics(values, step=step),
        lambda path, step: mlflow.log_artifact(path, "samples"),
        mlflow.end_run,
    )


def _end_after(parent: int, patience_seconds: float) -> None:
    """Ends this process, and what it has started, soon after the one that it works for."""
    while os.getppid() == parent:
        time.sleep(1.0)
    time.sleep(patience_seconds)
    os.killpg(0, signal.SIGKILL)


def main(library: str, parent: str, patience_seconds: str) -> None:
    """Logs what standard input says, until it ends."""
    os.nice(10)
    Thread(target=_end_after, args=[int(parent), float(patience_seconds)], daemon=True).start()
    lines, sys.stdin = sys.stdin, io.StringIO()  # what a library asks, nobody answers
    tell = JsonLines(sys.stdout)
    begin = {"wandb": _wandb, "trackio": _trackio, "mlflow": _mlflow}[library]
    run = begin(json.loads(lines.readline()), lambda message: tell(Note(message=message)))
    for line in lines:
        event = from_json(line)
        if isinstance(event, Metrics):
            values = {name: value for name, value in vars(event).items() if value is not None}
            run.numbers(values, values.pop("step"))
        elif isinstance(event, Sample) and event.path.exists():
            run.picture(str(event.path), event.step)
    run.finish()


if __name__ == "__main__":
    main(*sys.argv[1:])
