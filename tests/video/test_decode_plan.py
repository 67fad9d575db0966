"""Whatever a file holds and whichever frames are wanted: it is decoded as planned, or refused."""

from __future__ import annotations

import tempfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from colab_pix2pix.errors import Pix2PixError
from colab_pix2pix.video.decode_plan import pick_frames, plan_runs
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
    ticks = np.rint(seconds * 1000).astype(np.int64)
    packets = Packets(
        presentation_ticks=ticks,
        decode_ticks=ticks,
        duration_ticks=np.zeros_like(ticks),
        position=indices,
        keyframe=indices % gop == 0,
        shown=np.ones(len(ticks), bool),
        tick_seconds=0.001,
    )
    start, end = float(seconds[0]), float(seconds[-1] + gaps[-1])
    timeline = Timeline(seconds, end, indices, packets)
    picks = pick_frames(timeline, start, end, steps, exact=exact)
    assert len(picks) == min(steps, len(seconds))
    assert (np.diff(picks) > 0).all()
    runs = plan_runs(timeline, picks)
    assert sorted(packet for run in runs for packet in run.wanted) == picks.tolist()
    for run in runs:
        assert run.first % gop == 0
        for packet in run.wanted:
            before = packet - packet % gop
            assert run.needed[before - run.first : packet - run.first + 1].all()


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
