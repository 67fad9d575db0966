"""What lies beside an exported model: a card for people, and how its input is made for programs."""

from __future__ import annotations

import shutil
import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ... import __version__
from ...config import Size, sides
from ...dataset import manifest
from ...dataset.counts import counts_in_words
from ...errors import DatasetError
from ...filenames import public_text
from ...files import BROKEN_ARCHIVE, MANIFEST, has_types, json_object, write_json
from ...languages import N_
from ...project import Project
from ...wording import counted

if TYPE_CHECKING:
    from ...model.trained import Trained

_OBLONG_VERSION = 2
#: What to think of before a model is shown to others.
LICENCES = N_(
    "Videos and pictures have licences of their own: look at them before you publish this model"
    " or what it makes."
)


def metadata_of(project: Project, trained: Trained, *, mode: str) -> dict[str, Any]:
    """Returns what a program must know to feed a trained generator.

    Args:
        project: The run, for its name.
        trained: The generator.
        mode: "inference" or "paper".
    """
    config = trained.config
    return {
        "version": 1,
        "name": project.path.resolve().name,
        "step": trained.generation.step,
        "condition": config.condition,
        "blur_factor": config.blur_factor,
        **size_facts(config.image_size, config.made_size),
        "dropout": config.dropout,
        "input_channels": config.channels_fed,
        "values": [-1, 1],
        "mode": mode,
    }


def size_facts(given: Size, made: Size) -> dict[str, int]:
    """Returns what metadata say of the pictures that a generator is given and makes.

    What is oblong has another version: pages of before would take it for squares.
    """
    (width, height), (made_width, made_height) = sides(given), sides(made)
    if width == height:
        return {"image_size": width, "output_size": made_width}
    facts = {"version": _OBLONG_VERSION, "image_width": width, "image_height": height}
    return facts | {"output_width": made_width, "output_height": made_height}


def write_card(
    project: Project,
    trained: Trained,
    target: Path,
    written: Sequence[str],
    metadata: dict[str, Any],
) -> None:
    """Writes `model-card.md`, `condition.json` and, once training has drawn one, `sample.jpg`.

    Args:
        project: The run.
        trained: The generator.
        target: The folder to write into.
        written: A line for each exported file.
        metadata: What `metadata_of` has returned.
    """
    write_json(target / "condition.json", metadata)
    from ...training.artifacts import newest_sample  # NumPy and PyAV: not for --help

    if sample := newest_sample(project):
        shutil.copyfile(sample, target / "sample.jpg")
    card = _card(project, trained, written, bool(sample))
    (target / "model-card.md").write_text(card, encoding="utf-8")


def _card(project: Project, trained: Trained, written: Sequence[str], sample: bool) -> str:
    manifest = trained.generation.manifest
    lines = [f"# {project.path.resolve().name}", ""]
    lines += [f"A pix2pix generator, trained with colab_pix2pix {__version__}.", ""]
    if sample:
        lines += ["![Rows of inputs, real pictures and generated ones](sample.jpg)", ""]
    lines += ["## Trained on", "", *(f"- {line}" for line in _known_sources(project)), ""]
    lines += [
        LICENCES,
        "",
        "## How",
        "",
        f"- {counted(manifest['epochs_done'], 'epoch')}, {counted(manifest['step'], 'step')}"
        f" (generation {trained.generation.number})",
    ]
    lines += [f"- {_score(manifest['history'])}"] if manifest["history"] else []
    lines += [f"- {name}: {value}" for name, value in sorted(trained.config.to_dict().items())]
    size, channels = sides(trained.config.image_size), trained.config.channels_fed
    lines += [
        "",
        "## Use",
        "",
        f"Takes `(batch, {size.height}, {size.width}, {channels})`, gives RGB of the same kind:"
        " float32 in [-1, 1], channels last. `condition.json` says how a picture becomes the"
        " input.",
        "",
        *(f"- {line}" for line in written),
        "",
    ]
    return "\n".join(lines)


def _known_sources(project: Project) -> list[str]:
    try:
        return sources(project)
    except (OSError, *BROKEN_ARCHIVE):
        return ["crops of which nothing is known any more: its `dataset.zip` is missing or damaged"]


def sources(project: Project) -> list[str]:
    """Returns what a run has learned from, a line for each: title, uploader, page, licence.

    Raises:
        OSError, files.BROKEN_ARCHIVE: its `dataset.zip` is missing or damaged.
    """
    with zipfile.ZipFile(project.dataset_zip) as archive:
        content = json_object(archive.read(MANIFEST))
    known = content["sources"].values() if has_types(content, sources=dict) else None
    if known is None or not all(isinstance(source, dict) for source in known):
        raise ValueError(f"{MANIFEST} is odd")
    try:
        lines = [counts_in_words(manifest.from_dict(content, project.dataset_zip))]
    except DatasetError as error:
        raise ValueError(str(error)) from error
    for source in known:
        fields = [source.get(name, "") for name in ("title", "uploader", "page", "licence")]
        line = ", ".join(str(f) for f in fields if f) or str(source.get("file", ""))
        lines.append(public_text(line))
    return lines


def _score(history: list[list[Any]]) -> str:
    from ...events import last_scored, unpack_history

    last = last_scored(unpack_history(history))
    if last is None:
        return "not measured on held-out crops"
    ssim = f", SSIM {last.held_out_ssim:.3f}" if last.held_out_ssim is not None else ""
    follow = f", follow {last.held_out_follow:.3f}" if last.held_out_follow is not None else ""
    return f"held-out crops at step {last.step}: L1 {last.held_out_l1_loss:.4f}{ssim}{follow}"
