"""JavaScript in the page: there is no page, so nothing comes back."""

from typing import Any

from . import _world


def eval_js(script: str, ignore_result: bool = False, timeout_sec: float | None = None) -> Any:
    """Notes the script. Without a timeout the real one waits for ever for a closed page."""
    _world.note("output.eval_js", script=script)
    if not ignore_result and timeout_sec is None:
        raise AssertionError("eval_js without a timeout can block for ever")
