"""Runs the ffmpeg program that imageio-ffmpeg brings along, and writes its expressions."""

from __future__ import annotations

import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import IO

import imageio_ffmpeg

from .errors import VideoError

_LONGEST_ARGUMENT = 100_000  # Linux takes 128 KiB for one argument


@contextmanager
def running(
    arguments: list[str],
    *,
    what: str,
    words: IO[bytes] | None = None,
    feed: IO[bytes] | None = None,
) -> Iterator[subprocess.Popen[bytes]]:
    """Starts ffmpeg with pipes to its input and output; ends it with the block, come what may.

    Args:
        arguments: What follows `ffmpeg` on its command line. No shell ever sees it.
        what: What is being done, for the error message: "cutting crops".
        words: An open file for all that ffmpeg says, for a caller who reads more in it than errors
            (and sets `-loglevel` accordingly); a temporary one where None.
        feed: The output of another process, to be this one's input; a new pipe where None.

    Raises:
        VideoError: ffmpeg failed; the message ends in its own last words.
    """
    command = [imageio_ffmpeg.get_ffmpeg_exe(), "-hide_banner", "-nostdin", "-loglevel", "error"]
    with tempfile.TemporaryFile() if words is None else nullcontext(words) as said:
        # A session of its own: the notebook's interrupt must reach us, not ffmpeg.
        process = subprocess.Popen(
            [*command, *arguments],
            stdin=subprocess.PIPE if feed is None else feed,
            stdout=subprocess.PIPE,
            stderr=said,
            start_new_session=True,
        )
        if feed is not None:
            feed.close()  # were it open here too, the feeder would never learn that ffmpeg ended
        try:
            yield process
            _close_input(process)
            status = process.wait()
        except BrokenPipeError:
            status = process.wait() or 1
        finally:
            if process.poll() is None:
                process.kill()
                process.wait()
            for pipe in (process.stdin, process.stdout):
                if pipe is not None and not pipe.closed:
                    pipe.close()
        if status:
            said.seek(0)
            raise VideoError(f"ffmpeg failed while {what}: {_tail(said.read())}")


def run(arguments: list[str], *, what: str) -> bytes:
    """Runs ffmpeg to its end and returns what it wrote to its output.

    Raises:
        VideoError: ffmpeg failed; the message ends in its own last words.
    """
    with running(arguments, what=what) as process:
        assert process.stdout is not None
        return process.stdout.read()


def outside(variable: str, spans: Sequence[tuple[float, float]]) -> str:
    """Returns an expression that is 0 while a variable lies within one of some spans, else 1.

    A balanced tree: ffmpeg evaluates it for each packet or picture, and a sum of a thousand
    comparisons would cost more than the decoding.

    Args:
        variable: Such as "n", or "dts*tb".
        spans: First and last value of each, sorted, without overlaps.
    """

    def tree(low: int, high: int) -> str:
        if high - low == 1:
            first, last = spans[low]
            return f"not(between({variable},{first:.12g},{last:.12g}))"
        middle = (low + high) // 2
        border = f"{spans[middle][0]:.12g}"
        return f"if(lt({variable},{border}),{tree(low, middle)},{tree(middle, high)})"

    return tree(0, len(spans)) if spans else "1"


def long_option(option: str, value: str, folder: Path) -> list[str]:
    """Returns an option with its value, by way of a file when it is too long for an argument."""
    if len(value) < _LONGEST_ARGUMENT:
        return [option, value]
    path = folder / f"{option.strip('-').replace(':', '-')}.txt"
    path.write_text(value, encoding="ascii")
    return [f"-/{option[1:]}", str(path)]


def _close_input(process: subprocess.Popen[bytes]) -> None:
    if process.stdin is not None and not process.stdin.closed:
        process.stdin.close()


def _tail(words: bytes) -> str:
    lines = words.decode(errors="replace").strip().splitlines()
    return " / ".join(lines[-3:]) or "it gave no reason"
