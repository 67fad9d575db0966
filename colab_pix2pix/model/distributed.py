"""What trains: this machine, or several GPUs or machines together (`tf.distribute`).

Each of them takes its share of every batch, so the global batch and the order of the pictures are
the same whatever their number. Batch normalization looks at each share alone, as it does elsewhere.
"""

from __future__ import annotations

import contextlib
import functools
import json
import os
import platform
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from ..config import TrainConfig
from ..errors import TrainingError
from ..languages import _

_AMPERE = (8, 0)  # the first GPUs with bfloat16 units
_VOLTA = (7, 0)  # the first with float16 units; Colab's T4 is 7.5


@dataclass(frozen=True)
class DeviceGroup:
    """What trains together.

    Attributes:
        strategy: TensorFlow's, or None for one device alone.
        machines: How many processes there are; each has this object.
        chief: True in the one process that writes; the others only compute.
    """

    strategy: Any = None
    machines: int = 1
    chief: bool = True

    @property
    def size(self) -> int:
        """How many devices share a batch."""
        return int(self.strategy.num_replicas_in_sync) if self.strategy else 1

    def scope(self) -> AbstractContextManager[Any]:
        """Returns the context in which variables are made for all devices."""
        return self.strategy.scope() if self.strategy else contextlib.nullcontext()

    def any(self, flag: bool) -> bool:
        """Returns whether a flag is up in any of the processes; all of them have to ask."""
        if self.machines == 1:
            return flag
        return float(_sum_over(self.strategy)(tf.constant(1.0 if flag else 0.0))) > 0

    def check_options(self, config: TrainConfig) -> None:
        """Refuses what several machines would each measure for themselves.

        Raises:
            TrainingError: the batch size is to be found, or the epochs from minutes.
        """
        if self.machines > 1 and (config.minutes or not config.batch_size):
            name = "minutes" if config.minutes else "batch_size 0"
            raise TrainingError(
                _("Received {name} for {machines} machines.", name=name, machines=self.machines),
                why=_("Each would measure another speed or memory, and they have to do the same."),
                fix=_("Give epochs and a batch_size."),
            )

    def check(self, config: TrainConfig) -> None:
        """Refuses a batch that can't be shared.

        Raises:
            TrainingError: the batch size is no multiple of the number of devices.
        """
        if config.batch_size % self.size:
            raise TrainingError(
                _(
                    "batch_size: received {batch_size} for {size} devices.",
                    batch_size=config.batch_size,
                    size=self.size,
                ),
                why=_("Expected a multiple of their number, so that each gets an equal share."),
                fix=_("Choose {n}.", n=-(-config.batch_size // self.size) * self.size),
            )


def detect_devices() -> DeviceGroup:
    """Returns all GPUs of this machine, or the machines that `TF_CONFIG` names.

    Raises:
        TrainingError: `TF_CONFIG` can't be read.
    """
    workers, chief = _cluster()
    if workers > 1:
        return DeviceGroup(tf.distribute.MultiWorkerMirroredStrategy(), workers, chief)
    if len(tf.config.get_visible_devices("GPU")) > 1:
        return DeviceGroup(tf.distribute.MirroredStrategy())
    return DeviceGroup()


def _cluster() -> tuple[int, bool]:
    """Returns how many processes there are, and whether this one is their chief, which writes.

    Raises:
        TrainingError: `TF_CONFIG` can't be read.
    """
    text = os.environ.get("TF_CONFIG", "")
    if not text.strip():
        return 1, True
    try:
        config = json.loads(text)
        cluster, task = config["cluster"], config["task"]
        workers = sum(len(cluster.get(kind, ())) for kind in ("chief", "worker"))
        first = "chief" if cluster.get("chief") else "worker"
        return workers, task["type"] == first and int(task["index"]) == 0
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise TrainingError(
            _("{name}: received {value}.", name="TF_CONFIG", value=repr(text)),
            why=_(
                'Expected {"cluster": {"worker": ["host:port", ...]}, "task": {"type":'
                ' "worker", "index": 0}}.'
            ),
            fix=_("Correct the environment variable, or unset it to train on one machine."),
        ) from error


@functools.cache
def _sum_over(strategy: Any) -> Callable[[tf.Tensor], tf.Tensor]:
    """Returns a compiled function that adds a number of each process up."""

    def add(number: tf.Tensor) -> tf.Tensor:
        return strategy.reduce("SUM", strategy.run(tf.identity, (number,)), axis=None)

    compiled: Callable[[tf.Tensor], tf.Tensor] = tf.function(add, autograph=False)
    return compiled


def precision(wanted: str) -> str:
    """Returns the number format to compute in: `wanted`, or for "auto" the fastest good one."""
    if wanted != "auto":
        return wanted
    if gpus := tf.config.get_visible_devices("GPU"):
        details = tf.config.experimental.get_device_details(gpus[0])
        return of_gpu(tuple(details.get("compute_capability", (0, 0))))
    return "bfloat16" if _cpu_has_bfloat16() else "float32"


def of_gpu(compute_capability: tuple[int, int]) -> str:
    """Returns the number format for a GPU, by what NVIDIA calls its compute capability."""
    if compute_capability >= _AMPERE:
        return "bfloat16"
    return "float16" if compute_capability >= _VOLTA else "float32"


def describe() -> dict[str, str]:
    """Returns device and library versions, for a checkpoint's manifest."""
    return {
        "device": device_name(),
        "python": platform.python_version(),
        "tensorflow": tf.__version__,
        "keras": keras.__version__,
        "numpy": np.__version__,
    }


def device_name() -> str:
    """Returns the name of the first GPU, or "CPU"."""
    gpus = tf.config.get_visible_devices("GPU")
    if not gpus:
        return "CPU"
    return str(tf.config.experimental.get_device_details(gpus[0]).get("device_name", "GPU"))


def _cpu_has_bfloat16() -> bool:
    cpu = Path("/proc/cpuinfo")
    flags = cpu.read_text(encoding="utf-8") if cpu.exists() else ""
    return "avx512_bf16" in flags or "amx_bf16" in flags
