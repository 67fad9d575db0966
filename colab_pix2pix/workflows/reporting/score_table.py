"""The scores of each saved state as a table, and a sentence for each that says what is good."""

from __future__ import annotations

import html
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from operator import attrgetter
from typing import TYPE_CHECKING

from ... import wording
from ...config import Sides, size_option
from ...languages import N_, _
from . import scoring, sentences
from .measuring import Pictures
from .scoring import Measured
from .states import SavedState

if TYPE_CHECKING:
    from ...training.evaluation import PictureScores

#: The scores: field of PictureScores -> name, format, whether less is better.
_SCORES = {
    "l1": ("L1", "{:.3f}", True),
    "psnr": ("PSNR", "{:.1f} dB", False),
    "ssim": ("SSIM", "{:.3f}", False),
    "ms_ssim": ("MS-SSIM", "{:.3f}", False),
}
#: Light -> the name of its column.
_FOLLOW = {
    scoring.AS_IT_IS: N_("follow"),
    "made darker": N_("darker"),
    "made brighter": N_("brighter"),
}


@dataclass(frozen=True)
class _Number:
    """A number of the table.

    Attributes:
        value: What is compared.
        text: What is shown.
        less_is_better: Whether the best is the smallest.
    """

    value: float
    text: str
    less_is_better: bool


_NO_BEST: Mapping[str, str] = {}


def score_section(states: Sequence[SavedState], pictures: Pictures) -> str:
    """Returns the scores of the states that were measured, and what they mean, as HTML."""
    from ...training.evaluation import ms_ssim_scales

    shown = pictures.measured[pictures.shown]
    meanings = sentences.score_sentences(ms_ssim_scales(min(pictures.crops.target.shape[1:3])))
    if shown.follow:
        meanings["follow"] = _(sentences.FOLLOW)
    meanings["flicker"] = sentences.flicker_meaning()
    terms = "".join(f"<dt>{_(name)}</dt><dd>{text}</dd>" for name, text in meanings.items())
    said = [sentences.follow_sentence(shown.follow) or _(sentences.NO_FOLLOW)]
    said.append(sentences.flicker_sentence(shown.flicker))
    said += [_(sentences.UNCHANGED)] if pictures.unchanged else []
    return (
        f'<section><h2>{_("Scores")}</h2><p class="quiet">{_measured_on(pictures)}</p>'
        f"{_table(states, pictures)}<p>{' '.join(said)}</p><dl>{terms}</dl></section>"
    )


def _measured_on(pictures: Pictures) -> str:
    """Returns on which crops and how it was measured."""
    count = wording.counted(len(pictures.crops.crops), "crop")
    means = _("Means over {crops} that were held out: it never trained on them.", crops=count)
    if not pictures.held_out:
        means = _(
            "Means over {crops} that it was trained on, for too few are there to hold any out:"
            " these scores say how well they are known by heart.",
            crops=count,
        )
    size = size_option(Sides(*pictures.crops.target.shape[2:0:-1]))
    followed = scoring.followed(pictures.crops)
    how = _(
        "At {size} pixels, in {mode} mode, as {apply} uses this model; follow on {n} of them.",
        size=size,
        mode=pictures.mode,
        apply="<code>apply</code>",
        n=len(followed),
    )
    return f"{means} {how}"


def _table(states: Sequence[SavedState], pictures: Pictures) -> str:
    measured = [state for state in states if state.generation.number in pictures.measured]
    rows = [_numbers(pictures.measured[state.generation.number]) for state in measured]
    best = {
        name: (min if rows[0][name].less_is_better else max)(column, key=attrgetter("value")).text
        for name in (rows[0] if len(rows) > 1 else ())
        for column in [[row[name] for row in rows]]
    }
    lines = [
        f"<td>{_describe(state, pictures)}</td>{_cells(row, rows[0], best)}"
        for state, row in zip(measured, rows, strict=True)
    ]
    if pictures.unchanged is not None:
        lines.append(
            f"<td>{_('the input as it is')}</td>{_cells(_means(pictures.unchanged), rows[0])}"
        )
    heads = "".join(f"<th>{_(name)}</th>" for name in [N_("saved state"), *rows[0]])
    body = "".join(f"<tr>{line}</tr>" for line in lines)
    return f"<table><thead><tr>{heads}</tr></thead><tbody>{body}</tbody></table>"


def _describe(state: SavedState, pictures: Pictures) -> str:
    generation = state.generation
    when = time.strftime("%Y-%m-%d %H:%M", time.localtime(generation.time))
    step = _("step {step}", step=wording.count(generation.step))
    saved = _(
        "generation {n}, saved {when}: {places}",
        n=generation.number,
        when=when,
        places=html.escape(", ".join(state.places)),
    )
    if generation.number == pictures.shown:
        saved = _("{saved}; its pictures are shown below", saved=saved)
    return f"{step}<small>{saved}</small>"


def _numbers(measured: Measured) -> dict[str, _Number]:
    """Returns all numbers of a state by the names of their columns."""
    followed = {
        _FOLLOW[light]: _Number(value, f"{value:.3f}", True)
        for light, value in measured.follow.items()
    }
    flicker = _Number(measured.flicker, f"{measured.flicker:.4f}", True)
    return _means(measured.scores) | followed | {N_("flicker"): flicker}


def _means(scores: PictureScores) -> dict[str, _Number]:
    means = {field: float(getattr(scores, field).mean()) for field in _SCORES}
    return {
        name: _Number(means[field], form.format(means[field]), less)
        for field, (name, form, less) in _SCORES.items()
    }


def _cells(
    numbers: Mapping[str, _Number], names: Iterable[str], best: Mapping[str, str] = _NO_BEST
) -> str:
    """Returns the cells of a row; the best numbers of their columns are set off."""
    cells = []
    for name in names:
        if name not in numbers:
            cells.append("<td></td>")
            continue
        number = numbers[name]
        text = f"<b>{number.text}</b>" if best.get(name) == number.text else number.text
        cells.append(f'<td data-name="{name}">{text}</td>')
    return "".join(cells)
