"""Steps of a training as programs: many in one call, and by XLA where that pays.

A GPU is as busy with a network of 8 filters as with one of 64: what takes the time is hundreds of
small launches. XLA makes fewer and larger ones of them; and where its program has the loop over
the steps in it, too, the weights stay where they are and nothing waits for TensorFlow in between.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import tensorflow as tf
from tensorflow.python.framework import ops

from .. import wording
from ..config import TrainConfig, sides
from ..errors import TrainingError
from ..languages import _

#: What a training consists of: at first the generator may learn alone, then both networks do.
PHASES = ("alone", "both")
#: So many steps a compiled loop has room for; it takes as many as it is told.
LONGEST_LOOP = 32
_MOST_WORDS = 300
_NUMBERS = 8_000_000  # more than a session uses before its first step, few enough to count to

#: Takes pictures, the number of the step, and whether the discriminator judges; returns the losses.
TakeStep = Callable[[tf.Tensor, tf.Tensor, bool], tf.Tensor]
_TakeOne = Callable[[tf.Tensor, tf.Tensor], tf.Tensor]
#: Takes the steps of what is given, of the first one's number and of rates; returns the losses.
_Program = Callable[[Any, int, np.ndarray], tf.Tensor]


class StepPrograms:
    """Takes steps, several in one call: with the same result as one by one.

    Args:
        take_step: One step.
        set_rates: Sets the learning rates of a step.
        compiled: The phases, of `PHASES`, whose step XLA compiles. What it can't compile runs as
            it does elsewhere.
        looped: Whether the loop is in the program; else it is Python's.
        on_note: Told in a sentence how long compiling took, or why it is not done.
        forget: Deletes compiled programs that are kept for later and may be torn; returns whether
            there were any.
    """

    def __init__(
        self,
        take_step: TakeStep,
        set_rates: Callable[[tf.Tensor], None],
        *,
        compiled: Collection[str],
        looped: bool,
        on_note: Callable[[str], None],
        forget: Callable[[], bool] = lambda: False,
    ) -> None:
        self._take_step, self._set_rates = take_step, set_rates
        self._compiled, self._looped, self._on_note = frozenset(compiled), looped, on_note
        self._forget, self._may_forget = forget, True
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
        losses = []
        for begin in range(0, len(numbers), LONGEST_LOOP):
            some = slice(begin, begin + LONGEST_LOOP)
            given = numbers[some].astype(np.int32)
            try:
                losses.append(self._run(given, first_step + begin, rates[some], phase))
            except _NotCompiledError:
                return self.take(self._pictures[numbers], first_step, rates, phase)
        return tf.concat(losses, axis=0)

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
        if key in self._programs:
            return self._programs[key](given, first_step, rates)
        if phase not in self._compiled:
            self._programs[key] = self._program(given, phase)
            return self._programs[key](given, first_step, rates)
        started = time.monotonic()
        _number_alike(phase)
        try:
            program = self._program(given, phase)
            losses = program(given, first_step, rates)
        except (tf.errors.OpError, ValueError) as error:
            # It was being compiled, or read, so no weight has moved.
            if self._may_forget:
                self._may_forget = False  # what fails again was not torn, or can't be deleted
                if self._forget():
                    return self._run(given, first_step, rates, phase)
            self._compiled -= {phase}
            words = str(error).strip().partition("\n")[0][:_MOST_WORDS]
            message = _("XLA can't compile the step for this device; it runs as it is.")
            self._on_note(f"{message} {words}")
            raise _NotCompiledError from error
        took = wording.seconds_in_words(time.monotonic() - started)
        self._on_note(_("The step was compiled for this device, which took {time}.", time=took))
        self._programs[key] = program
        return losses

    def _program(self, given: Any, phase: str) -> _Program:
        """Returns a program for what has the shape and type of `given`, in any number of steps."""
        judged = phase == PHASES[1]

        def take_one(batch: tf.Tensor, step: tf.Tensor) -> tf.Tensor:
            pictures = tf.gather(self._resident, batch) if batch.dtype == tf.int32 else batch
            return self._take_step(pictures, step, judged)

        if given.dtype == np.int32:
            return self._compiled_loop(take_one)
        if phase in self._compiled:
            take_one = tf.function(take_one, jit_compile=True, autograph=False)
        return self._loop(take_one, given) if self._looped else self._one_by_one(take_one)

    def _compiled_loop(self, take_one: _TakeOne) -> _Program:
        """Returns a program of XLA's alone: what changes from call to call has one size."""
        take_all = tf.function(self._all_steps(take_one), jit_compile=True, autograph=False)

        def run(numbers: np.ndarray, first_step: int, rates: np.ndarray) -> tf.Tensor:
            count, room = len(numbers), LONGEST_LOOP - len(numbers)
            filled = [np.pad(given, [(0, room), (0, 0)]) for given in (numbers, rates)]
            numbers, rates = (tf.constant(given) for given in filled)
            first = tf.constant(first_step, tf.int64)
            return take_all(numbers, first, rates, tf.constant(count))[:count]

        return run

    def _loop(self, take_one: _TakeOne, given: Any) -> _Program:
        """Returns a program of TensorFlow's, in which a step may be XLA's."""
        shapes = [
            tf.TensorSpec((None, *given.shape[1:]), given.dtype),
            tf.TensorSpec((), tf.int64),
            tf.TensorSpec((None, None), tf.float32),
            tf.TensorSpec((), tf.int32),
        ]
        take_all = tf.function(self._all_steps(take_one), autograph=False, input_signature=shapes)

        def run(batches: Any, first_step: int, rates: np.ndarray) -> tf.Tensor:
            first = tf.constant(first_step, tf.int64)
            return take_all(batches, first, tf.constant(rates), tf.constant(len(batches)))

        return run

    def _one_by_one(self, take_one: _TakeOne) -> _Program:
        take_next = tf.function(self._next_step(take_one), autograph=False)

        def run(batches: Any, first_step: int, rates: np.ndarray) -> tf.Tensor:
            first, shares = tf.constant(first_step, tf.int64), tf.constant(rates)
            each = map(tf.constant, range(len(batches)))
            return tf.stack([take_next(batches, first, shares, index) for index in each])

        return run

    def _all_steps(self, take_one: _TakeOne) -> Callable[..., tf.Tensor]:
        take_next = self._next_step(take_one)

        def take_all(batches: Any, first_step: Any, rates: Any, count: Any) -> tf.Tensor:
            losses = tf.TensorArray(tf.float32, size=tf.shape(batches)[0], element_shape=(3,))

            def body(index: tf.Tensor, losses: tf.TensorArray) -> tuple[Any, Any]:
                return index + 1, losses.write(index, take_next(batches, first_step, rates, index))

            def more(index: tf.Tensor, losses: tf.TensorArray) -> tf.Tensor:
                return index < count

            loop = tf.while_loop(more, body, (0, losses), parallel_iterations=1)
            return loop[1].stack()

        return take_all

    def _next_step(self, take_one: _TakeOne) -> Callable[..., tf.Tensor]:
        def take_next(batches: Any, first_step: Any, rates: Any, index: Any) -> tf.Tensor:
            self._set_rates(rates[index])
            return take_one(batches[index], first_step + tf.cast(index, tf.int64))

        return take_next


def _number_alike(phase: str) -> None:
    """Lets TensorFlow count on to a number that is the same in each session.

    Parts of a program are named with it, and a kept program is found by its names: without this, a
    run that goes on in the second phase would not find the one that the first session has made.
    """
    first = _NUMBERS // 2 if phase == PHASES[0] else 0  # the phases come in this order, half apart
    while ops.uid() % _NUMBERS != first:
        pass


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
            _("The device has too little memory for {n} pictures at a time.", n=batch_size),
            why=_(
                "They have {size} pixels, and the network is {width} wide.",
                size=sides(config.image_size),
                width=config.base_filters,
            ),
            fix=_(
                "Try batch_size {n}, or a smaller base_filters in a new run; what was saved stays.",
                n=max(1, batch_size // 2),
            ),
        ) from error


class _NotCompiledError(Exception):
    """The step of a phase is not compiled any more."""
