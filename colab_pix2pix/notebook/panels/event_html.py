"""What the events of a long job look like: pieces of HTML, with every text escaped."""

from __future__ import annotations

from collections.abc import Iterable

from ... import wording
from ...events import Metrics, Note, Progress, Safety, TrainingProgress, Verdict
from ...storage import status_line
from .. import inline_images, style

_FOLLOW = {
    "held_out_follow": "error in following the light",
    "held_out_follow_other_light": "in other light",
}
#: What a verdict looks like.
_VERDICTS = {
    "starting": "quiet",
    "learning": "good",
    "finished improving": "hint",
    "overfitting": "warning",
    "broken": "warning",
}


def progress_html(progress: Progress) -> str:
    """Returns a bar and a line such as "30 of 60 crops, 4 s left"."""
    done, total = progress.done, progress.total
    parts = [wording.progress_in_words(done, total, progress.unit)]
    training = progress if isinstance(progress, TrainingProgress) else None
    if training:
        of_all = f" of {training.epochs}" if training.epochs is not None else ""
        parts.insert(0, f"epoch {training.epoch}{of_all}")
    if training and training.crops_per_second:
        parts.append(f"{training.crops_per_second:.3g} crops per second")
    elif progress.per_second:
        speed = progress.per_second
        parts.append(
            f"{wording.bytes_in_words(speed)} per second"
            if progress.unit == "bytes"
            else f"{speed:.3g} {progress.unit} per second"
        )
    if progress.seconds_left is not None and done != total:
        parts.append(f"{wording.seconds_in_words(progress.seconds_left)} left")
    bar = style.bar(done / total) if total else ""
    return bar + style.line(f"{progress.job.capitalize()}: {', '.join(parts)}", "text")


def verdict_html(verdict: Verdict) -> str:
    """Returns how the training goes, in the colour of its state."""
    return style.line(verdict.sentence, _VERDICTS[verdict.state])


def notes_html(notes: Iterable[Note]) -> str:
    """Returns what a job has said, newest last; warnings stand out."""
    kinds = {"info": "quiet", "warning": "warning"}
    return "".join(
        style.line(note.message, kinds.get(note.level, "quiet")) + style.folded(note.details)
        for note in notes
    )


def losses_html(metrics: Metrics) -> str:
    """Returns the losses in people's words; those that were not measured are left out."""
    names = {field: name for field, name, _ in inline_images.LOSSES} | _FOLLOW
    values = {name: getattr(metrics, field) for field, name in names.items()}
    known = {name: f"{value:.3f}" for name, value in values.items() if value is not None}
    return style.named_values(known)


def safety_html(safety: Safety | None) -> str:
    """Returns the one line about what would survive this machine."""
    if safety is None:
        return style.line("Nothing is saved yet.")
    good = safety.safe_step is not None and not safety.trouble
    good = good and not safety.missing_files.startswith("crops")
    return style.line(status_line.line(safety), "good" if good else "warning")
