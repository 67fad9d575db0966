"""The form for a small model that imitates the trained one."""

from __future__ import annotations

from pathlib import Path

from ...config import SmallConfig
from ...filenames import typed_path
from ...languages import _
from ...project import Project
from .base import Form


class SmallForm(Form[SmallConfig]):
    """Whether a small model is made for the page, how small, and of what.

    Args:
        project: Where given, what was chosen is kept there.

    Example:
        >>> form = SmallForm()
        >>> form.value = {"wanted": True, "frames": " a.mp4 \\n\\n'my pictures'"}
        >>> form.config.parameters, [path.name for path in form.paths]
        (1000000, ['a.mp4', 'my pictures'])
    """

    def __init__(self, project: Project | None = None) -> None:
        super().__init__(SmallConfig(), project=project, title=_("Make it small?"))

    @property
    def paths(self) -> list[Path]:
        """What more to learn from.

        Raises:
            OptionError: a line is a link, or no path that a disk can have.
        """
        lines = self.config.frames.splitlines()
        return [typed_path(line, "frames") for line in lines if line.strip()]
