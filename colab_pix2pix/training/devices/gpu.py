"""NVIDIA GPUs as their driver tells of them: no TensorFlow is loaded for it."""

from __future__ import annotations

import ast
import contextlib
import importlib.util
import re
import shutil
import subprocess
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import Any

from ...languages import _
from .child import run_bounded

_PATIENCE_SECONDS = 20.0  # a driver that is stuck never answers
#: What there is where a GPU may be, of whatever maker and system.
_SIGNS = ("/dev/nvidiactl", "/dev/nvidia0", "/dev/dxg", "/dev/kfd")
#: The oldest driver that a CUDA of this number works with: CUDA Toolkit Release Notes, table 2.
_OLDEST_DRIVERS = {11: (450, 80), 12: (525, 60), 13: (580, 65)}


@dataclass(frozen=True, kw_only=True)
class Gpu:
    """One GPU.

    Attributes:
        name: What its maker calls it.
        driver: The driver's version, as 535.104.05.
        compute_capability: What NVIDIA calls its generation, as (7, 5); None where an old driver
            does not tell.
        memory_bytes: All of its memory.
    """

    name: str
    driver: str
    compute_capability: tuple[int, int] | None
    memory_bytes: float


def nvidia_gpus() -> tuple[list[Gpu], str]:
    """Returns the GPUs, and why their driver tells of none.

    Returns:
        The GPUs, [] where there are none; and "" or, where `nvidia-smi` is there and fails, its
        own words. A machine without a GPU may have the program all the same.
    """
    lines, problem = _query("name,driver_version,memory.total,compute_cap")
    if problem:  # drivers before 510 don't know the last one
        lines, problem = _query("name,driver_version,memory.total")
    return [_gpu(line) for line in lines], problem


def may_be_here() -> bool:
    """Returns False where there is no GPU for sure; costs nothing."""
    return shutil.which("nvidia-smi") is not None or any(Path(sign).exists() for sign in _SIGNS)


def why_not(found: Gpu) -> str:
    """Returns what is known to keep the installed TensorFlow from a GPU, with what to do; or "".

    Only a try shows what is so: kernels for older GPUs are at times translated for newer ones.
    """
    built, tensorflow = build(), f"TensorFlow {version_of('tensorflow')}"
    if built.get("is_cuda_build") is False:
        return _(
            "{tensorflow} is built without CUDA. Install colab-pix2pix[gpu] on Linux.",
            tensorflow=tensorflow,
        )
    cuda = str(built.get("cuda_version", ""))
    oldest = _OLDEST_DRIVERS.get(_numbers(cuda)[0])
    if found.driver and oldest and _numbers(found.driver)[:2] < oldest:
        return _(
            "its driver {driver} is too old for CUDA {cuda}, which {tensorflow} uses. Install"
            " driver {oldest} or a newer one.",
            driver=found.driver,
            cuda=cuda,
            tensorflow=tensorflow,
            oldest=f"{oldest[0]}.{oldest[1]}",
        )
    if not has_kernels(found):
        assert found.compute_capability is not None
        number = ".".join(map(str, found.compute_capability))
        return _(
            "{tensorflow} has no kernels for its compute capability {number}.",
            tensorflow=tensorflow,
            number=number,
        )
    return ""


def has_kernels(found: Gpu) -> bool:
    """Returns whether TensorFlow brings programs for a GPU; True where nobody knows."""
    names = [str(name) for name in build().get("cuda_compute_capabilities", ())]
    digits = [number for name in names if (number := re.search(r"_(\d+)", name))]  # also of sm_90a
    targets = [divmod(int(number[1]), 10) for number in digits]
    if not targets or found.compute_capability is None:
        return True
    major, minor = found.compute_capability
    return any(one[0] == major and one[1] <= minor for one in targets)


def version_of(package: str) -> str:
    """Returns the installed version of a package, or "missing"."""
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return "missing"


def _query(fields: str) -> tuple[list[str], str]:
    """Returns what nvidia-smi answers, a line for each GPU; and its words where it fails."""
    program = shutil.which("nvidia-smi")
    if program is None:
        return [], ""
    command = [program, f"--query-gpu={fields}", "--format=csv,noheader,nounits"]
    try:
        query = run_bounded(command, patience_seconds=_PATIENCE_SECONDS)
    except subprocess.TimeoutExpired:
        return [], f"no answer for {_PATIENCE_SECONDS:.0f} s"
    except OSError as error:  # found, and no program for this machine
        return [], str(error.strerror)
    # Without a working driver the program is there, fails, and says so on its output.
    if query.status:
        words = (query.output or query.errors).strip().splitlines()
        return [], words[0] if words else f"exit status {query.status}"
    return query.output.strip().splitlines(), ""


def _gpu(line: str) -> Gpu:
    name, driver, memory, capability, *_ = [part.strip() for part in line.split(",")] + [""] * 3
    major, minor, *_ = [*_numbers(capability), 0, 0]
    return Gpu(
        name=name,
        driver=driver,
        compute_capability=(major, minor) if major else None,
        memory_bytes=_numbers(memory)[0] * 2.0**20,
    )


def _numbers(version: str) -> tuple[int, ...]:
    parts = version.split(".")
    return tuple(int(part) for part in parts if part.isdigit()) or (0,)


def build() -> dict[str, Any]:
    """Returns what TensorFlow was built with, read from its file: loading it takes seconds.

    {} where nobody knows.
    """
    spec = importlib.util.find_spec("tensorflow")
    for folder in spec.submodule_search_locations or () if spec else ():
        path = Path(folder, "python", "platform", "build_info.py")
        text = path.read_text(encoding="utf-8") if path.exists() else ""
        call = text.rpartition("OrderedDict(")[2].strip().removesuffix(")")
        with contextlib.suppress(ValueError, SyntaxError):  # another form: nothing is known
            return dict(ast.literal_eval(call))
    return {}
