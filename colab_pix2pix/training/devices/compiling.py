"""Whether XLA makes one program of a step, and whether the pictures lie beside it on the device."""

from __future__ import annotations

import numpy as np

from ...model.memory import available_bytes
from ...model.step_programs import PHASES
from ..plan import Plan
from . import gpu

#: On an H100, compiling takes 15 to 20 s, and a step of batch 4 at 256 pixels 16 ms less.
PAYS_AFTER_STEPS = 1500
PAYS_AFTER_MINUTES = 2
#: In words, as a saved state tells what it was made with.
_IN_WORDS = {(): "no", PHASES: "from the first step", PHASES[1:]: "after the warm-up"}
_SHARE_FOR_PICTURES = 0.25  # of the memory; the networks' share is not known beforehand


def phases_to_compile(plan: Plan, *, on_gpu: bool) -> tuple[str, ...]:
    """Returns the phases of a training whose step is compiled.

    A run that is resumed computes as it did before. Else it is decided by the length of the whole
    training.

    Args:
        plan: What is trained; the state from which it goes on tells how that was made.
        on_gpu: Whether a GPU does it.
    """
    config = plan.config
    if config.compiled == "on":
        return PHASES
    if config.compiled == "off" or not on_gpu:
        return ()
    before = plan.found[0].manifest["made_with"].get("compiled") if plan.found else None
    for phases, words in _IN_WORDS.items():
        if words == before:
            return phases
    if config.minutes:
        return PHASES[1:] if config.minutes > PAYS_AFTER_MINUTES else ()
    alone = min(config.gan_warmup_steps, plan.last_step)
    if plan.last_step - alone < PAYS_AFTER_STEPS:
        return ()
    return PHASES if alone >= PAYS_AFTER_STEPS else PHASES[1:]


def in_words(phases: tuple[str, ...]) -> str:
    """Returns how a saved state tells what was compiled."""
    return _IN_WORDS[phases]


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
