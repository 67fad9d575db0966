"""A video that is made of another keeps each frame's time, and the sound in step."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

from colab_pix2pix import ffmpeg
from colab_pix2pix.video.probe import probe
from colab_pix2pix.video.stream import scaled_frames
from colab_pix2pix.video.timeline import read_timeline
from colab_pix2pix.workflows.apply import generate_frames, write_video
from support import videos

FRAME = 0.04


def remade(source: Path) -> Path:
    """Writes a video through all of `apply` but the network, in whole frames."""
    info = probe(source)
    timeline = read_timeline(info)
    blocks = scaled_frames(info, timeline, 96, 8, whole=True)
    made = generate_frames(lambda pictures: pictures, blocks)
    target = source.with_name(f"made-{source.stem}.mp4")
    return write_video(made, source, timeline, target)


def same_frames_at_the_same_times(source: Path, target: Path) -> None:
    before, after = videos.shown(source), videos.shown(target)
    assert [number for _, number in after] == [number for _, number in before]
    wanted = np.array([seconds for seconds, _ in before])
    times = np.array([seconds for seconds, _ in after])
    assert np.abs(times - times[0] - (wanted - wanted[0])).max() < 0.002


@pytest.mark.parametrize("rate", ["24000/1001", "50", "144", "240"])
def test_every_frame_comes_once_at_any_rate(tmp_path: Path, rate: str) -> None:
    source = videos.counting(tmp_path / "fast.mp4", frames=300, rate=rate)
    target = remade(source)
    same_frames_at_the_same_times(source, target)
    assert [number for _, number in videos.shown(target)] == list(range(300))
    with av.open(str(target)) as container:
        asked = float(Fraction(rate))
        assert float(container.streams.video[0].average_rate) == pytest.approx(asked, rel=1e-3)
        assert container.duration / 1e6 == pytest.approx(300 / asked, abs=0.01)


BURSTS, JUMP = "mod(N,20)/25+floor(N/20)*30", "N/25+if(gte(N,100),{}*3600,0)"


@pytest.mark.parametrize("expression", [BURSTS, JUMP.format(4), JUMP.format(20)])
@pytest.mark.parametrize("suffix", ["mp4", "mkv", "ts"])
def test_bursts_and_jumps_stay_where_they_are(tmp_path: Path, suffix: str, expression: str) -> None:
    coding = ("-fps_mode", "passthrough", "-c:v", "libx264")
    source = videos.counting(
        tmp_path / f"x.{suffix}", *coding, frames=200, filters=f"setpts='({expression})/TB'"
    )
    target = remade(source)
    same_frames_at_the_same_times(source, target)
    assert target.stat().st_size < 2_000_000


def test_frames_of_one_time_all_come(tmp_path: Path) -> None:
    source = videos.counting(
        tmp_path / "eq.mkv", "-fps_mode", "passthrough", frames=100,
        filters="setpts='if(between(N,50,52),50,N)/25/TB'",
    )  # fmt: skip
    assert [number for _, number in videos.shown(remade(source))] == list(range(100))


def flash_and_beep(path: Path, *output: str) -> Path:
    """Writes 6 seconds with a white frame and a beep at second 4, and at no other time."""
    graph = "color=black:size=160x96:rate=25:duration=6,drawbox=color=white:t=fill"
    graph += ":enable='between(t,3.99,4.11)'[out0];"
    graph += "aevalsrc='if(between(t,4,4.12),sin(2000*t),0)':s=44100:d=6[out1]"
    return videos.lavfi(path, graph, "-g", "50", *output)


def flash_and_beep_times(path: Path) -> tuple[list[float], list[float]]:
    flashes, beeps = [], []
    with av.open(str(path)) as container:
        for frame in container.decode(video=0):
            if frame.to_ndarray(format="gray").mean() > 128:
                flashes.append(float(frame.time))
    with av.open(str(path)) as container:
        for frame in container.decode(audio=0):
            loud = np.abs(frame.to_ndarray().astype(float)).max(axis=0)
            limit = 0.3 if frame.format.name.startswith("flt") else 0.3 * 32768
            beeps += [
                float(frame.time) + n / frame.sample_rate for n in np.flatnonzero(loud > limit)
            ]
    return flashes, beeps


def beginnings(times: list[float]) -> list[float]:
    return [b for a, b in zip([-9.0, *times], times, strict=False) if b - a > 1]


def assert_in_step(path: Path, count: int) -> None:
    flashes, beeps = map(beginnings, flash_and_beep_times(path))
    assert len(flashes) == len(beeps) == count
    assert np.abs(np.subtract(flashes, beeps)).max() < FRAME


@pytest.mark.parametrize("late", ["pictures", "sound"])
@pytest.mark.parametrize("suffix", ["mp4", "mkv", "ts"])
@pytest.mark.parametrize("codec", ["aac", "libmp3lame", "ac3"])
def test_what_begins_late_still_does(tmp_path: Path, late: str, suffix: str, codec: str) -> None:
    plain = flash_and_beep(tmp_path / "plain.mp4", "-c:a", codec)
    offsets = (["-itsoffset", "0.8"], []) if late == "pictures" else ([], ["-itsoffset", "0.8"])
    source = tmp_path / f"late.{suffix}"
    inputs = [*offsets[0], "-i", str(plain), *offsets[1], "-i", str(plain)]
    ffmpeg.run([*inputs, "-map", "0:v", "-map", "1:a", "-c", "copy", str(source)], what="delaying")
    distance = []
    for video in (source, remade(source)):
        (flash,), (beep,) = map(beginnings, flash_and_beep_times(video))
        distance.append(flash - beep)
    assert abs(distance[0]) == pytest.approx(0.8, abs=FRAME)
    assert distance[1] == pytest.approx(distance[0], abs=FRAME / 2)
    picture, sound = videos.starts(remade(source))
    assert picture == 0 or sound == 0 or abs(picture - sound) > 0.7


@pytest.mark.parametrize(
    ("name", "output"),
    [
        ("a.mp4", ("-c:a", "aac")),
        ("a.ts", ("-c:a", "aac")),
        ("a.mkv", ("-c:a", "libopus", "-ar", "48000")),
        ("a.mov", ("-c:a", "pcm_s16le")),
        ("a.mp4", ("-c:a", "libmp3lame")),
        ("a.webm", ("-c:v", "libvpx-vp9", "-deadline", "realtime", "-cpu-used", "8")),
    ],
)
def test_sound_stays_in_step(tmp_path: Path, name: str, output: tuple[str, ...]) -> None:
    source = flash_and_beep(tmp_path / name, *output)
    assert_in_step(source, 1)
    assert_in_step(remade(source), 1)


@pytest.mark.parametrize("codec", ["aac", "libmp3lame"])
def test_an_edit_list_is_kept_to(tmp_path: Path, codec: str) -> None:
    """Cut without coding, from a place between keyframes: the file holds more than it shows."""
    whole = flash_and_beep(tmp_path / "whole.mp4", "-c:a", codec, "-bf", "2")
    source = tmp_path / "cut.mp4"
    ffmpeg.run(["-ss", "2.7", "-i", str(whole), "-c", "copy", str(source)], what="cutting")
    assert_in_step(source, 1)
    assert_in_step(remade(source), 1)
    timeline = read_timeline(probe(source))
    assert timeline.end_seconds - timeline.start_seconds == pytest.approx(3.3, abs=FRAME)


@pytest.mark.parametrize(
    ("suffix", "codec"),
    [("ts", "aac"), ("mp4", "aac"), ("mkv", "libopus"), ("flv", "libmp3lame"), ("avi", "ac3")],
)
def test_a_joined_file_keeps_all_its_sound(tmp_path: Path, suffix: str, codec: str) -> None:
    rate = () if suffix == "flv" else ("-ar", "48000")
    piece = flash_and_beep(tmp_path / f"piece.{suffix}", "-c:a", codec, *rate)
    source = videos.joined(tmp_path / f"joined.{suffix}", piece, piece, piece)
    target = remade(source)
    assert_in_step(target, 3)
    assert len(videos.shown(target)) == 450
    flashes = beginnings(flash_and_beep_times(target)[0])
    assert np.diff(flashes) == pytest.approx([6, 6], abs=FRAME)


def test_joined_files_of_two_kinds_of_sound_are_heard_both(tmp_path: Path) -> None:
    pieces = [
        flash_and_beep(tmp_path / f"{n}.mp4", "-c:a", codec, "-ar", rate)
        for n, (codec, rate) in enumerate([("aac", "44100"), ("libmp3lame", "24000")])
    ]
    silent = videos.scene(tmp_path / "silent.mp4", "-vf", "eq=brightness=-1", seconds=1)
    target = remade(videos.joined(tmp_path / "two.mp4", pieces[0], silent, pieces[1]))
    assert_in_step(target, 2)


def test_a_gap_in_the_sound_stays(tmp_path: Path) -> None:
    """Of three pieces only the first and the last are heard."""
    source = tmp_path / "gap.mkv"
    whole = flash_and_beep(tmp_path / "whole.mkv", "-c:a", "libopus", "-ar", "48000")
    drop = "noise=drop='between(pts*tb,1,3.5)'"
    ffmpeg.run(["-i", str(whole), "-c", "copy", "-bsf:a", drop, str(source)], what="cutting")
    assert_in_step(source, 1)
    assert_in_step(remade(source), 1)


def test_a_size_that_changes_is_fitted_into_the_first(tmp_path: Path) -> None:
    coding = ("-c:v", "libx264")
    pieces = [
        videos.lavfi(tmp_path / f"{n}.ts", f"color=white:size={size}:rate=25:duration=1", *coding)
        for n, size in enumerate(("128x128", "256x128"))
    ]
    source = videos.joined(tmp_path / "sizes.ts", *pieces)
    with av.open(str(remade(source))) as container:
        frames = [frame.to_ndarray(format="gray") for frame in container.decode(video=0)]
    assert len(frames) == 50 and {frame.shape for frame in frames} == {(96, 96)}
    assert frames[10].min() > 200
    assert frames[40][30:66].min() > 200 and frames[40][:18].max() < 40
