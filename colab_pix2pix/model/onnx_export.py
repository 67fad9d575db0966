"""A generator as an ONNX graph, built layer by layer from Keras' own description of it.

ONNX has channels first, Keras last: the graph turns its input and its output, so that both take and
give the same arrays.

Batch normalization takes its running statistics and is folded into the convolution before it.
Dropout is left out or, for the paper's way of testing, multiplied by masks that are further inputs:
ONNX has no seeded chance.
"""

from __future__ import annotations

import json
from typing import Any

import keras
import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

_OPSET, _IR = 17, 9
#: The key under which a model's metadata stand in the file, as JSON.
METADATA_KEY = "colab_pix2pix"
WEIGHTS = ("float32", "float16", "int8")


def to_onnx(
    generator: keras.Model,
    *,
    dropout: bool = False,
    weights: str = "float32",
    metadata: dict[str, Any] | None = None,
) -> onnx.ModelProto:
    """Returns a generator of `networks.build_generator` as an ONNX model.

    Its input is `input_image`, its output `generated_image`: float32 `(batch, height, width,
    channels)` in [−1, 1], any batch.

    Args:
        generator: Made of Keras' own layers.
        dropout: True adds an input `NAME_mask` for each dropout layer: float32 `(1, channels,
            height, width)`, 0 where values are dropped and 1 / (1 − share) elsewhere.
        weights: How kernels are stored: "float32"; "float16"; or "int8", each output channel with
            a scale of its own. Computing is done in float32.
        metadata: What the file says of itself, besides the shapes of the `masks`.
    """
    graph = _Graph(dropout, weights)
    for layer in generator.layers:
        graph.add(layer)
    (end,) = generator.outputs
    graph.node("Transpose", [graph.values[id(end)]], "generated_image", perm=[0, 2, 3, 1])
    graph.store_kernels()
    shapes = {"input_image": generator.inputs[0].shape, "generated_image": end.shape}
    source, result = [
        helper.make_tensor_value_info(name, TensorProto.FLOAT, ["batch", *map(int, shape[1:])])
        for name, shape in shapes.items()
    ]
    masks = [
        helper.make_tensor_value_info(name, TensorProto.FLOAT, shape)
        for name, shape in graph.masks.items()
    ]
    nodes = graph.weight_nodes + graph.nodes
    whole = helper.make_graph(nodes, "generator", [source, *masks], [result], graph.weights)
    model = helper.make_model(
        whole, opset_imports=[helper.make_opsetid("", _OPSET)], producer_name="colab_pix2pix"
    )
    model.ir_version = _IR
    if metadata is not None:
        helper.set_model_props(model, {METADATA_KEY: json.dumps(metadata | {"masks": graph.masks})})
    onnx.checker.check_model(model)
    return model


class _Graph:
    """The nodes so far, and the name of what each Keras tensor has become."""

    def __init__(self, dropout: bool, weights: str) -> None:
        self.nodes: list[Any] = []
        self.weight_nodes: list[Any] = []  # what turns stored kernels into float32
        self.weights: list[Any] = []
        self.values: dict[int, str] = {}
        self.masks: dict[str, list[int]] = {}
        self._dropout = dropout
        self._stored_as = weights
        self._kernels: dict[str, tuple[np.ndarray, np.ndarray | None]] = {}  # by their node
        self._outputs_at: dict[str, int] = {}  # the axis of a kernel's output channels

    def node(self, kind: str, inputs: list[str], output: str, **attributes: Any) -> str:
        self.nodes.append(helper.make_node(kind, inputs, [output], name=output, **attributes))
        return output

    def weight(self, name: str, array: Any, kind: type = np.float32) -> str:
        self.weights.append(numpy_helper.from_array(np.asarray(array, kind), name))
        return name

    def store_kernels(self) -> None:
        """Adds the weights of all convolutions, once normalizations are folded into them."""
        for name, (kernel, bias) in self._kernels.items():
            self._store(f"{name}/kernel", kernel, self._outputs_at[name])
            if bias is not None:
                self.weight(f"{name}/bias", bias)
        for node in self.nodes:
            if node.name in self._kernels and self._kernels[node.name][1] is not None:
                node.input.append(f"{node.name}/bias")

    def _store(self, name: str, kernel: np.ndarray, outputs_at: int) -> None:
        if self._stored_as == "float32":
            self.weight(name, kernel)
            return
        stored, scaled = f"{name}/stored", name
        if self._stored_as == "int8":
            axes = tuple(axis for axis in range(4) if axis != outputs_at)
            scale = np.maximum(np.abs(kernel).max(axes, keepdims=True), 1e-12) / 127.0
            kernel = np.rint(kernel / scale)
            scaled = f"{name}/whole"
        self.weight(stored, kernel, np.float16 if self._stored_as == "float16" else np.int8)
        cast = helper.make_node("Cast", [stored], [scaled], name=scaled, to=TensorProto.FLOAT)
        self.weight_nodes.append(cast)
        if self._stored_as == "int8":
            factors = [scaled, self.weight(f"{name}/scale", scale)]
            self.weight_nodes.append(helper.make_node("Mul", factors, [name], name=name))

    def add(self, layer: keras.Layer) -> None:
        """Adds what a layer does."""
        if isinstance(layer, keras.layers.InputLayer):
            self.node("Transpose", ["input_image"], "channels_first", perm=[0, 3, 1, 2])
            self.values[id(layer.output)] = "channels_first"
            return
        given = layer.input if isinstance(layer.input, list) else [layer.input]
        inputs = [self.values[id(tensor)] for tensor in given]
        kinds = (f"_{kind.__name__}" for kind in type(layer).__mro__)
        add = next(getattr(self, kind) for kind in kinds if hasattr(self, kind))
        self.values[id(layer.output)] = add(layer, inputs)

    def _Conv2D(self, layer: Any, inputs: list[str]) -> str:
        return self._convolve("Conv", layer, inputs, 0)

    def _Conv2DTranspose(self, layer: Any, inputs: list[str]) -> str:
        return self._convolve("ConvTranspose", layer, inputs, 1)

    def _convolve(self, kind: str, layer: Any, inputs: list[str], outputs_at: int) -> str:
        name, strides = layer.name, list(layer.strides)
        kernel = np.transpose(layer.kernel, (3, 2, 0, 1))
        # What "same" comes to for a kernel of 4: one pixel around, or one before and two after.
        pads = [1, 1, 1, 1] if strides == [2, 2] else [1, 1, 2, 2]
        if strides == [2, 2] and (1, 1) in (layer.input.shape[1:3], layer.output.shape[1:3]):
            # Between 2×2 pixels and one, the kernel's border meets nothing but padding: without
            # it the two innermost layers, most of a small network, take a quarter of the room.
            kernel, pads = kernel[:, :, 1:3, 1:3], [0, 0, 0, 0]
        self._kernels[name] = kernel, np.asarray(layer.bias) if layer.use_bias else None
        self._outputs_at[name] = outputs_at
        return self.node(kind, [*inputs, f"{name}/kernel"], name, strides=strides, pads=pads)

    def _BatchNormalization(self, layer: Any, inputs: list[str]) -> str:
        # A convolution and what follows it are one: (Wx + b − mean) · factor + beta.
        (convolution,) = inputs
        kernel, bias = self._kernels[convolution]
        factor = np.asarray(layer.gamma) / np.sqrt(
            np.asarray(layer.moving_variance) + layer.epsilon
        )
        before = 0.0 if bias is None else bias
        shape = [-1 if axis == self._outputs_at[convolution] else 1 for axis in range(4)]
        self._kernels[convolution] = (
            kernel * factor.reshape(shape),
            (before - np.asarray(layer.moving_mean)) * factor + np.asarray(layer.beta),
        )
        return convolution

    def _GroupNormalization(self, layer: Any, inputs: list[str]) -> str:
        weights = [self.weight(f"{layer.name}/{n}", getattr(layer, n)) for n in ("gamma", "beta")]
        name, epsilon = layer.name, layer.epsilon
        return self.node("InstanceNormalization", inputs + weights, name, epsilon=epsilon)

    def _UpSampling2D(self, layer: Any, inputs: list[str]) -> str:
        scales = self.weight(f"{layer.name}/scales", [1, 1, *layer.size])
        attributes = {"mode": "nearest", "nearest_mode": "floor"}
        attributes |= {"coordinate_transformation_mode": "asymmetric"}
        return self.node("Resize", [*inputs, "", scales], layer.name, **attributes)

    def _LeakyReLU(self, layer: Any, inputs: list[str]) -> str:
        return self.node("LeakyRelu", inputs, layer.name, alpha=float(layer.negative_slope))

    def _ReLU(self, layer: Any, inputs: list[str]) -> str:
        return self.node("Relu", inputs, layer.name)

    def _Dropout(self, layer: Any, inputs: list[str]) -> str:
        if not self._dropout:
            return inputs[0]
        mask = f"{layer.name}_mask"
        _, height, width, channels = layer.output.shape
        self.masks[mask] = [1, channels, height, width]
        return self.node("Mul", [*inputs, mask], layer.name)

    def _Concatenate(self, layer: Any, inputs: list[str]) -> str:
        return self.node("Concat", inputs, layer.name, axis=1)

    def _Activation(self, layer: Any, inputs: list[str]) -> str:
        return self.node("Tanh", inputs, f"{layer.name}_tanh")
