"""Whatever stands in a file of a project: it is passed over, or one of our errors says why."""

from __future__ import annotations

import json
import random
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from colab_pix2pix.config import TrainConfig
from colab_pix2pix.dataset.manifest import Dataset
from colab_pix2pix.errors import Pix2PixError
from colab_pix2pix.project import Project
from colab_pix2pix.storage import npz, slots
from colab_pix2pix.storage.checkpoints import CheckpointWriter
from colab_pix2pix.storage.restore import status, verify
from colab_pix2pix.storage.session import note_reached
from colab_pix2pix.training.history import History
from colab_pix2pix.training.plan import make_plan

STATE = {"generator/000-kernel": np.arange(6, dtype=np.float32)}
ROW = [20, 1, 0.7, 0.3, 0.6, 0.2, 0.9, None, None]
MANIFEST: dict[str, Any] = {
    "epochs_done": 1,
    "schedule": {
        **{"pictures": 10, "batch_size": 2, "seed": 0, "origin_step": 0},
        "origin_samples": 0,
    },
    "options": TrainConfig(epochs=3, batch_size=2).to_dict(),
    "dataset_sha256": "ab",
    "made_with": {"device": "a CPU"},
    "history": [ROW],
    "unmeasured": [[0.1, 0.2, 0.3]],
}
DEEP: Any = []
for _ in range(400):
    DEEP = [DEEP]
VALUES = (
    *(None, True, -1, 3, 2.5, 1e308, 10**400, "", "x", [], [[]], [1], [{}], [[1, 2]], {}),
    *({"a": 1}, {"a": [None]}, float("nan"), float("inf"), "\ud800", DEEP),
    *([["a"] * 5], [[1, 2, 3.0, 4.0, "x"]], [[-5, 0, 1.0, 1.0, 1.0]], [[1e300] * 9], {"": {}}),
)
TEXTS = [
    *(b"", b" ", b"{", b"[]", b"null", b"7", b'"x"', b"\xff\xfe{", b"\x00" * 99, b"{}", b"NaN"),
    *(b'{"format":' * 50_000, b'{"format": 1e999}', b'{"format": 1} {}', b'{"a": "\\ud800"}'),
    b'{"a": ' * 500 + b"1" + b"}" * 500,
]


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """A run on a plain disk with two good slots, of steps 10 and 20."""
    project = Project(tmp_path / "run")
    with CheckpointWriter(project, configs=[TrainConfig()]) as writer:
        for step in (10, 20):
            writer.save(STATE, {"step": step} | MANIFEST)
            writer.settle()
        slots.remember_here(project, writer.run_id, on_drive=False)
        note_reached(project, writer.run_id, 33)
    return project


def odd_contents(content: dict[str, Any]) -> list[bytes]:
    """Returns the file of a JSON object, each time with something odd in it."""
    changed = [content | {key: value} for key in content for value in VALUES]
    without = [{k: v for k, v in content.items() if k != key} for key in content]
    return TEXTS + [json.dumps(some).encode() for some in (*changed, *without)]


def use(project: Project, crops: Dataset) -> int:
    """Does with a project all that needs no TensorFlow; returns the step that it goes on from."""
    state = status(project)
    assert json.dumps(state)
    assert json.dumps(verify(project))
    plan = make_plan(crops, project, TrainConfig(epochs=5, batch_size=2))
    if plan.found:
        History().unpack(plan.found[0].manifest)
        assert plan.schedule.indices(plan.first_step).shape == (2,)
    with CheckpointWriter(project, plan.found, configs=[TrainConfig()]) as writer:
        writer.news()
    project.recall(TrainConfig)
    return plan.first_step


@pytest.mark.parametrize("name", ["session.json", "known.json", "reached.json", "project.json"])
def test_what_the_slots_know_too_may_hold_anything(
    project: Project, crops: Dataset, name: str
) -> None:
    places = [folder / name for folder in (project.path, project.work)]
    before = {file: file.read_bytes() for file in places if file.exists()}
    assert use(project, crops) == 20
    for content in odd_contents(json.loads(before[max(before)])):
        for file in before:
            file.write_bytes(content)
        try:
            assert use(project, crops) == 20, content
        except Pix2PixError as error:  # it can be read, and says something else
            assert name in ("project.json", "known.json"), (error, content)
            assert content not in TEXTS, error
        for file, good in before.items():
            file.write_bytes(good)


def rewrite_manifest(slot: Path, manifest: bytes) -> None:
    with zipfile.ZipFile(slot, "w") as archive:
        with archive.open("generator/000-kernel.npy", "w") as member:
            np.lib.format.write_array(member, STATE["generator/000-kernel"])
        archive.writestr("manifest.json", manifest)


def test_a_slot_with_an_odd_manifest_is_passed_over_or_says_what_is_odd(
    project: Project, crops: Dataset
) -> None:
    newest = project.slots[1]
    good = newest.read_bytes()
    manifest = npz.read_manifest(newest)
    assert manifest["step"] == 20
    for content in odd_contents(manifest):
        rewrite_manifest(newest, content)
        try:
            step = use(project, crops)
        except Pix2PixError as error:
            assert str(error)
        else:
            assert content not in TEXTS or step == 10
            assert step < 10**12
        newest.write_bytes(good)


def test_a_slot_that_says_no_such_thing_as_a_step_is_damaged_and_named(project: Project) -> None:
    rewrite_manifest(project.slots[1], json.dumps(MANIFEST | {"step": []}).encode())
    report = verify(project)
    assert not report["ok"]
    assert [slot["check"] == "whole" for slot in report["slots"]] == [True, False]
    assert status(project)["step"] == 10
    assert "slot-b.npz" in status(project)["notes"][0]


def test_damaged_bytes_in_a_project_file_are_read_or_refused(
    project: Project, crops: Dataset
) -> None:
    chance = random.Random(4)
    for file in (project.settings_file, project.session_file, project.slots[1]):
        good = file.read_bytes()
        for _ in range(40):
            content = bytearray(good)
            for _ in range(chance.randint(1, 4)):
                content[chance.randrange(len(content))] = chance.randrange(256)
            file.write_bytes(content[: chance.randint(len(content) // 2, len(content))])
            try:
                use(project, crops)
            except Pix2PixError as error:
                assert str(error)
            file.write_bytes(good)
