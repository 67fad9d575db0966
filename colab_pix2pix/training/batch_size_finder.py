"""The largest batch that fits into memory, found by trying."""

from __future__ import annotations

import sys
from collections.abc import Callable

import numpy as np
import tensorflow as tf

from .. import wording
from ..config import TrainConfig
from ..errors import TrainingError
from ..languages import ngettext
from ..model.distributed import DeviceGroup
from ..model.memory import available_bytes, peak_bytes
from ..model.pix2pix import Pix2Pix

SIZES = (1, 2, 4, 8, 16)  # larger ones learn less from each picture
_SAFE_SHARE = 0.8  # of the free memory


def find_batch_size(config: TrainConfig, pictures: np.ndarray) -> int:
    """Returns the largest batch size that fits, up to 16, and forgets what it has learned.

    Each size takes one step of networks that are thrown away. A GPU says by itself that it is full.
    The memory of a CPU is the machine's, and filling it would end the process, so there a size is
    tried only if twice the growth of the last one is free.

    Args:
        config: The options; `precision` must be a number format.
        pictures: The training pictures, as `Pix2Pix.train_on` takes them.

    Raises:
        TrainingError: not even one picture fits.
    """
    step = one_step(config)
    on_gpu = bool(tf.config.get_visible_devices("GPU"))
    return largest_fitting(
        lambda size: step(pictures[:size]),
        most=len(pictures),
        used_bytes=(lambda: 0) if on_gpu else peak_bytes,
        free_bytes=(lambda: sys.maxsize) if on_gpu else available_bytes,
    )


def fits_into_memory(size: int) -> str:
    """Returns the sentence that says which batch size was found."""
    return ngettext(
        "{crops} at a time fits into memory.",
        "{crops} at a time fit into memory.",
        size,
        crops=wording.counted(size, "crop"),
    )


def one_step(
    config: TrainConfig, devices: DeviceGroup = DeviceGroup()
) -> Callable[[np.ndarray], np.ndarray]:
    """Returns what takes a step of new networks, the discriminator's too, and gives its losses.

    Args:
        config: The options; `precision` must be a number format.
        devices: What shares the batch.
    """
    model = Pix2Pix(config, devices)
    return lambda pictures: np.asarray(model.train_on(pictures, config.gan_warmup_steps))


def largest_fitting(
    attempt: Callable[[int], object],
    *,
    most: int,
    used_bytes: Callable[[], int],
    free_bytes: Callable[[], int],
) -> int:
    """Returns the largest of `SIZES` at which `attempt` succeeds.

    Args:
        attempt: Does one step; raises TrainingError when memory is short.
        most: No larger batch is tried.
        used_bytes: Returns the most memory that this process has ever had.
        free_bytes: Returns what is still free.

    Raises:
        TrainingError: the first attempt has failed.
    """
    best = 0
    for size in SIZES:
        if best and size > most:
            break
        before = used_bytes()
        try:
            attempt(size)
        except TrainingError:
            if not best:
                raise
            break
        best = size
        if 2 * (used_bytes() - before) > _SAFE_SHARE * free_bytes():
            break
    return best
