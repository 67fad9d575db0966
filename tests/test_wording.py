"""Amounts and times in words."""

from __future__ import annotations

import doctest
import re
from pathlib import Path

from colab_pix2pix import wording
from colab_pix2pix.config import (
    CurateConfig,
    FramesConfig,
    PicturesConfig,
    TrainConfig,
    VideoConfig,
)
from colab_pix2pix.events import METRICS_COLUMNS
from colab_pix2pix.options import options


def test_times_are_said_in_words() -> None:
    times = (0.4, 7, 89, 90, 760, 3540, 3600, 11_100, 90_000)
    assert [wording.seconds_in_words(s) for s in times] == [
        "0 s", "7 s", "89 s", "2 min", "13 min", "59 min", "1 h 0 min", "3 h 5 min", "25 h 0 min",
    ]  # fmt: skip
    assert wording.seconds_in_words(-3) == "0 s", "clocks of two machines differ"


def test_sizes_are_said_in_words() -> None:
    sizes = (0, 999, 1000, 2.4e6, 3.21e9)
    assert [wording.bytes_in_words(size) for size in sizes] == [
        "0 bytes", "999 bytes", "1.0 kB", "2.4 MB", "3.2 GB",
    ]  # fmt: skip


def test_what_is_counted_is_named() -> None:
    assert wording.counted(1, "crop") == "1 crop"
    assert wording.counted(12_000, "crop") == "12 000 crops"
    assert wording.progress_in_words(3, 10, "steps") == "3 of 10 steps"
    assert wording.progress_in_words(3, None, "") == "3"
    assert wording.progress_in_words(1, None, "steps") == "1 step"
    assert wording.progress_in_words(1, 10, "steps") == "1 of 10 steps"
    assert [wording.is_or_are(number) for number in (0, 1, 2)] == ["are", "is", "are"]
    assert wording.progress_in_words(2.4e6, 4.8e9, "bytes") == "2.4 MB of 4.8 GB"


def test_a_path_outside_the_home_folder_is_said_whole() -> None:
    assert wording.path_in_words(Path("/somewhere/else")) == "/somewhere/else"


CODE = re.compile(r"\b(True|False|None)\b|\w+_loss\b|comes along|\(s\)")


def test_no_option_is_explained_in_words_of_programs() -> None:
    for kind in (VideoConfig, FramesConfig, CurateConfig, PicturesConfig, TrainConfig):
        for name, spec in options(kind).items():
            assert not CODE.search(f"{spec.help} {spec.label}"), name


def test_losses_have_names_that_people_read() -> None:
    assert set(wording.LOSS_NAMES) <= set(METRICS_COLUMNS)
    assert not [words for words in wording.LOSS_NAMES.values() if "loss" in words or "_" in words]


def test_the_examples_are_true() -> None:
    result = doctest.testmod(wording)
    assert result.attempted > 5 and not result.failed
