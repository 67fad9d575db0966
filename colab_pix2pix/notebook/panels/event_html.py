"""What the events of a long job look like: pieces of HTML, with every text escaped."""

from __future__ import annotations

from collections.abc import Iterable

from ... import wording
from ...events import Metrics, Note, Progress, Safety, TrainingProgress, Verdict
from ...languages import N_, _
from ...storage import status_line
from .. import style

_FOLLOW = {
    "held_out_follow": N_("error in following the light"),
    "held_out_follow_other_light": N_("in other light"),
}
#: The jobs of `events.Progress`, as a line begins with them.
JOBS = (
    *(N_("Apply"), N_("Download"), N_("Frames"), N_("Load")),
    *(N_("Mark"), N_("Report"), N_("Train"), N_("Upload")),
)
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
        epoch, epochs = training.epoch, training.epochs
        words = _("epoch {n}", n=epoch)
        if epochs is not None:
            words = _("epoch {n} of {count}", n=epoch, count=epochs)
        parts.insert(0, words)
    if training and training.crops_per_second:
        parts.append(_("{n} crops per second", n=f"{training.crops_per_second:.3g}"))
    elif progress.per_second:
        speed = progress.per_second
        amount = (
            wording.bytes_in_words(speed)
            if progress.unit == "bytes"
            else f"{speed:.3g} {wording.unit_in_words(progress.unit, 2)}"
        )
        parts.append(_("{amount} per second", amount=amount))
    if progress.seconds_left is not None and done != total:
        parts.append(_("{time} left", time=wording.seconds_in_words(progress.seconds_left)))
    bar = style.bar(done / total) if total else ""
    return bar + style.line(f"{_(progress.job.capitalize())}: {', '.join(parts)}", "text")


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
    names = wording.LOSS_NAMES | _FOLLOW
    values = {name: metrics.measured(field) for field, name in names.items()}
    known = {_(name): f"{value:.3f}" for name, value in values.items() if value is not None}
    return style.named_values(known)


def safety_html(safety: Safety | None) -> str:
    """Returns the one line about what would survive this machine."""
    if safety is None:
        return style.line(_("Nothing is saved yet."))
    good = safety.safe_step is not None and not safety.trouble
    good = good and not safety.missing_files.startswith("crops")
    return style.line(status_line.line(safety), "good" if good else "warning")
