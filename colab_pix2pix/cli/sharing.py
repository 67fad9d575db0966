"""Commands that show a trained model to others: their arguments, and what each does."""

from __future__ import annotations

import argparse
import contextlib
from collections.abc import Callable

from .flags import GENERATION, path_argument
from .terminal import Terminal

COMMANDS = ("serve",)


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
    serve.add_argument("--generation", default="last", help=GENERATION)


def run_serve(args: argparse.Namespace) -> int:
    from ..workflows.serve import serve

    with Terminal() as terminal:
        server = serve(
            args.run_dir,
            port=args.port,
            generation=args.generation,
            open_browser=not args.no_browser,
            on_event=terminal,
        )
        with server, contextlib.suppress(KeyboardInterrupt):
            print(server.address, flush=True)
            terminal.line("The page is there until you press Ctrl-C, for this machine only.")
            server.wait()
    return 0
