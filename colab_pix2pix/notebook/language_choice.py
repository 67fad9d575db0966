"""The language of forms and panels: chosen in the first form, and kept with the project."""

from __future__ import annotations

from collections.abc import Sequence

import ipywidgets as widgets

from .. import languages
from ..config import LanguageConfig
from ..errors import Pix2PixError
from ..languages import _
from ..project import Project

#: What was chosen by hand in this session; "" for nothing.
_chosen = ""


def begin(existing: Sequence[Project] = ()) -> None:
    """Speaks what was chosen in this session, else what the last project has, else the system's.

    Args:
        existing: All projects, the one used last first.
    """
    languages.use(_chosen or _stored(existing[0] if existing else None) or languages.preferred())


def choose(code: str, project: Project | None) -> None:
    """Speaks a language from here on, and keeps that in a project where there is one already.

    Args:
        code: One of `languages.LANGUAGES`.
        project: What stands in the form; None where that is no name for one.

    Raises:
        ProjectError: its settings are damaged; the language is spoken all the same.
    """
    global _chosen
    _chosen = code
    languages.use(code)
    if project is not None and project.settings_file.exists():
        keep(project)


def keep(project: Project) -> None:
    """Stores in a project which language was chosen by hand in this session, if one was."""
    if _chosen:
        project.remember(LanguageConfig(language=_chosen))


def box(**traits: object) -> widgets.Dropdown:
    """Returns the menu of languages; it shows the one that is spoken.

    Args:
        traits: As `widgets.Dropdown` takes them.
    """
    menu = widgets.Dropdown(
        options=[(name, code) for code, name in languages.LANGUAGES.items()],
        value=languages.current(),
        description=_("Language"),
        **traits,
    )
    return menu.add_class("cp-box").add_class("cp-language")


def _stored(project: Project | None) -> str:
    try:
        if project is not None and project.options_of(LanguageConfig.section):
            return project.recall(LanguageConfig).language
    except Pix2PixError:  # said when the project is opened
        return ""
    return ""
