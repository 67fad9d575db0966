"""A network for tests whose subject it is not: little to compile, and one epoch of training."""

from __future__ import annotations

from colab_pix2pix.config import TrainConfig
from colab_pix2pix.options import as_flags

#: Three levels instead of six, and a judge of one layer: half of what a step takes to build.
SMALLEST = TrainConfig(
    image_size=64, base_filters=4, depth=3, patch_layers=1, batch_size=4, epochs=1
)
#: The same for the command line.
FLAGS = [flag for flag in as_flags(SMALLEST) if flag not in as_flags(TrainConfig())]
