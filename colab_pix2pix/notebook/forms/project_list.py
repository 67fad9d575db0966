"""The projects that exist, as a list to recognize them by: what they make, how far they are."""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path

from PIL import Image

from ...project import Project, sample_step
from .. import inline_images, style

MOST = 8  # on a Drive each picture takes a moment
_WIDTH = 240

CSS = """
.cp-project { display: flex; flex-wrap: wrap; gap: 2px 14px; align-items: center; padding: 3px 0; }
.cp .cp-project img { width: 240px; margin: 0; border-radius: 4px; }
.cp-project b { font-weight: 600; min-width: 8em; }
"""


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
