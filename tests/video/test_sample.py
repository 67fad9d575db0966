"""The bundled sample time-lapse: what the file is, what it shows, and that it can be made again."""

import subprocess
import sys
from pathlib import Path

import imageio_ffmpeg
import numpy as np
import pytest

ROOT = Path(__file__).resolve().parents[2]
SAMPLE = ROOT / "colab_pix2pix" / "sample" / "time-lapse.mp4"
SCRIPT = ROOT / "scripts" / "make_sample.py"


def read_video(path: Path, width: int) -> tuple[dict, np.ndarray]:
    """Decode a whole video at a smaller width: metadata, and uint8 (frames, height, width, 3)."""
    height = width * 9 // 16
    scaling = ["-vf", f"scale={width}:{height}:flags=area", "-s", f"{width}x{height}"]
    reader = imageio_ffmpeg.read_frames(path, output_params=scaling)
    metadata = next(reader)
    frames = [np.frombuffer(frame, np.uint8).reshape(height, width, 3) for frame in reader]
    return metadata, np.stack(frames)


def make_tiny(path: Path, *options: str) -> subprocess.CompletedProcess:
    command = [
        sys.executable,
        str(SCRIPT),
        str(path),
        "--seconds",
        "0.4",
        "--width",
        "160",
        *options,
    ]
    return subprocess.run(command, capture_output=True, text=True, timeout=60)


@pytest.fixture(scope="module")
def sample() -> tuple[dict, np.ndarray]:
    return read_video(SAMPLE, 160)


@pytest.fixture(scope="module")
def brightness(sample) -> np.ndarray:
    """Grey pictures, float (frames, height, width), 0 to 255."""
    return sample[1].astype(np.float32) @ np.array([0.299, 0.587, 0.114], np.float32)


def longest_run_seconds(marks: np.ndarray) -> float:
    longest = current = 0
    for mark in marks:
        current = current + 1 if mark else 0
        longest = max(longest, current)
    return longest / 25


def test_the_sample_is_a_small_widescreen_video_of_about_half_a_minute(sample):
    metadata, frames = sample
    assert metadata["source_size"] == (640, 360)
    assert metadata["fps"] == 25
    assert 25 <= metadata["duration"] <= 32
    assert len(frames) == pytest.approx(metadata["duration"] * 25, abs=2)
    assert SAMPLE.stat().st_size < 1_500_000


def test_the_sample_plays_in_a_browser(sample):
    metadata, _ = sample
    assert metadata["codec"] == "h264"
    assert metadata["pix_fmt"].startswith("yuv420p")
    head = SAMPLE.read_bytes()[:200_000]
    assert 0 < head.find(b"moov") < head.find(b"mdat"), (
        "the index must come first, to play while loading"
    )


def test_the_sample_has_dark_nights_but_is_mostly_day(brightness):
    means = brightness.mean(axis=(1, 2))
    assert longest_run_seconds(means < 20) > 0.7
    assert np.mean(means > 60) > 0.7


def test_the_sample_stands_still_for_a_while(brightness):
    change = np.abs(np.diff(brightness, axis=0)).mean(axis=(1, 2))
    bright = brightness[1:].mean(axis=(1, 2)) > 60
    assert 1.4 < longest_run_seconds((change < 0.25) & bright) < 2.6


def test_the_sample_is_out_of_focus_for_a_moment(brightness):
    steps = np.abs(np.diff(brightness, axis=2)).mean(axis=(1, 2))
    lost = steps[10 * 25 : int(10.8 * 25)]  # twenty frames, from second 10.0 to 10.8
    sharp = min(steps[int(9.5 * 25)], steps[int(11.3 * 25)])
    assert lost.max() < 0.75 * sharp


def test_both_square_crops_hold_green_gold_pink_and_red_in_the_end(sample):
    noon = sample[1][int(25.0 * 25)].astype(int)
    for square in (noon[:, :90], noon[:, -90:]):
        red, green, blue = square[..., 0], square[..., 1], square[..., 2]
        shares = {
            "green": np.mean((green > red + 30) & (green > blue + 30)),
            "gold": np.mean((red > 170) & (green > 110) & (blue < 70)),
            "pink": np.mean((red > 170) & (green < 130) & (blue > 90)),
            "red": np.mean((red > 170) & (green < 90) & (blue < 70)),
        }
        assert min(shares.values()) > 0.01, shares


def test_the_script_makes_such_a_video_and_the_same_one_each_time(tmp_path):
    videos = []
    for name in ("first.mp4", "second.mp4"):
        process = make_tiny(tmp_path / name)
        assert process.returncode == 0, process.stderr
        videos.append(read_video(tmp_path / name, 160))
    metadata, frames = videos[0]
    assert metadata["source_size"] == (160, 90)
    assert frames.shape[0] == 10
    assert np.array_equal(frames[0], videos[1][1][0])


def test_the_script_says_which_width_it_expects(tmp_path):
    process = make_tiny(tmp_path / "odd.mp4", "--width", "100")
    assert process.returncode != 0
    assert "width is 100; it must be a multiple of 32" in process.stderr


def test_a_failure_of_ffmpeg_ends_with_its_last_words(tmp_path):
    (tmp_path / "folder.mp4").mkdir()
    process = make_tiny(tmp_path / "folder.mp4")
    assert process.returncode != 0
    assert "ffmpeg could not write" in process.stderr
    assert "Is a directory" in process.stderr
