"""The form for the name of a project, with the projects that exist: what they make, how far."""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any, ClassVar

import ipywidgets as widgets
from IPython.display import display
from PIL import Image

from ... import wording
from ...errors import DriveError, OptionError
from ...project import Project, check_name, projects, sample_step
from ...storage import drive
from .. import inline_images, style
from ..error_panel import ErrorPanel
from .fields import LABEL_WIDTH

_WHY_DRIVE = (
    "Google now asks whether this notebook may use your Drive: your project is kept there, in the"
    " folder colab_pix2pix, because this machine loses its own disk. Nothing else is touched."
)
MOST = 8  # on a Drive each picture takes a moment
_WIDTH = 240

CSS = """
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
        self._errors = ErrorPanel()
        wide = {"width": "460px", "max_width": "100%"}
        style = {"description_width": LABEL_WIDTH}
        self.name = widgets.Text(description="Name", layout=wide, style=style)
        self.name.add_class("cp-box").add_class("cp-name")
        self.message = widgets.HTML().add_class("cp-message")
        self.existing = widgets.Dropdown(description="Or go on with", layout=wide, style=style)
        self.existing.add_class("cp-box").add_class("cp-existing")
        self.list = widgets.HTML().add_class("cp-projects")
        self.name.value = self._list_projects()
        self.name.observe(self._errors.guard(lambda change: self._check()), names="value")
        self.existing.observe(self._errors.guard(self._choose), names="value")
        super().__init__(self._rows())
        self.add_class("cp").add_class("cp-form").add_class("cp-form-project")
        self._check()

    @property
    def project(self) -> Project:
        """The project of that name, after Drive is mounted when in Colab.

        Raises:
            OptionError: the name can't be a folder's.
            DriveError: Drive can't be reached.
        """
        return Project.named(self.name.value.strip(), self._place())

    def _place(self) -> Path:
        if self._root is not None:
            return self._root
        try:
            return drive.project_root()
        except DriveError:
            why = widgets.HTML(style.line(_WHY_DRIVE, "hint"))
            display(widgets.VBox([style.style(), why]).add_class("cp"))
            drive.mount()
            return drive.project_root()

    def _list_projects(self) -> str:
        """Fills the menu of projects; returns the name to start with."""
        found = projects(self._place())
        names = [(_label(project), project.path.name) for project in found]
        self.existing.options = [("a new project", ""), *names]
        self.existing.layout.display = "flex" if found else "none"
        self.list.value = project_list(found)
        used_last = found[0].path.name if found else "my-first-model"
        return self.typed_last or used_last

    def _choose(self, change: dict[str, Any]) -> None:
        if self.existing.value:
            self.name.value = self.existing.value

    def _check(self) -> None:
        try:
            name = check_name(self.name.value.strip())
        except OptionError as error:
            self.message.value = style.line(error.why, "wrong")
            return
        self.message.value = ""
        ProjectForm.typed_last = name
        known = [value for _, value in self.existing.options]
        self.existing.value = name if name in known else ""

    def _rows(self) -> list[widgets.Widget]:
        top = widgets.HBox([self.name, self.message], layout={"flex_flow": "row wrap"})
        where = wording.path_in_words(self._place())
        keeps = f"Crops, training states and pictures are kept in {where}/<name>."
        help_line = widgets.HTML(style.line(keeps, "help"))
        box = widgets.VBox([top, self.existing, self.list, help_line]).add_class("cp-field")
        title = widgets.HTML(style.line("What is it called?", "title"))
        hint = widgets.HTML(style.line("Then run the next cell.", "hint"))
        return [style.style(), title, box, self._errors, hint]


def _label(project: Project) -> str:
    used = time.localtime(project.settings_file.stat().st_mtime)
    return f"{project.path.name} (used {time.strftime('%d %b %Y', used)})"


def project_list(found: Sequence[Project]) -> str:
    """Returns HTML with a line for each of the first projects: its last sample, step and date."""
    lines = "".join(_line(project) for project in found[:MOST])
    return f"<style>{CSS}</style>{lines}" if lines else ""


def _line(project: Project) -> str:
    drawn = project.sample_files()
    used = time.localtime(project.settings_file.stat().st_mtime)
    step = f"step {sample_step(drawn[-1])}" if drawn else "not trained yet"
    words = f"{step}, used {time.strftime('%d %b %Y', used)}"
    picture = _strip(drawn[-1]) if drawn else ""
    name = style.escape(project.path.name)
    return (
        f'<div class="cp-project cp-text"><b>{name}</b>{picture}'
        f'<span class="cp-quiet">{style.escape(words)}</span></div>'
    )


def _strip(path: Path) -> str:
    """Returns the lowest row of a sample grid: what the network has made."""
    try:
        with Image.open(path) as grid:
            top = grid.height * 2 // 3
            row = grid.convert("RGB").crop((0, top, grid.width, grid.height))
    except OSError:  # a sample that a dying machine has left half written: the list is worth more
        return ""
    row.thumbnail((_WIDTH, _WIDTH))
    return f'<img alt="its last pictures" src="{inline_images.data_address(row)}">'
