"""One step of training in a folder: what a new machine does first, in a process of its own.

`python -m colab_pix2pix.workflows.drilling.drill_step RUN_DIR CROPS` writes events as JSON lines.
"""

from __future__ import annotations

import dataclasses
import sys
from pathlib import Path

from ...config import TrainConfig
from ...dataset import manifest
from ...errors import Pix2PixError
from ...events import JsonLines, OnEvent
from ...project import Project


def take_one_step(project: Project, crops: Path, on_event: OnEvent) -> None:
    """Resumes a run, trains one step and saves; everything happens in the run's folder.

    Args:
        project: A copy of the run: it is changed.
        crops: A dataset's folder.
        on_event: Told what a training tells.

    Raises:
        Pix2PixError: the run can't go on.
    """
    from ...training.fit import prepare
    from ...training.plan import make_plan

    # The number of steps is given here, not by a time.
    config = project.recall(TrainConfig).replace(minutes=0)
    plan = make_plan(manifest.read(crops), project, config, on_event)
    plan = dataclasses.replace(plan, last_step=plan.first_step + 1)
    with prepare(plan, on_event, keep_crops=lambda writer: None) as trainer:
        trainer.run()


if __name__ == "__main__":
    try:
        take_one_step(Project(Path(sys.argv[1])), Path(sys.argv[2]), JsonLines(sys.stdout))
    except Pix2PixError as error:
        sys.exit(str(error))
