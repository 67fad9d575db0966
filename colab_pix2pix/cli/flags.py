"""Options become flags: a config -> an argparse group, and parsed arguments -> a config again."""

from __future__ import annotations

import argparse
import dataclasses
import difflib
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NoReturn, TypeVar

from ..config import VideoConfig, typed_number
from ..errors import OptionError
from ..filenames import typed_path
from ..options import Config, Option, OptionGroup, expected, options, types_of

AnyConfig = TypeVar("AnyConfig", bound=Config)
#: What argparse says of a word that it does not know.
_UNKNOWN = re.compile(r"unrecognized arguments: (\S+)|invalid choice: '([^']+)'")
#: What `--generation` takes.
GENERATION = "chosen (by eye; else the last), last, best (by the held-out crops), or a number"

_REPEATED = {"+": "{0} [{0} ...]", "?": "[{0}]", argparse.PARSER: "{0} ..."}


class Parser(argparse.ArgumentParser):
    """A parser that says what may have been meant, and whose usage is one line.

    Args:
        examples: Whole command lines, shown at the end of the help.
        options: As of `argparse.ArgumentParser`.
    """

    def __init__(self, *, examples: Sequence[str] = (), **options: Any) -> None:
        lines = "\n".join(f"  {example}" for example in examples)
        formatter = argparse.RawDescriptionHelpFormatter
        super().__init__(
            formatter_class=formatter, epilog=f"examples:\n{lines}" if examples else None, **options
        )

    def format_help(self) -> str:
        """Returns the help; which flags there are is said once, below."""
        positions = [action for action in self._actions if not action.option_strings]
        words = [_REPEATED.get(str(p.nargs), "{0}").format(p.metavar) for p in positions]
        self.usage = " ".join(["%(prog)s [OPTION ...]", *words])
        return super().format_help()

    def error(self, message: str) -> NoReturn:
        """Says what is wrong, and ends the program."""
        if found := _UNKNOWN.search(message):
            word = (found[1] or found[2]).partition("=")[0]
            if meant := difflib.get_close_matches(word, self._known_words(), 1):
                message = f"{message}. Did you mean {meant[0]}?"
        super().error(message)

    def _known_words(self) -> list[str]:
        words = [word for action in self._actions for word in action.option_strings]
        for action in self._actions:
            if isinstance(action.choices, dict):  # the commands
                words += action.choices
                words += [word for each in action.choices.values() for word in each._known_words()]
            elif action.choices:
                words += map(str, action.choices)
        return words


def path_argument(text: str) -> Path:
    """Returns a path of the command line; argparse reports one that is none."""
    try:
        return typed_path(text)
    except OptionError as error:
        raise argparse.ArgumentTypeError(str(error)) from error


def add_run_dir(parser: argparse.ArgumentParser) -> None:
    """Adds the position for the folder of a training."""
    parser.add_argument(
        "run_dir", metavar="RUN_DIR", type=path_argument, help="the folder of a training"
    )


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
    groups: dict[OptionGroup | None, Any] = {}
    types = types_of(kind)
    for field in dataclasses.fields(kind):
        if field.name in leave_out:
            continue
        spec: Option = field.metadata["option"]
        if spec.group not in groups:
            groups[spec.group] = _new_group(parser, kind, spec.group)
        argument_options: dict[str, Any] = {
            "type": typed_number if spec.convert else types[field.name],
            "metavar": _metavar(types[field.name], spec),
        }
        if types[field.name] is bool:  # --exact and --no-exact: bool("False") would be true
            argument_options = {"action": argparse.BooleanOptionalAction}
        groups[spec.group].add_argument(
            f"--{field.name.replace('_', '-')}",
            dest=f"{kind.section}.{field.name}",
            default=argparse.SUPPRESS,
            help=_help(field, types[field.name]),
            **argument_options,
        )


def _new_group(
    parser: argparse.ArgumentParser, kind: type[Config], group: OptionGroup | None
) -> Any:
    if group is None:
        return parser.add_argument_group(f"{kind.section} options")
    title = f"{kind.section} options: {group.title.lower()}"
    return parser.add_argument_group(title, group.purpose)


def _metavar(kind: type, spec: Option) -> str:
    """Returns what stands for a flag's value: what may be chosen, or of what kind it is."""
    if spec.choices:
        return "{" + ",".join(map(str, spec.choices)) + "}"
    return "SIZE" if spec.convert else "TEXT" if kind is str else "NUMBER"


def _help(field: dataclasses.Field[Any], kind: type) -> str:
    option: Option = field.metadata["option"]
    plain = option.choices or kind is bool
    takes = "" if plain else f"Takes {expected(kind, option)}. "
    text = f"{option.help} {takes}Default: {_shown(field.default)}."
    return text.replace("%", "%%")


def _shown(default: Any) -> str:
    if isinstance(default, bool):
        return "on" if default else "off"
    return str(default) if default != "" else "none"


def configured(args: argparse.Namespace, base: AnyConfig) -> AnyConfig:
    """Returns `base` with the flags that the user gave."""
    prefix = f"{base.section}."
    changes = {n.removeprefix(prefix): v for n, v in vars(args).items() if n.startswith(prefix)}
    return base.replace(**changes)
