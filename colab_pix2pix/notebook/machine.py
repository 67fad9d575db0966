"""What this machine is, and what that means for the hours ahead, told without TensorFlow."""

from __future__ import annotations

import platform
import shutil
import subprocess
from importlib import metadata
from pathlib import Path

import ipywidgets as widgets

from .. import __version__
from ..storage import drive
from . import looks

_FEW_BYTES = 2e9


def report() -> widgets.VBox:
    """Returns versions, the GPU or what it means that there is none, and the free disk."""
    gpu = gpu_name()
    versions = {
        "colab_pix2pix": __version__,
        "Python": platform.python_version(),
        "TensorFlow": version_of("tensorflow"),
        "ipywidgets": version_of("ipywidgets"),
    }
    free = shutil.disk_usage(Path.home()).free
    rows = [
        looks.line("Ready", "title"),
        looks.facts(versions | {"Free disk": looks.size(free)}),
        looks.line(f"GPU: {gpu}." if gpu else _without_gpu(), "good" if gpu else "hint"),
    ]
    if free < _FEW_BYTES:
        rows.append(looks.line("The disk is nearly full: long videos may not fit.", "warning"))
    view = widgets.VBox([looks.style(), widgets.HTML("".join(rows))])
    return view.add_class("cp").add_class("cp-panel").add_class("cp-machine")


def gpu_name() -> str:
    """Returns the name of the first NVIDIA GPU, or "" when there is none."""
    program = shutil.which("nvidia-smi")
    if program is None:
        return ""
    command = [program, "--query-gpu=name", "--format=csv,noheader"]
    answer = subprocess.run(
        command, capture_output=True, text=True, timeout=20, check=False, start_new_session=True
    )
    # Without a working driver the program is there, fails, and says so on its output.
    return answer.stdout.strip().splitlines()[0] if answer.returncode == 0 and answer.stdout else ""


def version_of(package: str) -> str:
    """Returns the installed version of a package, or "missing"."""
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return "missing"


def _without_gpu() -> str:
    words = (
        "No GPU here. The quick preset takes minutes all the same; the larger ones take many hours"
        " on a CPU and well under one on a GPU."
    )
    if drive.in_colab():
        words += " To switch one on: Runtime > Change runtime type > T4 GPU, then run this again."
    return words
