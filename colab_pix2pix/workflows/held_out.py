"""Held-out crops out of a run's own archive, for who has a trained model and no dataset."""

from __future__ import annotations

import io
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
from PIL import Image

from ..config import TrainConfig
from ..dataset.archive import unpack
from ..dataset.manifest import Dataset
from ..errors import DatasetError
from ..images import resize_images
from ..languages import _
from ..litter import temp_folder
from ..project import Project
from ..spacing import evenly_chosen


def pictures(
    project: Project, config: TrainConfig, most: int, *, chosen: bool = False
) -> np.ndarray:
    """Returns a few held-out crops as evaluation sees them.

    Args:
        project: A run whose crops are packed.
        config: Of the run.
        most: How many at the most.
        chosen: Take those that a person has chosen for the samples, where there are some.

    Returns:
        uint8 `(count, height, width, 3)`; 6 channels for pairs.

    Raises:
        DatasetError: the run has no crops.
    """
    from ..training.data import decode_crops, sample_pictures, split_crops

    with unpacked(project) as dataset:
        samples = sample_pictures(dataset, project, config) if chosen else None
        if samples is not None:
            return samples[:most]
        _, held_out = split_crops(dataset, config)
        # Evenly: of all times of the day.
        return decode_crops(dataset, evenly_chosen(held_out, most), config.image_size)


@contextmanager
def unpacked(project: Project) -> Iterator[Dataset]:
    """Gives the crops of a run's archive, in a folder that goes with the block.

    Raises:
        DatasetError: the run has no crops, or its archive is damaged.
    """
    if not project.dataset_zip.exists():
        raise DatasetError(
            _("{path} has no dataset.zip.", path=project.path),
            why=_("Its held-out crops are what a model is measured on."),
            fix=_("Train once more with its crops, a few epochs longer: that packs them."),
        )
    with temp_folder() as temp_dir:
        folder = temp_dir / "crops"
        try:
            yield unpack(project.dataset_zip, folder)
        except DatasetError as error:
            raise error.renamed(folder, project.dataset_zip) from error


def made_up(config: TrainConfig, count: int) -> np.ndarray:
    """Returns pictures of soft colours in place of `pictures`, where a run's crops are lost.

    The same each time; uint8 `(count, height, width, 3)`, or 6 channels for pairs.
    """
    channels = 6 if config.condition == "paired" else 3
    coarse = np.random.default_rng(0).integers(0, 256, (count, 8, 8, channels), np.uint8)
    return resize_images(coarse, config.image_size)


def brightest(some: np.ndarray, config: TrainConfig) -> bytes:
    """Returns the brightest of `pictures`, as a camera would have seen it, as a JPEG file."""
    seen = some[..., 3:] if config.condition == "paired" else some[..., :3]
    stream = io.BytesIO()
    Image.fromarray(max(seen, key=np.mean)).save(stream, "JPEG", quality=90)
    return stream.getvalue()
