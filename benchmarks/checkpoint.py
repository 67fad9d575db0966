"""What a save and a resume cost, beside TensorFlow's own checkpoints and Keras' backup.

    python benchmarks/checkpoint.py [--rounds 5] [--filters 64] [--directory DIR]

All three save the same model with both optimizers (686 MB with 64 filters) to the same disk, in
turns, in one process; medians are printed. *Stall* is how long the training loop stands still,
*write* how long until the file is whole on the disk, *read* what a resume takes until the weights
are in the model. Only the first one reads every byte back and checks it, in both. It keeps its one
copy of the state in memory all the time; the column of extra memory counts it.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path

import keras
import numpy as np
import tensorflow as tf

from colab_pix2pix.config import TrainConfig
from colab_pix2pix.model.pix2pix import Pix2Pix
from colab_pix2pix.project import Project
from colab_pix2pix.storage import npz
from colab_pix2pix.storage.checkpoints import CheckpointWriter
from colab_pix2pix.storage.restore import read_run_state
from colab_pix2pix.training.snapshot import Snapshot

Round = dict[str, float]
MEASURES = ("stall s", "write s", "read s", "size MB", "extra memory MB")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--filters", type=int, default=64)
    parser.add_argument("--directory", type=Path, help="the disk to write to")
    given = parser.parse_args()
    model = Pix2Pix(TrainConfig(image_size=256, base_filters=given.filters, precision="float32"))
    state_bytes = sum(v.numpy().nbytes for v in model.variables().values())
    print(f"{state_bytes / 1e6:.0f} MB of variables, {given.rounds} rounds, medians")
    rounds: dict[str, list[Round]] = {}
    with tempfile.TemporaryDirectory(dir=given.directory) as name:
        cases: dict[str, Callable[[], Round]] = {
            "two slots (this package)": TwoSlots(model, Path(name) / "run").round,
            "tf.train.CheckpointManager": Manager(model, Path(name) / "tf").round,
            "Keras BackupAndRestore": Backup(model, Path(name) / "keras").round,
        }
        for _ in range(given.rounds + 1):  # the first one warms up
            for case, run in cases.items():
                rounds.setdefault(case, []).append(run())
    report({case: medians(found[1:]) for case, found in rounds.items()})


def medians(rounds: list[Round]) -> Round:
    return {m: statistics.median(r[m] for r in rounds) for m in MEASURES}


def report(found: dict[str, Round]) -> None:
    ours, *_ = found.values()
    print(f"{'':28}" + "".join(f"{measure:>24}" for measure in MEASURES))
    for case, row in found.items():
        cells = [f"{row[m]:.2f} ({row[m] / max(ours[m], 1e-9):.1f}×)" for m in MEASURES]
        print(f"{case:28}" + "".join(f"{cell:>24}" for cell in cells))
    print(f"At one save a minute the loop stands still for {ours['stall s'] / 0.6:.2f} % of it.")


class Memory:
    """Measures how much more memory the process takes at most, within a `with` block."""

    def __enter__(self) -> Memory:
        self.before = self.peak = resident_bytes()
        self.ended = threading.Event()
        self.thread = threading.Thread(target=self.watch)
        self.thread.start()
        return self

    def watch(self) -> None:
        while not self.ended.wait(0.01):
            self.peak = max(self.peak, resident_bytes())

    def __exit__(self, *exception: object) -> None:
        self.ended.set()
        self.thread.join()

    @property
    def extra_megabytes(self) -> float:
        return (self.peak - self.before) / 1e6


def resident_bytes() -> int:
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * 4096


def spoil(model: Pix2Pix) -> float:
    """Changes a variable, so that a read that restores nothing is noticed; returns its sum."""
    variable = model.generator.trainable_variables[0]
    before = float(np.sum(variable.numpy(), dtype=np.float64))
    variable.assign(variable * 0.0 + 1.0)
    return before


def check(model: Pix2Pix, expected: float) -> None:
    found = float(np.sum(model.generator.trainable_variables[0].numpy(), dtype=np.float64))
    if abs(found - expected) > 1e-6:
        raise AssertionError(f"restored {found}, expected {expected}")


class TwoSlots:
    def __init__(self, model: Pix2Pix, folder: Path) -> None:
        self.model, self.project = model, Project(folder)
        self.writer = CheckpointWriter(self.project)
        self.copy = Snapshot(model.variables())
        self.kept_megabytes = sum(a.nbytes for a in self.copy.take().values()) / 1e6
        self.step = 0

    def round(self) -> Round:
        self.step += 1
        with Memory() as memory:
            began = time.perf_counter()
            facts = {"step": self.step, "epochs_done": 0, "options": {}}
            self.writer.save(self.copy.take(), facts)
            stall = time.perf_counter() - began
            self.writer.settle()
            write = time.perf_counter() - began
        expected = spoil(self.model)
        began = time.perf_counter()
        newest = read_run_state(self.project).generations[0]
        shapes = {n: (tuple(v.shape), v.dtype) for n, v in self.model.variables().items()}
        self.model.restore(npz.read_arrays(newest.file, shapes))
        read = time.perf_counter() - began
        check(self.model, expected)
        size = newest.path.stat().st_size
        extra = memory.extra_megabytes + self.kept_megabytes
        return dict(zip(MEASURES, (stall, write, read, size / 1e6, extra), strict=True))


class Manager:
    def __init__(self, model: Pix2Pix, folder: Path) -> None:
        self.model = model
        self.checkpoint = tf.train.Checkpoint(
            generator=model.generator,
            discriminator=model.discriminator,
            generator_optimizer=model.generator_optimizer,
            discriminator_optimizer=model.discriminator_optimizer,
        )
        self.manager = tf.train.CheckpointManager(self.checkpoint, str(folder), max_to_keep=2)

    def round(self) -> Round:
        with Memory() as memory:
            began = time.perf_counter()
            path = self.manager.save()
            stall = time.perf_counter() - began
        expected = spoil(self.model)
        began = time.perf_counter()
        self.checkpoint.restore(self.manager.latest_checkpoint).assert_existing_objects_matched()
        read = time.perf_counter() - began
        check(self.model, expected)
        size = sum(f.stat().st_size for f in Path(path).parent.glob(Path(path).name + ".*"))
        return dict(
            zip(MEASURES, (stall, stall, read, size / 1e6, memory.extra_megabytes), strict=True)
        )


class Both(keras.Model):
    """Both networks and optimizers as one model: Keras' backup knows models only."""

    def __init__(self, model: Pix2Pix) -> None:
        super().__init__()
        self.generator, self.discriminator = model.generator, model.discriminator
        self.generator_optimizer = model.generator_optimizer
        self.discriminator_optimizer = model.discriminator_optimizer
        self.compile(
            "sgd"
        )  # the callback wants an optimizer; this one has no variables to speak of
        self.built = True


class Backup:
    def __init__(self, model: Pix2Pix, folder: Path) -> None:
        self.model, self.folder = model, folder
        self.both = Both(model)
        self.epoch = 0

    def callback(self) -> keras.callbacks.Callback:
        callback = keras.callbacks.BackupAndRestore(str(self.folder))
        callback.set_model(self.both)
        return callback

    def round(self) -> Round:
        callback = self.callback()
        with Memory() as memory:
            began = time.perf_counter()
            callback.on_epoch_end(self.epoch)
            stall = time.perf_counter() - began
        self.epoch += 1
        expected = spoil(self.model)
        callback = self.callback()
        began = time.perf_counter()
        callback.on_train_begin()
        read = time.perf_counter() - began
        check(self.model, expected)
        size = sum(path.stat().st_size for path in self.folder.glob("latest.weights.h5"))
        return dict(
            zip(MEASURES, (stall, stall, read, size / 1e6, memory.extra_megabytes), strict=True)
        )


if __name__ == "__main__":
    main()
