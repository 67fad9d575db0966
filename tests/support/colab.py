"""A Colab machine for tests: a double of google.colab, a person, a Drive that outlives both."""

from __future__ import annotations

import json
import os
import shutil
import signal
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from colab_pix2pix.options import Config
from colab_pix2pix.project import Project
from support import CHECKOUT, TESTS, drivefs
from support.notebooks import Session, standin_python

_STARTUP = """
from pathlib import Path
from colab_pix2pix.storage import colab
colab.MOUNT_POINT = Path({mount_point!r})  # the folder /content is for the real Colab alone
"""


@dataclass
class Colab:
    """What Google and the person have: see fake_colab/README.md.

    Attributes:
        home: A short folder for all of it.
        machines: How many machines there have been.
    """

    home: Path
    machines: int = 0

    @property
    def mount_point(self) -> Path:
        return self.home / "content" / "drive"

    @property
    def drive(self) -> drivefs.Drive:
        """The Drive; a kernel mounts it, this gives it orders."""
        (self.home / "d").mkdir(exist_ok=True)
        return drivefs.Drive(self.home / "d", self.mount_point)

    @property
    def project(self) -> Project:
        return Project(self.mount_point / "MyDrive" / "colab_pix2pix" / "my-first-model")

    @property
    def calls(self) -> list[dict[str, Any]]:
        """What was called in google.colab, in order, output.eval_js left out."""
        file = self.home / "calls.jsonl"
        lines = file.read_text().splitlines() if file.exists() else []
        calls = [json.loads(line) for line in lines]
        return [call for call in calls if call["call"] != "output.eval_js"]

    def person(self, **says: str) -> None:
        """Decides what the person or Google does from now on: consent="refused"; "" for nothing."""
        for name, words in says.items():
            (self.home / name).write_text(words)

    def choose(self, *files: Path) -> None:
        """Decides which files the person chooses in the upload dialogue."""
        chosen = self.home / "chosen"
        shutil.rmtree(chosen, ignore_errors=True)
        chosen.mkdir()
        for file in files:
            shutil.copyfile(file, chosen / file.name)

    def remember(self, *configs: Config) -> None:
        """Stores options on the Drive, as an earlier session would have done."""
        with self.drive as drive:
            self.project.remember(*configs)
            drive.wait_until_uploaded()

    def environment(self) -> dict[str, str]:
        """Returns what a kernel of this Colab gets besides a home."""
        paths = [str(CHECKOUT), str(TESTS / "support" / "fake_colab")]
        return {
            "PYTHONPATH": os.pathsep.join(paths),
            "COLAB_RELEASE_TAG": "release-colab",
            "COLAB_PIX2PIX_HOME": "",
            "FAKE_COLAB": str(self.home),
            "FAKE_COLAB_PYTHON": sys.executable,
        }

    def furnish(self, machine: Path) -> None:
        """Makes the place for the mount, and tells the kernels of a machine where it is."""
        (self.home / "content").mkdir(exist_ok=True)
        startup = machine / "ipython" / "profile_default" / "startup"
        startup.mkdir(parents=True)
        code = _STARTUP.format(mount_point=str(self.mount_point))
        (startup / "00-mount.py").write_text(code)

    def session(self) -> ColabSession:
        """Returns the notebook on a new machine: an empty disk, Drive not mounted."""
        self.machines += 1
        machine = self.home / f"machine-{self.machines}"
        self.furnish(machine)
        return ColabSession(self, machine)

    def die(self) -> None:
        """The machine is taken away; what Drive has not uploaded is lost."""
        with suppress(FileNotFoundError, ProcessLookupError):
            os.kill(int((self.home / "drivefs.pid").read_text()), signal.SIGKILL)
            (self.home / "drivefs.pid").unlink()
        if self.mount_point.parent.exists():
            self.drive.unmount()


class ColabSession(Session):
    """The notebook in the kernel of a Colab machine."""

    def __init__(self, colab: Colab, machine: Path) -> None:
        super().__init__(machine, standin_python())
        self.colab = colab

    def environment(self) -> dict[str, str]:
        return super().environment() | self.colab.environment()

    def cell(self, code: str) -> Any:
        """Returns the cell that has some code."""
        (cell,) = [c for c in self.notebook.cells if code in c.source and c.cell_type == "code"]
        return cell


@contextmanager
def colab() -> Iterator[Colab]:
    """Gives a Colab with an empty Drive; takes it away in the end."""
    it = Colab(Path(tempfile.mkdtemp(prefix="c")))
    try:
        yield it
    finally:
        it.die()
        shutil.rmtree(it.home)
