"""What this machine computes on, and in which number format."""

from __future__ import annotations

import platform
from pathlib import Path

import keras
import numpy as np
import tensorflow as tf

_AMPERE = (8, 0)  # the first GPUs with bfloat16 units
_VOLTA = (7, 0)  # the first with float16 units; Colab's T4 is 7.5


def precision(wanted: str) -> str:
    """Returns the number format to compute in: `wanted`, or for "auto" the fastest good one."""
    if wanted != "auto":
        return wanted
    if gpus := tf.config.list_physical_devices("GPU"):
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
    gpus = tf.config.list_physical_devices("GPU")
    if not gpus:
        return "CPU"
    return str(tf.config.experimental.get_device_details(gpus[0]).get("device_name", "GPU"))


def _cpu_has_bfloat16() -> bool:
    cpu = Path("/proc/cpuinfo")
    flags = cpu.read_text(encoding="utf-8") if cpu.exists() else ""
    return "avx512_bf16" in flags or "amx_bf16" in flags
