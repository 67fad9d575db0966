"""Expressions in ffmpeg's language, and how long ones reach it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

_LONGEST_ARGUMENT = 100_000  # Linux takes 128 KiB for one argument


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
