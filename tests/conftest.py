"""What many tests share: a small dataset, and the command line as a process of its own."""

from __future__ import annotations

import gc
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from colab_pix2pix.dataset.manifest import Dataset
from support import drivefs
from support.discs import discs
from support.fake_trainer import FAST
from support.machines import Report, Row

Command = Callable[..., subprocess.CompletedProcess[str]]

# What tests look for is English, whatever the system of who runs them speaks.
os.environ["LANGUAGE"] = "en"
# TensorFlow makes a million objects; to look for garbage among them costs a fifth more time.
gc.set_threshold(100_000, 20, 20)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Files with slow tests come first, so that no worker begins one when the others are done."""
    slow = {item.path for item in items if item.get_closest_marker("slow")}
    items.sort(key=lambda item: item.path not in slow)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Prints the fault matrix: what was done to a run, how often, and what it has lost."""
    for skipped in terminalreporter.stats.get("skipped", []):
        if isinstance(skipped.longrepr, tuple) and "needs FUSE" in skipped.longrepr[2]:
            terminalreporter.write_line(f"{skipped.nodeid}: {skipped.longrepr[2]}")
    passed = terminalreporter.stats.get("passed", [])
    rows = [value for report in passed for name, value in report.user_properties if name == "fault"]
    if not rows:
        return
    terminalreporter.section("faults")
    columns = "{:58} {:>6} {:>8} {:>10} {:>9} {:>6} {:>6} {:>8} {:>6} {:>9}"
    head = ("fault (lost: what was called safe)", "deaths", "restored", "steps lost", "safe lost")
    head = (*head, "fresh", "wrong", "choices", "files", "cut again")
    for row in [head, *sorted(rows)]:
        terminalreporter.write_line(columns.format(*row))
    terminalreporter.write_line(f"{len(rows)} faults, {sum(row[1] for row in rows)} deaths")


@pytest.fixture
def report(record_property: Callable[[str, object], None]) -> Report:
    """Puts a row into the fault matrix, and demands that nothing safe is lost."""

    def tell(row: Row) -> None:
        record_property("fault", row.cells)
        assert not any(row.faults), row

    return tell


@pytest.fixture(autouse=True)
def own_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """No test reads or writes the home folder or the cache of who runs it."""
    home = tmp_path / "home"
    home.mkdir()
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("XDG_CACHE_HOME", str(home / ".cache"))
    monkeypatch.delenv("COLAB_PIX2PIX_HOME", raising=False)
    return home


@pytest.fixture
def mount(tmp_path_factory: pytest.TempPathFactory) -> Iterator[drivefs.Drive]:
    """A double of Google Drive's mount; needs FUSE, see `drivefs.missing`."""
    home = tmp_path_factory.mktemp("d")
    with drivefs.Drive(home, home / "drive") as mount:
        yield mount


@pytest.fixture
def fast(monkeypatch: pytest.MonkeyPatch) -> None:
    """Savers look at Drive every few milliseconds."""
    monkeypatch.setattr("colab_pix2pix.storage.checkpoints.Timing", lambda: FAST)


@pytest.fixture
def crops(tmp_path: Path) -> Dataset:
    """Twelve 80-pixel pictures of a coloured disc on a gradient; the last two are held out."""
    return discs(tmp_path / "crops")


@pytest.fixture
def command() -> Command:
    """Runs `colab-pix2pix …` as a process of its own."""

    def run(*arguments: object, **options: object) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "colab_pix2pix", *map(str, arguments)],
            capture_output=True,
            text=True,
            env=dict(os.environ, CUDA_VISIBLE_DEVICES="-1"),
            **options,
        )

    return run
