"""Asks for everything in the terminal, one question after another, then runs the whole way."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

from .. import wording
from ..config import (
    PRESETS,
    CurateConfig,
    FramesConfig,
    TrainConfig,
    VideoConfig,
    typed_number,
)
from ..dataset.counts import counts_in_words, learned_and_held_out
from ..dataset.manifest import Dataset
from ..errors import OptionError, Pix2PixError
from ..events import Event, TrainingProgress, fan_out
from ..options import Config, options
from ..project import Project, check_name
from ..storage import status_line
from ..workflows import pipeline, time_estimate
from . import INTERRUPTED
from .terminal import Terminal

AnyConfig = TypeVar("AnyConfig", bound=Config)
_SAMPLE = "sample"
_OWN = "own"
_FIRST_NAME = "my-first-model"


def auto(*, ask_before_training: bool = True) -> int:
    """Asks, downloads, cuts, lets a person look, trains; returns the exit status.

    Each answer is checked when it is given. All of them are kept in the project, whose next call
    offers them again.

    Args:
        ask_before_training: Whether to stop at the crops, where there is somebody to look at them.

    Raises:
        Pix2PixError: a step failed, or the answers ended before the questions did.
    """
    print("Press Enter to take what stands in brackets.\n")
    name = _ask("Name of the project", _last_name(Path.cwd()), check_name)
    folder = Path.cwd() / name
    project = Project(folder / "project")
    video = _ask_video(project, folder)
    frames = _ask_config(project.recall(FramesConfig), {"count": "Number of crops"})
    train = _ask_training(project)
    project.remember(video, frames, train)
    return run(folder, video, frames, train, ask_before_training=ask_before_training)


def run(
    folder: Path,
    video: VideoConfig,
    frames: FramesConfig,
    train: TrainConfig,
    *,
    ask_before_training: bool,
) -> int:
    """Runs the whole way in `folder`; goes on where an earlier call ended."""
    from ..dataset import curate
    from ..downloader.download import download

    rules, crops = CurateConfig(), folder / "crops"
    with Terminal() as terminal:
        video_file = download(video.source, folder / "video", video, on_event=terminal)
        dataset = pipeline.cut_and_mark([video_file], crops, frames, rules, on_event=terminal)
    sheet = curate.contact_sheet(dataset, folder / "contact-sheet.jpg")
    device = time_estimate.gpu_name()
    _show_crops(dataset, sheet, train, device)
    if ask_before_training and sys.stdin.isatty() and not _ask("Train on them", "yes", _yes_or_no):
        print(
            f"Nothing is trained. To cut other crops, or to go on: `colab-pix2pix auto` again, with"
            f" the name {folder.name}; the answers are kept."
        )
        return 0
    project, speed = Project(folder / "project"), _Speed()
    with Terminal() as terminal:
        result = pipeline.train(dataset, project, train, on_event=fan_out(terminal, speed))
    if speed.steps_per_second:
        used = project.recall(TrainConfig)  # a batch size of 0 is filled in while training
        time_estimate.record_speed(used, speed.steps_per_second, device)
    state = "Stopped" if result.interrupted else "Trained"
    epochs = wording.counted(result.epochs_done, "epoch")
    print(f"{state}: {epochs}, step {wording.count(result.step)}, in {project.path}")
    if result.safety:
        print(status_line.line(result.safety))
    return INTERRUPTED if result.interrupted else 0


class _Speed:
    """A listener that keeps how fast a training is."""

    steps_per_second: float | None = None

    def __call__(self, event: Event) -> None:
        if isinstance(event, TrainingProgress):
            self.steps_per_second = event.per_second or self.steps_per_second


def _show_crops(dataset: Dataset, sheet: Path, train: TrainConfig, device: str) -> None:
    crop_count = len(learned_and_held_out(dataset)[0])
    lines = [
        counts_in_words(dataset),
        "Look at them before they are learned:",
        f"  all at a glance  {sheet.resolve()}",
        f"  one by one       {dataset.directory.resolve()}",
        *([time_estimate.in_words(train, crop_count, device)] if crop_count else []),
    ]
    print(*lines, sep="\n")


def _last_name(root: Path) -> str:
    """Returns the name of the project in a folder that was used last, or one for the first."""
    files = list(root.glob("*/project/project.json"))
    newest = max(files, key=lambda file: file.stat().st_mtime, default=None)
    return newest.parents[1].name if newest else _FIRST_NAME


def _ask_video(project: Project, folder: Path) -> VideoConfig:
    """Asks for the video; what it leads to is looked at before the next question."""
    from ..downloader.preview import preview

    config = project.recall(VideoConfig)

    def checked(answer: str) -> VideoConfig:
        asked = config.replace(source="" if answer == _SAMPLE else answer)
        if asked == config and (folder / "video").is_dir():
            return asked  # fetched before
        found = preview(asked.source, asked)
        length = f", {wording.seconds_in_words(found.duration_seconds)} long"
        size = f", {found.width}×{found.height} pixels" if found.width else ""
        print(f"  Found: {found.title}{length if found.duration_seconds else ''}{size}.")
        return asked

    print(f"  {options(config)['source'].help} For the time-lapse: {_SAMPLE}.")
    return _ask("Video link or path", config.source or _SAMPLE, checked)


def _ask_training(project: Project) -> TrainConfig:
    """Asks how fine and how long; of a run that exists already only how long."""
    config = project.recall(TrainConfig)
    if any(slot.exists() for slot in project.slots):
        print("  It has been trained before and goes on: only its length can change.")
        return _ask_config(config, {"epochs": "Epochs"})
    kept = project.options_of(TrainConfig.section)
    names = [name for name, preset in PRESETS.items() if kept and preset.config == config]
    default = (names or ([_OWN] if kept else ["quick"]))[0]
    for name, preset in PRESETS.items():
        print(f"  {name}: {preset.purpose}")
    if kept:
        print(f"  {_OWN}: as answered last time")

    def chosen(answer: str) -> TrainConfig:
        return config if kept and answer == _OWN else TrainConfig.preset(answer)

    config = _ask("How fine", default, chosen)
    return _ask_config(config, {"image_size": "Image size in pixels", "epochs": "Epochs"})


def _ask_config(config: AnyConfig, labels: dict[str, str]) -> AnyConfig:
    """Returns `config` with the answers to a question for each of the named options."""
    for name, label in labels.items():

        def with_answer(answer: str, name: str = name, before: AnyConfig = config) -> AnyConfig:
            is_size = options(before)[name].convert is not None
            kind = typed_number if is_size else type(getattr(before, name))
            return before.replace(**{name: _parse(name, answer, kind)})

        print(f"  {options(config)[name].help}")
        config = _ask(label, getattr(config, name), with_answer)
    return config


def _parse(name: str, answer: str, kind: Callable[[str], Any]) -> Any:
    try:
        return kind(answer)
    except ValueError as error:
        raise OptionError(f"{name}: received {answer!r}.", why="Expected a number.") from error


def _yes_or_no(answer: str) -> bool:
    if answer.lower() in ("y", "yes", "n", "no"):
        return answer.lower() in ("y", "yes")
    raise OptionError(f"Received {answer!r}.", why="Expected yes or no.")


Answer = TypeVar("Answer")


def _ask(question: str, default: object, check: Callable[[str], Answer]) -> Answer:
    """Asks until the answer passes `check`, and returns what `check` makes of it."""
    while True:
        try:
            answer = input(f"{question} [{default}]: ").strip() or str(default)
        except EOFError as error:
            raise Pix2PixError(
                f"The input ended at the question {question!r}.",
                why="`auto` needs an answer, or Enter, for each question.",
                fix="Use the commands download, frames and train in a script.",
            ) from error
        try:
            return check(answer)
        except Pix2PixError as error:
            print(f"  {error}")
