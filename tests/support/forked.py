"""The command line as a process that starts at once: forked off one that has TensorFlow loaded.

Loading TensorFlow takes six seconds, and a test of many kills starts many processes. The process
that they are forked from has run no operation of it, so it has no threads and no device.
"""

from __future__ import annotations

import multiprocessing
import os
import sys
from collections.abc import Iterator
from multiprocessing.connection import Connection
from typing import TextIO

from colab_pix2pix import events
from colab_pix2pix.cli import main
from colab_pix2pix.events import Event

# A Mac's system libraries do not bear a fork: there each process loads everything itself.
_CONTEXT = multiprocessing.get_context("forkserver" if sys.platform == "linux" else "spawn")
_LOADED = [
    "matplotlib.figure",
    "colab_pix2pix.workflows.pipeline",
    "colab_pix2pix.training.time_budget",
    "colab_pix2pix.training.evaluation",
    "colab_pix2pix.model.pix2pix",
    "colab_pix2pix.training.trainer",
    "colab_pix2pix.model.distributed",
    "colab_pix2pix.training.tensorboard",
    "colab_pix2pix.training.fit",
]


class Command:
    """`colab-pix2pix ARGUMENTS --json` in a process of its own, which can be killed.

    Args:
        arguments: Those of the command line.
        as_json: False leaves `--json` out.
    """

    def __init__(self, *arguments: object, as_json: bool = True) -> None:
        _CONTEXT.set_forkserver_preload(_LOADED)
        reader, writer = _CONTEXT.Pipe(duplex=False)
        home = {name: os.environ[name] for name in ("HOME", "XDG_CACHE_HOME")}
        words = [*map(str, arguments), *(["--json"] if as_json else [])]
        self.process = _CONTEXT.Process(target=_run, args=(words, writer, home))
        self.process.start()
        writer.close()
        self._output: TextIO = os.fdopen(os.dup(reader.fileno()), encoding="utf-8")
        reader.close()

    def events(self) -> Iterator[Event]:
        """Gives what the process says, until it ends."""
        for line in self._output:
            if line.endswith("\n"):  # a kill may cut the last one
                yield events.from_json(line)

    def end(self, timeout: float = 120) -> int:
        """Waits for the end; returns the exit status, negative the number of a signal."""
        for _ in self._output:
            pass
        self._output.close()
        self.process.join(timeout)
        assert self.process.exitcode is not None
        return self.process.exitcode

    def kill(self) -> int:
        """Kills the process as a vanishing machine does; returns its exit status."""
        self.process.kill()
        return self.end()


def _run(arguments: list[str], output: Connection, home: dict[str, str]) -> None:
    os.environ.update(home)
    os.dup2(output.fileno(), 1)
    output.close()
    sys.stdout = os.fdopen(1, "w", encoding="utf-8", closefd=False)  # the parent had another
    sys.exit(main.main(arguments))
