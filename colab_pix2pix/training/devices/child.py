"""Programs that may crash, or never answer, in processes of their own."""

from __future__ import annotations

import contextlib
import os
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

_REAP_SECONDS = 1.0


class Ended(NamedTuple):
    """How a program has ended: its status, and what it wrote to its two outputs."""

    status: int
    output: str
    errors: str


def run_bounded(
    command: Sequence[str], *, patience_seconds: float, environment: Mapping[str, str] | None = None
) -> Ended:
    """Returns how a program has ended.

    One that does not end is killed and left behind: in a driver or a mount that hangs, Linux keeps
    it until that is gone, and nobody must wait for it. It runs in the root folder, as the current
    one may lie on such a mount.

    Args:
        command: The program, by its whole path, and its arguments.
        patience_seconds: How long it may take.
        environment: Its environment; None for that of this process.

    Raises:
        TimeoutExpired: it did not end.
        OSError: it can't be run.
    """
    with tempfile.TemporaryFile() as output, tempfile.TemporaryFile() as errors:
        process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=errors,
            cwd="/",
            env=environment,
            start_new_session=True,
        )
        try:
            status = process.wait(patience_seconds)
        except BaseException:  # Ctrl-C as well
            process.kill()
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(_REAP_SECONDS)
            raise
        texts = []
        for stream in (output, errors):
            stream.seek(0)
            texts.append(stream.read().decode(errors="replace"))
    return Ended(status, *texts)


def child_environment(**changes: str) -> dict[str, str]:
    """Returns the environment of a new Python that finds this package, and trains with nobody."""
    package = str(Path(__file__).parents[3])
    path = os.pathsep.join(p for p in (package, os.environ.get("PYTHONPATH", "")) if p)
    environment = {name: value for name, value in os.environ.items() if name != "TF_CONFIG"}
    return environment | {"PYTHONPATH": path} | changes
