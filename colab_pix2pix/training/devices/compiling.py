"""Whether XLA makes one program of a step, and whether the pictures lie beside it on the device."""

from __future__ import annotations

import numpy as np

from ...model.memory import available_bytes
from ...model.step_programs import PHASES
from ..plan import Plan
from . import gpu

#: On an H100, compiling takes 15 s more, and a step of batch 4 at 256 pixels 6 ms less.
PAYS_AFTER_STEPS = 3000
PAYS_AFTER_MINUTES = 2
_SHARE_FOR_PICTURES = 0.25  # of the memory; the networks' share is not known beforehand


def phases_to_compile(plan: Plan, *, on_gpu: bool) -> tuple[str, ...]:
    """Returns the phases of a training whose step is compiled.

    It is decided by the length of the whole training, not by what is left of it: a run that is
    resumed has to compute as it did before.

    Args:
        plan: What is trained.
        on_gpu: Whether a GPU does it.
    """
    config = plan.config
    if config.compiled == "on":
        return PHASES
    if config.compiled == "off" or not on_gpu:
        return ()
    if config.minutes:
        return PHASES[1:] if config.minutes > PAYS_AFTER_MINUTES else ()
    alone = min(config.gan_warmup_steps, plan.last_step)
    steps = dict(zip(PHASES, (alone, plan.last_step - alone), strict=True))
    return tuple(phase for phase in PHASES if steps[phase] >= PAYS_AFTER_STEPS)


def fit_beside(pictures: np.ndarray, *, on_gpu: bool) -> bool:
    """Returns whether pictures may lie in the device's memory as long as the training runs.

    Args:
        pictures: The decoded crops.
        on_gpu: Whether a GPU trains.
    """
    memory = float(available_bytes())
    if on_gpu:
        gpus, _ = gpu.nvidia_gpus()
        memory = gpus[0].memory_bytes if gpus else 0.0
    return pictures.nbytes <= _SHARE_FOR_PICTURES * memory
