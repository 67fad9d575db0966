"""Several videos in one dataset: the shares of the crops, and a fair split of each."""

from __future__ import annotations

from collections import Counter
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from colab_pix2pix.config import FramesConfig, VideoConfig, parse_sources, public_sources
from colab_pix2pix.dataset import curate
from colab_pix2pix.dataset.extract import extract_many
from colab_pix2pix.dataset.manifest import Crop, Dataset, write
from colab_pix2pix.errors import OptionError
from colab_pix2pix.spacing import shares
from support import videos


def test_videos_share_the_crops_by_their_weights_and_the_manifest_names_each(
    tmp_path: Path,
) -> None:
    clips = [videos.scene(tmp_path / f"{name}.mp4", seconds=2 + n) for n, name in enumerate("abc")]
    config = FramesConfig(count=24, scale="-1:64", crops="centre")
    dataset = extract_many(clips, tmp_path / "crops", config, weights=[1, 2, 1])
    counts = Counter(dataset.sources[crop.source]["file"] for crop in dataset.crops)
    assert counts == {"a.mp4": 6, "b.mp4": 12, "c.mp4": 6}
    with pytest.raises(OptionError, match="received 2 for 3 videos"):
        extract_many(clips, tmp_path / "crops", config, weights=[1, 2])
    with pytest.raises(OptionError, match="each above 0"):
        extract_many(clips, tmp_path / "crops", config, weights=[1, 2, 0])
    with pytest.raises(OptionError, match="at least one crop of each"):
        extract_many(clips, tmp_path / "crops", config.replace(count=2), weights=[1, 2, 1])


@given(st.lists(st.floats(0.01, 1000), min_size=1, max_size=9), st.integers(0, 3000))
def test_shares_add_up_and_follow_the_weights(weights: list[float], more: int) -> None:
    total = len(weights) + more
    counts = shares(total, weights)
    assert sum(counts) == total and min(counts) >= 1
    order = sorted(range(len(weights)), key=weights.__getitem__)
    assert all(counts[a] <= counts[b] + 1 for a, b in pairwise(order))


@pytest.mark.parametrize("sizes", [(40, 40, 40), (200, 30, 10), (100, 12)])
def test_of_each_video_a_share_is_held_out(tmp_path: Path, sizes: tuple[int, ...]) -> None:
    crops = [
        Crop(file=f"{source}-{n}.jpg", source=f"v{source}", time=float(n))
        for source, size in enumerate(sizes)
        for n in range(size)
    ]
    sources = {f"v{n}": {"file": f"{n}.mp4", "duration_seconds": 9.0} for n in range(len(sizes))}
    dataset = Dataset(tmp_path, tuple(crops), sources)
    write(dataset)
    split = curate.split(dataset)
    for source, size in enumerate(sizes):
        own = [crop for crop in split.crops if crop.source == f"v{source}"]
        assert 0.1 * size <= sum(crop.split == "test" for crop in own) <= 0.3 * size


def test_a_text_of_several_lines_is_a_list_with_weights() -> None:
    text = ' "a film.mp4" * 2 \n\nhttps://example.org/b.mp4?v=1\n a film.mp4\nhttps://x.org/c * 0.5'
    assert [(source.text, source.weight) for source in parse_sources(text)] == [
        ("a film.mp4", 3),
        ("https://example.org/b.mp4?v=1", 1),
        ("https://x.org/c", 0.5),
    ]
    assert parse_sources("") == () and parse_sources("\n ") == ()
    with pytest.raises(OptionError, match=r"weight 0 for 'a.mp4'"):
        VideoConfig(source="a.mp4 * 0")


def test_no_key_of_a_link_in_a_list_is_stored() -> None:
    text = "https://me:secret@example.org/a.mp4 * 2\nfilm.mp4 * 3\nhttps://x.org/c.mp4?token=secret"
    assert "secret" not in public_sources(text)
    assert VideoConfig(source=text).to_dict()["source"] == (
        "https://example.org/a.mp4 * 2\nfilm.mp4 * 3\nhttps://x.org/c.mp4"
    )
