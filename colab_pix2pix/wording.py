"""Amounts, times and names in words: the same in the terminal, the notebook and messages."""

from __future__ import annotations

from pathlib import Path

from .languages import N_, _, ngettext

#: What the losses are called where people read them, by their field of `events.Metrics`.
LOSS_NAMES = {
    "generator_l1_loss": N_("difference to the real crops"),
    "held_out_l1_loss": N_("the same on crops it has never seen"),
    "generator_gan_loss": N_("how easily its pictures are told from real ones"),
    "discriminator_loss": N_("how often they pass as real"),
}
#: What `events.Progress` counts besides bytes.
UNITS = ("crops", "files", "files on Drive", "frames", "pictures", "seconds", "steps", "videos")


def count(number: float) -> str:
    """Returns a whole number with a blank between thousands.

    Example:
        >>> count(7), count(12600)
        ('7', '12 600')
    """
    return f"{number:,.0f}".replace(",", " ")


def counted(number: int, singular: str, plural: str = "") -> str:
    """Returns a number and what is counted.

    Args:
        number: How many.
        singular: What one of them is called.
        plural: What several are called; `singular` and an s where not given.

    Example:
        >>> counted(1, "duplicate"), counted(3, "duplicate"), counted(2, "dark", "dark")
        ('1 duplicate', '3 duplicates', '2 dark')
    """
    return f"{count(number)} {ngettext(singular, plural or singular + 's', number)}"


def is_or_are(number: float) -> str:
    """Returns the verb that goes with a number.

    Example:
        >>> f"{counted(1, 'crop')} {is_or_are(1)} kept"
        '1 crop is kept'
    """
    return "is" if number == 1 else "are"


def bytes_in_words(size_bytes: float) -> str:
    """Returns a size as a person says it.

    Example:
        >>> bytes_in_words(900), bytes_in_words(2_400_000)
        ('900 bytes', '2.4 MB')
    """
    for unit, factor in (("GB", 1e9), ("MB", 1e6), ("kB", 1e3)):
        if size_bytes >= factor:
            return f"{size_bytes / factor:.1f} {unit}"
    return _("{n} bytes", n=f"{size_bytes:.0f}")


def seconds_in_words(seconds: float) -> str:
    """Returns a time span as a person says it.

    Example:
        >>> seconds_in_words(8), seconds_in_words(100), seconds_in_words(5400)
        ('8 s', '2 min', '1 h 30 min')
    """
    seconds = max(0.0, seconds)
    if seconds < 90:
        return _("{n} s", n=f"{seconds:.0f}")
    minutes = round(seconds / 60)
    if minutes < 60:
        return _("{n} min", n=minutes)
    return _("{hours} h {minutes} min", hours=minutes // 60, minutes=minutes % 60)


def clock(seconds: float) -> str:
    """Returns a moment of a video as a player shows it.

    Example:
        >>> clock(64.7), clock(3725)
        ('1:04', '1:02:05')
    """
    minutes, rest = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def estimate_in_words(seconds: float) -> str:
    """Returns an estimated time span, no more exact than an estimate is.

    Example:
        >>> [estimate_in_words(seconds) for seconds in (20, 500, 40_000, 400_000)]
        ['1 min', '8 min', '11 h', '5 days']
    """
    for words, length in ((N_("{n} days"), 86_400.0), (N_("{n} h"), 3600.0)):
        if seconds >= 2 * length:
            return _(words, n=f"{seconds / length:.0f}")
    return _("{n} min", n=f"{max(1.0, seconds / 60):.0f}")


def progress_in_words(done: float, total: float | None, unit: str) -> str:
    """Returns how much of something is done.

    Args:
        done: In `unit`.
        total: How much there is in all; None where nobody knows.
        unit: What is counted, as in `events.Progress`.

    Example:
        >>> progress_in_words(30, 60, "crops"), progress_in_words(5e6, None, "bytes")
        ('30 of 60 crops', '5.0 MB')
        >>> progress_in_words(1, None, "frames")
        '1 frame'
    """
    in_words = bytes_in_words if unit == "bytes" else "{:.0f}".format
    words = in_words(done)
    single = total is None and words == "1"
    if total is not None:
        words = _("{done} of {total}", done=words, total=in_words(total))
    return (
        words if unit == "bytes" else f"{words} {unit_in_words(unit, 1 if single else 2)}".rstrip()
    )


def unit_in_words(unit: str, number: float) -> str:
    """Returns what is counted, as it goes with a number.

    Args:
        unit: As in `events.Progress`.
        number: How many.

    Example:
        >>> unit_in_words("frames", 1), unit_in_words("frames", 2)
        ('frame', 'frames')
    """
    return ngettext(unit.removesuffix("s"), unit, number) if unit else ""


def path_in_words(path: Path) -> str:
    """Returns a path as a person says it: `~` for the home folder.

    Example:
        >>> path_in_words(Path.home() / "colab_pix2pix" / "flowers")
        '~/colab_pix2pix/flowers'
    """
    home = Path.home()
    return f"~/{path.relative_to(home).as_posix()}" if path.is_relative_to(home) else str(path)


def printable(name: str) -> str:
    """Returns a name to be shown: what is no text in it becomes a question mark.

    Example:
        >>> printable("\\udcfcbung.mp4") == "\ufffdbung.mp4"
        True
    """
    return name.encode(errors="surrogateescape").decode(errors="replace")
