"""How an option is declared and checked; `config.py` declares them all."""

from __future__ import annotations

import dataclasses
import functools
import inspect
import math
import os
import re
import types
import typing
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, Literal, NamedTuple, ParamSpec, Self, TypeVar

from .errors import OptionError, Pix2PixError
from .filenames import is_text, public_link, shown, typed_path, typed_text
from .languages import N_, _
from .litter import place_of

OnResume = Literal["refuse", "note", "free"]
Given = ParamSpec("Given")
Result = TypeVar("Result")
types_of: Callable[[type], dict[str, Any]] = functools.cache(typing.get_type_hints)


class OptionGroup(NamedTuple):
    """Options that a form and `--help` show together: their heading, and a sentence about them."""

    title: str
    purpose: str


@dataclass(frozen=True, kw_only=True)
class Option:
    """What is known of one option besides its name, its type and its default.

    Attributes:
        help: One line that says what it does, shown beside the form box and by `--help`.
        label: Its name in a form; the field's name in words where empty.
        minimum: The smallest value allowed, or None.
        maximum: The largest value allowed, or None.
        convert: Returns a value as it is kept, or None for one that is not allowed; where given, it
            alone decides, and `expects` says what it takes.
        choices: The only values allowed, or () when any is.
        pattern: A regular expression that a text must match whole, or "".
        expects: What pattern or `convert` ask for, in words.
        unit: What the number counts.
        advanced: True when a form may fold it away.
        group: What it belongs to; None for what comes first.
        on_resume: What happens when a run goes on with another value: it is refused, noted or free.
        stored: False for what leads to a credential: it is in no `project.json` and no manifest.
        link: True for what may be a link, or several: passwords and keys in it are never stored.
        legacy: What runs had that were made before there was this option; None: the default.
    """

    help: str
    label: str = ""
    minimum: float | None = None
    maximum: float | None = None
    convert: Callable[[Any], Any] | None = None
    choices: tuple[Any, ...] = ()
    pattern: str = ""
    expects: str = ""
    unit: str = ""
    advanced: bool = False
    group: OptionGroup | None = None
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
        types = types_of(type(self))  # kept: forms ask with each key that is pressed
        for name, spec in options(self).items():
            checked = _checked(name, getattr(self, name), types[name], spec)
            object.__setattr__(self, name, checked)

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
                _("Received the option {name}.", name=repr(unknown[0])),
                why=_("Expected one of: {names}.", names=", ".join(sorted(known))),
                fix=_("It may come from a newer colab_pix2pix: upgrade, or remove it."),
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
        flag, is_switch = name.replace("_", "-"), isinstance(value, bool)
        flags.append(f"--{'' if value else 'no-'}{flag}" if is_switch else f"--{flag}={value}")
    return flags


def _checked(name: str, value: Any, kind: type, spec: Option) -> Any:
    """Returns `value` as `kind`, or raises what was received, what was expected, what to do."""
    if kind is float and isinstance(value, int) and not isinstance(value, bool):
        value = float(value)
    if spec.convert is not None and (kept := spec.convert(value)) is not None:
        return kept
    is_fine = spec.convert is None and type(value) is kind and _allowed(value, spec)
    if is_fine and (not isinstance(value, str) or is_text(value)):
        return value
    why, fix = _("Expected {what}.", what=expected(kind, spec)), f"({_(spec.help)})"
    if is_fine:
        why, fix = _("It holds half a character."), ""
    what = _("{name}: received {value}.", name=name, value=shown(value))
    raise OptionError(what, why=why, fix=fix)


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
        return _("one of {choices}", choices=", ".join(map(str, spec.choices)))
    if spec.expects:
        return _(spec.expects)
    names = {int: N_("a whole number"), float: N_("a number"), bool: N_("true or false")}
    text = _(names.get(kind, N_("a text")))
    low, high = spec.minimum, spec.maximum
    if low is not None and high is not None:
        text = _("{what} from {low} to {high}", what=text, low=_plain(low), high=_plain(high))
    elif low is not None:
        text = _("{what} of at least {low}", what=text, low=_plain(low))
    elif high is not None:
        text = _("{what} of at most {high}", what=text, high=_plain(high))
    return f"{text} ({_(spec.unit)})" if spec.unit else text


def _plain(number: float) -> str:
    return str(int(number)) if number == int(number) else f"{number:g}"


def checks_input(
    *sources: str,
) -> Callable[[Callable[Given, Result]], Callable[Given, Result]]:
    """Makes a public function check what it is given, by its annotations, before it begins.

    So all of them say the same of the same: a path is `filenames.typed_path`, a list may be the one
    thing in it, None stands for the default listener. An error of the disk becomes a sentence.

    Args:
        sources: Parameters for which a link, or "", is as good as a path.
    """

    def decorate(function: Callable[Given, Result]) -> Callable[Given, Result]:
        signature = inspect.signature(function)

        @functools.cache
        def kinds() -> dict[str, Any]:
            names, found = function.__globals__, signature.parameters.values()
            return {p.name: eval(str(p.annotation), names) for p in found}

        @functools.wraps(function)
        def checked(*args: Given.args, **kwargs: Given.kwargs) -> Result:
            bound = signature.bind(*args, **kwargs)
            for name, value in bound.arguments.items():
                default = signature.parameters[name].default
                kind = Callable if name == "on_event" else kinds()[name]
                value = default if kind is Callable and value is None else value
                loose = name in sources or default == ""
                bound.arguments[name] = _as_declared(name, value, kind, loose)
            try:
                return function(*bound.args, **bound.kwargs)
            except OSError as error:
                raise _disk_error(error) from error

        return checked

    return decorate


def _as_declared(name: str, value: Any, kind: Any, loose: bool) -> Any:
    """Returns a value as a parameter of this type takes it; see `checks_input`."""
    is_union = typing.get_origin(kind) in (typing.Union, types.UnionType)
    members = typing.get_args(kind) if is_union else (kind,)
    classes = tuple(m for m in members if isinstance(m, type) and not typing.get_args(m))
    inner = {typing.get_origin(one): typing.get_args(one) for one in members}
    if kind is Callable:
        if callable(value):
            return value
        raise _refused(name, value, _("a function that takes an event, such as print"))
    if tuple in inner and isinstance(value, tuple | list):
        if len(value) != len(inner[tuple]):
            raise _refused(name, value, _("one path, or two"))
        return tuple(_as_declared(name, item, inner[tuple][0], loose) for item in value)
    if Path in classes:
        is_other = isinstance(value, tuple(set(classes) - {Path, str}))
        return value if is_other else _path(name, value, loose)
    if many := inner.get(Sequence) or inner.get(Iterable):
        return [_as_declared(name, item, many[0], loose) for item in _listed(name, value)]
    if Literal in inner:
        if isinstance(value, str) and value in inner[Literal]:
            return value
        choices = ", ".join(map(repr, inner[Literal]))
        raise _refused(name, value, _("one of {choices}", choices=choices))
    if isinstance(value, classes) and not {int, float, str} & set(classes):
        return value
    if value is None and type(None) in classes:
        return None
    if {int, str} <= set(classes) and type(value) in (int, str):
        return value
    if str in classes and type(value) is int:
        return str(value)  # the number of a generation
    if plain := {bool, int, float, str} & set(classes):
        return _checked(name, value, plain.pop(), Option(help=""))
    words = " or ".join("None" if c is type(None) else f"a {c.__name__}" for c in classes)
    raise _refused(name, value, words)


def _listed(name: str, value: Any) -> Iterable[Any]:
    """Returns several values; one alone is a list of itself."""
    if isinstance(value, str | os.PathLike):
        return [value]
    if isinstance(value, Iterable) and not isinstance(value, bytes | bytearray | dict):
        return value
    raise _refused(name, value, _("a list"))


def _path(name: str, value: Any, loose: bool) -> Path | str:
    text = typed_text(value) if isinstance(value, str) else ""
    if loose and isinstance(value, str) and (not text or re.match(r"[\w+.-]{2,}:", text)):
        return text
    path = typed_path(value, name)
    return f"{path}/" if text.endswith("/") else path  # a folder, even where there is none yet


def _refused(name: str, value: Any, expects: str) -> OptionError:
    what = _("{name}: received {value}.", name=name, value=shown(value))
    return OptionError(what, why=_("Expected {what}.", what=expects))


def _disk_error(error: OSError) -> Pix2PixError:
    """Returns the error for what a disk gave, where nobody nearer to it has said more."""
    where = shown(place_of(Path(os.fsdecode(error.filename)))) if error.filename else _("A file")
    return Pix2PixError(
        _("{where} can't be used: {why}.", where=where, why=error.strerror or error),
        why=_("The disk or the system does not allow it."),
        fix=_("Look at the path, at who may write there, and at how much room is left."),
    )
