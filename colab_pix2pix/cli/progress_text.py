"""A progress in words, as many of them as fit."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from .. import wording
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
        """All details: "480 of 1200 steps · 40 s left"."""
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
    amount = wording.progress_in_words(progress.done, progress.total or None, progress.unit)
    details = {"amount": amount, **_pace_of_training(progress)}
    if progress.per_second and "speed" not in details:
        in_bytes, speed = progress.unit == "bytes", progress.per_second
        details["speed"] = f"{wording.bytes_in_words(speed) if in_bytes else f'{speed:.1f}'}/s"
    if progress.seconds_left is not None and progress.done != progress.total:
        details["time left"] = f"{wording.seconds_in_words(progress.seconds_left)} left"
    if loss:
        details["loss"] = loss
    share = min(1.0, progress.done / progress.total) if progress.total else None
    return ProgressText(progress.job, share, details)


def _pace_of_training(progress: Progress) -> dict[str, str]:
    if not isinstance(progress, TrainingProgress):
        return {}
    details = {}
    if progress.epochs is not None:
        details["epoch"] = f"epoch {progress.epoch} of {progress.epochs}"
    if progress.crops_per_second:
        details["speed"] = f"{progress.crops_per_second:.1f} crops/s"
    return details
