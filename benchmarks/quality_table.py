"""The tables of `quality.py`: medians and spread of the seeds, in Markdown."""

from __future__ import annotations

import statistics
from typing import Any

Result = dict[str, Any]
#: Score -> its heading and digits.
COLUMNS = {
    "l1": ("L1", 4),
    "ssim": ("SSIM", 3),
    "ms_ssim": ("MS-SSIM", 3),
    "follow_own": ("own", 4),
    "follow_dark": ("dark", 4),
    "follow_bright": ("bright", 4),
    "follow_foreign": ("foreign", 4),
    "sharpness": ("sharp", 2),
    "grid": ("grid", 2),
    "collapse": ("spread", 2),
    "flicker": ("flicker", 4),
    "step": ("steps", 0),
}


def tables(results: list[Result]) -> str:
    """Returns a table for each video, and one of the mean over videos."""
    videos = list(dict.fromkeys(result["task"]["video"] for result in results))
    parts = []
    for video in videos:
        parts += [f"\n**{video}**\n", _head()]
        of_video = [result for result in results if result["task"]["video"] == video]
        for row in dict.fromkeys(result["task"]["row"] for result in of_video):
            parts.append(_line(row, [r for r in of_video if r["task"]["row"] == row]))
    return "\n".join(parts)


def _head() -> str:
    headings = ["", *(heading for heading, _ in COLUMNS.values()), "½ L1", "½ SSIM", "busy"]
    return "| " + " | ".join(headings) + " |\n" + "|---" * len(headings) + "|"


def _line(row: str, results: list[Result]) -> str:
    last = [result["scores"][-1] for result in results]
    half = [next(s for s in result["scores"] if s["share"] == 0.5) for result in results]
    cells = [_cell([s[name] for s in last], digits) for name, (_, digits) in COLUMNS.items()]
    cells += [_cell([s["l1"] for s in half], 4), _cell([s["ssim"] for s in half], 3)]
    busy = [r["processor_seconds"] / r["scores"][-1]["seconds"] for r in results]
    return f"| {row} | " + " | ".join([*cells, _cell(busy, 2)]) + " |"


def _cell(values: list[float], digits: int) -> str:
    """Returns the median, and half of how far the values lie apart."""
    spread = f" ±{(max(values) - min(values)) / 2:.{digits}f}" if len(values) > 1 else ""
    return f"{statistics.median(values):.{digits}f}{spread}"
