"""A process of `quality.py`: trains one rival for its time, and scores it on the way.

Only the steps are timed, from the first to the last; those that compile are not. On a GPU this
package's steps are compiled, as in every training that is longer than its compiling, and many are
taken in a call.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Collection
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from colab_pix2pix.config import TrainConfig
from colab_pix2pix.model.tf_logging import silence_stderr

Task = dict[str, Any]
SHARES = (0.25, 0.5, 0.75, 1.0)  # of the time: when to score
_WAIT_EVERY = 16  # steps: a GPU's queue must not run ahead of the clock
_LONGEST_CALL = 20  # steps, as in a training
_MOST_TESTED, _MOST_FOREIGN = 48, 32
_SHOWN, _SHOWN_FOREIGN = 6, 2


class Rival(Protocol):
    """What is measured: something that learns, and can be asked in one or more test modes."""

    #: The steps that compile.
    compiling: Collection[int]

    def learn(self, step: int, progress: float) -> tuple[Any, int]:
        """Takes steps from this number on; `progress` is the share of the time that is over.

        Returns:
            What is there when they are done, and the number of the next step.
        """

    @property
    def modes(self) -> dict[str, Callable[[Any], Any]]:
        """Generators by the names of their test modes."""


class Clock:
    """Adds up the seconds between `go` and `stop`."""

    def __init__(self, kind: str) -> None:
        self._now = {"wall": time.monotonic, "processor": time.process_time}[kind]
        self._spent = 0.0
        self._since: float | None = None

    def go(self) -> None:
        self._since = self._now()

    def stop(self) -> None:
        self._spent, self._since = self.spent, None

    @property
    def spent(self) -> float:
        """The seconds so far."""
        return self._spent + (0.0 if self._since is None else self._now() - self._since)


class Ours:
    """The package, as a user has it who touches no option but those given."""

    def __init__(self, dataset: Any, config: TrainConfig) -> None:
        from colab_pix2pix.model import distributed
        from colab_pix2pix.model.pix2pix import Pix2Pix
        from colab_pix2pix.model.step_programs import PHASES
        from colab_pix2pix.training.data import Schedule, load_pictures

        self._config = config.replace(precision=distributed.precision(config.precision))
        pictures = load_pictures(dataset, config).train
        self._schedule = Schedule(
            pictures=len(pictures), batch_size=config.batch_size, seed=config.seed
        )
        self.compiling = {0, config.gan_warmup_steps}
        self._on_gpu = distributed.describe()["device"] != "CPU"
        self._model = Pix2Pix(self._config, compiled=PHASES if self._on_gpu else ())
        if config.init_from:
            self._model.start_from(Path(config.init_from))
        self._model.learn_from(pictures, resident=self._on_gpu)

    def learn(self, step: int, progress: float) -> tuple[Any, int]:
        falling = 1.0 - self._config.decay_from
        share = min(1.0, (1.0 - progress) / falling) if falling else 1.0
        stop = step + (_LONGEST_CALL if self._on_gpu and step not in self.compiling else 1)
        stop = min(n for n in (*self.compiling, stop) if n > step)
        numbers = np.stack([self._schedule.indices(n) for n in range(step, stop)])
        shares = [max(0.0, share)] * len(numbers)
        return self._model.train(numbers, step, rate_shares=shares), stop

    @property
    def modes(self) -> dict[str, Callable[[Any], Any]]:
        return {"inference": self._model.generate}

    def save(self, path: Path) -> None:
        """Writes the generator as a file that another run can start from."""
        path.parent.mkdir(parents=True, exist_ok=True)
        self._model.generator.save_weights(path)


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
    step, scores = 0, []
    done: Any = 0.0
    for share in SHARES:
        clock.go()
        processor.go()
        waited = step
        while clock.spent < share * task["seconds"]:
            if compiles := step in rival.compiling:
                np.asarray(done)
                clock.stop()
                processor.stop()
            done, step = rival.learn(step, clock.spent / task["seconds"])
            if compiles or step >= waited + _WAIT_EVERY:
                np.asarray(done)
                waited = step
            if compiles:
                clock.go()
                processor.go()
        np.asarray(done)
        clock.stop()
        processor.stop()
        for mode, generate in rival.modes.items():
            found = {"share": share, "mode": mode, "step": step, "seconds": round(clock.spent, 2)}
            scores.append(found | {k: round(v, 5) for k, v in score(generate, test).items()})
    for mode, generate in rival.modes.items():
        draw(generate, test, Path(f"{task['strip']}-{mode.replace(' ', '-')}.jpg"))
    if task.get("weights") and isinstance(rival, Ours):
        rival.save(Path(task["weights"]))
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
