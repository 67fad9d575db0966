"""A trained model as files for other programs, with a card that says where it comes from."""

from __future__ import annotations

import json
import shutil
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from . import __version__, events
from .errors import ExportError
from .events import Note, OnEvent
from .files import write_json
from .project import Project
from .storage import copying
from .storage.trouble import explained

if TYPE_CHECKING:
    import numpy as np

    from .model.loading import Trained

#: Format -> the name of the file or folder.
FORMATS = {
    "keras": "generator.keras",
    "h5": "generator.h5",
    "savedmodel": "savedmodel",
    "onnx": "generator.onnx",
    "tflite": "generator.tflite",
}
_COMPARED = 4  # pictures
_CONDITION = ("condition", "blur_factor", "image_size", "output_size")


def export(
    run_dir: Project | Path | str,
    target: Path | str,
    formats: Sequence[str] = ("keras",),
    *,
    generation: str = "last",
    on_event: OnEvent = events.ignore,
) -> list[Path]:
    """Writes a trained generator for other programs.

    Every file is loaded again and compared with the model on held-out crops before any is kept.
    Beside them lie `model-card.md` (what it was trained on, with which options, how well) and
    `condition.json` (how the input is made of a picture).

    Args:
        run_dir: A run that has been saved at least once.
        target: The folder to write into; made where missing.
        formats: Out of keras, h5, savedmodel, onnx, tflite.
        generation: "last", "best" (by the held-out crops), or a number.
        on_event: Told a `Note` for each file, with its difference.

    Returns:
        The files and folders written.

    Raises:
        ExportError: a format is unknown, not installed, or its file differs from the model.
        CheckpointError: the run has nothing saved, or not this generation.

    Example:
        >>> export("runs/flowers", "flowers", ["keras", "onnx"])  # doctest: +SKIP
    """
    from .model.loading import load_trained

    project = run_dir if isinstance(run_dir, Project) else Project(Path(run_dir))
    target = Path(target)
    _check(formats, target)
    trained = load_trained(project, generation)
    from .model.export import export_network  # TensorFlow is loaded by now

    input_image = _input_of_held_out(project, trained)
    with tempfile.TemporaryDirectory() as room:
        for name in dict.fromkeys(formats):
            path = Path(room) / FORMATS[name]
            difference = export_network(trained.generator, path, name, input_image)
            words = f"within {difference:.1g} of the model on {len(input_image)} crops."
            on_event(Note(message=f"{path.name}: {words}"))
        _write_card(project, trained, Path(room), formats)
        # Whole files, one after the other: the target may lie on Google Drive.
        with explained(target):
            for file in sorted(path for path in Path(room).rglob("*") if path.is_file()):
                place = target / file.relative_to(room)
                place.parent.mkdir(parents=True, exist_ok=True)
                copying.put(file, place)
        return [target / made.name for made in sorted(Path(room).iterdir())]


def _check(formats: Sequence[str], target: Path) -> None:
    unknown = [name for name in formats if name not in FORMATS]
    if unknown or not formats:
        raise ExportError(
            f"Received the format {unknown[0]!r}." if unknown else "Received no format.",
            why=f"Expected some of {', '.join(FORMATS)}.",
        )
    if target.exists() and not target.is_dir():
        raise ExportError(f"{target} is a file.", why="Expected a folder, new or old.")


def _input_of_held_out(project: Project, trained: Trained) -> np.ndarray:
    """Returns what the network is fed for a few held-out crops of the run."""
    from .model import conditions
    from .model.dataset import load_pictures, resize_pictures, split_crops
    from .video.archive import unpack

    if not project.dataset_zip.exists():
        raise ExportError(
            f"{project.path} has no dataset.zip.",
            why="Its held-out crops are what the exported files are compared on.",
            fix="Train once more with `colab-pix2pix train`, which packs the crops.",
        )
    config = trained.config
    with tempfile.TemporaryDirectory() as room:
        dataset = unpack(project.dataset_zip, Path(room) / "crops")
        _, held_out = split_crops(dataset, config)
        few = dataset.replace(tuple(held_out[:_COMPARED]))
        pictures = resize_pictures(load_pictures(few, config).held_out, config.image_size)
    input_image, _ = conditions.make_pair(conditions.encode_image(pictures), config)
    fed: np.ndarray = input_image.numpy()
    return fed


def _write_card(project: Project, trained: Trained, target: Path, formats: Sequence[str]) -> None:
    options = trained.config.to_dict()
    facts: dict[str, Any] = {name: options[name] for name in _CONDITION}
    facts |= {"input_channels": trained.config.channels_fed, "values": [-1, 1]}
    write_json(target / "condition.json", facts)
    if samples := project.sample_files():
        shutil.copyfile(samples[-1], target / "sample.jpg")
    card = _card(project, trained, formats, bool(samples))
    (target / "model-card.md").write_text(card, encoding="utf-8")


def _card(project: Project, trained: Trained, formats: Sequence[str], sample: bool) -> str:
    manifest = trained.generation.manifest
    lines = [f"# {project.path.resolve().name}", ""]
    lines += [f"A pix2pix generator, trained with colab_pix2pix {__version__}.", ""]
    if sample:
        lines += ["![Rows of inputs, real pictures and generated ones](sample.jpg)", ""]
    lines += ["## Trained on", "", *_sources(project), ""]
    lines += [
        "Videos and pictures have licences of their own: look at them before you publish this model"
        " or what it makes.",
        "",
        "## How",
        "",
        f"- {manifest['epochs_done']} epochs, {manifest['step']} steps"
        f" (generation {trained.generation.number})",
    ]
    lines += [f"- {_score(manifest['history'])}"] if manifest["history"] else []
    lines += [f"- {name}: {value}" for name, value in sorted(trained.config.to_dict().items())]
    size, channels = trained.config.image_size, trained.config.channels_fed
    lines += [
        "",
        "## Use",
        "",
        f"Takes `(batch, {size}, {size}, {channels})`, gives RGB of the same kind: float32 in"
        " [-1, 1], channels last. `condition.json` says how a picture becomes the input. Formats"
        f" here: {', '.join(formats)}.",
        "",
    ]
    return "\n".join(lines)


def _sources(project: Project) -> list[str]:
    import zipfile

    with zipfile.ZipFile(project.dataset_zip) as archive:
        manifest = json.loads(archive.read("manifest.json"))
    lines = [f"- {len(manifest['crops'])} crops"]
    for facts in manifest["sources"].values():
        words = [facts.get(name, "") for name in ("title", "uploader", "page", "licence")]
        known = ", ".join(word for word in words if word) or facts.get("file", "")
        lines.append(f"- {known}")
    return lines


def _score(history: list[list[Any]]) -> str:
    from .model.reports import last_scored, unpack_history

    last = last_scored(unpack_history(history))
    if last is None:
        return "not measured on held-out crops"
    ssim = f", SSIM {last.held_out_ssim:.3f}" if last.held_out_ssim is not None else ""
    return f"held-out crops at step {last.step}: L1 {last.held_out_l1_loss:.4f}{ssim}"
