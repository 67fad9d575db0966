"""Adds the crops of one or more sources to a dataset folder: all of them, or none."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .. import wording
from ..errors import DatasetError
from ..events import Note, OnEvent
from ..filenames import safe_name
from ..files import atomic_folder, link_or_copy
from ..languages import _
from . import choices, manifest
from .manifest import Crop, Dataset


@dataclass(frozen=True)
class Source:
    """Something that crops are made of.

    Attributes:
        name: What its key in the manifest is made of.
        metadata: What the manifest says of it, with "sha256" and "options".
        cut: Writes crops into a folder, under names that begin with a key.
    """

    name: str
    metadata: dict[str, Any]
    cut: Callable[[Path, str], list[Crop]]


#: Calls `cut` of sources with their keys in a folder, and gives their crops in the same order.
Executor = Callable[[list[tuple[Source, str]], Path], Iterable[list[Crop]]]


def run_in_order(todo: list[tuple[Source, str]], folder: Path) -> Iterable[list[Crop]]:
    """Runs sources in this process."""
    return (source.cut(folder, key) for source, key in todo)


def add_sources(
    directory: Path,
    sources: Sequence[Source],
    *,
    on_event: OnEvent,
    executor: Executor = run_in_order,
) -> Dataset:
    """Adds the crops of sources to a folder, beside the crops of others that it holds.

    A source that is there already with the same options is left alone; with other options, its
    crops are replaced. Choices by hand go over to crops of the same moments.

    Raises:
        DatasetError: the folder holds other files and no manifest.
    """
    before = _dataset_before(directory)
    known = dict(before.sources) if before else {}
    todo: list[tuple[Source, str]] = []
    for source in sources:
        key = _key(source, known)
        if before and _same(known.get(key), source.metadata) and _complete(before, key):
            message = _(
                "{folder} already holds these crops of {file}.",
                folder=directory,
                file=source.metadata["file"],
            )
            on_event(Note(message=message))
        elif key not in [other for _source, other in todo]:
            todo.append((source, key))
            known[key] = source.metadata
    if before and not todo:
        return before
    with atomic_folder(directory) as temp_dir:
        crops = [crop for some in executor(todo, temp_dir) for crop in some]
        if before:
            crops = choices.carry_over(before, Dataset(temp_dir, tuple(crops), known), on_event)
        kept = _link_others(before, {key for _source, key in todo}, directory, temp_dir)
        order = sorted((*kept, *crops), key=lambda crop: (crop.source, crop.time, crop.file))
        revision = before.revision + 1 if before else 1
        manifest.write(Dataset(temp_dir, tuple(order), known, revision))
    if kept:
        others = len({crop.source for crop in kept})
        others_kept = wording.counted(len(kept), "crop")
        elsewhere = wording.counted(others, "other source")
        message = f"{directory} also holds {others_kept} of {elsewhere}."
        on_event(Note(message=message))
    return manifest.read(directory)


def _dataset_before(directory: Path) -> Dataset | None:
    """Returns the dataset that is in the folder, or None when the folder is new or empty."""
    if not directory.exists():
        return None
    if directory.is_dir():
        if (directory / "manifest.json").exists():
            return manifest.read(directory)
        if not any(entry for entry in directory.iterdir() if entry.name[0] != "."):
            return None
    raise DatasetError(
        _("{folder} holds other files and no manifest.json.", folder=directory),
        why=_("Crops are never mixed with files of which nothing is known."),
        fix=_("Choose an empty or a new folder."),
    )


def _link_others(
    before: Dataset | None, keys: set[str], directory: Path, temp_dir: Path
) -> tuple[Crop, ...]:
    """Brings over all but the old crops of the given sources; returns the crops that stay."""
    if before is None:
        return ()
    gone = {file for crop in before.crops if crop.source in keys for file in crop.files}
    for entry in directory.iterdir():
        if entry.is_dir():  # none of ours, so it stays
            shutil.copytree(entry, temp_dir / entry.name, symlinks=True, copy_function=link_or_copy)
        elif entry.name not in gone | {"manifest.json"} and entry.is_file():
            link_or_copy(entry, temp_dir / entry.name)
    return tuple(crop for crop in before.crops if crop.source not in keys)


def _same(old: dict[str, Any] | None, new: dict[str, Any]) -> bool:
    names = ("sha256", "options", "part")
    return old is not None and all(old.get(name) == new.get(name) for name in names)


def _complete(dataset: Dataset, key: str) -> bool:
    files = [file for crop in dataset.crops if crop.source == key for file in crop.files]
    return bool(files) and all((dataset.directory / file).is_file() for file in files)


def _key(source: Source, known: dict[str, dict[str, Any]]) -> str:
    """Returns the key of a source in the manifest: its name, with a number if that is taken."""
    for key, metadata in known.items():
        if metadata.get("sha256") == source.metadata["sha256"]:
            return key
    name = safe_name(source.name)
    names = [name, *(f"{name}-{number}" for number in range(2, len(known) + 3))]
    return next(name for name in names if name not in known)
