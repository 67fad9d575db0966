"""Crops of unusual videos and with unusual options: the picture is what a player shows."""

from __future__ import annotations

import logging
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from colab_pix2pix import ffmpeg
from colab_pix2pix.config import FramesConfig
from colab_pix2pix.dataset import manifest
from colab_pix2pix.dataset.extract import extract_frames, probe
from colab_pix2pix.errors import OptionError
from colab_pix2pix.events import Note
from colab_pix2pix.video.decode_plan import pick_frames, plan_runs
from colab_pix2pix.video.timeline import read_timeline
from support import videos


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """250 counted frames with a key frame every 50."""
    folder = tmp_path_factory.mktemp("plain")
    return videos.counting(folder / "plain.mp4", "-g", "50", "-sc_threshold", "0", frames=250)


def numbers(dataset: manifest.Dataset, side: str = "left") -> list[int]:
    crops = [crop for crop in dataset.crops if crop.side == side]
    return [videos.number_of(dataset.directory / crop.file) for crop in crops]


def pixels(dataset: manifest.Dataset, index: int) -> np.ndarray:
    crop = dataset.crops[index]
    return np.asarray(Image.open(dataset.directory / crop.file).convert("RGB"), int)


@pytest.mark.parametrize(
    ("start", "end", "expected"),
    [
        ("4", "", [105, 115, 125, 135, 145, 155, 165, 175, 185, 195, 205, 215, 225, 235, 245]),
        ("", "0:02", [1, 5, 8, 11, 15, 18, 21, 25, 28, 31, 35, 38, 41, 45, 48]),
        ("0:08.4", "99:00", [211 + round(n * 40 / 15) for n in range(15)]),
    ],
)
def test_only_the_part_between_start_and_end_is_cut(
    plain: Path, tmp_path: Path, start: str, end: str, expected: list[int]
) -> None:
    config = FramesConfig(count=30, scale="-1:96", start=start, end=end)
    dataset = extract_frames(plain, tmp_path / "crops", config)
    frames = numbers(dataset)
    assert len(frames) == 15
    assert np.abs(np.subtract(frames, expected)).max() <= 1
    if start == "4":
        assert frames == expected


@pytest.mark.parametrize(("start", "end"), [("10", ""), ("3", "2"), ("1:00:00", "")])
def test_a_part_that_is_not_there_is_refused(
    plain: Path, tmp_path: Path, start: str, end: str
) -> None:
    with pytest.raises(OptionError, match=r"10\.0 seconds"):
        extract_frames(plain, tmp_path / "crops", FramesConfig(start=start, end=end))
    assert not (tmp_path / "crops").exists()


def test_a_grid_covers_the_frame_with_overlapping_squares(plain: Path, tmp_path: Path) -> None:
    config = FramesConfig(count=8, scale="-1:96", crops="grid")
    dataset = extract_frames(plain, tmp_path / "crops", config)
    first = [crop.box[0] for crop in dataset.crops if crop.time == dataset.crops[0].time]
    assert first == [0, 32, 64]
    assert len(dataset.crops) == 8


def test_random_crops_are_the_same_for_the_same_seed(plain: Path, tmp_path: Path) -> None:
    def boxes(name: str, seed: int) -> list[tuple[int, ...]]:
        config = FramesConfig(count=9, scale="-1:96", crops="random", random_seed=seed)
        return [crop.box for crop in extract_frames(plain, tmp_path / name, config).crops]

    assert boxes("a", 1) == boxes("b", 1) != boxes("c", 2)
    assert len(set(boxes("a", 1))) > 4


def test_png_holds_the_very_pixels_that_were_decoded(plain: Path, tmp_path: Path) -> None:
    config = FramesConfig(count=2, scale="160:96", image_format="png")
    dataset = extract_frames(plain, tmp_path / "crops", config)
    assert [Path(crop.file).suffix for crop in dataset.crops] == [".png", ".png"]
    graph = "select='eq(n,125)',scale=160:96,format=rgb24"
    arguments = ["-i", str(plain), "-vf", graph, "-frames:v", "1", "-f", "rawvideo", "-"]
    raw = np.frombuffer(ffmpeg.run(arguments, what="decoding"), np.uint8).reshape(96, 160, 3)
    assert np.abs(pixels(dataset, 0) - raw[:, :96]).max() <= 2


def test_key_frames_are_enough_when_times_need_not_be_exact(plain: Path, tmp_path: Path) -> None:
    config = FramesConfig(count=10, scale="-1:96", exact=False)
    dataset = extract_frames(plain, tmp_path / "crops", config)
    frames = numbers(dataset)
    assert len(frames) == 5
    assert all(
        abs(number - middle) <= 25
        for number, middle in zip(frames, range(25, 250, 50), strict=True)
    )
    assert sum(number % 50 == 0 for number in frames) >= 4
    dense = FramesConfig(count=100, scale="-1:96", exact=False)
    assert len(set(numbers(extract_frames(plain, tmp_path / "dense", dense)))) == 50


@pytest.mark.parametrize("name", ["long.mp4", "long.mov", "long.mkv"])
def test_few_crops_of_a_long_video_are_key_frames_with_their_true_times(
    tmp_path: Path, name: str
) -> None:
    coding = ("-g", "10", "-bf", "2", "-sc_threshold", "0")
    video = videos.counting(tmp_path / name, *coding, frames=400, rate="5")
    config = FramesConfig(count=32, scale="-1:96", exact=False)
    dataset = extract_frames(video, tmp_path / "crops", config)
    frames = numbers(dataset)
    assert len(frames) == 16
    assert all(number % 10 == 0 for number in frames)
    middles = [(part + 0.5) * 400 / 16 for part in range(16)]
    assert all(abs(number - middle) <= 13 for number, middle in zip(frames, middles, strict=True))
    times = [crop.time for crop in dataset.crops if crop.side == "left"]
    # Exact to one frame: ffmpeg skips over the entries of an mp4 that would tell more.
    assert all(abs(t - n / 5) <= 1 / 5 + 0.01 for t, n in zip(times, frames, strict=True))


CODINGS = {
    "h264": ("x.mp4", ("-g", "40", "-bf", "3")),
    "h264-open": ("x.mkv", ("-g", "40", "-bf", "3", "-x264-params", "open-gop=1")),
    "h264-ts": ("x.ts", ("-g", "40", "-bf", "2")),
    "hevc": ("x.mp4", ("-c:v", "libx265", "-preset", "ultrafast", "-g", "40")),
    "vp9": (
        "x.webm",
        ("-c:v", "libvpx-vp9", "-deadline", "realtime", "-cpu-used", "8", "-g", "40"),
    ),
    "av1": ("x.webm", ("-c:v", "libsvtav1", "-preset", "12", "-g", "40")),
    "mpeg2": ("x.mpg", ("-c:v", "mpeg2video", "-g", "15", "-bf", "2", "-q:v", "3")),
    "no-b": ("x.flv", ("-bf", "0", "-g", "40")),
    "gif": ("x.gif", ()),
}


@pytest.mark.parametrize("coding", CODINGS)
@pytest.mark.parametrize(("count", "exact"), [(3, True), (10, True), (80, True), (4, False)])
def test_every_coding_gives_the_right_pictures_by_every_plan(
    tmp_path_factory: pytest.TempPathFactory,
    tmp_path: Path,
    coding: str,
    count: int,
    exact: bool,
    caplog: pytest.LogCaptureFixture,
) -> None:
    name, output = CODINGS[coding]
    video = tmp_path_factory.getbasetemp() / f"{coding}-{name}"
    if not video.exists():
        videos.counting(video, *output, frames=200, rate="5")
    caplog.set_level(logging.INFO)
    config = FramesConfig(count=count, crops="centre", scale="-1:96", exact=exact)
    dataset = extract_frames(video, tmp_path / "crops", config)
    frames = numbers(dataset, "centre")
    assert frames == [round(crop.time * 5) for crop in dataset.crops]
    if coding != "h264-open":  # there, a plan may lose pictures, which are then decoded once more
        assert "decoded whole" not in caplog.text
    assert len(frames) == count
    expected = (np.arange(count) + 0.5) * 200 / count
    assert np.abs(np.subtract(frames, expected)).max() <= (1.01 if exact else 100 / count + 1)


def test_a_sparse_plan_decodes_little(plain: Path) -> None:
    timeline = read_timeline(probe(plain))
    picks = pick_frames(timeline, 0, 10, 2, exact=True)
    assert sum(run.needed.sum() for run in plan_runs(timeline, picks)) <= 0.2 * 250
    dense = pick_frames(timeline, 0, 10, 250, exact=True)
    (run,) = plan_runs(timeline, dense)
    assert run.needed.all() and len(run.needed) == 250


def test_bars_above_and_below_are_cut_off(tmp_path: Path) -> None:
    video = videos.scene(
        tmp_path / "wide.mp4", "-vf", "pad=320:240:0:30", size="320x180", seconds=2
    )
    dataset = extract_frames(video, tmp_path / "crops", FramesConfig(count=2, scale="-1:256"))
    left, right = dataset.crops
    assert left.box[1] == pytest.approx(32, abs=2)
    assert left.box[3] == pytest.approx(176, abs=4)
    assert right.box[0] + right.box[2] == pytest.approx(320, abs=2)
    assert pixels(dataset, 0)[:6].max() > 100
    kept = FramesConfig(count=2, cut_bars=False)
    dataset = extract_frames(video, tmp_path / "kept", kept)
    assert dataset.crops[0].box == (0, 0, 240, 240)
    assert pixels(dataset, 0)[:20].max() < 30


def test_bars_at_the_sides_are_cut_off(tmp_path: Path) -> None:
    video = videos.scene(
        tmp_path / "tall.mp4", "-vf", "pad=320:180:110:0", size="100x180", seconds=2
    )
    dataset = extract_frames(video, tmp_path / "crops", FramesConfig(count=2, scale="96:-1"))
    assert {crop.side for crop in dataset.crops} == {"top", "bottom"}
    assert dataset.crops[0].box[0] == pytest.approx(112, abs=2)


@pytest.mark.parametrize(
    "graph",
    [
        "color=black:size=320x180:rate=25:duration=1",
        "color=white:size=320x180:rate=25:duration=1,drawbox=h=90:color=black:t=fill",
        "testsrc2=size=320x180:rate=25:duration=1",
    ],
)
def test_what_is_no_pair_of_bars_is_kept(tmp_path: Path, graph: str) -> None:
    video = videos.lavfi(tmp_path / "video.mp4", graph)
    dataset = extract_frames(video, tmp_path / "crops", FramesConfig(count=2))
    assert [crop.box for crop in dataset.crops] == [(0, 0, 180, 180), (140, 0, 180, 180)]


def test_a_variable_frame_rate_is_cut_evenly_in_time(tmp_path: Path) -> None:
    """Every third frame is dropped in the first half, and the second half is half as fast."""
    video = videos.counting(
        tmp_path / "phone.mkv", "-fps_mode", "passthrough", frames=100,
        filters="select='gt(n,99)+mod(n,3)',setpts='if(lt(N,67),PTS,2*PTS-99/25/TB)'",
    )  # fmt: skip
    info = probe(video)
    timeline = read_timeline(info)
    assert len(set(np.diff(timeline.seconds).round(3))) > 1
    dataset = extract_frames(video, tmp_path / "crops", FramesConfig(count=20, crops="centre"))
    length = timeline.end_seconds - timeline.start_seconds
    wanted = (np.arange(20) + 0.5) * length / 20
    gap = np.diff(timeline.seconds).max()
    assert np.abs([crop.time for crop in dataset.crops] - wanted).max() <= gap / 2 + 1e-3
    for crop, number in zip(dataset.crops, numbers(dataset, "centre"), strict=True):
        index = int(np.abs(timeline.seconds - timeline.start_seconds - crop.time).argmin())
        assert [n for n in range(200) if n % 3 or n > 99][index] == number


def test_a_video_that_stands_still_between_few_frames_gives_each_once(tmp_path: Path) -> None:
    video = videos.counting(
        tmp_path / "slides.mkv", "-fps_mode", "passthrough", frames=6, filters="setpts='N*N/TB'"
    )
    dataset = extract_frames(video, tmp_path / "crops", FramesConfig(count=4, crops="centre"))
    assert len(set(numbers(dataset, "centre"))) == 4


def test_half_pictures_are_united(tmp_path: Path) -> None:
    """Fields of a moving bar, interlaced: a comb in the raw frame, none in the crop."""
    graph = "color=black:size=320x240:rate=50:duration=2[b];color=white:size=40x240:rate=50[w];"
    graph += "[b][w]overlay=x='mod(n*7,280)':shortest=1,interlace=lowpass=off"
    video = videos.lavfi(
        tmp_path / "tv.mp4", graph, "-flags", "+ildct+ilme", "-x264-params", "interlaced=1"
    )
    assert probe(video).interlaced
    config = FramesConfig(count=6, crops="centre", scale="-1:240", cut_bars=False)
    dataset = extract_frames(video, tmp_path / "crops", config)
    for index in range(len(dataset.crops)):
        grey = pixels(dataset, index).mean(axis=2)
        assert np.abs(grey[:-2:2] - grey[1:-1:2]).mean() < 4


@pytest.mark.parametrize(("matrix", "size"), [("bt709", "320x180"), ("smpte170m", "320x180")])
def test_colours_are_those_that_were_stored(tmp_path: Path, matrix: str, size: str) -> None:
    video = videos.lavfi(
        tmp_path / "c.mp4", f"color=0xE04020:size={size}:rate=25:duration=1",
        "-vf", f"scale=out_color_matrix={matrix}:out_range=tv,format=yuv420p",
        "-colorspace", matrix, "-color_range", "tv", "-g", "10",
    )  # fmt: skip
    dataset = extract_frames(video, tmp_path / "crops", FramesConfig(count=2))
    assert np.abs(pixels(dataset, 0)[100, 100] - [0xE0, 0x40, 0x20]).max() <= 6


def test_colours_of_high_dynamic_range_are_brought_to_a_screens(tmp_path: Path) -> None:
    convert = "zscale=transferin=bt709:primariesin=bt709:matrixin=bt709:rangein=limited:"
    convert += (
        "transfer=smpte2084:primaries=bt2020:matrix=bt2020nc:range=limited,format=yuv420p10le"
    )
    video = videos.lavfi(
        tmp_path / "hdr.mp4", "testsrc2=size=320x180:rate=25:duration=1",
        "-vf", f"scale=out_color_matrix=bt709,format=yuv444p,{convert}",
        "-c:v", "libx265", "-preset", "ultrafast", "-x265-params", "log-level=error",
        "-color_trc", "smpte2084", "-color_primaries", "bt2020", "-colorspace", "bt2020nc",
    )  # fmt: skip
    assert probe(video).transfer == "smpte2084"
    dataset = extract_frames(video, tmp_path / "crops", FramesConfig(count=2, cut_bars=False))
    plain = videos.scene(tmp_path / "sdr.mp4", size="320x180", seconds=1)
    usual = extract_frames(plain, tmp_path / "usual", FramesConfig(count=2, cut_bars=False))
    # Tone mapping darkens a little; colours stay those of the card, and are not washed out.
    bright, expected = pixels(dataset, 0), pixels(usual, 0)
    correlation = np.corrcoef(bright.ravel(), expected.ravel())[0, 1]
    assert correlation > 0.9
    assert bright.std() > 0.6 * expected.std()


def test_a_broken_tail_gives_what_decodes_and_says_so(tmp_path: Path) -> None:
    whole = videos.counting(tmp_path / "whole.mkv", "-g", "25", frames=250)
    broken = tmp_path / "broken.mkv"
    content = bytearray(whole.read_bytes())
    half = len(content) // 2
    content[half:] = np.random.default_rng(0).bytes(len(content) - half)
    broken.write_bytes(content)
    events: list[object] = []
    config = FramesConfig(count=40, crops="centre", scale="-1:96")
    dataset = extract_frames(broken, tmp_path / "crops", config, on_event=events.append)
    frames = numbers(dataset, "centre")
    assert 5 < len(frames) <= 40
    assert max(frames) < 160
    assert any(isinstance(e, Note) and e.level == "warning" for e in events)


def test_a_cut_off_video_gives_what_is_there(tmp_path: Path) -> None:
    whole = videos.counting(tmp_path / "whole.ts", "-g", "25", frames=250)
    cut = tmp_path / "cut.ts"
    cut.write_bytes(whole.read_bytes()[: whole.stat().st_size // 2])
    config = FramesConfig(count=20, crops="centre", scale="-1:96")
    dataset = extract_frames(cut, tmp_path / "crops", config)
    frames = numbers(dataset, "centre")
    assert len(frames) == 20
    assert max(frames) < 140
