"""What a long job says while it runs.

Every long function takes `on_event` and calls it with one of these records. The terminal, the
notebook panel and `JsonLines` are listeners; nothing below them prints or draws.
"""

from __future__ import annotations

import dataclasses
import json
import time
import typing
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, TextIO


@dataclass(frozen=True, kw_only=True)
class Progress:
    """A job has come some way.

    Attributes:
        job: What is being done, in a word or two: "download", "frames", "train".
        done: How much is done, in `unit`.
        total: How much there is, in `unit`; None when nobody knows.
        unit: What is counted: "bytes", "crops", "steps".
        per_second: Recent speed in `unit` per second, or None.
        seconds_left: Estimated time left in seconds, or None.
    """

    job: str
    done: float
    total: float | None = None
    unit: str = ""
    per_second: float | None = None
    seconds_left: float | None = None


@dataclass(frozen=True, kw_only=True)
class TrainingProgress(Progress):
    """Training has come some way: `done` and `total` are steps.

    Attributes:
        crops_per_second: Recent speed in crops that were learned from, or None.
        epoch: The epoch that is under way, from 1.
        epochs: How many there will be; None while nobody knows.
    """

    job: str = "train"
    unit: str = "steps"
    epoch: int
    epochs: int | None = None
    crops_per_second: float | None = None


@dataclass(frozen=True, kw_only=True)
class Metrics:
    """The losses of training, averaged over the steps since the last such event.

    `generator_l1_loss` is unweighted: the mean absolute difference of pixels in [-1, 1].
    `held_out_l1_loss` is the same on pictures that were never trained on, `held_out_ssim` their
    structural similarity to the real ones (1 is perfect); None where not measured.
    `held_out_follow` is how far the input made of a generated picture is from the input that was
    given, the mean absolute difference of pixels in [0, 1]; `held_out_follow_other_light` the same
    for inputs that are darker or brighter than any crop. None where the input is no function of the
    picture (pairs).
    """

    step: int
    epoch: int
    generator_gan_loss: float
    generator_l1_loss: float
    discriminator_loss: float
    held_out_l1_loss: float | None = None
    held_out_ssim: float | None = None
    held_out_follow: float | None = None
    held_out_follow_other_light: float | None = None

    def measured(self, name: str) -> float | None:
        """Returns a loss or score; None where there was none to measure.

        Before the discriminator has its say (`gan_warmup_steps`) the losses of the two networks
        against each other are 0.

        Args:
            name: Of one of these fields.
        """
        contested = self.generator_gan_loss or self.discriminator_loss
        if name in ("generator_gan_loss", "discriminator_loss") and not contested:
            return None
        value: float | None = getattr(self, name)
        return value


METRICS_COLUMNS = tuple(field.name for field in dataclasses.fields(Metrics))
_FEWEST_COLUMNS = 5  # step, epoch and the three losses have always been there
_MOST_STEPS = 2**53


def pack_history(history: Sequence[Metrics]) -> list[list[Any]]:
    """Returns metrics as plain lists, for a checkpoint's manifest."""
    return [list(dataclasses.astuple(metrics)) for metrics in history]


def unpack_history(rows: Sequence[Sequence[Any]]) -> list[Metrics]:
    """Returns the metrics that `pack_history` packed; an older version measured fewer columns.

    Raises:
        ValueError: a row is none of them.
    """
    return [_unpacked(row) for row in rows]


def _unpacked(row: Sequence[Any]) -> Metrics:
    if not isinstance(row, list) or len(row) < _FEWEST_COLUMNS:
        raise ValueError(f"Received {row!r:.80}, expected a row that pack_history gave.")
    counts, losses, scores = row[:2], row[2:_FEWEST_COLUMNS], row[_FEWEST_COLUMNS:]
    whole = all(type(value) is int and 0 <= value < _MOST_STEPS for value in counts)
    losses += [value for value in scores if value is not None]
    if not whole or not all(type(v) in (int, float) and abs(v) < _MOST_STEPS for v in losses):
        raise ValueError(f"Received {row!r:.80}, expected a row that pack_history gave.")
    return Metrics(**dict(zip(METRICS_COLUMNS, row, strict=False)))


def last_scored(history: Sequence[Metrics]) -> Metrics | None:
    """Returns the last metrics that were measured on held-out crops, or None."""
    scored = (metrics for metrics in reversed(history) if metrics.held_out_l1_loss is not None)
    return next(scored, None)


@dataclass(frozen=True, kw_only=True)
class Sample:
    """A sample grid was drawn: rows of input | target | generated, on fixed held-out crops."""

    step: int
    path: Path


@dataclass(frozen=True, kw_only=True)
class Saved:
    """A generation of the training state is written.

    Attributes:
        step: The step that a resume from this generation continues at.
        generation: Counts the saves of a run, from 1.
        path: The slot that holds it.
        confirmed: True once a fresh machine could restore it; False while it may still be lost
            (on Google Drive: not uploaded yet).
    """

    step: int
    generation: int
    path: Path
    confirmed: bool


@dataclass(frozen=True, kw_only=True)
class Safety:
    """What of a run would survive this machine; `storage.status_line.line` puts it in words.

    Steps are None while there is no such state; times are seconds since 1970 but for
    `uploading_since`, which is measured from by `time.monotonic`: clocks may be set meanwhile.

    Attributes:
        on_drive: The run lies on Google Drive, which uploads in the background.
        safe_step: The newest step that a fresh machine could restore.
        safe_time: When that state was made.
        written_step: A newer step that is written to Drive, of which nobody can say more.
        written_time: When that state was made.
        uploading_step: A newer step that Drive is uploading.
        uploading_since: When that upload began.
        upload_seconds: How long the last upload took.
        local_step: The newest step on this machine's own disk.
        trouble: What is wrong with Drive, in a few words; "" when nothing is.
        safe_files: What else a fresh machine would have, in words: "crops, 14 samples".
        missing_files: What it would not have; "" when nothing is missing.
    """

    on_drive: bool
    safe_step: int | None = None
    safe_time: float | None = None
    written_step: int | None = None
    written_time: float | None = None
    uploading_step: int | None = None
    uploading_since: float | None = None
    upload_seconds: float | None = None
    local_step: int | None = None
    trouble: str = ""
    safe_files: str = ""
    missing_files: str = ""


@dataclass(frozen=True, kw_only=True)
class Resumed:
    """A run goes on from a saved generation.

    Attributes:
        step: The step that it continues at.
        generation: The saved generation that it was restored from.
        history: The metrics up to it, oldest first: curves go on where they were.
    """

    step: int
    generation: int
    history: tuple[Metrics, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """How a training goes.

    Attributes:
        state: "starting" (too early to tell), "learning", "finished improving", "overfitting" or
            "broken".
        sentence: The same in plain words, with the numbers that it rests on.
    """

    state: Literal["starting", "learning", "finished improving", "overfitting", "broken"]
    sentence: str


@dataclass(frozen=True, kw_only=True)
class Note:
    """A sentence for the user.

    Attributes:
        message: In plain words.
        level: "warning" where something is wrong.
        details: Numbers and the like for those who want to know more; "" for none.
    """

    message: str
    level: Literal["info", "warning"] = "info"
    details: str = ""


Event = Progress | TrainingProgress | Metrics | Sample | Saved | Safety | Resumed | Verdict | Note
OnEvent = Callable[[Event], None]

_KINDS: dict[str, type[Any]] = {kind.__name__: kind for kind in typing.get_args(Event)}


def ignore(event: Event) -> None:
    """The listener of those who do not listen."""


def fan_out(*listeners: OnEvent) -> OnEvent:
    """Returns one listener that passes every event on to all of `listeners`, in order."""

    def tell_all(event: Event) -> None:
        for listener in listeners:
            listener(event)

    return tell_all


class JsonLines:
    """A listener that writes one JSON object a line, flushed at once.

    Args:
        stream: An open text file, or `sys.stdout`.
    """

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def __call__(self, event: Event) -> None:
        self._stream.write(to_json(event) + "\n")
        self._stream.flush()


def to_json(event: Event) -> str:
    """Returns an event as one line of JSON: its fields, its kind as `event`, the time as `time`."""
    record = {"event": type(event).__name__, "time": round(time.time(), 3)}
    return json.dumps(record | dataclasses.asdict(event), default=str)


def from_json(line: str) -> Event:
    """Returns the event that `to_json` wrote.

    Raises:
        ValueError: the line is no event.
    """
    record = json.loads(line)
    if not isinstance(record, dict) or record.get("event") not in _KINDS:
        raise ValueError(f"Received {line[:80]!r}, expected a line that events.to_json wrote.")
    kind = _KINDS[record["event"]]
    # A line of an earlier version lacks what came later.
    known = [field.name for field in dataclasses.fields(kind) if field.name in record]
    fields = {name: record[name] for name in known}
    if "path" in fields:
        fields["path"] = Path(fields["path"])
    if "history" in fields:
        fields["history"] = tuple(Metrics(**row) for row in fields["history"])
    event: Event = kind(**fields)
    return event
