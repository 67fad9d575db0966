"""Whatever a copy, a download or a disk made of a file: it is read, or one of our errors says why.

`$FUZZ_RUNS` (400) says how many damaged files are tried; `make fuzz` asks for more.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
import types
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import av
import pytest

import colab_pix2pix as p2p
from colab_pix2pix.errors import DatasetError
from colab_pix2pix.video.filters import Scaler, Scaling
from colab_pix2pix.video.packets import demux
from support import TESTS, damage

RUNS = int(os.environ.get("FUZZ_RUNS", "400"))
SECONDS_EACH = 120  # what takes longer has no end


@pytest.fixture(scope="module")
def samples(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("damage") / "samples"
    damage.make_samples(folder)
    return folder


def tried(samples: Path, home: Path, first: int, last: int) -> list[dict[str, Any]]:
    """Returns how the calls of some seeds ended, in a process of their own; one may end it."""
    command = [sys.executable, "-m", "support.damage", str(samples), str(first), str(last)]
    environment = os.environ | {"PYTHONPATH": os.pathsep.join([str(TESTS.parent), str(TESTS)])}
    lines: list[dict[str, Any]] = []
    with subprocess.Popen(
        command, cwd=home, env=environment, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
        text=True,
    ) as process:  # fmt: skip
        assert process.stdout is not None
        while True:
            watch = threading.Timer(SECONDS_EACH, process.kill)
            watch.start()
            line = process.stdout.readline()
            watch.cancel()
            if not line:
                break
            lines.append(json.loads(line))
    ended = [told for told in lines if "ended" in told]
    if len(ended) < len(lines) - len(ended):
        ended.append(lines[-1] | {"raw": f"the process ended with {process.returncode}"})
    elif process.returncode:
        raise AssertionError(f"the process ended with {process.returncode} after {lines[-1:]}")
    return ended


@pytest.mark.slow
def test_damaged_files_are_read_or_refused(samples: Path, tmp_path: Path) -> None:
    found: list[dict[str, Any]] = []
    while len(found) < RUNS:
        found += tried(samples, tmp_path, len(found), RUNS)
    assert [told for told in found if "raw" in told or "left" in told] == []
    ends = {(told["call"], told["ended"]) for told in found}
    assert {call for call, _ in ends} == set(damage.CALLS)
    assert {"done", "refused"} == {end for _, end in ends}
    assert sum(told["ended"] == "done" for told in found) > RUNS / 10


@pytest.mark.parametrize("read", [p2p.import_pictures, p2p.import_pairs, p2p.unpack])
@pytest.mark.parametrize("place", ["the list", "the head"])
def test_a_zip_with_a_damaged_name_is_refused(tmp_path: Path, read: Any, place: str) -> None:
    """Its mark says that names are UTF-8, and one is not."""
    path = tmp_path / "pictures.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("Übung.png", b"x")
    content = path.read_bytes()
    spot = content.rindex("Übung".encode()) if place == "the list" else content.index(b"\xc3\x9c")
    path.write_bytes(content[:spot] + b"\xff\xfe" + content[spot + 2 :])
    with pytest.raises(DatasetError):
        read(path, tmp_path / "new")
    assert sorted(p.name for p in tmp_path.iterdir()) == ["home", "pictures.zip"]


@pytest.mark.parametrize("size", [(447392470, 32), (32, 2**30)])
def test_a_frame_of_which_a_file_says_what_can_not_be_is_left_out(size: tuple[int, int]) -> None:
    """Pixels a million times as wide as high: a player would show more than can be counted."""
    scaler = Scaler(lambda shape: Scaling(size))
    for _ in range(2):
        assert scaler.scale(av.VideoFrame(64, 48, "yuv420p"), None) is None


def test_where_pyav_falls_over_the_end_of_a_file_it_is_the_end() -> None:
    """It knows of fewer streams than ffmpeg gives packets of, where damage looks like a stream."""

    class Container:
        def demux(self, stream: object) -> Iterator[Any]:
            yield types.SimpleNamespace(size=9)
            raise IndexError("list index out of range")

    container: Any = Container()
    assert len(list(demux(container, container))) == 1


@pytest.mark.parametrize("method", [zipfile.ZIP_LZMA, zipfile.ZIP_BZIP2, zipfile.ZIP_DEFLATED])
def test_a_damaged_member_is_refused_however_it_is_packed(tmp_path: Path, method: int) -> None:
    path = tmp_path / "dataset.zip"
    with zipfile.ZipFile(path, "w", method) as archive:
        archive.writestr("manifest.json", "{}" * 99)
        archive.writestr("checksums.json", "{}" * 99)
    content = bytearray(path.read_bytes())
    for name in (b"manifest.json", b"checksums.json"):
        begin = content.index(name) + len(name)
        content[begin + 4 : begin + 14] = b"\xff" * 10
    path.write_bytes(content)
    with pytest.raises(DatasetError):
        p2p.unpack(path, tmp_path / "new")
    assert not (tmp_path / "new").exists()
