"""A generator as the paper tests it (Isola et al., arXiv 1611.07004, section 3.4)."""

from __future__ import annotations

from typing import Any

import keras


def in_paper_mode(generator: keras.Model) -> keras.Model:
    """Returns a generator that normalizes by the picture itself and keeps its dropout.

    The paper does so at test time, with one picture at a time. Batch normalization becomes instance
    normalization with the same weights: the same for one picture, and pictures of a batch do not
    change each other. Dropout works when the result is called with `training=True`.

    Args:
        generator: Made of Keras' own layers; it is not changed.
    """

    def alike(layer: keras.Layer) -> keras.Layer:
        if not isinstance(layer, keras.layers.BatchNormalization):
            return type(layer).from_config(layer.get_config())
        return _PictureNormalization(
            groups=-1, epsilon=layer.epsilon, dtype=layer.dtype_policy, name=layer.name
        )

    made = keras.models.clone_model(generator, clone_function=alike)
    for layer in generator.layers:
        weights = layer.get_weights()
        # Of a batch normalization, the scale and the shift: its running statistics are not needed.
        made.get_layer(layer.name).set_weights(weights[: len(made.get_layer(layer.name).weights)])
    return made


class _PictureNormalization(keras.layers.GroupNormalization):  # type: ignore[misc]
    """Stands where a batch normalization stood, and is called as that was."""

    def call(self, inputs: Any, training: bool | None = None, mask: Any = None) -> Any:
        return super().call(inputs)
