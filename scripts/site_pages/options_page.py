"""The tables of all options and presets, out of their declarations."""

from __future__ import annotations

import dataclasses
import typing
from typing import Any

from colab_pix2pix import config
from colab_pix2pix.cli import main
from colab_pix2pix.options import OptionGroup, expected, options

LATER = {"refuse": "refused", "note": "noted"}
HEAD = "| option | what it does, and what it takes |\n|---|---|"


def sections() -> list[type[config.Config]]:
    """Returns the classes of options in the order in which they are declared."""
    found = [kind for kind in vars(config).values() if isinstance(kind, type)]
    return [kind for kind in found if issubclass(kind, config.Config) and kind.section]


def commands_with(kind: type[config.Config]) -> list[str]:
    """Returns the commands that have flags for a class of options."""
    parser = main.build_parser()
    (subparsers,) = [action for action in parser._actions if isinstance(action.choices, dict)]
    return [
        name
        for name, command in subparsers.choices.items()
        if any(action.dest.startswith(f"{kind.section}.") for action in command._actions)
    ]


def cell(text: str) -> str:
    """Returns a text as it may stand in a table."""
    return text.replace("|", "\\|").replace("\n", " ").replace("*", "\\*").replace("<", "&lt;")


def shown(value: object) -> str:
    """Returns a default in words."""
    if isinstance(value, bool):
        return "on" if value else "off"
    return f"`{value}`" if value != "" else "none"


def row(field: dataclasses.Field[Any], kind: type) -> str:
    """Returns the line of one option."""
    spec = field.metadata["option"]
    takes = f"Takes {cell(expected(kind, spec))}. Default: {shown(field.default)}."
    later = f" Another value later: {LATER[spec.on_resume]}." if spec.on_resume != "free" else ""
    return f"| `{field.name}` | {cell(spec.help)}<br>{takes}{later} |"


def section(kind: type[config.Config]) -> list[str]:
    """Returns the tables of a class of options, a table for each of its groups."""
    flags = ", ".join(f"`{name}`" for name in commands_with(kind))
    lines = [f"## {kind.__name__}", "", kind.__doc__.strip(), ""]
    lines += [f"In Python `p2p.{kind.__name__}(…)`; in a shell flags of {flags}.", ""]
    types, specs = typing.get_type_hints(kind), options(kind)
    groups: list[OptionGroup | None] = list(dict.fromkeys(spec.group for spec in specs.values()))
    for group in groups:
        if group:
            lines += [f"### {group.title}", "", group.purpose, ""]
        rows = [
            row(field, types[field.name])
            for field in dataclasses.fields(kind)
            if specs[field.name].group == group
        ]
        lines += [HEAD, *rows, ""]
    return lines


def presets() -> list[str]:
    """Returns the table of presets, and what differs from the defaults in each."""
    lines = [
        "## Presets",
        "",
        "`--preset NAME`, `p2p.TrainConfig.preset(NAME)`, or the form's menu.",
        "",
    ]
    lines += ["| preset | what for | what differs |", "|---|---|---|"]
    usual = config.TrainConfig().to_dict()
    for name, preset in config.PRESETS.items():
        values = preset.config.to_dict().items()
        changed = [f"`{key}` {shown(value)}" for key, value in values if value != usual[key]]
        differs = ", ".join(changed) or "nothing: what you get without a preset"
        lines.append(f"| `{name}` | {cell(preset.purpose)} | {differs} |")
    return [*lines, ""]


def made(address: str) -> str:
    """Returns the page's tables, as Markdown."""
    lines = [
        "A flag is the option's name with dashes: `image_size` is `--image-size`; what is on or off is"
    ]
    lines += ["`--flip` or `--no-flip`.", "", *presets()]
    for kind in sections():
        lines += section(kind)
    return "\n".join(lines)
