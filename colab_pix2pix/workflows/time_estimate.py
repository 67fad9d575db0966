"""How long a training will take on this machine: an estimate, and it is called one.

The time of a crop grows with its pixels and with the width of the network. A run that was measured
on this machine gives the scale; where there is none, a table does.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .. import files, wording
from ..config import TrainConfig, sides
from ..errors import OptionError, TrainingError
from ..languages import _
from ..training.devices.gpu import nvidia_gpus
from ..training.devices.try_out import Trial, try_out

_SIZES = ("image_size", "base_filters", "batch_size")
_WIDTH_POWER = 1.3  # wide layers take more, the first and last ones do not
#: Seconds for a crop of any size, and for a megapixel at width 1 on top. Measured on two cores of a
#: server's CPU, and half as much again, for others; the GPU's are reckoned for a T4, not measured.
_TYPICAL_SECONDS = {"CPU": (0.012, 0.030), "GPU": (0.006, 0.0030)}


@dataclass(frozen=True)
class Estimate:
    """How long a training takes.

    Attributes:
        seconds: For all its epochs.
        measured: True when it rests on a run on this machine, False when on a table.
    """

    seconds: float
    measured: bool


def estimate(config: TrainConfig, crops: int, device: str) -> Estimate:
    """Returns about how long training takes.

    Args:
        config: The options; `minutes` is left out of account.
        crops: How many crops are trained on.
        device: The name of the GPU, or "" for none.
    """
    factor = _measured_factor(config, device)
    crop_seconds = _crop_seconds(config, device) * (factor or 1.0)
    return Estimate(crop_seconds * crops * config.epochs, factor is not None)


def in_words(config: TrainConfig, crops: int, device: str) -> str:
    """Returns the sentence that says how long training takes.

    Args:
        config: The options.
        crops: How many crops are trained on.
        device: The name of the GPU, or "" for none.
    """
    found = estimate(config, crops, device)
    if config.minutes:
        passes = max(1, round(config.minutes * 60 * config.epochs / found.seconds))
        return _(
            "It will end after about {time}: about {passes} over your crops.",
            time=wording.seconds_in_words(config.minutes * 60),
            passes=wording.counted(passes, "pass", "passes"),
        )
    return _(
        "From nothing to the last epoch about {time} with the {crops} that it learns from, on"
        " {device}: an estimate, from {source}.",
        time=wording.estimate_in_words(found.seconds),
        crops=wording.counted(crops, "crop"),
        device=device or _("a CPU"),
        source=_("the last run on this machine") if found.measured else _("what is usual"),
    )


def gpu_name() -> str:
    """Returns the name of the NVIDIA GPU that trains, or "" when there is none, or it can't."""
    trial = full_network_trial()
    return trial.gpu if trial.usable else ""


def full_network_trial() -> Trial:
    """Returns what the GPU makes of the full network; one that is too small for it may train."""
    try:
        return try_out(TrainConfig())
    except TrainingError as error:
        gpus = nvidia_gpus()[0]
        name = gpus[0].name if gpus else ""
        return Trial(gpu=name, usable=True, reason=_("For the full network: {error}", error=error))


def record_speed(config: TrainConfig, steps_per_second: float, device: str) -> None:
    """Keeps the speed of a run on this machine for later estimates.

    Args:
        config: The options that the run had: a batch size of 0 was filled in.
        steps_per_second: How fast it was.
        device: The name of the GPU, or "" for none.

    Raises:
        OptionError: the batch size is 0: a step may have had any number of crops.
    """
    if not config.batch_size:
        raise OptionError(
            _("{name}: received {value}.", name="batch_size", value=0),
            why=_("Expected what the run has found to fit."),
        )
    options = {name: getattr(config, name) for name in _SIZES}
    crop_seconds = 1.0 / (steps_per_second * config.batch_size)
    entry = {"options": options, "crop_seconds": crop_seconds}
    _file().parent.mkdir(parents=True, exist_ok=True)
    files.write_json(_file(), _measured() | {device: entry})


def _crop_seconds(config: TrainConfig, device: str) -> float:
    fixed, per_megapixel = _TYPICAL_SECONDS["GPU" if device else "CPU"]
    megapixels: float = math.prod(sides(config.image_size)) / 1e6
    return fixed + per_megapixel * megapixels * float(config.base_filters**_WIDTH_POWER)


def _measured() -> dict[str, Any]:
    return files.read_json_if_whole(_file())


def _measured_factor(config: TrainConfig, device: str) -> float | None:
    """Returns how many times longer than by the table a crop takes here; None if nobody knows."""
    entry = _measured().get(device)
    if not entry or not files.has_types(entry, options=dict, crop_seconds=float):
        return None
    try:
        measured = config.replace(**{name: entry["options"][name] for name in _SIZES})
    except (KeyError, OptionError):
        return None
    if entry["crop_seconds"] <= 0:
        return None
    return float(entry["crop_seconds"]) / _crop_seconds(measured, device)


def _file() -> Path:
    return files.cache_dir() / "speed.json"
