"""A trained generator in the formats of other programs, each loaded again and compared."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from ..errors import ExportError
from .quiet import quiet_work

_TOLERANCE = 1e-4  # of images in [−1, 1], at the worst pixel

Function = Callable[[np.ndarray], np.ndarray]


def export_network(generator: keras.Model, path: Path, name: str, input_image: np.ndarray) -> float:
    """Writes a generator in a format, loads it again and runs it on the same pictures.

    Args:
        generator: Made of Keras' own layers, in float32.
        path: The file or folder to write; its folder must exist.
        name: The format: keras, h5, savedmodel, onnx or tflite.
        input_image: float32 `(count, size, size, channels)` in [−1, 1], to compare on.

    Returns:
        The largest difference from the Keras model, in the same units.

    Raises:
        ExportError: it differs by more than 1e-4, or what it needs is not installed.
    """
    expected = np.asarray(generator(input_image, training=False))
    with quiet_work():
        _WRITERS[name](generator, path)
        again = _READERS[name](path)(input_image)
    difference = float(np.abs(again - expected).max())
    if difference <= _TOLERANCE:
        return difference
    raise ExportError(
        f"The {name} file gives other pictures than the model: {difference:.2g} apart.",
        why=f"Expected at most {_TOLERANCE:g} at the worst pixel.",
        fix="It was not kept. Choose another format, and please report this.",
    )


def _write_savedmodel(generator: keras.Model, path: Path) -> None:
    generator.export(str(path), verbose=False)


def _write_onnx(generator: keras.Model, path: Path) -> None:
    _needed("onnx")
    from .onnx_graph import to_onnx

    path.write_bytes(to_onnx(generator).SerializeToString())


def _write_tflite(generator: keras.Model, path: Path) -> None:
    # TensorFlow Lite wants a batch of a known size.
    one = keras.Input(batch_shape=(1, *generator.inputs[0].shape[1:]))
    converter = tf.lite.TFLiteConverter.from_keras_model(keras.Model(one, generator(one)))
    path.write_bytes(converter.convert())


def _read_keras(path: Path) -> Function:
    model = keras.models.load_model(path, compile=False)
    return lambda images: np.asarray(model(images, training=False))


def _read_savedmodel(path: Path) -> Function:
    loaded = tf.saved_model.load(str(path))
    return lambda images: np.asarray(loaded.serve(tf.constant(images)))


def _read_onnx(path: Path) -> Function:
    _needed("onnxruntime")
    import onnxruntime

    session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    return lambda images: np.asarray(session.run(None, {"input_image": images})[0])


def _read_tflite(path: Path) -> Function:
    interpreter = tf.lite.Interpreter(str(path))
    interpreter.allocate_tensors()
    (given,), (made,) = interpreter.get_input_details(), interpreter.get_output_details()

    def run(images: np.ndarray) -> np.ndarray:
        results = []
        for image in images:
            interpreter.set_tensor(given["index"], image[np.newaxis])
            interpreter.invoke()
            results.append(interpreter.get_tensor(made["index"])[0])
        return np.stack(results)

    return run


def _needed(package: str) -> None:
    import importlib.util

    if importlib.util.find_spec(package) is None:
        raise ExportError(
            f"The format onnx needs the package {package}.",
            why="It is not installed.",
            fix="pip install 'colab-pix2pix[export]'",
        )


_WRITERS: dict[str, Callable[[Any, Path], Any]] = {
    "keras": lambda generator, path: generator.save(path),
    "h5": lambda generator, path: generator.save(path),
    "savedmodel": _write_savedmodel,
    "onnx": _write_onnx,
    "tflite": _write_tflite,
}
_READERS: dict[str, Callable[[Path], Function]] = {
    "keras": _read_keras,
    "h5": _read_keras,
    "savedmodel": _read_savedmodel,
    "onnx": _read_onnx,
    "tflite": _read_tflite,
}
