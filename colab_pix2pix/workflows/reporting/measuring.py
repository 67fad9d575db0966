"""What each saved state makes of the held-out crops: measured, compared, the extremes picked."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from ...config import Sides, TrainConfig
from ...dataset.manifest import Crop, Dataset
from ...errors import CheckpointError, OptionError
from ...events import OnEvent, Progress
from ...images import read_centre
from ...languages import _
from ...project import Project
from ...spacing import evenly_chosen, evenly_spaced
from . import scoring
from .nearest import Nearest, find_nearest
from .scoring import HeldOutCrops, Measured

if TYPE_CHECKING:
    from ...storage.slots import Generation
    from ...training.evaluation import PictureScores

_MOST_SHOWN = 4  # of the best, and of the worst


@dataclass(frozen=True)
class ShownCrop:
    """A crop to look at. All pictures are uint8 RGB `(height, width, 3)`.

    Attributes:
        crop: What is known of it.
        index: Which of the measured ones it is.
        input: What the generator is fed, as people see it.
        real: The real picture.
        made: What the generator makes.
        difference: See `difference`.
        nearest: The training picture that `made` is nearest to, where any was compared.
        nearest_picture: How that one looks.
    """

    crop: Crop
    index: int
    input: np.ndarray
    real: np.ndarray
    made: np.ndarray
    difference: np.ndarray
    nearest: Nearest | None = None
    nearest_picture: np.ndarray | None = None


@dataclass
class Pictures:
    """What was measured.

    Attributes:
        crops: The crops.
        held_out: False where there are so few that training crops had to be taken.
        mode: How the generators were used: "inference" or "paper".
        shown: The number of the generation whose pictures are shown.
        measured: Number of a generation -> what it does.
        unchanged: The scores of the inputs taken for results; None where that has no meaning.
        nearest: Of each result of the generation shown; [] where no crop is held out.
        best: Crops with the smallest differences, the smallest first.
        worst: Those with the largest, the largest first.
        notes: What is missing, a sentence each.
    """

    crops: HeldOutCrops
    held_out: bool
    mode: str = "inference"
    shown: int = 0
    measured: dict[int, Measured] = field(default_factory=dict)
    unchanged: PictureScores | None = None
    nearest: list[Nearest] = field(default_factory=list)
    best: list[ShownCrop] = field(default_factory=list)
    worst: list[ShownCrop] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def difference(real: np.ndarray, made: np.ndarray) -> np.ndarray:
    """Returns how different an eye finds the pixels of two pictures (CIEDE2000).

    1 is the smallest difference that is seen, 10 is seen at a glance, black to white is 100.

    Args:
        real: uint8 RGB `(height, width, 3)`.
        made: The same.

    Returns:
        Floats `(height, width)`.
    """
    from skimage.color import deltaE_ciede2000, rgb2lab

    result: np.ndarray = deltaE_ciede2000(rgb2lab(real), rgb2lab(made))
    return result


def measure_states(
    project: Project,
    dataset: Dataset,
    states: Sequence[Generation],
    config: TrainConfig,
    on_event: OnEvent,
) -> Pictures:
    """Returns what saved states make of the held-out crops of a run.

    Args:
        project: The run.
        dataset: Its crops.
        states: The one whose pictures are shown comes first.
        config: The options of the run.
        on_event: Told `Progress` in pictures, and the mode that is used in a `Note`.

    Raises:
        DatasetError: no crop is kept, or one can't be read.
    """
    from ...training.data import split_crops

    training, held_out = split_crops(dataset, config)
    chosen = evenly_chosen(held_out, scoring.MOST_CROPS)  # of all times of the day
    crops = scoring.read_crops(dataset, chosen, config)
    found = Pictures(crops, held_out=held_out != training)
    made = _counter(on_event, len(states) * scoring.count_generated(crops, config))
    for state in states:
        _measure_state(project, state, found, made, on_event)
    if not found.measured:
        return found
    if config.condition in ("blurred-grey", "grey"):
        inputs = crops.shown_input.astype(np.float32) / 127.5 - 1.0
        found.unchanged = scoring.score(crops.target, inputs)
    if found.held_out:
        results = found.measured[found.shown].made
        found.nearest = find_nearest(dataset, training, results, crops.target, mirrored=config.flip)
    _pick_extremes(dataset, found)
    return found


def _counter(on_event: OnEvent, total: int) -> Callable[[int], None]:
    done = 0

    def made(count: int) -> None:
        nonlocal done
        done += count
        on_event(Progress(job="report", done=done, total=total, unit="pictures"))

    return made


def _measure_state(
    project: Project,
    state: Generation,
    found: Pictures,
    made: Callable[[int], None],
    on_event: OnEvent,
) -> None:
    """Adds what a state does; a state that can't be loaded is noted and left out."""
    from ...model.trained import load_state

    try:
        trained = load_state(state)
    except (CheckpointError, OptionError) as error:
        found.notes.append(_("Generation {n} can't be used: {why}", n=state.number, why=error.what))
        return
    from ...model.inference_mode import select_inference_mode  # TensorFlow is loaded by now

    if not found.measured:
        known = project.work / "modes.json"  # as `apply` does
        few = partial(_few, found.crops.pictures)
        found.mode = select_inference_mode(trained, few, known, on_event)
        found.shown = state.number
    found.measured[state.number] = scoring.measure(trained, found.mode, found.crops, made)


def _few(pictures: np.ndarray, most: int) -> np.ndarray:
    few: np.ndarray = pictures[np.unique(evenly_spaced(len(pictures), most))]
    return few


def _pick_extremes(dataset: Dataset, found: Pictures) -> None:
    """Adds the best and the worst crops of the state that is shown, no crop twice."""
    made, target = found.measured[found.shown].made, found.crops.target
    maps = [difference(*pair) for pair in zip(target, made, strict=True)]
    order = np.argsort([one.mean() for one in maps], kind="stable")
    size = Sides(target.shape[2], target.shape[1])

    def shown(index: int) -> ShownCrop:
        nearest = found.nearest[index] if found.nearest else None
        file = dataset.directory / nearest.crop.file if nearest else None
        return ShownCrop(
            crop=found.crops.crops[index],
            index=index,
            input=found.crops.shown_input[index],
            real=target[index],
            made=made[index],
            difference=maps[index],
            nearest=nearest,
            nearest_picture=read_centre(file, size) if file else None,
        )

    half = (len(order) + 1) // 2
    best = _of_different_frames(order[:half], found.crops.crops)
    worst = _of_different_frames(order[half:][::-1], found.crops.crops)
    found.best, found.worst = [shown(index) for index in best], [shown(index) for index in worst]


def _of_different_frames(order: np.ndarray, crops: Sequence[Crop]) -> list[int]:
    """Returns the first few: of crops that were cut out of one frame, one says enough."""
    first: dict[object, int] = {}
    for index in map(int, order):
        crop = crops[index]
        first.setdefault((crop.source, crop.time) if crop.source else index, index)
    return list(first.values())[:_MOST_SHOWN]
