"""How long the saving of states waits for what. In seconds."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Timing:
    """The patience of a session.

    Attributes:
        poll_seconds: How often Drive is asked how far an upload is.
        hang_seconds: A call that takes longer is said to hang.
        retry_seconds: How long after an error of Drive it is tried again.
        hopeless_seconds: How long the end of a training waits for a Drive that gives errors.
        patience_seconds: How long the end of a training waits for an upload.
    """

    poll_seconds: float = 3.0
    hang_seconds: float = 60.0
    retry_seconds: float = 20.0
    hopeless_seconds: float = 120.0
    patience_seconds: float = 3600.0
