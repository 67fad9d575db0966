"""Errors in a button's callback, made visible.

JupyterLab shows neither prints nor exceptions of a callback: without this a click that fails looks
like a click that does nothing.
"""

from __future__ import annotations

import traceback
from collections.abc import Callable
from typing import Any

import ipywidgets as widgets

from ..errors import Pix2PixError
from ..languages import _
from . import style


class ErrorPanel(widgets.HTML):  # type: ignore[misc]
    """Empty until something goes wrong: what happened, why, what to do."""

    def __init__(self) -> None:
        super().__init__()
        self.add_class("cp-errors")

    def show(self, error: BaseException) -> None:
        """Shows an error; the traceback, where it may help, is folded away."""
        self.value = _as_html(error)

    def clear(self) -> None:
        """Takes the last error away."""
        self.value = ""

    def guard(self, callback: Callable[[Any], None]) -> Callable[[Any], None]:
        """Returns `callback` as every widget gets it: its errors are shown here.

        Example:
            >>> errors = ErrorPanel()
            >>> errors.guard(lambda change: 1 / 0)({})
            >>> "division by zero" in errors.value
            True
        """

        def guarded(change: Any) -> None:
            try:
                callback(change)
            except Exception as error:  # shown, not swallowed: nobody above could
                self.show(error)
            else:
                self.clear()

        return guarded


def _as_html(error: BaseException) -> str:
    if isinstance(error, Pix2PixError):
        lines = [f"<b>{style.escape(error.what)}</b>", style.escape(error.why)]
        lines.append(style.escape(error.fix))
        text = "<br>".join(filter(None, lines)) + style.folded(error.details)
        return f'<div class="cp-error cp-text">{text}</div>'
    report = "".join(traceback.format_exception(error))
    details = style.escape(_("Details for a bug report"))
    return (
        f'<div class="cp-error cp-text"><b>{style.escape(type(error).__name__)}</b>: '
        f"{style.escape(error)}<details><summary>{details}</summary>"
        f"<pre>{style.escape(report)}</pre></details></div>"
    )
