"""Who listens to a public function that was called without `on_event`: a terminal or a notebook.

The functions inside the package are silent by themselves; `colab_pix2pix.train` and its like, which
people call, are these functions with a listener.
"""

from __future__ import annotations

import functools
import inspect
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from .events import Event, OnEvent, ignore

_MEANING = (
    "on_event: Left out, the progress is shown: in a terminal as one line that moves, in a"
    " notebook under the cell; a script whose error output is a file stays silent. Given, it is"
    " called with each event, and nothing else is shown; `p2p.events.ignore` makes no sound at"
    " all. "
)


def takes_listener(value: object) -> bool:
    """Returns whether something is a function with a parameter `on_event`."""
    return inspect.isfunction(value) and "on_event" in inspect.signature(value).parameters


def with_progress(function: Callable[..., Any]) -> Callable[..., Any]:
    """Returns a function that shows its progress by itself where no `on_event` is given."""
    signature = inspect.signature(function)

    @functools.wraps(function)
    def showing(*args: Any, on_event: OnEvent | None = None, **kwargs: Any) -> Any:
        if on_event is not None:
            return function(*args, on_event=on_event, **kwargs)
        with _listener() as listener:
            return function(*args, on_event=listener, **kwargs)

    parameters = [
        p.replace(default=None, annotation="OnEvent | None") if p.name == "on_event" else p
        for p in signature.parameters.values()
    ]
    # A name of its own, under which it is found again: pickle looks there.
    showing.__module__, showing.__qualname__ = __package__ or "", function.__name__
    showing.__signature__ = signature.replace(parameters=parameters)  # type: ignore[attr-defined]
    showing.__doc__ = (function.__doc__ or "").replace("on_event: ", _MEANING, 1)
    return showing


@contextmanager
def _listener() -> Iterator[OnEvent]:
    """Gives the listener that fits the place where this Python runs."""
    if _in_notebook():
        from .notebook.panels.progress_line import line_of_this_cell

        yield line_of_this_cell()
    elif sys.stderr is None or sys.stderr.closed or not sys.stderr.isatty():
        yield ignore
    else:
        from .cli.terminal import Terminal

        terminal = Terminal()
        listener = _WhileShown(terminal)
        try:
            yield listener
        finally:
            listener.show(terminal.end_progress)


def _in_notebook() -> bool:
    """Returns whether a notebook's kernel runs this: IPython in a terminal has none."""
    ipython = sys.modules.get("IPython")
    return ipython is not None and getattr(ipython.get_ipython(), "kernel", None) is not None


class _WhileShown:
    """A listener until its window is closed: a job that goes on behind it must not end by that."""

    def __init__(self, listener: OnEvent) -> None:
        self._listener, self._is_open = listener, True

    def __call__(self, event: Event) -> None:
        self.show(lambda: self._listener(event))

    def show(self, draw: Callable[[], None]) -> None:
        """Draws something, and after the first failure nothing more."""
        if not self._is_open:
            return
        try:
            draw()
        except OSError:  # EIO: the terminal is gone, and with it who would read of it
            self._is_open = False
