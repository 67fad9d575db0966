"""The command line: its commands and their arguments.

Exit status: 0 done, 1 an error, 2 wrong usage, 130 interrupted, to go on later.
"""

from __future__ import annotations

import argparse
import gc
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from .. import __version__, mounts
from ..config import (
    PRESETS,
    CurateConfig,
    FramesConfig,
    PicturesConfig,
    SamplesConfig,
    TrainConfig,
    VideoConfig,
)
from ..errors import Pix2PixError
from . import INTERRUPTED, commands, outputs, sharing
from .completion import PLACES, SHELLS, print_script
from .flags import Parser, add_options, add_run_dir, path_argument, protect_dashes
from .terminal import Terminal

_NEW_CROPS = "the folder to make"


def main(argv: Sequence[str] | None = None) -> int:
    """Runs one command and returns its exit status."""
    # TensorFlow's start-up chatter tells an artist nothing.
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    # Looking for garbage among TensorFlow's objects takes a tenth of a short training.
    gc.set_threshold(50_000, 20, 20)
    parser = build_parser()
    args = parser.parse_args(protect_dashes(sys.argv[1:] if argv is None else argv))
    try:
        _require_mounts(args)
        return int(args.run(args))
    except Pix2PixError as error:
        print(f"colab-pix2pix: {error}", file=sys.stderr)
        return error.exit_status
    except OSError as error:
        print(f"colab-pix2pix: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\nInterrupted. Run the same command again to go on.", file=sys.stderr)
        return INTERRUPTED


def _require_mounts(args: argparse.Namespace) -> None:
    """Waits until the mounts of all files and folders answer, with a word and an ear for Ctrl-C."""
    given = [value if isinstance(value, list) else [value] for value in vars(args).values()]
    paths = [value for values in given for value in values if isinstance(value, Path)]
    with Terminal() as terminal:
        mounts.require_answer(*paths, on_event=terminal)


def build_parser() -> argparse.ArgumentParser:
    """Returns the parser of all commands."""
    parser = Parser(
        prog="colab-pix2pix",
        description="Paste a video link, look at the crops, train your own pix2pix.",
    )
    parser.add_argument("--version", action="version", version=f"colab-pix2pix {__version__}")
    subparsers = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")

    def command(name: str, help: str, *examples: str) -> argparse.ArgumentParser:
        subparser: argparse.ArgumentParser = subparsers.add_parser(
            name,
            help=help,
            description=help,
            allow_abbrev=False,
            examples=[f"colab-pix2pix {name} {example}" for example in examples],
        )
        home = next((home for home in (outputs, sharing) if name in home.COMMANDS), commands)
        subparser.set_defaults(run=getattr(home, f"run_{name}", None))
        return subparser

    demo = command("demo", "the whole way on the sample video, with a crash in the middle")
    demo.add_argument(
        "--root", type=path_argument, default=Path("demo"), help="folder for the results"
    )
    demo.add_argument("--source", default="", metavar="URL_OR_FILE", help="another video")
    add_options(demo, FramesConfig)
    add_options(demo, TrainConfig)

    download = command(
        "download", "fetch videos and print their files' paths", "LINK videos --end 0:30"
    )
    download.add_argument("sources", metavar="SOURCE", nargs="+", help="a link, a path, a folder")
    download.add_argument("directory", metavar="DIR", nargs="?", help="the folder to put them in")
    download.add_argument(
        "--list-formats", action="store_true", help="only list the formats that a site offers"
    )
    add_options(download, VideoConfig, leave_out=("source",))

    frames = command(
        "frames",
        "cut crops out of videos and mark bad ones",
        "video.mp4 crops --count 300",
        "one.mp4 two.mov crops --start 10 --end 1:30",
    )
    frames.add_argument("videos", metavar="VIDEO", nargs="+", type=path_argument, help="a file")
    frames.add_argument("directory", metavar="DIR", type=path_argument, help=_NEW_CROPS)
    frames.add_argument(
        "--weights",
        default="",
        metavar="W,W",
        help="such as 2,1: the videos share the number of crops; without, each gives as many",
    )
    frames.add_argument(
        "--scheduler", default="", metavar="ADDRESS", help="a dask scheduler, for many videos"
    )
    add_options(frames, FramesConfig)
    add_options(frames, CurateConfig)

    import_ = command(
        "import",
        "make a dataset of your own pictures, or of pairs of them",
        "holiday.zip crops --count 300",
        "facades pairs --pairs --direction BtoA",
    )
    import_.add_argument(
        "sources", metavar="SOURCE", nargs="+", type=path_argument, help="a folder or a zip"
    )
    import_.add_argument("directory", metavar="DIR", type=path_argument, help=_NEW_CROPS)
    import_.add_argument(
        "--pairs",
        action="store_true",
        help="each picture holds A on its left and B on its right; or a folder holds two, A and B"
        " (or trainA and trainB, or A/train and B/train), with files of the same names; or give"
        " two folders",
    )
    import_.add_argument(
        "--direction", choices=("AtoB", "BtoA"), default="AtoB", help="with --pairs: what to learn"
    )
    import_.add_argument(
        "--size", default="256", help="with --pairs: width and height of both, in pixels"
    )
    add_options(import_, FramesConfig, leave_out=("start", "end", "cut_bars", "exact"))
    add_options(import_, PicturesConfig, leave_out=("pairs",))
    add_options(import_, CurateConfig)

    train = command(
        "train",
        "train on a folder of crops; goes on where it ended",
        "crops run --preset quick",
        "crops run --minutes 90 --image-size 128 --base-filters 32",
        "crops run --epochs 400      (later: goes on from the last saved step)",
    )
    train.add_argument(
        "dataset", metavar="DATASET_DIR", type=path_argument, help="a folder of crops"
    )
    train.add_argument(
        "run_dir",
        metavar="RUN_DIR",
        type=path_argument,
        help="where states, samples and tables are kept",
    )
    train.add_argument(
        "--strict", action="store_true", help="stop at the first picture that can't be read"
    )
    train.add_argument("--json", action="store_true", help="write events as JSON lines")
    train.add_argument(
        "--preset",
        default="",
        metavar="NAME",
        help="Options to start from: "
        + "; ".join(f"{name}, {preset.purpose}" for name, preset in PRESETS.items())
        + ". Other flags change them.",
    )
    add_options(train, TrainConfig)
    add_options(train, SamplesConfig)

    status = command("status", "show what a resume would start from")
    add_run_dir(status)
    status.add_argument("--json", action="store_true", help="for programs")

    verify = command("verify", "read everything in a project to the last byte")
    add_run_dir(verify)
    verify.add_argument("--json", action="store_true", help="for programs")
    verify.add_argument(
        "--repair", action="store_true", help="make again what is damaged and can be made again"
    )

    drill = command("drill", "try what a new machine would go on from, and what would be lost")
    add_run_dir(drill)
    drill.add_argument("--json", action="store_true", help="for programs")

    outputs.add_commands(command)
    sharing.add_commands(command)

    doctor = command("doctor", "look at this machine: what is missing or broken, and what to do")
    doctor.add_argument("--json", action="store_true", help="for programs")

    auto = command("auto", "ask for everything, one question after another, then run it all")
    auto.add_argument(
        "--yes", action="store_true", help="train at once, without a stop to look at the crops"
    )

    completion = command(
        "completion",
        "print a script that lets your shell complete commands, flags, choices and paths",
        *(f"{shell} > {place}" for shell, place in PLACES.items()),
    )
    completion.add_argument(
        "shell", metavar="SHELL", choices=SHELLS, help=f"{', '.join(SHELLS[:-1])} or {SHELLS[-1]}"
    )
    completion.set_defaults(run=lambda args: print_script(parser, args.shell))
    return parser
