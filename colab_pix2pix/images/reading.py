"""Reads one image file of any kind: what is wrong with it is one sentence."""

from __future__ import annotations

import io
import struct
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import numpy as np
from PIL import Image, UnidentifiedImageError

from .. import ffmpeg
from ..errors import DatasetError, VideoError
from ..filenames import IMAGE_KINDS
from ..languages import _
from .colours import Reading, is_deep, is_transparent, upright_rgb
from .kinds import HEAD_BYTES, kind_of

#: Pillow's names of what is opened: none of those that start another program, such as EPS.
_FORMATS = (
    *("JPEG", "MPO", "PNG", "WEBP", "BMP", "DIB", "GIF", "TIFF", "AVIF", "JPEG2000", "PPM"),
    *("TGA", "PCX", "PSD", "ICO", "QOI", "HEIF"),
)
#: What Pillow raises for damaged files.
_DAMAGE = (
    *(OSError, ValueError, SyntaxError, EOFError, LookupError, TypeError, AttributeError),
    *(OverflowError, MemoryError, RuntimeError, struct.error, zlib.error),
    Image.DecompressionBombError,
)


@dataclass(frozen=True)
class ReadImage:
    """An image as a viewer shows it, and what there was to decide.

    Attributes:
        image: Upright, mode RGB, sRGB.
        transparent: True when the background shows through.
        deep: True when it had more than 8 bits.
    """

    image: Image.Image
    transparent: bool
    deep: bool


def read_image(
    file: Path | IO[bytes], name: Path | None = None, reading: Reading = Reading()
) -> ReadImage:
    """Reads an image file as a viewer shows it.

    Args:
        file: Its path, or its content as a stream.
        name: What to call it in an error, where `file` is no path.
        reading: What transparent pixels show, and how more than 8 bits become 8.

    Raises:
        DatasetError: the file is no image, or it is damaged.
    """
    content = _content(file, name)
    image = _decoded(content, name or file)
    try:
        deep = _deep_colours(image, content)
        rgb = upright_rgb(image, reading, deep)
        return ReadImage(rgb, is_transparent(image), deep is not None or is_deep(image))
    except (*_DAMAGE, VideoError) as error:
        raise unreadable_image(name or file, error) from error


def image_size(file: Path | IO[bytes], name: Path | None = None) -> tuple[int, int]:
    """Returns width and height in pixels as a viewer shows an image, by its head alone.

    Raises:
        DatasetError: the file is no image.
    """
    try:
        with _opened(file) as image:
            turned = image.getexif().get(0x0112, 1) in (5, 6, 7, 8)
            return image.size[::-1] if turned else image.size
    except _DAMAGE as error:
        content = _content(file, name)
        raise unreadable_image(name or file, _reason(error, content)) from error


def unreadable_image(name: object, error: Exception | str) -> DatasetError:
    """Returns the error for an image file that can't be read."""
    reason = str(error).rstrip(".")
    return DatasetError(
        _("{name} can't be read as a picture: {why}.", name=name, why=reason),
        why=_("Expected {what}.", what=_(IMAGE_KINDS)),
        fix=_("Remove it or replace it; where it is a crop, cut the crops again."),
        reason=reason,
    )


def _content(file: Path | IO[bytes], name: object) -> bytes:
    try:
        if isinstance(file, Path):
            return file.read_bytes()
        file.seek(0)
        return file.read()
    except (OSError, ValueError) as error:
        words = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        raise unreadable_image(name or file, words) from error


def _decoded(content: bytes, name: object) -> Image.Image:
    try:
        image = _opened(io.BytesIO(content))
        image.load()
        return image
    except _DAMAGE as error:
        raise unreadable_image(name, _reason(error, content)) from error


def _opened(file: Path | IO[bytes]) -> Image.Image:
    Image.init()
    try:
        return Image.open(file, formats=[name for name in _FORMATS if name in Image.OPEN])
    except UnidentifiedImageError:
        if "HEIF" in Image.OPEN or not _register_heif():
            raise
    return Image.open(file, formats=["HEIF"])


def _register_heif() -> bool:
    """Lets Pillow read HEIC, where pillow-heif is installed; returns whether it is."""
    try:
        import pillow_heif
    except ImportError:
        return False
    pillow_heif.register_heif_opener()
    return True


def _reason(error: Exception, content: bytes) -> str:
    """Returns why an image can't be read, in words that name no object of Python."""
    if not isinstance(error, UnidentifiedImageError):
        return str(error) or type(error).__name__
    kind = kind_of(content[:HEAD_BYTES])
    if kind == "a HEIC picture" and "HEIF" not in Image.OPEN:
        return _("it is a HEIC picture, which needs pillow-heif: pip install pillow-heif")
    if not kind:
        return _("its content is of no known kind, or damaged")
    return _("it is {kind}", kind=_(kind))


def _deep_colours(image: Image.Image, content: bytes) -> np.ndarray | None:
    """Returns uint16 `(height, width, 3)` of a coloured PNG or TIFF of 16 bits, else None.

    Pillow gives their upper eight bits alone: of a picture of 12 bits nothing would be left.
    """
    if image.format == "PNG":
        deep = content[24:25] == b"\x10" and image.mode != "I;16"
    else:
        bits = getattr(image, "tag_v2", {}).get(258, ()) if image.format == "TIFF" else ()
        deep = len(bits) >= 3 and set(bits) == {16} and image.mode in ("RGB", "RGBA")
    if not deep:
        return None
    whole = [] if image.format == "PNG" else ["-frame_size", str(len(content))]
    demuxer = [*whole, "-f", f"{str(image.format).lower()}_pipe"]
    arguments = ["-noautorotate", *demuxer, "-i", "pipe:"]
    arguments += ["-frames:v", "1", "-f", "rawvideo", "-pix_fmt", "rgb48le", "pipe:"]
    pixels = np.frombuffer(ffmpeg.run(arguments, what="reading 16 bits", content=content), "<u2")
    return pixels.reshape(image.height, image.width, 3)
