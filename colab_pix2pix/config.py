"""Every option, declared once.

A form, a command line, `project.json` and the docs are all made from these dataclasses; a value is
checked once, when the dataclass is made.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from typing import Any, ClassVar, NamedTuple

from .errors import OptionError
from .filenames import public_link, typed_text
from .languages import LANGUAGES, _
from .options import Config, OptionGroup, option, options

#: How a trained network is used: with running statistics, or as the paper tests it.
MODES = ("inference", "paper")
#: With so many `gan_warmup_steps` the discriminator never has its say.
MAX_WARMUP_STEPS = 1_000_000
_PAPER_RATE, _PAPER_WIDTH = 2e-4, 64
#: The sides that a network can have: from, to, and a multiple of.
_SHORTEST, _LONGEST, _STEP = 64, 1024, 32
_TWO_SIDES = re.compile(r"(\d{1,4})\s*[x×]\s*(\d{1,4})", re.IGNORECASE)
#: The smallest size of an own crop, in percent of the largest that fits.
SMALLEST_REGION = 2
_THINNEST = 16  # times as long as wide
# A line of several sources that ends in its weight.
_WEIGHT = re.compile(r"(?P<text>.*\S)\s+\*\s*(?P<weight>\d{1,4}(\.\d{1,4})?)", re.DOTALL)
_SMALLEST_OUTPUT = 32  # pixels
TIME = r"|(\d+:)?(\d+:)?\d+(\.\d+)?"
TIME_EXAMPLE = "seconds or hours:minutes:seconds such as 90 or 1:30, or nothing"


def halvings(side: int) -> int:
    """Returns how often a side, in pixels, can be halved.

    Example:
        >>> [halvings(side) for side in (64, 96, 256, 320)]
        [6, 5, 8, 6]
    """
    return (side & -side).bit_length() - 1


class Sides(NamedTuple):
    """Width and height of a picture, in pixels."""

    width: int
    height: int

    @property
    def shape(self) -> tuple[int, int]:
        """Height and width, as arrays have them."""
        return self.height, self.width

    @property
    def halvings(self) -> int:
        """How often both can be halved."""
        return min(map(halvings, self))

    def __str__(self) -> str:
        return f"{self.width}x{self.height}"


#: The side of a square, in pixels; or a text such as "512x288", width and height.
Size = int | str | Sides


def sides(size: Size) -> Sides:
    """Returns width and height of a size.

    Example:
        >>> sides(256).shape, sides("512x288").shape
        ((256, 256), (288, 512))
    """
    if isinstance(size, Sides):
        return size
    width, _x, height = str(size).partition("x")
    return Sides(int(width), int(height or width))


def size_option(size: Sides) -> int | str:
    """Returns a size as options hold it: of a square, its side."""
    return size.width if size.width == size.height else str(size)


def typed_number(text: str) -> int | str:
    """Returns what a person has typed for an option that is a whole number or a text."""
    return int(text) if text.strip().isdecimal() else text


def _image_size(value: Any) -> int | str | None:
    """Returns a size as it is kept; None where it is none that a network can have."""
    size = typed_size(value)
    fits = size and all(_SHORTEST <= n <= _LONGEST and n % _STEP == 0 for n in size)
    return size_option(size) if size and fits else None


def _output_size(value: Any) -> int | str | None:
    size = typed_size(value)
    return size_option(size) if size and max(size) <= _LONGEST else None


def typed_size(value: Any) -> Sides | None:
    """Returns what was typed as a size: a whole number, or a text such as "512x288"."""
    if type(value) is int and value >= 0:
        return Sides(value, value)
    match = _TWO_SIDES.fullmatch(value.strip()) if isinstance(value, str) else None
    return Sides(int(match[1]), int(match[2])) if match else None


def parse_time(text: str) -> float:
    """Returns the seconds of a time such as "90" or "1:30".

    Example:
        >>> parse_time("1:02:30")
        3750.0
    """
    seconds = 0.0
    for number in text.split(":"):
        seconds = 60 * seconds + float(number)
    return seconds


@dataclass(frozen=True)
class WeightedSource:
    """A link or a path, and how much it counts beside the others.

    Attributes:
        text: The link or the path, without blanks and quotes around it.
        weight: Above 0; a source of 2 gives twice as many crops as one of 1.
    """

    text: str
    weight: float = 1.0


def parse_sources(text: str) -> tuple[WeightedSource, ...]:
    """Returns the sources of a text, in order; of one that is named twice, the weights are added.

    Args:
        text: A line for each; a line may end in `* 2`, its weight. Empty lines do not count.

    Raises:
        OptionError: a weight is 0.

    Example:
        >>> [(s.text, s.weight) for s in parse_sources("a.mp4 * 2\\n\\n'my film.mp4'")]
        [('a.mp4', 2.0), ('my film.mp4', 1.0)]
    """
    weights: dict[str, float] = {}
    for line in filter(None, map(typed_text, text.splitlines())):
        match = _WEIGHT.fullmatch(line)
        name, weight = (typed_text(match["text"]), float(match["weight"])) if match else (line, 1.0)
        if not weight:
            raise OptionError(
                _("source: received the weight 0 for {link}.", link=repr(public_link(name))),
                why=_("Expected a number above 0, such as * 2 or * 0.5."),
                fix=_("Delete the line to leave that video out."),
            )
        weights[name] = weights.get(name, 0.0) + weight
    return tuple(WeightedSource(*item) for item in weights.items())


def public_sources(text: str) -> str:
    """Returns a text of sources with each link as `public_link` has it, fit to be stored.

    Example:
        >>> public_sources("https://me:secret@example.org/a.mp4?key=1 * 2\\nb.mp4")
        'https://example.org/a.mp4 * 2\\nb.mp4'
    """
    lines = []
    for line in text.split("\n"):
        match = _WEIGHT.fullmatch(line.strip())
        if match and public_link(match["text"]) != match["text"]:
            line = f"{public_link(match['text'])} * {match['weight']}"
        lines.append(line if match else public_link(line))
    return "\n".join(lines)


@dataclass(frozen=True, kw_only=True)
class VideoConfig(Config):
    """Which video, and how much of it to fetch."""

    section: ClassVar[str] = "video"

    source: str = option(
        "",
        "A link to a video page or file, or a path. Empty: the sample, a short time-lapse.",
        label="Video link or path",
        link=True,
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
    start: str = option(
        "",
        "Where in the video to begin, as 90 or 1:30. What lies before is not even fetched.",
        pattern=TIME,
        expects=TIME_EXAMPLE,
    )
    end: str = option(
        "",
        "Where in the video to stop, as 90 or 1:30, such as before a presenter says goodbye.",
        pattern=TIME,
        expects=TIME_EXAMPLE,
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

    def __post_init__(self) -> None:
        super().__post_init__()
        parse_sources(self.source)  # or it says which weight is wrong

    def to_dict(self) -> dict[str, Any]:
        """Returns the values, without what is private in a link and what is never stored."""
        return super().to_dict() | {"source": public_sources(self.source)}


@dataclass(frozen=True, kw_only=True)
class FramesConfig(Config):
    """How crops are cut out of a video."""

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
        "sides: two, at the ends of a frame; grid: overlapping ones; centre, random: one.",
        label="Where to crop",
        choices=("sides", "centre", "grid", "random"),
    )
    shape: str = option(
        "1:1",
        "Width to height of the crops: 1:1 are squares, 16:9 is wide, 9:16 is tall.",
        label="Shape",
        pattern=r"[1-9]\d{0,3}:[1-9]\d{0,3}",
        expects="width:height such as 1:1, 16:9 or 9:16, at most 16 times as long as wide",
    )
    region: str = option(
        "",
        "One crop of your own instead: left and top in percent of the picture's width and height,"
        " and its size in percent of the largest that fits, such as 25,10,60.",
        label="Own crop",
        pattern=r"|\d{1,3}(\.\d{1,3})?(,\d{1,3}(\.\d{1,3})?){2}",
        expects="left, top and size in percent such as 25,10,60, the size from"
        f" {SMALLEST_REGION} to 100, or nothing",
        advanced=True,
    )
    start: str = option(
        "",
        "Where in the fetched video to begin, as 90 or 1:30. Empty: at its start.",
        pattern=TIME,
        expects=TIME_EXAMPLE,
        advanced=True,
    )
    end: str = option(
        "",
        "Where in the fetched video to stop, as 90 or 1:30. Empty: at its end.",
        pattern=TIME,
        expects=TIME_EXAMPLE,
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
        "Crops lie at even times. Off: at key frames, where there are some, which is quicker and at"
        " times a little less even.",
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

    def __post_init__(self) -> None:
        super().__post_init__()
        across, down = map(int, self.shape.split(":"))
        if not 1 / _THINNEST <= across / down <= _THINNEST:
            spec = options(self)["shape"]
            raise OptionError(
                _("{name}: received {value}.", name="shape", value=repr(self.shape)),
                why=_("Expected {what}.", what=_(spec.expects)),
            )
        divisor = math.gcd(across, down)
        object.__setattr__(self, "shape", f"{across // divisor}:{down // divisor}")
        if not self.region:
            return
        left, top, side = map(float, self.region.split(","))
        if max(left, top) >= 100 or not SMALLEST_REGION <= side <= 100:
            spec = options(self)["region"]
            raise OptionError(
                _("{name}: received {value}.", name="region", value=repr(self.region)),
                why=_("Expected {what}.", what=_(spec.expects)),
            )

    def to_dict(self) -> dict[str, Any]:
        """Returns the values; without what is usual and older versions did not know of."""
        usual = {"region": "", "shape": "1:1"}
        values = super().to_dict()
        return {name: v for name, v in values.items() if usual.get(name) != v}


@dataclass(frozen=True, kw_only=True)
class PicturesConfig(Config):
    """What a folder or a zip of one's own pictures holds, where the notebook is given one."""

    section: ClassVar[str] = "pictures"

    pairs: str = option(
        "no",
        "A pair is an input and what shall be made of it: side by side in one picture, A left and B"
        " right, or in two folders A and B, under the same name. Others are cut up.",
        label="Are they pairs?",
        choices=("no", "AtoB", "BtoA"),
    )
    side_by_side: bool = option(
        False,
        "Of pairs: each picture is one, whatever its shape and its folder say.",
        advanced=True,
    )
    background: str = option(
        "white",
        "What shows through where a picture is transparent.",
        pattern=r"white|grey|black|#[0-9a-fA-F]{6}",
        expects="white, grey, black or a colour such as #30a0ff",
        advanced=True,
    )
    levels: str = option(
        "",
        "Which values of pictures of 16 bits become black and white, as 0,4095. Empty: the darkest"
        " and the brightest of each picture.",
        pattern=r"|-?\d+(\.\d+)?,-?\d+(\.\d+)?",
        expects="two numbers, the smaller one first, such as 0,4095, or nothing",
        advanced=True,
    )
    nearest: bool = option(
        False,
        "Pictures of at most 256 colours, such as label maps, are scaled without mixing them.",
        label="Keep the colours of label maps",
        advanced=True,
    )
    strict: bool = option(
        False,
        "Stop at the first picture that can't be read. Else it is left out, and named.",
        advanced=True,
    )

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.levels and not float.__lt__(*map(float, self.levels.split(","))):
            raise OptionError(
                _("{name}: received {value}.", name="levels", value=repr(self.levels)),
                why=_("Expected two numbers, the smaller one first, such as 0,4095."),
            )

    @property
    def cutting(self) -> dict[str, object]:
        """What of it changes the crops, where it is not as usual: empty for most."""
        usual = PicturesConfig()
        names = ("side_by_side", "background", "levels", "nearest")
        values = {name: getattr(self, name) for name in names}
        return {name: v for name, v in values.items() if v != getattr(usual, name)}


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
    flat_above: float = option(
        0.6,
        "A crop may be a title card when more than this share of it has one even colour.",
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


SEES = OptionGroup(
    "What it sees", "What the network is fed, and how the crops are varied while it learns."
)
LEARNS = OptionGroup("How it learns", "What counts as good, and how far each step goes.")
NETWORK = OptionGroup("Network", "How large the two networks are, and what they are made of.")
MACHINE = OptionGroup("Saving and machine", "When it is saved, and how this machine computes it.")


@dataclass(frozen=True, kw_only=True)
class TrainConfig(Config):
    """The network, its input and its training; `preset("paper")` is the pix2pix paper's."""

    section: ClassVar[str] = "train"

    epochs: int = option(
        200,
        "How often every crop is seen. More can be added later: training goes on where it ended.",
        minimum=1,
        maximum=100_000,
    )
    minutes: float = option(
        0.0,
        "How long to train: the first seconds are measured and set the epochs. 0: by the epochs.",
        label="Minutes",
        minimum=0,
        maximum=100_000,
        unit="minutes",
        stored=False,
    )
    batch_size: int = option(
        4,
        "How many crops one step looks at. 0: as many as fit into memory, up to 16.",
        minimum=0,
        maximum=256,
        unit="crops",
        on_resume="note",
    )
    image_size: int | str = option(
        256,
        "Width and height of the pictures that the network makes.",
        convert=_image_size,
        expects="a multiple of 32 from 64 to 1024 (pixels), or two of them, width and height, such"
        " as 512x288",
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
        group=LEARNS,
        on_resume="refuse",
    )
    save_every_seconds: float = option(
        300,
        "How often the training state is saved. 0: again as soon as the last save is done.",
        label="Save every",
        minimum=0,
        maximum=86_400,
        unit="seconds",
        advanced=True,
        group=MACHINE,
    )
    save_each_epoch: bool = option(
        False,
        "Save the training state also at the end of each epoch.",
        advanced=True,
        group=MACHINE,
    )
    learning_rate: float = option(
        0.0,
        "Step width of the Adam optimizers. 0: the paper's 0.0002 at its network width of 64, and"
        " longer for narrower networks: 0.0004 at 16.",
        minimum=0,
        maximum=0.1,
        advanced=True,
        group=LEARNS,
        on_resume="note",
    )
    lambda_l1: float = option(
        100.0,
        "Weight of the pixel difference against what the discriminator says.",
        minimum=0,
        maximum=10_000,
        advanced=True,
        group=LEARNS,
        on_resume="note",
    )
    discriminator_learning_rate: float = option(
        0.0,
        "Step width of the discriminator's optimizer, where it should differ. 0: the same.",
        minimum=0,
        maximum=0.1,
        advanced=True,
        group=LEARNS,
        on_resume="note",
    )
    decay_from: float = option(
        0.5,
        "The share of all steps after which the step width falls in a line to 0. 1: never.",
        minimum=0,
        maximum=1,
        advanced=True,
        group=LEARNS,
        on_resume="note",
    )
    clip_norm: float = option(
        0.0,
        "The longest gradient that is taken as it is; longer ones are shortened. 0: all are taken.",
        minimum=0,
        maximum=1e6,
        advanced=True,
        group=LEARNS,
        on_resume="note",
    )
    gan_loss: str = option(
        "log",
        "How the discriminator is asked: log is the paper's; least-squares and hinge are calmer.",
        choices=("log", "least-squares", "hinge"),
        advanced=True,
        group=LEARNS,
        on_resume="refuse",
    )
    feature_matching: float = option(
        0.0,
        "Weight of the difference inside the discriminator between real and generated. 0: off.",
        minimum=0,
        maximum=10_000,
        advanced=True,
        group=LEARNS,
        on_resume="note",
    )
    label_smoothing: float = option(
        0.0,
        "How far the discriminator's goal for real pictures is lowered, so that it stays unsure.",
        minimum=0,
        maximum=0.5,
        advanced=True,
        group=LEARNS,
        on_resume="note",
    )
    ema: float = option(
        0.0,
        "Samples and exports take a running mean of the generator with this decay. 0: off.",
        minimum=0,
        maximum=0.99999,
        advanced=True,
        group=LEARNS,
        on_resume="refuse",
    )
    ema_warmup: bool = option(
        True,
        "The running mean begins short, with a decay of (1 + step) / (10 + step), and grows.",
        label="Short running mean at first",
        advanced=True,
        group=LEARNS,
        on_resume="refuse",
        legacy=False,
    )
    condition: str = option(
        "blurred-grey",
        "What the network is fed: blurred-grey, grey (it learns to colour), edges (a drawing), or"
        " paired: the picture that each crop of a dataset of pairs has beside it.",
        label="Input",
        choices=("blurred-grey", "grey", "edges", "paired"),
        advanced=True,
        group=SEES,
        on_resume="refuse",
    )
    input_channels: int = option(
        0,
        "1 feeds the network grey pictures, 3 coloured ones. 0: coloured for pairs, else grey.",
        label="Colours of the input",
        choices=(0, 1, 3),
        advanced=True,
        group=SEES,
        on_resume="refuse",
    )
    blur_factor: float = option(
        24.0,
        "How many times a 256-pixel picture is shrunk to make the blurred grey input.",
        minimum=1,
        maximum=128,
        advanced=True,
        group=SEES,
        on_resume="refuse",
    )
    max_zoom: float = option(
        1.3,
        "Training pictures are shown at 1 to this many times their size.",
        minimum=1,
        maximum=3,
        advanced=True,
        group=SEES,
        on_resume="note",
    )
    flip: bool = option(
        True,
        "Half of the training pictures are mirrored. Off for writing, faces to one side and such.",
        advanced=True,
        group=SEES,
        on_resume="note",
    )
    light_varies: str = option(
        "both",
        "What brightness and contrast change: both (the crop and the input made of it, so that the"
        " network follows the light) or the input alone (it learns to ignore the light).",
        choices=("both", "input"),
        advanced=True,
        group=SEES,
        on_resume="note",
        legacy="input",
    )
    brightness: float = option(
        0.2,
        "Training pictures are made up to this much brighter or darker, as a share of white.",
        minimum=0,
        maximum=1,
        advanced=True,
        group=SEES,
        on_resume="note",
    )
    contrast: float = option(
        0.15,
        "The contrast of training pictures is changed by up to this share.",
        minimum=0,
        maximum=1,
        advanced=True,
        group=SEES,
        on_resume="note",
    )
    discriminator_augment: bool = option(
        True,
        "The discriminator sees pairs in changed colours, shifted and with a hole (DiffAugment):"
        " it can't learn few pictures by heart.",
        label="Vary what the discriminator sees",
        advanced=True,
        group=LEARNS,
        on_resume="note",
        legacy=False,
    )
    consistency: float = option(
        0.0,
        "Weight of the difference between the input and the same made of the generated picture.",
        minimum=0,
        maximum=10_000,
        advanced=True,
        group=LEARNS,
        on_resume="note",
        legacy=0.0,
    )
    gan_warmup_steps: int = option(
        1000,
        "For so many steps the pixels alone count, at half the time; then the discriminator has its"
        " say. A young one draws a weave, not detail.",
        label="Steps before the discriminator",
        minimum=0,
        maximum=MAX_WARMUP_STEPS,
        unit="steps",
        advanced=True,
        group=LEARNS,
        on_resume="note",
        legacy=0,
    )
    max_filters: int = option(
        0,
        "The most filters of a layer; the width doubles from level to level up to it. 0: eight"
        " times the network's width, as in the paper.",
        minimum=0,
        maximum=1024,
        advanced=True,
        group=NETWORK,
        on_resume="refuse",
        legacy=512,
    )
    discriminator_filters: int = option(
        0,
        "Width of the discriminator, where it should differ. 0: as the network's.",
        minimum=0,
        maximum=64,
        advanced=True,
        group=NETWORK,
        on_resume="refuse",
    )
    depth: int = option(
        0,
        "How often the generator halves the picture. 0: as often as its sides are even, down to"
        " one pixel at 256.",
        minimum=0,
        maximum=10,
        advanced=True,
        group=NETWORK,
        on_resume="refuse",
    )
    output_size: int | str = option(
        0,
        "Width and height of the generated pictures, if smaller than the input: a half, a quarter"
        " … of it. 0: the same.",
        convert=_output_size,
        expects="a whole number from 0 to 1024 (pixels), or two, width and height, such as 256x144",
        unit="pixels",
        advanced=True,
        group=NETWORK,
        on_resume="refuse",
    )
    patch_layers: int = option(
        3,
        "How far a patch of the discriminator sees: 1, 2, 3, 4 are 16, 34, 70, 142 pixels.",
        minimum=1,
        maximum=4,
        advanced=True,
        group=NETWORK,
        on_resume="refuse",
    )
    dropout: float = option(
        0.0,
        "The share of values that the innermost decoder blocks forget in training; the paper: 0.5.",
        minimum=0,
        maximum=0.9,
        advanced=True,
        group=NETWORK,
        on_resume="refuse",
    )
    normalization: str = option(
        "batch",
        "batch is the paper's; instance looks at each picture alone.",
        choices=("batch", "instance"),
        advanced=True,
        group=NETWORK,
        on_resume="refuse",
    )
    upsampling: str = option(
        "smooth",
        "transposed is the paper's; smooth is the same without what makes a grid in the pictures;"
        " resize has none either, at four times the cost.",
        choices=("transposed", "smooth", "resize"),
        advanced=True,
        group=NETWORK,
        on_resume="refuse",
    )
    leak: float = option(
        0.2,
        "The slope of LeakyReLU below 0: 0.2 is the paper's; TensorFlow's tutorial has 0.3.",
        label="Slope of LeakyReLU",
        minimum=0,
        maximum=1,
        advanced=True,
        group=NETWORK,
        on_resume="refuse",
    )
    spectral_norm: bool = option(
        False,
        "Keeps the discriminator's layers from growing (spectral normalization).",
        advanced=True,
        group=NETWORK,
        on_resume="refuse",
    )
    init_from: str = option(
        "",
        "What the generator starts from: a run, hub:owner/name, a file (.h5, .keras, .safetensors)"
        " or a TensorFlow checkpoint.",
        label="Start from",
        advanced=True,
        group=SEES,
    )
    teacher: str = option(
        "",
        "A run whose model is imitated: what it makes of an input stands for the real picture.",
        label="Imitate",
        advanced=True,
        group=SEES,
        on_resume="note",
    )
    teacher_share: float = option(
        1.0,
        "How much of the L1 loss is the distance to what the imitated model makes; the rest is the"
        " distance to the real picture.",
        label="Imitate by",
        minimum=0,
        maximum=1,
        advanced=True,
        group=SEES,
        on_resume="note",
    )
    memory_limit: float = option(
        4.0,
        "Decoded pictures that take more lie in a file on the disk, read where it is needed.",
        label="Memory for pictures",
        minimum=0,
        maximum=1000,
        unit="GB",
        advanced=True,
        group=MACHINE,
    )
    precision: str = option(
        "auto",
        "Number format of the computation; auto takes the fastest that this device computes well.",
        choices=("auto", "float32", "bfloat16", "float16"),
        advanced=True,
        group=MACHINE,
        on_resume="note",
    )
    deterministic: str = option(
        "auto",
        "A GPU computes the same each time, so that a resumed run ends with the same bytes: auto"
        " where it can, on (else it is refused) or off. CPUs always do.",
        label="The same bytes each time",
        choices=("auto", "on", "off"),
        advanced=True,
        group=MACHINE,
        on_resume="note",
    )
    track: str = option(
        "off",
        "Where metrics and samples go besides: wandb (its key is read from WANDB_API_KEY), trackio"
        " or mlflow (its server from MLFLOW_TRACKING_URI). Training waits for none of them.",
        label="Also write to",
        choices=("off", "wandb", "trackio", "mlflow"),
        advanced=True,
        group=MACHINE,
    )

    compiled: str = option(
        "auto",
        "XLA makes one program of a training step: faster on a GPU once half a minute of compiling"
        " is over, slower on a CPU. auto: on a GPU, for trainings long enough; on or off.",
        label="Compile the step",
        choices=("auto", "on", "off"),
        advanced=True,
        group=MACHINE,
        on_resume="note",
        legacy="off",
    )

    def __post_init__(self) -> None:
        super().__post_init__()
        most = sides(self.image_size).halvings
        if self.depth > most:
            raise OptionError(
                _(
                    "depth: received {depth} with image_size {image_size}.",
                    depth=self.depth,
                    image_size=self.image_size,
                ),
                why=_("Expected at most {most}: its sides are no longer even then.", most=most),
                fix=_("Choose 0 for the full depth."),
            )
        if self.output_size and self.output_size not in (sizes := self._output_sizes()):
            raise OptionError(
                _(
                    "output_size: received {size} with image_size {image_size}.",
                    size=self.output_size,
                    image_size=self.image_size,
                ),
                why=_(
                    "Expected one of {sizes}: the input halved some times, with something"
                    " left to decode.",
                    sizes=", ".join(map(str, sizes)),
                ),
                fix=_("Choose 0 for the input's size."),
            )
        if self.input_channels == 3 and self.condition in ("grey", "edges"):
            raise OptionError(
                _(
                    "input_channels: received 3 with condition {condition}.",
                    condition=repr(self.condition),
                ),
                why=_("Expected 1: such a picture has no colours."),
                fix=_("Choose 0 or 1, or the condition blurred-grey or paired."),
            )

    def _output_sizes(self) -> list[int | str]:
        """Returns the input's size, and its half, quarter … as far as the decoder gives them."""
        whole = sides(self.image_size)
        halved = [Sides(*(side >> level for side in whole)) for level in range(self.levels)]
        return [size_option(size) for size in halved if min(size) >= _SMALLEST_OUTPUT]

    @classmethod
    def preset(cls, name: str) -> TrainConfig:
        """Returns the options of a preset: quick, best, few, browser or paper; see `PRESETS`.

        Raises:
            OptionError: there is no preset of that name.

        Example:
            >>> TrainConfig.preset("paper").batch_size
            1
        """
        if name in PRESETS:
            return PRESETS[name].config
        raise OptionError(
            _("{name}: received {value}.", name="preset", value=repr(name)),
            why=_("Expected one of {names}.", names=", ".join(PRESETS)),
            fix="; ".join(f"{name}: {_(preset.purpose)}" for name, preset in PRESETS.items()) + ".",
        )

    @property
    def step_width(self) -> float:
        """The learning rate of the generator, before it falls."""
        return self.learning_rate or _PAPER_RATE * math.sqrt(_PAPER_WIDTH / self.base_filters)

    @property
    def levels(self) -> int:
        """How often the generator halves the picture."""
        return self.depth or sides(self.image_size).halvings

    @property
    def made_size(self) -> int | str:
        """How large the generated pictures are, as `image_size` says it."""
        return self.output_size or self.image_size

    @property
    def widest_layer(self) -> int:
        """How many filters a layer has at most."""
        return self.max_filters or 8 * self.base_filters

    @property
    def channels_fed(self) -> int:
        """How many channels the network's input has: 1 or 3."""
        return self.input_channels or (3 if self.condition == "paired" else 1)

    @property
    def varied_light(self) -> str:
        """What brightness and contrast change: "both", "input", or "" where they change nothing.

        A drawing is as dark as its pen, and a pair's colours may be codes: they stay as they are.
        """
        return self.light_varies if self.condition in ("blurred-grey", "grey") else ""


#: arXiv 1611.07004, sections 3.3 and 6.1, as in the authors' code: pictures at 286/256 of their
#: size.
_PAPER = TrainConfig(
    batch_size=1,
    learning_rate=_PAPER_RATE,
    max_filters=512,
    dropout=0.5,
    normalization="batch",
    upsampling="transposed",
    max_zoom=286 / 256,
    brightness=0.0,
    contrast=0.0,
    ema=0.0,
    decay_from=1.0,
    discriminator_augment=False,
    consistency=0.0,
    gan_warmup_steps=0,
)


#: Of fewer training crops a network learns each by heart, sooner or later.
FEW_CROPS = 150


@dataclass(frozen=True, kw_only=True)
class SamplesConfig(Config):
    """Which crops the sample pictures of a training show."""

    section: ClassVar[str] = "samples"

    samples: str = option(
        "",
        "Numbers of up to 4 crops of the gallery that samples show. Empty: some held-out ones.",
        label="Samples of",
        pattern=r"(\d{1,6}([ ,]+\d{1,6}){0,3})?",
        expects="up to 4 numbers of crops such as 3, 12, or nothing",
    )

    @property
    def numbers(self) -> list[int]:
        """The numbers, each once, in order."""
        return list(dict.fromkeys(map(int, re.findall(r"\d+", self.samples))))


@dataclass(frozen=True, kw_only=True)
class UseConfig(Config):
    """How a trained model is used in the notebook on pictures and videos."""

    section: ClassVar[str] = "use"

    whole: bool = option(
        False,
        "Whole pictures and frames are made, not only their middle.",
        label="Whole picture",
    )
    side_by_side: bool = option(
        True,
        "A video shows the frame itself on the left, and what is made of it on the right.",
        label="Side by side",
    )
    smooth: float = option(
        0.0,
        "For a video: the share of the frame before that stays in each frame, against flicker.",
        label="Smoothing",
        minimum=0,
        maximum=0.95,
    )


@dataclass(frozen=True, kw_only=True)
class LanguageConfig(Config):
    """Which language the forms and panels of the notebook speak."""

    section: ClassVar[str] = "language"

    language: str = option(
        "en",
        "What the forms and panels of the notebook are written in.",
        choices=tuple(LANGUAGES),
    )


@dataclass(frozen=True, kw_only=True)
class ChosenConfig(Config):
    """Which saved state of a run is shown, used and exported, where none is named."""

    section: ClassVar[str] = "chosen"

    step: int = option(
        0,
        "The step of the saved state that was chosen by eye; 0 stands for the newest one.",
        minimum=0,
    )


@dataclass(frozen=True, kw_only=True)
class ShareConfig(Config):
    """What stands on what is shared of a training, and how large its files may be."""

    section: ClassVar[str] = "share"

    title: str = option(
        "",
        "Stands above the pictures. Left empty, it is the name of the project.",
        pattern=r"[^\n]{0,60}",
        expects="one line of up to 60 letters, or nothing",
    )
    signature: str = option(
        "",
        "A line below them, such as: by Ada. Beside it stands with what they were made.",
        pattern=r"[^\n]{0,60}",
        expects="one line of up to 60 letters, or nothing",
    )
    megabytes: float = option(
        10.0,
        "No picture and no film takes more than that: what is larger is made smaller.",
        label="At most",
        minimum=0.2,
        maximum=1000,
        unit="MB a file",
        advanced=True,
    )


@dataclass(frozen=True, kw_only=True)
class SmallConfig(Config):
    """Whether and how a small model is made of a trained one in the notebook, for its page."""

    section: ClassVar[str] = "small"

    wanted: bool = option(
        False,
        "The next cell trains a small model that imitates this one, and the live page and what is"
        " shared take it from then on. Without the tick they take the model itself.",
        label="Make it small",
    )
    parameters: int = option(
        1_000_000,
        "How many numbers the small network holds at the most: a million take 2 MB in the page.",
        label="Size",
        minimum=1000,
        maximum=100_000_000,
        unit="weights",
    )
    minutes: float = option(
        0.0,
        "How long it trains each time the next cell is run. 0: it sees each crop as often as the"
        " model itself did.",
        label="How long",
        minimum=0,
        maximum=100_000,
        unit="minutes",
        stored=False,
    )
    frames: str = option(
        "",
        "More to learn from, a line each: paths of videos, or of folders or zips of pictures. Any"
        " will do: the model itself says what shall be made of them.",
        label="More pictures",
        link=True,
    )

    def to_dict(self) -> dict[str, Any]:
        """Returns the values, without what is private in a link that was pasted."""
        return super().to_dict() | {"frames": public_sources(self.frames)}


class Preset(NamedTuple):
    """Options that belong together, and what they are for.

    Attributes:
        purpose: What they are for, in plain words.
        config: The options.
    """

    purpose: str
    config: TrainConfig


#: Where a person starts: form, command line and `TrainConfig.preset` read this table.
PRESETS: dict[str, Preset] = {
    "quick": Preset(
        "fast preview: a first look in a few minutes, also without a GPU",
        TrainConfig(
            image_size=128,
            base_filters=16,
            batch_size=2,
            epochs=24,
            save_every_seconds=10,
        ),
    ),
    "best": Preset("best quality: 256 pixels, the full network", TrainConfig()),
    "few": Preset(
        f"few pictures: under {FEW_CROPS} crops, which it must not learn by heart",
        TrainConfig(epochs=400),
    ),
    "browser": Preset(
        "for the browser: a small network that runs fluently on the web page",
        TrainConfig(base_filters=8, epochs=300),
    ),
    "paper": Preset("exactly the recipe of the pix2pix paper", _PAPER),
}
