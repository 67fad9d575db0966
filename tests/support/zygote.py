"""Fake trainers as processes that start at once: forked off one that has loaded everything.

Loading takes longer than most of them live.
"""

from __future__ import annotations

import atexit
import contextlib
import json
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

from support import CHECKOUT, TESTS

_lock = threading.Lock()
_zygote: subprocess.Popen[str] | None = None


class Process:
    """A fake trainer or session, with the methods of `subprocess.Popen` that tests use.

    Args:
        job: The module of `support` whose `main` it runs.
        arguments: Of the trainer.
        status: A file that will hold its exit status.
        environment: What it has besides.
    """

    def __init__(
        self, job: str, arguments: list[str], status: Path, environment: dict[str, str]
    ) -> None:
        self._status = status
        order = {"job": job, "arguments": arguments, "status": str(status)}
        order |= {"environment": environment}
        with _lock:
            process = _started()
            assert process.stdin and process.stdout
            process.stdin.write(json.dumps(order) + "\n")
            process.stdin.flush()
            self.pid = int(process.stdout.readline())

    def poll(self) -> int | None:
        return int(self._status.read_text()) if self._status.exists() else None

    def wait(self, timeout: float = 60.0) -> int:
        deadline = time.monotonic() + timeout
        while (status := self.poll()) is None:
            if time.monotonic() > deadline:
                raise subprocess.TimeoutExpired("fake trainer", timeout)
            time.sleep(0.005)
        return status

    def send_signal(self, number: int) -> None:
        if self.poll() is None:
            with contextlib.suppress(ProcessLookupError):  # ended, and its status comes just now
                os.kill(self.pid, number)

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)


def _started() -> subprocess.Popen[str]:
    global _zygote
    if _zygote is None:
        path = os.pathsep.join([str(CHECKOUT), str(TESTS), os.environ.get("PYTHONPATH", "")])
        _zygote = subprocess.Popen(
            [sys.executable, "-m", "support.zygote"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env=dict(os.environ, PYTHONPATH=path),
        )
    return _zygote


def serve() -> None:
    """Forks a trainer for each line of stdin, until that ends."""
    from support import fake_session, fake_trainer

    jobs = {"fake_session": fake_session.main, "fake_trainer": fake_trainer.main}
    statuses: dict[int, Path] = {}

    def reap(number: int, frame: object) -> None:
        while statuses:
            try:
                pid, status = os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                return
            if not pid:
                return
            path = statuses.pop(pid)
            new = path.with_suffix(".new")
            new.write_text(str(os.waitstatus_to_exitcode(status)))
            os.replace(new, path)

    signal.signal(signal.SIGCHLD, reap)
    while line := sys.stdin.readline():
        order = json.loads(line)
        signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGCHLD])
        pid = os.fork()
        if not pid:
            _run(jobs[order["job"]], order)
        statuses[pid] = Path(order["status"])
        signal.pthread_sigmask(signal.SIG_UNBLOCK, [signal.SIGCHLD])
        sys.stdout.write(f"{pid}\n")
        sys.stdout.flush()


def _run(main: object, order: dict[str, object]) -> None:
    status = 4
    try:
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, [signal.SIGCHLD])
        os.environ.update(order["environment"])  # type: ignore[call-overload]
        null = os.open(os.devnull, os.O_RDWR)
        os.dup2(null, 0)
        os.dup2(2, 1)
        status = main(order["arguments"])  # type: ignore[operator]
        atexit._run_exitfuncs()
    except BaseException:
        import traceback

        traceback.print_exc()
    finally:
        os._exit(status)


if __name__ == "__main__":
    serve()
