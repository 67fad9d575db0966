"""The fault matrix, its other half: what a Drive can do to a run, one fault after another."""

from __future__ import annotations

import os
import shutil
import signal
import sys
import time
from functools import partial
from typing import Any

import pytest

from support import drivefs, machines
from support.machines import ODD, PLAIN, Known, Machine, Report, Row, Trainer

MISSING = drivefs.missing()
pytestmark = [
    pytest.mark.skipif(bool(MISSING), reason=f"needs FUSE: {MISSING}"),
    pytest.mark.slow,
    pytest.mark.usefixtures("place"),
]
PLACES = {True: "through a link", False: "plain"}
machine = machines.machine
MANY = int(os.environ.get("FAULT_RUNS", "0")) > 0


@pytest.fixture(params=[True, False] if MANY else [True], ids=lambda linked: PLACES[linked])
def place(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every fault through a link and with a name that needs care; `make faults` without, too."""
    linked = request.param
    here = partial(machines.machine, name=ODD if linked else PLAIN, linked=linked)
    monkeypatch.setattr(sys.modules[__name__], "machine", here)


def trained(it: Machine, safe_saves: int = 1, **flags: Any) -> Trainer:
    """Returns a trainer that has had some states confirmed."""
    trainer = it.train(**flags)
    safe_steps: set[int] = set()

    def enough(event: dict[str, object]) -> bool:
        safe_steps.add(int(str(event["safe_step"] or 0)))
        return len(safe_steps - {0}) >= safe_saves

    trainer.wait_for("Safety", enough)
    return trainer


def goes_on(trainer: Trainer, saves: int = 1) -> None:
    """Makes sure that training still saves on this machine: its loop waits for nothing else."""
    before, steps = trainer.last_step, set[int]()

    def enough(event: dict[str, object]) -> bool:
        steps.add(int(str(event["step"])))
        return len({step for step in steps if step > before}) >= saves

    trainer.wait_for("Saved", enough)


def dies_and_restores(it: Machine, row: Row, before: Trainer) -> None:
    known = Known().hear(before)
    it.die()
    row.count(known, it.train().wait_for("Start"))


@pytest.mark.parametrize(
    ("fault", "op", "error", "message"),
    [
        ("EIO on write", "write", "EIO", "input/output errors"),
        ("EIO on fsync", "fsync", "EIO", "input/output errors"),
        ("EIO on close", "close", "EIO", "input/output errors"),
        ("EIO when read back", "read", "EIO", "input/output errors"),
        ("ENOSPC", "write", "ENOSPC", "empty the trash too"),
        ("EDQUOT", "write", "EDQUOT", "empty the trash too"),
        ("ENOTCONN while training", "*", "ENOTCONN", "Mount Drive again"),
        ("ENOENT for all that exists", "getattr", "ENOENT", "has disappeared"),
        ("it becomes read-only", "write-open", "EROFS", "can only be read"),
        ("a call hangs", "write", "hang", "does not answer"),
        ("every call hangs", "*", "hang", "does not answer"),
    ],
)
def test_an_error_of_drive_is_told_and_training_goes_on(
    report: Report, fault: str, op: str, error: str, message: str
) -> None:
    row = Row(fault)
    with machine(bandwidth=4e6) as it:
        trainer = trained(it)
        it.drive.fail(op, error, match="*" if op in ("*", "getattr") else "slot-*")
        trainer.wait_for("Note", lambda event: message in event["message"])
        goes_on(trainer, saves=5)
        known = trainer.safe_step
        if op != "*":  # and once it is over, Drive is used again
            it.drive.heal()
            trainer.wait_for("Safety", lambda event: (event["safe_step"] or 0) > known)
            trainer.interrupt()
            assert trainer.safe_step == trainer.last_step
        dies_and_restores(it, row, trainer)
    report(row)


@pytest.mark.parametrize("op", ["write", "fsync", "read"])
def test_an_error_that_comes_once_costs_nothing(report: Report, op: str) -> None:
    row = Row(f"EIO once on {op}")
    with machine(bandwidth=4e6) as it:
        trainer = trained(it)
        it.drive.fail(op, "EIO", match="slot-*", times=1)
        trainer.wait_for("Note", lambda event: "input/output" in event["message"])
        trainer.interrupt()
        assert trainer.safe_step == trainer.last_step
        it.die()
        it.drive.fail("read", "EIO", match="slot-*", times=1)
        row.count(Known().hear(trainer), it.train().wait_for("Start"))
    report(row)


@pytest.mark.parametrize("op", ["write", "*"])
def test_a_hanging_drive_never_holds_the_end_of_the_process_up(report: Report, op: str) -> None:
    row = Row(f"a hung call ({op}) at the end")
    with machine() as it:
        trainer = trained(it)
        it.drive.fail(op, "hang")
        goes_on(trainer, saves=5)
        trainer.process.send_signal(signal.SIGINT)
        trainer.wait_for("End")
        assert "Not everything is on Drive" in trainer.warnings
        dies_and_restores(it, row, trainer)
    report(row)


def test_an_upload_that_stalls_for_ever_is_told(report: Report) -> None:
    row = Row("an upload stalls for ever")
    with machine() as it:
        trainer = trained(it)
        it.drive.order("set", paused=True)
        note = trainer.wait_for("Note", lambda event: "has not uploaded" in event["message"])
        assert "16.1 GB free" in note["message"] and "Safe is step" in note["message"]
        goes_on(trainer)
        dies_and_restores(it, row, trainer)
    report(row)


def test_a_drive_without_room_for_two_states_is_told_before_and_nothing_is_lost(
    report: Report,
) -> None:
    row = Row("the quota is full")
    with machine(quota=230_000) as it:
        trainer = trained(it)
        trainer.wait_for("Note", lambda event: "it is full" in event["message"])
        goes_on(trainer)
        it.drive.order("set", quota=10**9)  # the user makes room
        known = trainer.safe_step
        trainer.wait_for("Safety", lambda event: (event["safe_step"] or 0) > known)
        dies_and_restores(it, row, trainer)
    report(row)


def test_a_mount_that_goes_and_comes_back_is_used_again(report: Report) -> None:
    row = Row("the mount goes, and is mounted again")
    with machine(bandwidth=4e6) as it:
        trainer = trained(it)
        known = trainer.safe_step
        it.drive.unmount()
        trainer.wait_for("Note", lambda event: "Mount Drive again" in event["message"])
        goes_on(trainer)
        assert not list(it.drive.mount_point.iterdir()), "a look-alike on this machine's disk"
        it.drive.mount()
        trainer.wait_for("Safety", lambda event: (event["safe_step"] or 0) > known)
        dies_and_restores(it, row, trainer)
    report(row)


@pytest.mark.parametrize(
    ("fault", "op", "error", "message"),
    [
        ("ENOTCONN at a resume", "*", "ENOTCONN", "the mount is gone"),
        ("EIO on every read at a resume", "read", "EIO", "can't be read"),
        ("ENOENT for a slot that exists", "getattr", "ENOENT", "slot-a.npz is not found"),
        ("a Drive that can only be read", "write-open", "EROFS", "can only be read"),
    ],
)
def test_a_drive_that_fails_at_a_resume_stops_it_and_nothing_is_changed(
    report: Report, fault: str, op: str, error: str, message: str
) -> None:
    row = Row(fault)
    with machine() as it:
        trainer = trained(it, safe_saves=3)
        it.die()
        before = it.drive.order("state")["files"]
        it.drive.fail(op, error, match="slot-a*" if op in ("read", "getattr") else "*")
        told = it.train().ends_with(1)
        assert told[-1]["kind"] in ("DriveError", "CheckpointError")
        assert message in told[-1]["message"]
        it.drive.heal()
        assert it.drive.order("state")["files"] == before
        row.count(Known().hear(trainer), it.train().wait_for("Start"))
    report(row)


def test_a_stale_listing_does_not_bring_an_older_state_back(report: Report) -> None:
    row = Row("a stale listing (the newer working copy wins)")
    with machine(bandwidth=4e6) as it:
        trainer = trained(it)
        it.drive.order("freeze-listing")
        goes_on(trainer)
        time.sleep(0.2)
        trainer.kill()
        newest = trainer.last_step
        start = it.train().wait_for("Start")
        row.count(Known().hear(trainer), start)
        assert start["step"] >= newest
    report(row)


def test_without_attributes_nothing_is_called_safe_and_the_newest_is_restored(
    report: Report,
) -> None:
    row = Row("the attributes are missing")
    with machine(attributes="none") as it:
        trainer = it.train()
        trainer.wait_for("Safety", lambda event: event["written_step"] is not None)
        end = trainer.interrupt()
        assert trainer.safe_step == 0
        it.drive.wait_until_uploaded()
        it.die()
        start = it.train().wait_for("Start")
        known = Known().hear(trainer)
        known.safe_step = end["step"]
        row.count(known, start)
    report(row)


def test_a_new_machine_with_another_account_is_told_so(report: Report) -> None:
    row = Row("another account is mounted")
    with machine() as it:
        trainer = trained(it)
        trainer.interrupt()
        it.drive.unmount()
        (it.home / "cloud").rename(it.home / "first account")
        it.drive.mount()
        told = it.train().ends_with(1)
        assert "another Google account" in told[-1]["message"]
        it.drive.unmount()
        shutil.rmtree(it.home / "cloud")
        (it.home / "first account").rename(it.home / "cloud")
        it.drive.mount()
        row.count(Known().hear(trainer), it.train().wait_for("Start"))
    report(row)


@pytest.mark.parametrize(
    ("fault", "op", "error"),
    [
        ("the quota is full", "write", "EDQUOT"),
        ("it gives input/output errors", "*", "EIO"),
        ("it can only be read", "write-open", "EROFS"),
        ("writes hang", "write", "hang"),
        ("nothing is found any more", "getattr", "ENOENT"),
    ],
)
def test_a_machine_that_dies_while_drive_is_in_trouble_has_what_was_safe_before(
    report: Report, fault: str, op: str, error: str
) -> None:
    row = Row(f"{fault}, and then the machine dies")
    with machine(bandwidth=4e6) as it:
        for _ in range(2):
            trainer = trained(it)
            it.drive.fail(op, error)
            time.sleep(0.2)
            goes_on(trainer)
            dies_and_restores(it, row, trainer)
            it.trainers[-1].kill()
    report(row)


def test_a_machine_whose_own_disk_is_full_dies_and_has_what_was_safe(report: Report) -> None:
    row = Row("the local disk is full, and then the machine dies")
    with machine(bandwidth=4e6) as it:
        home = it.home / "k"
        home.mkdir()
        disk = drivefs.Drive(home, it.home / "full", kind="disk")
        disk.mount()
        try:
            trainer = trained(it, disk="full/MyDrive", click_every=0)
            for op in ("write", "create"):
                disk.fail(op, "ENOSPC")
            known = trainer.safe_step
            trainer.wait_for("Safety", lambda event: (event["safe_step"] or 0) > known)
            dies_and_restores(it, row, trainer)
        finally:
            it.stop()
            disk.unmount()
    report(row)
