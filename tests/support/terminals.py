"""A real terminal: what Python code leaves on its screen."""

from __future__ import annotations

import fcntl
import os
import pty
import struct
import subprocess
import sys
import termios
from collections.abc import Sequence

import pyte

ROWS = 30


def open_terminal(columns: int) -> tuple[int, int]:
    """Returns both ends of a new terminal: ours, and that of the program in it."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", ROWS, columns, 0, 0))
    return ours, theirs


def environment(**more: str) -> dict[str, str]:
    """Returns the environment of a program in such a terminal."""
    clean = {k: v for k, v in os.environ.items() if k not in ("COLUMNS", "LINES", "NO_COLOR")}
    return clean | {"TERM": "xterm-256color"} | more


def screen_after(code: str, columns: int, words: Sequence[str] = (), **more: str) -> list[str]:
    """Returns the rows that a terminal shows, in all of its history, once `code` has run in it.

    Args:
        code: A Python program.
        columns: The width of the terminal.
        words: The arguments of the program.
        more: What its environment has besides.
    """
    ours, theirs = open_terminal(columns)
    process = subprocess.Popen(
        [sys.executable, "-c", code, *words],
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        env=environment(**more),
    )
    os.close(theirs)
    screen = pyte.HistoryScreen(columns, ROWS, history=10_000, ratio=1)
    stream = pyte.ByteStream(screen)
    try:
        while data := os.read(ours, 65536):
            stream.feed(data)
    except OSError:  # what Linux says when the other end is closed
        pass
    assert process.wait() == 0, screen.display
    os.close(ours)
    assert not screen.history.top, "lines have scrolled away: something wraps"
    assert not screen.cursor.hidden
    return [row.rstrip() for row in screen.display if row.strip()]
