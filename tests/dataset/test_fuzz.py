"""Whatever a file or an option holds: it works, or one of our errors says why."""

from __future__ import annotations

import dataclasses
import io
import json
import tempfile
import zipfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from PIL import Image

from colab_pix2pix.config import FramesConfig
from colab_pix2pix.dataset import manifest
from colab_pix2pix.dataset.crop_geometry import crop_boxes, scaled_size
from colab_pix2pix.dataset.curate import pack, split, unpack
from colab_pix2pix.dataset.manifest import Crop, Dataset
from colab_pix2pix.errors import DatasetError, OptionError, Pix2PixError
from colab_pix2pix.filenames import packed_name, safe_name

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
def test_a_scale_is_refused_or_gives_crop_boxes_within_the_frame(scale: str) -> None:
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
    st.one_of(st.just((1, 1)), st.tuples(st.integers(1, 16), st.integers(1, 16))),
)
def test_crop_boxes_always_lie_within_the_frame(
    crops: str, width: int, height: int, seed: tuple[int, int], shape: tuple[int, int]
) -> None:
    boxes = crop_boxes(crops, width, height, shape="{}:{}".format(*shape), seed=seed)
    assert boxes
    for box in boxes:
        assert box.width == width or box.height == height
        assert abs(box.width * shape[1] - box.height * shape[0]) <= max(shape)
        assert 0 <= box.left <= width - box.width
        assert 0 <= box.top <= height - box.height
    assert len({box.name for box in boxes}) == len(boxes)


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
        offset = data.draw(st.integers(0, len(content) - 1))
        content[offset] = data.draw(st.integers(0, 255))
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


_NAMES = st.lists(
    st.one_of(
        st.text(min_size=1, max_size=9),
        st.sampled_from(["a", "A", "b/a", "b%2Fa", "a:b", "a\\b", "..", "../a", "/a"]),
        st.sampled_from(["manifest.json", "checksums.json", "\udcff", "Ü", "U\u0308"]),
        st.sampled_from(["x" * 250, "x" * 200 + "/" + "y" * 99]),
    ),
    max_size=4,
)  # fmt: skip


@quick
@given(_NAMES, st.booleans(), st.sampled_from(["", "side", 5]), st.sampled_from(["train", "oops"]))
@example(["a", "a"], False, "", "train")
@example(["a"], True, "", "train")
@example(["b/a", "b%2Fa"], False, "", "train")
@example(["manifest.json"], False, "", "train")
@example(["x" * 200 + "/" + "y" * 99], False, "", "train")
@example(["\udcff"], False, "", "train")
@example([], False, "", "train")
def test_what_is_packed_can_be_unpacked(
    names: list[str], shared: bool, side: Any, split: Any
) -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name, "crops")
        folder.mkdir()
        partner = "partner.png" if shared else ""
        crops = tuple(Crop(file=n, side=side, split=split, input_file=partner) for n in names)
        for file in {file for crop in crops for file in crop.files}:
            try:
                Path(folder, file).parent.mkdir(parents=True, exist_ok=True)
                Path(folder, file).write_bytes(file.encode(errors="surrogateescape"))
            except (OSError, ValueError):
                continue  # no disk can have it
        path = Path(name, "dataset.zip")
        try:
            pack(Dataset(folder, crops), path)
        except Pix2PixError:
            assert not path.exists()
            return
        again = unpack(path, Path(name, "again"))
        for before, after in zip(crops, again.crops, strict=True):
            assert after == dataclasses.replace(
                before, file=packed_name(before.file), input_file=packed_name(before.input_file)
            )
            for old, new in zip(before.files, after.files, strict=True):
                assert (folder / old).read_bytes() == (again.directory / new).read_bytes()
        assert again.sha256 == Dataset(folder, crops).sha256


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


@quick
@given(st.data())
def test_a_damaged_archive_is_not_the_dataset_any_more_and_packing_mends_it(
    packed: bytes, data: st.DataObject
) -> None:
    with tempfile.TemporaryDirectory() as name:
        path = Path(name, "dataset.zip")
        path.write_bytes(packed)
        dataset = unpack(path, Path(name, "crops"))
        content = bytearray(packed)
        first = packed.index(b"PK\x01\x02")  # where the directory begins
        offset = data.draw(st.integers(first, len(content) - 1))
        content[offset] ^= 1 << data.draw(st.integers(0, 7))
        path.write_bytes(content[: data.draw(st.sampled_from([len(content), offset, 0]))])
        pack(dataset, path)
        again = unpack(path, Path(name, "again"))
        assert [crop.file for crop in again.crops] == [crop.file for crop in dataset.crops]


@quick
@given(json_values)
@example([])
@example({"manifest.json": []})
def test_any_list_of_checksums_is_read_or_refused(packed: bytes, content: object) -> None:
    with tempfile.TemporaryDirectory() as name:
        path = Path(name, "dataset.zip")
        with (
            zipfile.ZipFile(io.BytesIO(packed)) as archive,
            zipfile.ZipFile(path, "w") as changed,
        ):
            for member in set(archive.namelist()) - {"checksums.json"}:
                changed.writestr(member, archive.read(member))
            changed.writestr("checksums.json", json.dumps(content))
        with pytest.raises(DatasetError):
            unpack(path, Path(name, "crops"))
