"""What the thumbnails of a gallery show, and their style sheet."""

from __future__ import annotations

import zlib
from collections.abc import Sequence

import numpy as np
from PIL import Image

from ...config import TrainConfig
from ...dataset.manifest import Crop, Dataset
from .. import inline_images
from . import variation

PIXELS = 96

#: What of a crop can be shown: what the menu says, and the name.
KINDS = (
    ("the crops", ""),
    ("what the network sees", "input"),
    ("crops as training varies them", "varied"),
    ("what the network sees then", "varied input"),
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


def style_of_page(
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
        address = inline_images.data_address(_thumbnail(dataset, crop, kind, config))
        name = f"{prefix}-{index}"
        rules.append(f".{name}, .cp .{name}:hover {{ background-image: url({address}); }}")
    return f"<style>{' '.join(rules)}</style>"


def _thumbnail(dataset: Dataset, crop: Crop, kind: str, config: TrainConfig) -> Image.Image:
    seen, varied = kind.endswith("input"), kind.startswith("varied")
    partner = crop.input_file if seen else ""
    picture = inline_images.square(dataset.directory / (partner or crop.file), PIXELS)
    # The chances are the crop's own: they stay when the page is turned and turned back.
    chance = np.random.default_rng([config.seed, zlib.crc32(crop.file.encode())])
    if varied:
        picture = Image.fromarray(
            variation.vary_target(
                np.asarray(picture),
                size=PIXELS,
                max_zoom=config.max_zoom,
                flip=config.flip,
                draws=chance.random(4).tolist(),
            )
        )
    if not seen or partner:
        return picture
    picture = inline_images.blurred_grey(picture, config.blur_factor)
    if not varied:
        return picture
    fed = variation.vary_input(
        np.asarray(picture),
        brightness=config.brightness,
        contrast=config.contrast,
        draws=chance.uniform(-1, 1, 2).tolist(),
    )
    return Image.fromarray(fed)
