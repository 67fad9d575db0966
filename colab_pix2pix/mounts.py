"""Which mount a path lies on, and whether that answers.

A call into a mount over the network may hang for ever, Ctrl-C unheard. So each job asks first, in a
process of its own that may stay behind (Linux keeps one that hangs until the mount is gone), and
what takes longer runs in a thread that is watched.
"""

from __future__ import annotations

import contextlib
import os
import queue
import re
import signal
import sys
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from .errors import DriveError, OptionError
from .events import Note, OnEvent, ignore
from .languages import N_, _

REMOUNT = N_("Mount Drive again: run the cell `Choose a name` (or google.colab.drive.mount).")
DRIVE = "fuse.drive"
#: After how long without an answer the user is told, and after how long it is given up.
WORD_AFTER_SECONDS = 3.0
PATIENCE_SECONDS = 60.0

_NETWORK = ("fuse.", "nfs", "cifs", "smb")
_MOST_LINKS = 40
_LOOK_SECONDS = 0.05
#: Looks at paths as the jobs do: at what is read first in a folder, too.
_LOOK = """
import os, sys
for path in sys.argv[1:]:
    names = ["."]
    try:
        os.stat(path)
        names += os.listdir(path)
    except OSError:
        pass
    first = {"project.json", "session.json", "manifest.json", "slot-a.npz", "slot-b.npz",
        "dataset.zip"}
    for file in [path, *(os.path.join(path, name) for name in names if name in first)]:
        try:
            with open(file, "rb", buffering=0) as stream:
                stream.read(1)
        except OSError:
            pass
"""

Answer = TypeVar("Answer")
Beat = Callable[[], None]


@dataclass(frozen=True)
class Place:
    """Where a path really lies.

    Attributes:
        path: Absolute, links resolved; on a Google Drive what comes below the mount as it was.
        mount_point: The mount that it lies on.
        kind: Of the file system, as the list of mounts has it; "" where there is no such list.
    """

    path: Path
    mount_point: Path
    kind: str

    @property
    def may_hang(self) -> bool:
        """True for what lies at the other end of a network."""
        return self.kind.startswith(_NETWORK)

    @property
    def name(self) -> str:
        return "Google Drive" if self.kind == DRIVE else f"The mount {self.mount_point}"


def locate(path: Path) -> Place:
    """Returns where a path really lies, by the list of mounts. No Google Drive is touched for it.

    Links and bind mounts are followed, also those that lead to what does not exist (yet).
    """
    mounts = _mounts()
    here, rest = Path("/"), _parts(Path(os.getcwd(), path))
    links = 0
    while rest:
        part = rest.pop()
        here = here.parent if part == ".." else here / part
        if part == ".." or links > _MOST_LINKS or mounts[_mount_point(here, mounts)] == DRIVE:
            continue
        with contextlib.suppress(OSError):  # no link, nothing there, or nobody may know
            target = Path(os.readlink(here))
            here, links = here.parent if not target.is_absolute() else Path("/"), links + 1
            rest += _parts(target)
    mount_point = _mount_point(here, mounts)
    return Place(here, mount_point, mounts[mount_point])


def require_answer(*paths: Path, on_event: OnEvent = ignore) -> None:
    """Makes sure that the mounts of some paths answer, before a job touches them itself.

    Ctrl-C is heard meanwhile. Paths on this machine's own disk cost nothing.

    Args:
        paths: Files and folders; they need not exist.
        on_event: Told after a few seconds that nothing answers.

    Raises:
        DriveError: nothing has answered for a minute.
    """
    places = [place for place in map(locate, paths) if place.may_hang]
    if not places:
        return
    nothing = [(os.POSIX_SPAWN_OPEN, number, os.devnull, os.O_RDWR, 0) for number in range(3)]
    command = [sys.executable, "-I", "-S", "-c", _LOOK, *(str(place.path) for place in places)]
    process = os.posix_spawn(sys.executable, command, os.environ, file_actions=nothing)
    ended, watch = False, _Watch(places, on_event)
    try:
        while not (ended := os.waitpid(process, os.WNOHANG)[0] != 0):
            watch.look()
            time.sleep(_LOOK_SECONDS / 10)
    finally:
        if not ended:
            os.kill(process, signal.SIGKILL)


def ask(path: Path, call: Callable[[Beat], Answer], *, on_event: OnEvent = ignore) -> Answer:
    """Returns what a call gives that touches the mount of a path, watched where that may hang.

    Args:
        path: What the call touches.
        call: Is given a function to call now and then, as long as it comes forward.
        on_event: Told after a few seconds that nothing answers.

    Raises:
        DriveError: nothing has come forward for a minute; the call is left alone.
    """
    place = locate(path)
    if not place.may_hang:
        return call(lambda: None)
    watch = _Watch([place], on_event)
    answers: queue.SimpleQueue[tuple[Answer] | BaseException] = queue.SimpleQueue()

    def work() -> None:
        try:
            answers.put((call(watch.beat),))
        except BaseException as error:  # raised again by who waits
            answers.put(error)

    threading.Thread(target=work, name="mount", daemon=True).start()
    while True:
        try:
            answer = answers.get(timeout=_LOOK_SECONDS)
            break
        except queue.Empty:
            watch.look()
    if isinstance(answer, BaseException):
        raise answer
    return answer[0]


def each(calls: Sequence[Callable[[], Answer]]) -> list[Answer]:
    """Returns what some calls give, made side by side, in threads that no end of a process awaits.

    What a call raises is raised here, the first one's first.
    """
    answers: list[tuple[Answer] | BaseException | None] = [None] * len(calls)

    def work(index: int) -> None:
        try:
            answers[index] = (calls[index](),)
        except BaseException as error:  # raised again below
            answers[index] = error

    threads = [threading.Thread(target=work, args=(i,), daemon=True) for i in range(len(calls))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    results = []
    for answer in answers:
        if isinstance(answer, BaseException):
            raise answer
        assert answer is not None
        results.append(answer[0])
    return results


class _Watch:
    """Tells that nothing comes forward, and gives up in the end."""

    def __init__(self, places: Sequence[Place], on_event: OnEvent) -> None:
        self._names = " or ".join(dict.fromkeys(place.name for place in places))
        self._drive = any(place.kind == DRIVE for place in places)
        self._on_event, self._told = on_event, False
        self._last_sign = time.monotonic()

    def beat(self) -> None:
        self._last_sign = time.monotonic()

    def look(self) -> None:
        silent_seconds = time.monotonic() - self._last_sign
        if silent_seconds > PATIENCE_SECONDS:
            raise DriveError(
                _("{name} has not answered for {n} s.", name=self._names, n=round(silent_seconds)),
                why=_("A mount over a network that is disturbed may hang for ever."),
                fix=_(REMOUNT) if self._drive else _("Look at the connection, and mount it again."),
            )
        if silent_seconds > WORD_AFTER_SECONDS and not self._told:
            self._told = True
            message = f"{self._names} does not answer; waiting, Ctrl-C gives up."
            self._on_event(Note(message=message, level="warning"))


def _parts(path: Path) -> list[str]:
    """Returns the names in a path without its root, the last one first."""
    return [part for part in reversed(path.parts) if part != path.root]


def _mount_point(path: Path, mounts: dict[Path, str]) -> Path:
    return next(folder for folder in (path, *path.parents) if folder in mounts)


def _mounts() -> dict[Path, str]:
    """Returns the kind of file system at each mount point; what was mounted last counts."""
    try:
        lines = (
            Path("/proc/mounts").read_text(encoding="utf-8", errors="surrogateescape").split("\n")
        )
    except FileNotFoundError:  # macOS has no such list, and no Colab
        lines = []
    found = {Path("/"): ""}
    for _device, mount_point, kind, *_rest in (line.split(" ") for line in lines if line):
        found[Path(_unescaped(mount_point))] = kind
    return found


def _unescaped(where: str) -> str:
    """Undoes the octal escapes of /proc/mounts (a blank stands there as \\040)."""
    return re.sub(r"\\([0-7]{3})", lambda found: chr(int(found[1], 8)), where)


def require_apart(
    output: Path, *inputs: Path, besides: Path | None = None, may_contain: bool = False
) -> None:
    """Refuses an output that is one of the inputs, contains one or lies in one, by whatever links.

    Args:
        output: The file or folder to write; it need not exist.
        inputs: Files and folders that are read.
        besides: A folder in an input that may be written to.
        may_contain: True lets the output be a folder that contains an input.

    Raises:
        OptionError: it is.
    """
    for source in inputs:
        if _lies_in(output, source) and not (besides and _lies_in(output, besides)):
            words = N_("Received {output} for the output, which lies in the input {source}.")
            if _lies_in(source, output):
                words = N_("Received {output} for the output, which is the input {source}.")
        elif _lies_in(source, output) and not may_contain:
            words = N_("Received {output} for the output, which contains the input {source}.")
        else:
            continue
        raise OptionError(
            _(words, output=repr(str(output)), source=source),
            why=_("Expected another place: what is read is never written over."),
            fix=_("Choose a name or a folder outside of it."),
        )


def _lies_in(path: Path, folder: Path) -> bool:
    """Returns whether a path is another one or lies below it; mounts and links don't hide that."""
    # Not `resolve`, which some Pythons let fail where links lead in a circle.
    path, folder = Path(os.path.realpath(path)), Path(os.path.realpath(folder))
    if path.is_relative_to(folder):
        return True
    if not folder.exists():
        return False
    return any(os.path.samefile(p, folder) for p in (path, *path.parents) if p.exists())
