"""Amounts and times in words: the same in the terminal, in the notebook and in every message."""

from __future__ import annotations

from pathlib import Path

#: What the losses are called where people read them, by their field of `events.Metrics`.
LOSS_NAMES = {
    "generator_l1_loss": "difference to the real crops",
    "held_out_l1_loss": "the same on crops it has never seen",
    "generator_gan_loss": "how easily its pictures are told from real ones",
    "discriminator_loss": "how often they pass as real",
}


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
    return f"{count(number)} {singular if number == 1 else plural or singular + 's'}"


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
    return f"{size_bytes:.0f} bytes"


def seconds_in_words(seconds: float) -> str:
    """Returns a time span as a person says it.

    Example:
        >>> seconds_in_words(8), seconds_in_words(100), seconds_in_words(5400)
        ('8 s', '2 min', '1 h 30 min')
    """
    seconds = max(0.0, seconds)
    if seconds < 90:
        return f"{seconds:.0f} s"
    minutes = round(seconds / 60)
    if minutes < 60:
        return f"{minutes} min"
    return f"{minutes // 60} h {minutes % 60} min"


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
    for unit, length in (("days", 86_400.0), ("h", 3600.0)):
        if seconds >= 2 * length:
            return f"{seconds / length:.0f} {unit}"
    return f"{max(1.0, seconds / 60):.0f} min"


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
    amounts = [done] if total is None else [done, total]
    if unit == "bytes":
        return " of ".join(bytes_in_words(amount) for amount in amounts)
    words = " of ".join(f"{amount:.0f}" for amount in amounts)
    return f"{words} {unit.removesuffix('s') if words == '1' else unit}".rstrip()


def path_in_words(path: Path) -> str:
    """Returns a path as a person says it: `~` for the home folder.

    Example:
        >>> path_in_words(Path.home() / "colab_pix2pix" / "flowers")
        '~/colab_pix2pix/flowers'
    """
    home = Path.home()
    return f"~/{path.relative_to(home).as_posix()}" if path.is_relative_to(home) else str(path)
