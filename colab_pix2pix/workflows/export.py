"""A trained model for other programs: files that they read, and a card that says what it is."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .. import events, mounts, wording
from ..config import MODES, TrainConfig
from ..errors import DatasetError, ExportError
from ..events import Note, OnEvent
from ..filenames import shown
from ..languages import _
from ..litter import temp_folder
from ..mounts import require_apart
from ..options import checks_input
from ..project import Project
from ..storage import side_files, transfer
from ..storage.os_errors import translate_os_errors
from ..training.devices.try_out import leave_out_doubtful
from .exporting import export_checksums, model_card

if TYPE_CHECKING:
    import numpy as np

#: Format -> the name of the file or folder.
FORMATS = {
    "keras": "generator.keras",
    "h5": "generator.h5",
    "safetensors": "generator.safetensors",
    "savedmodel": "savedmodel",
    "onnx": "generator.onnx",
    "tflite": "generator.tflite",
    "web": "web",
}
#: Number formats in which onnx, tflite and web can store weights; others are always float32.
WEIGHTS = ("float32", "float16", "int8")
_SMALLER = ("onnx", "tflite", "web")
_WITH_DROPOUT = ("onnx", "web")
_SINGLE_PAGE = "web.html"
_COMPARED = 4  # pictures
#: What makes a folder look like a whole export.
_LAST = ("web/index.html", "model-card.md")


@checks_input()
def export(
    run_dir: Project | Path | str,
    target: Path | str,
    formats: Sequence[str] = ("keras",),
    *,
    generation: str = "chosen",
    mode: str = "inference",
    weights: str | None = None,
    single_file: bool = False,
    title: str = "",
    signature: str = "",
    on_event: OnEvent = events.ignore,
) -> list[Path]:
    """Writes a trained generator for other programs; waits until Google Drive has it.

    Every file is loaded again and compared with the model on held-out crops before any is kept.
    All of it appears at once where the folder is new; else the card comes last. Beside them lie
    `model-card.md` (what it was trained on, with which options, how well) and
    `condition.json` (how the input is made of a picture) and `checksums.json` (by which `verify`
    tells later whether an export in the run's `exports` is whole).

    Args:
        run_dir: A run that has been saved at least once.
        target: The folder to write into; made where missing.
        formats: Out of keras, h5, safetensors, savedmodel, onnx, tflite, web. The last is a page in
            which the model runs live on a camera: a folder for any web server.
        generation: "chosen" (by eye; else the last), "last", "best" (by the held-out crops), or a
            number.
        mode: "inference"; or "paper": statistics of the picture itself, and dropout (onnx and web).
        weights: How onnx, tflite and web store weights: "float32", "float16" (half the size) or
            "int8" (a quarter). None: float16 for web, else float32.
        single_file: The page as one HTML file that opens with a double click.
        title: What it is called, on the page and by programs; "" stands for the project's name.
        signature: A line on the page, of who made it.
        on_event: Told a `Note` for each file, with its difference.

    Returns:
        The files and folders written.

    Raises:
        OptionError: the folder is or contains the run's, or lies in it beside its `exports`.
        ExportError: a format is unknown, or its file differs from the model.
        CheckpointError: the run has nothing saved, or not this generation.
        DriveError: Google Drive has no room for it, or has not confirmed it after an hour.

    Example:
        >>> export("runs/flowers", "flowers", ["keras", "web"])  # doctest: +SKIP
    """
    from ..model.trained import load_trained
    from . import held_out

    project = run_dir if isinstance(run_dir, Project) else Project(Path(run_dir))
    target = Path(target)
    mounts.require_answer(target, on_event=on_event)
    _check(formats, target, mode, weights)
    require_apart(target, project.path, besides=project.exports)
    leave_out_doubtful(on_event)
    trained = load_trained(project, generation, on_event=on_event)
    from ..model import conditions, inference_mode  # TensorFlow is loaded by now

    generator = inference_mode.with_mode(trained.generator, mode)
    pictures = comparison_pictures(project, trained.config, _COMPARED, on_event)
    input_image, _real = conditions.make_pair(conditions.encode_image(pictures), trained.config)
    metadata = model_card.metadata_of(project, trained, mode=mode)
    metadata |= {"name": title} if title else {}
    written = []
    with temp_folder() as temp_dir, translate_os_errors(temp_dir):
        make = _Export(generator, input_image.numpy(), metadata, temp_dir)
        for name in dict.fromkeys(formats):
            if name == "web":
                sample = held_out.brightest(pictures, trained.config)
                line = make.web(weights or "float16", sample, single_file, signature)
            else:
                line = make.file(name, (weights if name in _SMALLER else None) or "float32")
            file, _colon, details = line.partition(": ")
            same = _("{file} makes the same pictures as the model: compared, and written.")
            message = same.format(file=file)
            on_event(Note(message=message, details=details))
            written.append(line)
        model_card.write_card(project, trained, temp_dir, written, metadata)
        flags = _flags(formats, generation, mode, weights, single_file)
        export_checksums.write(temp_dir, target, flags)
        with translate_os_errors(target):
            write_and_wait(temp_dir, target, on_event)
        return [target / path.name for path in sorted(temp_dir.iterdir())]


def _flags(
    formats: Sequence[str], generation: str, mode: str, weights: str | None, single_file: bool
) -> dict[str, str]:
    """Returns for each file the options of the command line that write it again."""
    given = {"--generation": generation, "--mode": mode, "--weights": weights or ""}
    usual = {"--generation": "chosen", "--mode": "inference", "--weights": ""}
    more = "".join(f" {flag} {given[flag]}" for flag in given if given[flag] != usual[flag])
    single = " --single-file" if single_file else ""
    names = {name: _SINGLE_PAGE if name == "web" and single_file else name for name in formats}
    return {
        file: f"--format {name}{more}{single if name == 'web' else ''}"
        for name, file in names.items()
    }


def write_and_wait(source: Path, target: Path, on_event: OnEvent) -> None:
    """Writes whole files, and waits until Google Drive has those that go there."""
    files = sorted(path for path in source.rglob("*") if path.is_file())
    copies = {target / file.relative_to(source): file for file in files}

    def write(beat: mounts.Beat) -> None:
        side_files.check_room(copies)
        transfer.put_folder(source, target, last=_LAST, progress=beat)

    mounts.ask(target, write, on_event=on_event)
    written = {path: transfer.md5(file) for path, file in copies.items()}
    side_files.wait_until_confirmed(written, on_event)


def comparison_pictures(
    project: Project,
    config: TrainConfig,
    count: int,
    on_event: OnEvent,
    *,
    chosen: bool = False,
) -> np.ndarray:
    """Returns held-out crops to compare on; others where the run's archive is lost."""
    from . import held_out

    try:
        return held_out.pictures(project, config, count, chosen=chosen)
    except DatasetError as error:
        message = f"{error.what} {_('Made-up pictures are taken to compare on.')}"
        on_event(Note(message=message, level="warning"))
        return held_out.made_up(config, count)


class _Export:
    """Writes one generator in several formats into a folder; each returns a line about the file."""

    def __init__(
        self, generator: Any, input_image: np.ndarray, metadata: dict[str, Any], temp_dir: Path
    ) -> None:
        self._generator, self._input_image = generator, input_image
        self._metadata, self._temp_dir = metadata, temp_dir

    def file(self, name: str, weights: str) -> str:
        path = self._temp_dir / FORMATS[name]
        return f"{path.name}: {self._write(path, name, weights)}"

    def web(self, weights: str, sample: bytes, single_file: bool, signature: str) -> str:
        from ..web.building import write_page, write_single_page

        network = self._temp_dir / "network.onnx"
        words = self._write(network, "onnx", weights)
        model = network.read_bytes()
        network.unlink()
        page = self._temp_dir / (_SINGLE_PAGE if single_file else FORMATS["web"])
        write = write_single_page if single_file else write_page
        title = str(self._metadata["name"])
        write(page, model, title=title, signature=signature, sample=sample)
        return f"{page.name}: {words}"

    def _write(self, path: Path, name: str, weights: str) -> str:
        from ..model.export_formats import ExportSpec, export_network

        metadata = self._metadata | {"weights": weights}
        paper = self._metadata["mode"] == "paper"
        spec = ExportSpec(name=name, weights=weights, paper=paper, metadata=metadata)
        difference = export_network(self._generator, path, spec, self._input_image)
        crops = wording.counted(len(self._input_image), "crop")
        return _(
            "{weights} weights, within {difference} of the model on {crops}.",
            weights=weights,
            difference=f"{difference:.1g}",
            crops=crops,
        )


def _check(formats: Sequence[str], target: Path, mode: str, weights: str | None) -> None:
    def refuse(what: str, received: object, expected: Sequence[str]) -> None:
        raise ExportError(
            _("{name}: received {value}.", name=what, value=received),
            why=_("Expected one of {names}.", names=", ".join(expected)),
        )

    unknown = [name for name in formats if name not in FORMATS]
    if unknown or not formats:
        refuse("format", shown(unknown[0]) if unknown else "none", list(FORMATS))
    if mode not in MODES:
        refuse("mode", shown(mode), MODES)
    if weights is not None and weights not in WEIGHTS:
        refuse("weights", shown(weights), WEIGHTS)
    without = [name for name in formats if name not in _WITH_DROPOUT]
    if mode == "paper" and without:
        raise ExportError(
            _("The format {name} has no dropout once it is loaded elsewhere.", name=without[0]),
            why=_("Paper mode keeps it: expected {names}.", names=_(" or ").join(_WITH_DROPOUT)),
        )
    if target.exists() and not target.is_dir():
        raise ExportError(
            _("{path} is a file.", path=target), why=_("Expected a folder, new or old.")
        )
