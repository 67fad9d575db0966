"""A Colab machine to break: a mounted Drive, a disk that dies with it, a trainer on top."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from colab_pix2pix.project import Project
from support import CHECKOUT, TESTS
from support.drivefs import Drive


class Trainer:
    """A fake trainer as a process of its own, and what it has told."""

    def __init__(self, project: Path, log: Path, disk: Path, **flags: Any) -> None:
        options = [f"--{name.replace('_', '-')}={value}" for name, value in flags.items()]
        command = [sys.executable, "-m", "support.fake_trainer", str(project), str(log), *options]
        path = os.pathsep.join([str(CHECKOUT), str(TESTS), os.environ.get("PYTHONPATH", "")])
        environment = dict(os.environ, XDG_CACHE_HOME=str(disk), PYTHONPATH=path)
        log.touch()
        self.log = log
        self.process = subprocess.Popen(command, env=environment)

    def told(self, kind: str = "") -> list[dict[str, Any]]:
        """Returns the events so far; a line that the kill has cut does not count."""
        lines = self.log.read_text().split("\n")[:-1]
        events = [json.loads(line) for line in lines]
        return [event for event in events if not kind or event["event"] == kind]

    def wait_for(
        self, kind: str, fits: Callable[[dict[str, Any]], bool] = lambda event: True
    ) -> dict[str, Any]:
        deadline = time.monotonic() + 20
        while time.monotonic() < deadline:
            if found := [event for event in self.told(kind) if fits(event)]:
                return found[0]
            if self.process.poll() is not None:
                if found := [event for event in self.told(kind) if fits(event)]:
                    return found[0]
                break
            time.sleep(0.005)
        raise AssertionError(f"no {kind}; the trainer told {self.told()[-5:]}")

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()

    def interrupt(self) -> dict[str, Any]:
        """Presses the stop button; returns how it ended."""
        self.process.send_signal(signal.SIGINT)
        assert self.process.wait(30) == 0, self.told()[-5:]
        return self.told("End")[-1]

    def ends_with(self, status: int) -> list[dict[str, Any]]:
        assert self.process.wait(30) == status, self.told()[-5:]
        return self.told()

    @property
    def safe_step(self) -> int:
        """The newest step that was ever called safe or saved."""
        return max((event["safe_step"] or 0 for event in self.told("Safety")), default=0)

    @property
    def last_step(self) -> int:
        return max((event["step"] for event in self.told("Saved")), default=0)

    @property
    def warnings(self) -> str:
        notes = [event for event in self.told("Note") if event["level"] == "warning"]
        return "\n".join(event["message"] for event in notes)


@dataclass
class Machine:
    """A Drive, a disk, and the trainers that were started on them.

    Attributes:
        home: A short folder for all of it.
        drive: The mounted double.
        trainers: All trainers so far.
        plain: The project lies on a disk of its own that outlives the machine, not on Drive.
    """

    home: Path
    drive: Drive
    trainers: list[Trainer] = field(default_factory=list)
    plain: bool = False

    @property
    def project(self) -> Project:
        return Project((self.home if self.plain else self.drive.my_drive) / "run")

    @property
    def disk(self) -> Path:
        return self.home / "disk"

    def train(self, *, disk: str = "disk", **flags: Any) -> Trainer:
        """Starts a trainer; with another disk it is as if on another machine."""
        log = self.home / f"log-{len(self.trainers)}.jsonl"
        trainer = Trainer(self.project.path, log, self.home / disk, **flags)
        self.trainers.append(trainer)
        return trainer

    def die(self) -> None:
        """Everything on the machine ends at once; a new one mounts what the cloud has."""
        self.stop()
        shutil.rmtree(self.disk, ignore_errors=True)
        self.drive.mount()

    def stop(self) -> None:
        """Kills all at once: Linux keeps a process that waits for a mount until that is gone."""
        for trainer in self.trainers:
            if trainer.process.poll() is None:
                trainer.process.kill()
        self.drive.unmount()
        for trainer in self.trainers:
            trainer.process.wait()


@contextmanager
def machine(**options: Any) -> Iterator[Machine]:
    """Gives a machine with an empty Drive; takes it away in the end."""
    home = Path(tempfile.mkdtemp(prefix="m"))
    it = Machine(home, Drive(home, home / "drive", **options))
    it.drive.mount()
    try:
        yield it
    finally:
        it.stop()
        shutil.rmtree(home, ignore_errors=True)


@dataclass
class Row:
    """A line of the table: what a fault has done to the runs that it has hit."""

    fault: str
    runs: int = 0
    restored: int = 0
    steps_lost: int = 0
    safe_lost: int = 0
    fresh: int = 0
    wrong: int = 0

    def count(self, before: Trainer, start: dict[str, object], known_safe: int) -> None:
        """Compares what a trainer starts from with what the one before it has called safe."""
        step = int(str(start["step"]))
        self.runs += 1
        self.restored += not start["fresh"]
        self.steps_lost += max(0, before.last_step - step)
        self.safe_lost += step < known_safe
        self.fresh += bool(start["fresh"]) and known_safe > 0

    @property
    def cells(self) -> tuple[object, ...]:
        lost = f"{self.steps_lost / max(1, self.runs):.0f} a run"
        return self.fault, self.runs, self.restored, lost, self.safe_lost, self.fresh, self.wrong


Report = Callable[[Row], None]
