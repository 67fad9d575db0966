"""Crops of files whose clocks are odd: every frame can be reached, and they lie evenly."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from colab_pix2pix import ffmpeg
from colab_pix2pix.config import FramesConfig
from colab_pix2pix.dataset.extract import extract_frames, probe
from colab_pix2pix.dataset.manifest import Dataset
from colab_pix2pix.downloader.preview import preview
from colab_pix2pix.events import Note
from support import videos


def cut(video: Path, count: int, **options: object) -> tuple[Dataset, list[int], list[str]]:
    """Returns the crops, which frames they show, and what was noted."""
    events: list[object] = []
    config = FramesConfig(count=count, crops="centre", scale="-1:96", **options)
    folder = video.parent / f"crops-{video.name}-{count}-{len(options)}"
    dataset = extract_frames(video, folder, config, on_event=events.append)
    files = list(folder.glob("*.jpg"))
    assert len(files) == len({crop.file for crop in dataset.crops}) == len(dataset.crops)
    frames = [videos.number_of(folder / crop.file) for crop in dataset.crops]
    return dataset, frames, [event.message for event in events if isinstance(event, Note)]


def piece(path: Path, first: int, frames: int, *output: str) -> Path:
    """Writes frames that show the numbers from `first` on; the clock begins at 0."""
    return videos.counting(
        path, *output, frames=frames, filters=f"trim=start_frame={first},setpts=PTS-STARTPTS"
    )


@pytest.mark.parametrize(
    ("name", "expression"),
    [
        ("eq.mp4", "if(eq(N,50),49,N)"),
        ("three.mkv", "if(between(N,50,52),50,N)"),
        ("four.mp4", "if(between(N,10,13),10,N)"),
    ],
)
def test_frames_of_one_time_are_two_frames(tmp_path: Path, name: str, expression: str) -> None:
    video = videos.counting(
        tmp_path / name, "-fps_mode", "passthrough", "-g", "25", frames=100,
        filters=f"setpts='({expression})/25/TB'",
    )  # fmt: skip
    dataset, frames, notes = cut(video, 50)
    assert len(dataset.crops) == 50 and notes == []
    assert max(np.diff(frames)) <= 4
    _, frames, notes = cut(video, 100)
    assert frames == list(range(100)) and notes == []


JOINED: dict[str, tuple[str, ...]] = {
    "ts": ("-g", "30"),
    "mpg": ("-c:v", "mpeg2video", "-q:v", "2"),
    "mkv": ("-g", "30"),
    "webm": ("-c:v", "libvpx", "-live", "1", "-g", "30"),  # its head does not say how long it is
    "flv": ("-g", "30"),
    "mp4": ("-g", "30", "-bf", "2"),
    "mov": ("-c:v", "mjpeg", "-q:v", "2"),
    "m4v": ("-g", "30", "-f", "mp4", "-movflags", "frag_keyframe+empty_moov"),
    "avi": ("-c:v", "mpeg4", "-bf", "2", "-q:v", "2"),
    "wmv": ("-c:v", "wmv2", "-q:v", "2"),
    "ogv": ("-c:v", "libtheora", "-q:v", "8", "-g", "30"),
    "gif": (),
}


@pytest.mark.parametrize("suffix", JOINED)
def test_every_frame_of_a_joined_file_can_be_reached(tmp_path: Path, suffix: str) -> None:
    coding = JOINED[suffix]
    pieces = [
        piece(tmp_path / f"{n}.{suffix}", first, count, *coding)
        for n, (first, count) in enumerate([(0, 100), (100, 60), (160, 40)])
    ]
    video = videos.joined(tmp_path / f"joined.{suffix}", *pieces)
    _, frames, notes = cut(video, 200)
    assert frames == list(range(200))
    assert notes == []
    dataset, frames, _ = cut(video, 20)
    assert frames == list(range(5, 200, 10))
    assert [crop.time for crop in dataset.crops] == pytest.approx(np.array(frames) / 25, abs=0.05)
    _, frames, _ = cut(video, 10, start="4", end="6.4")
    assert all(100 <= frame < 160 for frame in frames)


@pytest.mark.parametrize("suffix", JOINED)
def test_the_look_up_counts_all_of_a_joined_file(tmp_path: Path, suffix: str) -> None:
    coding = JOINED[suffix]
    pieces = [piece(tmp_path / f"{n}.{suffix}", 100 * n, 100, *coding) for n in range(2)]
    video = videos.joined(tmp_path / f"two.{suffix}", *pieces)
    assert preview(str(video)).duration_seconds == pytest.approx(8, abs=0.1)
    assert probe(video).duration_seconds == pytest.approx(8, abs=0.1)


@pytest.mark.parametrize("kept", [9, 3000])
def test_a_joined_video_that_can_not_be_read_is_told(tmp_path: Path, kept: int) -> None:
    first, second = (piece(tmp_path / f"{n}.mp4", 100 * n, 100) for n in range(2))
    whole = second.read_bytes()
    second.write_bytes(whole[: whole.index(b"mdat") + kept])  # its index was at the end
    _, frames, notes = cut(videos.joined(tmp_path / "two.mp4", first, second), 20)
    assert max(frames) < 100
    assert any("1 of them can't be read" in note for note in notes)


def test_joined_videos_of_two_codings_and_two_sizes_are_all_read(tmp_path: Path) -> None:
    first = piece(tmp_path / "0.mkv", 0, 100, "-c:v", "mpeg4", "-q:v", "2")
    second = videos.counting(
        tmp_path / "1.mkv", "-g", "20", "-vf", "scale=240:144", frames=60, rate="50",
        filters="trim=start_frame=100,setpts=PTS-STARTPTS",
    )  # fmt: skip
    _, frames, notes = cut(videos.joined(tmp_path / "two.mkv", first, second), 160)
    assert frames == list(range(160))
    assert any("changes its size" in note for note in notes)


@pytest.mark.parametrize("gap", [5, 600, 20_000])
@pytest.mark.parametrize("suffix", ["ts", "mkv", "mp4"])
def test_a_clock_that_jumps_leaves_no_half_out(tmp_path: Path, suffix: str, gap: int) -> None:
    video = videos.counting(
        tmp_path / f"jump.{suffix}", "-fps_mode", "passthrough", "-c:v", "libx264", frames=200,
        filters=f"setpts='(N/25+if(gte(N,100),{gap},0))/TB'",
    )  # fmt: skip
    _, frames, notes = cut(video, 20)
    assert np.abs(np.subtract(frames, range(5, 200, 10))).max() <= 1
    assert notes == []
    _, frames, notes = cut(video, 300)
    assert frames == list(range(200))
    assert notes == [f"jump.{suffix} has only 200 different frames: 200 crops instead of 300."]


def test_bursts_are_cut_evenly(tmp_path: Path) -> None:
    video = videos.counting(
        tmp_path / "bursts.mkv", "-fps_mode", "passthrough", frames=200,
        filters="setpts='(mod(N,20)/25+floor(N/20)*30)/TB'",
    )  # fmt: skip
    _, frames, _ = cut(video, 20)
    assert [frame // 20 for frame in frames] == [n // 2 for n in range(20)]


DISC = "color=black:size={0}:rate=25:duration=2,"
DISC += "geq=lum='if(lt(hypot(X-{1},Y-64),40),235,16)':cb=128:cr=128"


@pytest.mark.parametrize("order", [(0, 1), (1, 0), (0, 2)])
def test_a_size_that_changes_keeps_shapes(tmp_path: Path, order: tuple[int, int]) -> None:
    sizes = [("128x128", 64), ("256x128", 64), ("128x160", 64)]
    pieces = [videos.lavfi(tmp_path / f"{n}.ts", DISC.format(*sizes[n]), "-g", "25") for n in order]
    video = videos.joined(tmp_path / "sizes.ts", *pieces)
    events: list[object] = []
    config = FramesConfig(count=20, scale="-1:128", image_format="png", cut_bars=False)
    dataset = extract_frames(video, tmp_path / "crops", config, on_event=events.append)
    notes = [event.message for event in events if isinstance(event, Note)]
    assert any("changes its size in the middle" in note for note in notes)
    assert len(dataset.crops) == 20 or any(f"{len(dataset.crops)} of 20" in n for n in notes)
    assert {crop.time >= 2 for crop in dataset.crops} == {False, True}
    seen = 0
    for crop in dataset.crops:
        white = np.asarray(Image.open(dataset.directory / crop.file).convert("L")) > 128
        rows, columns = np.flatnonzero(white.any(axis=1)), np.flatnonzero(white.any(axis=0))
        if crop.side in ("centre", "left"):
            assert abs(len(rows) - len(columns)) <= 2
            seen += 1
    assert seen >= 10


def test_a_turn_is_the_one_that_a_player_makes(tmp_path: Path) -> None:
    plain = videos.lavfi(
        tmp_path / "corner.mp4",
        "color=black:size=160x96:rate=25:duration=1,drawbox=w=60:h=30:color=red:t=fill",
    )
    for turn in ("90", "180", "270"):
        for flip in ([], ["-display_hflip"], ["-display_vflip"]):
            turned = tmp_path / f"{turn}{''.join(flip)}.mov"
            source = ["-display_rotation", turn, *flip, "-i", str(plain), "-c", "copy"]
            ffmpeg.run([*source, str(turned)], what="turning")
            still = tmp_path / f"{turned.stem}.png"
            ffmpeg.run(["-i", str(turned), "-frames:v", "1", str(still)], what="looking")
            config = FramesConfig(
                count=1, crops="centre", scale="96:-1", cut_bars=False, image_format="png"
            )
            dataset = extract_frames(turned, tmp_path / f"crops-{turned.stem}", config)
            crop = dataset.crops[0]
            left, top, side, _ = crop.box
            expected = Image.open(still).convert("RGB").crop((left, top, left + side, top + side))
            made = Image.open(dataset.directory / crop.file).resize(expected.size)
            assert np.abs(np.asarray(made, int) - np.asarray(expected, int)).mean() < 6, turned
