"""One training step, tried on this machine's GPU in a process of its own.

`python -m colab_pix2pix.training.devices.try_out_step OPTIONS` writes one line of JSON: see
`take_one_step`. A driver that fails may end the process, or never answer; who waits goes on.
"""

from __future__ import annotations

import dataclasses
import json
import sys

import numpy as np

from ...config import TrainConfig, sides
from ...errors import TrainingError
from .determinism import deterministic_ops, is_missing


@dataclasses.dataclass(kw_only=True)
class Outcome:
    """What has come of it.

    Attributes:
        gpus: How many TensorFlow finds; without any, nothing is tried.
        precision: The number format in which the step gave numbers; "" where it gave none.
        deterministic: Whether it could be done alike each time.
        problem: Why it gave none: TensorFlow's own words.
        memory: True when memory was short: that says nothing of what the device can.
        why_not_deterministic: TensorFlow's own words; "" where it could, or nobody asked.
    """

    gpus: int = 0
    precision: str = ""
    deterministic: bool = False
    problem: str = ""
    memory: bool = False
    why_not_deterministic: str = ""


def take_one_step(config: TrainConfig) -> Outcome:
    """Takes one step of networks that are thrown away, in the first number format that works.

    Tried are the one that is asked for, or for "auto" the one that is usual for the device, then
    float32; each in the deterministic way first, unless that is off.
    """
    import tensorflow as tf

    from ...model import distributed

    outcome = Outcome(gpus=len(tf.config.get_visible_devices("GPU")))
    if not outcome.gpus:
        return outcome
    formats = [distributed.precision(config.precision)]
    if config.precision == "auto" and "float32" not in formats:
        formats.append("float32")
    for precision in formats:
        for deterministic in _ways(config):
            try:
                losses = _losses(config.replace(precision=precision), deterministic)
            except TrainingError as error:
                outcome.problem, outcome.memory = str(error), True
                return outcome
            except (tf.errors.OpError, RuntimeError) as error:
                words = _first_line(error)
                if deterministic and is_missing(error):
                    outcome.why_not_deterministic = words
                    continue
                outcome.problem = outcome.problem or words
                break
            if not np.isfinite(losses).all():
                outcome.problem = outcome.problem or f"a step in {precision} gave no numbers"
                break
            outcome.precision, outcome.deterministic = precision, deterministic
            return outcome
    return outcome


def _ways(config: TrainConfig) -> tuple[bool, ...]:
    return {"auto": (True, False), "on": (True,), "off": (False,)}[config.deterministic]


def _losses(config: TrainConfig, deterministic: bool) -> np.ndarray:
    from ...model.distributed import detect_devices
    from ..batch_size_finder import one_step

    devices = detect_devices()
    batch = -(-max(1, config.batch_size) // devices.size) * devices.size
    channels = 6 if config.condition == "paired" else 3
    shape = (batch, *sides(config.image_size).shape, channels)
    pictures = np.random.default_rng(0).integers(0, 256, shape, np.uint8)
    with deterministic_ops(deterministic):
        return one_step(config, devices)(pictures)


def _first_line(error: BaseException) -> str:
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return lines[0] if lines else type(error).__name__


def main(argv: list[str]) -> None:
    """Tries it and tells."""
    outcome = take_one_step(TrainConfig.from_dict(json.loads(argv[0])))
    sys.stdout.write(json.dumps(dataclasses.asdict(outcome)) + "\n")


if __name__ == "__main__":
    main(sys.argv[1:])
