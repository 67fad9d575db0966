"""What the cells of this kernel have made so far: each cell can be run alone, and in any order.

All of it belongs to one project, the one that stands in the form. What a step has made goes when
the project changes, when a step before it fails, or when that makes something else; a form or a
panel that still stands in the page then says that it is out of date.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import ipywidgets as widgets

from ..dataset.manifest import Dataset
from ..languages import _
from ..project import Project
from . import style
from .forms.project_form import ProjectForm

#: What steps make, in the order in which each is made of those before.
ORDER = (
    *("video_form", "video", "frames_form", "crops", "gallery"),
    *("train_form", "use_form", "small_form", "share_form"),
)


class KernelState:
    """The project that is worked on, and what was made of it in this kernel.

    Attributes:
        project_form: The form for the project's name, once it was shown.
        project: The project that is open; None before the first.
    """

    def __init__(self) -> None:
        self.project_form: ProjectForm | None = None
        self.project: Project | None = None
        self._made: dict[str, Any] = {}

    def __contains__(self, name: str) -> bool:
        return name in self._made

    def use(self, project: Project) -> bool:
        """Makes a project the one that is worked on; returns True where it was another before."""
        if self.project is not None and self.project.path == project.path:
            return False
        if self.project is not None:
            former, name = self.project.path.name, project.path.name
            words = _(
                "This was of the project {former}. Run this cell again to see it for {name}.",
                former=former,
                name=name,
            )
            self._forget(ORDER, words)
        self.project = project
        return True

    def get(self, name: str) -> Any:
        """Returns what was made under a name of `ORDER`; None where nothing was."""
        return self._made.get(name)

    def keep(self, name: str, made: Any) -> None:
        """Keeps what a step has made, under a name of `ORDER`, in the place of an earlier one."""
        assert name in ORDER
        self._forget((name,), _("This is shown in another cell by now."))
        self._made[name] = made

    @contextmanager
    def making(self, name: str) -> Iterator[None]:
        """Surrounds a step: where it fails or makes something else, what came after it goes."""
        known, before = name in self._made, self._made.pop(name, None)
        try:
            yield
        finally:
            failed = name not in self._made
            if failed or (known and not _same(before, self._made[name])):
                words = _("This is out of date: a step before it has changed. Run this cell again.")
                self._forget(ORDER[ORDER.index(name) + 1 :], words)

    def _forget(self, names: tuple[str, ...], words: str) -> None:
        for name in names:
            made = self._made.pop(name, None)
            if isinstance(made, widgets.Box):
                made.children = [style.style_sheet(), widgets.HTML(style.line(words, "hint"))]


def _same(before: Any, after: Any) -> bool:
    if not isinstance(before, Dataset) or not isinstance(after, Dataset):
        return bool(before == after)
    files = [[crop.file for crop in dataset.crops] for dataset in (before, after)]
    return before.directory == after.directory and files[0] == files[1]


#: What the steps share in this kernel.
current = KernelState()
