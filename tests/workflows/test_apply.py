"""A trained model on pictures, folders and videos."""

from __future__ import annotations

import os
import threading
from functools import partial
from pathlib import Path

import imageio_ffmpeg
import numpy as np
import psutil
import pytest
from PIL import Image

from colab_pix2pix.cli import main
from colab_pix2pix.config import TrainConfig
from colab_pix2pix.dataset.manifest import Dataset
from colab_pix2pix.errors import CheckpointError, OptionError, Pix2PixError, VideoError
from colab_pix2pix.events import Event, Note, Progress
from colab_pix2pix.model import conditions, inference_mode
from colab_pix2pix.model.predictor import Predictor
from colab_pix2pix.model.trained import load_trained
from colab_pix2pix.project import Project
from colab_pix2pix.video.probe import probe
from colab_pix2pix.video.stream import Block, scaled_frames
from colab_pix2pix.video.timeline import read_timeline
from colab_pix2pix.workflows import held_out
from colab_pix2pix.workflows.apply import apply, generate_frames
from colab_pix2pix.workflows.pipeline import train
from support import videos
from support.networks import SMALLEST

OPTIONS = SMALLEST.replace(dropout=0.5, gan_warmup_steps=0)


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
    run.dataset_zip.unlink()  # without its crops a run can still be used
    heard: list[Event] = []
    target = tmp_path / "new" / "seen.mp4"
    assert apply(run, clip, target, side_by_side=True, on_event=heard.append) == [target]
    facts, frames = decoded(target)
    assert facts["fps"] == 25 and facts["size"] == (128, 64) and facts["audio_codec"] == "aac"
    assert len(frames) == 75
    assert isinstance(heard[0], Note) and "Without held-out crops" in heard[0].message
    assert heard[-1] == Progress(job="apply", done=75, total=75, unit="frames")
    # On the left the frames themselves, on the right what the generator makes of them.
    generate = Predictor(load_trained(run))
    info = probe(clip)
    blocks = list(scaled_frames(info, read_timeline(info), generate.size, 7))
    source = np.concatenate([block.pictures for block in blocks])
    assert source.shape == (75, 64, 64, 3)
    left = np.abs(frames[:, :, :64].astype(int) - source).mean()
    right = np.abs(frames[:, :, 64:].astype(int) - generate(source)).mean()
    assert left < 12 and right < 12  # of 255: H.264 halves the colours' resolution


def test_an_interrupted_video_leaves_no_file_no_thread_and_no_process(
    run: Project, clip: Path, tmp_path: Path
) -> None:
    def interrupt(event: Event) -> None:
        if isinstance(event, Progress):
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt) as caught:
        apply(run, clip, tmp_path / "out" / "seen.mp4", mode="paper", on_event=interrupt)
    assert not {"generating", "decoding"} & {thread.name for thread in threading.enumerate()}
    assert not [p for p in psutil.Process().children() if "ffmpeg" in p.name()]
    assert list((tmp_path / "out").iterdir()) == []
    assert caught.value.__traceback__  # it keeps all frames alive, as it does in a notebook


def test_the_centre_square_is_cut_where_a_player_shows_it(tmp_path: Path) -> None:
    # Stored as 160x90 with pixels twice as wide as high, so that a player shows 320x90.
    white = "drawbox=x=58:y=0:w=44:h=90:color=white:t=fill"
    graph = f"color=black:size=160x90:rate=25:duration=1,{white},setsar=2"
    path = videos.lavfi(tmp_path / "wide.mkv", graph)
    info = probe(path)
    timeline = read_timeline(info)
    assert (info.width, info.height) == (320, 90)
    (block,) = scaled_frames(info, timeline, 64, 25)
    square = block.pictures
    assert square.shape == (25, 64, 64, 3)
    assert square[:, :, 2:-2].min() > 230  # of the 90 columns in the middle 88 are white
    (block,) = scaled_frames(info, timeline, 64, 25, whole=True)
    whole = block.pictures
    assert whole.shape == (25, 64, 228, 3)
    assert whole[:, :, :80].max() < 25 and whole[:, :, 86:142].min() > 230


def test_smoothing_takes_out_flicker() -> None:
    def flicker(pictures: np.ndarray) -> np.ndarray:
        return np.stack([np.full_like(p, 100 + 100 * (n % 2)) for n, p in enumerate(pictures)])

    blocks = [Block(np.arange(4.0), np.zeros((4, 8, 8, 3), np.uint8))] * 3
    plain = [int(frame[0, 0, 0]) for _, frame in generate_frames(flicker, blocks)]
    calm = [int(frame[0, 0, 0]) for _, frame in generate_frames(flicker, blocks, smooth=0.8)]
    assert plain == [100, 200] * 6
    assert np.ptp(calm[4:]) < 30
    assert calm[0] == 100 and calm[1] == 120


def test_pictures_and_videos_are_taken_from_the_shell(
    run: Project, crops: Dataset, clip: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def shell(*words: object) -> int:
        return main.main(["apply", str(run.path), *map(str, words)])

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
        ("sound", "seen.mp4", 0.0, VideoError),
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
    sound = videos.lavfi(tmp_path / "sound.m4a", "sine=duration=1", "-c:a", "aac")
    source = {
        "clip": clip,
        "sound": sound,
        "text": tmp_path / "text.mp4",
        "nothing": tmp_path / "nothing.mp4",
    }
    with pytest.raises(error):
        apply(run, source[name], tmp_path / "out" / target, smooth=smooth)
    assert not (tmp_path / "out").exists()
    with pytest.raises(CheckpointError, match="holds no trained model"):
        apply(tmp_path / "no run", clip, tmp_path / "out" / "seen.mp4")
    assert not (tmp_path / "out").exists()


def test_a_folder_goes_on_where_it_was_interrupted(
    run: Project, crops: Dataset, tmp_path: Path
) -> None:
    seen = tmp_path / "seen"
    seen.mkdir()
    for crop in crops.crops[:10]:
        (seen / crop.file).write_bytes((crops.directory / crop.file).read_bytes())
    first = seen / crops.crops[0].file
    Image.open(first).save(first.with_suffix(".webp"))  # the same name but for its end

    def stop(event: Event) -> None:
        if isinstance(event, Progress) and event.done == 3:
            raise KeyboardInterrupt

    target = tmp_path / "made"
    with pytest.raises(KeyboardInterrupt):
        apply(run, seen, target, on_event=stop)
    before = {path: path.stat().st_mtime_ns for path in target.iterdir()}
    assert len(before) == 3
    heard: list[Event] = []
    made = apply(run, seen, target, on_event=heard.append)
    assert len(set(made)) == 11 and all(path.exists() for path in made)
    assert {path: path.stat().st_mtime_ns for path in before} == before
    assert Note(message="3 of 11 pictures were made before.") in heard
    assert sum(isinstance(event, Progress) for event in heard) == 8

    # A new source, and another state of the model, are worth the work.
    newest = max(before.values())
    os.utime(seen / crops.crops[5].file, ns=(newest + 10**10, newest + 10**10))
    heard.clear()
    apply(run, seen, target, on_event=heard.append)
    assert Note(message="10 of 11 pictures were made before.") in heard
    train(crops, run.path, OPTIONS.replace(epochs=2))
    heard.clear()
    apply(run, seen, target, on_event=heard.append)
    assert not any("made before" in event.message for event in heard if isinstance(event, Note))


def test_whole_pictures_are_made_of_any_shape(run: Project, tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    for name, size in {"wide": (150, 90), "high": (65, 200), "small": (20, 30)}.items():
        blocks = rng.integers(0, 256, (5, 5, 3), np.uint8)
        Image.fromarray(blocks).resize(size).save(tmp_path / f"{name}.png")
    sizes = {"wide": (107, 64), "high": (64, 197), "small": (64, 96)}
    for name, size in sizes.items():
        made = apply(run, tmp_path / f"{name}.png", tmp_path / f"{name}-made.png", whole=True)
        assert Image.open(made[0]).size == size
    # A square is the same picture either way.
    trained = load_trained(run)
    generate, whole = Predictor(trained), Predictor(trained, whole=True)
    squares = rng.integers(0, 256, (2, 64, 64, 3), np.uint8)
    assert np.abs(generate(squares).astype(int) - whole(squares)).max() <= 1
    # Mirrored outwards: what lies beyond the edge is like what lies before it.
    mirrored = np.concatenate([squares, squares[:, :, ::-1]], axis=2)
    made = whole(mirrored[:, :, :96])
    assert made.shape == (2, 64, 96, 3)


def test_a_whole_video_keeps_its_shape(run: Project, clip: Path, tmp_path: Path) -> None:
    apply(run, clip, tmp_path / "seen.mp4", whole=True, mode="paper")
    facts, frames = decoded(tmp_path / "seen.mp4")
    assert facts["size"] == (106, 64) and len(frames) == 75


def test_a_whole_video_of_a_smaller_output_gets_even_sides() -> None:
    def smaller(pictures: np.ndarray) -> np.ndarray:
        return pictures[:, :85, :171]  # 640x480 with an output_size of 128 is 171 wide

    blocks = [Block(np.array([0.0, 0.04]), np.zeros((2, 120, 200, 3), np.uint8))]
    for both in (False, True):
        (_, frame), _ = generate_frames(smaller, blocks, side_by_side=both)
        assert frame.shape == (84, 340 if both else 170, 3)


def test_a_damaged_dataset_zip_is_a_note_and_no_obstacle(
    run: Project, crops: Dataset, tmp_path: Path
) -> None:
    run.dataset_zip.write_bytes(run.dataset_zip.read_bytes()[:500])
    heard: list[Event] = []
    picture = crops.directory / crops.crops[0].file
    (tmp_path / "made").mkdir()
    made = apply(run, picture, tmp_path / "made", on_event=heard.append)
    assert made == [tmp_path / "made" / f"{picture.stem}.png"] and made[0].is_file()
    assert any(isinstance(e, Note) and e.level == "warning" for e in heard)
    assert apply(run, picture, tmp_path / "one") == [tmp_path / "one.png"]
    for suffix in (".tif", ".bmp", ".webp", ".JPG"):
        assert Image.open(apply(run, picture, tmp_path / f"one{suffix}")[0]).size == (64, 64)


def test_the_mode_is_chosen_by_the_held_out_crops(crops: Dataset, tmp_path: Path) -> None:
    project = train(crops, Project(tmp_path / "run"), OPTIONS).project
    trained = load_trained(project)
    crops_of = partial(held_out.pictures, project, OPTIONS)
    assert crops_of(8).shape == (2, 64, 64, 3)
    errors = inference_mode.measure(trained, crops_of(8))
    heard: list[Event] = []
    picture = crops.directory / crops.crops[0].file
    apply(project, picture, tmp_path / "made.png", on_event=heard.append)
    chosen = min(errors, key=lambda mode: errors[mode])
    assert errors["inference"] != errors["paper"]
    words = f"inference mode {errors['inference']:.4f}, paper mode "
    assert isinstance(heard[0], Note)
    assert "closer to the real pictures" in heard[0].message and "mode " not in heard[0].message
    assert ("as in the paper" in heard[0].message) == (chosen == "paper")
    assert heard[0].details.startswith(f"L1 on held-out crops: {words}")
    assert chosen in Image.open(tmp_path / "made.png").info["colab_pix2pix"]

    # In paper mode a picture is normalized by itself: as in a training step of that picture alone.
    pictures = np.random.default_rng(0).integers(0, 256, (3, 64, 64, 3), np.uint8)
    still = TrainConfig.from_dict(OPTIONS.to_dict() | {"dropout": 0.0})
    no_dropout = train(crops, Project(tmp_path / "still"), still).project
    together = Predictor(load_trained(no_dropout), "paper")(pictures)
    trained = load_trained(no_dropout)
    fed = conditions.make_input(conditions.encode_image(pictures), still)
    alone = [trained.generator(one[None], training=True)[0] for one in fed]
    expected = conditions.decode_image(np.stack(alone)).numpy()
    assert np.abs(together.astype(int) - expected).max() <= 1
    # Dropout is there in paper mode only.
    generate = Predictor(load_trained(project), "paper")
    assert (generate(pictures) != generate(pictures)).any()
    generate = Predictor(load_trained(project))
    assert (generate(pictures) == generate(pictures)).all()
