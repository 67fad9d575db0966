"""What the thumbnails of a gallery show, and their style sheet.

Pictures are varied as training does it in `model/conditions.py`, here in NumPy: a gallery must not
load TensorFlow. `tests/notebook/test_gallery.py` compares the two.
"""

from __future__ import annotations

import zlib
from collections.abc import Sequence

import ipywidgets as widgets
import numpy as np
from PIL import Image

from ... import wording
from ...config import Sides, Size, TrainConfig, sides
from ...dataset.manifest import Crop, Dataset
from ...images import network_input
from ...languages import N_, _
from .. import inline_images

PIXELS = 96

#: What of a crop can be shown: what the menu says, and the name.
KINDS = (
    (N_("the crops"), ""),
    (N_("what the network sees"), "input"),
    (N_("crops as training varies them"), "varied"),
    (N_("what the network sees then"), "varied input"),
)

CSS = """
.cp-thumbs { display: flex; flex-flow: row wrap; gap: 6px; overflow: visible; margin: 8px 0 0; }
.cp .cp-thumb, .cp .cp-thumb:hover, .cp .cp-thumb:focus { background-size: cover;
  background-color: rgba(128,128,128,.2); border: 1px solid rgba(128,128,128,.35); box-shadow: none;
  color: #fff; font-size: 11px; line-height: 16px; padding: 74px 4px 0 6px; text-align: left;
  text-shadow: 0 0 3px #000, 0 0 3px #000, 0 0 2px #000; border-radius: 6px; }
.cp .cp-thumb { width: 96px; height: 96px; margin: 0; flex: 0 0 auto; position: relative;
  display: block; }
.cp .cp-thumb:hover, .cp .cp-thumb:focus { border-color: #3b82c4; outline: 2px solid #3b82c4; }
.cp .cp-thumb.mod-active { filter: grayscale(1); opacity: .55; border-color: #d6453d; }
.cp .cp-thumb.mod-active::after { content: "\\2715"; position: absolute; right: 5px; top: 5px;
  width: 20px; height: 20px; border-radius: 50%; background: rgba(0,0,0,.7); text-align: center;
  font-size: 12px; line-height: 20px; }
.cp-controls { align-items: center; flex-wrap: wrap; margin: 6px 0 0; }
.cp .cp-controls > * { margin: 2px 10px 2px 0; }
.cp-controls .widget-label { width: auto !important; margin-right: 8px; font-size: 14px;
  color: inherit; }
.cp-controls select, .cp-controls input { font-size: 14px !important; height: 30px !important;
  border-radius: 6px !important; padding: 2px 8px !important; }
"""


#: Of pictures that are no squares, nothing is cut off.
_WHOLE = "background-size: contain; background-repeat: no-repeat; background-position: center;"


def page_style_sheet(
    dataset: Dataset, crops: Sequence[Crop], kind: str, config: TrainConfig, prefix: str
) -> str:
    """Returns a style sheet that makes the picture of each crop the background of its button.

    Args:
        dataset: Where the crops lie.
        crops: Those of the page, in order.
        kind: One of the names in `KINDS`.
        config: How the network's input is made and varied.
        prefix: The classes of the buttons are this, a dash, and a number from 0.
    """
    rules = []
    for index, crop in enumerate(crops):
        picture = _thumbnail(dataset, crop, kind, config)
        name, url = f"{prefix}-{index}", inline_images.data_url(picture)
        whole = "" if picture.width == picture.height else f" {_WHOLE}"
        rules.append(f".{name}, .cp .{name}:hover {{ background-image: url({url});{whole} }}")
    return f"<style>{' '.join(rules)}</style>"


def label(button: widgets.ToggleButton, crop: Crop, number: int) -> None:
    """Writes the number and the marks of a crop on its button, pressed where it is rejected."""
    with button.hold_sync():  # one message instead of three
        button.value = not crop.kept
        button.description = " ".join([str(number), ", ".join(map(_, crop.marks))]).strip()
        time = wording.seconds_in_words(crop.time)
        button.tooltip = _("{file}, {time} into the video", file=crop.file, time=time)


def _thumbnail(dataset: Dataset, crop: Crop, kind: str, config: TrainConfig) -> Image.Image:
    is_input, varied = kind.endswith("input"), kind.startswith("varied")
    partner = crop.input_file if is_input else ""
    # Lines are as wide as a pixel of what the network gets, however small they are shown.
    lines = is_input and config.condition == "edges"
    longest = max(sides(config.image_size)) if lines else PIXELS
    image = inline_images.thumbnail(dataset.directory / (partner or crop.file), longest)
    # The draws are the crop's own: they stay when the page is turned and turned back.
    random = np.random.default_rng([config.seed, zlib.crc32(crop.file.encode())])
    if varied:
        image = _varied_target(image, config, random)
        if config.varied_light == "both":
            image = _varied_light(image, config, random)
    if is_input and not (partner and config.condition != "paired"):
        image = network_input(image, config)
        if varied and config.varied_light == "input":
            image = _varied_light(image, config, random)
    if longest == PIXELS:
        return image
    return image.resize(inline_images.fitted(image.size, PIXELS), Image.Resampling.BOX)


def _varied_target(
    image: Image.Image, config: TrainConfig, random: np.random.Generator
) -> Image.Image:
    varied = vary_target(
        np.asarray(image),
        size=Sides(*image.size),
        max_zoom=config.max_zoom,
        flip=config.flip,
        draws=random.random(4).tolist(),
    )
    return Image.fromarray(varied)


def _varied_light(
    image: Image.Image, config: TrainConfig, random: np.random.Generator
) -> Image.Image:
    varied = vary_input(
        np.asarray(image),
        brightness=config.brightness,
        contrast=config.contrast,
        draws=random.uniform(-1, 1, 2).tolist(),
    )
    return Image.fromarray(varied)


def vary_target(
    picture: np.ndarray, *, size: Size, max_zoom: float, flip: bool, draws: Sequence[float]
) -> np.ndarray:
    """Returns a picture zoomed, cropped and mirrored by chance.

    Args:
        picture: uint8 `(height, width, channels)`.
        size: Of the result.
        max_zoom: It is shown at 1 to this many times its size.
        flip: Whether half of the pictures are mirrored.
        draws: Four numbers from 0 to 1: zoom, left, top, mirrored or not.

    Returns:
        uint8 `(height, width, channels)`.
    """
    made = sides(size)
    side = 1.0 / (1.0 + draws[0] * (max_zoom - 1.0))
    left, top = draws[1] * (1.0 - side), draws[2] * (1.0 - side)
    across = np.linspace(left, left + side, made.width) * (picture.shape[1] - 1)
    down = np.linspace(top, top + side, made.height) * (picture.shape[0] - 1)
    if draws[3] < (0.5 if flip else 0.0):
        across = across[::-1]
    cropped = _interpolate(_interpolate(picture.astype(np.float32), down, 0), across, 1)
    return _uint8(cropped)


def vary_input(
    picture: np.ndarray, *, brightness: float, contrast: float, draws: Sequence[float]
) -> np.ndarray:
    """Returns an input image with its brightness and contrast changed by chance.

    Args:
        picture: uint8 `(height, width)` or `(height, width, channels)`.
        brightness: Up to this share of white is added or taken away.
        contrast: It grows or shrinks by up to this share.
        draws: Two numbers from -1 to 1: contrast, brightness.

    Returns:
        uint8 of the same shape.
    """
    pixels = picture.astype(np.float32)
    mean = pixels.mean()
    varied = (pixels - mean) * (1.0 + contrast * draws[0]) + mean + 255 * brightness * draws[1]
    return _uint8(varied)


def _uint8(pixels: np.ndarray) -> np.ndarray:
    rounded: np.ndarray = pixels.round().clip(0, 255).astype(np.uint8)
    return rounded


def _interpolate(pixels: np.ndarray, positions: np.ndarray, axis: int) -> np.ndarray:
    """Returns the pixels at positions between them along an axis, linearly."""
    low = np.clip(np.floor(positions).astype(int), 0, pixels.shape[axis] - 1)
    high = np.minimum(low + 1, pixels.shape[axis] - 1)
    share = (positions - low).reshape((-1, 1, 1) if axis == 0 else (1, -1, 1)).astype(np.float32)
    pixels = pixels.take(low, axis) * (1 - share) + pixels.take(high, axis) * share
    return pixels
