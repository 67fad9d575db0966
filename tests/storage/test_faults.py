"""The fault matrix: a machine, a process or a mount dies at any moment; nothing safe is lost.

`$FAULT_RUNS` (120: more than 200 deaths in all) says how often; `make faults` asks for more.
"""

from __future__ import annotations

import os
import random
import signal
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest

from support import drivefs
from support.machines import ODD, PLAIN, Known, Machine, Report, Row, Trainer, machine

RUNS = int(os.environ.get("FAULT_RUNS", "120"))
SIDE_BY_SIDE = 6
MISSING = drivefs.missing()
pytestmark = pytest.mark.skipif(bool(MISSING), reason=f"needs FUSE: {MISSING}")


def chain(
    seed: int, deaths: int, row: Row, kill: Callable[[Machine, Trainer], None], plain: bool
) -> None:
    """Lets one run live through many deaths, each at a random instant."""
    chance = random.Random(seed)
    bandwidth = chance.choice([4e5, 2e6, 2e7])  # slower and faster than the saves
    delay = chance.choice([0.0, 0.03])
    name, linked = (PLAIN, ODD)[seed // 2 % 2], bool(seed % 2)
    with machine(bandwidth=bandwidth, delay=delay, name=name, linked=linked) as it:
        known, before, it.plain = Known(), None, plain
        for _ in range(deaths + 1):
            often = {
                "save_every": chance.choice([0.02, 0.1]),
                "click_every": chance.choice([0.02, 0.1]),
            }
            trainer = it.train(**often)
            try:
                start = trainer.wait_for("Start")
            except AssertionError:
                row.wrong += any(e["kind"].startswith("Wrong") for e in trainer.told("Error"))
                raise
            if before is not None:
                row.count(known, start)
            if chance.random() < 0.5:  # else it may well die while it packs the crops
                trainer.wait_for("Saved")
            time.sleep(chance.uniform(0.0, 0.9))
            before = trainer
            kill(it, trainer)
            known.hear(trainer)


def many(
    row: Row,
    runs: int,
    kill: Callable[[Machine, Trainer], None],
    *,
    seed: int,
    plain: bool = False,
) -> None:
    deaths = max(1, runs // 10)
    with ThreadPoolExecutor(SIDE_BY_SIDE) as pool:
        jobs = [pool.submit(chain, seed + n, deaths, row, kill, plain) for n in range(10)]
        for job in jobs:
            job.result()
    assert row.restored > row.runs / 3, f"too few saves were confirmed to try anything: {row}"


def the_machine_dies(it: Machine, trainer: Trainer) -> None:
    it.die()


def the_process_dies(it: Machine, trainer: Trainer) -> None:
    trainer.kill()


def the_process_dies_and_drive_uploads_what_it_left(it: Machine, trainer: Trainer) -> None:
    """A slot may be half written; Drive uploads it like any other file; then the machine dies."""
    trainer.kill()
    it.drive.wait_until_uploaded()
    it.die()
    it.drive.order("set", write_seconds=0.01)


def the_mount_dies(it: Machine, trainer: Trainer) -> None:
    """The daemon first; the trainer goes on for a moment; then the machine."""
    it.drive.kill()
    time.sleep(0.05)
    it.die()


@pytest.mark.slow
def test_a_machine_that_dies_at_any_moment_loses_nothing_that_was_safe(report: Report) -> None:
    row = Row("the machine dies at a random instant")
    many(row, RUNS, the_machine_dies, seed=1)
    report(row)


@pytest.mark.slow
def test_a_process_that_is_killed_at_any_moment_loses_nothing_that_was_safe(
    report: Report,
) -> None:
    row = Row("the process is killed at a random instant")
    many(row, RUNS // 4, the_process_dies, seed=2)
    report(row)


@pytest.mark.slow
def test_a_process_that_is_killed_loses_nothing_on_a_plain_disk(report: Report) -> None:
    row = Row("the process is killed; the run lies on a plain disk")
    many(row, RUNS // 8, the_process_dies, seed=4, plain=True)
    report(row)


@pytest.mark.slow
def test_a_torn_slot_that_is_uploaded_leaves_the_other_one(report: Report) -> None:
    row = Row("the process is killed, what it left is uploaded", may_cut_again=True)
    many(row, RUNS // 4, the_process_dies_and_drive_uploads_what_it_left, seed=6)
    report(row)


@pytest.mark.slow
def test_a_mount_that_dies_before_the_machine_loses_nothing_that_was_safe(report: Report) -> None:
    row = Row("the mount dies, then the machine")
    many(row, RUNS // 10, the_mount_dies, seed=3)
    report(row)


@pytest.mark.slow
@pytest.mark.parametrize("piece", [0, 1])
def test_choices_that_were_safe_survive_a_write_that_is_cut_off(report: Report, piece: int) -> None:
    row = Row(f"the choices are cut off after {piece} pieces, and uploaded so")
    with machine(name=ODD, linked=True) as it:
        trainer = it.train(click_every=0.05)
        trainer.wait_for("Decided", lambda event: event["number"] >= 3)
        it.drive.fail("write", "EIO", match="choices*.json", skip=piece)
        time.sleep(0.3)
        trainer.kill()
        it.drive.heal()
        it.drive.wait_until_uploaded()
        it.die()
        row.count(Known().hear(trainer), it.train().wait_for("Start"))
    report(row)


@pytest.mark.slow
def test_an_export_that_was_safe_is_there_and_none_looks_finished_that_is_not(
    report: Report,
) -> None:
    row = Row("the machine dies while it exports")
    chance = random.Random(8)
    with machine(bandwidth=2e6, name=ODD, linked=True) as it:
        known = Known()
        for number in range(1 + max(10, RUNS // 20)):
            trainer = it.train(steps=1, exports=100, click_every=0)
            start = trainer.wait_for("Start")
            if number:
                row.count(known, start)
            trainer.wait_for("End")
            time.sleep(chance.uniform(0.0, 0.4))
            (it.die if number % 2 else trainer.kill)()
            known.hear(trainer)
    assert known.exported > row.runs / 4, f"too few exports were confirmed: {known}"
    report(row)


@pytest.mark.slow
def test_a_process_that_dies_while_a_slot_is_written_leaves_the_other(report: Report) -> None:
    row = Row("the process dies within the write of a slot")
    with machine() as it:
        first = it.train()
        first.wait_for("Safety", lambda event: (event["safe_step"] or 0) > 0)
        it.drive.fail("write", "hang", match="slot-*")
        time.sleep(0.3)
        first.process.send_signal(signal.SIGKILL)
        it.drive.heal()
        first.process.wait()
        row.count(Known().hear(first), it.train().wait_for("Start"))
        it.die()
        row.count(Known().hear(first), it.train().wait_for("Start"))
    report(row)


@pytest.mark.slow
def test_death_before_the_first_confirmation_is_told_honestly(report: Report) -> None:
    row = Row("the machine dies before the first confirmation")
    with machine() as it:
        it.drive.order("set", paused=True)
        first = it.train()
        first.wait_for("Safety", lambda event: event["uploading_step"] is not None)
        time.sleep(0.1)
        assert first.safe_step == 0
        it.die()
        second = it.train()
        start = second.wait_for("Start")
        row.count(Known().hear(first), start)
        assert start["fresh"]
        second.wait_for("Safety", lambda event: (event["safe_step"] or 0) > 0)
    report(row)


@pytest.mark.slow
def test_uploads_slower_than_the_saves_still_come_to_an_end(report: Report) -> None:
    row = Row("uploads take ten times the saving interval")
    with machine(bandwidth=81_000 / 0.5) as it:
        first = it.train(save_every=0.05)
        first.wait_for("Safety", lambda event: (event["safe_step"] or 0) > 0)
        before = first.safe_step
        first.wait_for("Safety", lambda event: (event["safe_step"] or 0) > before)
        assert "Drive takes" in str(first.told("Note"))
        it.die()
        row.count(Known().hear(first), it.train().wait_for("Start"))
    report(row)


@pytest.mark.slow
def test_a_hundred_saves_leave_two_slots_and_an_empty_trash(report: Report) -> None:
    row = Row("100 saves")
    with machine(bandwidth=1e9) as it:
        first = it.train(save_every=0.0, drive_every=0.0, step_seconds=0.01)
        while len([e for e in first.told("Saved") if e["confirmed"]]) < 100:
            time.sleep(0.1)
        first.interrupt()
        state = it.drive.wait_until_uploaded()
        names = {path.rsplit("/", 1)[1] for path in state["files"] if "/samples/" not in path}
        tables = {"dataset.zip", "choices.json", "choices-before.json", "metrics.csv"}
        assert names == {"project.json", "session.json", "slot-a.npz", "slot-b.npz"} | tables
        assert (state["trash"], state["renames"]) == ([], 0)
        it.die()
        row.count(Known().hear(first), it.train().wait_for("Start"))
    report(row)


@pytest.mark.slow
def test_the_stop_button_during_a_save_ends_with_everything_safe(report: Report) -> None:
    row = Row("the stop button during a save")
    with machine(bandwidth=4e5) as it:
        for _ in range(5):
            trainer = it.train(save_every=0.01)
            trainer.wait_for("Saved")
            end = trainer.interrupt()
            assert trainer.safe_step == end["step"]
            it.die()
            row.count(Known().hear(trainer), it.train().wait_for("Start"))
            it.trainers[-1].kill()
    report(row)


@pytest.mark.slow
@pytest.mark.parametrize("disk", ["disk", "another disk"])
def test_of_two_live_sessions_the_newest_wins_and_the_older_stops(
    report: Report, disk: str
) -> None:
    row = Row(f"two live sessions, {'one machine' if disk == 'disk' else 'two machines'}")
    with machine(bandwidth=2e6) as it:
        old = it.train()
        old.wait_for("Safety", lambda event: (event["safe_step"] or 0) > 0)
        known = Known().hear(old)  # it goes on, and calls more safe while the other reads
        new = it.train(disk=disk)
        row.count(known, new.wait_for("Start"))
        told = old.ends_with(1)
        assert told[-1]["kind"] == "TakenOverError"
        assert "Another session has taken this run over" in told[-1]["message"]
        new.wait_for("Note", lambda event: "older session" in event["message"])
        time.sleep(0.3)
        assert new.safe_step > 0
        it.die()
        third = it.train()
        # What the older one still called safe before it saw the newer one went with it.
        row.count(Known().hear(new), third.wait_for("Start"))
        third.wait_for("Saved")
        assert "older session" not in str(third.told("Note")), "a dead process blocks nobody"
    report(row)


@pytest.mark.slow
def test_a_machine_that_dies_while_a_training_finishes_has_what_was_safe(report: Report) -> None:
    row = Row("the machine dies while a training finishes")
    chance = random.Random(11)
    with machine(bandwidth=4e5, name=ODD, linked=True) as it:
        known = Known()
        for number in range(5):
            trainer = it.train()
            start = trainer.wait_for("Start")
            if number:
                row.count(known, start)
            trainer.wait_for("Saved")
            trainer.process.send_signal(signal.SIGINT)
            time.sleep(chance.uniform(0.0, 0.6))
            it.die()
            known.hear(trainer)
    report(row)
