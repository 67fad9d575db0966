"""What this machine is, and what that means for the hours ahead, told without TensorFlow."""

from __future__ import annotations

import platform
import shutil
import subprocess
from importlib import metadata
from pathlib import Path

import ipywidgets as widgets

from .. import __version__, wording
from ..config import PRESETS
from ..storage import colab, drive
from . import style, time_estimate

_LOW_DISK_BYTES = 2e9
_SUGGESTED_CROPS = 300  # as many as the form for them suggests; a fifth is held out


def report() -> widgets.VBox:
    """Returns versions, the GPU or that there is none and what it means in hours, free space."""
    gpu = gpu_name()
    versions = {
        "colab_pix2pix": __version__,
        "Python": platform.python_version(),
        "TensorFlow": version_of("tensorflow"),
        "ipywidgets": version_of("ipywidgets"),
    }
    free = shutil.disk_usage(Path.home()).free
    rows = [
        style.line("Ready", "title"),
        style.named_values(versions | {"Free disk": wording.bytes_in_words(free)} | drive_space()),
        style.line(f"GPU: {gpu}." if gpu else _no_gpu_advice(), "good" if gpu else "hint"),
        style.line(_training_times(gpu)),
    ]
    if free < _LOW_DISK_BYTES:
        rows.append(style.line("The disk is nearly full: long videos may not fit.", "warning"))
    panel = widgets.VBox([style.style_sheet(), widgets.HTML("".join(rows))])
    return panel.add_class("cp").add_class("cp-panel").add_class("cp-machine")


def drive_space() -> dict[str, str]:
    """Returns how much is free on Google Drive, to be shown; {} where none is mounted."""
    if not drive.is_drive(colab.MOUNT_POINT):
        return {}
    try:
        return {"Free on Drive": wording.bytes_in_words(drive.free_bytes(colab.MOUNT_POINT))}
    except OSError as error:
        return {"Drive": f"does not answer ({error.strerror})"}


def gpu_name() -> str:
    """Returns the name of the first NVIDIA GPU, or "" when there is none."""
    program = shutil.which("nvidia-smi")
    if program is None:
        return ""
    command = [program, "--query-gpu=name", "--format=csv,noheader"]
    query = subprocess.run(
        command, capture_output=True, text=True, timeout=20, check=False, start_new_session=True
    )
    # Without a working driver the program is there, fails, and says so on its output.
    return query.stdout.strip().splitlines()[0] if query.returncode == 0 and query.stdout else ""


def version_of(package: str) -> str:
    """Returns the installed version of a package, or "missing"."""
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return "missing"


def _training_times(gpu: str) -> str:
    """Returns how long each preset takes here, with as many crops as are suggested."""
    times = []
    for name, preset in PRESETS.items():
        seconds = time_estimate.estimate(preset.config, _SUGGESTED_CROPS * 4 // 5, gpu).seconds
        times.append(f"{name} about {wording.estimate_in_words(seconds)}")
    return f"Training with {_SUGGESTED_CROPS} crops takes here, by the preset: {', '.join(times)}."


def _no_gpu_advice() -> str:
    advice = "No GPU here: training works, but the larger presets take ten times as long."
    if colab.in_colab():
        advice += " To switch one on: Runtime > Change runtime type > T4 GPU, then run this again."
    return advice
