"""The form for the name of a project, with the projects that exist."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any, ClassVar

import ipywidgets as widgets
from IPython.display import display

from ...errors import DriveError, OptionError
from ...project import Project, check_name, projects
from ...storage import colab
from .. import style
from ..error_panel import ErrorPanel
from .fields import LABEL_WIDTH
from .project_list import project_list

_WHY_DRIVE = (
    "Google now asks whether this notebook may use your Drive: your project is kept there, in the"
    " folder colab_pix2pix, because this machine loses its own disk. Nothing else is touched."
)


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
            return colab.project_root()
        except DriveError:
            why = widgets.HTML(style.line(_WHY_DRIVE, "hint"))
            display(widgets.VBox([style.style(), why]).add_class("cp"))
            colab.mount()
            return colab.project_root()

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
        where = style.place(self._place())
        keeps = f"Crops, training states and pictures are kept in {where}/<name>."
        help_line = widgets.HTML(style.line(keeps, "help"))
        box = widgets.VBox([top, self.existing, self.list, help_line]).add_class("cp-field")
        title = widgets.HTML(style.line("What is it called?", "title"))
        hint = widgets.HTML(style.line("Then run the next cell.", "hint"))
        return [style.style(), title, box, self._errors, hint]


def _label(project: Project) -> str:
    used = time.localtime(project.settings_file.stat().st_mtime)
    return f"{project.path.name} (used {time.strftime('%d %b %Y', used)})"
