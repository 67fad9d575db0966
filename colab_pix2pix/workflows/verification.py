"""Is everything in a project whole? And what is not: can it be made again?"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

from .. import mounts
from ..dataset import archive, choices
from ..errors import Pix2PixError, ProjectError
from ..events import OnEvent, ignore
from ..files import read_json
from ..litter import temp_folder
from ..project import Project
from ..storage import os_errors, restore, side_files, slots, transfer
from ..training import artifacts
from ..video.probe import probe
from . import repair as repairing
from .exporting import export_checksums as exports

WHOLE = "whole"
_GOOD = (WHOLE, "made again", "set aside")


def verify(
    run_dir: Path | str | Project, *, repair: bool = False, on_event: OnEvent = ignore
) -> dict[str, Any]:
    """Reads everything in a project to the last byte and tells what each file is.

    Args:
        run_dir: The run's folder.
        repair: Make again what is damaged and can be: `project.json` from the copy in a saved
            state; `choices.json` from `choices-before.json` and the crops; `metrics.csv` and
            `losses.png` from the saved state; a sample where a state of its step is left, else it
            is set aside as `step-….jpg.torn`; `training.mp4` from the samples; `dataset.zip` from
            crops on this machine. States and milestones are never touched; of exports the command
            is named that writes them again.
        on_event: Told a `Note` when Drive does not answer, and how the upload of repairs goes.

    Returns:
        Ready for JSON: `ok` (nothing is damaged now), `slots` as `storage.restore.verify` has them,
        and `files`, milestones among them: `path` and `check` ("whole", "made again", "set aside"
        and why, or what is wrong) of each. An export is its folder.

    Raises:
        ProjectError: there is no such folder.
        DriveError: Drive is not mounted, does not answer, is another account's, or has not
            confirmed after an hour what was made again.
    """
    report = restore.verify(run_dir, on_event=on_event)
    project = restore.existing(run_dir, on_event)
    with os_errors.translate_os_errors(project.path):
        look = partial(_check_all, project)
        found = mounts.ask(project.path, lambda beat: dict(look(beat)), on_event=on_event)
        if repair:
            found |= _repair(project, found, on_event)
    slots.clear_scratch(project)
    report["files"] = [{"path": str(path), "check": check} for path, check in found.items()]
    report["ok"] &= all(check.startswith(_GOOD) for check in found.values())
    return report


def _check_all(project: Project, beat: mounts.Beat) -> Iterator[tuple[Path, str]]:
    for check in restore.check_milestones(project):
        beat()
        yield check.path, check.problem or WHOLE
    for path, look in _checks(project).items():
        beat()
        yield path, _problem(path, look) or WHOLE


def _checks(project: Project) -> dict[Path, Callable[[Path], object]]:
    """Returns for each file beside the states what raises where it is damaged."""
    checks: dict[Path, Callable[[Path], object]] = {
        project.settings_file: read_json,
        project.choices_file: choices.check,
        project.earlier_choices_file: choices.check,
        project.dataset_zip: _unpack,
        project.metrics_csv: partial(_read_metrics, project),
        project.losses_png: _read_image,
    }
    checks |= dict.fromkeys(project.sample_files(), _read_image)
    checks |= {project.timelapse: probe}
    checks |= {path.parent: partial(_read_export, project) for path in exports.lists(project)}
    saved = any(slot.exists() for slot in project.slots)
    needed = [project.settings_file] if saved else []
    return {path: look for path, look in checks.items() if path in needed or path.exists()}


def _problem(path: Path, look: Callable[[Path], object]) -> str:
    try:
        look(path)
    except FileNotFoundError:
        return "missing."
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


def _read_export(project: Project, folder: Path) -> None:
    try:
        exports.check(folder / exports.NAME)
    except (ValueError, ProjectError) as error:
        remedy = exports.remedy(project, folder / exports.NAME)
        raise ValueError(f"{error}; to write it again: {remedy}") from error


def _repair(project: Project, found: dict[Path, str], on_event: OnEvent) -> dict[Path, str]:
    """Makes again what can be; returns what each damaged file is now."""
    makers, checks = repairing.makers(project), _checks(project)
    now: dict[Path, str] = {}
    written: dict[Path, str] = {}
    damaged = [path for path in makers if found.get(path, WHOLE) != WHOLE]
    for path in damaged:
        if not _problem(path, checks[path]):  # a training has written it again meanwhile
            now[path] = WHOLE
            continue
        try:
            with temp_folder() as folder:
                makers[path](Project(folder))
                made = folder / path.relative_to(project.path)
                side_files.check_room({path: made})
                put = partial(transfer.put, made, path)
                written[path] = mounts.ask(path, put, on_event=on_event)
            now[path] = _problem(path, checks[path]) or "made again"
        except Pix2PixError as error:
            now[path] = f"{found[path]} It can't be made again: {error}"
            if name := repairing.set_aside(path):
                now[path] = f"set aside as {name}, for it can't be made again: {error}"
    side_files.wait_until_confirmed(written, on_event)
    return now
