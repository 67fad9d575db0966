"""A trained model on pictures, folders and videos."""

from __future__ import annotations

from pathlib import Path

import imageio_ffmpeg
import numpy as np
import pytest
import videos
from PIL import Image

from colab_pix2pix import cli
from colab_pix2pix.config import TrainConfig
from colab_pix2pix.errors import CheckpointError, OptionError, Pix2PixError, VideoError
from colab_pix2pix.events import Event, Progress
from colab_pix2pix.manifest import Dataset
from colab_pix2pix.model.apply import apply_to_frames, load_generator
from colab_pix2pix.model.training import train
from colab_pix2pix.playing import apply
from colab_pix2pix.project import Project
from colab_pix2pix.video.probe import probe
from colab_pix2pix.video.stream import square_frames

OPTIONS = TrainConfig(image_size=64, base_filters=4, epochs=1, batch_size=4)


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three seconds of moving pictures with a tone, 25 frames a second, wider than high."""
    path = tmp_path_factory.mktemp("clip") / "clip.mkv"
    graph = "testsrc2=size=160x96:rate=25:duration=3[out0];sine=frequency=440:duration=3[out1]"
    return videos.lavfi(path, graph, "-c:a", "flac")


@pytest.fixture
def run(crops: Dataset, tmp_path: Path) -> Project:
    return train(crops, tmp_path / "run", OPTIONS).project


def decoded(video: Path) -> tuple[dict[str, object], np.ndarray]:
    reader = imageio_ffmpeg.read_frames(video)
    facts = next(reader)
    width, height = facts["size"]
    frames = [np.frombuffer(frame, np.uint8).reshape(height, width, 3) for frame in reader]
    return facts, np.stack(frames)


def test_a_video_keeps_its_frames_its_pace_and_its_sound(
    run: Project, clip: Path, tmp_path: Path
) -> None:
    heard: list[Event] = []
    target = tmp_path / "new" / "seen.mp4"
    assert apply(run, clip, target, side_by_side=True, on_event=heard.append) == [target]
    facts, frames = decoded(target)
    assert facts["fps"] == 25 and facts["size"] == (128, 64) and facts["audio_codec"] == "aac"
    assert len(frames) == 75
    assert heard[-1] == Progress(job="apply", done=75, total=75, unit="frames")
    # On the left the frames themselves, on the right what the generator makes of them.
    generate, size = load_generator(run)
    source = np.concatenate(list(square_frames(probe(clip), size, 7)))
    assert source.shape == (75, 64, 64, 3)
    left = np.abs(frames[:, :, :64].astype(int) - source).mean()
    right = np.abs(frames[:, :, 64:].astype(int) - generate(source)).mean()
    assert left < 12 and right < 12  # of 255: H.264 halves the colours' resolution


def test_smoothing_takes_out_flicker() -> None:
    def flicker(pictures: np.ndarray) -> np.ndarray:
        return np.stack([np.full_like(p, 100 + 100 * (n % 2)) for n, p in enumerate(pictures)])

    blocks = [np.zeros((4, 8, 8, 3), np.uint8)] * 3
    plain = [int(frame[0, 0, 0]) for frame in apply_to_frames(flicker, blocks)]
    calm = [int(frame[0, 0, 0]) for frame in apply_to_frames(flicker, blocks, smooth=0.8)]
    assert plain == [100, 200] * 6
    assert np.ptp(calm[4:]) < 30
    assert calm[0] == 100 and calm[1] == 120


def test_pictures_and_videos_are_taken_from_the_shell(
    run: Project, crops: Dataset, clip: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def shell(*words: object) -> int:
        return cli.main(["apply", str(run.path), *map(str, words)])

    picture = crops.directory / crops.crops[0].file
    assert shell(picture, tmp_path / "one.png") == 0
    assert Image.open(tmp_path / "one.png").size == (64, 64)
    assert shell(crops.directory, tmp_path / "many") == 0
    assert len(list((tmp_path / "many").glob("*.png"))) == 12
    assert shell(clip, tmp_path / "seen.mp4", "--smooth", "0.5") == 0
    assert capsys.readouterr().out.splitlines()[-1] == str(tmp_path / "seen.mp4")


@pytest.mark.parametrize(
    ("name", "target", "smooth", "error"),
    [
        ("clip", "seen.webm", 0.0, OptionError),
        ("clip", "seen.mp4", 1.0, OptionError),
        ("text", "seen.mp4", 0.0, VideoError),
        ("nothing", "seen.mp4", 0.0, Pix2PixError),
    ],
)
def test_bad_input_is_refused_and_nothing_is_written(
    run: Project,
    clip: Path,
    tmp_path: Path,
    name: str,
    target: str,
    smooth: float,
    error: type[Exception],
) -> None:
    (tmp_path / "text.mp4").write_text("no video " * 100)
    source = {"clip": clip, "text": tmp_path / "text.mp4", "nothing": tmp_path / "nothing.mp4"}
    with pytest.raises(error):
        apply(run, source[name], tmp_path / "out" / target, smooth=smooth)
    assert not (tmp_path / "out").exists()
    with pytest.raises(CheckpointError, match="holds no trained model"):
        apply(tmp_path / "no run", clip, tmp_path / "out" / "seen.mp4")
    assert not (tmp_path / "out").exists()
