"""The process behind `Tracker`: lines of JSON come in and go to a library, in its own time."""

from __future__ import annotations

import io
import json
import os
import signal
import sys
from collections.abc import Callable
from typing import Any

from ...events import Metrics, Note, Sample, from_json, to_json

#: What a library reads from the environment, and a person may keep among Colab's secrets.
SECRETS = {
    "wandb": ["WANDB_API_KEY"],
    "trackio": ["HF_TOKEN"],
    "mlflow": ["MLFLOW_TRACKING_URI", "MLFLOW_TRACKING_TOKEN"],
}
_PROJECT = "colab_pix2pix"
_SECONDS_LEFT = 60  # when the training is over, or dead
#: Takes numbers by name, the path of a picture or "", and the step.
Log = Callable[[dict[str, float], str, int], object]
Say = Callable[[str], None]


def _wandb(about: dict[str, Any], say: Say) -> tuple[Log, Callable[[], object]]:
    import wandb

    def start(**how: Any) -> Any:
        quiet = wandb.Settings(
            console="off",
            disable_code=True,
            disable_git=True,
            x_disable_stats=True,
            init_timeout=30,
        )
        given = {"id": about["id"], "name": about["name"], "dir": about["folder"]}
        return wandb.init(project=_PROJECT, resume="allow", settings=quiet, **given, **how)

    try:
        run = start()
    except wandb.Error as error:  # no key, or no network
        say(f"wandb writes files, for it is offline ({str(error).splitlines()[0]})")
        run = start(mode="offline")
    run.config.update(about["config"], allow_val_change=True)
    run.define_metric("*", step_metric="step")
    say(f"wandb: {run.url or f'`wandb sync {os.path.dirname(run.dir)}` sends what is written'}.")

    def log(values: dict[str, float], picture: str, step: int) -> None:
        pictures = {"samples": wandb.Image(picture)} if picture else {}
        run.log({**values, **pictures, "step": step})

    return log, run.finish


def _trackio(about: dict[str, Any], say: Say) -> tuple[Log, Callable[[], object]]:
    import trackio

    given = {"name": about["name"], "config": about["config"], "resume": "allow"}
    run = trackio.init(
        project=_PROJECT, embed=False, auto_log_gpu=False, auto_log_cpu=False, **given
    )
    say(f"trackio: `trackio show --project {_PROJECT}` shows it.")

    def log(values: dict[str, float], picture: str, step: int) -> None:
        pictures = {"samples": trackio.Image(picture)} if picture else {}
        run.log({**values, **pictures}, step=step)

    return log, trackio.finish


def _mlflow(about: dict[str, Any], say: Say) -> tuple[Log, Callable[[], object]]:
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

    def log(values: dict[str, float], picture: str, step: int) -> None:
        mlflow.log_metrics(values, step=step)
        if picture:
            mlflow.log_artifact(picture, "samples")

    return log, mlflow.end_run


def main(library: str) -> None:
    """Logs what standard input says, until it ends."""
    os.nice(10)
    lines, sys.stdin = sys.stdin, io.StringIO()  # what a library asks, nobody answers

    def say(message: str) -> None:
        sys.stdout.write(to_json(Note(message=message)) + "\n")
        sys.stdout.flush()

    begin = {"wandb": _wandb, "trackio": _trackio, "mlflow": _mlflow}[library]
    log, finish = begin(json.loads(lines.readline()), say)
    for line in lines:
        event = from_json(line)
        if isinstance(event, Metrics):
            values = {name: v for name, v in vars(event).items() if v is not None}
            log(values, "", values.pop("step"))
        elif isinstance(event, Sample) and event.path.exists():
            log({}, str(event.path), event.step)
    signal.alarm(_SECONDS_LEFT)
    finish()


if __name__ == "__main__":
    main(sys.argv[1])
