"""Joins the page's modules into one script, for a page that is a single file.

A browser imports no module from a page that was opened with a double click. The modules are written
so that joining them is simple: they import each other by `import { a, b } from "../dir/file.js";`
and export at the declaration; every name at the top of a module is the only one of its kind.
"""

from __future__ import annotations

import posixpath
import re

_IMPORT = re.compile(r'^import \{[^}]*\} from "(\.{1,2}/[\w/.-]+\.js)";\n', re.MULTILINE)
_EXPORT = re.compile(r"^export (?=(?:async )?(?:function|class|const) )", re.MULTILINE)
_NAME = re.compile(
    r"^(?:export )?(?:async )?(?:function\*?|class|const|let|var) +(\w+)", re.MULTILINE
)


def bundle(entry: str, modules: dict[str, str]) -> str:
    """Returns a module and all that it imports as one script, what is needed first.

    Args:
        entry: The path of the module that starts.
        modules: The text of each module by its path, as `model/network.js`.

    Raises:
        ValueError: two modules have the same name at their top, or one is written in a way that
            can't be joined.
    """
    texts = [modules[name] for name in _in_order(entry, modules)]
    names = [name for text in texts for name in _NAME.findall(text)]
    if twice := sorted({name for name in names if names.count(name) > 1}):
        raise ValueError(f"Names at the top of more than one module: {', '.join(twice)}")
    script = "\n".join(_EXPORT.sub("", _IMPORT.sub("", text)) for text in texts)
    if left := re.search(r"^(?:import\b(?!\()|export\b).*", script, re.MULTILINE):
        raise ValueError(f"Can't be joined: {left[0]}")
    if "</script" in script or "<!--" in script:
        raise ValueError("A script can't hold the end of a script.")
    return script


def _in_order(entry: str, modules: dict[str, str]) -> list[str]:
    order: list[str] = []

    def visit(name: str) -> None:
        if name in order:
            return
        for needed in _IMPORT.findall(modules[name]):
            visit(posixpath.normpath(posixpath.join(posixpath.dirname(name), needed)))
        order.append(name)

    visit(entry)
    return order
