"""From a video to crops: real videos whose pictures say which frame they are."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from PIL import Image

from colab_pix2pix.config import FramesConfig
from colab_pix2pix.dataset import manifest
from colab_pix2pix.dataset.extract import extract_frames, probe
from colab_pix2pix.errors import DatasetError, VideoError
from colab_pix2pix.events import Note, Progress
from support import videos


@pytest.fixture(scope="module")
def clips(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of counting videos, 100 frames at 25 per second."""
    folder = tmp_path_factory.mktemp("clips")
    videos.counting(folder / "plain.mp4")
    videos.counting(folder / "portrait.mp4", width=96, height=160, bars="X")
    videos.counting(folder / "square.mp4", width=96, height=96)
    return folder


def numbers(dataset: manifest.Dataset, side: str, bars: str = "Y") -> list[int]:
    crops = [crop for crop in dataset.crops if crop.side == side]
    return [videos.number_of(dataset.directory / crop.file, bars) for crop in crops]


def folder_state(folder: Path) -> dict[str, tuple[bytes, int]]:
    return {p.name: (p.read_bytes(), p.stat().st_mtime_ns) for p in sorted(folder.iterdir())}


def test_crops_come_two_a_frame_evenly_over_the_whole_video(clips: Path, tmp_path: Path) -> None:
    dataset = extract_frames(clips / "plain.mp4", tmp_path / "crops", FramesConfig(count=20))
    assert len(dataset.crops) == 20
    left, right = numbers(dataset, "left"), numbers(dataset, "right")
    assert left == right == [5, 15, 25, 35, 45, 55, 65, 75, 85, 95]
    assert {Image.open(dataset.directory / c.file).size for c in dataset.crops} == {(256, 256)}


@pytest.mark.parametrize("count", [1, 3, 7, 61, 199, 200])
def test_there_are_exactly_as_many_as_asked_for_at_the_right_times(
    clips: Path, tmp_path: Path, count: int
) -> None:
    config = FramesConfig(count=count, scale="-1:96")
    dataset = extract_frames(clips / "plain.mp4", tmp_path / "crops", config)
    assert len(dataset.crops) == count
    steps = -(-count // 2)
    for crop in dataset.crops:
        number = int(crop.file.split("-")[-2])
        assert videos.number_of(dataset.directory / crop.file) == round(crop.time * 25)
        if steps < 100:
            assert abs(crop.time - (number + 0.5) * 4 / steps) <= 0.02 + 1e-4


def test_portrait_gives_top_and_bottom_and_a_square_its_centre(clips: Path, tmp_path: Path) -> None:
    tall = extract_frames(
        clips / "portrait.mp4", tmp_path / "tall", FramesConfig(count=4, scale="96:-1")
    )
    assert [crop.side for crop in tall.crops] == ["bottom", "top"] * 2
    assert numbers(tall, "top", "X") == numbers(tall, "bottom", "X") == [25, 75]
    assert tall.crops[0].box == (0, 64, 96, 96)
    square = extract_frames(clips / "square.mp4", tmp_path / "square", FramesConfig(count=3))
    assert [crop.side for crop in square.crops] == ["centre"] * 3


def test_left_and_right_are_the_two_ends_of_the_frame(tmp_path: Path) -> None:
    videos.lavfi(
        tmp_path / "halves.mp4",
        "color=red:size=320x180:duration=1,drawbox=x=160:color=blue:t=fill",
    )
    dataset = extract_frames(tmp_path / "halves.mp4", tmp_path / "crops", FramesConfig(count=2))
    left, right = dataset.crops
    assert (left.box, right.box) == ((0, 0, 180, 180), (140, 0, 180, 180))
    red = Image.open(dataset.directory / left.file).getpixel((0, 128))
    blue = Image.open(dataset.directory / right.file).getpixel((255, 128))
    assert red[0] > 200 > 60 > red[2]
    assert blue[2] > 200 > 60 > blue[0]


@pytest.mark.parametrize("turn", [90, 180, 270])
def test_a_rotated_video_is_cut_as_a_player_shows_it(
    clips: Path, tmp_path: Path, turn: int
) -> None:
    from colab_pix2pix import ffmpeg

    turned = tmp_path / "turned.mov"
    source = ["-display_rotation", str(turn), "-i", str(clips / "plain.mp4")]
    ffmpeg.run([*source, "-c", "copy", str(turned)], what="turning")
    info = probe(turned)
    assert (info.width, info.height) == ((160, 96) if turn == 180 else (96, 160))
    dataset = extract_frames(turned, tmp_path / "crops", FramesConfig(count=2, scale="-1:256"))
    assert {crop.side for crop in dataset.crops} == (
        {"left", "right"} if turn == 180 else {"top", "bottom"}
    )


def test_pixels_that_are_not_square_are_stretched(tmp_path: Path) -> None:
    wide = videos.scene(tmp_path / "wide.mp4", "-vf", "setsar=2/1", seconds=0.4)
    info = probe(wide)
    assert (info.width, info.height) == (320, 96)
    dataset = extract_frames(wide, tmp_path / "crops", FramesConfig(count=2))
    assert dataset.crops[1].box == (224, 0, 96, 96)


def test_more_crops_than_frames_gives_each_frame_once_and_says_so(tmp_path: Path) -> None:
    one = videos.counting(tmp_path / "one.mp4", frames=1)
    events: list[object] = []
    dataset = extract_frames(one, tmp_path / "a", on_event=events.append)
    assert len(dataset.crops) == 2
    assert any(isinstance(e, Note) and "only 1" in e.message for e in events)
    few = videos.counting(tmp_path / "few.mp4", frames=7)
    dataset = extract_frames(few, tmp_path / "b", FramesConfig(count=999))
    assert numbers(dataset, "left") == list(range(7))


def test_the_manifest_tells_where_each_crop_is_from(clips: Path, tmp_path: Path) -> None:
    events: list[object] = []
    config = FramesConfig(count=4)
    dataset = extract_frames(
        clips / "plain.mp4", tmp_path / "crops", config, on_event=events.append
    )
    content = json.loads((tmp_path / "crops" / "manifest.json").read_text())
    source = content["sources"]["plain"]
    assert source["file"] == "plain.mp4"
    assert len(source["sha256"]) == 64
    assert source["options"] == config.to_dict()
    assert source["duration_seconds"] == pytest.approx(4.0, abs=0.05)
    assert manifest.read(tmp_path / "crops") == dataset
    assert [crop.file for crop in dataset.crops] == sorted(crop.file for crop in dataset.crops)
    last = [event for event in events if isinstance(event, Progress)][-1]
    assert (last.job, last.done, last.total, last.unit) == ("frames", 4, 4, "crops")


def test_the_same_again_is_quick_and_touches_nothing(clips: Path, tmp_path: Path) -> None:
    config = FramesConfig(count=20)
    dataset = extract_frames(clips / "plain.mp4", tmp_path / "crops", config)
    before = folder_state(tmp_path / "crops")
    events: list[object] = []
    again = extract_frames(clips / "plain.mp4", tmp_path / "crops", config, on_event=events.append)
    assert again == dataset
    assert folder_state(tmp_path / "crops") == before
    assert [type(event) for event in events] == [Note]


def test_other_options_replace_that_videos_crops_only(clips: Path, tmp_path: Path) -> None:
    folder = tmp_path / "crops"
    extract_frames(clips / "plain.mp4", folder, FramesConfig(count=20))
    extract_frames(clips / "square.mp4", folder, FramesConfig(count=3))
    events: list[object] = []
    dataset = extract_frames(
        clips / "plain.mp4", folder, FramesConfig(count=4, crops="centre"), on_event=events.append
    )
    assert {crop.source for crop in dataset.crops} == {"plain", "square"}
    assert sum(crop.source == "plain" for crop in dataset.crops) == 4
    assert len(list(folder.glob("*.jpg"))) == 7
    assert any(isinstance(e, Note) and "also holds 3 crops" in e.message for e in events)


def test_a_second_video_of_the_same_name_gets_a_name_of_its_own(
    clips: Path, tmp_path: Path
) -> None:
    (tmp_path / "other").mkdir()
    other = videos.scene(tmp_path / "other" / "plain.mp4", seconds=0.4)
    extract_frames(clips / "plain.mp4", tmp_path / "crops", FramesConfig(count=2))
    dataset = extract_frames(other, tmp_path / "crops", FramesConfig(count=2))
    assert set(dataset.sources) == {"plain", "plain-2"}
    assert len(dataset.crops) == 4


def test_a_folder_with_other_files_is_refused_untouched(clips: Path, tmp_path: Path) -> None:
    folder = tmp_path / "mine"
    folder.mkdir()
    (folder / "holiday.jpg").write_bytes(b"mine")
    before = folder_state(folder)
    with pytest.raises(DatasetError, match="no manifest"):
        extract_frames(clips / "plain.mp4", folder, FramesConfig(count=2))
    assert folder_state(folder) == before


@pytest.mark.parametrize("kind", ["missing", "empty", "text", "sound", "picture"])
def test_what_is_no_video_is_refused_and_leaves_nothing(tmp_path: Path, kind: str) -> None:
    path = tmp_path / f"{kind}.mp4"
    if kind == "empty":
        path.touch()
    elif kind == "text":
        path.write_text("I am a diary.\n" * 50)
    elif kind == "sound":
        videos.lavfi(path, "sine=duration=1")
    elif kind == "picture":
        Image.new("RGB", (64, 64)).save(path.with_suffix(".png"))
        path = path.with_suffix(".png")
    with pytest.raises(VideoError) as caught:
        extract_frames(path, tmp_path / "deep" / "crops")
    assert str(path) in str(caught.value)
    assert not (tmp_path / "deep").exists()


@pytest.mark.parametrize(
    ("name", "output"),
    [
        ("a b 'c' \"d\" \n🌻.mp4", ()),
        ("-i.mp4", ()),
        ("C:\\odd.mp4", ()),
        ("vp9.webm", ("-c:v", "libvpx-vp9", "-cpu-used", "8", "-deadline", "realtime")),
        ("wrong.txt", ("-f", "matroska")),
        ("old.avi", ("-c:v", "mpeg4")),
        ("h264.avi", ()),
        ("live.ts", ()),
        ("nolength.mkv", ("-f", "matroska", "-live", "1")),
    ],
)
def test_any_container_and_any_name(tmp_path: Path, name: str, output: tuple[str, ...]) -> None:
    video = videos.counting(tmp_path / name, *output)
    dataset = extract_frames(video, tmp_path / "crops", FramesConfig(count=10))
    assert numbers(dataset, "left") == [10, 30, 50, 70, 90]


def test_a_killed_extraction_leaves_the_folder_as_it_was(clips: Path, tmp_path: Path) -> None:
    long = videos.scene(tmp_path / "long.mp4", "-preset", "ultrafast", seconds=20, size="640x360")
    folder = tmp_path / "crops"
    extract_frames(clips / "plain.mp4", folder, FramesConfig(count=4))
    before = folder_state(folder)
    code = f"import colab_pix2pix as p; p.extract_frames({str(long)!r}, {str(folder)!r})"
    process = subprocess.Popen([sys.executable, "-c", code])
    deadline = time.monotonic() + 30
    while not any(tmp_path.glob(".crops-*.part/*")) and time.monotonic() < deadline:
        time.sleep(0.01)
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    assert folder_state(folder) == before
    dataset = extract_frames(long, folder, FramesConfig(count=4))
    assert len(dataset.crops) == 8
    assert not list(tmp_path.glob(".crops*"))
