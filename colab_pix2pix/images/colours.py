"""Pictures of all modes become 8 bits of red, green and blue, in the colours of sRGB."""

from __future__ import annotations

import io
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from PIL import Image, ImageCms, ImageOps

_DEEP_MODES = ("I", "F")
_FULL_16_BITS = 257  # 65 535 / 255
_INPUTS = {"RGB ": "RGB", "GRAY": "L", "CMYK": "CMYK", "Lab ": "LAB"}


@dataclass(frozen=True)
class Reading:
    """How pictures are read whose pixels leave a choice.

    Attributes:
        background: Red, green and blue, 0 to 255, of what shows through transparent pixels.
        levels: Which values of a picture of more than 8 bits become black and white; None takes
            the darkest and the brightest of each picture.
    """

    background: tuple[int, int, int] = (255, 255, 255)
    levels: tuple[float, float] | None = None


def upright_rgb(
    image: Image.Image, reading: Reading = Reading(), deep: np.ndarray | None = None
) -> Image.Image:
    """Returns an image turned as its EXIF data says, with 8 bits of red, green and blue.

    An embedded colour profile is converted to sRGB. Transparent pixels show the background: what
    colour lies hidden under them does not matter.

    Args:
        image: Of any mode.
        reading: The background, and the levels of a picture of more than 8 bits.
        deep: The pixels of a coloured image with all their bits, `(height, width, 3)`.
    """
    alpha = _alpha(image)
    if deep is not None:
        colours = Image.fromarray(_in_8_bits(deep, reading))
    elif is_deep(image):
        colours = Image.fromarray(_in_8_bits(np.asarray(image), reading))
    elif alpha is not None:
        colours = image.convert("RGBA").convert("RGB")
    else:
        colours = image
    rgb = _in_srgb(colours, image.info.get("icc_profile") or b"")
    if alpha is not None:
        canvas = Image.new("RGB", rgb.size, reading.background)
        canvas.paste(rgb, mask=alpha)
        rgb = canvas
    return _turned(rgb, image)


def is_deep(image: Image.Image) -> bool:
    """Returns True for a grey image of more than 8 bits."""
    return image.mode.startswith(_DEEP_MODES)


def is_transparent(image: Image.Image) -> bool:
    """Returns True for an image that something shows through."""
    return _alpha(image) is not None


def _alpha(image: Image.Image) -> Image.Image | None:
    if is_deep(image) or not image.has_transparency_data:
        return None
    alpha = image.convert("RGBA").getchannel("A")
    return None if alpha.getextrema() == (255, 255) else alpha


def _in_8_bits(values: np.ndarray, reading: Reading) -> np.ndarray:
    """Returns uint8: the levels, else the darkest and the brightest value, become 0 and 255."""
    real = values.astype(np.float64)
    known = real[np.isfinite(real)]
    low, high = reading.levels or (known.min(initial=np.inf), known.max(initial=-np.inf))
    if low >= high:  # one even colour has no range of its own
        low, high = 0.0, 255.0 * _FULL_16_BITS
    scaled = (real - low) * (255.0 / (high - low))
    shades: np.ndarray = np.nan_to_num(scaled, nan=0.0).round().clip(0, 255).astype(np.uint8)
    return shades


def _in_srgb(image: Image.Image, profile: bytes) -> Image.Image:
    transform, mode = _transform(profile, image.mode == "LAB")
    if transform is None or (mode in ("CMYK", "L", "LAB") and mode != _family(image)):
        rgb = image.convert("RGB")
    else:
        given = image if image.mode == mode else image.convert(mode)
        converted = ImageCms.applyTransform(given, transform)
        assert converted is not None
        rgb = converted
    rgb = rgb.copy() if rgb is image else rgb
    rgb.info = {}  # Pillow would write the profile into a copy that is converted already
    return rgb


def _family(image: Image.Image) -> str:
    return "L" if image.mode in ("1", "L", "LA") else image.mode


@lru_cache(maxsize=32)
def _transform(profile: bytes, lab: bool) -> tuple[ImageCms.ImageCmsTransform | None, str]:
    """Returns how a profile becomes sRGB, and the mode it is for; None where nothing changes."""
    if not profile and not lab:
        return None, ""
    try:
        given = ImageCms.getOpenProfile(io.BytesIO(profile)) if profile else _lab()
        mode = _INPUTS.get(given.profile.xcolor_space, "")
        if not mode or "sRGB" in ImageCms.getProfileDescription(given):
            return None, ""
        to_srgb = ImageCms.buildTransform(given, ImageCms.createProfile("sRGB"), mode, "RGB")
        return to_srgb, mode
    except (OSError, ImageCms.PyCMSError):  # a damaged profile: shown as if there were none
        return None, ""


def _lab() -> ImageCms.ImageCmsProfile:
    return ImageCms.ImageCmsProfile(ImageCms.createProfile("LAB"))


def _turned(rgb: Image.Image, original: Image.Image) -> Image.Image:
    """Returns an image turned and mirrored as the EXIF data of another one says."""
    try:
        orientation = original.getexif().get(0x0112, 1)
    except (SyntaxError, ValueError, OSError, KeyError, TypeError):  # damaged: shown as it is
        return rgb
    if orientation in (1, None):
        return rgb
    exif = Image.Exif()
    exif[0x0112] = orientation
    rgb.info["exif"] = exif.tobytes()
    turned = ImageOps.exif_transpose(rgb)
    turned.info = {}
    return turned
