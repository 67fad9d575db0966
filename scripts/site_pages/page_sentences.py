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


def told(source: str) -> list[str]:
    """Returns the sentences of errors in a module, as they are handed to `UserError`."""
    constants = {name: _read(text, {}) for name, text in _CONSTANT.findall(source)}
    return [_read(text, constants) for pair in _pairs(source) for text in pair if text]


def sentences(folder: Path) -> list[tuple[str, str]]:
    """Returns what happened and what to do, of each error that the page can show."""
    found = {}
    for path in sorted(Path(folder).rglob("*.js")):
        source = path.read_text(encoding="utf-8")
        constants = {name: _read(text, {}) for name, text in _CONSTANT.findall(source)}
        for pair in _pairs(source):
            what, fix = (re.sub(r"\{\w+\}", UNKNOWN, _read(text, constants)) for text in pair)
            found[what, fix] = None
    return list(found)


def _pairs(source: str) -> list[tuple[str, str]]:
    """Returns the pairs of JavaScript texts that a module makes errors of."""
    if "UserError" not in source or "class UserError" in source:
        return []
    return [pair for pair in _PAIR.findall(source) if pair[0].rstrip('"`').endswith(".")]
