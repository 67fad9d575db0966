"""Crops are decoded once, in order, into memory or a file, and take what is said."""

from __future__ import annotations

import gc
import itertools
import json
import subprocess
import sys
import threading
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from colab_pix2pix.config import TrainConfig
from colab_pix2pix.dataset.manifest import Crop, Dataset
from colab_pix2pix.errors import DatasetError
from colab_pix2pix.events import Event, Note, Progress
from colab_pix2pix.files import cache_dir
from colab_pix2pix.images import resize_images
from colab_pix2pix.storage.restore import status
from colab_pix2pix.training import image_store
from colab_pix2pix.training.data import load_pictures
from colab_pix2pix.workflows.pipeline import train
from support.networks import SMALLEST

TINY = SMALLEST.replace(epochs=2, precision="float32")
ON_DISK = TINY.replace(memory_limit=0.0)


def test_pictures_on_the_disk_are_those_in_memory(crops: Dataset) -> None:
    in_memory, on_disk = load_pictures(crops, TINY), load_pictures(crops, ON_DISK)
    assert np.array_equal(in_memory.train, on_disk.train)
    assert np.array_equal(in_memory.held_out, on_disk.held_out)
    batch = on_disk.train[np.array([3, 1, 3])]
    assert type(batch) is np.ndarray and batch.flags.writeable


def test_a_file_on_the_disk_has_no_name_and_goes_with_its_pictures(crops: Dataset) -> None:
    def open_files() -> list[str]:
        maps = Path("/proc/self/maps")
        lines = maps.read_text().splitlines() if maps.exists() else []
        return [line for line in lines if str(cache_dir()) in line]

    pictures = load_pictures(crops, ON_DISK)
    assert cache_dir().is_dir() and not list(cache_dir().iterdir())
    if sys.platform == "linux":
        assert len(open_files()) == 1
    del pictures
    gc.collect()
    assert not open_files()


def test_what_the_pictures_take_is_said(crops: Dataset) -> None:
    heard: list[Event] = []
    load_pictures(crops, TINY, heard.append)
    load_pictures(crops, ON_DISK, heard.append)
    notes = [event.message for event in heard if isinstance(event, Note)]
    assert notes == ["12 crops take 230.4 kB of memory.", "12 crops take 230.4 kB on the disk."]
    progress = [event for event in heard if isinstance(event, Progress)]
    assert {(event.job, event.total, event.unit) for event in progress} == {("load", 12, "crops")}
    assert progress[-1].done == 12


def test_a_full_disk_is_explained(crops: Dataset, monkeypatch: pytest.MonkeyPatch) -> None:
    full = Path("/dev/full")
    if full.exists():
        monkeypatch.setattr(image_store.tempfile, "TemporaryFile", lambda dir: full.open("wb"))
        with pytest.raises(DatasetError, match=r"No space left.*raise memory_limit"):
            load_pictures(crops, ON_DISK)
        cache_dir().rmdir()
    cache_dir().parent.mkdir(exist_ok=True)
    cache_dir().write_text("a file where the folder should be")
    with pytest.raises(DatasetError, match="XDG_CACHE_HOME"):
        load_pictures(crops, ON_DISK)


def test_results_come_in_order_from_several_threads_and_few_wait_in_memory(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    both = threading.Barrier(2, timeout=20)
    begun: list[int] = []

    def work(item: int) -> int:
        begun.append(item)
        if item < 2:
            both.wait()  # goes on only when another thread is at work
        return item * item

    monkeypatch.setattr(image_store.os, "cpu_count", lambda: 2)
    results = image_store.side_by_side(work, range(1000))
    assert [next(results) for _ in range(5)] == [0, 1, 4, 9, 16]
    assert len(begun) <= 100
    assert list(results) == [i * i for i in range(5, 1000)]


def test_of_several_bad_pictures_the_first_is_named(crops: Dataset) -> None:
    for number in (9, 4, 7):
        path = crops.directory / f"disc-{number:02}.png"
        path.write_bytes(path.read_bytes()[:-900])  # whole at its head
    for _ in range(5):
        with pytest.raises(DatasetError, match=r"disc-04\.png can't be read"):
            load_pictures(crops, TINY)


def test_grey_transparent_and_palette_pictures_become_rgb(tmp_path: Path) -> None:
    made = {
        "a-grey.png": Image.new("L", (70, 70), 200),
        "b-black-and-white.png": Image.new("1", (70, 70), 1),
        "c-transparent.png": Image.new("RGBA", (70, 70), (10, 20, 30, 128)),
        "d-palette.png": Image.new("RGB", (70, 70), (90, 80, 70)).quantize(),
        "e-print.jpg": Image.new("CMYK", (70, 70), (0, 0, 0, 0)),
        "f-deep.png": Image.fromarray(np.full((70, 70), 40_000, np.uint16)),
        "g-wide.webp": Image.new("RGB", (140, 70), (1, 2, 3)),
    }
    for name, image in made.items():
        image.save(tmp_path / name)
    dataset = Dataset(tmp_path, tuple(Crop(file=name) for name in made))
    pictures = load_pictures(dataset, TINY)
    every = np.concatenate([pictures.train, pictures.held_out])
    assert every.shape == (7, 70, 70, 3)
    wanted = [(200,) * 3, (255,) * 3, (132, 137, 142)]  # half transparent: white shows through
    wanted += [(90, 80, 70), (255,) * 3, (156,) * 3, (1, 2, 3)]
    np.testing.assert_allclose(every[:, 35, 35], wanted, atol=12)


def test_two_small_pictures_are_enough_and_are_stored_once(tmp_path: Path) -> None:
    for name, side in (("a.png", 20), ("b.png", 300)):
        Image.new("RGB", (side, side), (side // 2, 9, 9)).save(tmp_path / name)
    dataset = Dataset(tmp_path, (Crop(file="a.png"), Crop(file="b.png")))
    pictures = load_pictures(dataset, TINY)
    assert pictures.train.shape == pictures.held_out.shape == (2, 64, 64, 3)
    assert pictures.train.base is pictures.held_out.base


def test_pictures_and_pairs_are_resized(crops: Dataset) -> None:
    train_pictures = load_pictures(crops, TINY).train
    small = resize_images(train_pictures, 32)
    both = resize_images(np.concatenate([train_pictures, train_pictures[:, ::-1]], axis=-1), 32)
    assert np.array_equal(both[..., :3], small)
    assert np.abs(both[..., 3:].astype(int) - small[:, ::-1]).max() <= 1


@pytest.mark.slow
def test_a_run_from_the_disk_ends_with_the_bytes_of_one_from_memory(
    crops: Dataset, tmp_path: Path
) -> None:
    def arrays(config: TrainConfig, name: str) -> dict[str, bytes]:
        project = train(crops, tmp_path / name, config).project
        with np.load(status(project)["slots"][0]["path"]) as file:
            return {name: file[name].tobytes() for name in file.files if name != "manifest.json"}

    assert arrays(TINY, "memory") == arrays(ON_DISK, "disk")
    assert arrays(ON_DISK.replace(epochs=3), "memory") == arrays(TINY.replace(epochs=3), "disk")


_MEASURED = """
import json, sys
import psutil
from colab_pix2pix.config import TrainConfig
from colab_pix2pix.events import Metrics
from colab_pix2pix.workflows.pipeline import train

def listen(event):
    if isinstance(event, Metrics) and event.step in (120, 220, 320):
        print(json.dumps(psutil.Process().memory_info().rss), flush=True)

crops, run, limit = sys.argv[1:]
config = TrainConfig(image_size=64, base_filters=4, epochs=128, memory_limit=float(limit))
train(crops, run, config, on_event=listen)
"""


@pytest.mark.slow
@pytest.mark.parametrize("memory_limit", [4.0, 0.0], ids=["in memory", "on the disk"])
def test_memory_does_not_grow_with_the_steps(
    crops: Dataset, tmp_path: Path, memory_limit: float
) -> None:
    words = [str(crops.directory), str(tmp_path / "run"), str(memory_limit)]
    command = [sys.executable, "-c", _MEASURED, *words]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    memory = [json.loads(line) for line in done.stdout.splitlines()]
    grown = [after - before for before, after in itertools.pairwise(memory)]
    # A batch kept from each step would be 7 MB, each time; what is allocated once is seen once.
    assert len(grown) == 2 and min(grown) < 3e6
