"""A progress in words, as many of them as fit."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from ..events import Progress, TrainingProgress

_SEPARATOR = " · "
#: What a narrow window does without first, second, …
_DROPPED_FIRST = ("speed", "epoch", "loss", "amount", "time left")


@dataclass(frozen=True)
class ProgressText:
    """What a progress line says.

    Attributes:
        job: What is being done: "train".
        share: How much of it is done, 0 to 1; None when nobody knows.
        details: Name -> words, in the order in which they are read.
    """

    job: str
    share: float | None
    details: dict[str, str]

    @property
    def head(self) -> str:
        """Job and share: "train     40%"."""
        return f"{self.job:8}" if self.share is None else f"{self.job:8} {self.share:4.0%}"

    @property
    def tail(self) -> str:
        """All details: "480 of 1200 steps · 0:40 left"."""
        return _SEPARATOR.join(self.details.values())

    def fitted_tail(self, columns: int, cell_length: Callable[[str], int]) -> str:
        """Returns the details that fit into some columns, the less important left out first.

        Args:
            columns: How wide the result may be.
            cell_length: Tells how many columns of a terminal a text takes.
        """
        fitted = self
        for name in _DROPPED_FIRST:
            if cell_length(fitted.tail) <= columns:
                break
            rest = {key: words for key, words in fitted.details.items() if key != name}
            fitted = ProgressText(self.job, self.share, rest)
        return fitted.tail


def describe_progress(progress: Progress, loss: str = "") -> ProgressText:
    """Returns a progress in words.

    Args:
        progress: How far a job has come.
        loss: The latest loss in words, or "".
    """
    unit = "" if progress.unit == "bytes" else f" {progress.unit}"
    amount = format_amount(progress.done, progress.unit)
    if progress.total:
        amount += f" of {format_amount(progress.total, progress.unit)}"
    details = {"amount": f"{amount}{unit}".rstrip(), **_pace_of_training(progress)}
    if progress.per_second and "speed" not in details:
        details["speed"] = f"{format_amount(progress.per_second, progress.unit, digits=1)}/s"
    if progress.seconds_left is not None:
        details["time left"] = f"{duration(progress.seconds_left)} left"
    if loss:
        details["loss"] = loss
    share = min(1.0, progress.done / progress.total) if progress.total else None
    return ProgressText(progress.job, share, details)


def _pace_of_training(progress: Progress) -> dict[str, str]:
    if not isinstance(progress, TrainingProgress):
        return {}
    pace = {}
    if progress.epochs is not None:
        pace["epoch"] = f"epoch {progress.epoch} of {progress.epochs}"
    if progress.crops_per_second:
        pace["speed"] = f"{progress.crops_per_second:.1f} crops/s"
    return pace


def duration(seconds: float) -> str:
    """Returns seconds as "0:07", "12:40" or "3:05:00"."""
    minutes, second = divmod(max(0, round(seconds)), 60)
    hours, minute = divmod(minutes, 60)
    return f"{hours}:{minute:02}:{second:02}" if hours else f"{minute}:{second:02}"


def format_amount(number: float, unit: str, digits: int = 0) -> str:
    """Returns a number of things, or of bytes as "1.5 MB"."""
    if unit == "bytes":
        return f"{number / 1e6:.1f} MB"
    return f"{number:.{digits}f}"
