"""How much memory this process has had, how much more it may have, and what training takes."""

from __future__ import annotations

import math
import resource
import sys
from pathlib import Path

from ..config import TrainConfig, sides
from ..errors import TrainingError
from ..languages import _
from ..wording import bytes_in_words, counted

_MEMINFO = Path("/proc/meminfo")
#: What a container may have and has, in bytes: version 2 of Linux' control groups, and version 1.
_CONTAINER = (
    ("/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory.current"),
    (
        "/sys/fs/cgroup/memory/memory.limit_in_bytes",
        "/sys/fs/cgroup/memory/memory.usage_in_bytes",
    ),
)
#: Measured on a CPU from 256 to 1024 pixels, 16 to 64 filters, 1 to 8 pictures, to within a tenth:
#: each weight, its gradient, its two moments and its mean; each pixel of a layer as wide as the
#: first, in either network, forwards and back; each pixel of a picture; and what does not grow.
_BYTES_OF_A_WEIGHT, _BYTES_OF_A_FEATURE, _BYTES_OF_A_PIXEL, _BYTES_AT_LEAST = 16, 12, 100, 10**8


def peak_bytes() -> int:
    """Returns the most memory that this process has ever had."""
    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit


def available_bytes() -> int:
    """Returns how much more memory there is before the system ends a process.

    Pages that only repeat what is on a disc count as free. A very large number where nobody tells
    (macOS).
    """
    return min(_machine_bytes(), *(_container_bytes(*files) for files in _CONTAINER))


def _machine_bytes() -> int:
    try:
        for line in _MEMINFO.read_text(encoding="utf-8").splitlines():
            if line.startswith("MemAvailable:"):
                return int(line.split()[1]) * 1024
    except OSError:
        pass  # no Linux
    return sys.maxsize


def _container_bytes(limit: str, used: str) -> int:
    try:
        return max(0, int(Path(limit).read_text()) - int(Path(used).read_text()))
    except (ValueError, OSError):  # no container, or one without a limit ("max")
        return sys.maxsize


def training_bytes(config: TrainConfig, batch_size: int) -> int:
    """Returns about how much memory the networks and a step of their training take on a CPU."""
    pixels = math.prod(sides(config.image_size))
    made = math.prod(sides(config.made_size))
    judge = config.discriminator_filters or config.base_filters
    features = pixels * config.base_filters + made * judge
    each = _BYTES_OF_A_PIXEL * pixels + _BYTES_OF_A_FEATURE * features
    return _BYTES_AT_LEAST + _BYTES_OF_A_WEIGHT * _weights(config) + batch_size * each


def _weights(config: TrainConfig) -> int:
    """Returns about how many weights the generator has: those of its convolutions."""
    filters = [min(config.base_filters << n, config.widest_layer) for n in range(config.levels)]
    down: int = sum(a * b for a, b in zip([config.channels_fed, *filters], filters, strict=False))
    above = [2 * width for width in filters[:-1]] + filters[-1:]
    up = sum(a * b for a, b in zip([3, *filters], above, strict=False))
    return 16 * (down + up)


def check_training(config: TrainConfig, batch_size: int) -> None:
    """Refuses what the memory of a CPU can't hold: the system would end the process, silently.

    Args:
        config: The options.
        batch_size: How many crops a step looks at here.

    Raises:
        TrainingError: there is too little memory; it says with what there is enough.
    """
    free, needed = available_bytes(), training_bytes(config, batch_size)
    if needed <= free:
        return
    raise TrainingError(
        _(
            "Training would take about {size} of memory; {free} are free.",
            size=bytes_in_words(needed),
            free=bytes_in_words(free),
        ),
        why=_(
            "A step looks at {crops} of {size} pixels, and the network is {width} wide.",
            crops=counted(batch_size, "crop"),
            size=sides(config.image_size),
            width=config.base_filters,
        ),
        fix=_what_fits(config, batch_size, free),
    )


def _what_fits(config: TrainConfig, batch_size: int, free: int) -> str:
    """Says which options, changed as little as it takes, so many bytes are enough for."""
    for size in range(batch_size - 1, 0, -1):
        if training_bytes(config, size) <= free:
            return _("Choose {what}.", what=f"batch_size {size}")
    for width in range(config.base_filters - 1, 3, -1):
        narrower = config.replace(base_filters=width)
        if training_bytes(narrower, 1) <= free:
            return _(
                "Choose batch_size {n} and base_filters {width} in a new run.", n=1, width=width
            )
    return _("Choose a smaller image_size in a new run, or a machine with more memory.")
