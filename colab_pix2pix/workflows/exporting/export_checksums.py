"""What an export held when it was written, kept beside it: a torn one can be told, also later."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Mapping
from pathlib import Path, PurePosixPath
from typing import Any

from ...files import has_types, read_json, read_json_if_whole, write_json
from ...project import Project
from ...storage import transfer

NAME = "checksums.json"
_FORMAT = 1


def write(folder: Path, target: Path, flags: Mapping[str, object]) -> None:
    """Writes `checksums.json` into a folder that is to be added to another one.

    What an earlier export has put into the other one, and this one leaves there, stays listed.

    Args:
        folder: The new files.
        target: Where they will go; it need not exist.
        flags: For each format, as the command line has them: how it is made again.
    """
    paths = sorted(path for path in folder.rglob("*") if path.is_file())
    new = {path.relative_to(folder).as_posix(): transfer.md5(path) for path in paths}
    before = read_json_if_whole(target / NAME)
    before = before if _is_list(before) else {"md5": {}, "made_by": {}}
    made_by = before["made_by"] | {name: str(value) for name, value in flags.items()}
    content = {"format": _FORMAT, "made_by": made_by, "md5": before["md5"] | new}
    write_json(folder / NAME, content)


def lists(project: Project) -> Iterator[Path]:
    """Gives the lists of all exports in a project's `exports`."""
    yield from sorted(project.exports.rglob(NAME))


def check(path: Path) -> None:
    """Raises ValueError where an export is not what its list says was written."""
    content = read_json(path)
    if not _is_list(content):
        raise ValueError("it holds something odd")
    for name, md5 in content["md5"].items():
        file = path.parent / name
        if not file.is_file():
            raise ValueError(f"{name} is missing")
        if transfer.md5(file) != md5:
            raise ValueError(f"{name} is not what was written")


def remedy(project: Project, path: Path) -> str:
    """Returns the commands that write an export again."""
    content = read_json_if_whole(path)
    made_by = content["made_by"] if _is_list(content) else {}
    start = f"colab-pix2pix export {shlex.quote(str(project.path))} {shlex.quote(str(path.parent))}"
    commands = [f"{start} {flags}".strip() for flags in made_by.values()] or [start]
    return " and ".join(dict.fromkeys(commands))


def _is_list(content: dict[str, Any]) -> bool:
    if not has_types(content, format=int, md5=dict, made_by=dict):
        return False
    texts = [*content["md5"].values(), *content["made_by"].values()]
    return all(isinstance(text, str) for text in texts) and all(map(_is_inside, content["md5"]))


def _is_inside(name: str) -> bool:
    return not PurePosixPath(name).is_absolute() and ".." not in PurePosixPath(name).parts
