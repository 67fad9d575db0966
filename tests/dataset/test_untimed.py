"""Files that do not tell when their frames are shown."""

from __future__ import annotations

from pathlib import Path

import pytest

from colab_pix2pix.config import FramesConfig
from colab_pix2pix.dataset.extract import extract_frames
from support import videos


@pytest.mark.parametrize(
    ("name", "output"),
    [
        ("h264.avi", ("-c:v", "libx264", "-bf", "3", "-g", "30")),
        ("mpeg4.avi", ("-c:v", "mpeg4", "-bf", "2", "-q:v", "2")),
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
