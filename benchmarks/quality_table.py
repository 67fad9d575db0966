"""The tables of `quality.py` in Markdown: medians and spread of the seeds, and who is better."""

from __future__ import annotations

import statistics
from dataclasses import dataclass
from typing import Any

Result = dict[str, Any]
Scores = dict[str, float]


@dataclass(frozen=True)
class Column:
    """A score in a table.

    Attributes:
        heading: Its short name.
        digits: Behind the point.
        sign: 1 where less is better, −1 where more is, 0 where neither says it.
    """

    heading: str
    digits: int
    sign: int = 0


COLUMNS = {
    "l1": Column("L1", 4, 1),
    "ssim": Column("SSIM", 3, -1),
    "ms_ssim": Column("MS-SSIM", 3, -1),
    "distance": Column("distance", 3, 1),
    "follow_own": Column("own", 4, 1),
    "follow_dark": Column("dark", 4, 1),
    "follow_bright": Column("bright", 4, 1),
    "follow_foreign": Column("foreign", 4, 1),
    "sharpness": Column("sharp", 2),
    "grid": Column("grid", 2),
    "weave": Column("weave", 2),
    "collapse": Column("spread", 2),
    "flicker": Column("flicker", 4, 1),
    "step": Column("steps", 0),
}
_DUELS = ("l1", "ssim", "ms_ssim", "distance")  # of which an opponent is said to be better
_HALF = 0.5


def tables(results: list[Result]) -> str:
    """Returns for each video its table, and how each row does against the better opponent."""
    parts = []
    for video in dict.fromkeys(result["task"]["video"] for result in results):
        of_video = [result for result in results if result["task"]["video"] == video]
        rows = by_row(of_video)
        parts += [f"\n**{video}**\n", _scores_table(rows)]
        if any(_opponent(some) for some in rows.values()) and not all(
            map(_opponent, rows.values())
        ):
            parts += ["", _duels_table(rows)]
    return "\n".join(parts)


def by_row(results: list[Result]) -> dict[str, list[Result]]:
    """Returns the results of each row, all of its seeds."""
    rows: dict[str, list[Result]] = {}
    for result in results:
        rows.setdefault(result["task"]["row"], []).append(result)
    return rows


def _scores_table(rows: dict[str, list[Result]]) -> str:
    lines = [line(["", *(column.heading for column in COLUMNS.values()), "busy"])]
    lines.append("|---" * (len(COLUMNS) + 2) + "|")
    for row, results in rows.items():
        last = at_share(results, 1.0)
        cells = [_cell([s[name] for s in last if name in s], c) for name, c in COLUMNS.items()]
        busy = [r["processor_seconds"] / r["scores"][-1]["seconds"] for r in results]
        lines.append(line([row, *cells, _cell(busy, Column("busy", 2))]))
    return "\n".join(lines)


def _duels_table(rows: dict[str, list[Result]]) -> str:
    """Returns ratios to the better opponent: below 1 is better than it, in every column.

    SSIM and its like are turned into what is missing to 1.
    """
    headings = [COLUMNS[name].heading for name in _DUELS]
    half = [f"{heading}, half time" for heading in headings]
    lines = [line(["against the better opponent", *headings, *half])]
    lines.append("|---" * (2 * len(_DUELS) + 1) + "|")
    opponents = [results for results in rows.values() if _opponent(results)]
    for row, results in rows.items():
        if _opponent(results):
            continue
        cells = []
        for share in (1.0, _HALF):
            for name in _DUELS:
                own = loss(name, at_share(results, share))
                best = [loss(name, at_share(some, 1.0)) for some in opponents]
                rival = min((each for each in best if each is not None), default=None)
                cells.append("" if own is None or not rival else f"{own / rival:.2f}")
        lines.append(line([row, *cells]))
    return "\n".join(lines)


def at_share(results: list[Result], share: float) -> list[Scores]:
    """Returns the scores of each run at a share of its time, in the row's better test mode."""
    return _of(results, better_mode(results), share)


def better_mode(results: list[Result]) -> str:
    """Returns the test mode in which a row has the smaller L1 at the end."""
    modes = dict.fromkeys(score["mode"] for score in results[0]["scores"])

    def median_l1(mode: str) -> float:
        return statistics.median(s["l1"] for s in _of(results, mode, 1.0))

    return min(modes, key=median_l1)


def _of(results: list[Result], mode: str, share: float) -> list[Scores]:
    return [
        score
        for result in results
        for score in result["scores"]
        if (score["mode"], score["share"]) == (mode, share)
    ]


def loss(name: str, scores: list[Scores]) -> float | None:
    """Returns the median of a score, turned so that 0 is perfect."""
    values = [score[name] for score in scores if name in score]
    if not values:
        return None
    median = statistics.median(values)
    return median if COLUMNS[name].sign > 0 else 1.0 - median


def _opponent(results: list[Result]) -> bool:
    return bool(results[0]["task"].get("opponent"))


def line(cells: list[str]) -> str:
    return "| " + " | ".join(cells) + " |"


def _cell(values: list[float], column: Column) -> str:
    """Returns the median, and half of how far the values lie apart."""
    if not values:
        return ""
    digits = column.digits
    spread = f" ±{(max(values) - min(values)) / 2:.{digits}f}" if len(values) > 1 else ""
    return f"{statistics.median(values):.{digits}f}{spread}"
