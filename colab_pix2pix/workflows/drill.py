"""A crash drill: what a new machine would find of a project, and whether it could go on from there.

What would survive this machine is copied to a temporary folder; a process that knows nothing else
resumes there and takes one step. The project itself is only read.
"""

from __future__ import annotations

import dataclasses
import subprocess
import sys
from functools import partial
from pathlib import Path
from typing import Any

from PIL import Image

from .. import events, mounts, wording
from ..config import TrainConfig
from ..dataset import choices, manifest
from ..dataset.manifest import Crop, Dataset
from ..events import Note, OnEvent, Resumed, ignore
from ..languages import _
from ..litter import temp_folder
from ..project import Project, sample_step
from ..storage import drive, os_errors, restore, session, slots
from ..training.devices.child import child_environment
from . import held_out
from .drilling.survivors import Survivors, copy_survivors, find_start, unpack_crops

_STAND_INS = 8
_SHOWN = 5
_LAST_WORDS = 300  # characters


def drill(run_dir: Path | str | Project, *, on_event: OnEvent = ignore) -> dict[str, Any]:
    """Tells what would be lost if this machine died now, by trying it. The run is not changed.

    The copy is made of what Google Drive has confirmed; of a run on another disk, of what lies
    there. It needs room for two states and twice the crops on this machine's disk while it runs.
    The step is taken on the processor, so that it can run beside a training.

    Args:
        run_dir: The run's folder.
        on_event: Told what is done.

    Returns:
        Ready for JSON: `ok` (a new machine would go on, with all crops and choices), `resumed`
        (it has taken a step), `step` (that it started from; None: anew), `lost_steps`, `lost`
        (sentences, nothing where nothing would be lost), `lines` (all of it in words).

    Raises:
        ProjectError: there is no such folder, or this machine's disk has no room for the copy.
        DriveError: Drive is not mounted, or does not answer.
    """
    project = restore.existing(run_dir, on_event)
    with temp_folder() as temp_dir:
        copy = Project(temp_dir / "run")
        on_event(Note(message=_("Copying what a new machine would find.")))
        with os_errors.translate_os_errors(project.path, why=os_errors.UNCHANGED):
            look = partial(copy_survivors, project, copy)
            found = mounts.ask(project.path, look, on_event=on_event)
        slots.clear_scratch(project)
        crops = unpack_crops(copy, temp_dir / "crops", found)
        problem = find_start(copy, found)
        if found.start:
            step = wording.count(found.start.step)
            on_event(Note(message=_("Resuming there at step {step}.", step=step)))
            folder = crops.directory if crops else _stand_ins(copy, temp_dir / "stand-ins")
            problem = _take_one_step(copy, folder, found.start.step, on_event)
        undecided = _lacking_choices(project, copy, crops)
    problem = problem.replace(str(copy.path), str(project.path))
    return _report(project, found, crops, undecided, problem)


def _lacking_choices(project: Project, copy: Project, crops: Dataset | None) -> int:
    look = partial(choices.lacking, project, copy, *manifest.read_all(project.crops), there=crops)
    return mounts.ask(project.path, lambda beat: look())


def _stand_ins(copy: Project, folder: Path) -> Path:
    """Makes a dataset of soft colours: a state can be tried where its crops are lost."""
    folder.mkdir()
    config = copy.recall(TrainConfig)
    crops = []
    for number, image in enumerate(held_out.made_up(config, _STAND_INS)):
        names = [f"{number}.png", f"{number}-input.png"][: image.shape[-1] // 3]
        for index, name in enumerate(names):
            Image.fromarray(image[..., 3 * index : 3 * index + 3]).save(folder / name)
        partner = names[1] if len(names) > 1 else ""
        crop = Crop(file=names[0], input_file=partner)
        crops.append(crop if number else dataclasses.replace(crop, split="test"))
    return manifest.write(Dataset(folder, tuple(crops))).parent


def _take_one_step(copy: Project, crops: Path, step: int, on_event: OnEvent) -> str:
    """Lets a new process resume in the copy; returns why it could not, or ""."""
    command = [
        sys.executable,
        "-m",
        f"{__package__}.drilling.drill_step",
        str(copy.path),
        str(crops),
    ]
    # As on another machine: an empty cache, nobody to train with, a processor that is free.
    cache = str(copy.path.parent / "cache")  # Keras, too, writes a note on itself
    changes = {"XDG_CACHE_HOME": cache, "KERAS_HOME": cache}
    changes |= {"CUDA_VISIBLE_DEVICES": "-1", "TF_CPP_MIN_LOG_LEVEL": "3"}
    environment = child_environment(**changes)
    words = copy.path.parent / "errors.txt"
    resumed = -1
    with open(words, "w") as errors:
        process = subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=errors, text=True, env=environment
        )
        try:
            assert process.stdout is not None
            for line in process.stdout:
                event = events.from_json(line)
                if isinstance(event, Resumed):
                    resumed = event.step
                elif isinstance(event, Note) and event.level == "warning":
                    on_event(event)
            status = process.wait()
        finally:
            if process.poll() is None:
                process.kill()
                process.wait()
    if status:
        return words.read_text(errors="replace").strip()[-_LAST_WORDS:] or f"exit status {status}."
    saved = max((c.generation.step for c in slots.check_slots(copy) if c.generation), default=0)
    if (resumed, saved) != (step, step + 1):
        return f"It resumed at step {resumed} and saved step {saved}; expected {step}, {step + 1}."
    return ""


def _report(
    project: Project, found: Survivors, crops: Dataset | None, undecided: int, problem: str
) -> dict[str, Any]:
    start, lost = found.start, list[str]()
    lost_steps = _lost_steps(project, found)
    if lost_steps:
        steps = wording.counted(lost_steps, "step")
        lost.append(_("{steps} of training since then.", steps=steps))
    if crops is None:
        torn = project.dataset_zip.name in found.torn
        lost.append(
            _(
                "The crops: dataset.zip can't be read on a new machine. The same link or file cuts"
                " them again."
            )
            if torn
            else _(
                "The crops: dataset.zip is not there on a new machine. The same link or file cuts"
                " them again."
            )
        )
    if undecided:
        by_hand = wording.counted(undecided, "choice")
        lost.append(_("{choices} by hand about crops.", choices=by_hand))
    samples = [
        name
        for name in found.lost
        if project.path / name == project.sample_file(sample_step(Path(name)))
    ]
    if samples:
        lost.append(f"{wording.counted(len(samples), 'sample')}.")
    others = [name for name in found.lost if name not in (*samples, project.dataset_zip.name)]
    if others:
        more = f" and {len(others) - _SHOWN} more" if len(others) > _SHOWN else ""
        lost.append(f"{', '.join(others[:_SHOWN])}{more}.")
    return {
        "ok": start is not None and not problem and crops is not None and not undecided,
        "resumed": start is not None and not problem,
        "step": start.step if start else None,
        "lost_steps": lost_steps,
        "lost": lost,
        "lines": [*_outcome(project, found, crops, problem), *_lost_in_words(lost)],
    }


def _lost_steps(project: Project, found: Survivors) -> int:
    known = [check.generation.step for check in found.states if check.generation]
    reached = max([*known, *map(sample_step, project.sample_files())], default=0)
    if found.start is None:
        return reached
    since, _ = session.progress_since(project, found.start)
    return max(since, reached - found.start.step)


def _outcome(project: Project, found: Survivors, crops: Dataset | None, problem: str) -> list[str]:
    """Returns what has come of the try, in sentences."""
    lines = []
    if problem:
        lines.append(_("A new machine could not go on. {problem}", problem=problem))
    elif found.start is None:
        lines.append(_("No saved state would be there: a new machine would begin anew."))
    else:
        step, next_step = (wording.count(found.start.step + more) for more in (0, 1))
        with_what = _("without its crops, soft colours stood in for them")
        if crops:
            there = wording.counted(len(crops.crops), "crop")
            with_what = _("{crops} were there", crops=there)
        goes_on = _(
            "A new machine would go on at step {step}. Tried in a copy: {crops}, step {next} was"
            " trained and saved."
        )
        lines.append(goes_on.format(step=step, crops=with_what, next=next_step))
    lines += [check.problem for check in found.states if check.problem]
    if not drive.is_drive(project.path):
        lines.append(
            _(
                "{path} lies on a disk, not on Google Drive: what is there lives as long as that"
                " disk.",
                path=project.path,
            )
        )
    elif found.unsure:
        lines.append(
            _(
                "This mount does not tell what is uploaded; the drill takes it for uploaded. Look"
                " at drive.google.com."
            )
        )
    return lines


def _lost_in_words(lost: list[str]) -> list[str]:
    if not lost:
        return [_("Nothing would be lost.")]
    return [_("Lost would be:"), *(f"- {sentence}" for sentence in lost)]
