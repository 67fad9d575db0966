"""Steps of a training as programs: many in one call, and by XLA where that pays.

A GPU is as busy with a network of 8 filters as with one of 64: what takes the time is hundreds of
small launches. XLA makes a few large ones of them, and a loop inside the program comes back to
Python once for many steps.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import tensorflow as tf

from .. import wording
from ..config import TrainConfig
from ..errors import TrainingError

#: What a training consists of: at first the generator may learn alone, then both networks do.
PHASES = ("alone", "both")
_MOST_WORDS = 300

#: Takes pictures, the number of the step, and whether the discriminator judges; returns the losses.
TakeStep = Callable[[tf.Tensor, tf.Tensor, bool], tf.Tensor]


class StepPrograms:
    """Takes steps, several in one call: with the same result as one by one.

    Args:
        take_step: One step.
        set_rates: Sets the learning rates of a step.
        compiled: The phases, of `PHASES`, whose step XLA compiles. What it can't compile runs as
            it does elsewhere.
        looped: Whether the loop is in the program; else it is Python's.
        on_note: Told in a sentence how long compiling took, or why it is not done.
    """

    def __init__(
        self,
        take_step: TakeStep,
        set_rates: Callable[[tf.Tensor], None],
        *,
        compiled: Collection[str],
        looped: bool,
        on_note: Callable[[str], None],
    ) -> None:
        self._take_step, self._set_rates = take_step, set_rates
        self._compiled, self._looped, self._on_note = frozenset(compiled), looped, on_note
        self._programs: dict[Any, Callable[..., tf.Tensor]] = {}
        self._pictures: np.ndarray | None = None
        self._resident: tf.Tensor | None = None

    def learn_from(self, pictures: np.ndarray, *, resident: bool) -> None:
        """Sets the pictures that `take_numbers` means.

        Args:
            pictures: uint8 `(count, stored_size, stored_size, channels)`.
            resident: Whether they go into the device's memory for the steps that are compiled, so
                that none has to be sent there.
        """
        self._pictures = pictures
        self._resident = tf.constant(pictures) if resident and self._compiled else None

    def take_numbers(
        self, numbers: np.ndarray, first_step: int, rates: np.ndarray, phase: str
    ) -> tf.Tensor:
        """Takes a step for each row of numbers of pictures: `(steps, batch)`; see `take`."""
        assert self._pictures is not None
        if self._resident is None or phase not in self._compiled:
            return self.take(self._pictures[numbers], first_step, rates, phase)
        try:
            return self._run(numbers.astype(np.int32), first_step, rates, phase)
        except _NotCompiledError:
            return self.take(self._pictures[numbers], first_step, rates, phase)

    def take(
        self, batches: np.ndarray | tf.Tensor, first_step: int, rates: np.ndarray, phase: str
    ) -> tf.Tensor:
        """Takes a step for each batch of pictures.

        Args:
            batches: uint8 `(steps, batch, stored_size, stored_size, channels)`.
            first_step: The number of the first step.
            rates: What `set_rates` is given for each step: float32 `(steps, …)`.
            phase: The one in which all of the steps lie.

        Returns:
            float32 `(steps, 3)`: the losses.

        Raises:
            tf.errors.ResourceExhaustedError: the device has too little memory.
        """
        try:
            return self._run(batches, first_step, rates, phase)
        except _NotCompiledError:
            return self._run(batches, first_step, rates, phase)

    def _run(self, given: Any, first_step: int, rates: np.ndarray, phase: str) -> tf.Tensor:
        key = (phase, str(given.dtype), tuple(given.shape[1:]))
        program = self._programs.get(key)
        arguments = given, tf.constant(first_step, tf.int64), tf.constant(rates)
        if program is not None:
            return program(*arguments)
        compiled = phase in self._compiled
        program = self._program(given, phase)
        started = time.monotonic()
        try:
            losses = program(*arguments)
        except (tf.errors.OpError, ValueError) as error:
            if not compiled:
                raise
            # It was being compiled, so no weight has moved.
            self._compiled -= {phase}
            words = str(error).strip().partition("\n")[0][:_MOST_WORDS]
            self._on_note(f"XLA can't compile the step for this device; it runs as it is. {words}")
            raise _NotCompiledError from error
        if compiled:
            took = wording.seconds_in_words(time.monotonic() - started)
            self._on_note(f"The step was compiled for this device, which took {took}.")
        self._programs[key] = program
        return losses

    def _program(self, given: Any, phase: str) -> Callable[..., tf.Tensor]:
        """Returns a program for what has the shape and type of `given`, in any number of steps."""
        judged = phase == PHASES[1]

        def take_one(batch: tf.Tensor, step: tf.Tensor) -> tf.Tensor:
            pictures = tf.gather(self._resident, batch) if batch.dtype == tf.int32 else batch
            return self._take_step(pictures, step, judged)

        if phase in self._compiled:
            take_one = tf.function(take_one, jit_compile=True, autograph=False)

        def take_next(batches: Any, first_step: Any, rates: Any, index: Any) -> tf.Tensor:
            self._set_rates(rates[index])
            return take_one(batches[index], first_step + tf.cast(index, tf.int64))

        def take_all(batches: tf.Tensor, first_step: tf.Tensor, rates: tf.Tensor) -> tf.Tensor:
            count = tf.shape(batches)[0]
            losses = tf.TensorArray(tf.float32, size=count, element_shape=(3,))

            def body(index: tf.Tensor, losses: tf.TensorArray) -> tuple[Any, Any]:
                return index + 1, losses.write(index, take_next(batches, first_step, rates, index))

            def more(index: tf.Tensor, losses: tf.TensorArray) -> tf.Tensor:
                return index < count

            loop = tf.while_loop(more, body, (0, losses), parallel_iterations=1)
            return loop[1].stack()

        if self._looped:
            shapes = [
                tf.TensorSpec((None, *given.shape[1:]), given.dtype),
                tf.TensorSpec((), tf.int64),
                tf.TensorSpec((None, None), tf.float32),
            ]
            looped: Callable[..., tf.Tensor] = tf.function(
                take_all, autograph=False, input_signature=shapes
            )
            return looped
        single = tf.function(take_next, autograph=False)

        def one_by_one(batches: Any, first_step: tf.Tensor, rates: tf.Tensor) -> tf.Tensor:
            return tf.stack(
                [single(batches, first_step, rates, tf.constant(i)) for i in range(len(batches))]
            )

        return one_by_one


@contextmanager
def enough_memory(config: TrainConfig, batch_size: int) -> Iterator[None]:
    """Says what to do where the block needs more memory than the device has.

    Raises:
        TrainingError: it does.
    """
    try:
        yield
    except tf.errors.ResourceExhaustedError as error:
        raise TrainingError(
            f"The device has too little memory for {batch_size} pictures at a time.",
            why=f"They have {config.image_size} pixels a side, and the network is"
            f" {config.base_filters} wide.",
            fix=f"Try batch_size {max(1, batch_size // 2)}, or a smaller base_filters in a"
            " new run; what was saved stays.",
        ) from error


class _NotCompiledError(Exception):
    """The step of a phase is not compiled any more."""
