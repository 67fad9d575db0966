"""A process of `quality.py`: trains one rival for its time, and scores it on the way.

Only the steps are timed, from the first to the last; the very first one, which compiles, is not.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from colab_pix2pix.config import TrainConfig
from colab_pix2pix.model.tf_logging import silence_stderr

Task = dict[str, Any]
SHARES = (0.25, 0.5, 0.75, 1.0)  # of the time: when to score
_WAIT_EVERY = 16  # steps: a GPU's queue must not run ahead of the clock
_MOST_TESTED, _MOST_FOREIGN = 48, 32
_SHOWN, _SHOWN_FOREIGN = 6, 2


class Rival(Protocol):
    """What is measured: something that learns, and can be asked in one or more test modes."""

    def step(self, step: int, progress: float) -> Any:
        """Learns from the pictures of a step; `progress` is the share of the time that is over."""

    @property
    def modes(self) -> dict[str, Callable[[Any], Any]]:
        """Generators by the names of their test modes."""


class Clock:
    """Adds up the seconds between `go` and `stop`."""

    def __init__(self, kind: str) -> None:
        self._now = {"wall": time.monotonic, "processor": time.process_time}[kind]
        self._spent, self._since = 0.0, 0.0

    def go(self) -> None:
        self._since = self._now()

    def stop(self) -> None:
        self._spent += self._now() - self._since

    def running(self) -> float:
        """Returns the seconds so far, while it goes."""
        return self._spent + self._now() - self._since

    @property
    def spent(self) -> float:
        """The seconds so far, while it stands."""
        return self._spent


class Ours:
    """The package, as a user has it who touches no option but those given."""

    def __init__(self, dataset: Any, config: TrainConfig) -> None:
        from colab_pix2pix.model import distributed
        from colab_pix2pix.model.pix2pix import Pix2Pix
        from colab_pix2pix.training.data import Schedule, load_pictures

        self._config = config.replace(precision=distributed.precision(config.precision))
        self._pictures = load_pictures(dataset, config).train
        self._schedule = Schedule(
            pictures=len(self._pictures), batch_size=config.batch_size, seed=config.seed
        )
        self._model = Pix2Pix(self._config)

    def step(self, step: int, progress: float) -> Any:
        falling = 1.0 - self._config.decay_from
        share = min(1.0, (1.0 - progress) / falling) if falling else 1.0
        pictures = self._pictures[self._schedule.indices(step)]
        return self._model.train_on(pictures, step, rate_share=max(0.0, share))

    @property
    def modes(self) -> dict[str, Callable[[Any], Any]]:
        return {"inference": self._model.generate}


def work(task: Task) -> dict[str, Any]:
    """Trains and scores as a task says; returns the scores at each share of the time."""
    with silence_stderr():
        import tensorflow as tf
    tf.config.threading.set_intra_op_parallelism_threads(task["threads"])
    tf.config.threading.set_inter_op_parallelism_threads(task["threads"])
    from quality_scores import score

    tf.keras.utils.set_random_seed(task["seed"])
    config = TrainConfig(**task["config"])
    test = make_test_set(task, config)
    rival = build_rival(task, config)
    clock, processor = Clock(task["clock"]), Clock("processor")
    np.asarray(rival.step(0, 0.0))
    step, scores = 1, []
    for share in SHARES:
        clock.go()
        processor.go()
        while clock.running() < share * task["seconds"]:
            done = rival.step(step, clock.running() / task["seconds"])
            step += 1
            if step % _WAIT_EVERY == 0:
                np.asarray(done)
        np.asarray(done)
        clock.stop()
        processor.stop()
        for mode, generate in rival.modes.items():
            found = {"share": share, "mode": mode, "step": step, "seconds": round(clock.spent, 2)}
            scores.append(found | {k: round(v, 5) for k, v in score(generate, test).items()})
    for mode, generate in rival.modes.items():
        draw(generate, test, Path(f"{task['strip']}-{mode.replace(' ', '-')}.jpg"))
    return {"scores": scores, "processor_seconds": round(processor.spent, 1)}


def draw(generate: Callable[[Any], Any], test: Any, path: Path) -> None:
    """Writes a strip of pictures: input, real and made, of own and of foreign crops."""
    import tensorflow as tf
    from quality_scores import in_batches
    from quality_strips import save_strip

    from colab_pix2pix.model.conditions import decode_image
    from colab_pix2pix.spacing import evenly_spaced

    sets = ((test.real_image, _SHOWN), (test.foreign_image, _SHOWN_FOREIGN))
    shown = [tf.gather(image, evenly_spaced(len(image), count)) for image, count in sets]
    real_image = tf.concat(shown, axis=0)
    input_image = test.make_input(real_image)
    rows = (input_image, real_image, in_batches(generate, input_image))
    save_strip(path, [decode_image(row).numpy() for row in rows])


def build_rival(task: Task, config: TrainConfig) -> Rival:
    """Returns what the task names, untrained."""
    from colab_pix2pix.dataset import manifest
    from colab_pix2pix.model import conditions

    dataset = manifest.read(Path(task["crops"]))
    if not task["opponent"]:
        return Ours(dataset, config)
    from quality_data import pictures
    from quality_opponents import build

    return build(
        task["opponent"],
        pictures(dataset, "train", config.image_size),
        lambda picture: conditions.make_input(picture, config),
        filters=config.base_filters,
        seed=task["seed"],
    )


def make_test_set(task: Task, config: TrainConfig) -> Any:
    """Returns held-out crops of the video and of the other ones."""
    from quality_data import pictures
    from quality_perception import load_perception
    from quality_scores import TestSet

    from colab_pix2pix.dataset import manifest
    from colab_pix2pix.model import conditions

    size = config.image_size
    own = pictures(manifest.read(Path(task["crops"])), "test", size, _MOST_TESTED)
    each = _MOST_FOREIGN // len(task["foreign"])
    foreign = [pictures(manifest.read(Path(d)), "test", size, each) for d in task["foreign"]]
    return TestSet(
        real_image=conditions.encode_image(own),
        foreign_image=conditions.encode_image(np.concatenate(foreign)),
        make_input=lambda picture: conditions.make_input(picture, config),
        perception=load_perception(),
    )


if __name__ == "__main__":
    print(json.dumps(work(json.loads(sys.argv[1]))))
