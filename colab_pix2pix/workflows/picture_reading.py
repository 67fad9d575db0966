"""Which pictures a model is applied to, and their reading ahead; what can't be read is left out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import numpy as np

from ..errors import DatasetError
from ..filenames import IMAGE_KINDS, WRITTEN_SUFFIXES, output_file, output_folder
from ..images import LeftOut, list_folder
from ..languages import N_, _

#: A picture and the file that its result goes to.
Task = tuple[Path, Path]


def readable(
    tasks: Sequence[Task], read: Callable[[Path], np.ndarray], left_out: LeftOut
) -> Iterator[tuple[Task, np.ndarray]]:
    """Gives the pictures that can be read with their tasks, in order, several decoded at a time.

    Raises:
        DatasetError: one can't be read, and the work is strict.
    """
    from ..training.image_store import side_by_side

    def decode(task: Task) -> np.ndarray | DatasetError:
        try:
            return read(task[0])
        except DatasetError as error:
            return error

    for task, picture in zip(tasks, side_by_side(decode, tasks), strict=True):
        if isinstance(picture, DatasetError):
            left_out.add(str(task[0]), picture)
        else:
            yield task, picture


def pairs_of(source: Path, target: Path | str) -> list[tuple[Path, Path]]:
    """Returns each picture at `source` with the file that its result goes to; see `apply.apply`.

    Raises:
        OptionError: nothing can be written there; see `filenames.output_file`.
        DatasetError: there is none.
    """
    if source.is_dir():
        target = output_folder(target, (*WRITTEN_SUFFIXES, ".mp4"))
        found = list_folder(source).files
        names = _names([path.relative_to(source) for path in found])
        pairs = [(path, target / name) for path, name in zip(found, names, strict=True)]
    else:
        pairs = [(source, source)] if source.is_file() else []
    if not pairs:
        raise DatasetError(
            _("There is no picture and no video at {path}.", path=source),
            why=_(
                "Expected a picture, such as {kinds}, a folder of them or a video.",
                kinds=_(IMAGE_KINDS),
            ),
            fix=_("Look for a typing error."),
        )
    if source.is_dir():
        return pairs
    return [(source, output_file(target, source.stem, WRITTEN_SUFFIXES, what=N_("the picture")))]


def _names(found: Sequence[Path]) -> list[str]:
    """Returns a path for each result; pictures that differ in their suffix alone keep it."""
    stems = Counter(path.with_suffix("") for path in found)
    alone = {path: stems[path.with_suffix("")] == 1 for path in found}
    return [str(p.parent / f"{p.stem if alone[p] else p.name}.png") for p in found]
