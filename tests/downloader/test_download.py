"""From a link or a path to a video file: a real yt-dlp against a real server on this machine."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import imageio_ffmpeg
import pytest

from colab_pix2pix import files
from colab_pix2pix.config import FramesConfig, VideoConfig
from colab_pix2pix.dataset import manifest
from colab_pix2pix.dataset.extract import extract_frames
from colab_pix2pix.downloader.download import download, sample_video
from colab_pix2pix.errors import DownloadError, Pix2PixError, VideoError
from colab_pix2pix.events import Note, Progress
from support import videos
from support.servers import Behaviour, Server, serving


@pytest.fixture(scope="module")
def shelf(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder to serve, with a good video and things that are none."""
    folder = tmp_path_factory.mktemp("shelf")
    videos.scene(folder / "clip.mp4", "-b:v", "3M", seconds=2, size="320x180")
    (folder / "page.html").write_text("<html><title>No video</title><p>Hello</html>")
    (folder / "text.mp4").write_text("not a video\n" * 1000)
    return folder


@pytest.fixture
def server(shelf: Path):
    with serving(shelf) as running:
        yield running


def everything_in(folder: Path) -> dict[str, bytes]:
    return {str(p.relative_to(folder)): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


def test_a_link_becomes_a_file_and_its_bytes_are_reported(
    server: Server, shelf: Path, tmp_path: Path
) -> None:
    events: list[object] = []
    video = download(server.link("clip.mp4"), tmp_path / "here", on_event=events.append)
    assert video == tmp_path / "here" / "clip.mp4"
    assert video.read_bytes() == (shelf / "clip.mp4").read_bytes()
    last = [event for event in events if isinstance(event, Progress)][-1]
    assert (last.job, last.unit) == ("download", "bytes")
    assert last.done == last.total == video.stat().st_size
    assert not any((files.cache_dir() / "downloads").glob("*/video*"))


def test_the_same_link_again_asks_the_server_for_nothing(server: Server, tmp_path: Path) -> None:
    video = download(server.link("clip.mp4"), tmp_path)
    asked = len(server.requests)
    events: list[object] = []
    assert download(server.link("clip.mp4"), tmp_path, on_event=events.append) == video
    assert len(server.requests) == asked
    assert any(isinstance(event, Note) for event in events)


@pytest.mark.parametrize("name", ["missing.mp4", "page.html", "text.mp4"])
def test_a_link_without_a_video_leaves_the_folder_as_it_was(
    server: Server, tmp_path: Path, name: str
) -> None:
    folder = tmp_path / "mine"
    folder.mkdir()
    (folder / "diary.txt").write_text("dear diary")
    before = everything_in(folder)
    with pytest.raises(VideoError) as caught:
        download(server.link(name), folder)
    assert caught.value.fix
    assert everything_in(folder) == before
    with pytest.raises(VideoError):
        download(server.link(name), tmp_path / "new" / "folder")
    assert not (tmp_path / "new").exists()


def test_a_missing_page_says_404(server: Server, tmp_path: Path) -> None:
    with pytest.raises(DownloadError, match="404"):
        download(server.link("missing.mp4"), tmp_path)


def test_a_dropped_connection_is_resumed_where_it_broke(shelf: Path, tmp_path: Path) -> None:
    size = (shelf / "clip.mp4").stat().st_size
    with serving(shelf, Behaviour(drop_after=size // 2, drops=2)) as server:
        video = download(server.link("clip.mp4"), tmp_path)
        assert video.read_bytes() == (shelf / "clip.mp4").read_bytes()
        starts = [
            span for _, _, span in server.requests if span and not span.startswith("bytes=0-")
        ]
        assert starts


@pytest.mark.parametrize("source", ["ftp://127.0.0.1/clip.mp4", "file:///etc/hostname", "ftp:clip"])
def test_only_web_links_are_opened(tmp_path: Path, source: str) -> None:
    with pytest.raises(DownloadError, match="Only http and https"):
        download(source, tmp_path)


@pytest.mark.parametrize(
    "source", ["http://[::1", "http://", "https://[x]/a.mp4", "http://h:port/a", "http://h:99999/a"]
)
def test_a_link_that_names_no_server_is_refused(tmp_path: Path, source: str) -> None:
    with pytest.raises(DownloadError, match="names no server"):
        download(source, tmp_path)
    assert not list(tmp_path.glob("*.mp4"))


def test_a_local_file_is_copied_under_a_safe_name(shelf: Path, tmp_path: Path) -> None:
    odd = tmp_path / "-my 'clip' \n 🌻.MP4"
    odd.write_bytes((shelf / "clip.mp4").read_bytes())
    video = download(odd, tmp_path / "here")
    assert video == tmp_path / "here" / "my_clip.mp4"
    assert video.read_bytes() == odd.read_bytes()
    assert download(odd, tmp_path / "here") == video
    assert download(video, tmp_path / "here") == video
    assert [p.name for p in (tmp_path / "here").iterdir()] == ["my_clip.mp4"]


def test_a_source_that_begins_with_a_dash_is_a_source(
    shelf: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("-exec.mp4").write_bytes((shelf / "clip.mp4").read_bytes())
    assert download("-exec.mp4", "here").name == "exec.mp4"


def test_two_videos_of_one_name_both_stay(shelf: Path, tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    other = videos.scene(tmp_path / "other" / "clip.mp4", seconds=0.4)
    first = download(shelf / "clip.mp4", tmp_path / "here")
    second = download(other, tmp_path / "here")
    assert (first.name, second.name) == ("clip.mp4", "clip-2.mp4")


@pytest.mark.parametrize("kind", ["missing", "folder", "empty", "text", "sound"])
def test_a_path_without_a_video_leaves_nothing_behind(tmp_path: Path, kind: str) -> None:
    path = tmp_path / f"{kind}.mp4"
    if kind == "folder":
        path.mkdir()
    elif kind == "empty":
        path.touch()
    elif kind == "text":
        path.write_text("I am a diary.\n" * 50)
    elif kind == "sound":
        videos.lavfi(path, "sine=duration=1")
    with pytest.raises(VideoError) as caught:
        download(path, tmp_path / "here")
    assert str(path) in str(caught.value)
    assert caught.value.fix
    assert not (tmp_path / "here").exists()


def test_no_source_means_the_sample(tmp_path: Path) -> None:
    video = download("", tmp_path)
    assert video.read_bytes() == sample_video().read_bytes()


def test_the_smallest_format_that_is_high_enough_is_chosen(tmp_path: Path) -> None:
    """A real playlist of three heights: 360 wanted of 240, 480 and 720 gives 480."""
    lines = ["#EXTM3U"]
    for height in (720, 240, 480):
        name = f"v{height}"
        videos.scene(
            tmp_path / f"{name}.m3u8", "-hls_time", "9", "-f", "hls",
            "-hls_segment_filename", str(tmp_path / f"{name}-%d.ts"),
            "-preset", "ultrafast", seconds=1.2, size=f"{height * 16 // 9 // 2 * 2}x{height}",
        )  # fmt: skip
        lines += [
            f"#EXT-X-STREAM-INF:BANDWIDTH={height}000,RESOLUTION={height * 16 // 9}x{height}",
            f"{name}.m3u8",
        ]
    (tmp_path / "master.m3u8").write_text("\n".join(lines) + "\n")
    from colab_pix2pix.dataset.extract import probe

    with serving(tmp_path) as server:
        link = server.link("master.m3u8")
        assert probe(download(link, tmp_path / "a")).height == 480
        assert probe(download(link, tmp_path / "b", VideoConfig(height=1080))).height == 720


def test_importing_the_module_loads_no_yt_dlp() -> None:
    code = "import sys, colab_pix2pix.downloader.download; sys.exit('yt_dlp' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


@pytest.fixture(scope="module")
def counted(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a video of 500 counting frames, 20 seconds, a key frame every two."""
    folder = tmp_path_factory.mktemp("counted")
    videos.counting(folder / "count.mp4", "-g", "50", "-bf", "2", frames=500)
    videos.counting(folder / "count.webm", "-c:v", "libvpx", "-g", "50", frames=500)
    return folder


def cut_numbers(video: Path, folder: Path, count: int = 10, **options: str) -> list[int]:
    config = FramesConfig(count=count, scale="-1:96", crops="centre", **options)
    dataset = extract_frames(video, folder, config)
    return [videos.number_of(folder / crop.file) for crop in dataset.crops]


@pytest.mark.parametrize("name", ["count.mp4", "count.webm"])
def test_of_a_part_only_the_part_is_fetched_and_cut(
    counted: Path, tmp_path: Path, name: str
) -> None:
    config = VideoConfig(start="7.4", end="0:11")
    with serving(counted) as server:
        video = download(server.link(name), tmp_path / "videos", config)
        assert download(server.link(name), tmp_path / "videos", config) == video
        whole = download(server.link(name), tmp_path / "videos")
    assert video != whole
    assert video.stat().st_size < 0.5 * (counted / name).stat().st_size
    # 90 frames from number 185 on, ten of them; sound and pictures may end a frame apart.
    numbers = cut_numbers(video, tmp_path / "crops")
    assert numbers == pytest.approx([185 + 9 * n + 4 for n in range(10)], abs=3)
    assert manifest.read(tmp_path / "crops").sources["count"]["part"] == ["7.4", "0:11"]


def test_of_a_local_video_the_part_is_cut_and_another_part_anew(
    counted: Path, tmp_path: Path
) -> None:
    def cut(start: str, end: str) -> list[int]:
        config = VideoConfig(start=start, end=end)
        video = download(counted / "count.mp4", tmp_path / "videos", config)
        return cut_numbers(video, tmp_path / "crops", count=2)

    assert cut("2", "4") == [62, 87]
    assert cut("12", "") == [350, 450]
    assert cut("", "") == [125, 375]
    assert [path.suffix for path in (tmp_path / "videos").iterdir() if path.name[0] != "."] == [
        ".mp4"
    ]


def test_times_of_the_frames_count_from_the_begin_of_the_part(
    counted: Path, tmp_path: Path
) -> None:
    video = download(counted / "count.mp4", tmp_path, VideoConfig(start="2", end="10"))
    assert cut_numbers(video, tmp_path / "a", count=2, start="1", end="3") == [87, 112]
    assert cut_numbers(video, tmp_path / "b", count=2, start="6", end="100") == [212, 237]


@pytest.mark.parametrize(("start", "end"), [("30", "40"), ("5", "5"), ("9", "0:02")])
def test_a_part_that_is_not_there_is_refused(
    counted: Path, tmp_path: Path, start: str, end: str
) -> None:
    with serving(counted) as server, pytest.raises(Pix2PixError) as caught:
        download(server.link("count.mp4"), tmp_path / "new", VideoConfig(start=start, end=end))
    assert start in str(caught.value) and caught.value.fix
    assert not (tmp_path / "new").exists()


def test_where_a_site_gives_no_parts_all_is_fetched(
    counted: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # An ffmpeg that fails on links, as with sites that talk to browsers only.
    fake = tmp_path / "ffmpeg"
    real = imageio_ffmpeg.get_ffmpeg_exe()
    fake.write_text(f'#!/bin/sh\ncase "$*" in *http:*) exit 1;; esac\nexec "{real}" "$@"\n')
    fake.chmod(0o755)
    monkeypatch.setenv("IMAGEIO_FFMPEG_EXE", str(fake))
    events: list[object] = []
    with serving(counted) as server:
        config = VideoConfig(start="2", end="4")
        video = download(
            server.link("count.mp4"), tmp_path / "videos", config, on_event=events.append
        )
    assert any("all of it" in str(event) for event in events)
    assert video.read_bytes() == (counted / "count.mp4").read_bytes()
    assert cut_numbers(video, tmp_path / "crops", count=2) == [62, 87]
