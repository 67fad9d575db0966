"""What was decided about crops, kept beside `dataset.zip`: it is small, so it gets there at once.

`choices.json` holds, for each set of sources, the choice, side and marks of every crop. It outlives
the machine on which somebody clicked, and brings the gallery back when crops are cut again.
`choices-before.json` is what it held before the last write: a death may cut that write off.
"""

from __future__ import annotations

import atexit
import dataclasses
import hashlib
import json
import threading
from pathlib import Path
from typing import Any

from .. import files, wording
from ..events import Note, OnEvent
from ..filenames import packed_name
from ..languages import _
from ..project import Project
from ..storage import colab, slots
from ..storage.os_errors import UNCHANGED, translate_os_errors
from . import manifest
from .counts import choices_in_words
from .manifest import Crop, Dataset

FORMAT = 1
_RETRY_SECONDS = 5.0
_keeping = threading.RLock()  # galleries and trainings of this process, one after another
_PATIENCE_SECONDS = 10.0  # at the end of the process


def keep(project: Project, dataset: Dataset) -> None:
    """Writes what is decided about a dataset's crops into a project, in place.

    Raises:
        DriveError: the project lies on Drive, and Drive is not mounted.
        OSError: the folder can't be written.
    """
    colab.require_mounted(project.path)
    slots.known_on_drive(project)  # else a look-alike would be made
    project.path.mkdir(parents=True, exist_ok=True)
    with _keeping:
        if are_kept(project, dataset):
            return
        stored, name, record = _read(project), _name(dataset), _record(dataset)
        if before := stored.get(name):
            # What is decided here and now is newest, whatever another machine has counted.
            record["revision"] = max(dataset.revision, before["revision"] + 1)
        if stored:
            files.overwrite_json_in_place(project.earlier_choices_file, _content(stored))
        files.overwrite_json_in_place(project.choices_file, _content(stored | {name: record}))


def are_kept(project: Project, dataset: Dataset) -> bool:
    """Returns whether a project has what is decided about a dataset's crops."""
    before = _read(project).get(_name(dataset))
    return before is not None and before == _record(dataset) | {"revision": before["revision"]}


def restore(project: Project, dataset: Dataset) -> tuple[Dataset, int]:
    """Returns a dataset with what was decided about its crops elsewhere, where that is newer.

    Nothing is written. A `choices.json` that is torn or of another format counts as none.

    Returns:
        The dataset, and how many of its crops have changed.

    Raises:
        DriveError, ProjectError: the project's folder does not answer.
    """
    with translate_os_errors(project.path, why=UNCHANGED):
        record = _read(project).get(_name(dataset))
    if record is None or record["revision"] <= dataset.revision:
        return dataset, 0
    same = {key for key, made in _made_by(dataset).items() if record["made_by"].get(key) == made}
    by_file = {packed_name(row[0]): row for row in record["crops"] if row[1] in same}
    by_moment = {tuple(row[1:5]): row for row in record["crops"]}
    videos = _videos(dataset)

    def decided(crop: Crop) -> Crop:
        if row := by_file.get(packed_name(crop.file)):
            _, _, _, _, _, choice, side, marks = row
            return dataclasses.replace(crop, choice=choice, split=side, marks=tuple(marks))
        row = by_moment.get(_moment(crop)) if crop.source in videos else None
        return dataclasses.replace(crop, choice=row[5]) if row else crop

    crops = tuple(decided(crop) for crop in dataset.crops)
    changed = sum(new != old for new, old in zip(crops, dataset.crops, strict=True))
    if not changed:
        return dataset, 0
    return dataclasses.replace(dataset, crops=crops, revision=record["revision"]), changed


def came_back(project: Project, changed: int) -> str:
    """Returns what to say when `restore` has changed crops."""
    crops = wording.counted(changed, "crop")
    name = project.choices_file.name
    return _("What was decided about {crops} came back from {name}.", crops=crops, name=name)


def lacking(project: Project, copy: Project, *here: Dataset, there: Dataset | None) -> int:
    """Returns for how many crops a copy of a project lacks what was decided by hand.

    Args:
        project: The project as it is.
        copy: What of it another machine would find.
        here: Crops that lie on this machine.
        there: The crops that the other machine would have, with what was decided about them.
    """
    known, found = _read(project), _read(copy)
    for dataset in here:
        record = _record(dataset)
        if record["revision"] >= known.get(_name(dataset), record)["revision"]:
            known[_name(dataset)] = record
    if there is not None:
        found[_name(there)] = _record(there)

    def decisions(records: dict[str, dict[str, Any]]) -> set[tuple[str, str, str]]:
        rows = ((name, row) for name, record in records.items() for row in record["crops"])
        return {(name, packed_name(row[0]), row[5]) for name, row in rows if row[5]}

    return len(decisions(known) - decisions(found))


def carry_over(before: Dataset, dataset: Dataset, on_event: OnEvent) -> list[Crop]:
    """Returns new crops with the choices by hand that were made on former crops of their sources.

    The same crop is one of the same moment and side of a video, or the same picture to the byte.

    Args:
        before: The former crops, with their files.
        dataset: The new crops, with theirs.
        on_event: Told in a `Note` how many choices there were, and for how many no crop is left.
    """
    keys, videos = {crop.source for crop in dataset.crops}, _videos(dataset)

    def identity(folder: Dataset, crop: Crop) -> tuple[Any, ...]:
        if crop.source in videos:
            return _moment(crop)
        path = folder.directory / crop.file
        return crop.source, files.file_sha256(path) if path.is_file() else crop.file

    chosen = [crop for crop in before.crops if crop.choice and crop.source in keys]
    if not chosen:
        return list(dataset.crops)
    choices = {identity(before, crop): crop.choice for crop in chosen}
    found = {crop.file: identity(dataset, crop) for crop in dataset.crops}
    kept = len(choices.keys() & set(found.values()))
    lost = len(choices) - kept
    message = choices_in_words(kept, lost)
    on_event(Note(message=message, level="warning" if lost else "info"))
    return [
        dataclasses.replace(crop, choice=choices.get(found[crop.file], ""))
        for crop in dataset.crops
    ]


class ChoiceKeeper:
    """Brings choices into a project from a thread of its own: a click never waits for a disk.

    Args:
        project: Where they are kept.
    """

    def __init__(self, project: Project) -> None:
        self._project = project
        self._changed = threading.Condition()
        self._waiting: Dataset | None = None
        self._thread: threading.Thread | None = None
        self._trouble = ""

    @property
    def trouble(self) -> str:
        """Why the last choices are not in the project yet, in words; "" while they get there."""
        return self._trouble

    def offer(self, dataset: Dataset) -> None:
        """Takes the newest state of a dataset; what it has not come round to before is left out."""
        with self._changed:
            self._waiting = dataset
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="choices", daemon=True)
                self._thread.start()
                atexit.register(self.wait)

    def wait(self, seconds: float = _PATIENCE_SECONDS) -> bool:
        """Waits until the choices are in the project; returns whether they are."""
        with self._changed:
            return self._changed.wait_for(lambda: self._thread is None, seconds)

    def _run(self) -> None:
        while True:
            with self._changed:
                dataset, self._waiting = self._waiting, None
                if dataset is None:
                    self._thread = None
                    atexit.unregister(self.wait)
                    self._changed.notify_all()
                    return
            try:
                with _keeping:  # of several galleries the last one to write knows the newest
                    keep(self._project, manifest.newest(dataset))
                self._trouble = ""
            except Exception as error:  # whatever it is: told, and tried again
                path = self._project.path
                words = _("Your choices are not in {path} yet: {error}", path=path, error=error)
                self._trouble = words
                with self._changed:
                    self._waiting = self._waiting or dataset
                    self._changed.wait(_RETRY_SECONDS)


def _record(dataset: Dataset) -> dict[str, Any]:
    rows = [
        # By the name that an archive has: what comes back from one is the same picture.
        [packed_name(crop.file), *_moment(crop), crop.choice, crop.split, list(crop.marks)]
        for crop in dataset.crops
    ]
    return {"revision": dataset.revision, "made_by": _made_by(dataset), "crops": rows}


def _moment(crop: Crop) -> tuple[str, float, str, int]:
    """Returns what a crop of a video is known by, however many others are cut."""
    chance = crop.box[0] + crop.box[1] if crop.side in ("random", "own") else 0
    return crop.source, round(float(crop.time), 3), crop.side, chance


def _name(dataset: Dataset) -> str:
    """Returns the same for all datasets of the same sources, whatever they are cut by."""
    facts = sorted(str((s.get("sha256"), s.get("part"))) for s in dataset.sources.values())
    return hashlib.sha256(json.dumps(facts).encode()).hexdigest()[:16]


def _made_by(dataset: Dataset) -> dict[str, str]:
    """Returns for each source, in short, what its crops are made by."""
    made = {key: known.get("options") for key, known in dataset.sources.items()} or {"": None}
    return {
        key: hashlib.sha256(json.dumps(options, sort_keys=True).encode()).hexdigest()[:16]
        for key, options in made.items()
    }


def _videos(dataset: Dataset) -> set[str]:
    return {key for key, known in dataset.sources.items() if "duration_seconds" in known}


def _content(datasets: dict[str, dict[str, Any]]) -> dict[str, Any]:
    """Returns what a file of choices holds; its checksum finds a mixture of two writes."""
    return {"format": FORMAT, "sha256": _sha256(datasets), "datasets": datasets}


def _sha256(datasets: dict[str, Any]) -> str:
    return hashlib.sha256(json.dumps(datasets, sort_keys=True).encode()).hexdigest()


def _read(project: Project) -> dict[str, dict[str, Any]]:
    """Returns the records of a project by `_name`; {} where there are none that are whole."""
    for path in (project.choices_file, project.earlier_choices_file):
        if (datasets := _datasets(path)) is not None:
            return {name: record for name, record in datasets.items() if _is_record(record)}
    return {}


def check(path: Path) -> None:
    """Raises ValueError where a file of choices is not whole."""
    if _datasets(path) is None:
        raise ValueError("it is cut off, or not as it was written")


def _datasets(path: Path) -> dict[str, Any] | None:
    """Returns the records in a file, not looked at yet; None where it is missing or damaged."""
    content = files.read_json_if_whole(path)
    if not files.has_types(content, format=int, datasets=dict) or content["format"] != FORMAT:
        return None
    datasets: dict[str, Any] = content["datasets"]
    known = content.get("sha256", _sha256(datasets))  # it has not always been there
    return datasets if known == _sha256(datasets) else None


def _is_record(record: Any) -> bool:
    kinds = {"revision": int, "made_by": dict, "crops": list}
    return files.has_types(record, **kinds) and all(map(_is_row, record["crops"]))


def _is_row(row: Any) -> bool:
    names = ("file", "source", "time", "side", "chance", "choice", "split", "marks")
    if not isinstance(row, list) or len(row) != len(names):
        return False
    values = dict(zip(names, row, strict=True))
    texts = dict.fromkeys(("file", "source", "side", "choice", "split"), str)
    known = files.has_types(values, **texts, time=float, chance=int, marks=list)
    return (
        known
        and values["choice"] in ("", "keep", "reject")
        and values["split"] in ("train", "test")
        and all(isinstance(mark, str) for mark in values["marks"])
    )
