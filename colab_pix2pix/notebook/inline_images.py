"""Images small enough to be sent to the browser again and again."""

from __future__ import annotations

import base64
import io
from collections.abc import Sequence
from pathlib import Path

from PIL import Image, ImageOps

from ..config import Sides, Size, TrainConfig, sides
from ..images import network_input, read_image
from ..languages import N_

#: What the rows of a sample grid are.
GRID_CAPTION = N_("Top: what the network sees. Middle: what was there. Bottom: its picture.")
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
