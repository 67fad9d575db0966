"""A report on a trained model: one HTML file that says how good it is, and opens anywhere."""

from __future__ import annotations

from pathlib import Path

from .. import events, mounts
from ..events import OnEvent
from ..filenames import output_file
from ..languages import N_
from ..litter import temp_folder
from ..mounts import require_apart
from ..options import checks_input
from ..project import Project
from ..storage import slots, transfer
from ..storage.os_errors import translate_os_errors
from ..training.devices.try_out import leave_out_doubtful

FILE_NAME = "report.html"


@checks_input()
def report(
    run_dir: Project | Path | str,
    target: Path | str = "",
    *,
    generation: str = "chosen",
    on_event: OnEvent = events.ignore,
) -> Path:
    """Writes what a run has come to as one HTML file that needs no network.

    It tells, for each saved state: L1, PSNR, SSIM, MS-SSIM and *follow* (how well what is made,
    blurred and greyed again, is the input that was given) on held-out crops. It shows the best and
    the worst crops, where they differ from the real ones, and the training picture that each result
    is nearest to; the curves, the verdict, changed options, sources and licences. It needs nothing
    but the project's folder; what is torn or missing there is said in a sentence, and the rest is
    told.

    Args:
        run_dir: A run that has been saved at least once.
        target: The `.html` to write, whole or not at all; a folder gets a
            `report.html`, and "" stands for the run's.
        generation: Whose pictures are shown: "chosen" (by eye; else the last), "last", "best" (by
            the held-out crops), or a number.
        on_event: Called with Progress events in pictures, and Notes.

    Returns:
        The file.

    Raises:
        OptionError: no report can be written at the target, or it leads to another file of the run.
        CheckpointError: nothing is trained in the folder, or not this generation.
        DriveError: Drive is not mounted, does not answer, or is another account's.

    Example:
        >>> report("runs/flowers", "flowers.html")  # doctest: +SKIP
    """
    from .reporting.findings import gather
    from .reporting.report_page import render

    project = run_dir if isinstance(run_dir, Project) else Project(Path(run_dir))
    path = project.path / FILE_NAME
    mounts.require_answer(project.path, Path(target), on_event=on_event)
    leave_out_doubtful(on_event)
    if str(target):
        path = output_file(target, Path(FILE_NAME).stem, (".html", ".htm"), what=N_("the report"))
    own = (project.settings_file, project.session_file, project.dataset_zip, project.metrics_csv)
    require_apart(path, *project.slots, *own, project.samples, project.logs)
    with temp_folder() as temp_dir:
        whole = temp_dir / FILE_NAME
        try:
            whole.write_text(render(gather(project, generation, on_event)), encoding="utf-8")
        finally:
            slots.clear_scratch(project)
        with translate_os_errors(path.parent):
            path.parent.mkdir(parents=True, exist_ok=True)
            transfer.put(whole, path)
    return path
