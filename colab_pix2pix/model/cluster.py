"""Which machines train together, as the environment variable `TF_CONFIG` names them."""

from __future__ import annotations

import json
import os

from ..errors import TrainingError


def read() -> tuple[int, bool]:
    """Returns how many processes there are, and whether this one is their chief, which writes.

    Raises:
        TrainingError: `TF_CONFIG` can't be read.
    """
    text = os.environ.get("TF_CONFIG", "")
    if not text.strip():
        return 1, True
    try:
        config = json.loads(text)
        cluster, task = config["cluster"], config["task"]
        workers = sum(len(cluster.get(kind, ())) for kind in ("chief", "worker"))
        first = "chief" if cluster.get("chief") else "worker"
        return workers, task["type"] == first and int(task["index"]) == 0
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise TrainingError(
            f"TF_CONFIG: received {text!r}.",
            why='Expected {"cluster": {"worker": ["host:port", ...]}, "task": {"type": "worker",'
            ' "index": 0}}.',
            fix="Correct the environment variable, or unset it to train on one machine.",
        ) from error
