"""The command line: options become flags, events become lines.

Exit status: 0 done, 1 an error, 2 wrong usage, 130 interrupted, to go on later.
"""

from __future__ import annotations

import argparse
import dataclasses
import json
import os
import sys
import typing
from collections.abc import Sequence
from pathlib import Path
from typing import Any, TypeVar

from . import __version__, manifest
from .config import PRESETS, CurateConfig, FramesConfig, TrainConfig, VideoConfig
from .errors import OptionError, Pix2PixError
from .events import JsonLines
from .option import Config, Option, expected, options
from .pipeline import cut_and_mark, import_and_mark, import_and_split, keep_and_train
from .project import Project
from .storage import wording
from .terminal import Terminal

AnyConfig = TypeVar("AnyConfig", bound=Config)
INTERRUPTED = 130


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs one command and returns its exit status."""
    # TensorFlow's start-up chatter tells an artist nothing.
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    parser = build_parser()
    words = sys.argv[1:] if arguments is None else arguments
    given = parser.parse_args(_joined(words))
    try:
        return int(given.run(given))
    except Pix2PixError as error:
        print(f"colab-pix2pix: {error}", file=sys.stderr)
        return error.exit_status
    except OSError as error:
        print(f"colab-pix2pix: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\nInterrupted. Run the same command again to go on.", file=sys.stderr)
        return INTERRUPTED


def build_parser() -> argparse.ArgumentParser:
    """Returns the parser of all commands."""
    parser = argparse.ArgumentParser(
        prog="colab-pix2pix",
        description="Paste a video link, look at the crops, train your own pix2pix.",
    )
    parser.add_argument("--version", action="version", version=f"colab-pix2pix {__version__}")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")

    def command(name: str, run: typing.Callable[[Any], int], help: str) -> argparse.ArgumentParser:
        added = commands.add_parser(name, help=help, description=help, allow_abbrev=False)
        added.set_defaults(run=run)
        return added

    demo = command("demo", _demo, "the whole way on the sample video, with a crash in the middle")
    demo.add_argument("--root", type=Path, default=Path("demo"), help="folder for the results")
    demo.add_argument("--source", default="", metavar="URL_OR_FILE", help="another video")
    _add_options(demo, FramesConfig)
    _add_options(demo, TrainConfig)

    download = command("download", _download, "fetch videos and print their files' paths")
    download.add_argument("sources", metavar="SOURCE", nargs="+", help="a link, a path, a folder")
    download.add_argument("directory", metavar="DIR", nargs="?", help="the folder to put them in")
    download.add_argument(
        "--list-formats", action="store_true", help="only list the formats that a site offers"
    )
    _add_options(download, VideoConfig, leave_out=("source",))

    frames = command("frames", _frames, "cut square crops out of videos and mark bad ones")
    frames.add_argument("videos", metavar="VIDEO", nargs="+", type=Path)
    frames.add_argument("directory", metavar="DIR", type=Path)
    frames.add_argument(
        "--scheduler", default="", metavar="ADDRESS", help="a dask scheduler, for many videos"
    )
    _add_options(frames, FramesConfig)
    _add_options(frames, CurateConfig)

    own = command("import", _import, "make a dataset of your own pictures, or of pairs of them")
    own.add_argument("sources", metavar="SOURCE", nargs="+", type=Path, help="a folder or a zip")
    own.add_argument("directory", metavar="DIR", type=Path)
    own.add_argument(
        "--pairs",
        action="store_true",
        help="each picture holds A on its left and B on its right; or give two folders, A and B,"
        " with files of the same names",
    )
    own.add_argument(
        "--direction", choices=("AtoB", "BtoA"), default="AtoB", help="with --pairs: what to learn"
    )
    own.add_argument(
        "--size", type=int, default=256, help="with --pairs: width and height of both, in pixels"
    )
    _add_options(own, FramesConfig, leave_out=("start", "end", "cut_bars", "exact"))
    _add_options(own, CurateConfig)

    train = command("train", _train, "train on a folder of crops; goes on where it ended")
    train.add_argument("dataset", metavar="DATASET_DIR", type=Path)
    train.add_argument("run_dir", metavar="RUN_DIR", type=Path)
    train.add_argument("--json", action="store_true", help="write events as JSON lines")
    _add_options(train, TrainConfig)

    status = command("status", _status, "show what a resume would start from")
    status.add_argument("run_dir", metavar="RUN_DIR", type=Path)
    status.add_argument("--json", action="store_true", help="for programs")

    verify = command("verify", _verify, "read every saved state to the last byte")
    verify.add_argument("run_dir", metavar="RUN_DIR", type=Path)
    verify.add_argument("--json", action="store_true", help="for programs")

    apply = command("apply", _apply, "run a trained model over a picture or a folder")
    apply.add_argument("run_dir", metavar="RUN_DIR", type=Path)
    apply.add_argument("input", metavar="INPUT", type=Path)
    apply.add_argument("output", metavar="OUTPUT", type=Path)

    command("auto", _auto, "ask for everything, one question after another, then run it all")
    return parser


def _joined(words: Sequence[str]) -> list[str]:
    """Lets values begin with a dash: `--scale -1:256`, and a SOURCE such as `-clip.mp4`.

    argparse takes both for unknown flags. So the scale moves into its flag's word, and the
    positions of `download` move behind a `--`.
    """
    result: list[str] = []
    for word in words:
        if result and result[-1] == "--scale":
            result[-1] = f"--scale={word}"
        else:
            result.append(word)
    if result[:1] != ["download"] or {"-h", "--help", "--"} & set(result):
        return result
    known = {f"--{name.replace('_', '-')}" for name in options(VideoConfig)}
    flagged = {*known, "--list-formats"}
    flags: list[str] = []
    positions: list[str] = []
    rest = iter(result[1:])
    for word in rest:
        if word in known:
            flags += [word, *[value for value in [next(rest, None)] if value is not None]]
        else:
            (flags if word.split("=")[0] in flagged else positions).append(word)
    return ["download", *flags, "--", *positions]


def _add_options(
    parser: argparse.ArgumentParser, kind: type[Config], leave_out: Sequence[str] = ()
) -> None:
    """Adds a flag for each option of a config class; a flag that is not given leaves no trace."""
    group = parser.add_argument_group(f"{kind.section} options")
    types = typing.get_type_hints(kind)
    for field in dataclasses.fields(kind):
        if field.name in leave_out:
            continue
        about: dict[str, Any] = {"type": types[field.name]}
        about["metavar"] = types[field.name].__name__.upper()
        if types[field.name] is bool:  # --exact and --no-exact: bool("False") would be true
            about = {"action": argparse.BooleanOptionalAction}
        group.add_argument(
            f"--{field.name.replace('_', '-')}",
            dest=f"{kind.section}.{field.name}",
            default=argparse.SUPPRESS,
            help=_help(field, types[field.name]),
            **about,
        )


def _help(field: dataclasses.Field[Any], kind: type) -> str:
    about: Option = field.metadata["option"]
    text = f"{about.help} Takes {expected(kind, about)}; default {field.default!r}."
    return text.replace("%", "%%")


def _given(given: argparse.Namespace, base: AnyConfig) -> AnyConfig:
    """Returns `base` with the flags that were given."""
    start = f"{base.section}."
    changes = {n.removeprefix(start): v for n, v in vars(given).items() if n.startswith(start)}
    return base.replace(**changes)


def _demo(given: argparse.Namespace) -> int:
    from .demo import demo

    demo(
        given.root,
        given.source,
        frames=_given(given, FramesConfig(count=300)),
        train=_given(given, PRESETS["quick"][1]),
    )
    return 0


def _download(given: argparse.Namespace) -> int:
    from .video.download import download, download_all

    config, listen = _given(given, VideoConfig()), Terminal()
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
    from .video.download import list_formats

    for one in list_formats(link, config):
        size = f"{one.bytes / 1e6:8.1f} MB" if one.bytes else " " * 11
        print(f"{one.id:16} {one.width:5}×{one.height:<5} {size}  {one.codec}  {one.note}")


def _frames(given: argparse.Namespace) -> int:
    config, rules = _given(given, FramesConfig()), _given(given, CurateConfig())
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


def _import(given: argparse.Namespace) -> int:
    rules, listen = _given(given, CurateConfig()), Terminal()
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
    config = _given(given, FramesConfig())
    dataset = import_and_mark(given.sources, given.directory, config, rules, on_event=listen)
    print(f"{len(dataset.crops)} crops in {given.directory}, {len(dataset.kept)} of them kept")
    return 0


def _train(given: argparse.Namespace) -> int:
    dataset, project = manifest.read(given.dataset), Project(given.run_dir)
    config = _given(given, project.recall(TrainConfig))
    listen = JsonLines(sys.stdout) if given.json else Terminal()
    result = keep_and_train(dataset, project, config, on_event=listen)
    if given.json:
        return INTERRUPTED if result.interrupted else 0
    if result.interrupted:
        safe = f"{wording.line(result.safety)}. " if result.safety else ""
        print(f"Stopped at step {result.step}. {safe}Run the same command again to go on.")
        return INTERRUPTED
    print(f"Trained: {result.epochs_done} epochs, step {result.step}, in {project.path}")
    return 0


def _status(given: argparse.Namespace) -> int:
    from .storage.checkpoints import status

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


def _verify(given: argparse.Namespace) -> int:
    from .storage.checkpoints import verify

    report = verify(given.run_dir)
    if given.json:
        print(json.dumps(report, indent=1))
    for slot in [] if given.json else report["slots"]:
        facts = "generation {generation}, step {step}, {state}: " if "step" in slot else ""
        print(f"{Path(slot['path']).name:12} {facts.format(**slot)}{slot['check']}")
    return 0 if report["ok"] else 1


def _apply(given: argparse.Namespace) -> int:
    from .model.apply import apply

    for path in apply(given.run_dir, given.input, given.output, on_event=Terminal()):
        print(path)
    return 0


def _auto(given: argparse.Namespace) -> int:
    from .auto import auto

    return auto()
