"""Whatever a file or an option holds: it works, or one of our errors says why."""

from __future__ import annotations

import io
import json
import tempfile
import zipfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from PIL import Image

from colab_pix2pix.config import FramesConfig
from colab_pix2pix.dataset import manifest
from colab_pix2pix.dataset.crop_geometry import crop_boxes, scaled_size
from colab_pix2pix.dataset.curate import pack, split, unpack
from colab_pix2pix.dataset.extract import probe
from colab_pix2pix.dataset.manifest import Crop, Dataset
from colab_pix2pix.errors import DatasetError, OptionError, Pix2PixError
from colab_pix2pix.filenames import safe_name
from colab_pix2pix.video.decode_plan import dropped_packets, packets_to_decode, pick_frames
from colab_pix2pix.video.timeline import Packets, Timeline

quick = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=9),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=9), inner, max_size=3)
    ),
    max_leaves=8,
)


@quick
@given(st.text(max_size=12))
@example("-1:256")
@example("-2:100000")
@example("1:1")
@example("0:0")
@example("256:256;rm")
def test_a_scale_is_refused_or_gives_squares_within_the_frame(scale: str) -> None:
    try:
        config = FramesConfig(scale=scale)
    except OptionError:
        return
    width, height = scaled_size(config.scale, 640, 360)
    assert width > 0
    assert height > 0


@quick
@given(
    st.sampled_from(["sides", "centre", "grid", "random"]),
    st.integers(1, 3000),
    st.integers(1, 3000),
    st.tuples(st.integers(0, 2**31 - 1), st.integers(0, 10**6)),
)
def test_squares_always_lie_within_the_frame(
    crops: str, width: int, height: int, seed: tuple[int, int]
) -> None:
    squares = crop_boxes(crops, width, height, seed=seed)
    assert squares
    for square in squares:
        assert square.side == min(width, height)
        assert 0 <= square.left <= width - square.side
        assert 0 <= square.top <= height - square.side
    assert len({square.name for square in squares}) == len(squares)


@quick
@given(st.text(max_size=300))
def test_a_title_becomes_a_plain_file_name(title: str) -> None:
    name = safe_name(title)
    assert name
    assert len(name.encode()) <= 80
    assert Path(name).name == name
    assert not set(name) & set("/\\\0\n:*?\"'<>|$`;& ")
    assert name[0] not in ".-"


@quick
@given(
    st.lists(st.sampled_from([0.01, 0.02, 0.04, 0.5]), min_size=1, max_size=80),
    st.integers(1, 100),
    st.booleans(),
    st.integers(1, 20),
)
def test_chosen_frames_are_distinct_sorted_and_as_many_as_wanted(
    gaps: list[float], steps: int, exact: bool, group: int
) -> None:
    seconds = np.cumsum(gaps)
    places = np.arange(len(seconds))
    packets = Packets(seconds, seconds, places % group == 0, np.ones(len(seconds), bool))
    start, end = float(seconds[0]), float(seconds[-1] + gaps[-1])
    timeline = Timeline(seconds, start, end, places, packets)
    picks = pick_frames(timeline, timeline.start_seconds, end, steps, exact=exact)
    assert len(picks) == min(steps, len(seconds))
    assert (np.diff(picks) > 0).all()
    needed = packets_to_decode(timeline, picks)
    if needed is not None:
        assert needed[picks].all()
        for pick in picks:
            start = pick - pick % group
            assert needed[start : pick + 1].all()


@quick
@given(st.lists(st.tuples(st.booleans(), st.booleans()), min_size=1, max_size=60), st.booleans())
def test_an_expression_drops_just_what_is_not_needed(
    packets: list[tuple[bool, bool]], timed: bool
) -> None:
    """Evaluated here as ffmpeg does it."""
    needed, key = (np.array(column) for column in zip(*packets, strict=True))
    count = np.arange(len(packets))
    table = Packets(count * 0.04, count * 0.04 if timed else None, key, key)
    python = dropped_packets(table, needed).replace("if(", "choose(").replace("not(", "invert(")
    functions = {
        "between": lambda x, low, high: low <= x <= high,
        "lt": lambda x, y: x < y,
        "invert": lambda x: not x,
        "choose": lambda condition, yes, no: yes if condition else no,
        "tb": 0.04,
    }
    for number, wanted in enumerate(needed):
        names = functions | {"n": number, "dts": number}
        assert bool(eval(python, {"__builtins__": {}}, names)) is not bool(wanted)


@quick
@given(json_values)
@example({"format": 1, "crops": [], "sources": {}})
@example({"format": 1, "crops": [{"file": "../x"}], "sources": {}})
@example({"format": 1, "crops": {"file": "x"}, "sources": []})
@example({"format": 1, "crops": [1], "sources": {}})
def test_any_manifest_is_read_or_refused(content: object) -> None:
    with tempfile.TemporaryDirectory() as name:
        Path(name, "manifest.json").write_text(json.dumps(content))
        try:
            dataset = manifest.read(name)
        except DatasetError as error:
            assert name in str(error)
        else:
            assert all(Path(crop.file).name == crop.file for crop in dataset.crops)


ENTRY = {
    "file": "a.png", "source": "", "time": 0.0, "side": "", "box": [0, 0, 0, 0],
    "marks": [], "choice": "", "split": "train", "kept": True,
}  # fmt: skip


@quick
@given(st.sampled_from(sorted(ENTRY)), json_values)
def test_any_value_in_a_crops_entry_is_read_or_refused(field: str, value: object) -> None:
    entry = ENTRY | {field: value}
    with tempfile.TemporaryDirectory() as name:
        content = {"format": 1, "sources": {}, "crops": [entry]}
        Path(name, "manifest.json").write_text(json.dumps(content))
        try:
            dataset = manifest.read(name)
        except DatasetError:
            return
        manifest.write(dataset)
        assert manifest.read(name) == dataset


@pytest.fixture(scope="module")
def packed(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    folder = tmp_path_factory.mktemp("packed")
    crops = []
    for name in ("a.png", "b.png"):
        Image.new("RGB", (16, 16), "green").save(folder / name)
        crops.append(Crop(file=name))
    return pack(Dataset(folder, tuple(crops)), folder / "dataset.zip").read_bytes()


@quick
@given(st.data())
def test_a_damaged_archive_is_refused_whole_or_gives_the_very_pictures(
    packed: bytes, data: st.DataObject
) -> None:
    content = bytearray(packed)
    for _ in range(data.draw(st.integers(1, 4))):
        place = data.draw(st.integers(0, len(content) - 1))
        content[place] = data.draw(st.integers(0, 255))
    content = content[: data.draw(st.integers(len(content) // 2, len(content)))]
    with tempfile.TemporaryDirectory() as name:
        path = Path(name, "dataset.zip")
        path.write_bytes(content)
        try:
            dataset = unpack(path, Path(name, "crops"))
        except Pix2PixError:
            assert {p.name for p in Path(name).iterdir()} == {"dataset.zip"}
        else:
            with zipfile.ZipFile(io.BytesIO(packed)) as archive:
                for crop in dataset.crops:
                    assert (dataset.directory / crop.file).read_bytes() == archive.read(crop.file)


def _is_writable(member: str) -> bool:
    """Python's own writer cuts a name at a null byte, and falls over one that has nothing left."""
    return not member.startswith("\0")


@quick
@given(st.text(min_size=1, max_size=30).filter(_is_writable), st.binary(max_size=50))
def test_any_member_name_stays_in_the_folder(packed: bytes, member: str, content: bytes) -> None:
    with tempfile.TemporaryDirectory() as name:
        path = Path(name, "in", "dataset.zip")
        path.parent.mkdir()
        path.write_bytes(packed)
        try:
            with zipfile.ZipFile(path, "a") as archive:
                archive.writestr(member, content)
        except (ValueError, UnicodeError):
            return
        with pytest.raises(Pix2PixError):
            unpack(path, Path(name, "in", "crops"))
        assert {p.name for p in Path(name).rglob("*")} == {"in", "dataset.zip"}


@quick
@given(
    st.lists(st.tuples(st.integers(0, 30), st.sampled_from(["", "reject"])), max_size=40),
    st.floats(0, 0.5),
    st.integers(0, 99),
)
def test_a_split_keeps_frames_together_and_both_sides_filled(
    entries: list[tuple[int, str]], fraction: float, seed: int
) -> None:
    from colab_pix2pix.config import CurateConfig

    crops = tuple(
        Crop(file=f"{n}.png", source="v", time=time, choice=choice)
        for n, (time, choice) in enumerate(entries)
    )
    with tempfile.TemporaryDirectory() as name:
        config = CurateConfig(test_fraction=fraction, seed=seed)
        dataset = split(Dataset(Path(name), crops), config)
    sides: dict[float, set[str]] = {}
    for crop in dataset.crops:
        sides.setdefault(crop.time, set()).add(crop.split)
    assert all(len(found) == 1 for found in sides.values())
    test = sum(crop.split == "test" for crop in dataset.kept)
    assert test < len(dataset.kept) or not dataset.kept
    frames = len({crop.time for crop in dataset.kept})
    if fraction > 0 and len(dataset.kept) >= 5 and frames >= 2:
        assert test >= 1


@settings(max_examples=15, deadline=None)
@given(st.binary(max_size=400), st.sampled_from([".mp4", ".mkv", ".m3u8", ".txt", ".jpg", ".avi"]))
@example(b"#EXTM3U\n#EXTINF:1,\nfile:///etc/hostname\n", ".m3u8")
@example(b"ffconcat version 1.0\nfile /etc/hostname\n", ".mp4")
def test_any_bytes_are_refused_as_a_video(content: bytes, suffix: str) -> None:
    with tempfile.TemporaryDirectory() as name:
        path = Path(name, f"x{suffix}")
        path.write_bytes(content)
        with pytest.raises(Pix2PixError):
            probe(path)
