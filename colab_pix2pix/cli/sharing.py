"""Commands that show a trained model to others: their arguments, and what each does."""

from __future__ import annotations

import argparse
import contextlib
from collections.abc import Callable

from ..config import ShareConfig
from ..errors import OptionError
from ..filenames import shown
from ..project import Project
from .flags import GENERATION, add_options, add_run_dir, configured, path_argument
from .terminal import Terminal

COMMANDS = ("serve", "share", "choose", "publish")


def add_commands(command: Callable[..., argparse.ArgumentParser]) -> None:
    """Adds them to the command line.

    Args:
        command: Makes a parser of a name, a line of help and examples.
    """
    serve = command(
        "serve",
        "open the live page of a trained model; Ctrl-C ends it",
        "run",
        "exported/web --port 8000 --no-browser",
    )
    serve.add_argument(
        "run_dir",
        metavar="RUN_DIR",
        type=path_argument,
        help="the folder of a training, or one that export has written with a page",
    )
    serve.add_argument("--port", type=int, default=0, help="default: a free one")
    serve.add_argument(
        "--no-browser", action="store_true", help="only print the address, open nothing"
    )
    serve.add_argument("--generation", default="chosen", help=GENERATION)

    share = command(
        "share",
        "write a film of a training, a sheet of pictures and a page, to show to others",
        'run to-show --title "Flowers that see" --signature "by Ada"',
        "run --format gif --megabytes 5",
    )
    add_run_dir(share)
    share.add_argument(
        "output",
        metavar="OUT",
        nargs="?",
        default="",
        help="the folder to write into (default: share in the run's folder)",
    )
    share.add_argument(
        "--format",
        default="",
        metavar="NAMES",
        help="some of gif, mp4, png, html, with commas between them (default: all)",
    )
    share.add_argument("--generation", default="chosen", help=GENERATION)
    add_options(share, ShareConfig)

    choose = command(
        "choose",
        "choose the saved state that is used, shown and exported from now on",
        "run            (which there are)",
        "run 1200",
        "run newest     (takes the choice back)",
    )
    add_run_dir(choose)
    choose.add_argument(
        "step", metavar="STEP", nargs="?", default="", help="of a saved state, or newest"
    )

    publish = command(
        "publish",
        "put a trained model and its page onto the Hugging Face Hub",
        "run ada/flowers",
    )
    add_run_dir(publish)
    publish.add_argument("name", metavar="OWNER/NAME", help="its name on the Hub")
    publish.add_argument("--generation", default="chosen", help=GENERATION)
    publish.add_argument("--private", action="store_true", help="only you see it")


def run_serve(args: argparse.Namespace) -> int:
    from ..workflows.sharing.serve import serve

    with Terminal() as terminal:
        server = serve(
            args.run_dir,
            port=args.port,
            generation=args.generation,
            open_browser=not args.no_browser,
            on_event=terminal,
        )
        with server, contextlib.suppress(KeyboardInterrupt):
            terminal.line("The page is there until you press Ctrl-C, for this machine only.")
            print(server.address, flush=True)
            server.wait()
    return 0


def run_share(args: argparse.Namespace) -> int:
    from ..workflows.sharing.share import share

    project = Project(args.run_dir)
    with Terminal() as terminal:
        paths = share(
            project,
            args.output,
            configured(args, project.recall(ShareConfig)),
            kinds=[name for word in args.format.split(",") if (name := word.strip())],
            generation=args.generation,
            on_event=terminal,
        )
    print(*paths, sep="\n")
    return 0


def run_choose(args: argparse.Namespace) -> int:
    from ..workflows.sharing.choosing import choose_state, states_in_words

    project = Project(args.run_dir)
    if not args.step:
        print(*states_in_words(project), sep="\n")
        return 0
    if args.step != "newest" and not (args.step.isdecimal() and int(args.step)):
        raise OptionError(
            f"STEP: received {shown(args.step)}.", why="Expected a whole number, or newest."
        )
    with Terminal() as terminal:
        step = 0 if args.step == "newest" else int(args.step)
        print(choose_state(project, step, on_event=terminal))
    return 0


def run_publish(args: argparse.Namespace) -> int:
    from ..workflows.sharing.publish import publish

    with Terminal() as terminal:
        addresses = publish(
            args.run_dir,
            args.name,
            generation=args.generation,
            private=args.private,
            on_event=terminal,
        )
    print(*addresses, sep="\n")
    return 0
