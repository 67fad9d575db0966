"""What a link leads to, told before anything is fetched."""

from __future__ import annotations

import io
import socket
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from colab_pix2pix.downloader.preview import preview
from colab_pix2pix.downloader.storyboard import storyboard_frames
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


def storyboard(folder: Path, address: str, *, sheets: int, **changed: object) -> dict[str, Any]:
    """Returns a storyboard as yt-dlp lists it: each frame is a grey lighter by 2 than the last.

    Of 10 seconds, in 5 columns and 4 rows a sheet; the last sheet is half empty.
    """
    on_sheet, frames = 20, 20 * sheets - 10
    for sheet in range(sheets):
        picture = Image.new("RGB", (5 * 32, 4 * 18))
        for place in range(min(on_sheet, frames - sheet * on_sheet)):
            grey = 2 * (sheet * on_sheet + place)
            corner = (place % 5 * 32, place // 5 * 18)
            picture.paste((grey, grey, grey), (*corner, corner[0] + 32, corner[1] + 18))
        picture.save(folder / f"sheet-{sheet}.png")
    fragments = [{"url": f"{address}/sheet-{n}.png", "duration": 4.0} for n in range(sheets)]
    sizes = {"width": 32, "height": 18, "rows": 4, "columns": 5, "fps": frames / 10}
    return {"format_note": "storyboard", "fragments": fragments} | sizes | changed


def test_a_storyboard_gives_twelve_frames_that_lie_evenly_over_the_video(tmp_path: Path) -> None:
    with serving(tmp_path) as server:
        large = storyboard(tmp_path, server.address, sheets=3)
        endless = large | {"width": 320, "height": 180, "fragments": large["fragments"] * 9}
        small = large | {"width": 16, "height": 9, "fragments": [{"url": "http://127.0.0.1:9/"}]}
        picture = {"format_id": "18", "width": 640, "height": 360}
        frames = storyboard_frames({"duration": 10, "formats": [picture, small, large, endless]})
        asked = [path for _, path, _ in server.requests]
    assert [frame.size for frame in frames] == [(32, 18)] * 12
    seconds = [np.asarray(frame)[9, 9, 0] / 2 / 5 for frame in frames]  # five frames a second
    for tile, second in enumerate(seconds):
        assert second == pytest.approx((tile + 0.5) * 10 / 12, abs=0.2)
    assert asked == ["/sheet-0.png", "/sheet-1.png", "/sheet-2.png"], "each once"


@pytest.mark.parametrize(
    "changed",
    [
        {"fps": None},
        {"rows": 0},
        {"fragments": []},
        {"fragments": [{"url": "ftp://127.0.0.1/sheet-0.png"}]},
        {"fragments": [{"path": "/etc/passwd"}]},
        {"format_note": "720p"},
        {"width": 400},
    ],
)
def test_a_storyboard_that_is_none_gives_no_frames(
    tmp_path: Path, changed: dict[str, object]
) -> None:
    with serving(tmp_path) as server:
        board = storyboard(tmp_path, server.address, sheets=1, **changed)
        assert storyboard_frames({"duration": 10, "formats": [board]}) == []
        whole = storyboard(tmp_path, server.address, sheets=1)
        assert storyboard_frames({"formats": [whole]}) == [], "nobody knows when they are"
        assert len(storyboard_frames({"duration": 10, "formats": [whole]})) == 12
        (tmp_path / "sheet-0.png").unlink()
        assert storyboard_frames({"duration": 10, "formats": [whole]}) == []
