"""Train a picture-to-picture model on your own video: `import colab_pix2pix as p2p`.

Names are loaded when they are first used: importing the package takes milliseconds and loads
neither TensorFlow nor ipywidgets nor yt-dlp.
"""

from __future__ import annotations

import importlib
from typing import Any

__version__ = "0.1.0"

_HOME = {
    "Pix2PixError": "errors",
    "OptionError": "errors",
    "ProjectError": "errors",
    "VideoError": "errors",
    "DownloadError": "errors",
    "DatasetError": "errors",
    "TrainingError": "errors",
    "CheckpointError": "errors",
    "IncompatibleRunError": "errors",
    "ExportError": "errors",
    "TakenOverError": "errors",
    "DriveError": "errors",
    "VideoConfig": "config",
    "FramesConfig": "config",
    "CurateConfig": "config",
    "TrainConfig": "config",
    "PRESETS": "config",
    "Project": "project",
    "projects": "project",
    "Crop": "manifest",
    "Dataset": "manifest",
    "download": "video.download",
    "download_all": "video.download",
    "list_formats": "video.download",
    "sample_video": "video.download",
    "extract_frames": "video.frames",
    "extract_many": "video.frames",
    "import_pictures": "video.own",
    "import_pairs": "video.own",
    "mark": "video.curate",
    "choose": "video.curate",
    "split": "video.curate",
    "pack": "video.curate",
    "unpack": "video.curate",
    "contact_sheet": "video.curate",
    "train": "pipeline",
    "TrainingResult": "model.training",
    "apply": "playing",
    "export": "exporting",
    "status": "storage.checkpoints",
    "verify": "storage.checkpoints",
    "keep_milestone": "storage.milestones",
    "release_runtime": "storage.release",
    "in_colab": "storage.drive",
    "project_root": "storage.drive",
    "Gallery": "notebook.gallery",
    "TrainingPanel": "notebook.monitor",
}
_MODULES = {
    "events": "events",
    "errors": "errors",
    "forms": "notebook.forms",
    "steps": "notebook.steps",
}

__all__ = sorted(["__version__", *_HOME, *_MODULES])


def __getattr__(name: str) -> Any:
    if name in _MODULES:
        return importlib.import_module(f".{_MODULES[name]}", __name__)
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(importlib.import_module(f".{_HOME[name]}", __name__), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return __all__
