"""What a shell completes: a script for bash, zsh or fish, made of the parser by shtab."""

from __future__ import annotations

import argparse
from collections.abc import Iterator

from ..config import PRESETS
from ..errors import Pix2PixError
from ..workflows.export import FORMATS

SHELLS = ("bash", "zsh", "fish")
#: Where a shell looks for such scripts by itself.
PLACES = {
    "bash": "~/.local/share/bash-completion/completions/colab-pix2pix",
    "zsh": "~/.zfunc/_colab-pix2pix",
    "fish": "~/.config/fish/completions/colab-pix2pix.fish",
}
_FILES = ("source", "cookies", "init_from")
#: Words that are offered where the parser takes any text.
_WORDS = {"preset": tuple(PRESETS), "format": tuple(FORMATS), "generation": ("last", "best")}


def print_script(parser: argparse.ArgumentParser, shell: str) -> int:
    """Prints the script that lets a shell complete commands, flags, choices and paths.

    Args:
        parser: The parser of all commands; it is good for nothing else afterwards.
        shell: One of `SHELLS`.

    Returns:
        The exit status.

    Raises:
        Pix2PixError: shtab is not installed.
    """
    try:
        import shtab
    except ImportError as error:
        raise Pix2PixError(
            "The package shtab is not installed.",
            why="It writes the script.",
            fix="pip install 'colab-pix2pix[completion]'",
        ) from error
    for action in _actions(parser):
        name = action.dest.rpartition(".")[2]
        takes_value = action.nargs != 0
        if isinstance(action.metavar, str) and action.metavar.startswith("{"):
            action.choices = action.metavar[1:-1].split(",")
        elif not action.choices and name in _WORDS:
            action.choices = _WORDS[name]
        elif takes_value and not action.choices and (not action.option_strings or name in _FILES):
            action.complete = shtab.FILE  # type: ignore[attr-defined]
    print(shtab.complete(parser, shell))
    return 0


def _actions(parser: argparse.ArgumentParser) -> Iterator[argparse.Action]:
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            for one in action.choices.values():
                yield from _actions(one)
        else:
            yield action
