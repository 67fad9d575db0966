"""What a generator does on pictures that it never learned from."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import tensorflow as tf

from ..images import resize_images
from ..model import conditions
from ..model.losses import generator_l1_loss
from ..spacing import evenly_spaced
from . import artifacts

if TYPE_CHECKING:
    from ..config import TrainConfig
    from ..model.pix2pix import Pix2Pix
    from ..model.trained import Trained

_MOST_PICTURES = 32
_RANGE = 2.0  # images lie in [−1, 1]
_SSIM_WINDOW = 11  # pixels
_MS_SSIM_WEIGHTS = (0.0448, 0.2856, 0.3001, 0.2363, 0.1333)  # Wang et al. 2003
_BEST_PSNR = 100.0  # instead of infinity
_OTHER_LIGHT, _LESS_CONTRAST = 0.3, 0.8
#: The deviation of a camera's noise, as a share of black to white.
SENSOR_NOISE = 0.02
#: How much two frames of a still scene differ by that noise alone: two normal variables' mean.
NOISE_OF_THE_CAMERA = 2.0 * SENSOR_NOISE / math.pi**0.5
#: At most so many pictures are held still.
STILLS = 8


class Score(NamedTuple):
    """How close generated images come to the real ones.

    Attributes:
        l1: Mean absolute difference of images in [−1, 1]: 0 is perfect.
        ssim: Structural similarity (Wang et al. 2004): 1 is perfect, 0 has nothing in common.
        follow: Mean absolute difference of pixels in [0, 1] between the input and what is made a
            new input of the generated image; None where the input is no function of the image.
        follow_other_light: The same for inputs that are darker or brighter than the crops.
    """

    l1: float
    ssim: float
    follow: float | None = None
    follow_other_light: float | None = None


class PictureScores(NamedTuple):
    """How close each of some generated images comes to its real one; all `(count,)`.

    Attributes:
        l1: As in `Score`.
        psnr: Peak signal-to-noise ratio in decibels; 100 at the most, which is the same picture.
        ssim: Structural similarity of the pictures in [0, 1] (Wang et al. 2004).
        ms_ssim: The same at several sizes (Wang et al. 2003), see `ms_ssim_scales`.
    """

    l1: np.ndarray
    psnr: np.ndarray
    ssim: np.ndarray
    ms_ssim: np.ndarray


def ms_ssim_scales(size: int) -> int:
    """Returns at how many sizes pictures are compared: 5, or as often as they can be halved.

    SSIM looks through a window of 11 pixels, which must fit into the smallest.

    Args:
        size: The shorter side, in pixels.

    Example:
        >>> [ms_ssim_scales(size) for size in (32, 64, 128, 256, 512)]
        [2, 3, 4, 5, 5]
    """
    return sum(size >> halvings >= _SSIM_WINDOW for halvings in range(len(_MS_SSIM_WEIGHTS)))


def score_pictures(target_image: tf.Tensor, generated_image: tf.Tensor) -> PictureScores:
    """Scores images one by one.

    Args:
        target_image: Real ones: float32 `(count, height, width, 3)` in [−1, 1]; at least 11 pixels.
        generated_image: Made ones, the same shape.
    """
    weights = np.array(_MS_SSIM_WEIGHTS[: ms_ssim_scales(min(target_image.shape[1:3]))])
    both = _from_black(target_image), _from_black(generated_image)
    return PictureScores(
        l1=tf.reduce_mean(tf.abs(target_image - generated_image), axis=(1, 2, 3)).numpy(),
        psnr=np.minimum(tf.image.psnr(*both, 1.0).numpy(), _BEST_PSNR),
        ssim=tf.image.ssim(*both, 1.0).numpy(),
        ms_ssim=tf.image.ssim_multiscale(*both, 1.0, list(weights / weights.sum())).numpy(),
    )


class HeldOut:
    """A fixed choice of at most 32 held-out crops, evenly taken, ready to be fed.

    Args:
        model: What generates, for its options and its condition.
        pictures: uint8 `(count, stored height, stored width, 3)`, or 6 for pairs; see `Pictures`.
        samples: What is drawn, of the same kind; None draws a few of them.
    """

    def __init__(
        self, model: Pix2Pix | Trained, pictures: np.ndarray, samples: np.ndarray | None = None
    ) -> None:
        self._samples = samples
        chosen = np.unique(evenly_spaced(len(pictures), _MOST_PICTURES))
        self._model = model
        image = conditions.encode_image(resize_images(pictures[chosen], model.config.image_size))
        self._input_image, _ = conditions.make_pair(image, model.config)
        targets = pictures[chosen][..., :3]
        self._target = resize_images(targets, model.config.made_size)
        self._target_image = conditions.encode_image(self._target)
        self._other_light = in_other_light(self._input_image)

    def score(self) -> Score:
        """Returns the present score."""
        return self._score(self._model.generate(self._input_image))

    def draw(self) -> tuple[np.ndarray, Score]:
        """Returns a grid of a few crops (input, target, generated) and the score of all."""
        generated_image = self._model.generate(self._input_image)
        shown = np.unique(evenly_spaced(len(self._target), artifacts.GRID_PICTURES))
        input_image, made = tf.gather(self._input_image, shown), tf.gather(generated_image, shown)
        target = self._target[shown]
        if self._samples is not None:
            image = conditions.encode_image(self._samples)
            input_image, _ = conditions.make_pair(image, self._model.config)
            made = self._model.generate(input_image)
            target = resize_images(self._samples[..., :3], self._model.config.made_size)
        inputs = conditions.decode_image(input_image).numpy()
        inputs = np.broadcast_to(inputs, (*inputs.shape[:-1], 3))
        inputs = resize_images(inputs, self._model.config.made_size)
        grid = artifacts.sample_grid([inputs, target, conditions.decode_image(made).numpy()])
        return grid, self._score(generated_image)

    def _score(self, generated_image: tf.Tensor) -> Score:
        l1 = generator_l1_loss(self._target_image, generated_image)
        both = _from_black(self._target_image), _from_black(generated_image)
        ssim = tf.reduce_mean(tf.image.ssim(*both, 1.0))
        config = self._model.config
        if config.condition == "paired":
            return Score(float(l1), float(ssim))
        follow = follow_error(self._input_image, generated_image, config)
        made_of_others = self._model.generate(self._other_light)
        others = follow_error(self._other_light, made_of_others, config)
        return Score(float(l1), float(ssim), follow, others)


def _from_black(image: tf.Tensor) -> tf.Tensor:
    """Returns images in [0, 1]: SSIM compares brightnesses as ratios, so that black must be 0."""
    return (image + 1.0) / _RANGE


def in_other_light(input_image: tf.Tensor) -> tf.Tensor:
    """Returns inputs in light that no crop had: darker ones and brighter ones in turn.

    Args:
        input_image: `(batch, height, width, channels)` in [−1, 1].
    """
    sign = tf.where(tf.range(tf.shape(input_image)[0]) % 2 == 0, -1.0, 1.0)
    changed = _LESS_CONTRAST * input_image + _OTHER_LIGHT * sign[:, None, None, None]
    return tf.clip_by_value(changed, -1.0, 1.0)


def follow_error(input_image: tf.Tensor, generated_image: tf.Tensor, config: TrainConfig) -> float:
    """Returns how far generated images are from following their inputs: 0 is perfect.

    No real picture is needed for it: the input is made again, of the generated image, and compared
    with the one that was given. A network that redraws its own pictures whatever it is shown has
    0.1 and more.

    Args:
        input_image: `(batch, height, width, 1 or 3)` in [−1, 1].
        generated_image: `(batch, output height, output width, 3)` in [−1, 1].
        config: How the input is made; a condition other than paired.

    Returns:
        The mean absolute difference of pixels in [0, 1].
    """
    again = conditions.make_input(generated_image, config)
    if again.shape[1:3] != input_image.shape[1:3]:
        input_image = conditions.shrink(input_image, *again.shape[1:3])
    return float(tf.reduce_mean(tf.abs(again - input_image))) / _RANGE


def change_under_noise(
    generate: Callable[[tf.Tensor], tf.Tensor],
    image: tf.Tensor,
    make_input: Callable[[tf.Tensor], tf.Tensor],
) -> float:
    """Returns how much is made of a still picture changes when its camera's noise does.

    Args:
        generate: Input images to generated images in [−1, 1].
        image: What the camera sees: `(count, height, width, channels)` in [−1, 1]; `STILLS` of them
            are looked at.
        make_input: What the generator is fed of such a picture.

    Returns:
        The mean absolute difference of pixels in [0, 1]: 0 is perfect, `NOISE_OF_THE_CAMERA` is as
        much as two frames of that camera differ.
    """
    random = np.random.default_rng(0)
    still, made = tf.convert_to_tensor(image)[:STILLS], []
    for _ in range(2):
        noise = random.normal(0.0, _RANGE * SENSOR_NOISE, still.shape).astype(np.float32)
        noisy = tf.clip_by_value(still + noise, -1.0, 1.0)
        made.append(generate(make_input(noisy)))
    return float(tf.reduce_mean(tf.abs(made[0] - made[1]))) / _RANGE
