"""A trained generator in the formats of other programs, each loaded again and compared."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import h5py  # type: ignore[import-untyped]
import keras
import numpy as np
import tensorflow as tf

from ..errors import ExportError
from ..languages import _
from ..litter import temp_folder
from .tf_logging import quiet_work
from .weights.safetensors_files import safetensors_metadata, save_safetensors

#: Number format of the stored weights -> how far images in [−1, 1] may be off: float32 at the worst
#: pixel, the smaller ones on average.
TOLERANCES = {"float32": 1e-4, "float16": 1e-2, "int8": 2e-2}

_TIMED_SECONDS, _FEWEST_RUNS = 1.0, 3
_YOUNGER = (
    *("synchronized", "quantization_config"),
    *("renorm", "renorm_clipping", "renorm_momentum"),
)
Function = Callable[[np.ndarray], np.ndarray]


@dataclass(frozen=True, kw_only=True)
class ExportSpec:
    """How a network is written.

    Attributes:
        name: The format: keras, h5, safetensors, savedmodel, onnx or tflite.
        weights: Number format of the stored kernels; other than float32 in onnx and tflite only.
        paper: Whether the generator is one `with_mode` "paper", whose dropout is kept; onnx only.
        metadata: What an onnx file shall say of itself.
    """

    name: str
    weights: str = "float32"
    paper: bool = False
    metadata: dict[str, Any] = field(default_factory=dict)


def export_network(
    generator: keras.Model, path: Path, spec: ExportSpec, input_image: np.ndarray
) -> float:
    """Writes a generator in a format, loads it again and runs it on the same pictures.

    Args:
        generator: Made of Keras' own layers, in float32.
        path: The file or folder to write; its folder must exist.
        spec: The format and its options.
        input_image: float32 `(count, size, size, channels)` in [−1, 1], to compare on. In paper
            mode nothing is dropped in the comparison.

    Returns:
        The difference from the Keras model, in the same units: the largest one for float32
        weights, the mean for others.

    Raises:
        ExportError: it differs by more than `TOLERANCES`.
    """
    expected = np.asarray(generator(input_image, training=False))
    with quiet_work():
        _WRITERS[spec.name](generator, path, spec)
        again = _READERS[spec.name](path)(input_image)
    gap = np.abs(again - expected)
    exact = spec.weights == "float32"
    difference = float(gap.max() if exact else gap.mean())
    if difference <= TOLERANCES[spec.weights]:  # not so where it is no number
        return difference
    most = f"{TOLERANCES[spec.weights]:g}"
    raise ExportError(
        _(
            "The {name} file gives other pictures than the model: {difference} apart.",
            name=spec.name,
            difference=f"{difference:.2g}",
        ),
        why=_("Expected at most {most} at the worst pixel.", most=most)
        if exact
        else _("Expected at most {most} on average.", most=most),
        fix=_("It was not kept. Choose another format, and please report this.")
        if exact
        else _("It was not kept. Choose another format or weights of more bits."),
    )


def speed_on_one_thread(generator: keras.Model, weights: str = "float16") -> tuple[int, float]:
    """Returns how large a generator's ONNX file is, and how fast one thread here runs it.

    Args:
        generator: Made of Keras' own layers, in float32.
        weights: How the file stores them, as in `ExportSpec`.

    Returns:
        Bytes, and pictures a second, one at a time: of the fastest run, for what else the machine
        does takes time from the others.
    """
    import onnxruntime

    from .onnx_export import to_onnx

    with quiet_work():
        content = to_onnx(generator, weights=weights).SerializeToString()
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        session = onnxruntime.InferenceSession(content, options, providers=["CPUExecutionProvider"])
    image = {"input_image": np.zeros((1, *generator.inputs[0].shape[1:]), np.float32)}
    seconds: list[float] = []
    end = time.monotonic() + _TIMED_SECONDS
    while len(seconds) < _FEWEST_RUNS or time.monotonic() < end:
        began = time.perf_counter()
        session.run(None, image)
        seconds.append(time.perf_counter() - began)
    return len(content), 1.0 / min(seconds)


def _write_keras(generator: keras.Model, path: Path, spec: ExportSpec) -> None:
    generator.save(path)


def _write_h5(generator: keras.Model, path: Path, spec: ExportSpec) -> None:
    generator.save(path)
    with h5py.File(path, "r+") as file:
        config = json.loads(file.attrs["model_config"])
        file.attrs["model_config"] = json.dumps(_as_keras_2(config)).encode()


def _as_keras_2(model: dict[str, Any]) -> dict[str, Any]:
    """Returns the description of a functional model as Keras 2 writes it, which 3 reads, too."""
    config = model["config"]
    layers = [_layer_as_keras_2(layer) for layer in config["layers"]]
    ends = {name: [config[name]] for name in ("input_layers", "output_layers")}
    return {
        "class_name": model["class_name"],
        "config": {"name": config["name"], "trainable": True, "layers": layers, **ends},
    }


def _layer_as_keras_2(layer: dict[str, Any]) -> dict[str, Any]:
    config = {name: _plain(value) for name, value in layer["config"].items()}
    kind = layer["class_name"]
    if kind == "InputLayer":
        config["batch_input_shape"] = config.pop("batch_shape")
        del config["optional"]
    elif kind == "LeakyReLU":
        config["alpha"] = config.pop("negative_slope")
    # What was not there from the beginning, and is as it always was.
    config = {name: value for name, value in config.items() if name not in _YOUNGER}
    nodes = [_sources(node["args"]) for node in layer["inbound_nodes"]]
    return {"class_name": kind, "config": config, "name": layer["name"], "inbound_nodes": nodes}


def _plain(value: Any) -> Any:
    """Returns the name of a number format, and an initializer without the place of its class."""
    if not isinstance(value, dict):
        return value
    if value["class_name"] == "DTypePolicy":
        return value["config"]["name"]
    return {"class_name": value["class_name"], "config": value["config"]}


def _sources(argument: Any) -> list[list[Any]]:
    if isinstance(argument, list):
        return [source for one in argument for source in _sources(one)]
    return [[*argument["config"]["keras_history"], {}]]


def _write_safetensors(generator: keras.Model, path: Path, spec: ExportSpec) -> None:
    """Writes arrays alone, as `layer/weight`, and the order of the layers."""
    layers = [layer for layer in generator.layers if layer.weights]
    arrays = {f"{layer.name}/{w.name}": w.numpy() for layer in layers for w in layer.weights}
    network = generator.to_json()
    save_safetensors(path, arrays, [layer.name for layer in layers], network=network)


def _write_savedmodel(generator: keras.Model, path: Path, spec: ExportSpec) -> None:
    generator.export(str(path), verbose=False)


def _write_onnx(generator: keras.Model, path: Path, spec: ExportSpec) -> None:
    from .onnx_export import to_onnx

    model = to_onnx(generator, dropout=spec.paper, weights=spec.weights, metadata=spec.metadata)
    path.write_bytes(model.SerializeToString())


def _write_tflite(generator: keras.Model, path: Path, spec: ExportSpec) -> None:
    # A batch of a known size: Keras frees it again where its signature is not said, too, and
    # LiteRT.js refuses any picture then.
    shape = (1, *generator.inputs[0].shape[1:])
    one = keras.Input(batch_shape=shape, name="input_image")
    signature = [tf.TensorSpec(shape, tf.float32, name="input_image")]
    with temp_folder() as saved:  # else it makes one of its own, which outlives a kill
        model = keras.Model(one, generator(one))
        model.export(str(saved), verbose=False, input_signature=signature)
        converter = tf.lite.TFLiteConverter.from_saved_model(str(saved))
        if spec.weights != "float32":
            converter.optimizations = [tf.lite.Optimize.DEFAULT]
        if spec.weights == "float16":
            converter.target_spec.supported_types = [tf.float16]
        path.write_bytes(converter.convert())


def _read_keras(path: Path) -> Function:
    model = keras.models.load_model(path, compile=False)
    return lambda images: np.asarray(model(images, training=False))


def _read_safetensors(path: Path) -> Function:
    from .weights.pretrained import load_generator_weights

    model = keras.models.model_from_json(safetensors_metadata(path)["network"])
    load_generator_weights(model, path)
    return lambda images: np.asarray(model(images, training=False))


def _read_savedmodel(path: Path) -> Function:
    loaded = tf.saved_model.load(str(path))
    return lambda images: np.asarray(loaded.serve(tf.constant(images)))


def _read_onnx(path: Path) -> Function:
    import onnxruntime

    session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    _, *masks = session.get_inputs()
    kept = {mask.name: np.ones(mask.shape, np.float32) for mask in masks}
    return lambda images: np.asarray(session.run(None, {"input_image": images, **kept})[0])


def _read_tflite(path: Path) -> Function:
    interpreter = tf.lite.Interpreter(str(path))
    interpreter.allocate_tensors()
    (source,), (result,) = interpreter.get_input_details(), interpreter.get_output_details()

    def run(images: np.ndarray) -> np.ndarray:
        results = []
        for image in images:
            interpreter.set_tensor(source["index"], image[np.newaxis])
            interpreter.invoke()
            results.append(interpreter.get_tensor(result["index"])[0])
        return np.stack(results)

    return run


_WRITERS: dict[str, Callable[[keras.Model, Path, ExportSpec], None]] = {
    "keras": _write_keras,
    "h5": _write_h5,
    "safetensors": _write_safetensors,
    "savedmodel": _write_savedmodel,
    "onnx": _write_onnx,
    "tflite": _write_tflite,
}
_READERS: dict[str, Callable[[Path], Function]] = {
    "keras": _read_keras,
    "h5": _read_keras,
    "safetensors": _read_safetensors,
    "savedmodel": _read_savedmodel,
    "onnx": _read_onnx,
    "tflite": _read_tflite,
}
