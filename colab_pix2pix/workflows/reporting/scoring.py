"""How well a saved state does on held-out crops: its scores, and what it makes of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from ...config import TrainConfig
from ...dataset.manifest import Crop, Dataset
from ...images import resize_images
from ...model.tf_logging import silence_stderr
from ...spacing import evenly_spaced
from ...training.data import decode_crops

if TYPE_CHECKING:
    from ...model.trained import Trained
    from ...training.evaluation import PictureScores

MOST_CROPS = 100
_MOST_FOLLOWED = 32
AS_IT_IS = "as they are"
#: The light in which a model is asked to follow: name -> (factor, offset) of an input in [-1, 1].
LIGHTS = {AS_IT_IS: (1.0, 0.0), "made darker": (0.8, -0.3), "made brighter": (0.8, 0.3)}
_BATCH = 8

#: Input images to generated images, both float32 in [-1, 1].
Generate = Callable[[np.ndarray], np.ndarray]


@dataclass(frozen=True)
class HeldOutCrops:
    """Crops to measure on.

    Attributes:
        crops: What is known of each.
        pictures: As `decode_crops` gives them.
        input_image: What the generator is fed: float32 `(count, height, width, channels)`.
        shown_input: The same as people see it: uint8 RGB, as large as what is made of it.
        target: The real pictures: uint8 `(count, height, width, 3)`.
    """

    crops: Sequence[Crop]
    pictures: np.ndarray
    input_image: np.ndarray
    shown_input: np.ndarray
    target: np.ndarray


@dataclass(frozen=True)
class Measured:
    """What a saved state does.

    Attributes:
        scores: Of each crop.
        follow: A light -> see `training.evaluation.follow_error`; {} where that has no meaning.
        flicker: See `training.evaluation.change_under_noise`.
        made: What it makes of the crops: uint8 `(count, height, width, 3)`.
    """

    scores: PictureScores
    follow: dict[str, float]
    flicker: float
    made: np.ndarray


def read_crops(dataset: Dataset, crops: Sequence[Crop], config: TrainConfig) -> HeldOutCrops:
    """Returns crops as the generator is fed with them, and as they really are.

    Raises:
        DatasetError: one can't be read.
    """
    with silence_stderr():  # of TensorFlow, which is loaded here
        from ...model import conditions

    pictures = decode_crops(dataset, crops, config.image_size)
    input_image, _ = conditions.make_pair(conditions.encode_image(pictures), config)
    size = config.made_size
    seen = conditions.decode_image(input_image).numpy()
    rgb = np.broadcast_to(seen, (*seen.shape[:-1], 3))
    return HeldOutCrops(
        crops,
        pictures,
        input_image=np.asarray(input_image),
        shown_input=resize_images(rgb, size),
        target=resize_images(pictures[..., :3], size),
    )


def count_generated(crops: HeldOutCrops, config: TrainConfig) -> int:
    """Returns how many pictures `measure` makes."""
    from ...training.evaluation import STILLS

    others = [light for light in lights(config) if light != AS_IT_IS]
    stills = 2 * min(STILLS, len(crops.crops))
    return len(crops.crops) + len(others) * len(followed(crops)) + stills


def followed(crops: HeldOutCrops) -> np.ndarray:
    """Returns the indices of the crops that are looked at in each light."""
    return np.unique(evenly_spaced(len(crops.crops), _MOST_FOLLOWED))


def measure(
    trained: Trained, mode: str, crops: HeldOutCrops, on_made: Callable[[int], None]
) -> Measured:
    """Runs a generator over crops and scores what it makes.

    Args:
        trained: The generator and its options.
        mode: "inference" or "paper".
        crops: What to run it on.
        on_made: Told the number of pictures made, again and again.
    """
    from ...model.conditions import decode_image, encode_image, make_pair
    from ...training.evaluation import change_under_noise, follow_error

    def make_input(image: Any) -> np.ndarray:
        return np.asarray(make_pair(image, trained.config)[0])

    generate, some = _generator(trained, mode, on_made), followed(crops)
    generated_image, follow = generate(crops.input_image), {}
    for light in lights(trained.config):
        fed, made = crops.input_image[some], generated_image[some]
        if light != AS_IT_IS:
            fed = _in_light(fed, light)
            made = generate(fed)
        follow[light] = follow_error(fed, made, trained.config)
    flicker = change_under_noise(generate, encode_image(crops.pictures), make_input)
    made = decode_image(generated_image).numpy()
    return Measured(score(crops.target, generated_image), follow, flicker, made)


def score(target: np.ndarray, generated_image: np.ndarray) -> PictureScores:
    """Returns the scores of generated images, one by one.

    Args:
        target: The real ones: uint8 `(count, height, width, 3)`.
        generated_image: float32 in [-1, 1], the same shape.
    """
    from ...model.conditions import encode_image
    from ...training.evaluation import PictureScores, score_pictures

    pairs = zip(_blocks(target), _blocks(generated_image), strict=True)
    parts = [score_pictures(encode_image(real), made) for real, made in pairs]
    return PictureScores(*(np.concatenate(column) for column in zip(*parts, strict=True)))


def lights(config: TrainConfig) -> list[str]:
    """Returns in which light it can be measured how well a model with these options follows.

    Partners of pairs can't be made from a picture; a drawing is as dark as its pen.
    """
    if config.condition == "paired":
        return []
    return [light for light in LIGHTS if light == AS_IT_IS or config.varied_light]


def _in_light(input_image: np.ndarray, name: str) -> np.ndarray:
    factor, offset = LIGHTS[name]
    return np.clip(factor * input_image + offset, -1.0, 1.0).astype(np.float32)


def _generator(trained: Trained, mode: str, on_made: Callable[[int], None]) -> Generate:
    from ...model.inference_mode import with_mode

    generator, training = with_mode(trained.generator, mode), mode == "paper"

    def generate(input_image: np.ndarray) -> np.ndarray:
        made = []
        for block in _blocks(input_image):
            made.append(np.asarray(generator(block, training=training)))
            on_made(len(block))
        return np.concatenate(made)

    return generate


def _blocks(images: np.ndarray) -> Iterator[np.ndarray]:
    for start in range(0, len(images), _BATCH):
        yield images[start : start + _BATCH]
