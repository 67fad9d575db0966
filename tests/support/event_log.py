"""What a fake trainer or session tells, a line of JSON each: its log is the user's screen."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

from colab_pix2pix import events
from colab_pix2pix.errors import Pix2PixError
from colab_pix2pix.events import OnEvent

Tell = Callable[..., None]


def run_and_tell(path: Path, work: Callable[[Tell, OnEvent], int]) -> int:
    """Returns the exit status of some work; an error of the package is told, and gives 1.

    Args:
        path: The log; threads write whole lines to it.
        work: Given what writes an event of the test's own, and what writes one of the package.
    """
    lock = threading.Lock()
    with open(path, "a", buffering=1) as log:

        def write(line: str) -> None:
            with lock:
                log.write(line + "\n")

        def tell(event: str, **fields: Any) -> None:
            write(json.dumps({"event": event, **fields}))

        try:
            return work(tell, lambda event: write(events.to_json(event)))
        except Pix2PixError as error:
            tell("Error", kind=type(error).__name__, message=str(error))
            return 1
