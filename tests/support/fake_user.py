"""A user who goes on deciding about crops, and the crops: what they are can be told from a number.

The n-th decision rejects the crops whose bits are set in n; so a state that is found tells how many
decisions are in it.
"""

from __future__ import annotations

import atexit
import dataclasses
import hashlib
import json
import threading
import time
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from colab_pix2pix.dataset import choices, manifest
from colab_pix2pix.dataset.manifest import Crop, Dataset
from colab_pix2pix.events import OnEvent, ignore
from colab_pix2pix.litter import temp_folder
from colab_pix2pix.notebook import crop_cache
from colab_pix2pix.project import Project
from colab_pix2pix.storage import drive, side_files, transfer

CROPS = 12
#: So long that choices and archive take several calls to write: they can be torn.
MARK = "a long mark " * 120
SOURCES = {"video": {"sha256": "0" * 64, "duration_seconds": 60.0, "options": {"count": CROPS}}}
_LOOK_SECONDS = side_files._LOOK_SECONDS = 0.02
_WHOLE_EXPORT = ("generator.keras", "web/model.onnx", "web/index.html", "model-card.md")


def crops(project: Project, on_event: OnEvent) -> tuple[Dataset, str]:
    """Returns the crops as a session finds them, and where: here, in the archive, or cut again."""
    here = manifest.read_all(project.crops)
    crop_cache.recover(project, on_event=on_event)
    if found := manifest.read_all(project.crops):
        return found[0], "here" if here else "archive"
    dataset, _ = choices.restore(project, _cut(project.crops / "cut"))
    manifest.write(dataset)
    return dataset, "cut again"


def _cut(folder: Path) -> Dataset:
    folder.mkdir(parents=True)
    entries = []
    for index in range(CROPS):
        name = f"{index:03d}.png"
        picture = np.random.default_rng(index).integers(0, 256, (30, 30, 3), np.uint8)
        Image.fromarray(picture).save(folder / name)
        entries.append(
            Crop(file=name, source="video", time=float(index), side="centre", marks=(MARK,))
        )
    return Dataset(folder, tuple(entries), SOURCES)


def decided(dataset: Dataset) -> int:
    """Returns how many decisions are in a dataset."""
    return sum(1 << i for i, crop in enumerate(dataset.crops) if crop.choice == "reject")


def decide_again(dataset: Dataset) -> Dataset:
    """Makes one decision more, as the gallery does."""
    number = decided(dataset) + 1
    place = {crop.file: index for index, crop in enumerate(dataset.crops)}

    def change(crop: Crop) -> Crop:
        index = place[crop.file]
        return dataclasses.replace(crop, choice="reject" if number >> index & 1 else "keep")

    return manifest.update(dataset, change)


def watch(project: Project, tell: Any) -> None:
    """Tells, from a thread, which decisions have become safe."""

    def look() -> None:
        last = -1
        while True:
            time.sleep(_LOOK_SECONDS)
            try:
                content = project.choices_file.read_bytes()
                state = drive.durability(
                    project.choices_file, hashlib.md5(content, usedforsecurity=False).hexdigest()
                )
                choices.check(project.choices_file)
                (record,) = json.loads(content)["datasets"].values()
            except (OSError, ValueError):
                continue  # not there yet, cut off, or the mount is in trouble
            rows = record["crops"]
            number = sum(1 << i for i, row in enumerate(rows) if row[5] == "reject")
            if state == "confirmed" and number != last:
                last = number
                tell("Decided", number=number)

    threading.Thread(target=look, daemon=True).start()


def leave(keeper: choices.ChoiceKeeper) -> None:
    """Gives the last decision a moment to get there; a Drive that hangs keeps nobody."""
    keeper.wait(0.5)
    atexit.unregister(keeper.wait)


def export(project: Project, tell: Any) -> None:
    """Exports a version of something, and tells it once it is safe."""
    version = exported(project) + 1
    with temp_folder() as folder:
        for name in _WHOLE_EXPORT:
            (folder / name).parent.mkdir(exist_ok=True)
            (folder / name).write_text(f"{name} {version}\n" * 3000)
        target = project.exports / f"model-{version}"
        target.parent.mkdir(exist_ok=True)
        transfer.put_folder(folder, target, last=("web/index.html", "model-card.md"))
        written = {target / name: transfer.md5(folder / name) for name in _WHOLE_EXPORT}
        side_files.wait_until_confirmed(written, ignore)
    tell("Exported", version=version)


def exported(project: Project) -> int:
    """Returns the last version of which an export looks finished; 0 where there is none.

    Raises:
        AssertionError: one looks finished and is not.
    """
    versions = [0]
    for folder in project.exports.glob("model-*"):
        found = [_version(folder / name) for name in _WHOLE_EXPORT]
        if found[-1]:
            assert len(set(found)) == 1, f"{folder} looks finished, and holds {found}"
            versions.append(found[-1])
    return max(versions)


def _version(path: Path) -> int:
    """Returns the version that a file says; 0 where it is missing or not finished."""
    lines = set(path.read_text().splitlines()) if path.exists() else set()
    words = lines.pop().split() if len(lines) == 1 else []
    return int(words[1]) if len(words) == 2 and words[1].isdigit() else 0
