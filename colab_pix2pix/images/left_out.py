"""Pictures that can't be used: left out, counted and listed, while the work goes on."""

from __future__ import annotations

from ..errors import DatasetError
from ..events import Note, OnEvent
from ..languages import N_, _, ngettext
from ..wording import counted

_MOST_NAMED = 20
_MOST_IN_ERROR = 5


class LeftOut:
    """Collects what is left out, and says it once.

    Args:
        on_event: Told a `Note`.
        strict: True raises the first error instead.
    """

    def __init__(self, on_event: OnEvent, *, strict: bool = False) -> None:
        self._on_event, self._strict = on_event, strict
        self.reasons: dict[str, str] = {}

    def add(self, name: str, error: DatasetError) -> None:
        """Leaves a picture out, for what an error says."""
        if self._strict:
            raise error
        self.reasons[name] = error.reason or error.what

    def pass_over(self, name: str, reason: str) -> None:
        """Leaves out what is no picture by the looks of it, in strict work too."""
        self.reasons.setdefault(name, reason)

    def tell(self, used: int) -> None:
        """Says what was left out.

        Args:
            used: How many pictures were not.

        Raises:
            DatasetError: all were.
        """
        if not self.reasons:
            return
        count = len(self.reasons)
        if not used:
            words = N_("The one picture can't be used: {named}")
            words = N_("Not one of {n} pictures can be used: {named}") if count > 1 else words
            raise DatasetError(
                _(words, n=count, named=self._named(_MOST_IN_ERROR)),
                fix=_("Replace what is broken, or choose another folder."),
            )
        message = ngettext(
            "{n} of {pictures} is left out: {named}",
            "{n} of {pictures} are left out: {named}",
            count,
            n=count,
            pictures=counted(count + used, "picture"),
            named=self._named(_MOST_NAMED),
        )
        self._on_event(Note(message=message, level="warning"))

    def _named(self, most: int) -> str:
        named = [f"{name} ({why.rstrip('.')})" for name, why in self.reasons.items()]
        listed = ", ".join(named[:most])
        if len(named) > most:
            return _("{names}, and {n} more.", names=listed, n=len(named) - most)
        return f"{listed}."
