"""What each command does: a namespace of argparse -> an exit status."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from .. import wording
from ..config import (
    CurateConfig,
    FramesConfig,
    PicturesConfig,
    SamplesConfig,
    TrainConfig,
    VideoConfig,
)
from ..dataset import manifest
from ..dataset.counts import counts_in_words
from ..errors import OptionError
from ..events import JsonLines
from ..project import Project
from ..storage import status_line
from ..workflows.pipeline import cut_and_mark, import_and_mark, import_and_split, train
from . import INTERRUPTED
from .flags import configured
from .terminal import Terminal

if TYPE_CHECKING:
    from ..training.trainer import TrainingResult


def run_demo(args: argparse.Namespace) -> int:
    from .demo import demo

    demo(
        args.root,
        args.source,
        frames=configured(args, FramesConfig(count=300)),
        train=configured(args, TrainConfig.preset("quick")),
    )
    return 0


def run_download(args: argparse.Namespace) -> int:
    from ..downloader.download import download, download_all

    config = configured(args, VideoConfig())
    if args.list_formats:
        for source in args.sources:
            _print_formats(source, config)
        return 0
    *sources, directory = args.sources  # argparse leaves nothing for DIR
    if not sources:
        raise OptionError(
            f"Received {directory!r} alone.",
            why="Expected at least one SOURCE, then the folder DIR to put the videos in.",
        )
    with Terminal() as terminal:
        if len(sources) > 1 or config.limit > 1:
            files = download_all(sources, directory, config, on_event=terminal)
        else:
            files = [download(sources[0], directory, config, on_event=terminal)]
    print(*files, sep="\n")
    return 0


def _print_formats(link: str, config: VideoConfig) -> None:
    from ..downloader.download import list_formats

    for stream in list_formats(link, config):
        size = f"{wording.bytes_in_words(stream.bytes):>11}" if stream.bytes else " " * 11
        pixels = f"{stream.width:5}×{stream.height:<5}"
        print(f"{stream.id:16} {pixels} {size}  {stream.codec}  {stream.note}")


def run_frames(args: argparse.Namespace) -> int:
    config, rules = configured(args, FramesConfig()), configured(args, CurateConfig())
    with Terminal() as terminal:
        dataset = cut_and_mark(
            args.videos,
            args.directory,
            config,
            rules,
            weights=_weights(args.weights),
            scheduler=args.scheduler,
            on_event=terminal,
        )
    print(f"{args.directory} holds {counts_in_words(dataset)}")
    return 0


def _weights(text: str) -> list[float]:
    try:
        return [float(number) for number in text.split(",")] if text else []
    except ValueError:
        raise OptionError(
            f"Received --weights {text!r}.", why="Expected a number for each video, such as 2,1."
        ) from None


def run_import(args: argparse.Namespace) -> int:
    rules, reading = configured(args, CurateConfig()), configured(args, PicturesConfig())
    if args.pairs:
        if crop_flags := [name for name in vars(args) if name.startswith("frames.")]:
            raise OptionError(
                f"Received --{crop_flags[0][7:].replace('_', '-')} with --pairs.",
                why="Expected --direction and --size: pairs are scaled and never cut.",
                fix="Leave it out.",
            )
        with Terminal() as terminal:
            dataset = import_and_split(
                args.sources,
                args.directory,
                rules,
                direction=args.direction,
                size=args.size,
                reading=reading,
                on_event=terminal,
            )
        pairs = wording.counted(len(dataset.crops), "pair")
        print(f"{pairs} in {args.directory}: train with --condition paired")
        return 0
    config = configured(args, FramesConfig())
    with Terminal() as terminal:
        dataset = import_and_mark(
            args.sources, args.directory, config, rules, reading, on_event=terminal
        )
    print(f"{args.directory} holds {counts_in_words(dataset)}")
    return 0


def run_train(args: argparse.Namespace) -> int:
    from ..training.data import check_samples

    dataset, project = manifest.read(args.dataset), Project(args.run_dir)
    base = TrainConfig.preset(args.preset) if args.preset else project.recall(TrainConfig)
    config = configured(args, base)
    samples = configured(args, project.recall(SamplesConfig))
    if samples != project.recall(SamplesConfig):
        check_samples(samples, dataset)
        project.remember(samples)
    if args.json:
        result = train(dataset, project, config, strict=args.strict, on_event=JsonLines(sys.stdout))
        return INTERRUPTED if result.interrupted else int(_lacks_on_drive(result))
    with Terminal() as terminal:
        result = train(dataset, project, config, strict=args.strict, on_event=terminal)
    return say_how_far(result, project)


def say_how_far(result: TrainingResult, project: Project) -> int:
    """Prints where a training has ended and what is safe of it; returns the exit status."""
    if result.interrupted:
        safe = f"{status_line.line(result.safety)}. " if result.safety else ""
        print(f"Stopped at step {result.step}. {safe}Run the same command again to go on.")
        return INTERRUPTED
    epochs = wording.counted(result.epochs_done, "epoch")
    print(f"Trained: {epochs}, step {wording.count(result.step)}, in {project.path}")
    if result.safety and result.safety.on_drive:
        print(status_line.line(result.safety))
    return int(_lacks_on_drive(result))


def _lacks_on_drive(result: TrainingResult) -> bool:
    """Returns True when a new machine would not find all of it, as far as Drive tells."""
    safety = result.safety
    if safety is None or not safety.on_drive:
        return False
    return bool(safety.missing_files) or result.step not in (safety.safe_step, safety.written_step)


def run_status(args: argparse.Namespace) -> int:
    from ..storage.restore import status

    with Terminal() as terminal:
        state = status(args.run_dir, on_event=terminal)
    if args.json:
        print(json.dumps(state, indent=1))
        return 0
    if state["step"] is None:
        print("Nothing is saved yet.")
        return 0
    print(state["line"])
    epochs = wording.counted(state["epochs_done"], "epoch")
    print(f"A resume would start at step {state['step']} ({epochs} done).")
    print(*state["notes"], sep="\n", end="\n" if state["notes"] else "")
    return 0


def run_verify(args: argparse.Namespace) -> int:
    from ..workflows.verification import verify

    with Terminal() as terminal:
        report = verify(args.run_dir, repair=args.repair, on_event=terminal)
    if args.json:
        print(json.dumps(report, indent=1))
    for slot in [] if args.json else report["slots"]:
        template = "generation {generation}, step {step}, {state}: " if "step" in slot else ""
        print(f"{Path(slot['path']).name:12} {template.format(**slot)}{slot['check']}")
    for file in [] if args.json else report["files"]:
        print(f"{Path(file['path']).name:12} {file['check']}")
    return 0 if report["ok"] else 1


def run_drill(args: argparse.Namespace) -> int:
    from ..workflows.drill import drill

    with Terminal() as terminal:
        report = drill(args.run_dir, on_event=terminal)
    print(json.dumps(report, indent=1) if args.json else "\n".join(report["lines"]))
    return 0 if report["ok"] else 1


def run_doctor(args: argparse.Namespace) -> int:
    from ..workflows.doctor import doctor

    with Terminal() as terminal:
        report = doctor(on_event=terminal)
    print(json.dumps(report, indent=1) if args.json else "\n".join(report["lines"]))
    return 0 if report["ok"] else 1


def run_auto(args: argparse.Namespace) -> int:
    from .interactive import auto

    return auto(ask_before_training=not args.yes)
