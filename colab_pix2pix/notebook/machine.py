"""What this machine is, and what that means for the hours ahead.

TensorFlow is not loaded in this process for it; a GPU is tried in another one.
"""

from __future__ import annotations

import platform
import shutil
from pathlib import Path

import ipywidgets as widgets

from .. import __version__, wording
from ..config import PRESETS
from ..languages import _
from ..storage import colab, drive
from ..training.devices.gpu import nvidia_gpus, version_of
from ..training.devices.try_out import Trial, leave_out_unusable
from ..workflows import time_estimate
from . import style

_LOW_DISK_BYTES = 2e9
_SUGGESTED_CROPS = 300  # as many as the form for them suggests; a fifth is held out


def report() -> widgets.VBox:
    """Returns versions, the GPU or that there is none and what it means in hours, free space.

    A GPU takes one step of the full network first, which takes some seconds and is remembered; one
    that can't is left out from here on.
    """
    gpus = nvidia_gpus()[0]
    trial = time_estimate.full_network_trial()
    leave_out_unusable(trial)
    versions = {
        "colab_pix2pix": __version__,
        "Python": platform.python_version(),
        "TensorFlow": version_of("tensorflow"),
        "ipywidgets": version_of("ipywidgets"),
    }
    free = shutil.disk_usage(Path.home()).free
    rows = [
        style.line(_("Ready"), "title"),
        style.named_values(
            versions | {_("Free disk"): wording.bytes_in_words(free)} | drive_space()
        ),
        _gpu_line(gpus[0].name if gpus else "", trial),
        style.line(_training_times(trial.gpu if trial.usable else "")),
    ]
    if free < _LOW_DISK_BYTES:
        rows.append(style.line(_("The disk is nearly full: long videos may not fit."), "warning"))
    panel = widgets.VBox([style.style_sheet(), widgets.HTML("".join(rows))])
    return panel.add_class("cp").add_class("cp-panel").add_class("cp-machine")


def drive_space() -> dict[str, str]:
    """Returns how much is free on Google Drive, to be shown; {} where none is mounted."""
    if not drive.is_drive(colab.MOUNT_POINT):
        return {}
    try:
        return {_("Free on Drive"): wording.bytes_in_words(drive.free_bytes(colab.MOUNT_POINT))}
    except OSError as error:
        return {"Drive": _("does not answer ({reason})", reason=error.strerror)}


def _gpu_line(gpu: str, trial: Trial) -> str:
    """Returns what the GPU is good for, or that there is none."""
    if not gpu:
        return style.line(_no_gpu_advice(), "hint")
    if trial.usable:
        return style.line(f"GPU: {gpu}. {trial.reason}".rstrip(), "good")
    return style.line(
        trial.sentence or _("GPU: {gpu}, hidden by CUDA_VISIBLE_DEVICES.", gpu=gpu), "warning"
    )


def _training_times(gpu: str) -> str:
    """Returns how long each preset takes here, with as many crops as are suggested."""
    times = []
    for name, preset in PRESETS.items():
        seconds = time_estimate.estimate(preset.config, _SUGGESTED_CROPS * 4 // 5, gpu).seconds
        time = wording.estimate_in_words(seconds)
        times.append(_("{preset} about {time}", preset=name, time=time))
    return _(
        "Training with {count} crops takes here, by the preset: {times}.",
        count=_SUGGESTED_CROPS,
        times=", ".join(times),
    )


def _no_gpu_advice() -> str:
    advice = _("No GPU here: training works, but the larger presets take ten times as long.")
    if colab.in_colab():
        advice += " " + _(
            "To switch one on: Runtime > Change runtime type > T4 GPU, then run this again."
        )
    return advice
