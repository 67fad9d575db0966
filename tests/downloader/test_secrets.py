"""Passwords, keys and cookies are used, never stored or shown; no path comes from a site."""

from __future__ import annotations

import json
import logging
import traceback
import zipfile
from pathlib import Path

import imageio_ffmpeg
import pytest

from colab_pix2pix import files
from colab_pix2pix.config import FramesConfig, VideoConfig
from colab_pix2pix.dataset import archive
from colab_pix2pix.dataset.extract import extract_frames
from colab_pix2pix.downloader.download import download, download_all
from colab_pix2pix.downloader.preview import preview
from colab_pix2pix.errors import DownloadError, VideoError
from colab_pix2pix.events import Event, Note
from colab_pix2pix.filenames import public_link, public_text
from colab_pix2pix.project import Project
from support import videos
from support.servers import Behaviour, serving

#: The name of a file and its query, as sites sign the links of their files.
SIGNED = "clip.mp4?token=SECRET&X-Amz-Signature=SECRET&Expires=SECRET#access_token=SECRET"
COOKIE = "127.0.0.1\tFALSE\t/\tFALSE\t0\tsession\tSECRET"


@pytest.fixture(scope="module")
def shelf(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder to serve with one video of 100 counting frames."""
    folder = tmp_path_factory.mktemp("shelf")
    videos.counting(folder / "clip.mp4", "-g", "25", frames=100)
    return folder


@pytest.fixture
def jar(tmp_path: Path) -> Path:
    path = tmp_path / "jar" / "cookies.txt"
    path.parent.mkdir()
    path.write_text(f"{COOKIE}\n")
    return path


@pytest.fixture
def command_lines(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A file with every command line that ffmpeg was started with."""
    log, fake = tmp_path / "command-lines", tmp_path / "ffmpeg"
    log.touch()
    real = imageio_ffmpeg.get_ffmpeg_exe()
    fake.write_text(f'#!/bin/sh\necho "$*" >> "{log}"\nexec "{real}" "$@"\n')
    fake.chmod(0o755)
    monkeypatch.setenv("IMAGEIO_FFMPEG_EXE", str(fake))
    return log


def holding(secret: bytes, *folders: Path) -> list[Path]:
    """Returns the files that hold a text, in their content, in a member of a zip or in the name."""
    found = []
    for file in (path for folder in folders for path in folder.rglob("*") if path.is_file()):
        content = file.read_bytes() + str(file).encode()
        if zipfile.is_zipfile(file):
            with zipfile.ZipFile(file) as opened:
                content += b"".join(opened.read(name) for name in opened.namelist())
        if secret in content:
            found.append(file)
    return found


@pytest.mark.parametrize(
    ("link", "public"),
    [
        ("https://me:pw@a.org/v.mp4", "https://a.org/v.mp4"),
        ("https://me:p@w@a.org/v.mp4", "https://a.org/v.mp4"),
        ("https://me:p/w@a.org/v.mp4", "https://a.org/v.mp4"),
        ("https://me:p?w@a.org/v.mp4", "https://a.org/v.mp4"),
        ("https://me:p#w@a.org/v.mp4", "https://a.org/v.mp4"),
        ("https://pw@a.org:8443/v.mp4", "https://a.org:8443/v.mp4"),
        ("ftp://me:pw@a.org/v.mp4", "ftp://a.org/v.mp4"),
        ("https://a.org/v.mp4?token=1&e=2;sig=3", "https://a.org/v.mp4"),
        ("https://a.org/v.mp4#access_token=1", "https://a.org/v.mp4"),
        ("https://a.org/v.mp4;jsessionid=1", "https://a.org/v.mp4"),
        ("https://a.org/v.mp4?id=12&id_token=1", "https://a.org/v.mp4?id=12"),
        ("https://a.org/v.mp4?v=" + 200 * "x", "https://a.org/v.mp4"),
        ("https://a.org?u=https://me:pw@b.org/", "https://a.org"),
        ("https://youtu.be/aqz-KE-bpKQ?si=1&t=9", "https://youtu.be/aqz-KE-bpKQ"),
        (
            "https://www.youtube.com/watch?app=m&v=aqz-KE-bpKQ&list=PL1&t=9s",
            "https://www.youtube.com/watch?v=aqz-KE-bpKQ&list=PL1",
        ),
        ("https://a.org/@me/v", "https://a.org/@me/v"),
        ("http://[::1]:80/a@b", "http://[::1]:80/a@b"),
        ("http://[::1", "http://[::1"),
        ("my videos/what?.mp4", "my videos/what?.mp4"),
    ],
)
def test_of_a_link_only_what_names_the_video_is_public(link: str, public: str) -> None:
    assert public_link(link) == public
    assert public_link(public) == public
    assert public_text(f"at '{link}' there") == f"at '{public}' there" or " " in link


def test_a_key_in_a_link_is_used_and_stands_in_no_file_and_no_log(
    shelf: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    caplog.set_level(logging.DEBUG)
    events: list[Event] = []
    with serving(shelf) as server:
        link = server.link(SIGNED)
        assert preview(link).title
        video = download(link, tmp_path / "videos", on_event=events.append)
        assert any("token=SECRET" in path for _, path, _ in server.requests)
        asked = len(server.requests)
        assert download(link, tmp_path / "videos", on_event=events.append) == video
        assert len(server.requests) == asked
        # Another query may be another video: what lies there is not taken for it.
        assert download(server.link("clip.mp4?file=2"), tmp_path / "videos")
        assert len(server.requests) > asked
        with pytest.raises(DownloadError) as caught:
            download(server.link(f"none-{SIGNED}"), tmp_path / "videos")
    dataset = extract_frames(video, tmp_path / "crops", FramesConfig(count=2, scale="-1:96"))
    archive.pack(dataset, tmp_path / "dataset.zip")
    Project(tmp_path / "project").remember(VideoConfig(source=link))
    assert holding(b"SECRET", tmp_path, files.cache_dir()) == []
    assert "SECRET" not in caplog.text + "".join(capfd.readouterr()) + repr(events)
    assert "SECRET" not in "".join(traceback.format_exception(caught.value))


def test_what_an_earlier_version_stored_goes_with_the_next_write(
    shelf: Path, tmp_path: Path
) -> None:
    video = download(shelf / "clip.mp4", tmp_path / "videos")
    known = {"link": f"https://me:SECRET@a.org/{SIGNED}", "page": f"https://a.org/{SIGNED}"}
    files.write_json(video.with_name(f".{video.name}.source.json"), known)
    dataset = extract_frames(video, tmp_path / "crops", FramesConfig(count=2, scale="-1:96"))
    archive.pack(dataset, tmp_path / "dataset.zip")
    assert holding(b"SECRET", tmp_path / "crops") == []
    assert dataset.sources["clip"]["page"] == "https://a.org/clip.mp4"
    project = Project(tmp_path / "project")
    project.path.mkdir()
    stored = {"format": 1, "video": VideoConfig().to_dict() | {"source": known["link"]}}
    files.write_json(project.settings_file, stored)
    assert "SECRET" not in json.dumps(project.settings())
    project.remember(VideoConfig(source=known["link"]))
    assert holding(b"SECRET", project.path) == []


def test_a_link_that_lacks_its_key_is_asked_for_again(shelf: Path, tmp_path: Path) -> None:
    with serving(shelf, Behaviour(status=403)) as server:
        with pytest.raises(DownloadError, match="paste the whole link again"):
            download(server.link("clip.mp4"), tmp_path)
        with pytest.raises(DownloadError) as caught:
            download(server.link(SIGNED), tmp_path)
    assert "paste the whole link" not in str(caught.value)


@pytest.mark.parametrize(
    "line",
    [
        COOKIE.replace("\t0\t", "\t1.\t"),
        COOKIE.replace("\t0\t", "\t²\t"),
        COOKIE.replace("\t0\t", "\t٣\t"),
        COOKIE.replace("\t0\t", "\t-1\t"),
        COOKIE.replace("\t0\t", "\t.5\t"),
        COOKIE.replace("\t0\t", "\t" + 400 * "9" + "\t"),
        COOKIE.replace("\tFALSE\t/", "\tTRUE\t/"),
        f".{COOKIE}",
        f"#HttpOnly_{COOKIE}",
        f"{COOKIE}\tmore",
        COOKIE.replace("\t", " "),
        COOKIE.replace("127.0.0.1", ""),
        COOKIE.replace("session\tSECRET", "\tSECRET"),
        f"\N{BYTE ORDER MARK}{COOKIE}",
        '{"name": "SECRET"}',
    ],
)
def test_no_line_of_a_cookies_file_is_printed(
    shelf: Path,
    tmp_path: Path,
    jar: Path,
    line: str,
    caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
) -> None:
    caplog.set_level(logging.DEBUG)
    jar.write_text(f"{COOKIE}\n{line}\n", encoding="utf-8")
    with serving(shelf) as server:
        download(server.link("clip.mp4"), tmp_path / "here", VideoConfig(cookies=str(jar)))
        assert any("SECRET" in cookie for cookie in server.cookies)
    assert "SECRET" not in "".join(capfd.readouterr()) + caplog.text


@pytest.mark.parametrize("kind", ["cookies", "password", "key", "nothing"])
def test_no_secret_stands_on_a_command_line(
    shelf: Path, tmp_path: Path, jar: Path, command_lines: Path, kind: str
) -> None:
    """Of a part of a video, which yt-dlp lets ffmpeg fetch."""
    config = VideoConfig(start="1", end="2", cookies=str(jar) if kind == "cookies" else "")
    events: list[Event] = []
    with serving(shelf) as server:
        link = server.link(SIGNED if kind == "key" else "clip.mp4")
        if kind == "password":
            link = link.replace("://", "://me:SECRET@")
        video = download(link, tmp_path / "here", config, on_event=events.append)
        assert kind != "cookies" or "session=SECRET" in server.cookies
    lines = command_lines.read_text()
    assert ("-i" in lines) == (kind == "nothing"), "ffmpeg fetches what needs no secret, only"
    assert "SECRET" not in lines
    whole = video.read_bytes() == (shelf / "clip.mp4").read_bytes()
    assert whole == (kind != "nothing")
    told = [e.message for e in events if isinstance(e, Note) and "fetching all of it" in e.message]
    assert len(told) == whole
    dataset = extract_frames(video, tmp_path / "crops", FramesConfig(count=2, scale="-1:96"))
    numbers = [videos.number_of(dataset.directory / crop.file) for crop in dataset.crops]
    assert all(24 <= number <= 50 for number in numbers)


def feed(*entries: str) -> str:
    items = "".join(f"<item><title>x</title>{entry}</item>" for entry in entries)
    return f"<?xml version='1.0'?><rss version='2.0'><channel>{items}</channel></rss>"


@pytest.mark.parametrize("scheme", ["", "file://", "ftp://127.0.0.1", "FILE:", "data:video/mp4,"])
def test_a_playlist_names_no_path_of_this_machine(shelf: Path, tmp_path: Path, scheme: str) -> None:
    site, private = tmp_path / "site", tmp_path / "private.mp4"
    site.mkdir()
    for path in (private, site / "clip.mp4"):
        path.write_bytes((shelf / "clip.mp4").read_bytes())
    videos.scene(private, seconds=1)
    named = [f"<enclosure url='{scheme}{private}'/>", f"<link>{scheme}{private}</link>"]
    events: list[Event] = []
    with serving(site) as server:
        (site / "feed.xml").write_text(feed(*named, f"<link>{server.link('clip.mp4')}</link>"))
        (site / "bad.xml").write_text(feed(*named))
        found = download_all(
            [server.link("feed.xml")], tmp_path / "a", VideoConfig(limit=9), on_event=events.append
        )
        with pytest.raises(VideoError):
            download_all([server.link("bad.xml")], tmp_path / "b", VideoConfig(limit=9))
        with pytest.raises(VideoError):
            download(server.link("bad.xml"), tmp_path / "c")
    assert [video.read_bytes() for video in found] == [(shelf / "clip.mp4").read_bytes()]
    assert any(isinstance(e, Note) and "never a path of yours" in e.message for e in events)
    assert not (tmp_path / "b").exists() and not (tmp_path / "c").exists()


def test_no_link_is_taken_for_a_path(
    shelf: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "http:" / "127.0.0.1:9").mkdir(parents=True)
    (tmp_path / "http:" / "127.0.0.1:9" / "clip.mp4").write_bytes((shelf / "clip.mp4").read_bytes())
    with pytest.raises(DownloadError, match="takes no connections"):
        download("http://127.0.0.1:9/clip.mp4", tmp_path / "here")


@pytest.mark.parametrize(
    "text",
    [
        "#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\n{path}\n#EXT-X-ENDLIST\n",
        "#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\nfile://{path}\n#EXT-X-ENDLIST\n",
        "ffconcat version 1.0\nfile '{path}'\n",
        "ffconcat version 1.0\nfile 'file:{path}'\n",
    ],
)
@pytest.mark.parametrize("name", ["list.mp4", "list.m3u8"])
def test_a_list_that_poses_as_a_video_opens_no_file(
    shelf: Path, tmp_path: Path, text: str, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("time.sleep", lambda seconds: None)  # half a minute between new tries
    site = tmp_path / "site"
    site.mkdir()
    (site / name).write_text(text.format(path=shelf / "clip.mp4"))
    with serving(site) as server:
        for config in (VideoConfig(), VideoConfig(start="1", end="2")):
            with pytest.raises(VideoError):
                download(server.link(name), tmp_path / "here", config)
    assert not (tmp_path / "here").exists()
