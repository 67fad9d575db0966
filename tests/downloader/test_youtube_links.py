"""Links that were cut short, or lack their beginning, before anybody is asked."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest

from colab_pix2pix.downloader.download import download
from colab_pix2pix.downloader.preview import preview
from colab_pix2pix.downloader.youtube_links import require_whole
from colab_pix2pix.errors import DownloadError


@pytest.mark.parametrize(
    "link",
    ["https://youtu.be/dQw4w9WgXc", "https://youtu.be/dQw4w9…", "https://youtu.be/dQw4w9...",
     "https://youtu.be/", "https://www.youtube.com/watch?v=abc", "https://m.youtube.com/watch",
     "https://www.youtube.com/shorts/dQw4w", "https://www.youtube.com/watch?v=abc&list=PL12345",
     "https://www.youtube.com/embed/dQw4w9WgX?si=x", "https://www.youtube.com/live/"],
)  # fmt: skip
def test_a_link_of_youtube_that_was_cut_short_is_told_without_asking_anybody(
    link: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(socket, "getaddrinfo", None)
    for ask in (download, lambda link, folder: preview(link)):
        with pytest.raises(DownloadError) as caught:
            ask(link, tmp_path / "here")
        assert "is not complete" in caught.value.what
        assert "yt-dlp" not in str(caught.value)
        assert "Share button" in caught.value.fix


@pytest.mark.parametrize(
    "link",
    ["https://youtu.be/dQw4w9WgXcQ?si=abc", "https://www.youtube.com/watch?v=dQw4w9WgXcQ).",
     "https://www.youtube.com/watch?list=PL12345", "https://www.youtube.com/@channel/videos",
     "https://youtu.be/watch?v=dQw4w9WgXcQ", "https://www.youtube.com/playlist?list=PL1",
     "https://www.youtube.com/embed/videoseries?list=PL1", "https://notyoutube.com/watch?v=abc",
     "https://youtube.com.evil.example/watch?v=abc", "https://music.youtube.com/",
     "https://www.youtube.com/watch#v=dQw4w9WgXcQ"],
)  # fmt: skip
def test_other_links_are_left_to_the_sites(link: str) -> None:
    require_whole(link)


def test_a_link_without_https_is_recognised(tmp_path: Path) -> None:
    with pytest.raises(DownloadError, match=r"put https:// before it: https://youtu.be/dQw4w9Wg"):
        download("youtu.be/dQw4w9WgXcQ", tmp_path / "here")
    with pytest.raises(DownloadError, match="Check the spelling"):
        download("videos/clip.mp4", tmp_path / "here")
