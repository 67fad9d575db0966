"""A generator as an ONNX graph, built layer by layer from Keras' own description of it.

ONNX has channels first, Keras last: the graph turns its input and its output, so that both take and
give the same arrays. Normalizations are those of inference; dropout is left out.
"""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

_OPSET, _IR = 17, 9


def to_onnx(generator: keras.Model) -> onnx.ModelProto:
    """Returns a generator of `networks.build_generator` as an ONNX model.

    Its input is `input_image`, its output `generated_image`: float32 `(batch, height, width,
    channels)` in [−1, 1], any batch.
    """
    graph = _Graph()
    for layer in generator.layers:
        graph.add(layer)
    (end,) = generator.outputs
    graph.node("Transpose", [graph.values[id(end)]], "generated_image", perm=[0, 2, 3, 1])
    shapes = {"input_image": generator.inputs[0].shape, "generated_image": end.shape}
    ends = [
        helper.make_tensor_value_info(name, TensorProto.FLOAT, ["batch", *map(int, shape[1:])])
        for name, shape in shapes.items()
    ]
    made = helper.make_graph(graph.nodes, "generator", ends[:1], ends[1:], graph.weights)
    model = helper.make_model(
        made, opset_imports=[helper.make_opsetid("", _OPSET)], producer_name="colab_pix2pix"
    )
    model.ir_version = _IR
    onnx.checker.check_model(model)
    return model


class _Graph:
    """The nodes so far, and the name of what each Keras tensor has become."""

    def __init__(self) -> None:
        self.nodes: list[Any] = []
        self.weights: list[Any] = []
        self.values: dict[int, str] = {}

    def node(self, kind: str, inputs: list[str], output: str, **about: Any) -> str:
        self.nodes.append(helper.make_node(kind, inputs, [output], name=output, **about))
        return output

    def weight(self, name: str, array: Any) -> str:
        self.weights.append(numpy_helper.from_array(np.asarray(array, np.float32), name))
        return name

    def add(self, layer: keras.Layer) -> None:
        """Adds what a layer does."""
        if isinstance(layer, keras.layers.InputLayer):
            self.node("Transpose", ["input_image"], "channels_first", perm=[0, 3, 1, 2])
            self.values[id(layer.output)] = "channels_first"
            return
        given = layer.input if isinstance(layer.input, list) else [layer.input]
        inputs = [self.values[id(tensor)] for tensor in given]
        add = getattr(self, f"_{type(layer).__name__}")
        self.values[id(layer.output)] = add(layer, inputs)

    def _Conv2D(self, layer: Any, inputs: list[str]) -> str:
        return self._convolve("Conv", layer, inputs, (3, 2, 0, 1))

    def _Conv2DTranspose(self, layer: Any, inputs: list[str]) -> str:
        return self._convolve("ConvTranspose", layer, inputs, (3, 2, 0, 1))

    def _convolve(
        self, kind: str, layer: Any, inputs: list[str], order: tuple[int, int, int, int]
    ) -> str:
        weights = [self.weight(f"{layer.name}/kernel", np.transpose(layer.kernel, order))]
        if layer.use_bias:
            weights.append(self.weight(f"{layer.name}/bias", layer.bias))
        # What "same" comes to for a kernel of 4: one pixel around, or one before and two after.
        strides = list(layer.strides)
        pads = [1, 1, 1, 1] if strides == [2, 2] else [1, 1, 2, 2]
        return self.node(kind, inputs + weights, layer.name, strides=strides, pads=pads)

    def _BatchNormalization(self, layer: Any, inputs: list[str]) -> str:
        names = ("gamma", "beta", "moving_mean", "moving_variance")
        weights = [self.weight(f"{layer.name}/{n}", getattr(layer, n)) for n in names]
        return self.node("BatchNormalization", inputs + weights, layer.name, epsilon=layer.epsilon)

    def _GroupNormalization(self, layer: Any, inputs: list[str]) -> str:
        weights = [self.weight(f"{layer.name}/{n}", getattr(layer, n)) for n in ("gamma", "beta")]
        name, epsilon = layer.name, layer.epsilon
        return self.node("InstanceNormalization", inputs + weights, name, epsilon=epsilon)

    def _UpSampling2D(self, layer: Any, inputs: list[str]) -> str:
        scales = self.weight(f"{layer.name}/scales", [1, 1, *layer.size])
        about = {"mode": "nearest", "nearest_mode": "floor"}
        about |= {"coordinate_transformation_mode": "asymmetric"}
        return self.node("Resize", [*inputs, "", scales], layer.name, **about)

    def _LeakyReLU(self, layer: Any, inputs: list[str]) -> str:
        return self.node("LeakyRelu", inputs, layer.name, alpha=float(layer.negative_slope))

    def _ReLU(self, layer: Any, inputs: list[str]) -> str:
        return self.node("Relu", inputs, layer.name)

    def _Dropout(self, layer: Any, inputs: list[str]) -> str:
        return inputs[0]

    def _Concatenate(self, layer: Any, inputs: list[str]) -> str:
        return self.node("Concat", inputs, layer.name, axis=1)

    def _Activation(self, layer: Any, inputs: list[str]) -> str:
        return self.node("Tanh", inputs, f"{layer.name}_tanh")
