"""The real trainer on a Drive whose machine dies: it ends with the bytes of a quiet run."""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from colab_pix2pix.dataset.manifest import Dataset
from colab_pix2pix.options import as_flags
from colab_pix2pix.project import Project
from colab_pix2pix.storage import npz
from colab_pix2pix.storage.restore import read_run_state
from colab_pix2pix.workflows.pipeline import train
from support import CHECKOUT, TESTS, drivefs
from support.machines import Machine, Report, Row, machine
from support.networks import SMALLEST

MISSING = drivefs.missing()
CONFIG = SMALLEST.replace(epochs=60, save_every_seconds=1, gan_warmup_steps=0)


def start(it: Machine, crops: Dataset, log: Path) -> subprocess.Popen[bytes]:
    arguments = ["train", "--json", str(crops.directory), str(it.project.path), *as_flags(CONFIG)]
    path = os.pathsep.join([str(CHECKOUT), str(TESTS)])
    environment = dict(os.environ, XDG_CACHE_HOME=str(it.disk), PYTHONPATH=path)
    with open(log, "wb") as out:
        command = [sys.executable, "-m", "support.real_trainer", *arguments]
        return subprocess.Popen(command, stdout=out, env=environment)


def told(log: Path, kind: str) -> list[dict[str, object]]:
    lines = [json.loads(line) for line in log.read_text().split("\n")[:-1]]
    return [line for line in lines if line["event"] == kind]


def safe_step(log: Path) -> int:
    return max((int(str(e["safe_step"] or 0)) for e in told(log, "Safety")), default=0)


def arrays(project: Project) -> dict[str, bytes]:
    with np.load(read_run_state(project).generations[0].file) as file:
        return {name: file[name].tobytes() for name in file.files if name != npz.MANIFEST}


@pytest.mark.slow
@pytest.mark.skipif(bool(MISSING), reason=f"needs FUSE: {MISSING}")
def test_a_run_on_drive_ends_with_the_same_bytes_whatever_dies(
    crops: Dataset, tmp_path: Path, report: Report
) -> None:
    row = Row("the real trainer; the machine dies")
    chance, safe = random.Random(5), 0
    with machine(bandwidth=2e7) as it:
        for life in range(3):
            log = tmp_path / f"log-{life}"
            process = start(it, crops, log)
            while life < 2 and safe_step(log) <= safe:
                assert process.poll() is None, log.read_text()
                time.sleep(0.05)
            if life < 2:
                time.sleep(chance.uniform(0.0, 0.6))
                process.kill()
                it.die()
                process.wait()
            else:
                assert process.wait(120) == 0
            if life:
                resumed = int(str(told(log, "Resumed")[0]["step"]))
                row.runs, row.restored = row.runs + 1, row.restored + 1
                row.safe_lost += resumed < safe
            safe = safe_step(log)
        state = it.drive.wait_until_uploaded()
        assert (state["trash"], state["renames"]) == ([], 0)
        names = {name.removeprefix("/MyDrive/run/") for name in state["files"]}
        kept = {"dataset.zip", "metrics.csv", "losses.png", "training.mp4", "slot-a.npz"}
        assert kept < names
        samples = [name for name in names if name.startswith("samples/step-")]
        it.die()
        on_drive = arrays(it.project)
        csv = it.project.metrics_csv.read_text()
    whole = train(crops, tmp_path / "whole", CONFIG).project
    assert on_drive == arrays(whole)
    assert csv == whole.metrics_csv.read_text()
    assert len(samples) == len(list(whole.samples.iterdir()))
    report(row)
