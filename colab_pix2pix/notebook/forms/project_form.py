"""The form for the name of a project, with the projects that exist: what they make, how far."""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any, ClassVar

import ipywidgets as widgets
from IPython.display import display
from PIL import Image

from ... import mounts, wording
from ...errors import DriveError, OptionError
from ...events import Event, Note
from ...filenames import typed_text
from ...languages import N_, _
from ...project import Project, check_name, projects, sample_step
from ...storage import colab
from .. import inline_images, language_choice, style
from ..error_panel import ErrorPanel
from .fields import LABEL_WIDTH

_WHY_DRIVE = N_(
    "Google now asks whether this notebook may use your Drive: your project is kept there, in the"
    " folder colab_pix2pix, because this machine loses its own disk. Nothing else is touched."
)
_MOST_LISTED = 8  # on a Drive each picture takes a moment
_WIDTH = 240

_LIST_CSS = """
.cp-project { display: flex; flex-wrap: wrap; gap: 2px 14px; align-items: center; padding: 3px 0; }
.cp .cp-project img { width: 240px; margin: 0; border-radius: 4px; }
.cp-project b { font-weight: 600; min-width: 8em; }
"""


class ProjectForm(widgets.VBox):  # type: ignore[misc]
    """The name of the project: a new one, or one to go on with.

    Everything that must not be lost is kept in a folder of that name. The form starts with the name
    that was typed last in this session, else with the project that was used last. In Colab, Drive
    is mounted for it.

    Args:
        root: The folder of all projects; `project_root()` where not given.

    Example:
        >>> form = ProjectForm(Path("projects"))
        >>> form.name.value = "roses"
        >>> form.project.path.as_posix()
        'projects/roses'
    """

    typed_last: ClassVar[str] = ""

    def __init__(self, root: Path | None = None) -> None:
        self._root = root
        self.errors = ErrorPanel()
        self._existing = projects(self._answering_root())
        language_choice.begin(self._existing)
        wide = {"width": "460px", "max_width": "100%"}
        style = {"description_width": LABEL_WIDTH}
        self.language = language_choice.box(layout=wide, style=style)
        self.name = widgets.Text(layout=wide, style=style)
        self.name.add_class("cp-box").add_class("cp-name")
        self.message = widgets.HTML().add_class("cp-message")
        self.existing = widgets.Dropdown(layout=wide, style=style)
        self.existing.add_class("cp-box").add_class("cp-existing")
        self.list = widgets.HTML().add_class("cp-projects")
        used_last = self._existing[0].path.name if self._existing else "my-first-model"
        self.name.value = self.typed_last or used_last
        super().__init__()
        self._write()
        self.name.observe(self.errors.guard(lambda change: self._check()), names="value")
        self.existing.observe(self.errors.guard(self._choose), names="value")
        self.language.observe(self.errors.guard(self._speak), names="value")
        self.add_class("cp").add_class("cp-form").add_class("cp-form-project")
        self._check()

    @property
    def project(self) -> Project:
        """The project of that name, after Drive is mounted when in Colab.

        Raises:
            OptionError: the name can't be a folder's.
            DriveError: Drive can't be reached.
        """
        return Project.named(typed_text(self.name.value), self._projects_root())

    def _projects_root(self) -> Path:
        if self._root is not None:
            return self._root
        try:
            return colab.project_root()
        except DriveError:
            why = widgets.HTML(style.line(_(_WHY_DRIVE), "hint"))
            display(widgets.VBox([style.style_sheet(), why]).add_class("cp"))
            colab.mount()
            return colab.project_root()

    def _answering_root(self) -> Path:
        root = self._projects_root()
        mounts.require_answer(root, on_event=_show)
        return root

    def _write(self) -> None:
        """Writes everything, in the language that is spoken now."""
        self.language.description = _("Language")
        self.name.description = _("Name")
        self.existing.description = _("Or go on with")
        names = [(_label(project), project.path.name) for project in self._existing]
        self.existing.options = [(_("a new project"), ""), *names]
        self.existing.layout.display = "flex" if self._existing else "none"
        self.list.value = _list_html(self._existing)
        self.children = self._rows()

    def _speak(self, change: dict[str, Any]) -> None:
        try:
            language_choice.choose(change["new"], None if self.message.value else self.project)
        finally:
            self._write()
            self._check()

    def _choose(self, change: dict[str, Any]) -> None:
        if self.existing.value:
            self.name.value = self.existing.value

    def _check(self) -> None:
        try:
            name = check_name(typed_text(self.name.value))
        except OptionError as error:
            self.message.value = style.line(error.why, "wrong")
            return
        self.message.value = ""
        ProjectForm.typed_last = name
        names = [value for _, value in self.existing.options]
        self.existing.value = name if name in names else ""

    def _rows(self) -> list[widgets.Widget]:
        top = widgets.HBox([self.name, self.message], layout={"flex_flow": "row wrap"})
        root = wording.path_in_words(self._projects_root())
        where = _("Crops, training states and pictures are kept in {root}/<name>.", root=root)
        help_line = widgets.HTML(style.line(where, "help"))
        language = widgets.VBox([self.language]).add_class("cp-field")
        fields = [top, self.existing, self.list, help_line]
        box = widgets.VBox(fields).add_class("cp-field")
        title = widgets.HTML(style.line(_("What is it called?"), "title"))
        hint = widgets.HTML(style.line(_("Then run the next cell."), "hint"))
        return [style.style_sheet(), title, language, box, self.errors, hint]


def _show(event: Event) -> None:
    if isinstance(event, Note):
        message = widgets.HTML(style.line(event.message, "warning"))
        display(widgets.VBox([style.style_sheet(), message]).add_class("cp"))


def _label(project: Project) -> str:
    return f"{project.path.name} ({_last_used(project)})"


def _last_used(project: Project) -> str:
    used = time.localtime(project.settings_file.stat().st_mtime)
    return _("used {date}", date=time.strftime("%d %b %Y", used))


def _list_html(existing: Sequence[Project]) -> str:
    """Returns HTML with a line for each of the first projects: its last sample, step and date."""
    lines = "".join(_line_html(project) for project in existing[:_MOST_LISTED])
    return f"<style>{_LIST_CSS}</style>{lines}" if lines else ""


def _line_html(project: Project) -> str:
    samples = project.sample_files()
    step = _("step {step}", step=sample_step(samples[-1])) if samples else _("not trained yet")
    state = f"{step}, {_last_used(project)}"
    images = _generated_images(samples[-1]) if samples else ""
    name = style.escape(project.path.name)
    return (
        f'<div class="cp-project cp-text"><b>{name}</b>{images}'
        f'<span class="cp-quiet">{style.escape(state)}</span></div>'
    )


def _generated_images(path: Path) -> str:
    """Returns the lowest row of a sample grid: the generated images."""
    try:
        with Image.open(path) as grid:
            top = grid.height * 2 // 3
            row = grid.convert("RGB").crop((0, top, grid.width, grid.height))
    except OSError:  # a sample that a dying machine has left half written: the list is worth more
        return ""
    row.thumbnail((_WIDTH, _WIDTH))
    alt = style.escape(_("its last pictures"))
    return f'<img alt="{alt}" src="{inline_images.data_url(row)}">'
