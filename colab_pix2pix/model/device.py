"""What this machine computes on, and in which number format."""

from __future__ import annotations

import platform
from pathlib import Path

import keras
import numpy as np
import tensorflow as tf

_AMPERE = (8, 0)  # the first GPUs with bfloat16 units


def precision(wanted: str) -> str:
    """Returns the number format to compute in: `wanted`, or for "auto" the fastest good one."""
    if wanted != "auto":
        return wanted
    return "bfloat16" if _computes_bfloat16() else "float32"


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


def _computes_bfloat16() -> bool:
    if gpus := tf.config.list_physical_devices("GPU"):
        details = tf.config.experimental.get_device_details(gpus[0])
        return tuple(details.get("compute_capability", (0, 0))) >= _AMPERE
    cpu = Path("/proc/cpuinfo")
    flags = cpu.read_text(encoding="utf-8") if cpu.exists() else ""
    return "avx512_bf16" in flags or "amx_bf16" in flags
