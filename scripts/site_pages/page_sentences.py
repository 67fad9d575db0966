"""Finds what the live page says when something goes wrong, by reading its JavaScript."""

from __future__ import annotations

import re
from pathlib import Path

UNKNOWN = "…"
_TEXT = r"""(?:"(?:[^"\\]|\\.)*"|`(?:[^`\\]|\\.)*`)"""
_SUM = rf"{_TEXT}(?:\s*\+\s*{_TEXT})*"
#: `new UserError("what", "fix")`, and a pair of texts in a table of them.
_PAIR = re.compile(
    r"(?:new UserError\(|\w+: \[)\s*(SUM)(?:,\s*(SUM))?\s*,?\s*[\])},{]".replace("SUM", _SUM)
)
_CONSTANT = re.compile(rf"^const (\w+) = ({_TEXT});", re.MULTILINE)


def _read(source: str, constants: dict[str, str]) -> str:
    """Returns a JavaScript text with `…` for what is put in when it is said."""
    text = "".join(part[1:-1] for part in re.findall(_TEXT, source or ""))
    text = re.sub(r"\$\{(\w+)\}", lambda found: constants.get(found[1], UNKNOWN), text)
    while "${" in text:
        start = text.index("${")
        depth, end = 0, start
        for end in range(start, len(text)):
            depth += {"{": 1, "}": -1}.get(text[end], 0)
            if text[end] == "}" and not depth:
                break
        text = text[:start] + UNKNOWN + text[end + 1 :]
    return text


def sentences(folder: Path) -> list[tuple[str, str]]:
    """Returns what happened and what to do, of each error that the page can show."""
    found = {}
    for path in sorted(Path(folder).rglob("*.js")):
        source = path.read_text(encoding="utf-8")
        if "UserError" not in source or path.name == "user_error.js":
            continue
        constants = {name: _read(text, {}) for name, text in _CONSTANT.findall(source)}
        for what, fix in _PAIR.findall(source):
            if what.rstrip('"`').endswith("."):  # a sentence, not the name of a file
                found[_read(what, constants), _read(fix, constants)] = None
    return list(found)
