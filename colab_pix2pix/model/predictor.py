"""A trained generator as a function from pictures to pictures."""

from __future__ import annotations

import keras
import numpy as np
import tensorflow as tf

from ..config import sides
from ..errors import TrainingError
from ..languages import _
from . import conditions, inference_mode, memory
from .trained import Trained

#: Pixels times the filters of the first layer that are computed at once: about a gigabyte.
_MOST_NUMBERS = 2**27
_BYTES_EACH = 8
#: How far the network sees to each side, in pixels of its smallest layer: each of its convolutions
#: adds at most one of them on the way down and half of one on the way up.
_SEEN = 4
_Box = tuple[int, int, int, int]  # top, left, height, width


class Predictor:
    """Turns pictures into pictures: makes the input as in training, then generates.

    Called with uint8 pictures `(batch, height, width, 3)` as a camera sees them; returns what the
    generator makes of them, uint8 RGB too. In inference mode it is the same at each call.

    Args:
        trained: What to generate with, and its options.
        mode: "inference" or "paper".
        whole: True takes pictures of any shape, the shorter side as long as that of `size`: they
            are mirrored outwards until the network can halve them, and cut off again. False takes
            those of `size`.

    Attributes:
        size: Width and height that it was trained on.
        factor: Width and height of a result, as a share of the picture's.
        name: Of the saved state and the mode, the same in each session.
    """

    def __init__(self, trained: Trained, mode: str = "inference", *, whole: bool = False) -> None:
        config = trained.config
        self.size = sides(config.image_size)
        self.factor = sides(config.made_size).width / self.size.width
        self.name = f"{trained.name}, {mode} mode{', whole' if whole else ''}"
        self._config, self._training = config, mode == "paper"
        self._multiple = 2**config.levels
        generator = inference_mode.with_mode(trained.generator, mode)
        self._local = mode == "inference" and config.normalization == "batch"
        self._run = self._compiled(inference_mode.of_any_size(generator) if whole else generator)

    def __call__(self, pictures: np.ndarray) -> np.ndarray:
        image = conditions.encode_image(tf.constant(pictures))
        input_image, box = self._mirrored_outwards(conditions.make_input(image, self._config))
        generated_image = tf.image.crop_to_bounding_box(self._generated(input_image), *box)
        result: np.ndarray = conditions.decode_image(generated_image).numpy()
        return result

    def _generated(self, input_image: tf.Tensor) -> tf.Tensor:
        """Runs the network: on all at once, on one picture after another, or on tiles of each.

        Tiles overlap by as far as the network sees, so that they give the same pixels. Where each
        picture is normalized by its own mean, a pixel depends on all others: then it is one piece.
        """
        count, height, width, _ = input_image.shape
        most = max(1, _MOST_NUMBERS // self._config.base_filters)  # pixels
        try:
            if count > 1 and count * height * width > most:
                return tf.concat([self._generated(image[tf.newaxis]) for image in input_image], 0)
            if count * height * width > most and self._local:
                return self._in_tiles(input_image, most)
            if count * height * width > most:
                _check_memory(height * width * self._config.base_filters, width, height)
            return self._run(input_image)
        except tf.errors.ResourceExhaustedError as error:
            raise _too_large(width, height) from error

    def _in_tiles(self, input_image: tf.Tensor, most: int) -> tf.Tensor:
        axis = 1 if input_image.shape[1] > input_image.shape[2] else 2
        length, other = input_image.shape[axis], input_image.shape[3 - axis]
        margin = _SEEN * self._multiple
        step = max(most // other - 2 * margin, margin) // self._multiple * self._multiple
        results = []
        for begin in range(0, length, step):
            end = min(begin + step, length)
            low, high = max(0, begin - margin), min(length, end + margin)
            tile = tf.gather(input_image, tf.range(low, high), axis=axis)
            kept = tf.range(round((begin - low) * self.factor), round((end - low) * self.factor))
            results.append(tf.gather(self._run(tile), kept, axis=axis))
        return tf.concat(results, axis)

    def _compiled(self, generator: keras.Model) -> tf.types.experimental.GenericFunction:
        @tf.function(reduce_retracing=True, autograph=False)  # type: ignore[untyped-decorator]
        def compiled(input_image: tf.Tensor) -> tf.Tensor:
            return generator(input_image, training=self._training)

        return compiled

    def _mirrored_outwards(self, input_image: tf.Tensor) -> tuple[tf.Tensor, _Box]:
        """Returns images with sides that can be halved, and where in the result they lie."""
        height, width = input_image.shape[1:3]
        pads = [-side % self._multiple for side in (height, width)]
        before = [pad // 2 for pad in pads]
        around = [(first, pad - first) for first, pad in zip(before, pads, strict=True)]
        if any(pads):
            input_image = tf.pad(input_image, [(0, 0), *around, (0, 0)], "SYMMETRIC")
        top, left, height, width = (round(n * self.factor) for n in (*before, height, width))
        return input_image, (top, left, height, width)


def _check_memory(numbers: int, width: int, height: int) -> None:
    """Refuses what the memory of a CPU can't hold: the system would end the process, silently."""
    on_gpu = bool(tf.config.get_visible_devices("GPU"))  # which says by itself that it is full
    if not on_gpu and numbers * _BYTES_EACH > memory.available_bytes():
        raise _too_large(width, height)


def _too_large(width: int, height: int) -> TrainingError:
    return TrainingError(
        _(
            "There is too little memory for a picture of {width}x{height} pixels at once.",
            width=width,
            height=height,
        ),
        why=_("The network looks at all of it."),
        fix=_("Use its centre (without `whole`), or pictures that are less long."),
    )
