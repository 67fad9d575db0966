"""Images small enough to be sent to the browser again and again."""

from __future__ import annotations

import base64
import io
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from PIL import Image, ImageOps

from ..config import Sides, Size, TrainConfig, sides
from ..events import Metrics
from ..images import network_input, read_image
from ..languages import N_, _
from ..wording import LOSS_NAMES

_COLOURS = ("#3b82c4", "#2f9e63", "#d18a1b", "#9467bd")
#: Losses in the order in which they are drawn: field of Metrics (and column of `metrics.csv`), what
#: it is called where people read it, colour.
LOSSES = tuple((*named, c) for named, c in zip(LOSS_NAMES.items(), _COLOURS, strict=True))
#: What the rows of a sample grid are.
GRID_CAPTION = N_("Top: what the network sees. Middle: what was there. Bottom: its picture.")
_GREY = "#888888"
_GAP = 8  # pixels, between the pictures of a strip


def jpeg(path: Path, *, max_width: int = 900, quality: int = 82) -> bytes:
    """Returns an image file as a JPEG that is at most `max_width` pixels wide.

    Raises:
        DatasetError: the file is missing, torn or no image.
    """
    small = read_image(path).image
    if small.width > max_width:
        small = small.resize((max_width, round(small.height * max_width / small.width)))
    return jpeg_bytes(small, quality)


def jpeg_bytes(image: Image.Image, quality: int) -> bytes:
    """Returns an image as the content of a JPEG file."""
    stream = io.BytesIO()
    image.save(stream, "JPEG", quality=quality)
    return stream.getvalue()


def fitted(size: tuple[int, int], pixels: int) -> Sides:
    """Returns the size of the same proportions whose longer side has so many pixels.

    Example:
        >>> fitted((512, 288), 96), fitted((64, 64), 96)
        (Sides(width=96, height=54), Sides(width=96, height=96))
    """
    return Sides(*(max(1, round(side * pixels / max(size))) for side in size))


def thumbnail(path: Path, pixels: int) -> Image.Image:
    """Returns an image whose longer side has so many pixels."""
    with Image.open(path, formats=["JPEG", "PNG"]) as image:
        if image.format == "JPEG":
            small = fitted(image.size, pixels)
            image.draft("RGB", small)  # far quicker
            return image.convert("RGB").resize(small)
    whole = read_image(path).image
    return whole.resize(fitted(whole.size, pixels))


def centre(path: Path, size: Size) -> Image.Image:
    """Returns the centre of an image, cut to the proportions of a size; it is turned upright."""
    return ImageOps.fit(read_image(path).image, sides(size), Image.Resampling.LANCZOS)


def seen_centre(path: Path, config: TrainConfig | None, size: Size) -> Image.Image:
    """Returns what the network sees of the centre of an image.

    Args:
        path: The image.
        config: How the input is made of it; None where it is the input as it stands.
        size: Of the result; lines are as wide as a pixel of what the network gets.
    """
    if config is None:
        return centre(path, size)
    shown = sides(size)
    longest = max(sides(config.image_size)) if config.condition == "edges" else max(shown)
    fed = network_input(centre(path, fitted(shown, longest)), config)
    return fed.convert("RGB").resize(shown, Image.Resampling.BICUBIC)


def strip(pictures: Sequence[Image.Image]) -> Image.Image:
    """Returns pictures of one size side by side, as `large_view` reads them."""
    width, height = pictures[0].size
    whole = Image.new("RGB", (len(pictures) * (width + _GAP) - _GAP, height), (128, 128, 128))
    for index, picture in enumerate(pictures):
        whole.paste(picture, (index * (width + _GAP), 0))
    return whole


def data_url(image: Image.Image) -> str:
    """Returns a small image as a URL that holds it, for a style sheet or a page."""
    return "data:image/jpeg;base64," + base64.b64encode(jpeg_bytes(image, 75)).decode()


def loss_curves(history: Sequence[Metrics]) -> bytes:
    """Returns the losses over the steps as a PNG that reads on a light and on a dark page.

    Two plots: differences of pixels above, the contest of the two networks below, because their
    numbers mean different things. The second is left out until the discriminator has its say.
    """
    # Without pyplot: it keeps figures alive and takes the notebook's own plots over.
    from matplotlib.figure import Figure

    plots = 1 + any(m.measured("discriminator_loss") is not None for m in history)
    height = 0.4 + 1.7 * plots
    figure = Figure(figsize=(7.2, height), dpi=96)
    figure.patch.set_alpha(0)
    # Margins of our own: matplotlib needs as long to find some as to draw.
    margins = {"left": 0.07, "right": 0.97, "top": 1 - 0.27 / height, "bottom": 0.46 / height}
    axes = figure.subplots(plots, 1, sharex=True, gridspec_kw=margins | {"hspace": 0.3})
    axes = np.atleast_1d(axes)
    steps = np.array([m.step for m in history])
    for index, (field, name, colour) in enumerate(LOSSES[: 2 * plots]):
        values = np.array([m.measured(field) for m in history], dtype=float)  # None becomes nan
        measured = np.isfinite(values)
        marker = "." if measured.sum() < 3 else None
        curve = {"color": colour, "label": _(name), "marker": marker}
        axes[index // 2].plot(steps[measured], values[measured], **curve)
    for axis in axes:
        _style_axis(axis)
    axes[-1].set_xlabel(_("step"), color=_GREY)
    axes[-1].xaxis.get_major_locator().set_params(integer=True)
    stream = io.BytesIO()
    figure.savefig(stream, format="png")
    return stream.getvalue()


def _style_axis(axis: object) -> None:
    """Greys everything but the curves."""
    from matplotlib.axes import Axes

    assert isinstance(axis, Axes)
    axis.patch.set_alpha(0)
    axis.tick_params(colors=_GREY, labelsize=8)
    axis.grid(color=_GREY, alpha=0.25, linewidth=0.6)
    for name, spine in axis.spines.items():
        spine.set_visible(name == "bottom")
        spine.set_color(_GREY)
    placement = {"loc": "lower left", "bbox_to_anchor": (0, 1), "ncols": 2, "borderaxespad": 0}
    axis.legend(frameon=False, fontsize=8, labelcolor=_GREY, **placement)
