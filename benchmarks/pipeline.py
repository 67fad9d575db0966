"""What feeding a training step costs, beside the step itself.

    python benchmarks/pipeline.py [--steps 12] [--batch 1 4] [--filters 64 8] [--pairs]

Feeding is what happens on the host before a step: which pictures are due, gathering them out of
memory (or out of the mapped file), handing them to TensorFlow. Making the input of them (zoom,
crop, flip, blur, brightness) is part of the compiled step; it is timed alone as well. All are
measured in turns, and medians are compared. Last, how long decoding takes with one thread and with
all cores.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from colab_pix2pix.config import TrainConfig
from colab_pix2pix.dataset.manifest import Crop, Dataset
from colab_pix2pix.model.tf_logging import silence_stderr
from colab_pix2pix.training import image_store
from colab_pix2pix.training.data import Schedule, load_pictures

PICTURES = 200
FED_A_TURN = 10  # feeding is short: it is repeated for the clock's sake


def main() -> None:
    """Measures and prints."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--steps", type=int, default=12, help="measured steps of each case")
    parser.add_argument("--batch", type=int, nargs="+", default=[1, 4], help="batch sizes")
    parser.add_argument("--filters", type=int, nargs="+", default=[64, 8], help="base_filters")
    parser.add_argument("--pairs", action="store_true", help="pairs instead of single crops")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        dataset = make_dataset(Path(name), pairs=given.pairs)
        print("| filters | batch | kept in | feeding | making the input | step | feeding, share |")
        print("|---------|-------|---------|---------|------------------|------|----------------|")
        for filters in given.filters:
            for batch_size in given.batch:
                for place, limit in (("memory", 4.0), ("a file", 0.0)):
                    config = TrainConfig(
                        base_filters=filters,
                        batch_size=batch_size,
                        condition="paired" if given.pairs else "blurred-grey",
                        memory_limit=limit,
                        gan_warmup_steps=0,
                    )
                    feed, make, step = measure(dataset, config, given.steps)
                    print(
                        f"| {filters:7} | {batch_size:5} | {place:7} | {feed * 1e3:4.2f} ms |"
                        f" {make * 1e3:13.2f} ms | {step * 1e3:.0f} ms | {feed / step:14.2%} |",
                        flush=True,
                    )
        for threads in (1, image_store.os.cpu_count() or 1):
            print(
                f"decoding, {threads} thread(s): {decoding(dataset, threads) * 1e3:.1f} ms a crop"
            )


def measure(dataset: Dataset, config: TrainConfig, steps: int) -> tuple[float, float, float]:
    """Returns the seconds of feeding, of making the input, and of a whole step: medians."""
    with silence_stderr():
        import tensorflow as tf

        from colab_pix2pix.model import distributed
        from colab_pix2pix.model.pix2pix import Pix2Pix
    config = config.replace(precision=distributed.precision("auto"))
    pictures = load_pictures(dataset, config)
    schedule = Schedule(
        pictures=len(pictures.train), batch_size=config.batch_size, seed=config.seed
    )
    model = Pix2Pix(config)
    make_input = tf.function(model.augmented_pair)

    def feed(step: int) -> Any:
        return tf.convert_to_tensor(pictures.train[schedule.indices(step)])

    def feed_often(step: int) -> None:
        for turn in range(FED_A_TURN):
            feed(FED_A_TURN * step + turn)

    def make(batch: Any, step: int) -> None:
        for part in make_input(batch, tf.constant(step, tf.int64)):
            np.asarray(part)

    def train(step: int) -> None:
        np.asarray(model.train_on(feed(step), step))

    seconds: dict[str, list[float]] = {"feed": [], "make": [], "train": []}
    for step in range(2 + steps):
        seconds["feed"].append(timed(feed_often, step) / FED_A_TURN)
        seconds["make"].append(timed(make, feed(step), step))
        seconds["train"].append(timed(train, step))
    # The first step compiles, and some are still settling in their second.
    feeding, making, whole = (statistics.median(some[2:]) for some in seconds.values())
    return feeding, making, whole


def decoding(dataset: Dataset, threads: int) -> float:
    """Returns the seconds that a crop takes to be decoded: the median of three loads."""
    cores = image_store.os.cpu_count
    image_store.os.cpu_count = lambda: threads  # type: ignore[assignment]
    try:
        config = TrainConfig(condition="paired" if dataset.crops[0].input_file else "blurred-grey")
        loads = [timed(load_pictures, dataset, config) for _ in range(3)]
        return statistics.median(loads) / len(dataset.crops)
    finally:
        image_store.os.cpu_count = cores


def timed(work: Callable[..., Any], *arguments: Any) -> float:
    """Returns the seconds that a call takes."""
    started = time.perf_counter()
    work(*arguments)
    return time.perf_counter() - started


def make_dataset(folder: Path, *, pairs: bool) -> Dataset:
    """Writes soft random crops, or pairs of them, as JPEG files of 360 pixels."""
    random = np.random.default_rng(0)
    crops = []
    for index in range(PICTURES):
        names = [f"{index:03d}-{part}.jpg" for part in ("target", "input")[: 1 + pairs]]
        for name in names:
            coarse = Image.fromarray(random.integers(0, 256, (48, 48, 3), np.uint8))
            picture = coarse.resize((360, 360), Image.Resampling.BICUBIC)
            picture.save(folder / name, quality=95)
        crops.append(Crop(file=names[0], input_file=names[1] if pairs else ""))
    return Dataset(folder, tuple(crops))


if __name__ == "__main__":
    main()
