"""Several videos at once: the same crops, in the same order, wherever they are cut."""

from __future__ import annotations

import gc
import os
import signal
import threading
import time
from pathlib import Path

import distributed
import pytest

from colab_pix2pix.config import FramesConfig
from colab_pix2pix.dataset import parallel
from colab_pix2pix.dataset.extract import extract_frames, extract_many
from colab_pix2pix.dataset.manifest import Dataset
from colab_pix2pix.errors import VideoError
from colab_pix2pix.events import Progress
from support import videos

CONFIG = FramesConfig(count=8, scale="-1:96")


@pytest.fixture(scope="module")
def clips(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    folder = tmp_path_factory.mktemp("clips")
    return [
        videos.counting(folder / f"clip{number}.mp4", "-g", "20", frames=40 + 10 * number)
        for number in range(4)
    ]


def content(dataset: Dataset) -> list[tuple[str, bytes]]:
    return [(crop.file, (dataset.directory / crop.file).read_bytes()) for crop in dataset.crops]


@pytest.fixture(scope="module")
def expected(
    clips: list[Path], tmp_path_factory: pytest.TempPathFactory
) -> list[tuple[str, bytes]]:
    """The crops of one video after the other."""
    folder = tmp_path_factory.mktemp("expected") / "crops"
    for clip in clips:
        dataset = extract_frames(clip, folder, CONFIG)
    return content(dataset)


def test_several_videos_give_what_one_after_the_other_gives(
    clips: list[Path], tmp_path: Path, expected: list[tuple[str, bytes]]
) -> None:
    events: list[object] = []
    dataset = extract_many(clips, tmp_path / "crops", CONFIG, on_event=events.append)
    assert content(dataset) == expected
    done = [(e.done, e.total, e.unit) for e in events if isinstance(e, Progress)]
    assert done == [(n, 4, "videos") for n in (1, 2, 3, 4)]
    assert extract_many(clips[::-1], tmp_path / "crops", CONFIG) == dataset


def test_one_bad_video_leaves_the_folder_as_it_was(clips: list[Path], tmp_path: Path) -> None:
    bad = tmp_path / "bad.mp4"
    bad.write_bytes(b"no video")
    with pytest.raises(VideoError, match=r"bad\.mp4"):
        extract_many([*clips, bad], tmp_path / "crops", CONFIG)
    assert not (tmp_path / "crops").exists()
    with pytest.raises(VideoError, match="no videos"):
        extract_many([], tmp_path / "crops", CONFIG)


def test_a_cluster_gives_the_same_even_when_a_worker_dies(
    clips: list[Path], tmp_path: Path, expected: list[tuple[str, bytes]]
) -> None:
    with distributed.LocalCluster(
        n_workers=2, threads_per_worker=1, dashboard_address=None, host="127.0.0.1"
    ) as cluster:
        address = cluster.scheduler_address
        dataset = extract_many(clips, tmp_path / "crops", CONFIG, scheduler=address)
        assert content(dataset) == expected
        long = videos.scene(tmp_path / "long.mp4", "-preset", "ultrafast", seconds=12)
        victim = next(iter(cluster.workers.values())).pid

        def kill() -> None:
            while not any(tmp_path.glob(".more-*.part")):
                time.sleep(0.005)
            os.kill(victim, signal.SIGKILL)

        killer = threading.Thread(target=kill)
        killer.start()
        config = CONFIG.replace(count=100)
        dataset = extract_many([long, *clips], tmp_path / "more", config, scheduler=address)
        killer.join()
    here = extract_many([long, *clips], tmp_path / "here", config)
    assert content(dataset) == content(here)


@pytest.mark.parametrize("address", ["foo", "tcp://h", "tcp://[::1", "tls://127.0.0.1:9", "://"])
def test_an_address_that_is_none_is_named(clips: list[Path], tmp_path: Path, address: str) -> None:
    with pytest.raises(VideoError, match="no dask scheduler") as raised:
        extract_many(clips, tmp_path / "crops", CONFIG, scheduler=address)
    assert repr(address) in str(raised.value)
    assert not (tmp_path / "crops").exists()


def test_a_scheduler_that_is_not_there_is_named(
    clips: list[Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(parallel, "CONNECT_SECONDS", 1)
    with pytest.raises(VideoError, match="no dask scheduler"):
        extract_many(clips, tmp_path / "crops", CONFIG, scheduler="tcp://127.0.0.1:9")
    assert not (tmp_path / "crops").exists()


def test_a_client_that_did_not_come_up_is_gone_before_the_next_one_starts(
    clips: list[Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    left: list[int] = []

    class Watched(distributed.Client):
        def __init__(self, *arguments: object, **options: object) -> None:
            clients = [o for o in gc.get_objects() if isinstance(o, distributed.Client)]
            left.append(sum(c is not self and c.status != "closed" for c in clients))
            super().__init__(*arguments, **options)

    monkeypatch.setattr(distributed, "Client", Watched)
    gc.disable()  # what is collected must not depend on when
    try:
        for _ in range(3):
            with pytest.raises(VideoError, match="no dask scheduler"):
                extract_many(clips, tmp_path / "crops", CONFIG, scheduler="foo")
    finally:
        gc.enable()
    assert left == [0, 0, 0]
