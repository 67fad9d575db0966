"""A plain folder of pictures as a dataset: what can't be read is left out before training."""

from __future__ import annotations

import dataclasses
from concurrent.futures import ThreadPoolExecutor

from ...errors import DatasetError
from ...events import OnEvent
from ...images import LeftOut, list_folder, read_image
from ..manifest import Crop, Dataset

_WORKERS = 4  # Pillow frees the interpreter while it decodes


def without_unreadable(dataset: Dataset, *, strict: bool, on_event: OnEvent) -> Dataset:
    """Returns a dataset without the pictures that can't be read; these are named in a `Note`.

    Crops that this package has cut are taken as they are: one that is damaged is no accident of a
    collection, and training says so.

    Args:
        dataset: The crops; their folder is left as it is.
        strict: True stops at the first that can't be read.
        on_event: Told a `Note`.

    Raises:
        DatasetError: no picture can be read; or one can't, and the work is strict.
    """
    if (dataset.directory / "manifest.json").exists():
        return dataset
    left_out = LeftOut(on_event, strict=strict)
    for path, why in list_folder(dataset.directory).passed_over:
        left_out.pass_over(str(path), why)

    def problem(crop: Crop) -> DatasetError | None:
        try:
            read_image(dataset.directory / crop.file)
        except DatasetError as error:
            return error
        return None

    good: list[Crop] = []
    with ThreadPoolExecutor(_WORKERS) as pool:
        for crop, error in zip(dataset.crops, pool.map(problem, dataset.crops), strict=True):
            if error is None:
                good.append(crop)
            else:
                left_out.add(str(dataset.directory / crop.file), error)
    left_out.tell(len(good))
    return dataclasses.replace(dataset, crops=tuple(good))
