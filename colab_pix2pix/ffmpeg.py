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
    log: IO[bytes] | None = None,
    stdin: IO[bytes] | None = None,
) -> Iterator[subprocess.Popen[bytes]]:
    """Starts ffmpeg with pipes to its input and output; ends it with the block, come what may.

    Args:
        arguments: What follows `ffmpeg` on its command line. No shell ever sees it.
        what: What is being done, for the error message: "cutting crops".
        log: An open file for ffmpeg's log, for a caller who reads more in it than errors (and sets
            `-loglevel` accordingly); a temporary one where None.
        stdin: The output of another process, to be this one's input; a new pipe where None.

    Raises:
        VideoError: ffmpeg failed; the message ends in the last lines of its log.
    """
    with tempfile.TemporaryFile() if log is None else nullcontext(log) as log_file:
        process = _start(arguments, log_file, stdin)
        try:
            yield process
            _close(process.stdin)
            status = process.wait()
        except BrokenPipeError:
            status = process.wait() or 1
        finally:
            if process.poll() is None:
                process.kill()
                process.wait()
            _close(process.stdin)
            _close(process.stdout)
        if status:
            log_file.seek(0)
            raise VideoError(f"ffmpeg failed while {what}: {_tail(log_file.read())}")


def run(arguments: list[str], *, what: str) -> bytes:
    """Runs ffmpeg to its end and returns what it wrote to its output.

    Raises:
        VideoError: ffmpeg failed; the message ends in the last lines of its log.
    """
    with running(arguments, what=what) as process:
        assert process.stdout is not None
        return process.stdout.read()


def outside(variable: str, spans: Sequence[tuple[float, float]]) -> str:
    """Returns an expression that is 0 while a variable lies within one of some spans, else 1.

    A balanced tree: ffmpeg evaluates it for each packet or frame, and a sum of a thousand
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


def _start(
    arguments: list[str], log: IO[bytes], stdin: IO[bytes] | None
) -> subprocess.Popen[bytes]:
    command = [imageio_ffmpeg.get_ffmpeg_exe(), "-hide_banner", "-nostdin", "-loglevel", "error"]
    # A session of its own: the notebook's interrupt must reach us, not ffmpeg.
    process = subprocess.Popen(
        [*command, *arguments],
        stdin=subprocess.PIPE if stdin is None else stdin,
        stdout=subprocess.PIPE,
        stderr=log,
        start_new_session=True,
    )
    _close(stdin)  # were it open here too, the other process would never learn that ffmpeg ended
    return process


def _close(pipe: IO[bytes] | None) -> None:
    if pipe is not None and not pipe.closed:
        pipe.close()


def _tail(log: bytes) -> str:
    lines = log.decode(errors="replace").strip().splitlines()
    return " / ".join(lines[-3:]) or "it gave no reason"
