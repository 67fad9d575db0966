"""The catalogues of the languages hold all that people read, and nothing else."""

from __future__ import annotations

import ast
import importlib
import re
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType

import polib
import pytest

import colab_pix2pix as p2p
from colab_pix2pix import errors, languages
from colab_pix2pix.config import TrainConfig
from colab_pix2pix.events import Note
from colab_pix2pix.images import LeftOut, reading
from colab_pix2pix.languages import _
from colab_pix2pix.notebook.panels.event_html import JOBS
from colab_pix2pix.wording import UNITS

ROOT = Path(__file__).parent.parent.parent
PACKAGE = ROOT / "colab_pix2pix"
OTHERS = [code for code in languages.LANGUAGES if code != "en"]
#: Plain words in the code of the notebook that are no words for people: keys, names of classes and
#: of products, and what is written to a log.
NOT_FOR_PEOPLE = {
    *("row wrap", "lower left", "varied input", "title cards", "Reject all", "Keep all"),
    *("finished improving", "Python", "Drive", "GPU: . ", "shrinking "),
    *("There is no kernel.", "Buttons are not heard while a cell runs: %s"),
    "the kernel's stream of messages is another one than expected",
    "an answer of the kernel would have to be waited for",
    *("the session ends", "another session has taken over"),
    "An array of  can't be saved without pickle.",
}
#: Where errors and notes are for who works at a command line or on the package.
ENGLISH_ONLY = ("cli/", "events.py", "web/building.py", "web/bundling.py", "workflows/doctor.py")
_WORDS = re.compile(r"[A-Za-z]{2,}[ ,:?!…]|[A-Za-z]{2,}\.( |$)|^[A-Z][a-z]+$")
_CODE = re.compile(r"[<>{}=;]|^cp-|^data:|^pip install |^(ffmpeg|yt-dlp): $")
_READ_BY = {"_", "N_", "ngettext", "counted"}


@pytest.fixture(scope="module")
def script() -> Iterator[ModuleType]:
    """`scripts/catalogues.py`, which reads the messages out of the code."""
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(ROOT / "scripts"))
        yield importlib.import_module("catalogues")


def catalogue(code: str) -> polib.POFile:
    return polib.pofile(str(PACKAGE / "languages" / f"{code}.po"))


def forms_of(entry: polib.POEntry) -> list[str]:
    return list(entry.msgstr_plural.values()) if entry.msgid_plural else [entry.msgstr]


def test_there_is_a_file_for_each_language() -> None:
    assert {path.stem for path in (PACKAGE / "languages").glob("*.po")} == set(OTHERS)


@pytest.mark.parametrize("code", OTHERS)
def test_every_message_is_translated_and_no_other(code: str, script: ModuleType) -> None:
    said = script.messages()
    assert len(said) > 400
    entries = {entry.msgid: entry for entry in catalogue(code) if not entry.obsolete}
    how = "run scripts/catalogues.py, then translate what is empty"
    assert set(said) - set(entries) == set(), how
    assert set(entries) - set(said) == set(), how
    plurals = {english: entry.msgid_plural for english, entry in entries.items()}
    assert plurals == {english: message.plural for english, message in said.items()}, how
    several = 1 if code == "ja" else 2
    lacking = [
        english
        for english, entry in entries.items()
        if entry.fuzzy
        or not all(forms_of(entry))
        or len(forms_of(entry)) != (several if entry.msgid_plural else 1)
    ]
    assert lacking == []


@pytest.mark.parametrize("code", OTHERS)
def test_translations_hold_what_is_put_in(code: str) -> None:
    places = re.compile(r"\{[^}]*\}|</?\w+>")
    wrong = [
        (entry.msgid, form)
        for entry in catalogue(code)
        for form in forms_of(entry)
        if Counter(places.findall(form)) != Counter(places.findall(entry.msgid))
    ]
    assert wrong == []


def written(node: ast.AST) -> Iterator[str]:
    """Yields the texts of a piece of code that are not handed to the catalogue."""
    if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
        nodes = node.body[1:] if ast.get_docstring(node) is not None else node.body
    elif isinstance(node, ast.Call) and getattr(node.func, "id", "") in _READ_BY:
        nodes = [keyword.value for keyword in node.keywords]
    elif isinstance(node, ast.Call) and getattr(node.func, "attr", "") in _READ_BY:
        nodes = []
    elif isinstance(node, ast.JoinedStr):
        yield "".join(str(v.value) for v in node.values if isinstance(v, ast.Constant))
        nodes = [v.value for v in node.values if isinstance(v, ast.FormattedValue)]
    elif isinstance(node, ast.Constant):
        yield node.value if isinstance(node.value, str) else ""
        return
    else:
        annotation = getattr(node, "annotation", None)
        nodes = [child for child in ast.iter_child_nodes(node) if child is not annotation]
    for child in nodes:
        yield from written(child)


def unread(source: str) -> list[str]:
    """Returns the words for people in a piece of code that no catalogue is asked for."""
    return [
        text
        for text in written(ast.parse(source))
        if _WORDS.search(text) and not _CODE.search(text) and text not in NOT_FOR_PEOPLE
    ]


def test_what_no_catalogue_is_asked_for_is_found() -> None:
    assert unread("Button(description='Look')") == ["Look"]
    assert unread("line(f'Goes on at step {step}.')") == ["Goes on at step ."]
    assert unread("line(_('Goes on at {step}.', step=f'step {n} of all'))") == ["step  of all"]
    assert unread("'''Says so.'''\nline(_('Goes on.'), kind='cp-hint', css='a b {}')") == []


def test_the_notebook_says_nothing_that_no_catalogue_is_asked_for() -> None:
    found = {
        path.relative_to(PACKAGE).as_posix(): unread(path.read_text("utf-8"))
        for path in (PACKAGE / "notebook").rglob("*.py")
        if path.name != "__init__.py"
    }
    assert len(found) > 40
    assert {file: texts for file, texts in found.items() if texts} == {}


def test_errors_and_notes_say_nothing_that_no_catalogue_is_asked_for() -> None:
    told = {name for name, kind in vars(errors).items() if isinstance(kind, type)} | {"Note"}
    found: dict[str, list[str]] = {}
    count = 0
    for path in PACKAGE.rglob("*.py"):
        file = path.relative_to(PACKAGE).as_posix()
        if file.startswith(ENGLISH_ONLY):
            continue
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") in told:
                count += 1
                words = unread(ast.unparse(node))
                found |= {file: found.get(file, []) + words} if words else {}
    assert count > 200
    assert found == {}


def test_an_error_is_said_in_each_language(tmp_path: Path) -> None:
    calls: list[Callable[[], object]] = [
        lambda: TrainConfig(depth=7, image_size=64),
        lambda: p2p.status(tmp_path / "nothing"),
        lambda: p2p.apply(tmp_path / "nothing", tmp_path, tmp_path / "made"),
        lambda: p2p.report(tmp_path / "nothing"),
        lambda: p2p.unpack(tmp_path / "no.zip", tmp_path / "crops"),
        lambda: p2p.train(tmp_path / "nothing", tmp_path / "run"),
    ]

    def said(code: str) -> list[str]:
        parts = []
        try:
            languages.use(code)
            for call in calls:
                with pytest.raises(errors.Pix2PixError) as caught:
                    call()
                parts += [caught.value.what, caught.value.why, caught.value.fix]
        finally:
            languages.use("en")
        return parts

    english = said("en")
    for code in OTHERS:
        same = [part for part, other in zip(english, said(code), strict=True) if part == other]
        assert not any(same), code


def test_a_picture_that_is_left_out_has_its_reason_alone_in_each_language(tmp_path: Path) -> None:
    (tmp_path / "torn.jpg").write_bytes(b"no picture at all")
    for code in languages.LANGUAGES:
        languages.use(code)
        try:
            with pytest.raises(errors.DatasetError) as caught:
                reading.read_image(tmp_path / "torn.jpg")
            told: list[Note] = []
            left_out = LeftOut(told.append)
            left_out.add("torn.jpg", caught.value)
            left_out.tell(used=3)
            assert f"torn.jpg ({_('its content is of no known kind, or damaged')})." in (
                told[0].message
            )
        finally:
            languages.use("en")


def test_jobs_and_what_they_count_have_words() -> None:
    told = [
        (keyword.arg, keyword.value.value)
        for path in PACKAGE.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.Call) and getattr(node.func, "id", "").endswith("Progress")
        for keyword in node.keywords
        if isinstance(keyword.value, ast.Constant) and keyword.value.value
    ]
    assert len(told) > 20
    assert {job.capitalize() for name, job in told if name == "job"} <= set(JOBS)
    assert {unit for name, unit in told if name == "unit"} <= {*UNITS, "bytes"}
