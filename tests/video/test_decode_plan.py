"""Whatever a file holds and whichever frames are wanted: it is decoded as planned, or refused."""

from __future__ import annotations

import tempfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from colab_pix2pix.errors import Pix2PixError
from colab_pix2pix.video.decode_plan import dropped_packets, packets_to_decode, pick_frames
from colab_pix2pix.video.packets import Packets
from colab_pix2pix.video.probe import probe
from colab_pix2pix.video.timeline import Timeline

quick = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])


@quick
@given(
    st.lists(st.sampled_from([0.01, 0.02, 0.04, 0.5]), min_size=1, max_size=80),
    st.integers(1, 100),
    st.booleans(),
    st.integers(1, 20),
)
def test_chosen_frames_are_distinct_sorted_and_as_many_as_wanted(
    gaps: list[float], steps: int, exact: bool, gop: int
) -> None:
    seconds = np.cumsum(gaps)
    indices = np.arange(len(seconds))
    packets = Packets(seconds, seconds, indices % gop == 0, np.ones(len(seconds), bool))
    start, end = float(seconds[0]), float(seconds[-1] + gaps[-1])
    timeline = Timeline(seconds, start, end, indices, packets)
    picks = pick_frames(timeline, timeline.start_seconds, end, steps, exact=exact)
    assert len(picks) == min(steps, len(seconds))
    assert (np.diff(picks) > 0).all()
    needed = packets_to_decode(timeline, picks)
    if needed is not None:
        assert needed[picks].all()
        for pick in picks:
            start = pick - pick % gop
            assert needed[start : pick + 1].all()


@quick
@given(st.lists(st.tuples(st.booleans(), st.booleans()), min_size=1, max_size=60), st.booleans())
def test_an_expression_drops_just_what_is_not_needed(
    packets: list[tuple[bool, bool]], timed: bool
) -> None:
    """Evaluated here as ffmpeg does it."""
    needed, keyframe = (np.array(column) for column in zip(*packets, strict=True))
    count = np.arange(len(packets))
    table = Packets(count * 0.04, count * 0.04 if timed else None, keyframe, keyframe)
    python = dropped_packets(table, needed).replace("if(", "choose(").replace("not(", "invert(")
    functions = {
        "between": lambda x, low, high: low <= x <= high,
        "lt": lambda x, y: x < y,
        "invert": lambda x: not x,
        "choose": lambda condition, yes, no: yes if condition else no,
        "tb": 0.04,
    }
    for number, wanted in enumerate(needed):
        names = functions | {"n": number, "dts": number}
        assert bool(eval(python, {"__builtins__": {}}, names)) is not bool(wanted)


@settings(max_examples=15, deadline=None)
@given(st.binary(max_size=400), st.sampled_from([".mp4", ".mkv", ".m3u8", ".txt", ".jpg", ".avi"]))
@example(b"#EXTM3U\n#EXTINF:1,\nfile:///etc/hostname\n", ".m3u8")
@example(b"ffconcat version 1.0\nfile /etc/hostname\n", ".mp4")
def test_any_bytes_are_refused_as_a_video(content: bytes, suffix: str) -> None:
    with tempfile.TemporaryDirectory() as name:
        path = Path(name, f"x{suffix}")
        path.write_bytes(content)
        with pytest.raises(Pix2PixError):
            probe(path)
