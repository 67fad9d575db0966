"""What a link leads to, told before anything is fetched."""

from __future__ import annotations

import io
import socket
from pathlib import Path

import pytest
from PIL import Image

from colab_pix2pix.downloader.preview import preview
from colab_pix2pix.errors import DownloadError, VideoError
from support import videos
from support.servers import serving, write_page


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A site: a page about a clip, with a picture of it."""
    site = tmp_path / "site"
    site.mkdir()
    videos.scene(site / "clip.mp4", seconds=3)
    Image.effect_noise((900, 600), 40).convert("RGB").save(site / "picture.jpg", quality=90)
    return site


def test_a_page_tells_title_and_thumbnail_and_the_video_is_not_fetched(folder: Path) -> None:
    with serving(folder) as server:
        previewed = preview(write_page(folder, server, "picture.jpg"))
        assert "Roses & <b>bees</b>" in previewed.title
        with Image.open(io.BytesIO(previewed.thumbnail)) as picture:
            assert picture.format == "JPEG" and picture.width == 320
        asked = [path for method, path, _ in server.requests if method == "GET"]
    assert "/clip.mp4" not in asked and ("HEAD", "/clip.mp4", "") in server.requests
    assert previewed.size_bytes == (folder / "clip.mp4").stat().st_size


@pytest.mark.parametrize("picture", ["missing.jpg", "page.html", "clip.mp4", "large.jpg"])
def test_a_thumbnail_that_is_missing_large_or_none_is_left_out(folder: Path, picture: str) -> None:
    Image.effect_noise((2400, 2400), 90).save(folder / "large.jpg", quality=95)
    assert (folder / "large.jpg").stat().st_size > 2_000_000
    with serving(folder) as server:
        previewed = preview(write_page(folder, server, picture))
    assert previewed.thumbnail == b"" and previewed.title


def test_a_thumbnail_that_leads_away_from_the_web_is_not_followed(folder: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening, serving(folder) as server:
        listening.settimeout(0.2)
        server.behaviour.redirect = f"ftp://127.0.0.1:{listening.getsockname()[1]}/away.jpg"
        server.behaviour.redirected_path = "/thumbnail.jpg"
        previewed = preview(write_page(folder, server, "thumbnail.jpg"))
        assert previewed.thumbnail == b"" and previewed.title
        assert "/thumbnail.jpg" in [path for _, path, _ in server.requests]
        with pytest.raises(TimeoutError):
            listening.accept()


def test_the_link_of_a_file_tells_its_size(folder: Path) -> None:
    with serving(folder) as server:
        previewed = preview(server.link("clip.mp4"))
        assert previewed.size_bytes == (folder / "clip.mp4").stat().st_size
        assert ("HEAD", "/clip.mp4", "") in server.requests


def test_a_file_tells_its_length_and_shows_a_picture_of_its_middle(folder: Path) -> None:
    previewed = preview(str(folder / "clip.mp4"))
    assert (previewed.title, previewed.width, previewed.height) == ("clip.mp4", 160, 96)
    assert previewed.duration_seconds == pytest.approx(3, abs=0.1)
    assert previewed.size_bytes == (folder / "clip.mp4").stat().st_size
    with Image.open(io.BytesIO(previewed.thumbnail)) as picture:
        assert picture.width == 320
    assert previewed.formats == ()


def test_what_leads_to_no_video_is_explained(folder: Path) -> None:
    with pytest.raises(DownloadError, match="There is no file"):
        preview(str(folder / "gone.mp4"))
    with pytest.raises(VideoError):
        preview(str(folder / "picture.jpg"))
    with serving(folder) as server, pytest.raises(DownloadError):
        preview(server.link("gone.mp4"))
