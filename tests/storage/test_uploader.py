"""The way from the loop to the thread that touches Drive: nothing that was asked for is lost."""

from __future__ import annotations

import json
import random
import re
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import pytest

from colab_pix2pix.config import FramesConfig, TrainConfig
from colab_pix2pix.events import Note, Saved
from colab_pix2pix.project import Project
from colab_pix2pix.storage import npz, session, slots, status_line, transfer
from colab_pix2pix.storage.drive_thread import DriveThread
from colab_pix2pix.storage.restore import read_run_state
from colab_pix2pix.storage.upload_state import LocalCopy
from colab_pix2pix.storage.uploader import Uploader, UploadStatus
from support import drivefs
from support.fake_trainer import FAST, is_right, state_at
from support.waiting import wait_for

MISSING = drivefs.missing()
pytestmark = pytest.mark.skipif(bool(MISSING), reason=f"needs FUSE: {MISSING}")
PATIENCE_SECONDS = 30.0


@pytest.fixture
def project(mount: drivefs.Drive) -> Project:
    project = Project(mount.my_drive / "run")
    project.path.mkdir()
    return project


@contextmanager
def uploading(project: Project) -> Iterator[Uploader]:
    """Gives an uploader whose thread runs, and ends it."""
    mine, _ = session.begin(project)
    thread = DriveThread(project, "a-run", mine, [], 0.0, FAST)
    thread.start()
    try:
        yield thread.uploader
    finally:
        thread.uploader.stop()
        thread.join(PATIENCE_SECONDS)
        assert not thread.is_alive()


def offer_state(uploader: Uploader, project: Project, number: int) -> None:
    """Hands a state over as the writer of checkpoints does."""
    working_copy = slots.working_copy(project)
    working_copy.parent.mkdir(parents=True, exist_ok=True)
    manifest = {
        "format": npz.FORMAT,
        "run_id": "a-run",
        "session_number": 1,
        "generation": number,
        "step": number,
        "time": time.time(),
        "options": {},
        "settings": {},
    }
    temp_path = slots.scratch(project, "next.npz")
    npz.write(temp_path, state_at(number), manifest)
    uploader.offer(temp_path, LocalCopy(working_copy, transfer.md5(temp_path), manifest))


def test_what_is_asked_for_at_any_moment_is_there_once_it_is_done(
    mount: drivefs.Drive, project: Project, tmp_path: Path
) -> None:
    """Threads ask at random moments, Drive fails now and then; each thread tests `done`."""

    def bring_files(uploader: Uploader, seed: int) -> None:
        chance = random.Random(seed)
        target = project.path / f"file-{seed}"
        for version in range(15):
            source = tmp_path / f"{seed}-{version}"
            source.write_text(f"version {version} of {seed}")
            uploader.offer_file(source, target)
            for _ in range(chance.randrange(4)):
                if uploader.done:
                    assert target.read_text() == source.read_text()
                time.sleep(chance.uniform(0.0, 0.05))
            if version % 5 == 4:
                wait_for(lambda: uploader.done, seconds=PATIENCE_SECONDS, pause=0.005)
                assert target.read_text() == source.read_text()

    def store_options(uploader: Uploader, seed: int) -> None:
        chance = random.Random(seed)
        for number in range(1, 16):
            uploader.remember(TrainConfig(epochs=number), FramesConfig(count=number))
            if uploader.done:
                assert project.recall(TrainConfig).epochs == number
            time.sleep(chance.uniform(0.0, 0.1))

    def bring_states(uploader: Uploader, seed: int) -> None:
        chance = random.Random(seed)
        for number in range(1, 16):
            offer_state(uploader, project, number)
            if uploader.done:
                assert uploader.safety().safe_step == number
            time.sleep(chance.uniform(0.0, 0.1))

    def disturb(uploader: Uploader, seed: int) -> None:
        chance = random.Random(seed)
        for _ in range(8):
            op = chance.choice(["write", "fsync"])
            mount.fail(op, chance.choice(["EIO", "ENOSPC"]), match="file-*", times=1)
            uploader.need(chance.randrange(1000))
            time.sleep(chance.uniform(0.0, 0.2))

    jobs = [bring_files, bring_files, bring_files, store_options, bring_states, disturb]
    with uploading(project) as uploader, ThreadPoolExecutor(len(jobs)) as pool:
        for job in [pool.submit(job, uploader, seed) for seed, job in enumerate(jobs)]:
            job.result()
        mount.heal()
        uploader.hurry()
        wait_for(lambda: uploader.done, seconds=PATIENCE_SECONDS, pause=0.005)
        assert uploader.safety().safe_step == 15
    mount.die_and_remount()
    for seed in range(3):
        assert (project.path / f"file-{seed}").read_text() == f"version 14 of {seed}"
    assert (project.recall(TrainConfig).epochs, project.recall(FramesConfig).count) == (15, 15)
    newest = read_run_state(project).generations[0]
    assert newest.step == 15 and is_right(newest.file, 15)


def test_each_status_follows_from_the_one_before(
    mount: drivefs.Drive, project: Project, tmp_path: Path
) -> None:
    told: list[UploadStatus] = []
    over = threading.Event()

    def listen() -> None:
        while not over.is_set():
            status = uploader.status
            if not told or told[-1] is not status:
                told.append(status)

    with uploading(project) as uploader:
        listener = threading.Thread(target=listen)
        listener.start()
        for number in range(1, 11):
            offer_state(uploader, project, number)
            (tmp_path / "file").write_text(str(number))
            uploader.offer_file(tmp_path / "file", project.path / "file")
            time.sleep(0.05)
        uploader.hurry()
        wait_for(lambda: uploader.done, seconds=PATIENCE_SECONDS, pause=0.005)
        over.set()
        listener.join()
    assert [s.requests_taken for s in told] == sorted(s.requests_taken for s in told)
    assert [s.good_turns for s in told] == sorted(s.good_turns for s in told)
    safe = [s.safety.safe_step or 0 for s in told]
    assert safe == sorted(safe) and safe[-1] == 10
    for status in told:
        uploading_step = status.safety.uploading_step
        assert (status.upload_began is None) == (uploading_step is None)
        assert uploading_step is None or uploading_step > (status.safety.safe_step or 0)
        assert not (status.complete and uploading_step is not None)
    assert told[-1].requests_taken == 21


def test_a_newer_state_is_told_of_while_a_call_hangs_and_nothing_else_waits(
    mount: drivefs.Drive, project: Project, tmp_path: Path
) -> None:
    with uploading(project) as uploader:
        offer_state(uploader, project, 1)
        wait_for(lambda: uploader.done, seconds=PATIENCE_SECONDS, pause=0.005)
        mount.fail("*", "hang")
        offer_state(uploader, project, 2)
        wait_for(lambda: uploader.hangs, seconds=PATIENCE_SECONDS, pause=0.005)
        for number in (3, 4):
            offer_state(uploader, project, number)
            uploader.offer_file(tmp_path / "never", project.path / "never")
        safety = uploader.safety()
        assert (safety.safe_step, safety.local_step) == (1, 4)
        assert safety.trouble == "Drive does not answer"
        assert uploader.hopeless and not uploader.done
        notes = [e.message for _ in range(3) for e in uploader.news() if isinstance(e, Note)]
        assert len([note for note in notes if "does not answer" in note]) == 1
        (tmp_path / "never").write_text("after all")
        mount.heal()
        wait_for(lambda: uploader.done, seconds=PATIENCE_SECONDS, pause=0.005)
        assert not uploader.hangs
        assert (project.path / "never").read_text() == "after all"
        assert uploader.safety().safe_step == 4


def test_a_clock_that_is_set_during_an_upload_changes_no_duration(
    mount: drivefs.Drive, project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    wall_clock = time.time
    with uploading(project) as uploader:
        mount.order("set", paused=True)
        offer_state(uploader, project, 1)
        wait_for(
            lambda: uploader.safety().uploading_step == 1, seconds=PATIENCE_SECONDS, pause=0.005
        )
        monkeypatch.setattr(time, "time", lambda: wall_clock() + 86_400.0)
        line = status_line.line(uploader.safety())
        assert re.search(r"uploading step 1 \(for \d+ s\)", line), line
        mount.order("set", paused=False)
        wait_for(lambda: uploader.done, seconds=PATIENCE_SECONDS, pause=0.005)
        assert (uploader.status.upload_seconds or 0.0) < PATIENCE_SECONDS
        offer_state(uploader, project, 2)
        wait_for(lambda: uploader.safety().safe_step == 2, seconds=PATIENCE_SECONDS, pause=0.005)
    notes = [event.message for event in uploader.news() if isinstance(event, Note)]
    assert not [note for note in notes if re.search(r"\d h\b", note)]


def test_an_event_never_knows_more_than_the_status(mount: drivefs.Drive, project: Project) -> None:
    with uploading(project) as uploader:
        for number in range(1, 6):
            offer_state(uploader, project, number)
            confirmed = 0
            while confirmed < number:
                for event in uploader.news():
                    if isinstance(event, Saved) and event.confirmed:
                        confirmed = event.step
                        assert (uploader.safety().safe_step or 0) >= confirmed


def test_a_session_that_is_taken_over_says_so_and_writes_nothing_more(
    mount: drivefs.Drive, project: Project, tmp_path: Path
) -> None:
    with uploading(project) as uploader:
        newer, _ = session.begin(project)
        (tmp_path / "late").write_text("late")
        uploader.offer_file(tmp_path / "late", project.path / "late")
        wait_for(
            lambda: uploader.status.taken_over_by is not None, seconds=PATIENCE_SECONDS, pause=0.005
        )
        assert uploader.status.taken_over_by == newer
        assert not uploader.done
    assert not (project.path / "late").exists()
    assert json.loads(project.session_file.read_text())["id"] == newer.id
