"""How an option is declared and checked; `config.py` declares them all."""

from __future__ import annotations

import dataclasses
import math
import re
import typing
from dataclasses import dataclass
from typing import Any, ClassVar, Literal, Self

from .errors import OptionError
from .filenames import public_link

OnResume = Literal["refuse", "note", "free"]


@dataclass(frozen=True, kw_only=True)
class Option:
    """What is known of one option besides its name, its type and its default.

    Attributes:
        help: One line that says what it does, shown beside the form box and by `--help`.
        label: Its name in a form; the field's name in words where empty.
        minimum: The smallest value allowed, or None.
        maximum: The largest value allowed, or None.
        choices: The only values allowed, or () when any is.
        pattern: A regular expression that a text must match whole, or "".
        expects: What the pattern asks for, in words.
        unit: What the number counts.
        advanced: True when a form may fold it away.
        on_resume: What happens when a run goes on with another value: it is refused, noted or free.
        stored: False for what leads to a credential: it is in no `project.json` and no manifest.
        link: True for what may be a link: its password and its keys are never stored.
        legacy: What runs had that were made before there was this option; None: the default.
    """

    help: str
    label: str = ""
    minimum: float | None = None
    maximum: float | None = None
    choices: tuple[Any, ...] = ()
    pattern: str = ""
    expects: str = ""
    unit: str = ""
    advanced: bool = False
    on_resume: OnResume = "free"
    stored: bool = True
    link: bool = False
    legacy: Any = None


def option(default: Any, help: str, **spec: Any) -> Any:
    """Returns a dataclass field with an `Option` in its metadata."""
    return dataclasses.field(default=default, metadata={"option": Option(help=help, **spec)})


@dataclass(frozen=True, kw_only=True)
class Config:
    """The base of all option classes: checks its values when it is made.

    Raises:
        OptionError: a value has the wrong type or is out of bounds.
    """

    section: ClassVar[str] = ""

    def __post_init__(self) -> None:
        types = typing.get_type_hints(type(self))
        for field in dataclasses.fields(self):
            value = getattr(self, field.name)
            spec: Option = field.metadata["option"]
            checked = _checked(field.name, value, types[field.name], spec)
            object.__setattr__(self, field.name, checked)

    def replace(self, **changes: Any) -> Self:
        """Returns a copy with some values changed, checked again."""
        return dataclasses.replace(self, **changes)

    def to_dict(self) -> dict[str, Any]:
        """Returns the values as a JSON-ready dictionary, without what is never stored."""
        specs = options(self)
        values = {n: v for n, v in dataclasses.asdict(self).items() if specs[n].stored}
        return {n: public_link(v) if specs[n].link else v for n, v in values.items()}

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> Self:
        """Returns the config of a dictionary; a name that it does not know is refused.

        What was stored before an option existed goes on as it was: it gets the `legacy` value.

        Args:
            values: What `to_dict` gave, of this version or an older one; {} gives the defaults.

        Raises:
            OptionError: a name is unknown, or a value is out of bounds.
        """
        known = {field.name for field in dataclasses.fields(cls)}
        if unknown := sorted(set(values) - known):
            raise OptionError(
                f"Received the option {unknown[0]!r}.",
                why=f"Expected one of: {', '.join(sorted(known))}.",
                fix="It may come from a newer colab_pix2pix: upgrade, or remove it.",
            )
        specs = options(cls) if values else {}
        before = {n: spec.legacy for n, spec in specs.items() if spec.legacy is not None}
        return cls(**before | values)


def options(config: Config | type[Config]) -> dict[str, Option]:
    """Returns the options of a config class by name, in the order of declaration."""
    return {field.name: field.metadata["option"] for field in dataclasses.fields(config)}


def as_flags(config: Config) -> list[str]:
    """Returns command line flags for all options of a config: `--epochs=3`, `--no-flip`."""
    flags = []
    for name, value in config.to_dict().items():
        flag = name.replace("_", "-")
        if isinstance(value, bool):
            flags.append(f"--{flag}" if value else f"--no-{flag}")
        else:
            flags.append(f"--{flag}={value}")
    return flags


def _checked(name: str, value: Any, kind: type, spec: Option) -> Any:
    """Returns `value` as `kind`, or raises what was received, what was expected, what to do."""
    if kind is float and isinstance(value, int) and not isinstance(value, bool):
        value = float(value)
    if type(value) is kind and _allowed(value, spec):
        return value
    raise OptionError(
        f"{name}: received {value!r}.",
        why=f"Expected {expected(kind, spec)}.",
        fix=f"({spec.help})",
    )


def _allowed(value: Any, spec: Option) -> bool:
    """Returns whether a value of the right type keeps to what its option allows."""
    return (
        not (isinstance(value, float) and not math.isfinite(value))
        and (spec.minimum is None or value >= spec.minimum)
        and (spec.maximum is None or value <= spec.maximum)
        and (not spec.choices or value in spec.choices)
        and (not spec.pattern or re.fullmatch(spec.pattern, value) is not None)
    )


def expected(kind: type, spec: Option) -> str:
    """Returns in words which values an option takes, as in "a whole number from 1 to 64"."""
    if spec.choices:
        return "one of " + ", ".join(str(choice) for choice in spec.choices)
    if spec.expects:
        return spec.expects
    text = {int: "a whole number", float: "a number", bool: "true or false"}.get(kind, "a text")
    low, high = spec.minimum, spec.maximum
    if low is not None and high is not None:
        text += f" from {_plain(low)} to {_plain(high)}"
    elif low is not None:
        text += f" of at least {_plain(low)}"
    elif high is not None:
        text += f" of at most {_plain(high)}"
    return f"{text} ({spec.unit})" if spec.unit else text


def _plain(number: float) -> str:
    return str(int(number)) if number == int(number) else f"{number:g}"
