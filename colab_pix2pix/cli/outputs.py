"""Commands that make something of a trained model: their arguments, and what each does."""

from __future__ import annotations

import argparse
from collections.abc import Callable

from ..config import MODES
from ..project import Project
from ..workflows.export import FORMATS, WEIGHTS
from .commands import say_how_far
from .flags import GENERATION, add_run_dir, path_argument
from .terminal import Terminal

COMMANDS = ("apply", "export", "distill", "report")


def add_commands(command: Callable[..., argparse.ArgumentParser]) -> None:
    """Adds them to the command line.

    Args:
        command: Makes a parser of a name, a line of help and examples.
    """
    apply = command(
        "apply",
        "run a trained model over a picture, a folder or a video",
        "run clouds.mp4 flowers.mp4 --whole --smooth 0.5",
        "run sketches made",
    )
    add_run_dir(apply)
    apply.add_argument("input", metavar="INPUT", type=path_argument, help="what the model is shown")
    apply.add_argument("output", metavar="OUTPUT", help="a file, or a folder for it")
    apply.add_argument(
        "--whole", action="store_true", help="whole pictures, not only their centres"
    )
    apply.add_argument(
        "--mode",
        choices=("auto", *MODES),
        default="auto",
        help="paper: statistics of each picture and dropout, as in the paper; auto: what is better"
        " on held-out crops",
    )
    apply.add_argument("--generation", default="chosen", help=GENERATION)
    apply.add_argument(
        "--side-by-side", action="store_true", help="for a video: the frame itself on the left"
    )
    apply.add_argument(
        "--smooth",
        type=float,
        default=0.0,
        metavar="SHARE",
        help="for a video: the share of the frame before that stays, 0 to 0.95, against flicker",
    )

    apply.add_argument(
        "--strict", action="store_true", help="stop at the first picture that can't be read"
    )

    export = command(
        "export",
        "write a trained model for other programs, with a card",
        "run model --format onnx,web",
        "run page --format web --single-file --generation best",
    )
    add_run_dir(export)
    export.add_argument("output", metavar="DIR", type=path_argument, help="a folder for it")
    export.add_argument(
        "--format",
        default="keras",
        metavar="NAMES",
        help=f"some of {', '.join(FORMATS)}, with commas between them",
    )
    export.add_argument("--generation", default="chosen", help=GENERATION)
    export.add_argument(
        "--mode", choices=MODES, default="inference", help="paper: for onnx and web only"
    )
    export.add_argument(
        "--weights",
        choices=WEIGHTS,
        help="of onnx, tflite and web: half or a quarter of the size (default: float16 for web)",
    )
    export.add_argument(
        "--single-file", action="store_true", help="web: one HTML file that opens by itself"
    )

    distill = command(
        "distill",
        "train a small model that imitates a trained one, for phones and pages",
        "run run-small --parameters 1000000 --minutes 20",
        "run run-small --frames holiday.mp4 more-pictures",
    )
    add_run_dir(distill)
    distill.add_argument(
        "small_dir", metavar="SMALL_DIR", type=path_argument, help="where it is kept"
    )
    distill.add_argument(
        "--parameters",
        type=int,
        default=1_000_000,
        metavar="NUMBER",
        help="weights of the small network, at most (default: 1000000)",
    )
    distill.add_argument(
        "--frames",
        nargs="+",
        default=(),
        type=path_argument,
        metavar="SOURCE",
        help="more to learn from, without labels: videos, folders or zips of pictures",
    )
    distill.add_argument(
        "--epochs", type=int, default=0, help="how often it sees each crop (default: as the run)"
    )
    distill.add_argument("--minutes", type=float, default=0.0, help="how long to train instead")

    report = command("report", "write how good a trained model is, as one HTML file")
    add_run_dir(report)
    report.add_argument(
        "output",
        metavar="OUT.html",
        nargs="?",
        default="",
        help="the file to write (default: report.html in the run's folder)",
    )
    report.add_argument("--generation", default="chosen", help=f"whose pictures: {GENERATION}")


def run_apply(args: argparse.Namespace) -> int:
    from ..workflows.apply import apply

    with Terminal() as terminal:
        paths = apply(
            args.run_dir,
            args.input,
            args.output,
            whole=args.whole,
            mode=args.mode,
            generation=args.generation,
            side_by_side=args.side_by_side,
            smooth=args.smooth,
            strict=args.strict,
            on_event=terminal,
        )
    print(*paths, sep="\n")
    return 0


def run_export(args: argparse.Namespace) -> int:
    from ..workflows.export import export

    formats = [name.strip() for name in args.format.split(",")]
    with Terminal() as terminal:
        paths = export(
            args.run_dir,
            args.output,
            formats,
            generation=args.generation,
            mode=args.mode,
            weights=args.weights,
            single_file=args.single_file,
            on_event=terminal,
        )
    print(*paths, sep="\n")
    return 0


def run_distill(args: argparse.Namespace) -> int:
    from ..workflows.distill import distill

    with Terminal() as terminal:
        result = distill(
            args.run_dir,
            args.small_dir,
            parameters=args.parameters,
            frames=args.frames,
            epochs=args.epochs,
            minutes=args.minutes,
            on_event=terminal,
        )
    return say_how_far(result, Project(args.small_dir))


def run_report(args: argparse.Namespace) -> int:
    from ..workflows.report import report

    with Terminal() as terminal:
        path = report(args.run_dir, args.output, generation=args.generation, on_event=terminal)
    print(path)
    return 0
