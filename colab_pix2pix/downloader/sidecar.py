"""The hidden JSON file beside a video: where it came from, and which part of it is meant."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from .. import files

_SUFFIX = ".source.json"


def read_sidecar(video: Path) -> dict[str, Any]:
    """Returns what the sidecar of a video says: {} where there is none.

    Raises:
        ProjectError: it is damaged.
    """
    path = _path(video)
    return files.read_json(path) if path.exists() else {}


def write_sidecar(video: Path, metadata: dict[str, Any]) -> None:
    """Writes the sidecar of a video, whole or not at all."""
    files.write_json(_path(video), metadata)


def find_sidecars(directory: Path) -> Iterator[tuple[Path, dict[str, Any]]]:
    """Gives each video of a folder that has a whole sidecar, there or not, and what that says."""
    for path in directory.glob(f".*{_SUFFIX}") if directory.is_dir() else ():
        if known := files.read_json_if_whole(path):  # of a torn one, the video is fetched again
            yield directory / path.name[1 : -len(_SUFFIX)], known


def _path(video: Path) -> Path:
    return video.with_name(f".{video.name}{_SUFFIX}")
