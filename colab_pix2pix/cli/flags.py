"""Options become flags: a config -> an argparse group, and parsed arguments -> a config again."""

from __future__ import annotations

import argparse
import dataclasses
import typing
from collections.abc import Sequence
from typing import Any, TypeVar

from ..config import VideoConfig
from ..options import Config, Option, expected, options

AnyConfig = TypeVar("AnyConfig", bound=Config)


def protect_dashes(argv: Sequence[str]) -> list[str]:
    """Lets values begin with a dash: `--scale -1:256`, and a SOURCE such as `-clip.mp4`.

    argparse takes both for unknown flags. So the scale moves into its flag's word, and the
    positions of `download` move behind a `--`.
    """
    result: list[str] = []
    for word in argv:
        if result and result[-1] == "--scale":
            result[-1] = f"--scale={word}"
        else:
            result.append(word)
    if result[:1] != ["download"] or {"-h", "--help", "--"} & set(result):
        return result
    known = {f"--{name.replace('_', '-')}" for name in options(VideoConfig)}
    flag_names = {*known, "--list-formats"}
    flags: list[str] = []
    positions: list[str] = []
    rest = iter(result[1:])
    for word in rest:
        if word in known:
            flags += [word, *[value for value in [next(rest, None)] if value is not None]]
        else:
            (flags if word.split("=")[0] in flag_names else positions).append(word)
    return ["download", *flags, "--", *positions]


def add_options(
    parser: argparse.ArgumentParser, kind: type[Config], leave_out: Sequence[str] = ()
) -> None:
    """Adds a flag for each option of a config class; a flag that is not given leaves no trace."""
    group = parser.add_argument_group(f"{kind.section} options")
    types = typing.get_type_hints(kind)
    for field in dataclasses.fields(kind):
        if field.name in leave_out:
            continue
        argument_options: dict[str, Any] = {
            "type": types[field.name],
            "metavar": types[field.name].__name__.upper(),
        }
        if types[field.name] is bool:  # --exact and --no-exact: bool("False") would be true
            argument_options = {"action": argparse.BooleanOptionalAction}
        group.add_argument(
            f"--{field.name.replace('_', '-')}",
            dest=f"{kind.section}.{field.name}",
            default=argparse.SUPPRESS,
            help=_help(field, types[field.name]),
            **argument_options,
        )


def _help(field: dataclasses.Field[Any], kind: type) -> str:
    option: Option = field.metadata["option"]
    text = f"{option.help} Takes {expected(kind, option)}; default {field.default!r}."
    return text.replace("%", "%%")


def configured(args: argparse.Namespace, base: AnyConfig) -> AnyConfig:
    """Returns `base` with the flags that the user gave."""
    prefix = f"{base.section}."
    changes = {n.removeprefix(prefix): v for n, v in vars(args).items() if n.startswith(prefix)}
    return base.replace(**changes)
