"""Every option, declared once.

A form, a command line, `project.json` and the docs are all made from these dataclasses; a value is
checked once, when the dataclass is made.
"""

from __future__ import annotations

import dataclasses
import math
import re
import typing
from dataclasses import dataclass
from typing import Any, ClassVar, Literal, Self

from .errors import OptionError

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


def option(default: Any, help: str, **about: Any) -> Any:
    """Returns a dataclass field with an `Option` in its metadata."""
    return dataclasses.field(default=default, metadata={"option": Option(help=help, **about)})


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
            about: Option = field.metadata["option"]
            checked = _checked(field.name, value, types[field.name], about)
            object.__setattr__(self, field.name, checked)

    def replace(self, **changes: Any) -> Self:
        """Returns a copy with some values changed, checked again."""
        return dataclasses.replace(self, **changes)

    def to_dict(self) -> dict[str, Any]:
        """Returns the values as a JSON-ready dictionary, without those that are never stored."""
        about = options(self)
        return {n: v for n, v in dataclasses.asdict(self).items() if about[n].stored}

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> Self:
        """Returns the config of a dictionary; a name that it does not know is refused.

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
        return cls(**values)


def options(config: Config | type[Config]) -> dict[str, Option]:
    """Returns the options of a config class by name, in the order of declaration."""
    return {field.name: field.metadata["option"] for field in dataclasses.fields(config)}


def _checked(name: str, value: Any, kind: type, about: Option) -> Any:
    """Returns `value` as `kind`, or raises what was received, what was expected, what to do."""
    if kind is float and isinstance(value, int) and not isinstance(value, bool):
        value = float(value)
    good = type(value) is kind
    good = good and not (kind is float and not math.isfinite(value))
    good = good and (about.minimum is None or value >= about.minimum)
    good = good and (about.maximum is None or value <= about.maximum)
    good = good and (not about.choices or value in about.choices)
    good = good and (not about.pattern or re.fullmatch(about.pattern, value) is not None)
    if good:
        return value
    raise OptionError(
        f"{name}: received {value!r}.",
        why=f"Expected {expected(kind, about)}.",
        fix=f"({about.help})",
    )


def expected(kind: type, about: Option) -> str:
    """Returns in words which values an option takes, as in "a whole number from 1 to 64"."""
    if about.choices:
        return "one of " + ", ".join(str(choice) for choice in about.choices)
    if about.expects:
        return about.expects
    words = {int: "a whole number", float: "a number", bool: "true or false"}.get(kind, "a text")
    low, high = about.minimum, about.maximum
    if low is not None and high is not None:
        words += f" from {low:g} to {high:g}"
    elif low is not None:
        words += f" of at least {low:g}"
    elif high is not None:
        words += f" of at most {high:g}"
    return f"{words} ({about.unit})" if about.unit else words


@dataclass(frozen=True, kw_only=True)
class VideoConfig(Config):
    """Which video, and how much of it to fetch."""

    section: ClassVar[str] = "video"

    source: str = option(
        "",
        "A link to a video page or file, or a path. Empty: the time-lapse that comes along.",
        label="Video link or path",
    )
    format: str = option(
        "auto",
        "auto takes the smallest picture stream that is high enough; or a yt-dlp format.",
        pattern=r"[\w+/\[\]<>=*.:,!?()-]+",
        expects="auto or a yt-dlp format such as 18 or bestvideo[height<=480]",
        advanced=True,
    )
    height: int = option(
        360,
        "The height that the fetched video should have at least, if there is one.",
        label="Wanted height",
        minimum=64,
        maximum=4320,
        unit="pixels",
        advanced=True,
    )
    limit: int = option(
        1,
        "How many videos of a playlist or a folder to take.",
        label="Most videos",
        minimum=1,
        maximum=1000,
        unit="videos",
        advanced=True,
    )
    cookies: str = option(
        "",
        "A cookies.txt of a browser that is signed in. Used, never copied, logged or stored.",
        label="Cookies file",
        advanced=True,
        stored=False,
    )


@dataclass(frozen=True, kw_only=True)
class FramesConfig(Config):
    """How square crops are cut out of a video."""

    section: ClassVar[str] = "frames"

    count: int = option(
        1000,
        "How many crops to cut, spread evenly over the whole video.",
        label="Number of crops",
        minimum=1,
        maximum=100_000,
        unit="crops",
    )
    scale: str = option(
        "-1:256",
        "The size that the frame gets first, as ffmpeg's width:height; -1 keeps the proportions.",
        label="Scaling",
        pattern=r"(?!-\d+:-)(-[12]|[1-9]\d{1,3}):(-[12]|[1-9]\d{1,3})",
        expects="width:height in pixels such as -1:256, 256:-1 or 455:256",
    )
    crops: str = option(
        "sides",
        "sides: two squares, at the ends of a frame; grid: overlapping ones; centre, random: one.",
        label="Where to crop",
        choices=("sides", "centre", "grid", "random"),
    )
    start: str = option(
        "",
        "Where in the video to begin, as 90 or 1:30. Empty: at its start.",
        pattern=r"|(\d+:)?(\d+:)?\d+(\.\d+)?",
        expects="seconds or hours:minutes:seconds such as 90 or 1:30, or nothing",
        advanced=True,
    )
    end: str = option(
        "",
        "Where in the video to stop, as 90 or 1:30. Empty: at its end.",
        pattern=r"|(\d+:)?(\d+:)?\d+(\.\d+)?",
        expects="seconds or hours:minutes:seconds such as 90 or 1:30, or nothing",
        advanced=True,
    )
    cut_bars: bool = option(
        True,
        "Find black bars at the edges of the picture, and cut them off first.",
        label="Cut off black bars",
        advanced=True,
    )
    exact: bool = option(
        True,
        "False takes key frames where there are some: quicker, at times a little less even.",
        label="Exact times",
        advanced=True,
    )
    random_seed: int = option(
        0,
        "Decides where random crops lie.",
        minimum=0,
        maximum=2**31 - 1,
        advanced=True,
    )
    image_format: str = option(
        "jpg",
        "jpg (quality 95) is small; png loses nothing.",
        choices=("jpg", "png"),
        advanced=True,
    )


@dataclass(frozen=True, kw_only=True)
class CurateConfig(Config):
    """When a crop is marked as bad, and which crops are held out for testing."""

    section: ClassVar[str] = "curate"

    dark_below: float = option(
        0.08,
        "A crop is dark when its mean brightness is below this share of white.",
        minimum=0,
        maximum=1,
    )
    blurred_below: float = option(
        0.12,
        "A crop is blurred when its sharpness is below this share of the video's usual one.",
        minimum=0,
        maximum=1,
    )
    duplicate_bits: int = option(
        2,
        "A crop repeats an earlier one when at most this many of 64 hash bits differ.",
        minimum=0,
        maximum=32,
        unit="bits",
    )
    test_fraction: float = option(
        0.2,
        "The share of the crops that is held out, in blocks of time, to test the model on.",
        minimum=0,
        maximum=0.5,
        advanced=True,
    )
    seed: int = option(
        0,
        "Decides which blocks are held out.",
        minimum=0,
        maximum=2**31 - 1,
        advanced=True,
    )


@dataclass(frozen=True, kw_only=True)
class TrainConfig(Config):
    """The network, its input and its training. The defaults are the pix2pix paper's."""

    section: ClassVar[str] = "train"

    epochs: int = option(
        200,
        "How often every crop is seen. More can be added later: training goes on where it ended.",
        minimum=1,
        maximum=100_000,
    )
    batch_size: int = option(
        4,
        "How many crops one step looks at. More is faster on a GPU and needs more memory.",
        minimum=1,
        maximum=256,
        unit="crops",
        on_resume="note",
    )
    image_size: int = option(
        256,
        "Width and height of the pictures that the network makes.",
        choices=(64, 128, 256, 512),
        unit="pixels",
        on_resume="refuse",
    )
    base_filters: int = option(
        64,
        "Width of the network (ngf, ndf in the original): 64 is the paper's, 8 is small and quick.",
        label="Network width",
        minimum=4,
        maximum=64,
        on_resume="refuse",
    )
    seed: int = option(
        0,
        "The same seed, data and machine give the same model.",
        minimum=0,
        maximum=2**31 - 1,
        advanced=True,
        on_resume="refuse",
    )
    save_every_seconds: float = option(
        300,
        "How often the training state is saved.",
        label="Save every",
        minimum=1,
        maximum=86_400,
        unit="seconds",
        advanced=True,
    )
    learning_rate: float = option(
        2e-4,
        "Step width of the Adam optimizers.",
        minimum=1e-7,
        maximum=0.1,
        advanced=True,
        on_resume="note",
    )
    lambda_l1: float = option(
        100.0,
        "Weight of the pixel difference against the discriminator's verdict.",
        minimum=0,
        maximum=10_000,
        advanced=True,
        on_resume="note",
    )
    blur_factor: float = option(
        24.0,
        "How many times a 256-pixel picture is shrunk to make the blurred grey input.",
        minimum=1,
        maximum=128,
        advanced=True,
        on_resume="refuse",
    )
    precision: str = option(
        "auto",
        "Number format of the computation; auto takes the fastest that this device computes well.",
        choices=("auto", "float32", "bfloat16"),
        advanced=True,
        on_resume="note",
    )


#: Where a beginner starts: name -> (what it is, the options).
PRESETS: dict[str, tuple[str, TrainConfig]] = {
    "quick": (
        "a first look in a few minutes, also without a GPU",
        TrainConfig(
            image_size=128,
            base_filters=8,
            batch_size=2,
            learning_rate=5e-4,
            epochs=30,
            save_every_seconds=10,
        ),
    ),
    "good": (
        "256 pixels, a medium network",
        TrainConfig(image_size=256, base_filters=16, epochs=100),
    ),
    "paper": ("256 pixels, the full network of the pix2pix paper", TrainConfig()),
}
