"""The list of every error that a user can meet, out of the source."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterable, Sequence
from pathlib import Path

import page_sentences
from sentences import Reader, Sentence

PACKAGE = Path(__file__).resolve().parents[2] / "colab_pix2pix"


def reader() -> Reader:
    """Returns what has read the package's source."""
    return Reader(PACKAGE)


def escaped(text: str) -> str:
    """Returns a sentence as Markdown that shows it as it is, but for what stands in `…`."""
    pieces = text.split("`")
    for index in range(0, len(pieces), 2):
        for sign in "\\*_<>[]|":
            pieces[index] = pieces[index].replace(sign, f"\\{sign}" if sign != "<" else "&lt;")
    return "`".join(pieces)


def entry(said: Sequence[Sentence]) -> list[str]:
    """Returns the lines for sentences that differ in what happened, and have one cause and remedy."""
    *others, last = [escaped(sentence.parts[0]) for sentence in said]
    why, fix = (escaped(part) if part.strip(" .…") else "" for part in said[0].parts[1:])
    lines = [f"**{what}**<br>" for what in others]
    lines.append(f"**{last}**")
    if why:
        lines[-1] += "<br>"
        lines.append(why)
    if fix:
        lines[-1] += "<br>"
        lines.append(f"*What to do:* {fix}")
    return ["- " + lines[0], *[f"  {line}" for line in lines[1:]], ""]


def of_kind(source: Reader, kind: str, address: str) -> list[str]:
    """Returns the lines for one class of errors, by the file that raises them."""
    lines = []
    told = sorted(source.sentences([kind]), key=lambda sentence: sentence.path)
    for path, in_file in itertools.groupby(told, key=lambda sentence: sentence.path):
        purpose = source.modules[Path(path)].purpose
        lines += [f"*{purpose}* ([{path}]({address}/blob/main/colab_pix2pix/{path}))", ""]
        alike = {}
        for sentence in in_file:
            alike.setdefault(sentence.parts[1:], []).append(sentence)
        for said in alike.values():
            lines += entry(said)
    return lines


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    """Returns a table."""
    return [
        f"| {' | '.join(head)} |",
        "|" + "---|" * len(head),
        *(f"| {' | '.join(r)} |" for r in rows),
        "",
    ]


def sites(source: Reader) -> list[str]:
    """Returns the table of what may be wrong with a link."""
    told = source.sentences(["KnownFailure"], parts=(0, 2, 3))
    rows = [[escaped(part) for part in sentence.parts] for sentence in told]
    return table(("in short", "why", "what to do"), rows)


def disks(source: Reader) -> list[str]:
    """Returns the table of what a disk or Drive may say."""
    module = source.modules[Path("storage/os_errors.py")]
    known = module.constants["_KNOWN"]
    rows = {}
    for key, value in zip(known.keys, known.values, strict=True):
        words = tuple(escaped(text) for part in value.elts for text in source.texts(module, part))
        rows.setdefault(words, []).append(key.attr)
    named = [
        (what, ", ".join(map("`{}`".format, names)), " ".join(fixes))
        for (what, *fixes), names in rows.items()
    ]
    return table(("what it says", "the system's names", "what to do"), named)


def warnings(source: Reader) -> list[str]:
    """Returns the warnings: the work goes on."""
    told = source.sentences(["Note"], parts=("message", "level"))
    heard = [sentence.parts[0] for sentence in told if sentence.parts[1] == "warning"]
    return [f"- {escaped(text)}" for text in heard if len(re.findall(r"\w+", text)) > 4] + [""]


def made(address: str) -> str:
    """Returns the list, as Markdown."""
    source = reader()
    lines = []
    for kind, purpose in source.kinds("Pix2PixError").items():
        told = of_kind(source, kind, address)
        if told:
            lines += [f"### {kind}", "", escaped(purpose), "", *told]
    lines += ["## When a link can't be fetched", ""]
    lines += [
        "What comes behind *can't be fetched*, by what the site or yt-dlp says:",
        "",
        *sites(source),
    ]
    lines += ["## When a disk or Drive gives an error", "", *disks(source)]
    lines += ["## Warnings", "", "The work goes on.", "", *warnings(source)]
    lines += ["## The live page", "", "What it says in the browser:", ""]
    for what, fix in page_sentences.sentences(PACKAGE / "web" / "page" / "js"):
        lines += [
            f"- **{escaped(what)}**" + (f"<br>\n  *What to do:* {escaped(fix)}" if fix else ""),
            "",
        ]
    return "\n".join(lines)
