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
from ...events import Event, Metrics, Note, OnEvent, Sample, fan_out, from_json, to_json
from ...filenames import public_text
from ...files import cache_dir
from ...languages import _
from ...storage import colab, os_errors
from ..devices.child import child_environment
from .tracking_child import SECRETS

_QUEUED = 1000


def require_library(library: str) -> None:
    """Raises OptionError where the option `track` names a library that is not installed."""
    spec = None if library == "off" else find_spec(library)
    if library != "off" and not (spec and spec.origin):  # wandb leaves folders of its own name
        raise OptionError(
            _("{name}: received {value}.", name="track", value=repr(library)),
            why=_("The package {library} is not installed.", library=library),
            fix=_("pip install 'colab_pix2pix[{library}]', or choose off.", library=library),
        )


def tracked(
    library: str, about: dict[str, Any], on_event: OnEvent, stack: contextlib.ExitStack
) -> OnEvent:
    """Returns a listener that tells `on_event`, and a `Tracker` where it can be started.

    Where it can't, `on_event` is told why; no training ends for that.

    Args:
        library: What the option `track` says.
        about: See `Tracker`.
        on_event: Told all, and notes on the tracking.
        stack: Its end is the end of the tracking.
    """
    if library == "off":
        return on_event
    try:
        return fan_out(on_event, stack.enter_context(Tracker(library, about, on_event)))
    except OSError as error:
        why = f"{error.filename or sys.executable}: {os_errors.describe(error)}"
        message = f"Nothing goes to {library} ({why}); metrics.csv has it."
        on_event(Note(message=message, level="warning"))
        return on_event


class Tracker:
    """A listener for a `with` block, whose end waits `patience_seconds` for what is on its way.

    Args:
        library: "wandb", "trackio" or "mlflow".
        about: The `id` and the `name` of the run, and its `config`; all of it JSON-ready.
        tell: Told notes, by the thread that calls this listener.
        patience_seconds: See above; also how long the library outlives this process.

    Raises:
        OSError: there is no room for its files, or for one more process.
    """

    def __init__(
        self, library: str, about: dict[str, Any], tell: OnEvent, *, patience_seconds: float = 20.0
    ) -> None:
        self._library, self._tell, self._patience_seconds = library, tell, patience_seconds
        folder = cache_dir() / "tracked"
        folder.mkdir(parents=True, exist_ok=True)
        about = about | {"folder": str(folder)}
        self._events: queue.Queue[Event | None] = queue.Queue()
        self._notes: queue.SimpleQueue[Event] = queue.SimpleQueue()
        self._left_out = 0
        secrets = colab.secrets([n for n in SECRETS[library] if n not in os.environ], tell)
        program = f"{__package__}.tracking_child"
        self._process = subprocess.Popen(
            [sys.executable, "-m", program, library, str(os.getpid()), str(patience_seconds)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            encoding="utf-8",
            errors="replace",
            env=child_environment(**secrets),
            start_new_session=True,
        )
        self._hearing = Thread(target=self._hear, args=[self._process.stdout], daemon=True)
        self._hearing.start()
        Thread(target=self._send, args=[self._process.stdin, about], daemon=True).start()

    def __enter__(self) -> Tracker:
        return self

    def __call__(self, event: Event) -> None:
        if isinstance(event, Metrics | Sample):
            if self._events.qsize() < _QUEUED:
                self._events.put(event)
            else:
                self._left_out += 1
        self._pass_on_notes()

    def __exit__(self, *failure: object) -> None:
        self._events.put(None)
        try:
            self._hearing.join(1.0 if any(failure) else self._patience_seconds)
        finally:  # Ctrl-C as well
            if self._hearing.is_alive():
                with contextlib.suppress(ProcessLookupError):  # it has just ended
                    os.killpg(self._process.pid, signal.SIGKILL)  # and what it has started
                self._hearing.join(1.0)
            self._pass_on_notes()

    def _pass_on_notes(self) -> None:
        while not self._notes.empty():
            self._tell(self._notes.get())

    def _send(self, pipe: IO[str], about: dict[str, Any]) -> None:
        with contextlib.suppress(BrokenPipeError), pipe:  # `_hear` says why
            print(json.dumps(about), file=pipe, flush=True)
            while event := self._events.get():
                print(to_json(event), file=pipe, flush=True)

    def _hear(self, pipe: IO[str]) -> None:
        said = ""
        with pipe:
            for line in map(public_text, pipe):  # the address of a server may hold a password
                if line.startswith('{"event": "Note"'):
                    self._notes.put(from_json(line))
                else:  # what a library prints
                    said = line.strip() or said
        status = self._process.wait()
        if status or self._left_out:
            why = "it does not answer" if status < 0 else said if status else "it is too slow"
            message = f"{self._library} has not got all of it ({why}); metrics.csv has."
            self._notes.put(Note(message=message, level="warning"))
