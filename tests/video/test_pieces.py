"""Where one video begins behind another is found on every disk, wherever in the file it lies."""

from __future__ import annotations

from pathlib import Path

import pytest

from colab_pix2pix.video.pieces import find_pieces
from colab_pix2pix.video.probe import probe
from support import drivefs, videos

MISSING = drivefs.missing()
HEADER = bytes.fromhex("464c5601050000000900000000")  # of FLV
BLOCK = 1 << 20


@pytest.mark.parametrize("gap", [0, 1, 5, len(HEADER) - 1, len(HEADER)])
def test_a_header_across_two_blocks_that_are_read_is_found_once(tmp_path: Path, gap: int) -> None:
    path = tmp_path / "joined.flv"
    starts = [0, BLOCK - gap, 2 * BLOCK + 1 - gap, 3 * BLOCK]
    content = bytearray(3 * BLOCK + 100)
    for start in starts:
        content[start : start + len(HEADER)] = HEADER
    path.write_bytes(content)
    assert [piece.start for piece in find_pieces(path)] == starts
    assert [piece.end for piece in find_pieces(path)] == [*starts[1:], len(content)]


@pytest.mark.skipif(bool(MISSING), reason=f"needs FUSE: {MISSING}")
@pytest.mark.parametrize("suffix", ["mp4", "mkv", "flv"])
def test_a_video_on_a_mount_that_maps_no_files_is_read(mount: drivefs.Drive, suffix: str) -> None:
    piece = videos.scene(mount.home / f"piece.{suffix}", seconds=1)
    path = mount.my_drive / f"joined.{suffix}"
    path.write_bytes(2 * piece.read_bytes())
    assert len(find_pieces(path)) == 2
    assert probe(path).width == probe(piece).width
