"""The secrets that a person keeps in Colab."""

import json

from . import _world, errors


class SecretNotFoundError(errors.Error):
    """There is no secret of this name."""

    def __init__(self, key: str) -> None:
        super().__init__(f"Secret {key} does not exist.")


def get(key: str) -> str:
    """Returns a secret of the notebook."""
    known = json.loads(_world.said("secrets.json") or "{}")
    if key not in known:
        raise SecretNotFoundError(key)
    return known[key]
