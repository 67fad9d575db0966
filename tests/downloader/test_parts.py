"""Only a part of a link: the very frames, whatever the server gives and however it is coded."""

from __future__ import annotations

from pathlib import Path

import pytest

from colab_pix2pix.config import FramesConfig, VideoConfig
from colab_pix2pix.dataset.extract import extract_frames
from colab_pix2pix.downloader.download import download
from colab_pix2pix.errors import DownloadError
from support import videos
from support.servers import Behaviour, serving

CODINGS = {
    "b-frames.mp4": ("-g", "30", "-bf", "3"),
    "many-b.mp4": ("-g", "250", "-bf", "8", "-b_strategy", "0"),
    "no-b.mp4": ("-g", "30", "-bf", "0"),
    "hevc.mp4": ("-c:v", "libx265", "-preset", "ultrafast", "-g", "40"),
    "open.mkv": ("-g", "40", "-bf", "3", "-x264-params", "open-gop=1"),
    "vp9.webm": ("-c:v", "libvpx-vp9", "-deadline", "realtime", "-cpu-used", "8", "-g", "40"),
    "live.ts": ("-c:v", "libx264", "-g", "40", "-bf", "2"),
}


@pytest.fixture(scope="module")
def shelf(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("shelf")
    for name, coding in CODINGS.items():
        videos.counting(folder / name, *coding, frames=200)
    return folder


def frames_of(video: Path, folder: Path) -> list[int]:
    """Returns all frames that are cut out of what was fetched."""
    config = FramesConfig(count=1000, crops="centre", scale="-1:96", cut_bars=False)
    dataset = extract_frames(video, folder, config)
    return [videos.number_of(folder / crop.file) for crop in dataset.crops]


@pytest.mark.parametrize("name", CODINGS)
@pytest.mark.parametrize(("start", "end"), [("2", "4"), ("0", "1.4"), ("5.6", "")])
def test_a_part_is_exact_to_the_frame(
    shelf: Path, tmp_path: Path, name: str, start: str, end: str
) -> None:
    with serving(shelf) as server:
        config = VideoConfig(start=start, end=end)
        video = download(server.link(name), tmp_path / "videos", config)
    wanted = range(round(float(start) * 25), round(float(end) * 25) if end else 200)
    assert frames_of(video, tmp_path / "crops") == list(wanted)


@pytest.mark.parametrize("order", ["index at the end", "index at the begin"])
def test_where_a_part_comes_empty_all_is_fetched_and_cut(tmp_path: Path, order: str) -> None:
    """From a server without ranges, which can't give what lies at the end."""
    name, shelf = "big.mp4", tmp_path / "shelf"
    shelf.mkdir()
    flags = ("-movflags", "+faststart") if "begin" in order else ()
    noise = "noise=alls=40:allf=t"  # so that the file is longer than what ffmpeg reads at once
    videos.counting(
        shelf / name, "-g", "250", "-bf", "3", "-qp", "1", *flags, frames=200, filters=noise
    )
    events: list[object] = []
    with serving(shelf, Behaviour(ranges=False)) as server:
        config = VideoConfig(start="2", end="4")
        video = download(server.link(name), tmp_path / "videos", config, on_event=events.append)
    assert frames_of(video, tmp_path / "crops") == list(range(50, 100))
    if "end" in order:
        assert video.read_bytes() == (shelf / name).read_bytes()
        assert any("all of it" in str(event) for event in events)


def test_a_part_behind_the_end_is_refused_where_all_was_fetched(
    shelf: Path, tmp_path: Path
) -> None:
    with serving(shelf, Behaviour(ranges=False)) as server:
        config = VideoConfig(start="20", end="24")
        with pytest.raises(DownloadError, match="between 20 and 24"):
            download(server.link("b-frames.mp4"), tmp_path / "videos", config)
    assert not (tmp_path / "videos").exists()


@pytest.mark.parametrize("order", ["vav", "av", "vva", "avv"])
@pytest.mark.parametrize("part", [True, False])
def test_a_dash_list_in_any_order_gives_the_picture(tmp_path: Path, order: str, part: bool) -> None:
    shelf = tmp_path / "shelf"
    shelf.mkdir()
    sets = []
    for number, kind in enumerate(order):
        name = f"{number}.mp4"
        flags = (
            "-movflags",
            "+dash+frag_keyframe+empty_moov+default_base_moof",
            "-frag_duration",
            "1000000",
        )
        if kind == "v":
            width = 160 + 32 * number
            videos.counting(shelf / name, "-g", "25", "-bf", "2", *flags, width=width, frames=200)
        else:
            videos.lavfi(shelf / name, "sine=duration=8", "-c:a", "aac", *flags)
        mime = "video" if kind == "v" else "audio"
        codec = "avc1.64000a" if kind == "v" else "mp4a.40.2"
        size = f' width="{width}" height="96"' if kind == "v" else ""
        sets.append(
            f'<AdaptationSet mimeType="{mime}/mp4" contentType="{mime}">'
            f'<Representation id="{number}" codecs="{codec}" bandwidth="{number + 1}0000"{size}>'
            f"<BaseURL>{name}</BaseURL><SegmentBase/></Representation></AdaptationSet>"
        )
    text = '<?xml version="1.0"?><MPD xmlns="urn:mpeg:dash:schema:mpd:2011" type="static" '
    text += 'mediaPresentationDuration="PT8S" minBufferTime="PT2S" '
    text += 'profiles="urn:mpeg:dash:profile:isoff-on-demand:2011"><Period>'
    (shelf / "list.mpd").write_text(f"{text}{''.join(sets)}</Period></MPD>")
    with serving(shelf) as server:
        config = VideoConfig(start="2", end="4") if part else VideoConfig()
        video = download(server.link("list.mpd"), tmp_path / "videos", config)
    wanted = list(range(50, 100)) if part else list(range(200))
    assert frames_of(video, tmp_path / "crops") == wanted
