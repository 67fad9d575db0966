"""The curves of a training as HTML: lines that grow with the page, numbers that stay readable.

The report and the notebook show them.
"""

from __future__ import annotations

import html
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.ticker import MaxNLocator

from ...events import Metrics
from ...languages import N_, _
from ...wording import LOSS_NAMES, count

_MOST_POINTS = 300
_TICKS = 5
_ABOVE = 1.05  # free room over the highest point


@dataclass(frozen=True)
class _Line:
    """A curve: a field of Metrics, what it is, and the class that gives it its colour."""

    field: str
    words: str
    kind: str


_CHARTS = {
    N_("Difference of pixels (L1): how it fell"): (
        _Line("generator_l1_loss", N_("on training crops"), "cp-first"),
        _Line("held_out_l1_loss", N_("on held-out crops"), "cp-second"),
    ),
    N_("Follow: how far a result, made an input again, is from its input"): (
        _Line("held_out_follow", N_("inputs as they are"), "cp-first"),
        _Line("held_out_follow_other_light", N_("made darker and brighter"), "cp-third"),
    ),
    N_("The two networks against each other: neither should win for long"): (
        _Line("generator_gan_loss", LOSS_NAMES["generator_gan_loss"], "cp-third"),
        _Line("discriminator_loss", LOSS_NAMES["discriminator_loss"], "cp-fourth"),
    ),
}


def curves(history: Sequence[Metrics], saved_steps: Sequence[int] = ()) -> str:
    """Returns the charts of a run as HTML.

    Args:
        history: Its metrics, oldest first; at least one.
        saved_steps: The steps of its saved states, marked with a dashed line; may be empty.
    """
    return "".join(
        _chart(_(title), lines, history, saved_steps) for title, lines in _CHARTS.items()
    )


def _chart(
    title: str, lines: Sequence[_Line], history: Sequence[Metrics], saved_steps: Sequence[int]
) -> str:
    points = {line: _points(history, line.field) for line in lines}
    drawn = {line: some for line, some in points.items() if len(some)}
    if not drawn:
        return ""
    right = max(history[-1].step, *saved_steps, 1)
    top = max(max(float(some[:, 1].max()) for some in drawn.values()) * _ABOVE, 1e-6)
    marks = "".join(
        f'<path class="cp-saved" d="M{_x(step, right)} 0V1000"/>' for step in saved_steps
    )
    paths = "".join(_path(line, some, right, top) for line, some in drawn.items())
    legend = "".join(f'<span class="cp-key {line.kind}">{_(line.words)}</span>' for line in drawn)
    if saved_steps:
        legend += '<span class="cp-key cp-saved">' + _("saved states") + "</span>"
    return (
        f'<figure class="cp-chart"><figcaption>{html.escape(title)}</figcaption>'
        f'<div class="cp-plot"><svg viewBox="0 0 1000 1000" preserveAspectRatio="none" role="img"'
        f' aria-label="{html.escape(title)}">{marks}{paths}</svg>{_ticks(right, top)}</div>'
        f'<div class="cp-legend">{legend}</div></figure>'
    )


def _points(history: Sequence[Metrics], field: str) -> np.ndarray:
    """Returns steps and finite values `(count, 2)`; medians of neighbours where there are many."""
    known = [(row.step, value) for row in history if (value := row.measured(field)) is not None]
    points = np.array(known, float).reshape(-1, 2)
    points = points[np.isfinite(points).all(axis=1)]
    size = max(1, -(-len(points) // _MOST_POINTS))
    whole = len(points) // size * size
    medians = [np.median(points[:whole].reshape(-1, size, 2), axis=1)]
    if whole < len(points):
        medians.append(np.median(points[whole:], axis=0, keepdims=True))
    result: np.ndarray = np.concatenate(medians)
    return result


def _path(line: _Line, points: np.ndarray, right: float, top: float) -> str:
    places = " ".join(
        f"{_x(step, right)} {1000 - 1000 * max(v, 0) / top:.0f}" for step, v in points.tolist()
    )
    if len(points) == 1:
        places += " h1"  # a round end makes a dot of it
    return f'<path class="{line.kind}" d="M{places}"/>'


def _x(step: float, right: float) -> str:
    return f"{1000 * step / right:.0f}"


def _ticks(right: float, top: float) -> str:
    """Returns the numbers at both axes, placed in percent: text must not be stretched."""
    spans = []
    for value in MaxNLocator(_TICKS).tick_values(0, top):
        if 0 <= value <= top:
            spans.append(
                f'<span class="cp-y" style="bottom:{100 * value / top:.1f}%">{value:.3g}</span>'
            )
    for value in MaxNLocator(_TICKS - 1, integer=True).tick_values(0, right):
        if 0 < value <= right:
            spans.append(
                f'<span class="cp-x" style="left:{100 * value / right:.1f}%">{count(value)}</span>'
            )
    return "".join(spans)
