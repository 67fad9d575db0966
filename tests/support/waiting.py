"""Waits for what another thread, process or page does."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any


def wait_for(
    condition: Callable[[], Any], what: str = "it", seconds: float = 90, *, pause: float = 0.1
) -> Any:
    """Returns what a condition gives as soon as that is true.

    Raises:
        TimeoutError: it has not come in this time.
    """
    end = time.monotonic() + seconds
    while not (value := condition()):
        if time.monotonic() > end:
            raise TimeoutError(f"Waited {seconds} s for {what}.")
        time.sleep(pause)
    return value
