"""Files that do not tell when their frames are shown."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from colab_pix2pix.config import FramesConfig
from colab_pix2pix.dataset.extract import extract_frames
from support import videos


@pytest.mark.parametrize(
    ("name", "output"),
    [
        ("h264.avi", ("-c:v", "libx264", "-bf", "3", "-g", "30")),
        ("mpeg4.avi", ("-c:v", "mpeg4", "-bf", "2", "-q:v", "2")),
        ("divx.avi", ("-c:v", "mpeg4", "-vtag", "DX50", "-bf", "2", "-g", "30", "-q:v", "2")),
        ("raw.h264", ("-bf", "3", "-g", "30")),
        ("raw.hevc", ("-c:v", "libx265", "-preset", "ultrafast", "-g", "30")),
        ("raw.m2v", ("-c:v", "mpeg2video", "-bf", "2", "-q:v", "2")),
        ("raw.mjpeg", ("-c:v", "mjpeg", "-q:v", "2")),
        ("wmv.wmv", ("-c:v", "wmv2", "-q:v", "2")),
        ("refresh.mp4", ("-x264-params", "intra-refresh=1:keyint=40", "-bf", "0")),
    ],
)
@pytest.mark.parametrize("count", [10, 100])
def test_frames_come_in_order(
    tmp_path: Path, name: str, output: tuple[str, ...], count: int
) -> None:
    video = videos.counting(tmp_path / name, *output, frames=100)
    config = FramesConfig(count=count, crops="centre", scale="-1:96")
    dataset = extract_frames(video, tmp_path / "crops", config)
    frames = [videos.number_of(dataset.directory / crop.file) for crop in dataset.crops]
    assert frames == [round((n + 0.5) * 100 / count - 0.5 + 1e-6) for n in range(count)]


@pytest.mark.parametrize("exact", [True, False])
@pytest.mark.parametrize("count", [3, 10, 40])
def test_packets_that_hold_two_frames_give_the_right_ones(
    tmp_path: Path, count: int, exact: bool
) -> None:
    """Xvid's AVI: the packets that are marked as keyframes hold others."""
    output = ("-c:v", "libxvid", "-bf", "2", "-g", "30", "-q:v", "2")
    video = videos.counting(tmp_path / "xvid.avi", *output, frames=200)
    there = [number for _, number in videos.shown(video)]
    config = FramesConfig(count=count, crops="centre", scale="-1:96", exact=exact)
    dataset = extract_frames(video, tmp_path / "crops", config)
    frames = [videos.number_of(dataset.directory / crop.file) for crop in dataset.crops]
    places = [there.index(frame) for frame in frames]
    expected = (np.arange(count) + 0.5) * len(there) / count - 0.5
    near = 2.1 if exact else len(there) / count / 2 + 1
    assert np.abs(np.subtract(places, expected)).max() <= near
    times = [crop.time for crop in dataset.crops]
    assert times == pytest.approx(np.array(places) / 25, abs=0.13)
