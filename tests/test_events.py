"""Long jobs speak in events; listeners write them down."""

from __future__ import annotations

import io
from pathlib import Path

import pytest

from colab_pix2pix import events
from colab_pix2pix.cli.terminal import Terminal
from colab_pix2pix.events import (
    JsonLines,
    Metrics,
    Note,
    Progress,
    Resumed,
    Safety,
    Sample,
    Saved,
    TrainingProgress,
    Verdict,
)

LOSSES = Metrics(
    step=4, epoch=1, generator_gan_loss=1, generator_l1_loss=0.25, discriminator_loss=0.5
)

EVENTS = [
    Progress(job="train", done=3, total=10, unit="steps", per_second=1.5, seconds_left=4.6),
    Progress(job="download", done=1_500_000, unit="bytes"),
    TrainingProgress(done=3, total=10, epoch=1, epochs=2, crops_per_second=6.0),
    LOSSES,
    Sample(step=4, path=Path("samples/step-00000004.jpg")),
    Saved(step=4, generation=2, path=Path("slot-a.npz"), confirmed=True),
    Saved(step=5, generation=3, path=Path("slot-b.npz"), confirmed=False),
    Safety(on_drive=False, safe_step=4, safe_time=0.0),
    Safety(on_drive=True, uploading_step=5, local_step=5),
    Resumed(step=4, generation=2, history=(LOSSES,)),
    Verdict(state="learning", sentence="Learning: more steps are worth it."),
    Note(message="The disk is nearly full.", level="warning"),
]


@pytest.mark.parametrize("event", EVENTS, ids=lambda e: type(e).__name__)
def test_an_event_survives_json(event: events.Event) -> None:
    assert events.from_json(events.to_json(event)) == event


def test_a_line_that_is_no_event_is_refused() -> None:
    for line in ('{"event": "Nothing"}', "[]", "no json"):
        with pytest.raises(ValueError):
            events.from_json(line)


def test_json_lines_are_one_event_a_line() -> None:
    stream = io.StringIO()
    listen = events.fan_out(JsonLines(stream), events.ignore)
    for event in EVENTS:
        listen(event)
    assert [events.from_json(line) for line in stream.getvalue().splitlines()] == EVENTS


def test_the_terminal_tells_progress_and_says_saved_only_when_it_is() -> None:
    stream = io.StringIO()
    listen = Terminal(stream)
    for event in EVENTS:
        listen(event)
    text = stream.getvalue()
    assert "3 of 10 steps · 1.5/s · 5 s left" in text
    assert "Saved: step 4" in text
    assert "Nothing is on Drive yet · uploading step 5" in text
    assert "Saved: step 5" not in text
    assert "! The disk is nearly full." in text
