"""Is everything in a project whole? And what is not: can it be made again?"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

from .. import mounts
from ..dataset import archive, choices, manifest
from ..errors import Pix2PixError
from ..events import Metrics, OnEvent, ignore, unpack_history
from ..files import read_json
from ..litter import temp_folder
from ..project import Project, sample_step
from ..storage import os_errors, restore, slots, transfer
from ..training import artifacts
from ..video.probe import probe

WHOLE = "whole"


def verify(
    run_dir: Path | str | Project, *, repair: bool = False, on_event: OnEvent = ignore
) -> dict[str, Any]:
    """Reads everything in a project to the last byte and tells what each file is.

    Args:
        run_dir: The run's folder.
        repair: Make again what is damaged and can be: `metrics.csv` and `losses.png` from the saved
            state, `training.mp4` from the samples, `dataset.zip` from crops on this machine. States
            and samples are never touched.
        on_event: Told a `Note` when Drive does not answer.

    Returns:
        Ready for JSON: `ok` (nothing is damaged now), `slots` as `storage.restore.verify` has them,
        and `files`, milestones among them: `path` and `check` ("whole", "made again", or what is
        wrong) of each.

    Raises:
        ProjectError: there is no such folder.
        DriveError: Drive is not mounted, does not answer, or is another account's.
    """
    report = restore.verify(run_dir, on_event=on_event)
    project = restore.existing(run_dir, on_event)
    with os_errors.translate_os_errors(project.path):
        look = partial(_check_all, project, repair)
        report["files"] = mounts.ask(project.path, lambda beat: list(look()), on_event=on_event)
    slots.clear_scratch(project)
    checks = [entry["check"] for entry in report["files"]]
    report["ok"] &= all(check in (WHOLE, "made again") for check in checks)
    return report


def _check_all(project: Project, repair: bool) -> Iterator[dict[str, str]]:
    for check in restore.check_milestones(project):
        yield {"path": str(check.path), "check": check.problem or WHOLE}
    for path, look in _checks(project):
        problem = _problem(path, look)
        make = _makers(project).get(path)
        if problem and repair and make:
            problem = _made_again(project, path, make) or _problem(path, look) or "made again"
        yield {"path": str(path), "check": problem or WHOLE}


def _checks(project: Project) -> Iterator[tuple[Path, Callable[[Path], object]]]:
    """Gives each file beside the states that is there, and what raises where it is damaged."""
    checks: dict[Path, Callable[[Path], object]] = {
        project.settings_file: read_json,
        project.choices_file: choices.check,
        project.dataset_zip: _unpack,
        project.metrics_csv: partial(_read_metrics, project),
        project.losses_png: _read_image,
        project.timelapse: probe,
    }
    checks |= dict.fromkeys(project.sample_files(), _read_image)
    for path, look in checks.items():
        if path.exists():
            yield path, look


def _problem(path: Path, look: Callable[[Path], object]) -> str:
    try:
        look(path)
    except Pix2PixError as error:
        return f"damaged: {error.what}"
    except ValueError as error:
        return f"damaged: {error}."
    return ""


def _unpack(path: Path) -> None:
    with temp_folder() as folder:
        archive.unpack(path, folder / "crops")


def _read_image(path: Path) -> None:
    if artifacts.read_sample(path) is None:
        raise ValueError("it is no whole image")


def _read_metrics(project: Project, path: Path) -> None:
    lines = path.read_text(encoding="utf-8", errors="replace").split("\n")
    if lines[-1] or len(artifacts.read_metrics(project)) != len(lines) - 2:
        raise ValueError("it has lines that are torn")


def _makers(project: Project) -> dict[Path, Callable[[Project], object]]:
    """Returns for each file that can be made again what makes it in a folder."""
    here = manifest.read_all(project.crops)
    makers: dict[Path, Callable[[Project], object]] = {
        project.metrics_csv: lambda to: artifacts.write_metrics(to, _history(project)),
        project.losses_png: lambda to: artifacts.write_losses(to, _history(project)),
        project.timelapse: partial(_write_timelapse, project),
    }
    if here:
        makers[project.dataset_zip] = lambda to: archive.pack(here[0], to.dataset_zip)
    return makers


def _history(project: Project) -> list[Metrics]:
    states = restore.generations(project)
    return unpack_history(states[0].manifest["history"]) if states else []


def _write_timelapse(project: Project, to: Project) -> None:
    to.samples.mkdir()
    for path in project.sample_files():
        transfer.fetch(path, to.samples / path.name)
    artifacts.write_timelapse(to, sample_step(project.sample_files()[-1]))


def _made_again(project: Project, path: Path, make: Callable[[Project], object]) -> str:
    """Makes a file again on this machine's disk and brings it over; returns why not, or ""."""
    try:
        with temp_folder() as folder:
            make(Project(folder))
            transfer.put(folder / path.name, path)
    except Pix2PixError as error:
        return f"damaged, and can't be made again: {error}"
    return ""
