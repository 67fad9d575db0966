"""What people see of a generator, as numbers: near to the real pictures, crisp, and obedient.

Images are float32 `(count, size, size, channels)` in [−1, 1]; every score of a difference is given
for brightness from 0 to 1.
"""

from __future__ import annotations

import statistics
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import numpy as np
import tensorflow as tf
from quality_perception import Perception

from colab_pix2pix.training.evaluation import change_under_noise

Generate = Callable[[tf.Tensor], tf.Tensor]
MakeInput = Callable[[tf.Tensor], tf.Tensor]

_BATCH = 16
_PERIODS = (2, 4, 8)  # pixels: the strides of the last three layers, one after another
_HERE = np.zeros((1, 2), int)  # offsets in the spectrum
_AROUND = np.array(
    [(y, x) for y in range(-3, 4) for x in range(-3, 4) if max(abs(y), abs(x)) >= 2]
)  # the fading spreads a frequency over its neighbours: those are left out
_SCALE_WEIGHTS = (0.0448, 0.2856, 0.3001, 0.2363, 0.1333)  # Wang et al. 2003
_WINDOW = 11  # pixels, of SSIM


@dataclass(frozen=True)
class TestSet:
    """What every rival is asked.

    Attributes:
        real_image: Held-out crops of the video that is trained on.
        foreign_image: Held-out crops of other videos.
        make_input: What the generator is fed of a picture.
        perception: Tells how different pictures look; None leaves that out.
    """

    real_image: tf.Tensor
    foreign_image: tf.Tensor
    make_input: MakeInput
    perception: Perception | None


def score(generate: Generate, test: TestSet) -> dict[str, float]:
    """Returns all scores of a generator in its test mode."""
    input_image = test.make_input(test.real_image)
    made = in_batches(generate, input_image)
    foreign_input = test.make_input(test.foreign_image)
    foreign_blur = test.make_input(in_batches(generate, foreign_input))

    def follow(shown: tf.Tensor) -> float:
        shown = tf.clip_by_value(shown, -1.0, 1.0)
        return _difference(test.make_input(in_batches(generate, shown)), shown)

    perceived = {}
    if test.perception:
        perceived["distance"] = test.perception.distance(made, test.real_image)
    return (
        perceived
        | grid(made, test.real_image)
        | {
            "l1": _difference(made, test.real_image),
            "ssim": _ssim(made, test.real_image),
            "ms_ssim": _ms_ssim(made, test.real_image),
            "sharpness": _gradient_energy(made) / _gradient_energy(test.real_image),
            "follow_own": _difference(test.make_input(made), input_image),
            "follow_dark": follow(0.8 * input_image - 0.3),
            "follow_bright": follow(0.8 * input_image + 0.3),
            "follow_foreign": _difference(foreign_blur, foreign_input),
            "collapse": _spread(foreign_blur) / _spread(foreign_input),
            "flicker": change_under_noise(
                partial(in_batches, generate), test.real_image, test.make_input
            ),
        }
    )


def in_batches(generate: Generate, input_image: tf.Tensor) -> tf.Tensor:
    """Returns the generated images of any number of input images, as float32."""
    starts = range(0, len(input_image), _BATCH)
    made = [generate(input_image[start : start + _BATCH]) for start in starts]
    return tf.cast(tf.concat(made, axis=0), tf.float32)


def grid(image: tf.Tensor, real_image: tf.Tensor) -> dict[str, float]:
    """Returns how much of patterns that repeat every 2, 4 or 8 pixels there is against real images.

    Both are means of the three periods' shares: natural pictures have so little of the shortest
    ones that a sum would not tell.

    Returns:
        `grid`: their energy against the real images'. A soft image has less of all energy and may
        hide a grid. `weave`: how far that energy stands out of that of the frequencies around it,
        against the same of the real images; soft or sharp does not count there.
    """
    own, real = _spectrum(image), _spectrum(real_image)

    def mean(measure: Callable[[np.ndarray, int], float]) -> float:
        return statistics.mean(measure(own, period) / measure(real, period) for period in _PERIODS)

    def standing_out(spectrum: np.ndarray, period: int) -> float:
        return _energy(spectrum, period, _HERE) / _energy(spectrum, period, _AROUND)

    return {
        "grid": mean(lambda spectrum, period: _energy(spectrum, period, _HERE)),
        "weave": mean(standing_out),
    }


def _spectrum(image: tf.Tensor) -> np.ndarray:
    """Returns the mean energy of each frequency: float64 `(size, size)`."""
    grey = _grey(image).numpy()[..., 0]
    size = grey.shape[1]
    fade = np.hanning(size + 1)[:-1]  # else the jump from edge to edge is energy, too
    weights = np.outer(fade, fade)
    mean = (grey * weights).sum((1, 2), keepdims=True) / weights.sum()
    spectrum: np.ndarray = (np.abs(np.fft.fft2((grey - mean) * weights)) ** 2).mean(0)
    return spectrum


def _energy(spectrum: np.ndarray, period: int, offsets: np.ndarray) -> float:
    """Returns the mean energy at some offsets from a period across, along and diagonally."""
    size = len(spectrum)
    places = (size // period) * np.array([[0, 1], [1, 0], [1, 1], [1, -1]])
    rows, columns = (places[:, np.newaxis] + offsets).reshape(-1, 2).T % size
    return float(spectrum[rows, columns].mean())


def _difference(image: tf.Tensor, other: tf.Tensor) -> float:
    return float(tf.reduce_mean(tf.abs(image - other))) / 2.0


def _ssim(image: tf.Tensor, other: tf.Tensor) -> float:
    # Of values from 0 on: around 0 its ratios of brightness mean nothing.
    return float(tf.reduce_mean(tf.image.ssim((image + 1.0) / 2.0, (other + 1.0) / 2.0, 1.0)))


def _ms_ssim(image: tf.Tensor, other: tf.Tensor) -> float:
    """Returns MS-SSIM with as many of its five scales as the window fits in."""
    scales = sum(image.shape[1] >> scale >= _WINDOW for scale in range(len(_SCALE_WEIGHTS)))
    weights = np.array(_SCALE_WEIGHTS[:scales])
    factors = tuple(weights / weights.sum())
    pictures = (image + 1.0) / 2.0, (other + 1.0) / 2.0
    return float(tf.reduce_mean(tf.image.ssim_multiscale(*pictures, 1.0, factors)))


def _gradient_energy(image: tf.Tensor) -> float:
    down, across = tf.image.image_gradients(_grey(image))
    return float(tf.reduce_mean(down**2 + across**2))


def _spread(image: tf.Tensor) -> float:
    """Returns how much pictures differ from one another: 0 when all are the same."""
    return float(tf.reduce_mean(tf.math.reduce_std(image, axis=0)))


def _grey(image: tf.Tensor) -> tf.Tensor:
    return tf.image.rgb_to_grayscale(image)
