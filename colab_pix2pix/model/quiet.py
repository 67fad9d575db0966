"""Holds back the start-up chatter of TensorFlow's C++ parts."""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def quiet_start() -> Iterator[None]:
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
