"""Picture files of all kinds, as a viewer shows them."""

from __future__ import annotations

import numpy as np
from PIL import Image, ImageOps


def upright_rgb(picture: Image.Image) -> Image.Image:
    """Returns a picture turned as its EXIF data says, with 8 bits of red, green and blue.

    What is transparent keeps its colour. Grey pictures of 16 bits are brought to 8: Pillow alone
    would cut everything brighter than 255 of 65 535 off.
    """
    upright = ImageOps.exif_transpose(picture)
    if upright.mode.startswith("I"):
        bright = np.asarray(upright, np.int64) / 257
        upright = Image.fromarray(bright.round().clip(0, 255).astype(np.uint8))
    return upright.convert("RGB")
