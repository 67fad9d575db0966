"""A trained generator as a function from pictures to pictures."""

from __future__ import annotations

import keras
import numpy as np
import tensorflow as tf

from . import conditions, inference_mode
from .trained import Trained

_Box = tuple[int, int, int, int]  # top, left, height, width


class Predictor:
    """Turns pictures into pictures: makes the input as in training, then generates.

    Called with uint8 pictures `(batch, height, width, 3)` as a camera sees them; returns what the
    generator makes of them, uint8 RGB too. In inference mode it is the same at each call.

    Args:
        trained: What to generate with, and its options.
        mode: "inference" or "paper".
        whole: True takes pictures of any shape whose shorter side is `size`: they are mirrored
            outwards until the network can halve them, and cut off again. False takes squares.

    Attributes:
        size: In pixels.
        factor: Width and height of a result, as a share of the picture's.
        name: Of the saved state and the mode, the same in each session.
    """

    def __init__(self, trained: Trained, mode: str = "inference", *, whole: bool = False) -> None:
        config = trained.config
        self.size = config.image_size
        self.factor = (config.output_size or config.image_size) / config.image_size
        self.name = f"{trained.name}, {mode} mode{', whole' if whole else ''}"
        self._config, self._training = config, mode == "paper"
        self._multiple = 2 ** (config.depth or config.image_size.bit_length() - 1)
        generator = inference_mode.with_mode(trained.generator, mode)
        self._run = self._compiled(inference_mode.of_any_size(generator) if whole else generator)

    def __call__(self, pictures: np.ndarray) -> np.ndarray:
        image = conditions.encode_image(tf.constant(pictures))
        input_image, box = self._mirrored_outwards(conditions.make_input(image, self._config))
        generated_image = tf.image.crop_to_bounding_box(self._run(input_image), *box)
        result: np.ndarray = conditions.decode_image(generated_image).numpy()
        return result

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
