"""What people read in the notebook and on the live page, in their language.

English stands in the code, as in `_("Look first")`; the `.po` files beside this one hold what that
is in other languages. The command line speaks English: it never calls `use`.
"""

from __future__ import annotations

import functools
import gettext
import io
import os
from pathlib import Path
from typing import Any

#: What the language box offers: a code, and what speakers of the language call it.
LANGUAGES = {"en": "English", "de": "Deutsch", "es": "Español", "ja": "日本語"}
_ENGLISH = "en"
#: Where a system says which languages its user reads, as gettext looks for them.
_VARIABLES = ("LANGUAGE", "LC_ALL", "LC_MESSAGES", "LANG")
_FOLDER = Path(__file__).parent
_current = _ENGLISH


def current() -> str:
    """Returns the code of the language that is spoken in this process: one of `LANGUAGES`."""
    return _current


def use(code: str) -> None:
    """Speaks another language from here on, in all threads; what is shown already stays as it is.

    Args:
        code: One of `LANGUAGES`.
    """
    global _current
    assert code in LANGUAGES, code
    _current = code


def preferred() -> str:
    """Returns the first language that the system's user reads and that there is; else English.

    Example:
        >>> preferred() in LANGUAGES  # "es" where LANGUAGE is fr:es_MX:en
        True
    """
    wanted = next(filter(None, map(os.environ.get, _VARIABLES)), "")
    codes = (name.replace("-", "_").partition("_")[0].lower() for name in wanted.split(":"))
    return next((code for code in codes if code in LANGUAGES), _ENGLISH)


def _(message: str, **values: Any) -> str:
    """Returns a sentence in the current language.

    Args:
        message: The English sentence; the same text stands in every `.po` file.
        values: What its `{names}` stand for.

    Example:
        >>> _("Page {page} of {pages}", page=2, pages=7)
        'Page 2 of 7'
    """
    if _current != _ENGLISH and message:
        message = translations(_current).gettext(message)
    return message.format(**values) if values else message


def ngettext(one: str, several: str, number: float, **values: Any) -> str:
    """Returns the form of a sentence that goes with a number, in the current language.

    Args:
        one: The English sentence for 1.
        several: The English sentence for other numbers.
        number: How many. It stands in the sentence only where `values` has it.
        values: What `{names}` stand for.

    Example:
        >>> [ngettext("{n} crop", "{n} crops", n, n=n) for n in (1, 2)]
        ['1 crop', '2 crops']
    """
    if _current != _ENGLISH:
        message = translations(_current).ngettext(one, several, int(number))
    else:
        message = one if number == 1 else several
    return message.format(**values) if values else message


def N_(message: str) -> str:
    """Returns a sentence as it is: it is translated by `_` where it is shown."""
    return message


@functools.cache
def translations(code: str) -> gettext.GNUTranslations:
    """Returns what a language has for each English sentence.

    Args:
        code: One of `LANGUAGES` but English.
    """
    return gettext.GNUTranslations(io.BytesIO(_catalogue(code).to_binary()))


def translations_of(folder: str) -> dict[str, dict[str, str]]:
    """Returns, by language, what each English sentence in some files is in it.

    Args:
        folder: Where the files lie, from the package's folder on, such as "web/page".
    """
    return {
        code: {
            entry.msgid: entry.msgstr
            for entry in _catalogue(code)
            if any(f"/{folder}/" in file for file, _line in entry.occurrences) and entry.msgstr
        }
        for code in LANGUAGES
        if code != _ENGLISH
    }


def _catalogue(code: str) -> Any:
    import polib  # a reader of .po files, of no use to those who read English

    return polib.pofile(str(_FOLDER / f"{code}.po"))
