"""Whatever a copy, a download or a disk made of a file: it is read, or one of our errors says why.

`$FUZZ_RUNS` (400) says how many damaged files are tried; `make fuzz` asks for more.
"""

from __future__ import annotations

import contextlib
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

import pytest

import colab_pix2pix as p2p
from colab_pix2pix.errors import DatasetError, Pix2PixError
from colab_pix2pix.video.packets import demux
from colab_pix2pix.video.probe import probe
from colab_pix2pix.video.stream import scaled_frames
from colab_pix2pix.video.timeline import read_timeline
from support import TESTS, damage, videos

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


@pytest.mark.parametrize("shape", ["60000/1", "1/60000"])
def test_pixels_of_an_impossible_shape_cost_no_raw_error(tmp_path: Path, shape: str) -> None:
    """A picture as a player would show it has more pixels than a number of them can be."""
    video = videos.scene(
        tmp_path / "odd.mp4", "-bsf:v", f"h264_metadata=sample_aspect_ratio={shape}",
        seconds=1,
    )  # fmt: skip
    info = probe(video)
    calls = [
        lambda: p2p.extract_frames(video, tmp_path / "new", p2p.FramesConfig(count=2)),
        lambda: list(scaled_frames(info, read_timeline(info), 64, 4, whole=True)),
    ]
    for call in calls:
        with contextlib.suppress(Pix2PixError):
            call()


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
