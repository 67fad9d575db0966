"""The list of commands with all that belongs to them alone, out of the parser."""

from __future__ import annotations

import argparse

from options_page import cell, sections

from colab_pix2pix.cli import main


def commands() -> dict[str, argparse.ArgumentParser]:
    """Returns the parser of each command by its name."""
    parser = main.build_parser()
    (subparsers,) = [action for action in parser._actions if isinstance(action.choices, dict)]
    return subparsers.choices


def name_of(action: argparse.Action) -> str:
    """Returns how an argument is typed."""
    if not action.option_strings:
        return f"`{action.metavar}`"
    flag = action.option_strings[-1]
    if action.nargs == 0:
        return f"`{flag}`"
    value = action.metavar or "|".join(map(str, action.choices or [])) or action.dest.upper()
    return f"`{flag} {value}`".replace("|", "\\|")


def row(action: argparse.Action) -> str:
    """Returns the line of one argument."""
    default = action.default
    told = default not in (None, "", False, argparse.SUPPRESS) and "default" not in action.help
    more = f" Default: `{default}`." if told else ""
    text = cell(action.help.replace("%%", "%"))
    return f"| {name_of(action)} | {text[:1].upper()}{text[1:].rstrip('.')}.{more} |"


def made(address: str) -> str:
    """Returns a section for each command, as Markdown."""
    lines = []
    for name, parser in commands().items():
        lines += [
            f"## {name}",
            "",
            f"{parser.description[:1].upper()}{parser.description[1:]}.",
            "",
        ]
        if parser.epilog:
            lines += [
                "```sh",
                *[line.strip() for line in parser.epilog.splitlines()[1:]],
                "```",
                "",
            ]
        prefixes = {kind: f"{kind.section}." for kind in sections()}
        actions = [action for action in parser._actions if action.dest != "help"]
        own = [a for a in actions if not a.dest.startswith(tuple(prefixes.values()))]
        if own:
            lines += ["| argument | what it is |", "|---|---|", *map(row, own), ""]
        shared = [
            f"[{kind.__name__}](options.md#{kind.__name__.lower()})"
            for kind, prefix in prefixes.items()
            if any(action.dest.startswith(prefix) for action in actions)
        ]
        if shared:
            lines += [f"And the options of {', '.join(shared)}.", ""]
    return "\n".join(lines)
