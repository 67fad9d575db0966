"""The same bytes from the same step, on a GPU too."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from ...languages import N_

#: What a person is told where it is not so.
NOT_ALIKE = N_(
    "This GPU computes a step a little differently each time: what is resumed ends near the run"
    " that is left alone, not with the same bytes."
)


@contextmanager
def deterministic_ops(on: bool) -> Iterator[None]:
    """Lets TensorFlow compute alike each time, as long as the block runs.

    On GPUs many operations add numbers up in an order that changes from call to call. Switched on,
    they take another way, and what has none raises UnimplementedError. On CPUs nothing we use
    needs it.

    TensorFlow has one switch for the process. Afterwards it is as before: in a notebook's kernel a
    random operation without a seed, which is refused meanwhile, is anybody's own. What a process
    has measured as the fastest way before the block, for the same shapes, may be used in it:
    networks have to be built and called in it.

    Args:
        on: False leaves the switch as it is.
    """
    if not on:
        yield
        return
    import tensorflow as tf
    from tensorflow.python.framework import config as internals  # the only way to switch it off

    before = internals.is_op_determinism_enabled()
    tf.config.experimental.enable_op_determinism()
    try:
        yield
    finally:
        if not before:
            internals.disable_op_determinism()


def needs_switch(asked: str, device_info: Mapping[str, str]) -> bool:
    """Returns whether TensorFlow has to be told to compute the same each time: CPUs do so anyway,
    and `on` tells them all the same."""
    on_gpu = device_info["device"] != "CPU"
    return asked == "on" or (on_gpu and device_info["deterministic"] == "yes")


def is_missing(error: BaseException) -> bool:
    """Returns whether an operation was refused because it has no deterministic way."""
    return "determinis" in str(error).lower()
