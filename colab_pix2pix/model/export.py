"""A trained generator in the formats of other programs, each loaded again and compared."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from ..errors import ExportError
from .quiet import quiet_work

#: Format -> the name of the file or folder.
FORMATS = {
    "keras": "generator.keras",
    "h5": "generator.h5",
    "savedmodel": "savedmodel",
    "onnx": "generator.onnx",
    "tflite": "generator.tflite",
}
_TOLERANCE = 1e-4  # of images in [−1, 1], at the worst pixel

Function = Callable[[np.ndarray], np.ndarray]


def export_network(
    generator: keras.Model, folder: Path, formats: Sequence[str], input_image: np.ndarray
) -> dict[str, float]:
    """Writes a generator in several formats.

    Each is loaded again and run on the same pictures before it goes to its place; one that differs
    is not kept.

    Args:
        generator: Made of Keras' own layers, in float32.
        folder: Where the files go; it must exist. Older ones of the same format are replaced.
        formats: Names out of `FORMATS`.
        input_image: float32 `(count, size, size, channels)` in [−1, 1], to compare on.

    Returns:
        The largest difference of each format from the Keras model.

    Raises:
        ExportError: a format differs by more than 1e-4, or what it needs is not installed.
    """
    expected = np.asarray(generator(input_image, training=False))
    differences = {}
    for name in formats:
        with tempfile.TemporaryDirectory(dir=folder, prefix=".export-") as room:
            made = Path(room) / FORMATS[name]
            with quiet_work():
                _WRITERS[name](generator, made)
                again = _READERS[name](made)(input_image)
            difference = float(np.abs(again - expected).max())
            if not difference <= _TOLERANCE:
                raise ExportError(
                    f"The {name} file gives other pictures than the model: {difference:.2g} apart.",
                    why=f"Expected at most {_TOLERANCE:g} at the worst pixel.",
                    fix="It was not kept. Choose another format, and please report this.",
                )
            _move(made, folder / FORMATS[name])
        differences[name] = difference
    return differences


def _move(made: Path, target: Path) -> None:
    if target.is_dir():
        shutil.rmtree(target)
    os.replace(made, target)


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
