"""What each command does: a namespace of argparse -> an exit status."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

from ..config import PRESETS, CurateConfig, FramesConfig, TrainConfig, VideoConfig
from ..dataset import manifest
from ..errors import OptionError
from ..events import JsonLines
from ..project import Project
from ..storage import status_line
from ..workflows.pipeline import cut_and_mark, import_and_mark, import_and_split, train
from .flags import given_config
from .terminal import Terminal

INTERRUPTED = 130


def run_demo(given: argparse.Namespace) -> int:
    from .demo import demo

    demo(
        given.root,
        given.source,
        frames=given_config(given, FramesConfig(count=300)),
        train=given_config(given, PRESETS["quick"][1]),
    )
    return 0


def run_download(given: argparse.Namespace) -> int:
    from ..download.download import download, download_all

    config, listen = given_config(given, VideoConfig()), Terminal()
    if given.list_formats:
        for source in given.sources:
            _print_formats(source, config)
        return 0
    *sources, directory = given.sources  # argparse leaves nothing for DIR
    if not sources:
        raise OptionError(
            f"Received {directory!r} alone.",
            why="Expected at least one SOURCE, then the folder DIR to put the videos in.",
        )
    if len(sources) > 1 or config.limit > 1:
        files = download_all(sources, directory, config, on_event=listen)
    else:
        files = [download(sources[0], directory, config, on_event=listen)]
    print(*files, sep="\n")
    return 0


def _print_formats(link: str, config: VideoConfig) -> None:
    from ..download.download import list_formats

    for one in list_formats(link, config):
        size = f"{one.bytes / 1e6:8.1f} MB" if one.bytes else " " * 11
        print(f"{one.id:16} {one.width:5}×{one.height:<5} {size}  {one.codec}  {one.note}")


def run_frames(given: argparse.Namespace) -> int:
    config, rules = given_config(given, FramesConfig()), given_config(given, CurateConfig())
    dataset = cut_and_mark(
        given.videos,
        given.directory,
        config,
        rules,
        scheduler=given.scheduler,
        on_event=Terminal(),
    )
    print(f"{len(dataset.crops)} crops in {given.directory}, {len(dataset.kept)} of them kept")
    return 0


def run_import(given: argparse.Namespace) -> int:
    rules, listen = given_config(given, CurateConfig()), Terminal()
    if given.pairs:
        if cutting := [name for name in vars(given) if name.startswith("frames.")]:
            raise OptionError(
                f"Received --{cutting[0][7:].replace('_', '-')} with --pairs.",
                why="Expected --direction and --size: pairs are scaled and never cut.",
                fix="Leave it out.",
            )
        dataset = import_and_split(
            given.sources,
            given.directory,
            rules,
            direction=given.direction,
            size=given.size,
            on_event=listen,
        )
        print(f"{len(dataset.crops)} pairs in {given.directory}: train with --condition paired")
        return 0
    config = given_config(given, FramesConfig())
    dataset = import_and_mark(given.sources, given.directory, config, rules, on_event=listen)
    print(f"{len(dataset.crops)} crops in {given.directory}, {len(dataset.kept)} of them kept")
    return 0


def run_train(given: argparse.Namespace) -> int:
    dataset, project = manifest.read(given.dataset), Project(given.run_dir)
    config = given_config(given, project.recall(TrainConfig))
    listen = JsonLines(sys.stdout) if given.json else Terminal()
    result = train(dataset, project, config, on_event=listen)
    if given.json:
        return INTERRUPTED if result.interrupted else 0
    if result.interrupted:
        safe = f"{status_line.line(result.safety)}. " if result.safety else ""
        print(f"Stopped at step {result.step}. {safe}Run the same command again to go on.")
        return INTERRUPTED
    print(f"Trained: {result.epochs_done} epochs, step {result.step}, in {project.path}")
    return 0


def run_status(given: argparse.Namespace) -> int:
    from ..storage.restore import status

    state = status(given.run_dir)
    if given.json:
        print(json.dumps(state, indent=1))
        return 0
    if state["step"] is None:
        print("Nothing is saved yet.")
        return 0
    print(state["line"])
    print(f"A resume would start at step {state['step']} ({state['epochs_done']} epochs done).")
    print(*state["notes"], sep="\n", end="\n" if state["notes"] else "")
    return 0


def run_verify(given: argparse.Namespace) -> int:
    from ..storage.restore import verify

    report = verify(given.run_dir)
    if given.json:
        print(json.dumps(report, indent=1))
    for slot in [] if given.json else report["slots"]:
        facts = "generation {generation}, step {step}, {state}: " if "step" in slot else ""
        print(f"{Path(slot['path']).name:12} {facts.format(**slot)}{slot['check']}")
    return 0 if report["ok"] else 1


def run_apply(given: argparse.Namespace) -> int:
    from ..workflows.apply import apply

    paths = apply(
        given.run_dir,
        given.input,
        given.output,
        whole=given.whole,
        mode=given.mode,
        generation=given.generation,
        side_by_side=given.side_by_side,
        smooth=given.smooth,
        on_event=Terminal(),
    )
    print(*paths, sep="\n")
    return 0


def run_export(given: argparse.Namespace) -> int:
    from ..workflows.export import export

    formats = [name.strip() for name in given.format.split(",")]
    paths = export(
        given.run_dir,
        given.output,
        formats,
        generation=given.generation,
        mode=given.mode,
        weights=given.weights,
        single_file=given.single_file,
        on_event=Terminal(),
    )
    print(*paths, sep="\n")
    return 0


def run_auto(given: argparse.Namespace) -> int:
    from .interactive import auto

    return auto()
