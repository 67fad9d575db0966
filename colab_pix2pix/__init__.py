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
    "HubError": "errors",
    "VideoConfig": "config",
    "FramesConfig": "config",
    "CurateConfig": "config",
    "PicturesConfig": "config",
    "TrainConfig": "config",
    "ShareConfig": "config",
    "PRESETS": "config",
    "Project": "project",
    "projects": "project",
    "Crop": "dataset.manifest",
    "Dataset": "dataset.manifest",
    "download": "downloader.download",
    "download_all": "downloader.download",
    "list_formats": "downloader.download",
    "sample_video": "downloader.download",
    "extract_frames": "dataset.extract",
    "extract_many": "dataset.extract",
    "import_pictures": "dataset.import_images",
    "import_pairs": "dataset.import_images",
    "mark": "dataset.curate",
    "choose": "dataset.curate",
    "split": "dataset.curate",
    "pack": "dataset.curate",
    "unpack": "dataset.curate",
    "contact_sheet": "dataset.curate",
    "train": "workflows.pipeline",
    "TrainingResult": "training.trainer",
    "distill": "workflows.distill",
    "apply": "workflows.apply",
    "export": "workflows.export",
    "report": "workflows.report",
    "publish": "workflows.sharing.publish",
    "serve": "workflows.sharing.serve",
    "share": "workflows.sharing.share",
    "choose_state": "workflows.sharing.choosing",
    "status": "storage.restore",
    "verify": "workflows.verification",
    "keep_milestone": "storage.restore",
    "drill": "workflows.drill",
    "doctor": "workflows.doctor",
    "release_runtime": "workflows.release",
    "in_colab": "storage.colab",
    "project_root": "storage.colab",
    "Gallery": "notebook.gallery.gallery",
    "TrainingPanel": "notebook.panels.training_panel",
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
    shown = importlib.import_module(".default_listener", __name__)
    if shown.takes_listener(value):
        value = shown.with_progress(value)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return __all__
