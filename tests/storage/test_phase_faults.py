"""The fault matrix before and after a training: a machine dies in every phase of the work."""

from __future__ import annotations

import os
import random
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from colab_pix2pix import mounts
from colab_pix2pix.errors import DriveError, OptionError
from colab_pix2pix.files import read_json_if_whole
from colab_pix2pix.storage.restore import status
from colab_pix2pix.training import artifacts
from colab_pix2pix.training.artifacts import read_metrics
from colab_pix2pix.workflows.apply import apply
from colab_pix2pix.workflows.pipeline import train
from colab_pix2pix.workflows.verification import verify
from support import drivefs, videos
from support.discs import discs
from support.fake_session import CROPS, PHASES
from support.forked import Command
from support.machines import ODD, PLAIN, Machine, Report, Row, machine
from support.networks import SMALLEST
from support.servers import Behaviour, serving
from support.waiting import wait_for

RUNS = int(os.environ.get("FAULT_RUNS", "120"))
DEATHS = max(3, RUNS // 70)
MISSING = drivefs.missing()
pytestmark = [
    pytest.mark.skipif(bool(MISSING), reason=f"needs FUSE: {MISSING}"),
    pytest.mark.slow,
]
LONGEST_SECONDS = {"fetch": 0.6, "cut": 0.6, "mark": 0.2, "click": 0.5, "pack": 0.5}
WORDS = {
    "fetch": "fetches the video",
    "cut": "cuts crops",
    "mark": "marks crops",
    "click": "brings choices",
    "pack": "packs the crops",
}


def lives(phase: str, link: str) -> Row:
    """Lets sessions die in one phase, the machine and the process in turn; the next one ends."""
    row = Row(f"the machine or the process dies while it {WORDS[phase]}")
    chance = random.Random(PHASES.index(phase))
    with machine(bandwidth=1e6, delay=0.03) as it:
        for number in range(DEATHS):
            it.linked = number % 4 < 2
            # A new project: there is still all to do.
            it.name = f"{ODD if it.linked else PLAIN} {number}"
            session = it.train(job="fake_session", source=link)
            session.wait_for("Phase", lambda event: event["name"] == phase)
            time.sleep(chance.uniform(0.0, LONGEST_SECONDS[phase]))
            decided, was_packed = session.decided, bool(session.told("End"))
            (session.kill if number % 2 else it.die)()
            check(it, row, decided, was_packed, link)
    return row


def check(it: Machine, row: Row, decided: int, was_packed: bool, link: str) -> None:
    """Lets a session find what the dead one has left: it ends, with all that was safe."""
    session = it.train(job="fake_session", source=link, clicks=0)
    told = session.ends_with(0)
    fetch, mark = (
        next(e for e in told if e["event"] == "Phase" and e["name"] == name)
        for name in ("fetch", "mark")
    )
    row.runs += 1
    row.restored += bool(fetch["found"])
    row.wrong += mark["crops"] != CROPS
    row.choices_lost += mark["decided"] < decided
    row.cut_again += was_packed and not fetch["found"]
    files = [path.name for path in it.project.path.rglob("*")]
    row.files_lost += any(".part" in name or name.startswith(".") for name in files)


def test_a_death_before_any_training_loses_no_choice_and_the_next_session_ends(
    report: Report, tmp_path: Path
) -> None:
    clip = videos.scene(tmp_path / "clip.mp4", "-b:v", "2M", seconds=2, size="320x180")
    with (
        serving(tmp_path, Behaviour(chunk_seconds=0.05)) as server,
        ThreadPoolExecutor(len(PHASES)) as pool,
    ):
        sources = [server.link(clip.name) if name == "fetch" else str(clip) for name in PHASES]
        for row in pool.map(lives, PHASES, sources):
            report(row)


TINY = SMALLEST.replace(batch_size=10)


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with crops, a video and a run of one step."""
    folder = tmp_path_factory.mktemp("trained")
    videos.scene(folder / "clip.mp4", seconds=4)
    train(discs(folder / "crops"), folder / "run", TINY)
    return folder


@pytest.fixture
def it(trained: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Machine]:
    """A machine with the run on its Drive, all of it uploaded; `Command` runs on it."""
    with machine(name=ODD, linked=True) as it:
        monkeypatch.setenv("XDG_CACHE_HOME", str(it.disk))
        shutil.copytree(trained / "run", it.project.path)
        it.drive.wait_until_uploaded()
        yield it


def dies(it: Machine, number: int, command: Command, *, when: Callable[[Command], bool]) -> None:
    """Kills a command a moment after something has come true; every other time the machine dies."""
    wait_for(lambda: when(command), "the moment to die", pause=0.01)
    time.sleep(random.Random(number).uniform(0.0, 0.3))
    command.kill()
    if number % 2 == 0:
        it.drive.wait_until_uploaded()  # what it has left half written goes there, too
        it.die()


def leftovers(folder: Path) -> list[str]:
    return [path.name for path in folder.rglob(".*")]


@pytest.mark.parametrize(("source", "name"), [("crops", "made"), ("clip.mp4", "made.mp4")])
def test_a_death_while_apply_writes_to_drive_leaves_whole_files(
    report: Report, it: Machine, trained: Path, source: str, name: str
) -> None:
    row = Row(f"the machine or the process dies while apply writes {name}")
    target = it.project.path.parent / "Bilder – größer" / name
    words = ("apply", it.project.path, trained / source, target, "--mode", "inference")
    for number in range(2):
        shutil.rmtree(target.parent, ignore_errors=True)
        it.drive.order("set", write_seconds=0.03)
        dies(it, number, Command(*words, as_json=False), when=lambda c: target.parent.exists())
        it.drive.order("set", write_seconds=0.0)
        left = [target] if target.is_file() else list(target.glob("[!.]*"))
        row.wrong += not all(is_whole(path) for path in left if path.stat().st_size)
        row.runs += 1
        assert Command(*words, as_json=False).end() == 0
        made = [target] if target.is_file() else sorted(target.glob("[!.]*"))
        row.files_lost += len(made) != (1 if target.is_file() else 12)
        row.wrong += not all(map(is_whole, made))
        row.files_lost += bool(leftovers(target.parent))
        row.restored += 1
    report(row)


def is_whole(path: Path) -> bool:
    if path.suffix == ".mp4":
        return len(videos.shown(path)) == 100
    return artifacts.read_sample(path) is not None


def test_a_pipe_where_apply_writes_is_refused_and_a_hang_there_is_heard(
    report: Report, it: Machine, trained: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    row = Row("a pipe, then a hang, in the middle of apply's output", runs=1)
    here = trained.parent / "here"
    here.mkdir()
    os.mkfifo(here / "disc-05.png")
    with pytest.raises(OptionError, match=r"disc-05\.png is in the way"):
        apply(it.project, trained / "crops", here, mode="inference")
    assert [path.name for path in here.iterdir()] == ["disc-05.png"]
    monkeypatch.setattr(mounts, "WORD_AFTER_SECONDS", 0.2)
    monkeypatch.setattr(mounts, "PATIENCE_SECONDS", 2.0)
    it.drive.fail("write", "hang", match="*disc-05*")
    with pytest.raises(DriveError, match="has not answered"):
        apply(it.project, trained / "crops", it.project.path / "made", mode="inference")
    it.drive.heal()
    it.die()
    row.restored += len(apply(it.project, trained / "crops", it.project.path / "made")) == 12
    report(row)


def test_a_death_while_a_project_is_repaired_loses_nothing(report: Report, it: Machine) -> None:
    row = Row("the machine or the process dies while verify --repair works")
    project = it.project
    names = (
        "project.json",
        "choices.json",
        "metrics.csv",
        "losses.png",
        "samples/step-00000001.jpg",
    )
    for number in range(4):
        for name in names:
            path = project.path / name
            path.write_bytes(path.read_bytes()[:40])
        it.drive.wait_until_uploaded()
        it.drive.order("set", write_seconds=0.02)
        command = Command("verify", project.path, "--repair")
        dies(it, number, command, when=lambda c: is_json(project.settings_file))
        it.drive.order("set", write_seconds=0.0)
        found = verify(project, repair=True)
        row.runs, row.restored = row.runs + 1, row.restored + (status(project)["step"] == 1)
        row.files_lost += not found["ok"]
        row.safe_lost += status(project)["step"] != 1
        row.wrong += not read_metrics(project)
    report(row)


def is_json(path: Path) -> bool:
    return bool(read_json_if_whole(path))


def test_a_death_while_a_report_is_written_leaves_the_one_before_or_a_whole_one(
    report: Report, it: Machine
) -> None:
    row = Row("the machine or the process dies while a report is written")
    page = it.project.path / "report.html"
    for number in range(2):
        command = Command("report", it.project.path, as_json=False)
        dies(it, number, command, when=lambda c: c.process.is_alive())
        row.runs += 1
        row.wrong += page.exists() and page.stat().st_size > 0 and not ends(page)
        assert Command("report", it.project.path, as_json=False).end() == 0
        row.restored += 1
        row.files_lost += not ends(page)
    report(row)


def ends(page: Path) -> bool:
    return page.read_text().rstrip().endswith("</html>")


def test_a_death_while_a_drill_is_tried_leaves_the_project_alone(
    report: Report, it: Machine
) -> None:
    row = Row("the process dies while a drill is tried")
    before = it.drive.order("state")["files"]
    for _ in range(2):
        command = Command("drill", it.project.path)
        dies(it, 1, command, when=copies_of_a_drill)
        row.runs += 1
        row.restored += status(it.project)["step"] == 1
        row.wrong += it.drive.wait_until_uploaded()["files"] != before
    report(row)


def copies_of_a_drill(command: Command) -> bool:
    folders = Path(tempfile.gettempdir()).glob(f"colab-pix2pix-*-{command.process.pid}-*/run")
    return any(folders)
