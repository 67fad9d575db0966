"""The progress line on a real terminal of several widths: it never wraps and leaves nothing."""

from __future__ import annotations

import pytest

from support import terminals

START = """
import sys, time
from colab_pix2pix.cli.terminal import Terminal
from colab_pix2pix.events import *
"""
#: All that a training says, from the first picture to the last word.
TRAINING = """
with Terminal() as terminal:
    terminal(Note(message="The crops of 🦋 蝶の庭 are packed."))
    for done in (1, 60, 120):
        terminal(Progress(job="load", done=done, total=120, unit="crops"))
    terminal(Resumed(step=400, generation=2))
    for step in range(401, {last} + 1):
        terminal(TrainingProgress(done=step, total=1200, per_second=12.5, epoch=step // 30,
                                  seconds_left=(1200 - step) / 12.5, epochs=40,
                                  crops_per_second=50.0))
        if step % 100 == 0:
            terminal(Metrics(step=step, epoch=step // 30, generator_gan_loss=1.0,
                             generator_l1_loss=40 / step, discriminator_loss=0.5))
            terminal(Safety(on_drive=False, safe_step=step, safe_time=time.time()))
    terminal(Note(message="GPU memory is short.", level="warning"))
"""
STAY = ["The crops of 🦋 蝶の庭 are packed.", "Resumed at step 400", "! GPU memory is short."]


def screen_after(code: str, columns: int, **environment: str) -> list[str]:
    """Returns the rows that a terminal shows when events were told in it."""
    return terminals.screen_after(START + code, columns, **environment)


@pytest.mark.parametrize("columns", [40, 80, 200])
@pytest.mark.parametrize("last", [1200, 777])
def test_after_a_training_there_is_one_progress_line_and_what_stays(
    columns: int, last: int
) -> None:
    rows = screen_after(TRAINING.format(last=last), columns)
    progress = [row for row in rows if row.startswith("train ")]
    saved = [row for row in rows if row.startswith("Saved: step")]
    loaded = [row for row in rows if row.startswith("load ")]
    assert (len(progress), len(loaded), len(saved)) == (1, 1, last // 100 - 4)
    rest = [row for row in rows if row not in [*progress, *saved, *loaded]]
    assert [row.replace(" ", "") for row in rest] == [line.replace(" ", "") for line in STAY]
    percent = f"{last / 1200:.0%}"
    assert percent in progress[0] and ("left" in progress[0]) == (last < 1200)
    assert (f"{last} of 1200 steps" in progress[0]) == (columns >= 80)


def test_a_line_that_stays_goes_above_the_one_that_moves() -> None:
    code = """
terminal = Terminal()
terminal(Progress(job="frames", done=30, total=60, unit="crops"))
terminal.line("Look at this.")
"""
    above, below = screen_after(code, 80)
    assert above == "Look at this."
    assert below.startswith("frames    50%") and below.endswith("30 of 60 crops")


def test_what_a_command_prints_begins_on_a_row_of_its_own() -> None:
    code = """
with Terminal() as terminal:
    terminal(Progress(job="frames", done=30, total=60, unit="crops"))
print("30 crops")
"""
    assert screen_after(code, 80)[1:] == ["30 crops"]


@pytest.mark.parametrize("columns", [10, 20, 40])
def test_a_wide_unit_is_cut_off_at_the_edge(columns: int) -> None:
    code = """
terminal = Terminal()
for done in range(20):
    terminal(Progress(job="蝶の庭の🦋を数える", done=done, unit="🦋" * 40))
"""
    assert len(screen_after(code, columns)) == 1


def test_a_terminal_that_can_not_move_back_gets_lines() -> None:
    code = """
terminal = Terminal()
for done in (1, 2, 60):
    terminal(Progress(job="frames", done=done, total=60, unit="crops"))
"""
    first, last = screen_after(code, 80, TERM="dumb")
    assert (first, last) == ("frames     2% 1 of 60 crops", "frames   100% 60 of 60 crops")
