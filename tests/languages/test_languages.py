"""The language that the notebook speaks: where it comes from, and what it changes."""

from __future__ import annotations

import gettext
import re
import threading
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import ipywidgets as widgets
import pytest

from colab_pix2pix import languages
from colab_pix2pix.config import LanguageConfig, TrainConfig, VideoConfig
from colab_pix2pix.dataset.manifest import Dataset
from colab_pix2pix.events import Note, TrainingProgress
from colab_pix2pix.languages import _, ngettext
from colab_pix2pix.notebook import language_choice, steps
from colab_pix2pix.notebook.forms import (
    FramesForm,
    ProjectForm,
    ShareForm,
    TrainForm,
    UseForm,
    VideoForm,
)
from colab_pix2pix.notebook.gallery.gallery import Gallery
from colab_pix2pix.notebook.panels.results import result_view
from colab_pix2pix.notebook.panels.training_panel import TrainingPanel
from colab_pix2pix.project import Project
from colab_pix2pix.wording import counted, seconds_in_words


@pytest.fixture(autouse=True)
def new_session(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A kernel in which nobody has chosen a language yet, on a system that says nothing."""
    for variable in ("LANGUAGE", "LC_ALL", "LC_MESSAGES", "LANG"):
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.setattr(language_choice, "_chosen", "")
    monkeypatch.setattr(ProjectForm, "typed_last", "")
    yield
    languages.use("en")


def test_without_a_word_it_is_english() -> None:
    assert languages.current() == languages.preferred() == "en"
    assert _("Look first") == "Look first"
    assert counted(1, "crop") == "1 crop" and counted(2, "crop") == "2 crops"


def test_numbers_take_the_form_that_their_language_has_for_them() -> None:
    said = {}
    for code in ("de", "es", "ja"):
        languages.use(code)
        said[code] = [counted(n, "crop") for n in (0, 1, 2)]
    assert said["de"] == ["0 Ausschnitte", "1 Ausschnitt", "2 Ausschnitte"]
    assert said["es"] == ["0 recortes", "1 recorte", "2 recortes"]
    assert said["ja"] == [f"{n} 枚の切り抜き" for n in (0, 1, 2)]


def test_a_sentence_that_a_language_lacks_stays_english() -> None:
    languages.use("ja")
    assert _("Nobody has said this.") == "Nobody has said this."
    assert ngettext("{n} cat", "{n} cats", 2, n=2) == "2 cats"


def test_other_threads_speak_it_too() -> None:
    languages.use("de")
    said: list[str] = []
    thread = threading.Thread(target=lambda: said.append(seconds_in_words(5400)))
    thread.start()
    thread.join()
    assert said == ["1 h 30 min"] and _("Look first") == "Zuerst ansehen"


@pytest.mark.parametrize(
    ("variables", "code"),
    [
        ({"LANG": "de_CH.UTF-8"}, "de"),
        ({"LANG": "C.UTF-8"}, "en"),
        ({"LANG": "fr_FR.UTF-8"}, "en"),
        ({"LANG": "ja_JP.UTF-8", "LC_ALL": "es_MX.UTF-8"}, "es"),
        ({"LANG": "de_DE.UTF-8", "LANGUAGE": "fr:ja:de"}, "ja"),
        ({"LANG": "es", "LANGUAGE": ""}, "es"),
    ],
)
def test_the_first_language_is_the_systems(
    variables: dict[str, str], code: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    assert languages.preferred() == code


def test_the_box_writes_the_form_anew(tmp_path: Path) -> None:
    form = ProjectForm(tmp_path)
    form.name.value = "rosen"
    assert "What is it called?" in " ".join(texts(form))
    form.language.value = "de"
    assert "Wie soll es heißen?" in " ".join(texts(form))
    assert form.name.description == "Name" and form.existing.options[0][0] == "ein neues Projekt"
    assert form.name.value == "rosen" and not (tmp_path / "rosen").exists()
    form.language.value = "en"
    assert "What is it called?" in " ".join(texts(form))


def test_the_choice_is_kept_with_the_project_and_comes_back(tmp_path: Path) -> None:
    project = Project(tmp_path / "rosen")
    project.remember(VideoConfig())
    form = ProjectForm(tmp_path)
    form.language.value = "es"
    assert project.recall(LanguageConfig).language == "es"
    assert form.existing.value == form.name.value == "rosen"
    languages.use("en")
    language_choice._chosen = ""  # another session
    assert ProjectForm(tmp_path).language.value == "es"
    assert languages.current() == "es"


def test_a_project_that_begins_later_gets_the_choice_too(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    form = ProjectForm(tmp_path)
    form.language.value = "ja"
    project = steps.open_project(form)
    assert not project.path.exists(), "opening writes nothing"
    project.remember(VideoConfig())
    steps.open_project(form)
    assert project.recall(LanguageConfig).language == "ja"


def test_who_chooses_nothing_has_nothing_stored(tmp_path: Path) -> None:
    project = Project(tmp_path / "roses")
    project.remember(VideoConfig())
    steps.open_project(ProjectForm(tmp_path))
    assert "language" not in project.settings()


def test_a_damaged_project_does_not_keep_the_form_away(tmp_path: Path) -> None:
    project = Project(tmp_path / "roses")
    project.remember(VideoConfig())
    for damage in ("not JSON", '{"format": 1, "language": {"language": "tlh"}}'):
        project.settings_file.write_text(damage)
        form = ProjectForm(tmp_path)
        assert form.language.value == "en"
        form.language.value = "de"
        assert "Wie soll es heißen?" in " ".join(texts(form)), "said when it is opened"
        form.language.value = "en"
        language_choice._chosen = ""


class Marked(gettext.GNUTranslations):
    """A language in which every sentence is the English one in angle brackets."""

    def gettext(self, message: str) -> str:
        return f"«{message}»"

    def ngettext(self, msgid1: str, msgid2: str, n: int) -> str:
        return f"«{msgid1 if n == 1 else msgid2}»"


class Page(HTMLParser):
    """What a person reads of a piece of HTML, or has read out."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.texts = [""]
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.texts += [v or "" for n, v in attrs if n in ("aria-label", "alt", "title")]
        self.texts += [""] if tag != "u" else []

    def handle_endtag(self, tag: str) -> None:
        self.texts += [""] if tag != "u" else []

    def handle_data(self, data: str) -> None:
        self.texts[-1] += data if self.cdata_elem is None else ""


def texts(widget: Any) -> Iterator[str]:
    """Yields every text of a widget and of all in it."""
    for name in ("description", "placeholder", "tooltip"):
        yield getattr(widget, name, None) or ""
    if isinstance(widget, widgets.HTML):
        yield from Page(widget.value).texts
    if isinstance(widget, widgets.Dropdown):
        yield from (str(each[0] if isinstance(each, tuple) else each) for each in widget.options)
    for child in getattr(widget, "children", ()):
        yield from texts(child)


def test_no_text_of_the_notebook_goes_past_the_catalogue(
    tmp_path: Path, crops: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(languages, "translations", lambda code: Marked())
    language_choice.choose("de", None)
    project = Project(tmp_path / "roses")
    project.remember(TrainConfig())
    panel = TrainingPanel(project, galleries=[])
    panel(TrainingProgress(job="train", done=1, total=9, unit="steps", epoch=1, epochs=3))
    panel(Note(message=""))
    shown = [
        ProjectForm(tmp_path),
        *(VideoForm(project), FramesForm(project), TrainForm(project, crops)),
        *(UseForm(project), ShareForm(project), Gallery(crops, project=project)),
        *(panel, result_view(project)),
    ]
    languages.use("en")
    # Names of languages, presets and choices of options, numbers, paths, and signs.
    mine = re.compile(r"[\d\W_]*|[a-z0-9-]+|.*[/‹›].*|roses|English|Deutsch|Español|日本語")
    past = [t for view in shown for t in texts(view) if "«" not in t and not mine.fullmatch(t)]
    assert past == []
