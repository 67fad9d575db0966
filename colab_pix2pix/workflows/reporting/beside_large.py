"""A small model beside the large one that it imitates: how much worse, smaller and faster it is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ... import wording
from ...events import OnEvent, Progress, ignore
from ...languages import N_, _
from ...project import Project
from ...spacing import evenly_chosen
from .. import held_out
from . import scoring

_MOST_CROPS = 32
_SHOWN = 4
_SAME = 0.005  # a share that nobody calls a difference


@dataclass(frozen=True)
class Model:
    """One of the two models.

    Attributes:
        weights: How many its generator has.
        file_bytes: The size of its file in the page (float16).
        per_second: Pictures that one thread of this machine's processor makes.
        l1: Mean absolute difference to the real pictures, in [−1, 1], as in the report.
        follow: See `training.evaluation.follow_error`; None where that has no meaning.
        flicker: See `training.evaluation.change_under_noise`.
    """

    weights: int
    file_bytes: int
    per_second: float
    l1: float
    follow: float | None
    flicker: float


@dataclass(frozen=True)
class Comparison:
    """What the two make of the same crops.

    Attributes:
        large: The model that is imitated.
        small: The one that imitates.
        crops: On how many they were measured.
        held_out: False where those are crops that both were trained on, for lack of others.
        pictures: Of a few crops: what both see, what the large one and the small one make, and the
            real picture: uint8 RGB `(height, width, 3)`.
    """

    large: Model
    small: Model
    crops: int
    held_out: bool
    pictures: Sequence[tuple[np.ndarray, ...]]


def compare(large: Project, small: Project, *, on_event: OnEvent = ignore) -> Comparison:
    """Measures a small model and the large one on crops that neither has learned from.

    Args:
        large: A trained run, with its crops.
        small: The run that `distill` has made of it.
        on_event: Told `Progress` in pictures.

    Raises:
        CheckpointError: one of them has nothing saved.
        DatasetError: the crops of the large run are lost.
    """
    from ...model.trained import CHOSEN, load_trained

    both = [load_trained(large, CHOSEN, on_event=on_event), load_trained(small, CHOSEN)]
    from ...model.export_formats import speed_on_one_thread  # TensorFlow is loaded by now
    from ...training.data import split_crops

    config = both[0].config
    with held_out.unpacked(large) as dataset:
        training, test = split_crops(dataset, config)
        crops = scoring.read_crops(dataset, evenly_chosen(test, _MOST_CROPS), config)
    done, total = 0, 2 * scoring.count_generated(crops, config)

    def count(made: int) -> None:
        nonlocal done
        done += made
        on_event(Progress(job="report", done=done, total=total, unit="pictures"))

    models, made = [], []
    for trained in both:
        measured = scoring.measure(trained, "inference", crops, count)
        file_bytes, per_second = speed_on_one_thread(trained.generator)
        models.append(
            Model(
                weights=int(trained.generator.count_params()),
                file_bytes=file_bytes,
                per_second=per_second,
                l1=float(measured.scores.l1.mean()),
                follow=measured.follow.get(scoring.AS_IT_IS),
                flicker=measured.flicker,
            )
        )
        made.append(measured.made)
    columns = (crops.shown_input, *made, crops.target)
    return Comparison(
        large=models[0],
        small=models[1],
        crops=len(crops.crops),
        held_out=test != training,
        pictures=evenly_chosen(list(zip(*columns, strict=True)), _SHOWN),
    )


def in_words(found: Comparison) -> list[str]:
    """Returns how much smaller, faster and worse the small model is, a sentence each."""
    large, small = found.large, found.small
    sizes = [wording.bytes_in_words(each.file_bytes) for each in (small, large)]
    weights = [wording.count(each.weights) for each in (small, large)]
    speeds = [_speed(each.per_second) for each in (small, large)]
    smaller = N_("No smaller, ask for fewer weights: {weights}, {files}.")
    if small.weights < large.weights:
        smaller = N_("Smaller: {weights}, {files}.")
    faster = N_("No faster: {speeds}.")
    if small.per_second > (1 + _SAME) * large.per_second:
        faster = N_("Faster: {speeds}.")
    on = N_("{judged} (L1 {small} instead of {large}, on {crops} that both have learned from).")
    if found.held_out:
        on = N_(
            "{judged} (L1 {small} instead of {large}, on {crops} that neither has learned from)."
        )
    said = [
        _(
            smaller,
            weights=_("{small} weights instead of {large}", small=weights[0], large=weights[1]),
            files=_("a file of {small} instead of {large}", small=sizes[0], large=sizes[1]),
        ),
        _(
            faster,
            speeds=_(
                "{small} pictures a second on one thread of this machine's processor instead of"
                " {large}",
                small=speeds[0],
                large=speeds[1],
            ),
        ),
        _(
            on,
            judged=_further(small.l1 / large.l1 - 1),
            small=f"{small.l1:.3f}",
            large=f"{large.l1:.3f}",
            crops=wording.counted(found.crops, "crop"),
        ),
    ]
    if small.follow is not None and large.follow is not None:
        said.append(
            _(
                "Follow is {follow} instead of {large_follow}, flicker {flicker} instead of"
                " {large_flicker}: less is better.",
                follow=f"{small.follow:.3f}",
                large_follow=f"{large.follow:.3f}",
                flicker=f"{small.flicker:.4f}",
                large_flicker=f"{large.flicker:.4f}",
            )
        )
    return said


def _further(share: float) -> str:
    if abs(share) < _SAME:
        return _("As good: its pictures are as close to the real ones")
    if share < 0:
        return _(
            "No worse: its pictures are {share} closer to the real ones", share=f"{-share:.0%}"
        )
    return _(
        "Worse by {share}: its pictures are that much further from the real ones",
        share=f"{share:.0%}",
    )


def _speed(per_second: float) -> str:
    return f"{per_second:.1f}" if per_second < 10 else wording.count(per_second)
