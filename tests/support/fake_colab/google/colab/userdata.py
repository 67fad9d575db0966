"""The secrets that a person keeps in Colab, with the errors of the real `userdata.get`."""

import json

from . import _world, errors


class NotebookAccessError(Exception):
    """The person has not allowed this notebook to read the secret."""

    def __init__(self, key: str) -> None:
        super().__init__(f"Notebook does not have access to secret {key}")


class SecretNotFoundError(errors.Error):
    """There is no secret of this name."""

    def __init__(self, key: str) -> None:
        super().__init__(f"Secret {key} does not exist.")


class TimeoutException(errors.Error):
    """The page does not answer."""

    def __init__(self, key: str) -> None:
        super().__init__(
            f"Requesting secret {key} timed out. Secrets can only be fetched when"
            " running from the Colab UI."
        )


def get(key: str) -> str:
    """Returns a secret of the notebook; null in the file is one that it may not read."""
    if _world.said("page") == "gone":
        raise TimeoutException(key)
    known = json.loads(_world.said("secrets.json") or "{}")
    if key not in known:
        raise SecretNotFoundError(key)
    if known[key] is None:
        raise NotebookAccessError(key)
    return known[key]
