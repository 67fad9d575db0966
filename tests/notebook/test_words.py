"""What panels say: plain words, and numbers of programs folded away."""

from __future__ import annotations

from pathlib import Path

import pytest

from colab_pix2pix.config import TrainConfig
from colab_pix2pix.events import Note, Progress, from_json, to_json
from colab_pix2pix.notebook.panels.event_html import notes_html, progress_html
from colab_pix2pix.notebook.panels.predictions import predictions_view
from support import videos


@pytest.mark.parametrize(("seconds", "told"), [(2, False), (21, True)])
def test_only_of_a_long_video_it_is_said_that_a_part_is_shown(
    tmp_path: Path, seconds: int, told: bool
) -> None:
    clip = videos.lavfi(tmp_path / "c.mp4", "color=size=64x64:rate=2", "-t", str(seconds))
    view = predictions_view([(clip, clip)], TrainConfig(image_size=64))
    words = "".join(getattr(child, "value", b"") for child in view.children[:3])
    assert "Left: your video" in words and ("first 20 seconds" in words) == told


def test_details_are_folded_away_below_the_plain_words() -> None:
    note = Note(message="It is compared.", details="within 5e-05 <of 4 crops>")
    plain, folded = notes_html([note]).split("<details")
    assert "It is compared" in plain and "5e-05" not in plain
    assert "5e-05 &lt;of 4 crops&gt;" in folded
    assert "<details" not in notes_html([Note(message="It is compared.")])


def test_details_travel_with_a_note_and_may_be_missing_in_an_older_one() -> None:
    note = Note(message="It is compared.", details="within 5e-05")
    assert from_json(to_json(note)) == note
    assert from_json('{"event": "Note", "message": "a", "level": "info"}') == Note(message="a")


def test_what_is_done_has_no_time_left() -> None:
    begun = Progress(job="frames", done=5, total=6, unit="crops", seconds_left=2.0)
    assert "2 s left" in progress_html(begun)
    ended = Progress(job="frames", done=6, total=6, unit="crops", seconds_left=0.0)
    assert "left" not in progress_html(ended)
