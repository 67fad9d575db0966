"""Brings `colab_pix2pix/languages/*.po` up to the code: `python scripts/catalogues.py`.

What is new in the code is added without a translation, what is no longer in it goes; the rest stays as
translators have written it. `tests/languages/` fails while a translation is missing.
"""

from __future__ import annotations

import ast
import dataclasses
import re
import sys
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path

import polib

ROOT = Path(__file__).parent.parent
PACKAGE = ROOT / "colab_pix2pix"
sys.path[:0] = [str(ROOT), str(ROOT / "scripts" / "site_pages")]

import page_sentences  # noqa: E402

from colab_pix2pix import config, languages, options, wording  # noqa: E402
from colab_pix2pix.dataset import quality  # noqa: E402
from colab_pix2pix.downloader import failures  # noqa: E402
from colab_pix2pix.notebook.forms.fields import label_of  # noqa: E402
from colab_pix2pix.notebook.gallery import crop_filters  # noqa: E402

FOLDER = PACKAGE / "languages"
#: Option classes with a form in the notebook.
IN_FORMS = (
    config.VideoConfig,
    config.FramesConfig,
    config.PicturesConfig,
    config.TrainConfig,
    config.SamplesConfig,
    config.UseConfig,
    config.ShareConfig,
    config.SmallConfig,
)
_HEADER = {
    "Project-Id-Version": "colab_pix2pix",
    "MIME-Version": "1.0",
    "Content-Type": "text/plain; charset=UTF-8",
    "Content-Transfer-Encoding": "8bit",
}


#: `_("Words")` and `N_("Words")` in JavaScript.
_MARKED = re.compile(r'(?<![\w.])N?_\(\s*"((?:[^"\\]|\\.)*)"')


@dataclasses.dataclass
class Message:
    """An English sentence, what several of it are called ("" where it counts nothing), and where it stands."""

    english: str
    plural: str = ""
    files: list[str] = dataclasses.field(default_factory=list)


def messages() -> dict[str, Message]:
    """Returns all that is to be translated, by the English sentence, in the order of files."""
    found: dict[str, Message] = {}
    for file, english, plural in [*_in_python(), *_in_options(), *_in_page()]:
        message = found.setdefault(english, Message(english))
        message.plural = message.plural or plural
        if file not in message.files:
            message.files.append(file)
    return found


def calls_in(tree: ast.AST) -> Iterator[tuple[ast.Call, str]]:
    """Yields each call of a function by its plain name, and that name without its module."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name | ast.Attribute):
            yield node, node.func.id if isinstance(node.func, ast.Name) else node.func.attr


def _in_python() -> Iterator[tuple[str, str, str]]:
    for path in sorted(PACKAGE.rglob("*.py")):
        file = path.relative_to(ROOT).as_posix()
        if path.is_relative_to(PACKAGE / "cli") or path.is_relative_to(FOLDER):
            continue  # the command line speaks English
        for call, name in calls_in(ast.parse(path.read_text("utf-8"))):
            texts = [
                arg.value
                for arg in call.args
                if isinstance(arg, ast.Constant) and isinstance(arg.value, str)
            ]
            if name in ("_", "N_") and texts:
                yield file, texts[0], ""
            elif name == "ngettext" and len(texts) == 2:
                yield file, texts[0], texts[1]
            elif name == "counted" and texts:
                yield file, texts[0], texts[1] if len(texts) > 1 else f"{texts[0]}s"
    for mark in quality.MARKS:
        plural = crop_filters.PLURALS.get(mark, mark)
        yield "colab_pix2pix/dataset/quality.py", mark.replace("-", " "), plural
        yield from (("colab_pix2pix/dataset/quality.py", text, "") for text in (mark, plural))
    for failure in (*failures.KNOWN_FAILURES, failures.OTHER):
        for text in (failure.why, failure.fix):
            yield "colab_pix2pix/downloader/failures.py", text, ""
    for unit in wording.UNITS:
        yield "colab_pix2pix/wording.py", unit.removesuffix("s"), unit


def _in_options() -> Iterator[tuple[str, str, str]]:
    """Yields what forms show of options: names, help, units, groups, and the purposes of presets."""
    for kind in IN_FORMS:
        for name, spec in options.options(kind).items():
            groups = spec.group or ()
            for text in (*groups, label_of(name, spec), spec.help, spec.unit, spec.expects):
                if text:
                    yield "colab_pix2pix/config.py", text, ""
    for preset in config.PRESETS.values():
        yield "colab_pix2pix/config.py", preset.purpose, ""


def _in_page() -> Iterator[tuple[str, str, str]]:
    """Yields what the live page says: in its HTML, by `_`, and by its errors."""
    for path in sorted((PACKAGE / "web" / "page").rglob("*.*")):
        file = path.relative_to(ROOT).as_posix()
        text = path.read_text("utf-8")
        if path.suffix == ".html":
            yield from ((file, words, "") for words in Page(text).words)
        if path.suffix == ".js":
            for words in _MARKED.findall(text):
                yield file, words, ""
            for words in page_sentences.told(text):
                yield file, words, ""


class Page(HTMLParser):
    """What stands in the page, or is read aloud; `js/language.js` translates the same."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.words: list[str] = []
        self._unread: list[str] = []  # open elements that hold no words of ours
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in ("head", "h1", "svg", "script", "noscript"):
            self._unread.append(tag)
        for name, value in attrs:
            if name in ("aria-label", "title", "placeholder") and value and "://" not in value:
                self.words.append(value)

    def handle_endtag(self, tag: str) -> None:
        if self._unread and self._unread[-1] == tag:
            self._unread.pop()

    def handle_data(self, data: str) -> None:
        words = data.strip()
        if words and not self._unread and "{{" not in words:
            self.words.append(words)


def update(code: str) -> int:
    """Writes the file of a language anew; returns how many translations it lacks."""
    path = FOLDER / f"{code}.po"
    known = polib.pofile(str(path)) if path.exists() else polib.POFile()
    written = polib.POFile(wrapwidth=98)
    written.metadata = _HEADER | {"Language": code} | known.metadata
    for message in messages().values():
        entry = known.find(message.english, include_obsolete_entries=True) or polib.POEntry(
            msgid=message.english
        )
        entry.obsolete = False
        entry.occurrences = [(file, "") for file in message.files]
        if message.plural and entry.msgid_plural != message.plural:
            entry.msgid_plural, entry.msgstr, entry.msgstr_plural = (
                message.plural,
                "",
                {0: "", 1: ""},
            )
        written.append(entry)
    written.save(str(path), newline="\n")
    return sum(not entry.translated() for entry in written)


if __name__ == "__main__":
    for code in languages.LANGUAGES:
        if code != "en":
            print(f"{code}.po: {update(code)} translations are missing")
