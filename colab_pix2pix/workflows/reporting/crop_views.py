"""The pictures of a report: what each state makes of the same crops, and the extremes."""

from __future__ import annotations

import base64
import html
import io
from collections.abc import Sequence

import numpy as np
from PIL import Image

from ... import wording
from ...languages import _
from ...spacing import evenly_spaced
from .measuring import Pictures, ShownCrop
from .sentences import by_heart
from .states import SavedState

_MOST_PIXELS = 384  # a side, in the file
_STRIP_PIXELS = 192
_STRIP_PICTURES = 4
_QUALITY = 85
_LARGEST_DIFFERENCE = 40  # CIEDE2000: everything above is drawn as bright


def crop_sections(states: Sequence[SavedState], pictures: Pictures) -> str:
    """Returns the sections with pictures of held-out crops."""
    sections = [_strip(states, pictures), _by_heart(pictures)]
    worst = _(
        "The {crops} whose results are farthest from the real picture, by the mean difference.",
        crops=wording.counted(len(pictures.worst), "crop"),
    )
    best = _(
        "The {crops} whose results are closest to the real picture, by the mean difference.",
        crops=wording.counted(len(pictures.best), "crop"),
    )
    sections += [_extremes(_("The worst"), worst, pictures.worst, pictures)]
    sections += [_extremes(_("The best"), best, pictures.best, pictures)]
    return "".join(sections)


def inline_picture(pixels: np.ndarray, words: str, most: int = _MOST_PIXELS) -> str:
    """Returns a picture as HTML that holds it.

    Args:
        pixels: uint8 RGB `(height, width, 3)`.
        words: What it shows, for who does not see it.
        most: A longer side is shrunk to so many pixels.
    """
    image = Image.fromarray(np.ascontiguousarray(pixels))
    image.thumbnail((most, most), Image.Resampling.LANCZOS)
    stream = io.BytesIO()
    image.save(stream, "JPEG", quality=_QUALITY, optimize=True)
    address = "data:image/jpeg;base64," + base64.b64encode(stream.getvalue()).decode()
    size = f'width="{image.width}" height="{image.height}"'
    return f'<img src="{address}" {size} alt="{html.escape(words)}">'


def draw_difference(difference: np.ndarray) -> np.ndarray:
    """Returns a map of differences as uint8 RGB, black where there is none; see `measuring`."""
    from matplotlib import colormaps

    coloured = colormaps["magma"](np.clip(difference / _LARGEST_DIFFERENCE, 0.0, 1.0))
    result: np.ndarray = (coloured[..., :3] * 255).astype(np.uint8)
    return result


def _strip(states: Sequence[SavedState], pictures: Pictures) -> str:
    """Returns a few crops as each saved state makes them, to choose between states by eye."""
    some = np.unique(evenly_spaced(len(pictures.crops.crops), _STRIP_PICTURES))
    rows = [(_("what it is shown"), pictures.crops.shown_input[some])]
    for state in states:
        if measured := pictures.measured.get(state.generation.number):
            rows.append(
                (_("step {step}", step=wording.count(state.generation.step)), measured.made[some])
            )
    rows.append((_("the real pictures"), pictures.crops.target[some]))
    lines = []
    for words, row in rows:
        images = "".join(inline_picture(picture, words, _STRIP_PIXELS) for picture in row)
        grid = f'<div class="pictures" style="--columns: {_STRIP_PICTURES}">{images}</div>'
        lines.append(f'<div class="row"><span class="quiet">{words}</span>{grid}</div>')
    return f"<section><h2>{_('The same crops, state by state')}</h2>{''.join(lines)}</section>"


def _by_heart(pictures: Pictures) -> str:
    if not pictures.nearest:
        return ""
    how = _(
        "Pictures are compared from afar: half of a distance is the difference of their colours at"
        " 16×16 pixels, half the share of 64 bits of a perceptual hash that differ; 0 is the same."
        " Beside each result below stands the training picture that it is nearest to."
    )
    return (
        f"<section><h2>{_('Did it learn by heart?')}</h2>"
        f'<p>{by_heart(pictures.nearest)}</p><p class="quiet">{how}</p></section>'
    )


def _extremes(title: str, about: str, shown: Sequence[ShownCrop], pictures: Pictures) -> str:
    if not shown:
        return ""
    scale = _(
        "The difference is drawn from 0 {scale} {most} and more (CIEDE2000): 1 is the smallest that"
        " an eye sees, 10 is seen at a glance, black to white is 100.",
        scale='<span class="scale"></span>',
        most=_LARGEST_DIFFERENCE,
    )
    head = f'<p>{about}</p><p class="quiet">{scale}</p>'
    articles = "".join(_article(crop, pictures) for crop in shown)
    return f"<section><h2>{title}</h2>{head}{articles}</section>"


def _article(shown: ShownCrop, pictures: Pictures) -> str:
    columns = {
        _("what it is shown"): shown.input,
        _("the real picture"): shown.real,
        _("what it makes"): shown.made,
        _("the difference"): draw_difference(shown.difference),
    }
    if shown.nearest_picture is not None:
        columns[_("the nearest training picture")] = shown.nearest_picture
    figures = "".join(
        f"<figure>{inline_picture(picture, words)}<figcaption>{words}</figcaption></figure>"
        for words, picture in columns.items()
    )
    when = ""
    if shown.crop.source:
        when = ", " + _("{seconds} s into the video", seconds=f"{shown.crop.time:.1f}")
    return (
        f'<article><h3>{html.escape(shown.crop.file)}<span class="quiet">{when}</span></h3>'
        f'<div class="pictures crop" style="--columns: {len(columns)}">{figures}</div>'
        f"<p>{_numbers(shown, pictures)}</p></article>"
    )


def _numbers(shown: ShownCrop, pictures: Pictures) -> str:
    scores = pictures.measured[pictures.shown].scores
    sentence = (
        f"L1 {scores.l1[shown.index]:.3f}, PSNR {scores.psnr[shown.index]:.1f} dB,"
        f" SSIM {scores.ssim[shown.index]:.3f}, MS-SSIM {scores.ms_ssim[shown.index]:.3f}; "
    ) + _("mean difference {difference}.", difference=f"{shown.difference.mean():.1f}")
    if shown.nearest is None:
        return sentence
    nearest = shown.nearest
    compared = _(
        "What it makes is {real} from the real picture and {distance} from the nearest training"
        " picture, {file}.",
        real=f"{nearest.to_real:.2f}",
        distance=f"{nearest.distance:.2f}",
        file=html.escape(nearest.crop.file),
    )
    return f"{sentence} {compared}"
