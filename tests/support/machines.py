"""A Colab machine to break: a mounted Drive, a disk that dies with it, a trainer on top."""

from __future__ import annotations

import json
import re
import shutil
import signal
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from colab_pix2pix.project import Project
from support import zygote
from support.drivefs import Drive


class Trainer:
    """A fake trainer or session as a process of its own, and what it has told."""

    def __init__(
        self, project: Path, log: Path, disk: Path, *, job: str = "fake_trainer", **flags: Any
    ) -> None:
        options = [f"--{name.replace('_', '-')}={value}" for name, value in flags.items()]
        log.touch()
        self.log = log
        arguments = [str(project), str(log), *options]
        status, environment = log.with_suffix(".status"), {"XDG_CACHE_HOME": str(disk)}
        self.process = zygote.Process(job, arguments, status, environment)

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
    def decided(self) -> int:
        """The last decision about crops that was safe."""
        return max((event["number"] for event in self.told("Decided")), default=0)

    @property
    def exported(self) -> int:
        """The last export that was called safe."""
        return max((event["version"] for event in self.told("Exported")), default=0)

    @property
    def safe_crops(self) -> bool:
        """Were the crops ever called safe?"""
        return any("crops" in event["safe_files"] for event in self.told("Safety"))

    @property
    def safe_samples(self) -> int:
        """The most samples that were ever called safe."""
        found = (re.search(r"(\d+) sample", event["safe_files"]) for event in self.told("Safety"))
        return max((int(number[1]) for number in found if number), default=0)

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
        name: Of the project's folder.
        linked: The project is reached through a link.
    """

    home: Path
    drive: Drive
    trainers: list[Trainer] = field(default_factory=list)
    plain: bool = False
    name: str = "run"
    linked: bool = False

    @property
    def project(self) -> Project:
        root = self.home if self.plain else self.drive.my_drive
        if not self.linked:
            return Project(root / self.name)
        link = self.home / "a link – größer"
        if not link.is_symlink():
            link.symlink_to(root)
        return Project(link / self.name)

    @property
    def disk(self) -> Path:
        return self.home / "disk"

    def train(self, *, disk: str = "disk", **flags: Any) -> Trainer:
        """Starts a trainer; with another disk it is as if on another machine.

        Args:
            disk: The machine's own disk, below `home`.
            flags: Those of `fake_trainer`; or of `fake_session` with `job="fake_session"`.
        """
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


#: A name that needs care, and a plain one.
ODD, PLAIN = "Blümchen im Wind 🌼", "run"


@contextmanager
def machine(*, name: str = PLAIN, linked: bool = False, **options: Any) -> Iterator[Machine]:
    """Gives a machine with an empty Drive; takes it away in the end."""
    home = Path(tempfile.mkdtemp(prefix="m"))
    it = Machine(home, Drive(home, home / "drive", **options), name=name, linked=linked)
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
    choices_lost: int = 0
    files_lost: int = 0
    cut_again: int = 0
    #: The archive may be torn for good: crops are then cut again, with the choices as they were.
    may_cut_again: bool = False

    def count(self, before: Known, start: dict[str, Any]) -> None:
        """Compares what a trainer starts from with what those before it have called safe."""
        step = int(start["step"])
        self.runs += 1
        self.restored += not start["fresh"]
        self.steps_lost += max(0, before.last_step - step)
        self.safe_lost += step < before.safe_step
        self.fresh += bool(start["fresh"]) and before.safe_step > 0
        self.choices_lost += start["decided"] < before.decided
        self.cut_again += before.crops and start["crops"] == "cut again"
        self.files_lost += len(start["samples"]) < before.samples
        self.files_lost += start["exported"] < before.exported

    @property
    def faults(self) -> tuple[int, ...]:
        """What must all be 0."""
        cut_again = 0 if self.may_cut_again else self.cut_again
        found = self.safe_lost, self.fresh, self.wrong, self.choices_lost, self.files_lost
        return *found, cut_again

    @property
    def cells(self) -> tuple[object, ...]:
        lost = f"{self.steps_lost / max(1, self.runs):.0f} a run"
        kept = self.fault, self.runs, self.restored, lost
        return *kept, *self.faults[:-1], self.cut_again


@dataclass
class Known:
    """What the user was told before a death."""

    last_step: int = 0
    safe_step: int = 0
    decided: int = 0
    samples: int = 0
    exported: int = 0
    crops: bool = False

    def hear(self, trainer: Trainer) -> Known:
        """Adds what a trainer has told; call it before the death, for nothing counts after it."""
        self.last_step = trainer.last_step
        self.safe_step = max(self.safe_step, trainer.safe_step)
        self.decided = max(self.decided, trainer.decided)
        self.samples = max(self.samples, trainer.safe_samples)
        self.exported = max(self.exported, trainer.exported)
        self.crops = self.crops or trainer.safe_crops
        return self


Report = Callable[[Row], None]
