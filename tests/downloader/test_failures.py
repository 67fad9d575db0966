"""What goes wrong with downloads: each trouble has a cause and a way out, and leaks nothing."""

from __future__ import annotations

import logging
import pickle
import time
import urllib.error
from pathlib import Path

import pytest
import yt_dlp
from yt_dlp.networking.exceptions import CertificateVerifyError, IncompleteRead, ProxyError
from yt_dlp.utils import (
    DownloadError as TheirError,
)
from yt_dlp.utils import (
    ExtractorError,
    GeoRestrictedError,
    UnsupportedError,
    UserNotLive,
)

from colab_pix2pix import files
from colab_pix2pix.cli.main import main
from colab_pix2pix.config import VideoConfig
from colab_pix2pix.downloader.download import download, download_all, list_formats
from colab_pix2pix.downloader.failures import KNOWN_FAILURES, classify, to_download_error
from colab_pix2pix.errors import DownloadError, VideoError
from colab_pix2pix.events import Note
from colab_pix2pix.project import Project
from support import videos
from support.servers import Behaviour, serving


@pytest.fixture(scope="module")
def shelf(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("shelf")
    for number in (1, 2, 3):
        videos.scene(folder / f"clip{number}.mp4", "-b:v", "2M", seconds=0.4 + number / 5)
    return folder


def raised_by_ytdlp(error: Exception) -> TheirError:
    """Lets yt-dlp itself wrap an error of a site, as it does while it extracts."""
    from yt_dlp.extractor.generic import GenericIE

    class Site(GenericIE):
        IE_NAME = "site"
        _VALID_URL = r"https://site\.invalid/.*"

        def _real_extract(self, url: str) -> dict[str, object]:
            raise error

    with yt_dlp.YoutubeDL(
        {"quiet": True, "logger": logging.getLogger("none")}, auto_init=False
    ) as ydl:
        ydl.add_info_extractor(Site())
        with pytest.raises(TheirError) as caught:
            ydl.extract_info("https://site.invalid/video")
    return caught.value


BOT = (
    "Sign in to confirm you\N{RIGHT SINGLE QUOTATION MARK}re not a bot. Use --cookies-from-browser"
)
KNOWN = {
    "bot wall": ExtractorError(BOT, expected=True),
    "age limit": ExtractorError("Sign in to confirm your age. This video may be inappropriate"),
    "private": ExtractorError("Private video. Sign in if you've been granted", expected=True),
    "geo-blocked": GeoRestrictedError("Not made available in your country"),
    "protected": ExtractorError("This video is DRM protected", expected=True),
    "live stream": UserNotLive(video_id="x"),
    "removed": ExtractorError("Video unavailable. This video has been removed by the uploader"),
    "no JavaScript": ExtractorError("Requested format is not available", expected=True),
    "unsupported link": UnsupportedError("https://site.invalid/video"),
    "too many requests": ExtractorError("HTTP Error 429: Too Many Requests"),
    "certificate": ExtractorError("Unable to download", cause=CertificateVerifyError("bad")),
    "broken off": ExtractorError("Unable to download", cause=IncompleteRead(3, 9)),
    "unknown server": ExtractorError("x", cause=urllib.error.URLError("Name or service not known")),
    "incomplete link": ExtractorError("Incomplete YouTube ID abc. URL x looks truncated."),
    "password": ExtractorError("This video is protected by a password, use the --video-password"),
    "refused request": ExtractorError("Unable to download webpage: HTTP Error 400: Bad Request"),
    "proxy": ExtractorError("x", cause=ProxyError("Unable to connect to proxy")),
    "no network": ExtractorError("x", cause=OSError(101, "Network is unreachable")),
    "no answer": ExtractorError("x", cause=TimeoutError("The read operation timed out")),
    "other": ExtractorError("Unable to extract nsig function code"),
}  # fmt: skip


def why(name: str) -> str:
    return next(known.why for known in KNOWN_FAILURES if known.name == name)


@pytest.mark.parametrize("name", KNOWN)
def test_each_error_of_a_site_is_explained(name: str) -> None:
    error = raised_by_ytdlp(KNOWN[name])
    assert classify(error).name == name
    ours = to_download_error("https://site.invalid/video", error)
    assert ours.why
    assert ours.fix
    assert "report this issue" not in str(ours)
    assert "--cookies-from-browser" not in str(ours)
    assert str(ours).startswith("https://site.invalid/video can't be fetched. " + ours.why)
    assert str(ours).endswith(f"{ours.fix} ({ours.details})")
    assert ours.details.startswith("yt-dlp: ") and "yt-dlp:" not in f"{ours.why} {ours.fix}"
    assert ("pip install -U" in str(ours)) == (name == "other")


def test_the_bot_wall_names_every_way_out() -> None:
    text = str(to_download_error("https://site.invalid/video", raised_by_ytdlp(KNOWN["bot wall"])))
    assert all(
        word in text for word in ("cookies", "Drive", "upload", "direct link", "another site")
    )


def test_no_two_known_failures_have_one_name() -> None:
    assert len({known.name for known in KNOWN_FAILURES}) == len(KNOWN_FAILURES)


@pytest.mark.parametrize(
    ("status", "name"),
    [(400, "refused request"), (401, "forbidden"), (403, "forbidden"), (404, "not found"),
     (410, "not found"), (418, "refused request"), (429, "too many requests"),
     (451, "forbidden"), (500, "server trouble"), (503, "server trouble")],
)  # fmt: skip
def test_each_status_of_a_server_is_explained(
    shelf: Path, tmp_path: Path, status: int, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(time, "sleep", lambda seconds: None)  # between one try and the next
    with serving(shelf, Behaviour(status=status)) as server:
        with pytest.raises(DownloadError) as caught:
            download(server.link("clip1.mp4"), tmp_path / "here")
    assert caught.value.why == why(name)
    assert str(status) in caught.value.details
    assert not (tmp_path / "here").exists()


def test_the_words_of_a_program_stay_with_an_error_in_another_process() -> None:
    error = to_download_error("https://site.invalid/video", raised_by_ytdlp(KNOWN["private"]))
    again = pickle.loads(pickle.dumps(error))
    assert (str(again), again.details) == (str(error), error.details)


def test_a_format_that_is_not_there_or_not_one_is_explained(shelf: Path, tmp_path: Path) -> None:
    with serving(shelf) as server:
        for wanted in ("137", "best[height"):
            with pytest.raises(DownloadError, match="auto"):
                download(server.link("clip1.mp4"), tmp_path, VideoConfig(format=wanted))


def test_a_full_disk_is_noticed_before_and_while_fetching(
    shelf: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert classify(OSError(28, "No space left on device")).name == "disk full"
    import shutil

    usage = shutil.disk_usage(tmp_path)
    monkeypatch.setattr(shutil, "disk_usage", lambda folder: usage._replace(free=100))
    with pytest.raises(DownloadError, match="100 bytes left"):
        download(shelf / "clip1.mp4", tmp_path / "here")
    assert not (tmp_path / "here").exists()


def test_a_redirect_is_followed(shelf: Path, tmp_path: Path) -> None:
    with serving(shelf) as end, serving(shelf, Behaviour(redirect=end.link("clip2.mp4"))) as start:
        video = download(start.link("old.mp4"), tmp_path / "here")
    assert video.read_bytes() == (shelf / "clip2.mp4").read_bytes()


@pytest.mark.parametrize("target", ["file:///etc/hostname", "ftp://127.0.0.1/x.mp4"])
def test_a_redirect_to_another_kind_of_link_is_refused(
    shelf: Path, tmp_path: Path, target: str
) -> None:
    with serving(shelf, Behaviour(redirect=target)) as server:
        with pytest.raises(DownloadError):
            download(server.link("clip1.mp4"), tmp_path / "here")
    assert not (tmp_path / "here").exists()


def test_a_server_without_ranges_and_a_slow_one_still_give_the_file(
    shelf: Path, tmp_path: Path
) -> None:
    with serving(shelf, Behaviour(ranges=False, chunk_seconds=0.05)) as server:
        video = download(server.link("clip3.mp4"), tmp_path / "here")
    assert video.read_bytes() == (shelf / "clip3.mp4").read_bytes()


def test_a_name_from_a_server_can_not_leave_the_folder(shelf: Path, tmp_path: Path) -> None:
    with serving(shelf) as server:
        link = server.link("clip1.mp4?/../../../evil.mp4")
        video = download(link, tmp_path / "a" / "b")
    assert video.parent == tmp_path / "a" / "b"
    assert not list(tmp_path.rglob("evil*"))


COOKIE = "127.0.0.1\tFALSE\t/\tFALSE\t0\tsession\tSECRET-VALUE"


def test_cookies_are_sent_and_never_written_or_logged(
    shelf: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    caplog.set_level(logging.DEBUG)
    jar = tmp_path / "cookies.txt"
    jar.write_text(f"# Netscape HTTP Cookie File\n{COOKIE}\nbroken SECRET-VALUE line\n")
    before = jar.read_bytes(), jar.stat().st_mtime_ns
    config = VideoConfig(source="x", cookies=str(jar))
    events: list[object] = []
    with serving(shelf) as server:
        download(server.link("clip1.mp4"), tmp_path / "here", config, on_event=events.append)
        assert "session=SECRET-VALUE" in server.cookies
    Project(tmp_path / "project").remember(config)
    assert (jar.read_bytes(), jar.stat().st_mtime_ns) == before
    printed = "".join(capfd.readouterr()) + caplog.text + repr(events)
    assert "SECRET-VALUE" not in printed
    for file in [*tmp_path.rglob("*"), *files.cache_dir().rglob("*")]:
        if file.is_file() and file != jar:
            assert b"SECRET-VALUE" not in file.read_bytes()
            assert b"cookies.txt" not in file.read_bytes()


def test_a_password_in_a_link_is_used_and_neither_stored_nor_shown(
    shelf: Path, tmp_path: Path
) -> None:
    with serving(shelf) as server:
        for name in ("clip1.mp4", "none.mp4"):
            link = server.link(name).replace("://", "://me:SECRET@")
            try:
                download(link, tmp_path / "here")
            except DownloadError as error:
                assert "SECRET" not in str(error)
    assert (tmp_path / "here" / "clip1.mp4").is_file()
    for file in tmp_path.rglob("*"):
        assert not file.is_file() or b"SECRET" not in file.read_bytes()


@pytest.mark.parametrize("content", [None, "", '[{"name": "SECRET-VALUE"}]', "SECRET-VALUE"])
def test_a_file_without_cookies_is_refused_without_its_content(
    tmp_path: Path, content: str | None
) -> None:
    jar = tmp_path / "cookies.txt"
    if content is not None:
        jar.write_text(content)
    with pytest.raises(DownloadError, match="cookies") as caught:
        download("http://127.0.0.1:9/x.mp4", tmp_path, VideoConfig(cookies=str(jar)))
    assert "SECRET" not in str(caught.value)


def test_several_sources_and_a_folder_are_fetched_in_order(shelf: Path, tmp_path: Path) -> None:
    events: list[object] = []
    with serving(shelf) as server:
        sources = [server.link("clip2.mp4"), server.link("none.mp4"), shelf]
        found = download_all(sources, tmp_path, VideoConfig(limit=2), on_event=events.append)
    assert [video.name for video in found] == ["clip2.mp4", "clip1.mp4"]
    assert sum(isinstance(e, Note) and e.level == "warning" for e in events) == 1


def test_when_not_one_of_several_can_be_fetched_the_first_reason_is_raised(tmp_path: Path) -> None:
    with pytest.raises(VideoError, match="first"):
        download_all([tmp_path / "first.mp4", tmp_path / "second.mp4"], tmp_path / "here")
    with pytest.raises(DownloadError, match="no sources"):
        download_all([], tmp_path / "here")
    with pytest.raises(DownloadError, match="no video in the folder"):
        download_all([tmp_path], tmp_path / "here")


def test_a_playlist_gives_as_many_videos_as_wanted(shelf: Path, tmp_path: Path) -> None:
    """A real feed, which yt-dlp takes for a playlist."""
    with serving(tmp_path / "web") as server:
        (tmp_path / "web").mkdir()
        items = []
        for number in (3, 1, 2):
            name = f"clip{number}.mp4"
            (tmp_path / "web" / name).write_bytes((shelf / name).read_bytes())
            items.append(f"<item><title>{name}</title><link>{server.link(name)}</link></item>")
        feed = f"<rss version='2.0'><channel><title>Mine</title>{''.join(items)}</channel></rss>"
        (tmp_path / "web" / "feed.xml").write_text(f"<?xml version='1.0'?>{feed}")
        found = download_all([server.link("feed.xml")], tmp_path / "here", VideoConfig(limit=2))
        assert [video.name for video in found] == ["clip3.mp4", "clip1.mp4"]
        one = download(server.link("feed.xml"), tmp_path / "one")
        assert one.read_bytes() == (shelf / "clip3.mp4").read_bytes()


def test_the_formats_of_a_link_are_listed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    lines = ["#EXTM3U"]
    for height in (720, 240):
        videos.scene(tmp_path / f"v{height}.m3u8", "-preset", "ultrafast", "-f", "hls", seconds=1.2)
        lines += [f"#EXT-X-STREAM-INF:BANDWIDTH={height}000,RESOLUTION={height}x{height}"]
        lines += [f"v{height}.m3u8"]
    (tmp_path / "master.m3u8").write_text("\n".join(lines) + "\n")
    with serving(tmp_path) as server:
        found = list_formats(server.link("master.m3u8"))
        assert main(["download", server.link("master.m3u8"), "--list-formats"]) == 0
    assert [one.height for one in found] == [240, 720]
    assert all(one.id for one in found)
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines] == [one.id for one in found]
    assert "720×720" in lines[1]
