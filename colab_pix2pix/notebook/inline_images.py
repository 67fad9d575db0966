"""Pictures small enough to be sent to the browser again and again."""

from __future__ import annotations

import base64
import io
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from PIL import Image, ImageOps

from ..events import Metrics
from ..images import upright_rgb

#: Losses in the order in which they are drawn: field of Metrics, name in the legend, colour.
LOSSES = (
    ("generator_l1_loss", "generator_l1_loss: difference of pixels", "#3b82c4"),
    ("held_out_l1_loss", "held_out_l1_loss: on held-out crops", "#2f9e63"),
    ("generator_gan_loss", "generator_gan_loss: not fooling the other", "#d18a1b"),
    ("discriminator_loss", "discriminator_loss: being fooled", "#9467bd"),
)
#: What the rows of a sample grid are.
GRID_WORDS = "Top: what the network sees. Middle: what was there. Bottom: its picture."
_GREY = "#888888"


def jpeg(path: Path, *, max_width: int = 900, quality: int = 82) -> bytes:
    """Returns a picture file as a JPEG that is at most `max_width` pixels wide."""
    with Image.open(path) as picture:
        small = picture.convert("RGB")
    if small.width > max_width:
        small = small.resize((max_width, round(small.height * max_width / small.width)))
    stream = io.BytesIO()
    small.save(stream, "JPEG", quality=quality)
    return stream.getvalue()


def square(path: Path, pixels: int) -> Image.Image:
    """Returns a square picture, shrunk to `pixels` a side."""
    with Image.open(path) as picture:
        picture.draft("RGB", (pixels, pixels))
        return picture.convert("RGB").resize((pixels, pixels))


def centre_square(path: Path, pixels: int) -> Image.Image:
    """Returns the square in the centre of a picture, `pixels` a side; it is turned upright."""
    with Image.open(path) as picture:
        return ImageOps.fit(upright_rgb(picture), (pixels, pixels), Image.Resampling.LANCZOS)


def data_address(picture: Image.Image) -> str:
    """Returns a small picture as a data address that a style sheet or a page can hold."""
    stream = io.BytesIO()
    picture.save(stream, "JPEG", quality=75)
    return "data:image/jpeg;base64," + base64.b64encode(stream.getvalue()).decode()


def loss_curves(history: Sequence[Metrics]) -> bytes:
    """Returns the losses over the steps as a PNG that reads on a light and on a dark page.

    Two plots: differences of pixels above, the contest of the two networks below, because their
    numbers mean different things.
    """
    # Without pyplot: it keeps figures alive and takes the notebook's own plots over.
    from matplotlib.figure import Figure

    figure = Figure(figsize=(7.2, 3.8), dpi=96)
    figure.patch.set_alpha(0)
    # Places of our own: matplotlib needs as long to find some as to draw.
    places = {"left": 0.07, "right": 0.97, "top": 0.93, "bottom": 0.12, "hspace": 0.3}
    axes = figure.subplots(2, 1, sharex=True, gridspec_kw=places)
    steps = np.array([m.step for m in history])
    for index, (field, name, colour) in enumerate(LOSSES):
        values = np.array([getattr(m, field) for m in history], dtype=float)  # None becomes nan
        known = np.isfinite(values)
        marker = "." if known.sum() < 3 else None
        axes[index // 2].plot(steps[known], values[known], color=colour, label=name, marker=marker)
    for axis in axes:
        _quiet(axis)
    axes[1].set_xlabel("step", color=_GREY)
    stream = io.BytesIO()
    figure.savefig(stream, format="png")
    return stream.getvalue()


def _quiet(axis: object) -> None:
    """Greys everything but the curves."""
    from matplotlib.axes import Axes

    assert isinstance(axis, Axes)
    axis.patch.set_alpha(0)
    axis.tick_params(colors=_GREY, labelsize=8)
    axis.grid(color=_GREY, alpha=0.25, linewidth=0.6)
    for name, spine in axis.spines.items():
        spine.set_visible(name == "bottom")
        spine.set_color(_GREY)
    above = {"loc": "lower left", "bbox_to_anchor": (0, 1), "ncols": 2, "borderaxespad": 0}
    axis.legend(frameon=False, fontsize=8, labelcolor=_GREY, **above)
