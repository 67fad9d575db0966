"""Asks for everything in the terminal, one question after another, then runs the whole way."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

from ..config import CurateConfig, FramesConfig, TrainConfig, VideoConfig
from ..errors import OptionError, Pix2PixError
from ..options import Config, options
from ..project import Project, check_name
from ..storage import status_line
from ..workflows import pipeline
from . import INTERRUPTED
from .terminal import Terminal

AnyConfig = TypeVar("AnyConfig", bound=Config)
_SAMPLE = "sample"


def auto() -> int:
    """Asks, downloads, cuts, trains; returns the exit status.

    Raises:
        Pix2PixError: a step failed, or the answers ended before the questions did.
    """
    print("Press Enter to take what stands in brackets.\n")
    video = _ask_config(VideoConfig(), {"source": "Video link or path", "format": "Format"})
    name = _ask("Name of the project", "my-first-model", check_name)
    frames = _ask_config(FramesConfig(), {"count": "Number of crops"})
    labels = {"image_size": "Image size in pixels", "epochs": "Epochs", "batch_size": "Batch size"}
    train = _ask_config(TrainConfig(), labels)
    return run(Path.cwd() / name, video, frames, train)


def run(folder: Path, video: VideoConfig, frames: FramesConfig, train: TrainConfig) -> int:
    """Runs the whole way in `folder`; goes on where an earlier call ended."""
    from ..dataset import curate
    from ..downloader.download import download

    rules, crops = CurateConfig(), folder / "crops"
    with Terminal() as terminal:
        video_file = download(video.source, folder / "video", video, on_event=terminal)
        dataset = pipeline.cut_and_mark([video_file], crops, frames, rules, on_event=terminal)
    sheet = curate.contact_sheet(dataset, folder / "contact-sheet.jpg")
    print(f"Look at the crops: {sheet}")
    project = Project(folder / "project")
    project.remember(video, frames)
    with Terminal() as terminal:
        result = pipeline.train(dataset, project, train, on_event=terminal)
    state = "Stopped" if result.interrupted else "Trained"
    print(f"{state}: {result.epochs_done} epochs, step {result.step}, in {project.path}")
    if result.safety:
        print(status_line.line(result.safety))
    return INTERRUPTED if result.interrupted else 0


def _ask_config(config: AnyConfig, labels: dict[str, str]) -> AnyConfig:
    """Returns `config` with the answers to a question for each of the named options."""
    for name, label in labels.items():
        default = getattr(config, name)

        def with_answer(answer: str, name: str = name, before: AnyConfig = config) -> AnyConfig:
            kind = type(getattr(before, name))
            return before.replace(**{name: _parse(name, answer, kind)})

        print(f"  {options(config)[name].help}")
        config = _ask(label, default or _SAMPLE, with_answer)
    return config


def _parse(name: str, answer: str, kind: type) -> Any:
    if name == "source" and answer == _SAMPLE:
        return ""
    try:
        return kind(answer)
    except ValueError as error:
        raise OptionError(f"{name}: received {answer!r}.", why="Expected a number.") from error


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
        except OptionError as error:
            print(f"  {error}")
