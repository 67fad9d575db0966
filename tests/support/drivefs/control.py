"""The control channel: a socket on the daemon's side, `Drive` on the test's side."""

from __future__ import annotations

import contextlib
import ctypes.util
import errno as errors
import json
import os
import shutil
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import Any


def missing() -> str:
    """Returns what this machine lacks to mount anything, or ""."""
    if not sys.platform.startswith("linux"):
        return "FUSE is used on Linux only"
    if not Path("/dev/fuse").exists():
        return "there is no /dev/fuse here"
    if not shutil.which("fusermount3") or not ctypes.util.find_library("fuse3"):
        return "fuse3 is not installed: apt install fuse3"
    return ""


def serve(path: Path, files: Any) -> None:
    """Answers orders, a line of JSON each, until the process ends."""
    path.unlink(missing_ok=True)
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(path))
        listener.listen()
        while True:
            connection, _ = listener.accept()
            with connection, connection.makefile("rw") as stream:
                for line in stream:
                    try:
                        answer = files.command(json.loads(line))
                    except Exception as error:  # the test shall see it, the daemon shall live
                        answer = {"error": repr(error)}
                    stream.write(json.dumps(answer) + "\n")
                    stream.flush()


class Drive:
    """A mounted double. Keep `home` short: a socket's path has at most 107 characters.

    Args:
        home: Where the cloud, the cache and the control socket lie.
        mount_point: Where it is mounted; made when missing.
        options: As `python -m support.drivefs --help` tells: bandwidth, delay, quota, attributes.

    Example:
        >>> drive = Drive(tmp_path, tmp_path / "drive", bandwidth=1e6)  # doctest: +SKIP
        >>> drive.mount()  # doctest: +SKIP
        >>> drive.fail("write", "EIO", match="slot-*", times=1)  # doctest: +SKIP
    """

    def __init__(self, home: Path, mount_point: Path, **options: Any) -> None:
        self.home, self.mount_point, self.options = home, mount_point, options
        self.process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Drive:
        self.mount()
        return self

    def __exit__(self, *error: object) -> None:
        self.unmount()

    @property
    def my_drive(self) -> Path:
        return self.mount_point / "MyDrive"

    def mount(self) -> None:
        self.mount_point.mkdir(parents=True, exist_ok=True)
        flags = [f"--{name}={value}" for name, value in self.options.items()]
        command = [
            sys.executable,
            "-m",
            "support.drivefs",
            str(self.mount_point),
            f"--home={self.home}",
        ]
        self.process = subprocess.Popen(
            [*command, *flags], cwd=Path(__file__).parents[2], stderr=subprocess.PIPE
        )
        deadline = time.monotonic() + 20
        while not self._answers():
            if self.process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"drivefs did not start: {self.process.communicate()[1]!r}")
            time.sleep(0.01)

    def _answers(self) -> bool:
        if not os.path.ismount(self.mount_point) or not self.my_drive.is_dir():
            return False
        with contextlib.suppress(OSError):
            return bool(self.order("state"))
        return False

    def kill(self) -> None:
        """The daemon dies: every call now gives ENOTCONN."""
        if self.process:
            self.process.kill()
            self.process.wait()
            if self.process.stderr:
                self.process.stderr.close()
            self.process = None

    def unmount(self) -> None:
        """Takes the dead or living mount away; what was not uploaded is lost."""
        self.kill()
        for _ in range(100):
            done = subprocess.run(
                ["fusermount3", "-u", "-z", str(self.mount_point)], capture_output=True
            )
            if done.returncode == 0 or not self._is_mounted():
                break
            time.sleep(0.02)
        shutil.rmtree(self.home / "cache", ignore_errors=True)

    def _is_mounted(self) -> bool:
        with contextlib.suppress(OSError):
            return os.path.ismount(self.mount_point)
        return True  # a dead mount answers with an error

    def die_and_remount(self) -> None:
        """The machine dies: daemon killed, cache lost, mounted anew with what the cloud has."""
        self.unmount()
        self.mount()

    def order(self, do: str, **order: Any) -> dict[str, Any]:
        with socket.socket(socket.AF_UNIX) as caller:
            caller.settimeout(20)
            caller.connect(str(self.home / "control"))
            with caller.makefile("rw") as stream:
                stream.write(json.dumps({"do": do, **order}) + "\n")
                stream.flush()
                answer: dict[str, Any] = json.loads(stream.readline())
        if "error" in answer:
            raise RuntimeError(answer["error"])
        return answer

    def fail(self, op: str, error: str, **rule: Any) -> None:
        """From now on calls of `op` fail: "EIO", "ENOSPC", …, or "hang" for ever.

        Args:
            op: getattr, readdir, statfs, getxattr, open, write-open, create, read, write,
                truncate, fsync, close, unlink, rename, mkdir, `change` (all that change
                something) or `*`.
            error: A name of the module `errno`, or "hang".
            rule: `match` (a pattern of file names), `times` (-1: always), `skip` (calls that go
                well before).
        """
        code = 0 if error == "hang" else getattr(errors, error)
        self.order("fail", op=op, errno=code, hang=error == "hang", **rule)

    def heal(self) -> None:
        """Ends all faults; calls that hang return."""
        self.order("heal")

    def wait_until_uploaded(self, seconds: float = 20.0) -> dict[str, Any]:
        """Returns the state of the cloud once nothing is pending."""
        deadline = time.monotonic() + seconds
        while (state := self.order("state"))["pending"]:
            if time.monotonic() > deadline:
                raise TimeoutError(f"still pending: {state['pending']}")
            time.sleep(0.01)
        return state
