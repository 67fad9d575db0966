"""The public names of the package, grouped by subject; mkdocstrings fills in their docstrings."""

from __future__ import annotations

import colab_pix2pix

GROUPS = {
    "A video, and crops": (
        "download download_all list_formats sample_video extract_frames extract_many import_pictures"
        " import_pairs mark choose split contact_sheet pack unpack Dataset Crop"
    ),
    "Training": "train TrainingResult status verify keep_milestone drill",
    "What the model makes": "apply export distill report choose_state serve share publish",
    "Options": "TrainConfig FramesConfig CurateConfig PicturesConfig VideoConfig ShareConfig PRESETS",
    "Projects and machines": "Project projects project_root in_colab doctor release_runtime",
    "In a notebook": "forms steps Gallery TrainingPanel",
    "Events": "events",
    "Errors": (
        "Pix2PixError OptionError ProjectError VideoError DownloadError DatasetError TrainingError"
        " CheckpointError IncompatibleRunError TakenOverError ExportError DriveError HubError errors"
    ),
}
#: Modules whose members are listed; of the others only what their docstring says.
WHOLE = {"events", "steps", "forms"}
#: The fields of an option class are on the page of options.
FIELDS_ELSEWHERE = "Config"


def place(name: str) -> str:
    """Returns where a public name is defined."""
    home = colab_pix2pix._HOME.get(name)
    return (
        f"colab_pix2pix.{home}.{name}" if home else f"colab_pix2pix.{colab_pix2pix._MODULES[name]}"
    )


def entry(name: str) -> str:
    """Returns what mkdocstrings makes the entry of."""
    lines = [f"::: {place(name)}"]
    if name.endswith(FIELDS_ELSEWHERE):
        lines += ["    options:", "      members: [preset]"]
    elif name in WHOLE:
        lines += ["    options:", "      members: true"]
    elif name in colab_pix2pix._MODULES:
        lines += ["    options:", "      members: false"]
    return "\n".join(lines)


def made(address: str) -> str:
    """Returns a section for each subject, as Markdown."""
    parts = []
    for title, names in GROUPS.items():
        parts.append(f"## {title}")
        parts += [entry(name) for name in names.split()]
    return "\n\n".join(parts)
