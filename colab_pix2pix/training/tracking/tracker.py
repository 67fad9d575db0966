"""A listener that passes metrics and samples on to a process that speaks with wandb and its like.

A thread feeds it from a bounded queue: training waits for no library, no network and no question.
"""

from __future__ import annotations

import contextlib
import json
import os
import queue
import signal
import subprocess
import sys
from importlib.util import find_spec
from threading import Thread
from typing import IO, Any

from ...errors import OptionError
from ...events import Event, Metrics, Note, OnEvent, Sample, from_json, to_json
from ...files import cache_dir
from ...storage import colab
from ..devices.child import child_environment
from .tracking_child import SECRETS

_QUEUED = 1000


def require_library(library: str) -> None:
    """Raises OptionError where the option `track` names a library that is not installed."""
    if library != "off" and find_spec(library) is None:
        raise OptionError(
            f"track: received {library!r}.",
            why=f"The package {library} is not installed.",
            fix=f"pip install 'colab_pix2pix[{library}]', or choose off.",
        )


class Tracker:
    """A listener for a `with` block, whose end waits `patience_seconds` for what is on its way.

    Args:
        library: "wandb", "trackio" or "mlflow".
        about: The `id` and the `name` of the run, and its `config`; all of it JSON-ready.
        tell: Told notes, by the thread that calls this listener.
        patience_seconds: See above.
    """

    def __init__(
        self, library: str, about: dict[str, Any], tell: OnEvent, *, patience_seconds: float = 20.0
    ) -> None:
        self._library, self._tell, self._patience_seconds = library, tell, patience_seconds
        folder = cache_dir() / "tracked"
        folder.mkdir(parents=True, exist_ok=True)
        self._lines: queue.Queue[str] = queue.Queue()
        self._lines.put(json.dumps(about | {"folder": str(folder)}))
        self._notes: queue.SimpleQueue[Event] = queue.SimpleQueue()
        self._left_out = 0
        secrets = {name: colab.secret(name) for name in SECRETS[library] if name not in os.environ}
        self._process = subprocess.Popen(
            [sys.executable, "-m", f"{__package__}.tracking_child", library],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            env=child_environment(**{name: value for name, value in secrets.items() if value}),
            start_new_session=True,
        )
        self._hearing = Thread(target=self._hear, args=[self._process.stdout], daemon=True)
        self._hearing.start()
        Thread(target=self._send, args=[self._process.stdin], daemon=True).start()

    def __enter__(self) -> Tracker:
        return self

    def __call__(self, event: Event) -> None:
        if isinstance(event, Metrics | Sample):
            if self._lines.qsize() < _QUEUED:
                self._lines.put(to_json(event))
            else:
                self._left_out += 1
        self._pass_on_notes()

    def __exit__(self, *failure: object) -> None:
        self._lines.put("")
        self._hearing.join(1.0 if any(failure) else self._patience_seconds)
        if self._hearing.is_alive():
            os.killpg(self._process.pid, signal.SIGKILL)  # and what it has started
            self._hearing.join(1.0)
        self._pass_on_notes()

    def _pass_on_notes(self) -> None:
        while not self._notes.empty():
            self._tell(self._notes.get())

    def _send(self, pipe: IO[bytes]) -> None:
        with contextlib.suppress(BrokenPipeError), pipe:  # `_hear` says why
            for line in iter(self._lines.get, ""):
                pipe.write(f"{line}\n".encode())
                pipe.flush()

    def _hear(self, pipe: IO[bytes]) -> None:
        said = ""
        with pipe:
            for line in (line.decode(errors="replace") for line in pipe):
                if line.startswith('{"event": "Note"'):
                    self._notes.put(from_json(line))
                else:  # what a library prints
                    said = line.strip() or said
        status = self._process.wait()
        if status or self._left_out:
            why = "it does not answer" if status < 0 else said if status else "it is too slow"
            message = f"{self._library} has not got all of it ({why}); metrics.csv has."
            self._notes.put(Note(message=message, level="warning"))
