"""A report as one HTML page: no script, no request, every text escaped, pictures inside."""

from __future__ import annotations

import html
import time
from collections.abc import Sequence

from ... import __version__, languages
from ...languages import _
from ..exporting import model_card
from .crop_views import crop_sections, inline_picture
from .curves import curves
from .findings import ChangedOption, Findings
from .page_style import CSS
from .score_table import score_section

#: The browser is told to fetch nothing and to run nothing.
_POLICY = "default-src 'none'; img-src data:; style-src 'unsafe-inline'"
_MOST_SAMPLE_PIXELS = 1200


def render(found: Findings) -> str:
    """Returns the page that tells what was found."""
    parts = [_head(found), _missing(found.notes)]
    if found.pictures:
        parts.append(score_section(found.states, found.pictures))
        parts.append(crop_sections(found.states, found.pictures))
    parts += [_sample(found), _curves(found), _options(found), _sources(found.sources)]
    return (
        '<!DOCTYPE html>\n<html lang="'
        f'{languages.current()}"><head><meta charset="utf-8">'
        f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        '<meta name="color-scheme" content="light dark"><link rel="icon" href="data:,">'
        f"<title>{_title(found.name)}</title><style>{CSS}</style></head>"
        f"<body><main>{''.join(parts)}</main></body></html>\n"
    )


def _title(name: str) -> str:
    return html.escape(_("{name}: report", name=name))


def _head(found: Findings) -> str:
    when = time.strftime("%Y-%m-%d %H:%M")
    kind = found.verdict.state.split()[0]
    about = _(
        "What a pix2pix model has learned, and how well. Report of {when}, colab_pix2pix"
        " {version}.",
        when=when,
        version=__version__,
    )
    return (
        f"<header><h1>{html.escape(found.name)}</h1>"
        f'<p class="quiet">{about}</p>'
        f'<div class="verdict {kind}"><p>{html.escape(found.verdict.sentence)}</p></div></header>'
    )


def _missing(notes: Sequence[str]) -> str:
    if not notes:
        return ""
    lines = "".join(f"<li>{html.escape(note)}</li>" for note in notes)
    return f'<div class="missing"><p>{_("What is missing:")}</p><ul>{lines}</ul></div>'


def _sample(found: Findings) -> str:
    """Returns the last sample of the training, where nothing else can be shown."""
    if found.sample is None:
        return ""
    words = _("Top: what the network is shown. Middle: what was there. Bottom: what it made.")
    picture = inline_picture(found.sample, words, _MOST_SAMPLE_PIXELS)
    return (
        f"<section><h2>{_('The last sample of the training')}</h2>"
        f'<figure class="sample">{picture}<figcaption>{words}</figcaption></figure></section>'
    )


def _curves(found: Findings) -> str:
    if not found.history:
        return ""
    steps = [state.generation.step for state in found.states]
    return f"<section><h2>{_('Curves')}</h2>{curves(found.history, steps)}</section>"


def _options(found: Findings) -> str:
    """Returns the options that are not at their defaults."""
    if not found.condition:
        return ""  # a note says that they can't be told
    lines = "".join(map(_option, found.changed))
    words = _("All others are at their defaults.") if lines else _("All are at their defaults.")
    return (
        f'<section><h2>{_("Options")}</h2><dl class="options">{lines}</dl>'
        f'<p class="quiet">{words}</p></section>'
    )


def _option(changed: ChangedOption) -> str:
    value, default = (
        html.escape(str(text) or _("nothing")) for text in (changed.value, changed.default)
    )
    instead = _("{value} instead of {default}.", value=f"<b>{value}</b>", default=default)
    return f"<dt><code>{changed.name}</code></dt><dd>{instead} {html.escape(_(changed.help))}</dd>"


def _sources(sources: Sequence[str]) -> str:
    lines = [f"<li>{html.escape(source)}</li>" for source in sources]
    known = (
        f"<ul>{''.join(lines)}</ul>"
        if lines
        else f"<p>{_('Nobody can tell: see what is missing.')}</p>"
    )
    return (
        f"<section><h2>{_('Trained on')}</h2>{known}"
        f'<p class="quiet">{html.escape(_(model_card.LICENCES))}</p></section>'
    )
