"""Joins the page's modules into one script, for a page that is a single file.

A browser imports no module from a page that was opened with a double click. The modules are written
so that joining them is simple: they import each other by `import { a, b } from "../dir/file.js";`
and export at the declaration; every name at the top of a module is the only one of its kind.
"""

from __future__ import annotations

import posixpath
import re
from collections import Counter

_IMPORT = re.compile(r'^import \{[^}]*\} from "(\.{1,2}/[\w/.-]+\.js)";\n', re.MULTILINE)
_EXPORT = re.compile(r"^export (?=(?:async )?(?:function|class|const) )", re.MULTILINE)
_UNSUPPORTED = re.compile(r"^(?:import\b(?!\()|export\b).*", re.MULTILINE)
_DECLARATION = re.compile(
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
    texts = [modules[path] for path in _dependencies_first(entry, modules)]
    names = Counter(name for text in texts for name in _DECLARATION.findall(text))
    if duplicates := sorted(name for name, count in names.items() if count > 1):
        raise ValueError(f"Names at the top of more than one module: {', '.join(duplicates)}")
    script = "\n".join(_EXPORT.sub("", _IMPORT.sub("", text)) for text in texts)
    if statement := _UNSUPPORTED.search(script):
        raise ValueError(f"Can't be joined: {statement[0]}")
    if "</script" in script or "<!--" in script:
        raise ValueError("A script can't hold the end of a script.")
    return script


def _dependencies_first(entry: str, modules: dict[str, str]) -> list[str]:
    """Returns the paths of a module and of all that it imports, each after those it needs."""
    order: list[str] = []

    def visit(path: str) -> None:
        if path in order:
            return
        for imported in _IMPORT.findall(modules[path]):
            visit(posixpath.normpath(posixpath.join(posixpath.dirname(path), imported)))
        order.append(path)

    visit(entry)
    return order
