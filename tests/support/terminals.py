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
from pathlib import Path
from typing import Self

import pyte

from support import CHECKOUT

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


class Dialogue:
    """A command in a terminal, and somebody who reads it and types.

    Args:
        words: The arguments of `colab-pix2pix`.
        folder: Where it is called.

    Example:
        with Dialogue(["auto"], tmp_path) as dialogue:
            dialogue.answer("Name of the project", "flowers")
            status, text = dialogue.end()
    """

    def __init__(self, words: Sequence[str], folder: Path) -> None:
        self._ours, theirs = open_terminal(200)
        self._process = subprocess.Popen(
            [sys.executable, "-m", "colab_pix2pix", *words],
            stdin=theirs,
            stdout=theirs,
            stderr=theirs,
            cwd=folder,
            env=environment(PYTHONPATH=str(CHECKOUT), CUDA_VISIBLE_DEVICES="-1"),
        )
        os.close(theirs)
        self._text, self._answered = "", 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        os.close(self._ours)
        self._process.kill()
        self._process.wait()

    def answer(self, question: str, text: str) -> str:
        """Waits for a question, types, and presses Enter; returns what stood before it."""
        while not (found := self._text.find(question, self._answered)) >= 0 or not (
            self._text[found:].endswith("]: ")
        ):
            assert self._read(), f"{question!r} was not asked in {self._text!r}"
        before = self._text[self._answered :]
        self._answered = len(self._text)
        os.write(self._ours, f"{text}\n".encode())
        return before

    def end(self) -> tuple[int, str]:
        """Returns the exit status, and all that was written since the last answer."""
        while self._read():
            pass
        return self._process.wait(), self._text[self._answered :]

    def _read(self) -> bool:
        try:
            data = os.read(self._ours, 65536)
        except OSError:  # what Linux says when the other end is closed
            return False
        self._text += data.decode(errors="replace")
        return bool(data)
