"""Held-out crops out of a run's own archive, for who has a trained model and no dataset."""

from __future__ import annotations

import io
import tempfile
from pathlib import Path

import numpy as np
from PIL import Image

from ..config import TrainConfig
from ..dataset.archive import unpack
from ..errors import DatasetError
from ..project import Project
from ..spacing import evenly_chosen


def pictures(project: Project, config: TrainConfig, most: int) -> np.ndarray:
    """Returns a few held-out crops as evaluation sees them.

    Args:
        project: A run whose crops are packed.
        config: Of the run.
        most: How many at the most.

    Returns:
        uint8 `(count, image_size, image_size, 3)`; 6 channels for pairs.

    Raises:
        DatasetError: the run has no crops.
    """
    from ..training.data import split_crops

    if not project.dataset_zip.exists():
        raise DatasetError(
            f"{project.path} has no dataset.zip.",
            why="Its held-out crops are what a model is measured on.",
            fix="Train once more with its crops, a few epochs longer: that packs them.",
        )
    with tempfile.TemporaryDirectory() as temp_dir:
        dataset = unpack(project.dataset_zip, Path(temp_dir) / "crops")
        _, held_out = split_crops(dataset, config)
        chosen = evenly_chosen(held_out, most)  # of all times of the day
        files = [[dataset.directory / file for file in crop.files] for crop in chosen]
        return np.stack([_decoded(files_of_one, config.image_size) for files_of_one in files])


def _decoded(files: list[Path], size: int) -> np.ndarray:
    from ..images import read_square

    return np.concatenate([read_square(file, size) for file in files], axis=-1)


def brightest(some: np.ndarray, config: TrainConfig) -> bytes:
    """Returns the brightest of `pictures`, as a camera would have seen it, as a JPEG file."""
    seen = some[..., 3:] if config.condition == "paired" else some[..., :3]
    stream = io.BytesIO()
    Image.fromarray(max(seen, key=np.mean)).save(stream, "JPEG", quality=90)
    return stream.getvalue()
