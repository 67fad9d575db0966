"""Holds back the chatter of TensorFlow and Keras, which tells an artist nothing."""

from __future__ import annotations

import contextlib
import io
import os
import sys
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def silence_stderr() -> Iterator[None]:
    """Holds back what is written to the standard error file; shows it only if the block fails.

    TensorFlow 2.21 writes a dozen lines when it is loaded, whatever TF_CPP_MIN_LOG_LEVEL says
    (tensorflow#100442); none of them is of use to who waits for pictures.
    """
    sys.stderr.flush()
    kept = os.dup(2)
    with tempfile.TemporaryFile() as held:
        os.dup2(held.fileno(), 2)
        try:
            yield
        except BaseException:
            held.seek(0)
            os.write(kept, held.read())
            raise
        finally:
            os.dup2(kept, 2)
            os.close(kept)


@contextmanager
def quiet_work() -> Iterator[None]:
    """Holds back also what Keras' and TensorFlow's Python parts print, log and warn of."""
    with silence_stderr(), contextlib.redirect_stdout(io.StringIO()), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield
